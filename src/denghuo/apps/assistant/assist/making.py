"""What can be suggested for a conversation as it stands. Nothing is written here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from denghuo.apps.assistant.assist.items import NO_FORM, Item, OnForm, missing_items
from denghuo.apps.assistant.assist.similar import similar_solved
from denghuo.apps.assistant.assist.slots import slots_in
from denghuo.apps.assistant.assist.steps import Step, next_step
from denghuo.apps.assistant.models.suggestions import SuggestionKind
from denghuo.apps.contacts.choices import Audience, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.contacts.pages.panel_knowledge import place_of
from denghuo.apps.knowledge.choices import AskedBy
from denghuo.apps.knowledge.searching import Hit, ask
from denghuo.apps.knowledge.searching.texts import passages
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.language import normalise

HEARD = 30  # messages looked at
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to suggest. ``text`` goes into the reply or the form; ``shown`` is what the panel needs besides."""

    kind: str
    key: str
    text: str
    score: float
    shown: Any
    entry_id: int | None = None
    script_id: int | None = None
    request_id: int | None = None
    slot: str = ""

    @property
    def digest(self) -> str:
        """The name of the text, the same for writings that differ in punctuation only."""
        return digest_of(self.text)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said lately: ``asked`` are the customer's last words, those the agent has not answered yet when there are
    any; ``message_id`` the newest of them (0: nothing but the subject was said)."""

    asked: str
    said_last: tuple[str, ...]
    message_id: int
    customer: tuple[str, ...]
    agent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """All that can be suggested now."""

    heard: Heard
    offers: tuple[Offer, ...]
    asked_id: int | None
    outcome: str
    items: tuple[Item, ...] = ()

    def of(self, kind: str) -> list[Offer]:
        """Those of one kind, in order."""
        return [one for one in self.offers if one.kind == kind]


def digest_of(text: str) -> str:
    """The name of a text."""
    return hashlib.blake2b(normalise(text).encode(), digest_size=16).hexdigest()


def step_key(step: Step | None) -> str:
    """What names a sentence of a script; "" for none."""
    return f"step:{step.script.pk}.{step.number}.{step.part}" if step is not None else ""


def hear(contact: Contact) -> Heard:
    """The newest messages both sides can read. One query (index ``contacts_message_order``)."""
    rows = Message.objects.filter(contact=contact, audience=Audience.EVERYONE).exclude(text="").order_by("-pk")
    lately = list(rows.values_list("pk", "sender", "text")[:HEARD])
    most = policies.get("assist.last_messages", contact.org)
    said = [(pk, text) for pk, sender, text in lately if sender == Sender.CUSTOMER]
    answered = max((pk for pk, sender, _text in lately if sender == Sender.AGENT), default=0)
    last = [(pk, text) for pk, text in said if pk > answered][:most] or said[:1]
    return Heard(
        asked="\n".join(text for _pk, text in reversed(last))[-LONGEST:] or contact.subject,
        said_last=tuple(text[-LONGEST:] for _pk, text in last) or (contact.subject,),
        message_id=last[0][0] if last else 0,
        customer=tuple(text for _pk, text in reversed(said)),
        agent=tuple(text for _pk, sender, text in reversed(lately) if sender == Sender.AGENT),
    )


def _clearest(heard: Heard, place: OrgUnit) -> str:
    """Of the customer's last messages the one the base knows best: who greets and tells his number first asks after that."""
    if len(heard.said_last) == 1:
        return heard.said_last[0]
    sure = [(ask(text, org=place, by=AskedBy.ASSIST, log=False).confidence, text) for text in heard.said_last]
    return max(sure, key=lambda pair: pair[0])[1]


def sayable(hit: Hit) -> str:
    """What goes into the reply: the answer, of an article the passage that fits."""
    if hit.entry.kind != "article":
        return hit.entry.answer
    return hit.text or (passages(hit.entry.answer) or ("",))[0]


def enabled(org: OrgUnit) -> bool:
    """Whether the helper works for conversations of ``org``."""
    return bool(policies.get("assist.enabled", org))


def offers_for(actor: Actor, contact: Contact, heard: Heard, *, log: bool, form: OnForm | None = NO_FORM) -> Offers:
    """Everything worth suggesting, the best first within each kind. ``log`` keeps the question for the learning loop;
    ``form`` is what the request's form holds (None: what it lacks is not looked for)."""
    place = place_of(contact)
    found: list[Offer] = []
    asked_id, outcome = None, ""
    if heard.asked.strip():
        reply = ask(
            _clearest(heard, place),
            org=place,
            by=AskedBy.ASSIST,
            channel=contact.channel,
            contact_id=contact.pk,
            staff_id=actor.id,
            log=log,
            limit=policies.get("assist.answers", contact.org),
        )
        asked_id, outcome = reply.asked_id, reply.outcome
        floor = policies.get("assist.answer_floor", contact.org)
        found += [
            Offer(SuggestionKind.ANSWER, f"answer:{hit.entry.pk}", sayable(hit), hit.score, hit, hit.entry.pk)
            for hit in reply.found
            if hit.score >= floor
        ]
    step = next_step(contact, heard.customer, heard.agent)
    if step is not None:
        found.append(Offer(SuggestionKind.STEP, step_key(step), step.text, 1.0, step, script_id=step.script.pk))
    items = [] if form is None else missing_items(contact, place, heard.customer, form)
    if items and items[0].ask:
        key = f"step:{items[0].template.code}:{items[0].code}"[:64]
        found.append(Offer(SuggestionKind.STEP, key, items[0].ask, 1.0, items[0]))
    found += [
        Offer(
            SuggestionKind.SLOT,
            f"slot:{one.field}:{digest_of(one.value)[:16]}",
            one.value,
            one.sure,
            one,
            slot=one.field,
        )
        for one in slots_in(heard.customer)
    ]
    found += [
        Offer(SuggestionKind.SIMILAR, f"similar:{one.request.pk}", "", one.score, one, request_id=one.request.pk)
        for one in similar_solved(actor, contact, place, heard.asked)
    ]
    return Offers(heard, tuple(found), asked_id, outcome, tuple(items))
