"""Help for tests: what was recorded, subscribers run by hand, projections applied again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection

from denghuo.core.events import consumers, log
from denghuo.core.events.cursor import START, Cursor
from denghuo.core.events.models import ConsumerCursor, Event

T = TypeVar("T")


class Recorded(list[Event]):
    """Events seen by :func:`recorded`, filled when its block ends."""

    @property
    def one(self) -> Event:
        """The only event; AssertionError when there are none or several."""
        assert len(self) == 1, f"expected one event, got {[event.kind for event in self]}"
        return self[0]


@contextmanager
def recorded(*kinds: str) -> Iterator[Recorded]:
    """Collect the events recorded inside the block, of ``kinds`` or of all kinds::

        with recorded("request.accepted") as events:
            accept(actor, request)
        assert events.one.payload == {...}

    Works inside one test transaction as well as with committed data.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM core_event")
        last = cursor.fetchone()[0]
    found = Recorded()
    yield found
    rows = Event.objects.filter(pk__gt=last).order_by("pk")
    found.extend(rows.filter(kind__in=kinds) if kinds else rows)


def drain(names: Iterable[str] | None = None) -> int:
    """Run subscribers until nothing is left; returns the events they took.

    Inside a test's transaction the events of that transaction count as committed, otherwise no subscriber would see
    them. Failing events are tried again without pauses until they are parked.
    """
    below = log.own_horizon if connection.in_atomic_block else log.horizon
    chosen = list(names) if names is not None else None
    total = 0
    while True:
        total += consumers.run_once(chosen, below=below)
        waiting = ConsumerCursor.objects.filter(retry_at__isnull=False, paused=False)
        if chosen is not None:
            waiting = waiting.filter(name__in=chosen)
        if not waiting.update(retry_at=None):
            return total


def verify_replay(name: str, projection: Callable[[], T], clear: Callable[[], object]) -> T:
    """Check that a subscriber rebuilds its projection from the log alone; returns the projection.

    ``projection`` reads what the subscriber keeps, ``clear`` empties it. The subscriber is brought up to date, then
    run again from the beginning of the log; AssertionError when the two results differ.
    """
    drain([name])
    before = projection()
    clear()
    consumers.move_cursors(START, [name])
    drain([name])
    after = projection()
    assert before == after, f"{name}: applied again from the log gives {after!r}, kept was {before!r}"
    return after


__all__ = ["START", "Cursor", "Recorded", "drain", "recorded", "verify_replay"]
