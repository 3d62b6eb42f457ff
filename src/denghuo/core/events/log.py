"""Writing to the event log and reading it without gaps.

Order. Each row holds the id of the transaction that wrote it. Readers take rows in the order ``(xid, id)`` and only
below ``pg_snapshot_xmin(pg_current_snapshot())``: every transaction below that mark has ended, so nothing can appear
behind a reader's back however long a writer sleeps. The price: one long writing transaction anywhere on the server
holds all readers back (:func:`denghuo.core.events.consumers.oldest_transaction` watches for it).

A transaction gets its id at its first write or row lock. An action that locks its subject before writing therefore
has an id above every earlier action on the same subject, and readers see one subject's events in the order they
happened. ``timeline`` sorts by ``id``, which is drawn while the lock is held, and is right in any case.

Waking readers. Each insert carries ``pg_notify`` in the same statement; PostgreSQL folds equal notices of one
transaction into one. A transaction with a notice holds a server-wide lock from just before its commit until the
commit is durable, so commits that record events queue one behind another: throughput is bounded by one disk flush
each. Readers also look every second, so a notice is for speed only, and ``DENGHUO_EVENTS_NOTIFY = False`` in the
settings (bulk loads, very high rates) costs latency, never an event.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, models

from denghuo.core import prepared
from denghuo.core.actors import Actor
from denghuo.core.events.cursor import Cursor
from denghuo.core.events.kinds import get_kind
from denghuo.core.events.models import Event
from denghuo.core.moment import now as business_now
from denghuo.core.scoping.models import OrgUnit

Subject = models.Model | tuple[str, int]

CHANNEL = "denghuo_events"
COLUMNS = (
    "id, xid::text, at, kind, version, subject_kind, subject_id, org_id, org_path, actor_kind, actor_id, actor_name,"
    " payload, topics, correlation"
)
_FIELDS = tuple(name.strip().removesuffix("::text") for name in COLUMNS.split(","))
# Whether there are events that readers may not take yet, because an older transaction still runs: its end gives no
# notice, so readers look again soon.
HIDDEN = "SELECT EXISTS (SELECT 1 FROM core_event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"
_INSERT_COLUMNS = (
    "at, kind, version, subject_kind, subject_id, org_id, org_path, actor_kind, actor_id, actor_name, payload, topics,"
    " correlation"
)
_CASTS = {11: "::jsonb", 12: "::text[]", 13: "::uuid"}
_CHUNK = 500

_correlation: ContextVar[uuid.UUID | None] = ContextVar("denghuo_correlation", default=None)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be written; the arguments of :func:`record` as a value, for :func:`record_many`."""

    actor: Actor
    kind: str
    subject: Subject
    org: OrgUnit | None
    payload: Mapping[str, Any] = field(default_factory=dict)
    topics: Iterable[str] = ()
    at: dt.datetime | None = None
    correlation: uuid.UUID | None = None


def record(
    actor: Actor,
    kind: str,
    subject: Subject,
    *,
    org: OrgUnit | None,
    payload: Mapping[str, Any],
    topics: Iterable[str] = (),
    at: dt.datetime | None = None,
    correlation: uuid.UUID | None = None,
) -> Event:
    """Write one event in the current transaction, with the change it tells of: both exist or neither.

    ``subject`` is a saved model (its kind is ``event_subject_kind`` of the class, else the lower-case model name) or a
    pair ``(kind, id)``. ``topics`` are what live streams filter by; the org unit's floor topics need not be named.
    ``at`` defaults to the business time and may lie in the past when history is loaded. Raises UnknownKind or
    PayloadError when the payload does not fit the registered kind.
    """
    return record_many([NewEvent(actor, kind, subject, org, payload, topics, at, correlation)])[0]


def record_many(entries: Iterable[NewEvent]) -> list[Event]:
    """Write events in the given order with few statements; see :func:`record`."""
    events = [_event(entry) for entry in entries]
    for start in range(0, len(events), _CHUNK):
        _insert(events[start : start + _CHUNK])
    return events


def _event(entry: NewEvent) -> Event:
    kind = get_kind(entry.kind)
    at = entry.at or business_now()
    if at.tzinfo is None:
        raise ValueError("the time of an event must carry a time zone")
    subject_kind, subject_id = subject_of(entry.subject)
    org, actor = entry.org, entry.actor
    return Event(
        at=at,
        kind=kind.name,
        version=kind.version,
        subject_kind=subject_kind,
        subject_id=subject_id,
        org_id=org.pk if org else None,
        org_path=org.path if org else "",
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        payload=kind.check(entry.payload),
        topics=list(dict.fromkeys(entry.topics)),
        correlation=entry.correlation or _correlation.get(),
    )


