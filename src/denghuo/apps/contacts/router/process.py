"""The loop around the passes: one leader, woken by the event log, by time, or once a second.

Leader is who holds a session-level advisory lock of the database; whoever else runs stands by. The lock belongs to the
connection that listens: if the leader dies or loses the database, PostgreSQL lets the lock go and another goes on.
Should two lead for a moment, nothing is doubled: the row locks of the offers decide.
"""

from __future__ import annotations

import logging
import math
import signal
import time
from types import FrameType
from typing import Any

import psycopg

logger = logging.getLogger("denghuo.routing")

LOCK = "denghuo.router"
WAIT_SECONDS = 1.0  # the longest sleep
REST_SECONDS = 0.03  # the shortest time between two passes, however many events there are
SWEEP_SECONDS = 0.25
SLOW_SECONDS = 1.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Router:
    """Runs until :meth:`stop`."""

    def __init__(self) -> None:
        self.stopping = False
        self.leading = False
        self.passes = 0
        self._swept = -math.inf
        self._listener: psycopg.Connection[Any] | None = None

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Signal handler: end after the pass in hand."""
        self.stopping = True

    def run(self) -> None:
        """Work until :meth:`stop`. A lost database is waited for; a fault is logged and met again at the next pass."""
        failures = 0
        while not self.stopping:
            try:
                self.step()
                failures = 0
            except Exception as error:
                if _lost_database(error):
                    logger.warning("router lost its database (%s); trying again", type(error).__name__)
                else:
                    logger.exception("routing pass failed")
                self._drop()
                time.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
        self._drop()

    def step(self) -> None:
        """One pass if leading, then sleep until something may have changed."""
        # Listening starts before reading: what commits in between is notified and seen at the next pass.
        listener = self._listening()
        if not self._leads(listener):
            time.sleep(WAIT_SECONDS)
            return
        from denghuo.apps.contacts.router.passing import pass_once

        begun = time.monotonic()
        sweep = begun - self._swept >= SWEEP_SECONDS
        passed = pass_once(sweep=sweep)
        self.passes += 1
        if sweep:
            self._swept = begun
        spent = time.monotonic() - begun
        if spent > SLOW_SECONDS:
            logger.warning("routing pass took %.2f s: %s", spent, passed)
        if self.stopping:
            return
        if passed.offered < passed.decided:
            time.sleep(0 if passed.offered else REST_SECONDS)  # more to do; a row that is held is soon let go
            return
        # At most half of the time is spent on passes, so that a storm of events is met with few of them.
        time.sleep(max(REST_SECONDS, min(spent, WAIT_SECONDS)))
        self._sleep(listener, self._patience(passed.next_at))

    def _patience(self, next_at: float) -> float:
        """Seconds of the wall until business time reaches ``next_at``, at most a second."""
        if next_at == math.inf:
            return WAIT_SECONDS
        from denghuo.core import moment

        left = next_at - moment.now().timestamp()
        return min(WAIT_SECONDS, max(0.0, left / max(1.0, float(moment.speed()))))

    def _sleep(self, listener: psycopg.Connection[Any], seconds: float) -> None:
        """Until a notice, or so many seconds; all notices that are there count as one."""
        for _notice in listener.notifies(timeout=seconds, stop_after=1):
            pass
        for _notice in listener.notifies(timeout=0):
            pass

    def _listening(self) -> psycopg.Connection[Any]:
        from django.db import connection

        from denghuo.core.events.log import CHANNEL

        if self._listener is None or self._listener.closed:
            params = connection.get_connection_params()
            params.pop("cursor_factory", None)
            params.pop("context", None)
            self.leading = False
            self._listener = psycopg.connect(**params, autocommit=True)
            self._listener.execute(f"LISTEN {CHANNEL}")
        return self._listener

    def _leads(self, listener: psycopg.Connection[Any]) -> bool:
        """Whether this process holds the lock; also finds out whether its connection still lives."""
        if self.leading:
            listener.execute("SELECT 1")
            return True
        row = listener.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK]).fetchone()
        self.leading = bool(row and row[0])
        if self.leading:
            logger.info("router leads")
        return self.leading

    def _drop(self) -> None:
        from django.db import connection

        self.leading = False
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        connection.close()


def _lost_database(error: BaseException) -> bool:
    from django.db import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError)


def main() -> int:
    """Command line; takes no arguments. SIGTERM and SIGINT end it after the pass in hand."""
    from denghuo.engine import routing

    router = Router()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, router.stop)
    logger.info("compiled rules ready after %.1f s", routing.warm_up())
    router.run()
    return 0
