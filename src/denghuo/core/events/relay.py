"""``python -m denghuo.core.events.relay``: let subscribers follow the log, and sweep the clocks.

Waits for the notice of new events, at most one second; runs every subscriber; calls the clock sweeper every
``DENGHUO_SWEEP_SECONDS`` (policy ``clock.sweep_seconds`` where it is defined). Any number of relays may run: cursor
locks share the subscribers out. A lost database is waited for. SIGTERM and SIGINT end it between two batches.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import psycopg

logger = logging.getLogger("denghuo.events")

WAIT_SECONDS = 1.0
SOON_SECONDS = 0.02
GATHER_SECONDS = 0.1
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
WATCH_SECONDS = 15.0


class Relay:
    """The loop. ``sweep`` is called without arguments every few seconds and may be None."""

    def __init__(self, sweep: Callable[[], object] | None = None, names: list[str] | None = None) -> None:
        self.stopping = False
        self._sweep = sweep
        self._names = names
        self._wait = WAIT_SECONDS
        self._swept = 0.0
        self._watched = 0.0
        self._listener: psycopg.Connection[Any] | None = None

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Signal handler: end after the batch in hand."""
        self.stopping = True

    def run(self) -> None:
        """Work until :meth:`stop`."""
        failures = 0
        while not self.stopping:
            try:
                self.step()
                failures = 0
            except Exception as error:
                if not _lost_database(error):
                    # A fault in one part must not stop the others; it is logged and met again at the next step.
                    logger.exception("relay step failed")
                else:
                    logger.warning("relay lost its database (%s); trying again", type(error).__name__)
                self._drop()
                time.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
        self._drop()

    def step(self) -> int:
        """Listen, handle all that is there, sweep, and wait for the next notice; returns the events taken."""
        from denghuo.core.events import consumers
        from denghuo.core.events.sweepers import sweep_due

        # Listening starts before reading: what commits in between is notified and read at the next step.
        listener = self._listening()
        taken = consumers.run_once(self._names)
        self._clocks()
        if self._names is None:
            sweep_due()
        self._watch()
        if not self.stopping:
            self._sleep(listener)
        return taken

    def _sleep(self, listener: psycopg.Connection[Any]) -> None:
        """Until a notice, or as long as patience lasts; then a moment more, so that what comes close together is taken
        together: a dozen subscribers look at the log each time, and on a busy floor a notice comes every few
        milliseconds."""
        for _notice in listener.notifies(timeout=self._patience(), stop_after=1):
            time.sleep(GATHER_SECONDS)
        for _notice in listener.notifies(timeout=0):
            pass

    def _listening(self) -> psycopg.Connection[Any]:
        from django.db import connection

        from denghuo.core.events.log import CHANNEL

        if self._listener is None or self._listener.closed:
            params = connection.get_connection_params()
            params.pop("cursor_factory", None)
            params.pop("context", None)
            self._listener = psycopg.connect(**params, autocommit=True)
            self._listener.execute(f"LISTEN {CHANNEL}")
        return self._listener

    def _patience(self) -> float:
        """Seconds to wait for a notice: one, or less when events are hidden or a failed one is to be tried again."""
        from django.db.models import Min
        from django.utils import timezone

        from denghuo.core.events.models import ConsumerCursor

        wait = self._while_hidden()
        due = ConsumerCursor.objects.filter(paused=False).aggregate(due=Min("retry_at"))["due"]
        if due is None:
            return wait
        seconds: float = (due - timezone.now()).total_seconds()
        return min(wait, max(0.01, seconds))

    def _while_hidden(self) -> float:
        """Soon again, then ever later, while an open transaction hides events."""
        from django.db import connection

        from denghuo.core.events.log import HIDDEN

        with connection.cursor() as cursor:
            cursor.execute(HIDDEN)
            hidden = cursor.fetchone()[0]
        if not hidden:
            self._wait = WAIT_SECONDS
        else:
            self._wait = SOON_SECONDS if self._wait >= WAIT_SECONDS else min(self._wait * 2, WAIT_SECONDS)
        return self._wait

    def _clocks(self) -> None:
        if self._sweep is None or time.monotonic() - self._swept < sweep_seconds():
            return
        self._swept = time.monotonic()
        try:
            self._sweep()
        except Exception as error:
            if _lost_database(error):
                raise
            logger.exception("clock sweep failed")

    def _watch(self) -> None:
        """Warn of a transaction that holds back the log."""
        from django.conf import settings

        from denghuo.core.events.consumers import oldest_transaction

        if time.monotonic() - self._watched < WATCH_SECONDS:
            return
        self._watched = time.monotonic()
        oldest = oldest_transaction()
        if oldest and oldest["seconds"] > getattr(settings, "DENGHUO_LONG_TRANSACTION_SECONDS", 30):
            logger.warning("a transaction of %.0f s holds back the event log: %s", oldest["seconds"], oldest)

    def _drop(self) -> None:
        from django.db import connection

        if self._listener is not None:
            self._listener.close()
            self._listener = None
        connection.close()


def _lost_database(error: BaseException) -> bool:
    from django.db import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError)


def sweep_seconds() -> float:
    """Seconds between two clock sweeps."""
    from django.conf import settings

    from denghuo.core import policies

    try:
        return float(policies.get("clock.sweep_seconds"))
    except LookupError:  # not defined or no value in force: the technical default
        return float(getattr(settings, "DENGHUO_SWEEP_SECONDS", 5))


def clock_sweeper() -> Callable[[], object]:
    """The sweeper of the clocks; it fires what is due at the present business moment."""
    from denghuo.core.clocks.sweeper import sweep_all

    return sweep_all


def main() -> int:
    """Command line; takes no arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    import django

    django.setup()
    from denghuo.core.events.consumers import check_kinds

    check_kinds()
    relay = Relay(clock_sweeper())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, relay.stop)
    relay.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
