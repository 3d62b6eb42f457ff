"""Offering suggestions, and noting what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _

from denghuo.apps.assistant.assist.making import Offer, digest_of, hear
from denghuo.apps.assistant.models.suggestions import Suggestion, SuggestionKind, SuggestionOutcome
from denghuo.apps.contacts.models import Contact, DeskScript, Message
from denghuo.apps.contacts.pages.panel_knowledge import place_of
from denghuo.apps.knowledge.actions import note_use
from denghuo.apps.knowledge.actions.asking import note_chosen
from denghuo.apps.knowledge.choices import Use
from denghuo.apps.knowledge.queries import in_force
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record

TAKE = "contact.take"
MOST_TEXT = 20_000
TEXTS = (SuggestionKind.ANSWER, SuggestionKind.STEP)


@action("assist.offer")
def offer(
    actor: Actor, contact: Contact, offers: Iterable[Offer], *, message_id: int, asked_id: int | None = None
) -> int:
    """Keep what an agent is shown; gives how many are new. The same is kept once in a conversation.

    No event: it happens at every message. Needs ``contact.take`` over the conversation's unit. One statement.
    """
    actor.require(TAKE, contact.org.path)
    if actor.id is None:
        raise NotAllowed()
    now = moment.now()
    rows = [
        Suggestion(
            contact=contact, kind=one.kind, key=one.key[:64], message_id=message_id, entry_id=one.entry_id,
            asked_id=asked_id if one.kind == SuggestionKind.ANSWER else None, script_id=one.script_id,
            request_id=one.request_id, slot=one.slot, digest=one.digest, place=place, score=one.score, offered_at=now,
            offered_to_id=actor.id,
        )
        for place, one in enumerate(offers, 1)
    ]  # fmt: skip
    if not rows:
        return 0
    before = Suggestion.objects.filter(contact=contact).count()
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True)
    return Suggestion.objects.filter(contact=contact).count() - before


@action("assist.accept")
def accept(actor: Actor, contact: Contact, key: str) -> Suggestion:
    """The agent takes a suggestion: into the reply, into the form, or to read. An answer counts as used and chosen.

    Raises NotFound for what was not suggested, NotAllowed.
    """
    row = _row(actor, contact, key)
    if row.outcome == SuggestionOutcome.EDITED:
        raise Conflict(_("这条建议已经用过"))
    row.outcome, row.decided_at = SuggestionOutcome.ACCEPTED, moment.now()
    row.save(update_fields=["outcome", "decided_at"])
    if row.kind == SuggestionKind.ANSWER and row.entry_id is not None:
        note_use(actor, row.entry_id, Use.INSERTED, contact_id=contact.pk)
        if row.asked_id is not None:
            note_chosen(actor, row.asked_id, row.entry_id)
    _tell(actor, contact, row)
    return row


@action("assist.accept_early")
def accept_early(actor: Actor, contact: Contact, key: str, text: str) -> Suggestion:
    """The agent takes the answer (``answer:12``) or the sentence (``step:4.2.0``) suggested for words not sent yet.

    Nothing was kept of it when it was shown, so it is now; of ``text``, what goes into the reply, the digest alone.
    Raises NotFound for what cannot have been suggested, NotAllowed.
    """
    actor.require(TAKE, contact.org.path)
    if contact.agent_id != actor.id:
        raise NotAllowed()
    kind, _colon, rest = key.partition(":")
    number = rest.partition(".")[0]
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise NotFound()
    pk = int(number)
    known = (
        in_force(place_of(contact)).filter(pk=pk) if kind == SuggestionKind.ANSWER else DeskScript.objects.filter(pk=pk)
    )
    if kind not in TEXTS or not known.exists():
        raise NotFound()
    one = Offer(
        kind, key, text[:MOST_TEXT], 0.0, None, entry_id=pk if kind == SuggestionKind.ANSWER else None,
        script_id=pk if kind == SuggestionKind.STEP else None,
    )  # fmt: skip
    offer(actor, contact, [one], message_id=hear(contact).message_id)
    return accept(actor, contact, key)


@action("assist.ignore")
def ignore(actor: Actor, contact: Contact, key: str) -> Suggestion:
    """The agent waves a suggestion away. Raises NotFound, NotAllowed."""
    row = _row(actor, contact, key)
    if row.outcome == SuggestionOutcome.OPEN:
        row.outcome, row.decided_at = SuggestionOutcome.IGNORED, moment.now()
        row.save(update_fields=["outcome", "decided_at"])
        _tell(actor, contact, row)
    return row


@action("assist.note_sent")
def note_sent(actor: Actor, message: Message) -> Suggestion | None:
    """A message of the agent went out: the text accepted last is in it as it was, or it was edited.

    Only within ``assist.sent_within_seconds`` after it was accepted, and once. For the product itself.
    """
    if actor.kind != "system":
        raise NotAllowed()
    since = message.at - dt.timedelta(seconds=policies.get("assist.sent_within_seconds", message.contact.org))
    rows = Suggestion.objects.select_for_update().filter(
        contact_id=message.contact_id, kind__in=TEXTS, outcome=SuggestionOutcome.ACCEPTED, sent_message_id=None,
        decided_at__gte=since, decided_at__lte=message.at, offered_to_id=message.staff_id,
    )  # fmt: skip
    row = rows.order_by("-decided_at", "-pk").first()
    if row is None:
        return None
    row.sent_message_id = message.pk
    if row.digest != digest_of(message.text):
        row.outcome = SuggestionOutcome.EDITED
    row.save(update_fields=["sent_message_id", "outcome"])
    return row


@action("assist.leave")
def leave(actor: Actor, contact_id: int) -> int:
    """The conversation is over: what nobody took is ignored; gives how many. For the product itself."""
    if actor.kind != "system":
        raise NotAllowed()
    rows = Suggestion.objects.filter(contact_id=contact_id, outcome=SuggestionOutcome.OPEN)
    return rows.update(outcome=SuggestionOutcome.IGNORED, decided_at=moment.now())


def _row(actor: Actor, contact: Contact, key: str) -> Suggestion:
    actor.require(TAKE, contact.org.path)
    row = Suggestion.objects.select_for_update().filter(contact=contact, key=key).first()
    if row is None:
        raise NotFound()
    return row


def _tell(actor: Actor, contact: Contact, row: Suggestion) -> None:
    payload = {"suggestion_id": row.pk, "kind": row.kind, "outcome": row.outcome, "entry_id": row.entry_id}
    record(actor, "assist.decided", contact, org=contact.org, payload=payload)
