"""Raising and ending exceptions. Raised once while it lasts: the table allows one open row a kind and subject."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from denghuo.apps.contacts.choices import Audience, MessageKind, Sender
from denghuo.apps.contacts.models import AgentSession, Contact, Message
from denghuo.apps.floor.choices import ExceptionKind, Level
from denghuo.apps.floor.models import FloorException
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import Event, NewEvent, record_many
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.language import sentiment

ACTOR = Actor.system("floor")


@dataclass(frozen=True)
class Finding:
    """One thing out of the ordinary at a moment."""

    kind: str
    subject: str
    level: str
    org: OrgUnit
    contact: Contact | None = None
    staff_id: int | None = None
    value: float | None = None
    limit: float | None = None
    queue_id: int | None = None
    threshold_id: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What may be open once only."""
        return str(self.kind), self.subject

    def row(self, at: dt.datetime) -> FloorException:
        """The exception as it is written, raised at ``at``."""
        return FloorException(
            kind=self.kind, subject=self.subject, level=self.level, org=self.org, staff_id=self.staff_id, value=self.value,
            contact_id=self.contact.pk if self.contact else None, limit=self.limit, queue_id=self.queue_id,
            threshold_id=self.threshold_id, raised_at=at,
        )  # fmt: skip


def raise_one(
    kind: str,
    subject: str,
    level: str,
    org: OrgUnit,
    *,
    contact: Contact | None = None,
    staff_id: int | None = None,
    at: dt.datetime | None = None,
    **values: Any,
) -> FloorException | None:
    """Raise an exception unless the same one is open already; None then. ``values``: value, limit, queue_id, threshold_id."""
    found = raise_all([Finding(kind, subject, level, org, contact, staff_id, **values)], at)
    return found[0] if found else None


def raise_all(findings: Sequence[Finding], at: dt.datetime | None = None) -> list[FloorException]:
    """Raise those that are not open already, in four statements however many; gives the rows made."""
    now = at or moment.now()
    made = _insert(findings, now)
    record_many(
        NewEvent(
            ACTOR, "floor.exception_raised", row, row.org,
            {
                "exception_kind": str(row.kind), "level": str(row.level), "staff_id": row.staff_id,
                "contact_id": row.contact_id, "queue_id": row.queue_id,
            },
            at=row.raised_at,
        )
        for row in made
    )  # fmt: skip
    return made


def _insert(findings: Sequence[Finding], at: dt.datetime) -> list[FloorException]:
    """Write the rows; the unique index of the open ones decides when another process was faster."""
    while findings:
        try:
            with transaction.atomic():
                return FloorException.objects.bulk_create([one.row(at) for one in findings])
        except IntegrityError:
            kinds = {one.kind for one in findings}
            rows = FloorException.objects.filter(ended_at=None, kind__in=kinds)
            known = set(rows.filter(subject__in=[one.subject for one in findings]).values_list("kind", "subject"))
            left = [one for one in findings if one.key not in known]
            if len(left) == len(findings):
                raise
            findings = left
    return []


def end(rows: Sequence[FloorException], at: dt.datetime | None = None) -> int:
    """End these open exceptions, in two statements; gives how many."""
    now = at or moment.now()
    for row in rows:
        row.ended_at = max(now, row.raised_at)
    if rows:
        FloorException.objects.bulk_update(rows, ["ended_at"])
    record_many(
        NewEvent(
            ACTOR, "floor.exception_ended", row, row.org,
            {"exception_kind": row.kind, "seconds": int((row.ended_at - row.raised_at).total_seconds())},
            at=row.ended_at,
        )
        for row in rows
        if row.ended_at is not None
    )  # fmt: skip
    return len(rows)


def end_of_contact(contact_id: int, at: dt.datetime) -> None:
    """A conversation is over, and with it what was out of the ordinary about it."""
    end(list(FloorException.objects.select_related("org").filter(contact_id=contact_id, ended_at=None)), at)


def missed(staff_id: int, at: dt.datetime) -> None:
    """An agent let an offer go: out of the ordinary once it is as many in a row as ``routing.missed_allowed``."""
    session = AgentSession.objects.select_related("org").filter(staff_id=staff_id).first()
    if session is None:
        return
    allowed = policies.get("routing.missed_allowed", session.org)
    if session.missed_in_row >= allowed:
        raise_one(
            ExceptionKind.MISSED_OFFERS, f"agent:{staff_id}", Level.WARNING, session.org, staff_id=staff_id, at=at,
            value=session.missed_in_row, limit=allowed,
        )  # fmt: skip


def after_message(contact: Contact, event: Event) -> None:
    """A customer's words may show a falling mood (:func:`denghuo.engine.language.sentiment.trend` over their last
    ``floor.sentiment_messages`` messages, against ``floor.sentiment_drop``)."""
    if event.payload["sender"] != Sender.CUSTOMER or event.payload.get("audience") == Audience.STAFF:
        return
    number = policies.get("floor.sentiment_messages", contact.org)
    rows = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER, kind=MessageKind.TEXT).order_by("-pk")
    texts = list(rows.values_list("text", flat=True)[:number])[::-1]
    if len(texts) < 2:
        return
    limit = policies.get("floor.sentiment_drop", contact.org)
    mood = sentiment.trend([sentiment.score(text).score for text in texts], drop=limit)
    if mood.falling:
        raise_one(
            ExceptionKind.SENTIMENT_DROP, f"contact:{contact.pk}", Level.WARNING, contact.org, contact=contact,
            staff_id=contact.agent_id, at=event.at, value=round(mood.drop, 2), limit=limit,
        )  # fmt: skip
