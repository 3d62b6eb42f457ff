"""Looking a question up for the robot: the approved answer, the graph's facts, or what must be asked first.

An approved answer to exactly this question, or one that is sure and the same everywhere, is told word for word. Else, where the graph holds the facts
for this very place and customer, they are told with their sources; where it must know more first, that is asked. What the
graph does not hold is left to the approved answers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.contacts.models import Contact
from denghuo.apps.knowledge import searching
from denghuo.apps.knowledge.actions.asking import Asking
from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.graph.asking import keep
from denghuo.apps.knowledge.graph.cards import Card, card_of
from denghuo.apps.knowledge.graph.queries import GraphAnswer, answer
from denghuo.apps.knowledge.graph.results import ANSWER, ASK
from denghuo.apps.knowledge.searching import Reply
from denghuo.core import moment, policies


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it stands. ``before`` is what was asked at first when ``text`` answers what was asked back, which was
    done ``followed`` times."""

    text: str
    before: str = ""
    followed: int = 0

    @property
    def whole(self) -> str:
        """Both in one, for reading."""
        return f"{self.before}，{self.text}" if self.before else self.text


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up comes to: ``reply`` of the approved answers, or ``graph`` when that is to be told instead; ``text``
    the question that was answered. ``asked_id`` None: kept before."""

    reply: Reply
    graph: GraphAnswer | None
    text: str
    asked_id: int | None = None

    @property
    def card(self) -> Card | None:
        """The graph's answer for showing."""
        return card_of(self.graph)


def look_up(contact: Contact, talk: RobotTalk, asked: Asked) -> Found:
    """Find what answers a question and keep the question. Of a question that was asked back about, the first wording is
    kept already."""
    found = _follow(contact, asked) if asked.before else _fresh(contact, asked.text)
    if asked.before and found.text != asked.text and talk.asked_ids:
        return found
    return replace(found, asked_id=_keep(contact, found))


def _follow(contact: Contact, asked: Asked) -> Found:
    """``text`` with what was asked at first; a question of its own when it did not say what was missing."""
    most = policies.get("assistant.asked_back_most", contact.org)
    alone = answer(asked.text, contact.org)
    if alone is not None and alone.outcome == ANSWER:
        return _fresh(contact, asked.text)
    whole = answer(asked.whole, contact.org)
    before = answer(asked.before, contact.org)
    if whole is not None and whole.outcome == ANSWER:
        return Found(_reply(contact, asked.whole), whole, asked.whole)
    if whole is not None and whole.outcome == ASK:
        if before is None or whole.missing != before.missing or whole.options != before.options:
            graph = whole if asked.followed < most else None
            return Found(_reply(contact, asked.whole), graph, asked.whole)
        return _fresh(contact, asked.text)
    return Found(_reply(contact, asked.whole), whole, asked.whole)


def _fresh(contact: Contact, text: str) -> Found:
    reply = _reply(contact, text)
    if _sure(contact, reply):
        return Found(reply, None, text)
    return Found(reply, answer(text, contact.org), text)


def _sure(contact: Contact, reply: Reply) -> bool:
    """Whether an approved answer is clear: approved for exactly this question, or sure and alike everywhere."""
    if reply.exact:
        return True
    least = policies.get("assistant.verbatim_at", contact.org)
    return (
        reply.outcome == SearchOutcome.ANSWER
        and bool(reply.hits)
        and reply.confidence >= least
        and not reply.hits[0].entry.varies
    )


def _reply(contact: Contact, text: str) -> Reply:
    return searching.ask(text, org=contact.org, by=AskedBy.BOT, public_only=True, log=False)


def _keep(contact: Contact, found: Found) -> int:
    asking = Asking(found.text, contact.org, AskedBy.BOT, str(contact.channel), contact.pk, None, "", moment.now())
    return keep(asking, found.reply, found.graph, alone=True)


def sources_line(card: Card) -> str:
    """Where the facts are from, marked as the graph's."""
    return _("依据（知识图谱）：%(sources)s") % {"sources": "；".join(card.sources)}
