"""What only time shows: too long a talk, a desk gone silent, a limit broken for a while. Called every second by the relay.

Each check gives the subjects that are out of the ordinary now; those that were and are no longer end. So a restart, a
missed turn or two watchers at once change nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from denghuo.apps.contacts.choices import AgentMode, AgentState, Audience, Channel, ContactState, Sender
from denghuo.apps.contacts.models import AgentSession, Contact, Message
from denghuo.apps.floor import exceptions, figures
from denghuo.apps.floor.choices import Comparison, ExceptionKind, Level
from denghuo.apps.floor.exceptions import Finding
from denghuo.apps.floor.models import FloorException, FloorThreshold
from denghuo.core import moment, policies

#: modes in which an agent is away from the work
AWAY = (AgentState.BREAK, AgentState.MEAL, AgentState.OTHER)


WATCHED = (
    ExceptionKind.LONG_TALK,
    ExceptionKind.LONG_WRAP_UP,
    ExceptionKind.LONG_BREAK,
    ExceptionKind.SILENT_DESK,
    ExceptionKind.SLOW_REPLY,
    ExceptionKind.MISSED_OFFERS,
    ExceptionKind.THRESHOLD,
)


def watch_once(now: dt.datetime | None = None) -> tuple[int, int]:
    """Raise what is out of the ordinary at ``now`` (default: the present) and end what no longer is; gives how many of
    each. Runs inside the relay's sweep, whose lock keeps it to one place. The number of statements does not depend on
    the number of agents, conversations, limits or exceptions."""
    at = now or moment.now()
    findings = [*_conversations(at), *_agents(at), *_thresholds(at)]
    rows = FloorException.objects.select_related("org").filter(ended_at=None, kind__in=WATCHED)
    open_rows = {(row.kind, row.subject): row for row in rows}
    found = {one.key for one in findings}
    raised = exceptions.raise_all([one for one in findings if one.key not in open_rows], at)
    ended = exceptions.end([row for key, row in open_rows.items() if key not in found], at)
    return len(raised), ended


def _conversations(at: dt.datetime) -> Iterable[Finding]:
    """Talks and wrap-ups that are too long, customers who wait for a reply (index ``contacts_in_service``)."""
    rows = (
        Contact.objects.filter(state__in=[ContactState.IN_SERVICE, ContactState.WRAP_UP])
        .select_related("org")
        .only("state", "channel", "agent_id", "queue_id", "ended_at", "served_at", "taken_at", "org")
        .annotate(last_customer=_last_said(Sender.CUSTOMER), last_agent=_last_said(Sender.AGENT))
    )
    for row in rows:
        yield from _conversation(row, at)


def _last_said(sender: str) -> Subquery:
    """When ``sender`` last said something for both sides; none for a call, which is not written down (index
    ``contacts_message_order``)."""
    rows = Message.objects.filter(contact=OuterRef("pk"), sender=sender, audience=Audience.EVERYONE)
    return Subquery(rows.order_by("-pk").values("at")[:1])


def _conversation(row: Any, at: dt.datetime) -> Iterable[Finding]:
    about: dict[str, Any] = {"org": row.org, "contact": row, "staff_id": row.agent_id, "queue_id": row.queue_id}
    if row.state == ContactState.WRAP_UP:
        seconds, limit = _past(row.ended_at, at), policies.get("floor.long_wrap_up_seconds", row.org)
        if seconds > limit:
            yield Finding(
                ExceptionKind.LONG_WRAP_UP, f"contact:{row.pk}", Level.NOTICE, value=seconds, limit=limit, **about
            )
        return
    voice = row.channel in (Channel.VOICE, Channel.COUNTER)
    key = "floor.long_talk_seconds" if voice else "floor.long_chat_seconds"
    seconds, limit = _past(row.served_at or row.taken_at, at), policies.get(key, row.org)
    if seconds > limit:
        yield Finding(ExceptionKind.LONG_TALK, f"contact:{row.pk}", Level.NOTICE, value=seconds, limit=limit, **about)
    if voice or row.last_customer is None or (row.last_agent and row.last_agent > row.last_customer):
        return
    waited, limit = (
        _past(max(row.last_customer, row.served_at or row.last_customer), at),
        policies.get("floor.slow_reply_seconds", row.org),
    )
    if waited > limit:
        yield Finding(ExceptionKind.SLOW_REPLY, f"contact:{row.pk}", Level.WARNING, value=waited, limit=limit, **about)


def _agents(at: dt.datetime) -> Iterable[Finding]:
    """Breaks that are too long, desks that fell silent, agents taken out for missing offers."""
    rows = AgentSession.objects.exclude(mode=AgentMode.LOGGED_OUT).select_related("org")
    for row in rows:
        about: dict[str, Any] = {"subject": f"agent:{row.staff_id}", "org": row.org, "staff_id": row.staff_id}
        seconds = _past(row.state_since, at)
        if row.state in AWAY and seconds > (limit := policies.get("floor.long_break_seconds", row.org)):
            yield Finding(ExceptionKind.LONG_BREAK, level=Level.NOTICE, value=seconds, limit=limit, **about)
        if row.mode == AgentMode.MISSED:
            yield Finding(ExceptionKind.MISSED_OFFERS, level=Level.WARNING, value=row.missed_in_row, **about)
        # Signs of life are measured by the clock on the wall, also while a demonstration runs a day faster.
        silent = _past(row.seen_at, timezone.now()) if row.seen_at else 0.0
        if silent > (limit := policies.get("agent.silent_seconds", row.org)):
            yield Finding(ExceptionKind.SILENT_DESK, level=Level.WARNING, value=silent, limit=limit, **about)


def _thresholds(at: dt.datetime) -> Iterable[Finding]:
    """Limits broken for their time. The moment a limit was first seen broken is kept with the limit."""
    measures = figures.Measures(at)
    turned: dict[bool, list[int]] = {True: [], False: []}
    for row in FloorThreshold.objects.filter(active=True).select_related("org"):
        value = measures.value(row.measure, row.org, row.queue_id)
        broken = value is not None and (value > row.value if row.comparison == Comparison.ABOVE else value < row.value)
        since = (row.broken_since or at) if broken else None
        if since != row.broken_since:
            turned[broken].append(row.pk)
        if since is not None and (at - since).total_seconds() >= row.for_seconds:
            yield Finding(
                ExceptionKind.THRESHOLD, f"threshold:{row.pk}", row.level, row.org, value=value, limit=row.value,
                queue_id=row.queue_id, threshold_id=row.pk,
            )  # fmt: skip
    for broken, pks in turned.items():
        if pks:
            FloorThreshold.objects.filter(pk__in=pks).update(broken_since=at if broken else None)


def _past(since: dt.datetime | None, at: dt.datetime) -> float:
    return (at - since).total_seconds() if since else 0.0
