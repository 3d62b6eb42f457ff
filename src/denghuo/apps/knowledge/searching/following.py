"""What has changed in the base since it was last read: one indexed read, whoever wrote and however.

Every insert and update of an entry leaves a row in its history (a trigger writes it, in the same transaction), and the
number of that row comes from a sequence. A reader that only asked for numbers above its last would miss a transaction
that drew a lower number and committed later; so numbers that were left out, and rows whose transaction was not yet
settled when they were seen, are asked for again until they are settled or an hour has passed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import connection

KEPT_SECONDS = 3600.0  # no transaction that writes entries lasts longer
MOST_PENDING = 5000
BEHIND = 500  # numbers below the newest that a first reading still asks for

_NEWS = """
SELECT pgh_id, pgh_obj_id, pgh_created_at,
       age(xmin) <= age(pg_snapshot_xmin(pg_current_snapshot())::xid) AS open
FROM knowledge_standardquestionevent WHERE pgh_id >= %s OR pgh_id = ANY(%s) ORDER BY pgh_id
"""
_NEWEST = "SELECT coalesce(max(pgh_id), 0) FROM knowledge_standardquestionevent"
_NEWEST_VECTOR = "SELECT coalesce(max(id), 0) FROM knowledge_textvector"


@dataclass(slots=True)
class News:
    """What a look found: entries to read anew; ``everything`` when the history itself was cut."""

    entries: set[int] = field(default_factory=set)
    everything: bool = False
    written_at: float | None = None  # seconds since the epoch, of the newest change


class Follower:
    """Where one process stands in the history of the entries."""

    def __init__(self) -> None:
        self.last = 0
        #: number → (entry when seen, time it was first missed)
        self._pending: dict[int, tuple[int | None, float]] = {}

    def begin(self) -> None:
        """Stand at the newest change; call it before reading the entries themselves."""
        self.last = newest_change()
        with connection.cursor() as cursor:
            cursor.execute(_NEWS, [max(1, self.last - BEHIND), []])
            rows = cursor.fetchall()
        now = time.monotonic()
        self._pending = {}
        seen = {int(row[0]) for row in rows}
        for number in range(max(1, self.last - BEHIND), self.last + 1):
            if number not in seen:
                self._pending[number] = (None, now)
        self._pending |= {int(row[0]): (int(row[1]), now) for row in rows if row[3]}

    def news(self) -> News:
        """What changed since the last look. One statement (primary key of the history)."""
        with connection.cursor() as cursor:
            cursor.execute(_NEWS, [self.last, list(self._pending)])
            rows = cursor.fetchall()
        now, found = time.monotonic(), News()
        seen = {int(row[0]) for row in rows}
        if self.last and self.last not in seen and self.last not in self._pending:
            found.everything = True
            return found
        self._undone(seen, now, found)
        newest = self.last
        for number, entry, written_at, still_open in rows:
            number, entry = int(number), int(entry)
            known = self._pending.pop(number, None)
            if number > self.last or (known is not None and known[0] is None):
                found.entries.add(entry)
                found.written_at = max(found.written_at or 0.0, written_at.timestamp())
            if still_open:
                self._pending[number] = (entry, now)
            newest = max(newest, number)
        for number in range(self.last + 1, newest):
            if number not in seen:
                self._pending[number] = (None, now)
        self.last = newest
        self._forget(now)
        return found

    def _undone(self, seen: set[int], now: float, found: News) -> None:
        """What was seen in an open transaction and is gone was rolled back, or is not ours to see."""
        for number, (entry, _since) in list(self._pending.items()):
            if number not in seen and entry is not None:
                found.entries.add(entry)
                self._pending[number] = (None, now)

    def _forget(self, now: float) -> None:
        kept = [(number, held) for number, held in self._pending.items() if now - held[1] <= KEPT_SECONDS]
        self._pending = dict(sorted(kept)[-MOST_PENDING:])


def newest_change() -> int:
    """The number of the newest change of the base. One indexed read."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        return int(cursor.fetchone()[0])


def newest_vector() -> int:
    """The number of the newest vector kept. One indexed read."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_VECTOR)
        return int(cursor.fetchone()[0])
