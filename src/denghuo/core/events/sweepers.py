"""Small work that comes round by the clock, done by the relay beside the events: nothing heavy, nothing that waits.

An app registers in its ``sweepers.py``. Several relays may run: each sweep holds an advisory lock of its own name, so it
runs in one place at a time and the others pass it over.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction

logger = logging.getLogger("denghuo.events")

LOCK_SPACE = 0x5EE9  # first half of the advisory lock key: sweeps


@dataclass(frozen=True, slots=True)
class Sweeper:
    """A function without arguments, to be called every ``seconds`` seconds."""

    name: str
    seconds: float
    run: Callable[[], object]


SWEEPERS: dict[str, Sweeper] = {}
_last: dict[str, float] = {}


def register_sweeper(name: str, seconds: float, run: Callable[[], object]) -> None:
    """Have the relay call ``run`` every ``seconds`` seconds; RuntimeError for a name taken already."""
    if name in SWEEPERS:
        raise RuntimeError(f"sweeper {name!r} is registered twice")
    SWEEPERS[name] = Sweeper(name, seconds, run)


def sweep_due(clock: Callable[[], float] = time.monotonic) -> list[str]:
    """Run the sweeps whose time has come; gives the names of those that ran here.

    A sweep that fails is logged and tried again at its next turn; a lost database rises.
    """
    ran = []
    for sweeper in SWEEPERS.values():
        now = clock()
        if now - _last.get(sweeper.name, float("-inf")) < sweeper.seconds:
            continue
        _last[sweeper.name] = now
        if _locked_run(sweeper):
            ran.append(sweeper.name)
    return ran


def _locked_run(sweeper: Sweeper) -> bool:
    from django.db import InterfaceError, OperationalError

    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_SPACE, _key(sweeper.name)])
                if not cursor.fetchone()[0]:
                    return False
            sweeper.run()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("sweep %s failed", sweeper.name)
    return True


def _key(name: str) -> int:
    """A signed 32-bit number of the name."""
    return zlib.crc32(name.encode()) - 2**31
