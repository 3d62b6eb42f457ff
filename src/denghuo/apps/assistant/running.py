"""The robot at work: hears a message, lets the machine decide, does it, says it, and keeps where the talk stands.

Everything happens in the transaction that took the message in, under the lock of the conversation: message, answers and
state are there together or not at all. ``last_message_id`` makes a message that comes again change nothing.
"""

from __future__ import annotations

import json
import uuid
from typing import Any, Final

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.assistant import dialogues, doing, summary
from denghuo.apps.assistant.actions import talks
from denghuo.apps.assistant.choices import TalkResult
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.assistant.understanding import proven, understand
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts import robots
from denghuo.apps.contacts.choices import Channel, MessageKind, Outcome, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.dialogue import Act, Book, Heard, State, begin, step

MOST_RESULTS: Final = 12  # acts with a result in one turn; more means that a document goes round
PASSIVE: Final = frozenset({Channel.WECHAT})  # what is said travels with the answer to the push


class Robot:
    """The responder of the contacts app."""

    def serves(self, channel: str, org: OrgUnit) -> bool:
        """Whether policy lets it and a main dialogue is in force there."""
        return channel in policies.get("assistant.channels", org) and dialogues.MAIN in dialogues.editions_of(org)

    def greet(self, actor: Actor, contact: Contact, *, asked: bool) -> None:
        """Begin a talk with the editions in force; they stay its own whatever is released meanwhile."""
        talk = RobotTalk(
            contact=contact, org=contact.org, channel=str(contact.channel), began_at=contact.opened_at,
            editions=dialogues.editions_of(contact.org),
        )  # fmt: skip
        book = dialogues.book_of(talk.editions)
        assert book is not None
        state, acts = begin(book, asked=asked)
        with translation.override("zh-hans"):
            Turn(actor, contact, talk, book, state, "greet").carry_out(acts)
        talk.save()

    def hear(self, actor: Actor, contact: Contact, message: Message) -> None:
        """Answer a message once."""
        talk = RobotTalk.objects.select_for_update().filter(contact=contact).first()
        if talk is None:
            raise LookupError("the robot holds a conversation it never began")
        if message.pk <= talk.last_message_id:
            return
        talk.last_message_id = message.pk
        book = dialogues.book_of(talk.editions)
        assert book is not None
        whole = Contact.objects.select_related("org", "account__customer", "account__org", "identity").get(
            pk=contact.pk
        )
        turn = Turn(actor, whole, talk, book, state_of(talk, whole), f"{message.pk}")
        with translation.override("zh-hans"):
            turn.hear(message)
        talk.version += 1
        talk.save()
        contact.state, contact.queue_id = whole.state, whole.queue_id


def register() -> None:
    """Hand the robot to the contacts app."""
    robots.register(Robot())


def state_of(talk: RobotTalk, contact: Contact) -> State:
    """Where the talk stands, with what is known from a proven account."""
    held = json.loads(talk.state) if talk.state else {}
    state = State.from_json(held)
    known = {**proven(contact), **state.known}
    return State.from_json({**state.as_json(), "known": known})


