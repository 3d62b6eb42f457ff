"""Keeping what was asked, and what came of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from denghuo.apps.knowledge.models import Asked, AskedHit, StandardQuestion
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.language import normalise
from denghuo.engine.language.redaction import redact

if TYPE_CHECKING:
    from denghuo.apps.knowledge.searching.asking import Reply

LONGEST_TEXT = 200
VIEW = "knowledge.view"


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asked what, where."""

    text: str
    org: OrgUnit | None
    by: str
    channel: str
    contact_id: int | None
    staff_id: int | None
    scene: str
    at: dt.datetime


def digest_of(text: str) -> str:
    """The name of a question, the same for writings that differ in width, case and punctuation only."""
    return hashlib.blake2b(normalise(text).encode(), digest_size=16).hexdigest()


@action("knowledge.ask")
def note_asked(actor: Actor, asking: Asking, reply: Reply) -> int:
    """Keep a question without personal data, what was found and what of it was shown; gives its id.

    To agents and editors everything found is shown, to others the outcome alone. No event: questions are counted from
    their own table. Raises NotAllowed for anybody but the product itself. Two statements.
    """
    if actor.kind != "system":
        raise NotAllowed()
    clean = redact(asking.text)[:LONGEST_TEXT]
    row = Asked.objects.create(
        at=asking.at,
        by=asking.by,
        channel=asking.channel[:16],
        org=asking.org,
        contact_id=asking.contact_id,
        staff_id=asking.staff_id,
        text=clean,
        digest=digest_of(clean),
        scene=asking.scene,
        outcome=reply.outcome,
        confidence=reply.confidence,
        milliseconds=reply.milliseconds,
    )
    seen = {hit.entry.pk for hit in reply.hits}
    every = asking.by in {"agent", "editor"}
    hits = [
        AskedHit(asked=row, question_id=hit.entry.pk, place=place, score=hit.score, shown=every or hit.entry.pk in seen)
        for place, hit in enumerate(reply.found, 1)
    ]
    if hits:
        AskedHit.objects.bulk_create(hits)
    return int(row.pk)


@action("knowledge.choose")
def note_chosen(actor: Actor, asked_id: int, entry_id: int) -> Asked:
    """The asker opened, clicked or sent this answer. The last choice counts.

    Customers may only choose what they were shown, and only for ``knowledge.feedback_hours``. Raises NotFound, NotAllowed.
    """
    row = _theirs(actor, asked_id)
    if actor.kind == "customer":
        if not AskedHit.objects.filter(asked=row, question_id=entry_id, shown=True).exists():
            raise NotFound()
    elif not StandardQuestion.objects.filter(pk=entry_id).exists():
        raise NotFound()
    row.chosen_id = entry_id
    row.save(update_fields=["chosen"])
    return row


@action("knowledge.note_result")
def note_result(
    actor: Actor,
    asked_id: int,
    *,
    solved: bool | None = None,
    transferred: bool | None = None,
    dissatisfied: bool | None = None,
) -> Asked:
    """What came of a question: solved or not, handed to a person, the customer dissatisfied. None leaves as it is.

    Raises InvalidInput when nothing is said, NotFound, NotAllowed.
    """
    told = {"solved": solved, "transferred": transferred, "dissatisfied": dissatisfied}
    given = {name: value for name, value in told.items() if value is not None}
    if not given:
        raise InvalidInput({"solved": ["solved, transferred, dissatisfied"]})
    row = _theirs(actor, asked_id)
    for name, value in given.items():
        setattr(row, name, value)
    row.save(update_fields=list(given))
    return row


@action("knowledge.forget_asked")
def forget_asked(actor: Actor, *, before: dt.datetime, most: int = 5000) -> int:
    """Empty the texts of at most ``most`` questions asked before ``before``; gives how many. What was found and what came of
    it stays, for the rates of the answers. Only the product itself may (index ``knowledge_asked_newest``)."""
    if actor.kind != "system":
        raise NotAllowed()
    old = Asked.objects.filter(at__lt=before).exclude(text="").order_by("at").values_list("pk", flat=True)[:most]
    return Asked.objects.filter(pk__in=list(old)).update(text="", digest="")


def _theirs(actor: Actor, asked_id: int) -> Asked:
    row = Asked.objects.select_for_update().filter(pk=asked_id).first()
    if row is None:
        raise NotFound()
    if actor.kind == "customer":
        if row.by != "customer" or row.at < moment.now() - dt.timedelta(hours=policies.get("knowledge.feedback_hours")):
            raise NotFound()
    elif actor.kind == "staff" and not actor.can_somewhere(VIEW):
        raise NotAllowed()
    return row
