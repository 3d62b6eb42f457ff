"""The floor's figures, moved by events and by nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.choices import ContactState, Handling, LegEnd, Sender
from denghuo.apps.contacts.models import Contact, ContactLeg
from denghuo.apps.floor import exceptions, targets
from denghuo.apps.floor.choices import ExceptionKind, Level
from denghuo.apps.floor.models import AgentDay, QueueSlot
from denghuo.core import policies
from denghuo.core.events import Event, subscriber

HALF_HOUR = 1800

CONTACT_KINDS = {
    "contact.opened",
    "contact.queued",
    "contact.taken",
    "contact.abandoned",
    "contact.closed",
    "contact.offer_ended",
    "contact.transferred",
    "contact.rated",
}


@subscriber("floor.queues", kinds=CONTACT_KINDS)
def keep_queue_figures(event: Event) -> None:
    """Count one thing that happened to a conversation into its half hour; the consumer's cursor makes it once."""
    if event.org_id is None:
        return
    payload = event.payload
    if event.kind in {"contact.offer_ended", "contact.transferred"}:
        # the queue it left: the conversation itself may stand in another by now
        back = event.kind == "contact.offer_ended"
        ends = [LegEnd.MISSED, LegEnd.DECLINED] if back else [LegEnd.TRANSFERRED]
        legs = ContactLeg.objects.filter(contact_id=event.subject_id, ended_at=event.at, end__in=ends).order_by("-pk")
        row = legs.values("queue_id", "contact__channel").first()
        if row is not None:
            _count(event, row["queue_id"], row["contact__channel"], {"returned" if back else "transferred": 1})
    elif event.kind == "contact.opened":
        if asks_for_answer(payload):
            _count(event, payload.get("queue_id"), payload["channel"], {"entered": 1})
    elif event.kind == "contact.queued":
        if payload.get("reason") == "robot" and payload.get("handling") != Handling.MESSAGE:
            channel = Contact.objects.values_list("channel", flat=True).get(pk=event.subject_id)
            _count(event, payload.get("queue_id"), channel, {"entered": 1})
    elif event.kind == "contact.taken":
        if payload.get("first", True) and payload.get("handling") != Handling.MESSAGE:
            _answered(event)
    elif event.kind == "contact.abandoned":
        short = payload["waited_seconds"] < policies.get("floor.short_abandon_seconds")
        added = {"abandoned": 1, "abandoned_short": int(short), "lost_seconds": payload["waited_seconds"]}
        _count(event, payload.get("queue_id"), payload.get("channel", ""), added)
    elif event.kind == "contact.closed" and payload.get("served_seconds") is not None:
        added = {
            "handled": 1,
            "talk_seconds": payload["served_seconds"],
            "wrap_seconds": payload.get("wrap_seconds") or 0,
        }
        _count(event, payload.get("queue_id"), payload.get("channel", ""), added)
    elif event.kind == "contact.rated":
        _count(event, payload.get("queue_id"), payload.get("channel", ""), _rating(event))


def asks_for_answer(opened: Mapping[str, Any]) -> bool:
    """Whether a ``contact.opened`` payload tells of somebody who waits to be answered: neither a form, which is closed as
    it is written, nor a message left for later, nor somebody whom the robot serves."""
    return (
        opened.get("state") not in (ContactState.CLOSED, ContactState.BOT)
        and opened.get("handling") != Handling.MESSAGE
    )


def _answered(event: Event) -> None:
    waited = int(event.payload["waited_seconds"])
    queue_id = event.payload.get("queue_id")
    added = {
        "answered": 1,
        "wait_seconds": waited,
        "answered_in_time": int(waited <= targets.of_queue(queue_id, event.at)),
    }
    _count(event, queue_id, event.payload.get("channel", ""), added, longest=waited)


def _rating(event: Event) -> dict[str, int]:
    """What a rating adds; one that the customer changed counts once, with its last score."""
    before = Event.objects.filter(
        subject_kind=event.subject_kind, subject_id=event.subject_id, kind="contact.rated", id__lt=event.id
    ).order_by("-id")
    last = before.values_list("payload", flat=True).first()
    score = int(event.payload["score"])
    return {"rated": 1, "rating_sum": score} if last is None else {"rating_sum": score - int(last["score"])}


