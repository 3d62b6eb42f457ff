"""Small tables that every request reads, held in memory per process and refreshed every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import connection

T = TypeVar("T")
REFRESH_SECONDS = 3.0  # how stale another process's view of a change may be

_all: WeakSet[Held[Any]] = WeakSet()


class Held(Generic[T]):
    """What ``load`` gives, remembered for a few seconds, or until it is cleared when it ``lasts``.

    A transaction that has changed the table says so with :meth:`read_afresh`: until it ends, its own look-ups read the
    database, and nothing it sees is remembered, for it may be rolled back.
    """

    def __init__(self, name: str, load: Callable[[], T], *, lasts: bool = False) -> None:
        self._mark = f"denghuo_changed_{name}"
        self._load, self.lasts = load, lasts
        self._lock = threading.Lock()
        self._rows: T | None = None
        self._loaded = 0.0
        _all.add(self)

    def rows(self) -> T:
        """The table, at most :data:`REFRESH_SECONDS` old."""
        changed_in = getattr(connection, self._mark, None)
        if changed_in is not None:
            if _outermost() is changed_in:
                return self._load()
            self.clear()
        now = time.monotonic()
        rows = self._rows
        if rows is None or (not self.lasts and now - self._loaded > REFRESH_SECONDS):
            with self._lock:
                rows = self._load()
                self._rows, self._loaded = rows, now
        return rows

    def clear(self) -> None:
        """Forget what is in memory; the next look-up reads the database."""
        setattr(connection, self._mark, None)
        self._rows = None

    def read_afresh(self) -> None:
        """This transaction has changed the table."""
        self.clear()
        setattr(connection, self._mark, _outermost())


def _outermost() -> object | None:
    """The transaction under way, whatever savepoints are inside it; None outside any."""
    return connection.atomic_blocks[0] if connection.atomic_blocks else None


def clear_all() -> None:
    """Forget every held table of this process but those that last (tests)."""
    for table in list(_all):
        if not table.lasts:
            table.clear()
