"""Subscribers: code that follows the event log.

Each subscriber has a cursor row. A batch of events is handled and the cursor moved in one transaction, so what a
subscriber writes to this database happens exactly once per event, whatever is killed when. What it does elsewhere
(a message sent, a file written) can happen again after a crash and belongs into a job with :func:`core.jobs.once`.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from denghuo.core.events import log
from denghuo.core.events.cursor import START, Cursor
from denghuo.core.events.kinds import KINDS, UnknownKind
from denghuo.core.events.models import ConsumerCursor, DeadEvent, Event
from denghuo.core.moment import now as business_now

logger = logging.getLogger("denghuo.events")

Handler = Callable[[Event], None]

BATCH = 100
# A batch is a writing transaction and holds back every reader of the log, so it is short.
BATCH_SECONDS = 0.5
BACKOFF_SECONDS = (0.0, 0.5, 2.0, 10.0)
# An idle subscriber's cursor follows the log in steps of this many transactions: not a write per event of others.
IDLE_STEP = 1000


@dataclass(frozen=True, slots=True)
class Consumer:
    """A registered subscriber."""

    name: str
    kinds: frozenset[str]
    handle: Handler
    attempts: int


CONSUMERS: dict[str, Consumer] = {}


def subscriber(name: str, *, kinds: Iterable[str], attempts: int | None = None) -> Callable[[Handler], Handler]:
    """Register a function ``f(event)`` for events of ``kinds`` (in an app's ``subscribers.py``).

    It is called in log order inside a transaction of its own cursor. An exception undoes its writes; the event is
    tried ``attempts`` times (default setting ``DENGHUO_EVENT_ATTEMPTS``, 5) and then parked as a :class:`DeadEvent`,
    and the subscriber goes on. ``name`` is stored: renaming it starts it from the beginning of the log.
    """

    def decorate(handle: Handler) -> Handler:
        if name in CONSUMERS:
            raise RuntimeError(f"subscriber {name!r} is registered twice")
        tries = attempts or int(getattr(settings, "DENGHUO_EVENT_ATTEMPTS", 5))
        CONSUMERS[name] = Consumer(name, frozenset(kinds), handle, tries)
        return handle

    return decorate


def check_kinds() -> None:
    """Raise UnknownKind when a subscriber waits for a kind nobody registered; called when a relay starts."""
    for consumer in CONSUMERS.values():
        unknown = consumer.kinds - KINDS.keys()
        if unknown:
            raise UnknownKind(f"subscriber {consumer.name!r} waits for unregistered kinds {sorted(unknown)}")


def ensure_cursors(start: Cursor = START) -> list[str]:
    """Give subscribers without a cursor one at ``start``; returns their names.

    New subscribers begin at the beginning of the log. Whoever loads history that must cause nothing calls this (or
    :func:`move_cursors`) with :func:`head` after loading.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_consumercursor (name, xid, event_id, attempts, paused, updated_at)"
            " SELECT name, %s, %s, 0, false, now() FROM unnest(%s::text[]) name ON CONFLICT DO NOTHING RETURNING name",
            [start.xid, start.id, sorted(CONSUMERS)],
        )
        return [str(row[0]) for row in cursor.fetchall()]


def move_cursors(to: Cursor, names: Iterable[str] | None = None) -> None:
    """Set the cursor of ``names`` (default: all subscribers): forward to skip, back to apply again."""
    ensure_cursors(to)
    rows = ConsumerCursor.objects.filter(name__in=list(names) if names is not None else list(CONSUMERS))
    rows.update(xid=to.xid, event_id=to.id, failing_event_id=None, attempts=0, retry_at=None)


def run_once(names: Iterable[str] | None = None, *, below: Callable[[], int] = log.horizon) -> int:
    """Let subscribers handle everything that is there; returns how many events they took (handled or parked).

    Subscribers that another process is running are left to it. ``below`` gives the reading limit.
    """
    chosen = [CONSUMERS[name] for name in (names if names is not None else list(CONSUMERS))]
    ensure_cursors()
    total = 0
    while True:
        taken = sum(run_batch(consumer, below) for consumer in chosen)
        if not taken:
            return total
        total += taken


def run_batch(consumer: Consumer, below: Callable[[], int] = log.horizon) -> int:
    """One batch of one subscriber; returns how many events its cursor passed."""
    with transaction.atomic():
        # Read the limit before the cursor is locked: an event the limit hides stays for the next batch.
        limit = below()
        row = ConsumerCursor.objects.select_for_update(skip_locked=True).filter(name=consumer.name).first()
        if row is None or row.paused or (row.retry_at is not None and row.retry_at > timezone.now()):
            return 0
        events = log.read_between(row.cursor, limit, BATCH, consumer.kinds)
        passed = _handle_batch(consumer, row, events)
        # (Not with a test's own limit: its transaction goes on writing below it.)
        if not events and below is log.horizon and limit - row.xid > IDLE_STEP:
            row.cursor = Cursor(limit, 0)
            row.save(update_fields=["xid", "event_id", "updated_at"])
    return passed


