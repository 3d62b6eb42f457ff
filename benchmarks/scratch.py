"""A database of its own for a benchmark, on the same server as the product's, removed afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from benchmarks.common import say


@contextlib.contextmanager
def database(name: str) -> Iterator[str]:
    """Create ``bench_<name>``, migrate it, load roles and policies; give its address; drop it at the end."""
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    old = connection.settings_dict["NAME"]
    say(f"creating database bench_{name} …")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        call_command("sync", verbosity=0)
        settings = connection.settings_dict
        host = settings["HOST"] or settings["OPTIONS"].get("host", "")
        url = f"postgresql://{settings['USER']}:{settings['PASSWORD']}@/{settings['NAME']}?host={host}&port={settings['PORT']}"
        yield url
    finally:
        connection.creation.destroy_test_db(old, verbosity=0)


def child_environment(url: str) -> dict[str, str]:
    """Environment for a child process that works on the scratch database."""
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "denghuo.config.settings"}
