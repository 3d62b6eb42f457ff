"""Whether a database was prepared by this very code: a digest of the code, kept in the database itself.

It is kept there and not in a file, so that it goes with a dump: an older dump brings an older digest and is prepared anew.
"""

from __future__ import annotations

import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from denghuo.config.paths import SRC, var_dir

_MAKE = "CREATE TABLE IF NOT EXISTS denghuo_prepared (one boolean PRIMARY KEY CHECK (one), digest text NOT NULL)"
_KEEP = "INSERT INTO denghuo_prepared VALUES (true, %s) ON CONFLICT (one) DO UPDATE SET digest = excluded.digest"
# Somebody may have emptied the tables since (``denghuo demo build --reset``).
_READ = """
SELECT digest, EXISTS (SELECT FROM core_orgunit), EXISTS (SELECT FROM core_policyvalue) FROM denghuo_prepared
"""


def digest(arguments: Sequence[str]) -> str:
    """What preparing depends on: every file of the product (name, size, time), the Python and its packages, the options,
    the folder of data."""
    seen = hashlib.sha256(repr((sorted(arguments), sys.version, str(var_dir()))).encode())
    for path in (*_files(SRC / "denghuo"), Path(sysconfig.get_paths()["purelib"])):
        found = path.stat()
        seen.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        yield from (Path(here, name) for name in sorted(names))


def holds(wanted: str) -> bool:
    """Whether the database was prepared with ``wanted`` and still has what was written then; False when in doubt."""
    import psycopg

    url = os.environ.get("DATABASE_URL", "")
    if not url or not (var_dir() / "static.stamp").exists() or not (var_dir() / "static").is_dir():
        return False
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            return connection.execute(_READ).fetchone() == (wanted, True, True)
    except psycopg.Error:
        return False


def keep(done: str) -> None:
    """Note that everything was prepared with ``done``."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_MAKE)
        cursor.execute(_KEEP, [done])