class Turn:
    """One thing heard and all that follows from it."""

    def __init__(self, actor: Actor, contact: Contact, talk: RobotTalk, book: Book, state: State, key: str) -> None:
        self.actor, self.contact, self.talk, self.book, self.state = actor, contact, talk, book, state
        self.key, self.said, self.results = key, 0, 0
        self.today = timezone.localtime(moment.now()).date()

    def hear(self, message: Message) -> None:
        """Let the machine decide on a message; what is no text is asked to be put into words."""
        if message.kind != MessageKind.TEXT or not message.text.strip():
            self.say(_("图片和语音我还看不懂，请用文字简单说明；需要人工客服请发送“转人工”"))
            self.keep()
            return
        heard, before = understand(message.text, self.book), self.state.refusals
        self.go(heard)
        self.talk.turns = self.state.turns
        self.talk.refusals += self.state.refusals > before

    def go(self, heard: Heard) -> None:
        """One step of the machine and what it asks for."""
        self.state, acts = step(self.book, self.state, heard, self.today)
        if self.state.code and self.state.code not in self.talk.codes:
            self.talk.codes = [*self.talk.codes, self.state.code]
        self.carry_out(acts)

    def carry_out(self, acts: tuple[Act, ...]) -> None:
        """Do acts in their order; the last one may want a result, which leads to the next step."""
        for act in acts:
            if act.kind == "say":
                self.say(act.text, act.choices)
            elif act.kind == "note":
                talks.note_solved(self.actor, self.talk, solved=bool(act.data.get("solved")))
            elif act.kind == "hand_over":
                self.hand_over(act)
            elif act.kind == "end":
                self.end(act)
            else:
                self.keep()
                self.do(act)
                return
        self.keep()

    def do(self, act: Act) -> None:
        """An act with a result."""
        self.results += 1
        if self.results > MOST_RESULTS:
            self.hand_over(Act("hand_over", data={"reason": "fault"}))
            self.keep(done="handed_over")
            return
        told = doing.do(self.contact, self.talk, act, f"{self.talk.contact_id}:{self.key}:{self.results}")
        if told.asked_id is not None:
            self.talk.asked_ids = [*self.talk.asked_ids, told.asked_id]
        if told.entry_id is not None:
            self.talk.answered += 1
            talks.note_told(self.actor, self.talk, told.asked_id, told.entry_id)
        self.talk.answered += told.graph
        if told.text or told.url:
            self.say(
                told.text, title=told.title, lines=told.lines, url=told.url, entry_id=told.entry_id, graph=told.graph
            )
        if told.result.get("ok") and act.kind == "verify":
            self.state = State.from_json(
                {**self.state.as_json(), "known": {**self.state.known, **proven(self.contact)}}
            )
        self.go(Heard("result", result=told.result))

    # --- speaking ---------------------------------------------------------------------------------------------------

    def say(
        self,
        text: str,
        choices: tuple[str, ...] = (),
        *,
        title: str = "",
        lines: tuple[tuple[str, str], ...] = (),
        url: str = "",
        entry_id: int | None = None,
        graph: bool = False,
    ) -> None:
        """Say something; with choices, lines or a link it is a card."""
        data: dict[str, Any] = {}
        if choices:
            data["choices"] = list(choices)
        if lines:
            data["lines"] = [list(pair) for pair in lines]
        if title:
            data["title"] = title
        if url:
            data["url"] = url
        if entry_id is not None:
            data["entry_id"] = entry_id
        if graph:
            data["graph"] = True
        kind = MessageKind.CARD if choices or lines or url else MessageKind.TEXT
        if self.contact.channel in PASSIVE:
            data["passive"] = True
        self.said += 1
        contacts.robot_said(
            self.actor, self.contact.pk, text=text or title,
            client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"robot:{self.contact.pk}:{self.key}:{self.said}"),
            content=contacts.Content(kind=kind, data=data),
        )  # fmt: skip

    # --- ends -------------------------------------------------------------------------------------------------------

    def hand_over(self, act: Act) -> None:
        """People take it, with what the robot has learned."""
        reason = str(act.data.get("reason", "asked"))
        topic = str(act.data.get("topic", "")) or summary.topic_of(self.book, self.talk.codes)
        card = summary.card(self.contact, self.book, self.state, self.talk, reason)
        why = contacts.HandOver(reason, topic, int(act.data.get("priority", 0)), card)
        held = contacts.hand_over(self.actor, self.contact.pk, why)
        self.contact.state, self.contact.queue_id = held.state, held.queue_id
        talks.end_talk(self.actor, self.talk, TalkResult.HANDED_OVER, reason=reason)

    def end(self, act: Act) -> None:
        """The talk is over and nobody else is needed."""
        solved = bool(act.data.get("solved"))
        result = TalkResult.REQUEST_MADE if self.talk.request_id else TalkResult.SOLVED if solved else TalkResult.LEFT
        outcome = {
            TalkResult.REQUEST_MADE: Outcome.REQUEST_MADE, TalkResult.SOLVED: Outcome.SELF_SERVED,
        }.get(result, Outcome.LEFT)  # fmt: skip
        closed = contacts.robot_closed(self.actor, self.contact.pk, outcome=outcome, ended_by=Sender.CUSTOMER)
        self.contact.state = closed.state
        talks.end_talk(self.actor, self.talk, result)

    def keep(self, **changes: Any) -> None:
        """Put where the talk stands into its row, sealed when it is saved."""
        held = json.loads(self.talk.state) if self.talk.state else {}
        kept = {"filled": held["filled"]} if "filled" in held else {}
        self.talk.state = json.dumps({**self.state.as_json(), **changes, **kept}, ensure_ascii=False)
