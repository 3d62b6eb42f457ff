"""What every benchmark shares: the machine it ran on and the way it reports."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_to_stderr = False


def progress_to_stderr(wanted: bool) -> None:
    """Send :func:`say` to standard error, so that standard output holds the result alone."""
    global _to_stderr
    _to_stderr = wanted


def say(text: str) -> None:
    """Progress and tables for a person."""
    print(text, file=sys.stderr if _to_stderr else sys.stdout, flush=True)


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Median, lowest and highest of several rounds."""
    shown = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, digits) for name, value in shown.items()}


def machine() -> dict[str, Any]:
    """What the figures were measured on: processor, cores, memory in GB, system, Python, PostgreSQL (if connected)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found: dict[str, Any] = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1min": round(os.getloadavg()[0], 2),
    }
    version = _database_version()
    if version:
        found["postgresql"] = version
    return found


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _database_version() -> str | None:
    from django.conf import settings
    from django.db import DatabaseError, connection

    if not settings.configured:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return str(cursor.fetchone()[0])
    except DatabaseError:
        return None


def emit(name: str, figures: Mapping[str, Any], peer: Mapping[str, Any] | str | None) -> None:
    """Print the result: one JSON object on the last line.

    ``figures`` are ours (the unit in each key: ``requests_per_s``, ``p95_ms``); ``peer`` the other party's, measured
    in the same run, or its name when only a ratio in ``figures`` makes sense.
    """
    result = {
        "name": name,
        "figures": dict(figures),
        "peer": peer,
        "machine": machine(),
    }
    print(json.dumps(result, ensure_ascii=False, default=float), flush=True)
