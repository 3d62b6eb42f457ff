"""Help for tests that start processes of their own on the test database."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from django.db import connection

SRC = Path(__file__).resolve().parents[2] / "src"


def child_environment() -> dict[str, str]:
    """The environment of a process that must use the test database."""
    params: dict[str, Any] = connection.settings_dict
    password = f":{params['PASSWORD']}" if params["PASSWORD"] else ""
    host = f"?host={params['HOST']}" if str(params["HOST"]).startswith("/") else ""
    place = "" if host else f"{params['HOST']}:{params['PORT']}" if params["PORT"] else params["HOST"]
    url = f"postgresql://{params['USER']}{password}@{place}/{params['NAME']}{host}"
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