def _handle_batch(consumer: Consumer, row: ConsumerCursor, events: list[Event]) -> int:
    deadline = time.monotonic() + BATCH_SECONDS
    passed = 0
    for event in events:
        error = _handle(consumer, event)
        if error is not None and not _give_up(consumer, row, event, error):
            break
        row.cursor = event.cursor
        row.failing_event_id, row.attempts, row.retry_at = None, 0, None
        passed += 1
        if time.monotonic() > deadline:
            break
    if events:
        row.save()
    return passed


def _handle(consumer: Consumer, event: Event) -> Exception | None:
    """Run the handler in a savepoint; returns what it raised. A lost database connection is not the event's fault."""
    try:
        with transaction.atomic(), log.correlated(event.correlation):
            consumer.handle(event)
    except (OperationalError, InterfaceError) as error:
        raw = connection.connection
        if raw is None or raw.closed:
            raise
        return error
    except Exception as error:
        return error
    return None


def _give_up(consumer: Consumer, row: ConsumerCursor, event: Event, error: Exception) -> bool:
    """Count a failed attempt; park the event and return True when it was the last one."""
    row.attempts = row.attempts + 1 if row.failing_event_id == event.id else 1
    row.failing_event_id = event.id
    logger.error("subscriber %s failed on event %s (%s), attempt %s: %s",
                 consumer.name, event.id, event.kind, row.attempts, type(error).__name__)  # fmt: skip
    if row.attempts < consumer.attempts:
        wait = BACKOFF_SECONDS[min(row.attempts - 1, len(BACKOFF_SECONDS) - 1)]
        row.retry_at = timezone.now() + dt.timedelta(seconds=wait)
        return False
    DeadEvent.objects.update_or_create(
        consumer=consumer.name,
        event_id=event.id,
        defaults={
            "event_xid": event.xid, "event_at": event.at, "kind": event.kind, "attempts": row.attempts,
            "error": describe(error), "resolved_at": None,
        },
    )  # fmt: skip
    return True


def describe(error: BaseException) -> str:
    """Kind of error and where in the code, without its message and without values: those may hold personal data."""
    lines: list[str] = []
    chain: BaseException | None = error
    while chain is not None:
        state = getattr(chain, "sqlstate", None)
        code = getattr(chain, "code", None)
        marks = [str(mark) for mark in (state, code) if isinstance(mark, str)]
        lines.append(f"{type(chain).__module__}.{type(chain).__qualname__} {' '.join(marks)}".rstrip())
        lines += [f"  {f.filename}:{f.lineno} in {f.name}" for f in traceback.extract_tb(chain.__traceback__)]
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "\n".join(lines)


def replay_dead(dead_id: int) -> bool:
    """Hand a parked event to its subscriber again; True when it went through and is marked resolved.

    False when it is already resolved. What the handler raises goes up to the caller and leaves it parked.
    """
    with transaction.atomic():
        dead = DeadEvent.objects.select_for_update().get(pk=dead_id)
        if dead.resolved_at is not None:
            return False
        event = Event.objects.get(at=dead.event_at, pk=dead.event_id)
        with log.correlated(event.correlation):
            CONSUMERS[dead.consumer].handle(event)
        dead.resolved_at = timezone.now()
        dead.save(update_fields=["resolved_at"])
    return True


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a subscriber is behind: events waiting (at most ``LAG_COUNT``), age of the oldest in business seconds."""

    name: str
    waiting: int
    seconds: float
    failing: bool
    paused: bool
    dead: int


LAG_COUNT = 10_000


def lag(names: Iterable[str] | None = None) -> list[Lag]:
    """The state of the subscribers ``names`` (default: all), for monitoring. Counts events that are not yet readable as
    waiting too; two statements a subscriber."""
    chosen = [CONSUMERS[name] for name in (names if names is not None else list(CONSUMERS))]
    cursors = ConsumerCursor.objects.in_bulk([consumer.name for consumer in chosen])
    found: list[Lag] = []
    for consumer in chosen:
        row = cursors.get(consumer.name)
        place = row.cursor if row else START
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), extract(epoch FROM %s - min(at)) FROM (SELECT at FROM core_event"
                " WHERE (xid, id) > (%s::xid8, %s) AND kind = ANY(%s) ORDER BY xid, id LIMIT %s) waiting",
                [business_now(), str(place.xid), place.id, sorted(consumer.kinds), LAG_COUNT],
            )
            waiting, seconds = cursor.fetchone()
        dead = DeadEvent.objects.filter(consumer=consumer.name, resolved_at=None).count()
        found.append(
            Lag(
                consumer.name,
                int(waiting),
                max(0.0, float(seconds or 0)),
                bool(row and row.attempts),
                bool(row and row.paused),
                dead,
            )
        )
    return found


def oldest_transaction() -> dict[str, Any] | None:
    """The longest-running writing transaction on the server: it holds back every reader of the log.

    ``{"pid", "seconds", "application", "state"}`` or None. The relay logs a warning above
    ``DENGHUO_LONG_TRANSACTION_SECONDS`` (default 30).
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, extract(epoch FROM clock_timestamp() - xact_start), application_name, state"
            " FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            " ORDER BY xact_start LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return {"pid": row[0], "seconds": float(row[1]), "application": row[2], "state": row[3]}
