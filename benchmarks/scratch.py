"""A database of its own for a benchmark, on the same server as the product's, removed afterwards."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from benchmarks.common import say


@contextlib.contextmanager
def database(name: str, *, keep: bool = False) -> Iterator[str]:
    """Create ``bench_<name>``, migrate it, load roles and policies; give its address; drop it at the end.

    With ``keep`` it stays, and one that stayed is used as it is.
    """
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    old = connection.settings_dict["NAME"]
    say(f"creating database bench_{name} …")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        call_command("sync", verbosity=0, stdout=io.StringIO())
        yield address(connection.settings_dict["NAME"])
    finally:
        if not keep:
            _drop(old)


@contextlib.contextmanager
def empty_database(name: str) -> Iterator[str]:
    """Create ``bench_<name>`` with nothing in it, give its address, drop it at the end: for a peer of ours."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE bench_{name}")
    try:
        yield address(f"bench_{name}")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)")


def build_province(size: str) -> None:
    """The simulated province in the scratch database. The map file that goes with it must not replace the product's."""
    from django.test.utils import override_settings

    from denghuo.core.privacy import keys
    from denghuo.demo import province

    keys.keyring()  # read now: they stay those of the product
    with tempfile.TemporaryDirectory() as folder, override_settings(VAR=Path(folder)):
        province.build(size=size)


def address(database: str) -> str:
    """The address of a database on the product's server."""
    from django.db import connection

    settings = connection.settings_dict
    host = settings["HOST"] or settings["OPTIONS"].get("host", "")
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    return f"postgresql://{user}:{password}@/{database}?host={quote(str(host), safe='')}&port={settings['PORT']}"


def _drop(product: str) -> None:
    """Drop the scratch database, ending what a child process or another thread left connected to it."""
    from django.db import connection, connections

    connections.close_all()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.creation.destroy_test_db(product, verbosity=0)


def child_environment(url: str) -> dict[str, str]:
    """Environment for a child process that works on the scratch database."""
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "denghuo.config.settings"}
