"""Help for tests that start processes of their own on the test database."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection

SRC = Path(__file__).resolve().parents[2] / "src"


def child_environment() -> dict[str, str]:
    """The environment of a process that must use the test database."""
    params: dict[str, Any] = connection.settings_dict
    who = (
        f"{quote(params['USER'])}:{quote(params['PASSWORD'], safe='')}@" if params["PASSWORD"] else f"{params['USER']}@"
    )
    place = urlencode({name: params[name.upper()] for name in ("host", "port") if params[name.upper()]})
    url = f"postgresql://{who}/{params['NAME']}?{place}"
    return {
        **os.environ,
        "DATABASE_URL": url,
        "PYTHONPATH": os.pathsep.join([str(SRC), os.environ.get("PYTHONPATH", "")]),
        "DENGHUO_TEST_SRC": str(SRC),
    }


def until(condition: Any) -> None:
    """Wait, in the database, until ``condition()``; other databases of the server may hold the log for a moment."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.01)")