def subject_of(subject: Subject) -> tuple[str, int]:
    """The pair that names a subject in the log."""
    if isinstance(subject, tuple):
        return subject
    if subject.pk is None:
        raise ValueError(f"{type(subject).__name__} must be saved before an event can tell of it")
    return str(getattr(subject, "event_subject_kind", subject._meta.model_name)), subject.pk


def _insert(events: Sequence[Event]) -> None:
    values: list[Any] = []
    for event in events:
        values += (
            event.at, event.kind, event.version, event.subject_kind, event.subject_id, event.org_id, event.org_path,
            event.actor_kind, event.actor_id, event.actor_name, json.dumps(event.payload, ensure_ascii=False),
            event.topics, event.correlation,
        )  # fmt: skip
    statement = _insert_of(len(events), getattr(settings, "DENGHUO_EVENTS_NOTIFY", True))
    ids = sorted((row[0], int(row[1])) for row in prepared.execute(statement, values))
    for event, (event.id, event.xid) in zip(events, ids, strict=True):
        event._state.adding = False
        event._state.db = connection.alias


@cache
def _insert_of(count: int, notify: bool) -> str:
    """The insert of ``count`` rows; ids are drawn in the order of the rows."""
    width = len(_INSERT_COLUMNS.split(","))
    rows = (
        "(" + ", ".join(f"${row * width + n}{_CASTS.get(n, '')}" for n in range(1, width + 1)) + ")"
        for row in range(count)
    )
    told = f", pg_notify('{CHANNEL}', '')" if notify else ""
    return f"INSERT INTO core_event ({_INSERT_COLUMNS}) VALUES {', '.join(rows)} RETURNING id, xid::text{told}"


@contextmanager
def correlated(correlation: uuid.UUID | None = None) -> Iterator[uuid.UUID]:
    """Events recorded inside carry one correlation id, so that all that followed from one cause can be found."""
    value = correlation or uuid.uuid4()
    token = _correlation.set(value)
    try:
        yield value
    finally:
        _correlation.reset(token)


def event_from_row(row: Sequence[Any]) -> Event:
    """An :class:`Event` from a row selected as ``COLUMNS``."""
    values = list(row)
    values[1] = int(values[1])
    if isinstance(values[12], str):  # Django's connection hands jsonb over as text
        values[12] = json.loads(values[12])
    return Event.from_db(connection.alias, _FIELDS, values)


def horizon() -> int:
    """The transaction id below which everything has ended (``pg_snapshot_xmin``)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def own_horizon() -> int:
    """As :func:`horizon`, but counting the current transaction as ended; only tests inside one transaction need it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return int(cursor.fetchone()[0]) + 1


def read_between(after: Cursor, below: int, limit: int, kinds: Iterable[str] | None = None) -> list[Event]:
    """Events behind ``after`` whose transaction id is under ``below``, in log order."""
    where = ""
    values: list[Any] = [str(after.xid), after.id, str(below)]
    if kinds is not None:
        where = " AND kind = ANY(%s)"
        values.append(sorted(kinds))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM core_event WHERE (xid, id) > (%s::xid8, %s) AND xid < %s::xid8{where}"
            " ORDER BY core_event.xid, core_event.id LIMIT %s",
            [*values, limit],
        )
        return [event_from_row(row) for row in cursor.fetchall()]


def read_after(cursor: Cursor, limit: int, kinds: Iterable[str] | None = None) -> list[Event]:
    """Up to ``limit`` events behind ``cursor``, gap-free: reading on from the last one never skips an event.

    With ``kinds`` only those kinds. Events of transactions that still run, and of all younger ones, come later.
    """
    return read_between(cursor, horizon(), limit, kinds)


def head() -> Cursor:
    """A cursor in front of everything that may still appear.

    Take it *before* reading what a page shows and stream from it: nothing is missed, and what the page already shows
    may be told once more.
    """
    return Cursor(horizon(), 0)


def timeline(subject_kind: str, subject_id: int) -> list[Event]:
    """All events of one subject in the order they happened."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM core_event WHERE subject_kind = %s AND subject_id = %s ORDER BY id",
            [subject_kind, subject_id],
        )
        return [event_from_row(row) for row in cursor.fetchall()]
