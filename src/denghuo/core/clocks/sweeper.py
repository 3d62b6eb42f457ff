"""Firing warnings and breaches, each once.

A clock is claimed with ``FOR UPDATE SKIP LOCKED``, marked and told of in one transaction: two sweepers share the work
instead of doubling it, and a killed one leaves its clocks as they were for the next. The mark itself takes the clock
out of the partial index the sweeper reads, so a sweep costs what is due, not what exists.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db import connection, transaction

from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.events.log import NewEvent, record_many
from denghuo.core.moment import now as business_now

ACTOR = Actor.system("clock-sweeper")

# Strictly past due: finishing exactly at the limit is in time, so at that instant nothing is breached yet.
BREACH = """
WITH claimed AS (
    SELECT id FROM core_clock WHERE state = 'running' AND breached_at IS NULL AND due_at < %(now)s
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE core_clock c SET breached_at = c.due_at FROM claimed WHERE c.id = claimed.id RETURNING c.id
"""
# A clock first seen after its limit is only breached: a warning then would be untrue.
WARN = """
WITH claimed AS (
    SELECT id FROM core_clock
    WHERE state = 'running' AND warned_at IS NULL AND breached_at IS NULL AND warn_at <= %(now)s AND due_at >= %(now)s
    ORDER BY warn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE core_clock c SET warned_at = %(now)s FROM claimed WHERE c.id = claimed.id RETURNING c.id
"""


class Swept(NamedTuple):
    """How many clocks were warned of and how many breached."""

    warned: int
    breached: int


def sweep(now: dt.datetime | None = None, limit: int = 500) -> Swept:
    """Fire what is due at ``now`` (default: the present), at most ``limit`` of each; see :func:`sweep_all`."""
    moment = now or business_now()
    breached = _fire(BREACH, "clock.breached", ("due_at",), moment, limit)
    warned = _fire(WARN, "clock.warned", ("due_at", "warn_at"), moment, limit)
    return Swept(warned, breached)


def sweep_all(now: dt.datetime | None = None, limit: int = 500) -> Swept:
    """Sweep in batches until nothing is due."""
    moment, total = now or business_now(), Swept(0, 0)
    while True:
        swept = sweep(moment, limit)
        total = Swept(total.warned + swept.warned, total.breached + swept.breached)
        if max(swept) < limit:
            return total


@transaction.atomic
def _fire(statement: str, kind: str, fields: tuple[str, ...], now: dt.datetime, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": now, "limit": limit})
        ids = [row[0] for row in cursor.fetchall()]
    if ids:
        clocks = Clock.objects.filter(pk__in=ids).select_related("org").order_by("due_at", "id")
        record_many(_event(clock, kind, fields, now) for clock in clocks)
    return len(ids)


def _event(clock: Clock, kind: str, fields: tuple[str, ...], now: dt.datetime) -> NewEvent:
    payload: dict[str, Any] = {"clock_id": clock.pk, "clock_kind": clock.kind}
    payload |= {name: getattr(clock, name) for name in fields}
    topics = [f"{clock.subject_kind}:{clock.subject_id}", *clock.topics]
    return NewEvent(ACTOR, kind, (clock.subject_kind, clock.subject_id), clock.org, payload, topics, now)