def slot_of(at: dt.datetime) -> dt.datetime:
    """The start of the half hour ``at`` lies in."""
    return dt.datetime.fromtimestamp(at.timestamp() // HALF_HOUR * HALF_HOUR, dt.UTC)


def _count(event: Event, queue_id: int | None, channel: str, added: dict[str, int], longest: int | None = None) -> None:
    key = {"slot": slot_of(event.at), "org_id": event.org_id, "queue_id": queue_id, "channel": channel}
    changes: dict[str, Any] = {name: F(name) + number for name, number in added.items()}
    if longest is not None:
        changes["wait_longest"] = Greatest(F("wait_longest"), longest)
    if not QueueSlot.objects.filter(**key).update(**changes):
        QueueSlot.objects.create(**key, **added, wait_longest=longest or 0)


@subscriber(
    "floor.agents",
    kinds={"agent.state_changed", "contact.taken", "contact.closed", "contact.offer_ended", "contact.rated"},
)
def keep_agent_figures(event: Event) -> None:
    """An agent's day: seconds of the state that ended (split at midnight), conversations, misses, ratings."""
    payload = event.payload
    if event.kind == "agent.state_changed":
        _state_time(payload["staff_id"], payload["before"], event.at, payload["seconds"])
        return
    staff_id = payload.get("agent_id")
    if staff_id is None:
        return
    if event.kind == "contact.taken":
        _agent(staff_id, event.at, {"answered": 1})
    elif event.kind == "contact.offer_ended":
        _agent(staff_id, event.at, {"missed": 1})
    elif event.kind == "contact.rated":
        _agent(staff_id, event.at, _rating(event))
    elif payload.get("served_seconds") is not None:
        added = {
            "handled": 1,
            "talk_seconds": payload["served_seconds"],
            "wrap_seconds": payload.get("wrap_seconds") or 0,
        }
        _agent(staff_id, event.at, added)


def _state_time(staff_id: int, state: str, until: dt.datetime, seconds: int) -> None:
    begin, end = timezone.localtime(until - dt.timedelta(seconds=seconds)), timezone.localtime(until)
    while begin < end:
        midnight = dt.datetime.combine(begin.date() + dt.timedelta(days=1), dt.time.min, begin.tzinfo)
        stop = min(end, midnight)
        row = _day_row(staff_id, begin.date())
        if row is not None:
            row.seconds[state] = row.seconds.get(state, 0) + int((stop - begin).total_seconds())
            row.save(update_fields=["seconds"])
        begin = stop


def _agent(staff_id: int, at: dt.datetime, added: dict[str, int]) -> None:
    row = _day_row(staff_id, timezone.localtime(at).date())
    if row is not None:
        AgentDay.objects.filter(pk=row.pk).update(**{name: F(name) + number for name, number in added.items()})


def _day_row(staff_id: int, day: dt.date) -> AgentDay | None:
    row = AgentDay.objects.filter(staff_id=staff_id, day=day).first()
    if row is None:
        org_id = Staff.objects.filter(pk=staff_id).values_list("org_id", flat=True).first()
        row = AgentDay.objects.create(staff_id=staff_id, day=day, org_id=org_id) if org_id else None
    return row


@subscriber(
    "floor.exceptions",
    kinds={
        "contact.phrase_met",
        "contact.offer_ended",
        "contact.message_posted",
        "contact.closed",
        "contact.abandoned",
    },
)
def raise_from_events(event: Event) -> None:
    """What an event alone shows to be out of the ordinary; what time shows is the watcher's (:mod:`.watching`).

    A message of the house costs no statement, one of a customer two.
    """
    if event.kind == "contact.offer_ended":
        exceptions.missed(event.payload["agent_id"], at=event.at)
    elif event.kind in {"contact.closed", "contact.abandoned"}:
        exceptions.end_of_contact(event.subject_id, at=event.at)
    elif event.kind == "contact.phrase_met":
        _phrase(event)
    elif event.payload["sender"] == Sender.CUSTOMER:
        contact = _contact(event)
        if contact is not None:
            exceptions.after_message(contact, event)


def _contact(event: Event) -> Contact | None:
    return Contact.objects.select_related("org").filter(pk=event.subject_id).first()


def _phrase(event: Event) -> None:
    contact = _contact(event)
    if contact is None:
        return
    forbidden = event.payload["phrase_kind"] == "forbidden"
    exceptions.raise_one(
        ExceptionKind.FORBIDDEN_PHRASE if forbidden else ExceptionKind.SENSITIVE_WORD,
        f"message:{event.payload['message_id']}", Level.ALARM if forbidden else Level.WARNING, contact.org,
        contact=contact, staff_id=event.payload["staff_id"] or contact.agent_id, at=event.at,
    )  # fmt: skip
