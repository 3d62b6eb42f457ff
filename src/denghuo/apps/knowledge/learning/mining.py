"""Gaps of the base read out of conversations and requests: questions that find nothing, and what agents then typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from denghuo.apps.knowledge.actions.asking import LONGEST_TEXT, digest_of
from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.learning.choices import ProposedState
from denghuo.apps.knowledge.learning.gathering import Seen, only_the_product, take_in, worth
from denghuo.apps.knowledge.learning.sources import Source, Told
from denghuo.apps.knowledge.models import MinedOnce, TypedAnswer, UnknownQuestion
from denghuo.apps.knowledge.searching import ask
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.jobs import Progress
from denghuo.engine.language.redaction import redact

CHUNK: Final = 50
LONGEST_ANSWER: Final = 1000
SHORTEST_ANSWER: Final = 8
SAME: Final = 0.85  # of two answers' letters in common: the same answer, worded nearly the same
_ASKS: Final = re.compile(
    r"[?？]|吗|呢|怎么|怎样|如何|多少|多久|几[天个点号]|什么|为啥|为什么|哪|能不能|可不可以|是否|是不是|行不行|要不要|咋|啥"
)


def question_in(text: str) -> str:
    """The sentence of ``text`` that asks something, without personal data; "" when none does."""
    for sentence in re.split(r"(?<=[。！!？?；;\n])", text):
        if _ASKS.search(sentence):
            return redact(sentence.strip())[:LONGEST_TEXT]
    return ""


def mine_source(source: Source, progress: Progress) -> int:
    """Read what is new of a source, in portions each of its own transaction; gives how many wordings were touched."""
    touched = 0
    while True:
        mark, _made = MinedOnce.objects.get_or_create(source=source.origin)
        told = source.read(mark.last_id, CHUNK)
        if not told:
            return touched
        touched += take_portion(Actor.system("knowledge.learning"), source.origin, told)
        progress.advance(len(told))


@action("learning.mine")
def take_portion(actor: Actor, origin: str, told: Sequence[Told]) -> int:
    """Look for each question; keep those that find nothing, with what an agent typed, and how far the reading came. Only
    the product itself may. A portion read twice changes nothing."""
    only_the_product(actor)
    seen: list[Seen] = []
    answers: list[tuple[str, int, str]] = []
    for one in told:
        for said in one.said:
            text = question_in(said.question)
            if not text or not worth(text):
                continue
            if ask(text, org=one.org, by=AskedBy.EDITOR, log=False, at=None).outcome != SearchOutcome.REFUSE:
                continue
            seen.append(Seen(text, digest_of(text), origin, one.subject_id, one.at))
            if len(said.answer) >= SHORTEST_ANSWER:
                answers.append((digest_of(text), one.subject_id, redact(said.answer)[:LONGEST_ANSWER]))
    touched = take_in(seen)
    _keep_answers(answers)
    mark = MinedOnce.objects.select_for_update().get_or_create(source=origin)[0]
    mark.last_id, mark.at = max(mark.last_id, *(one.subject_id for one in told)), moment.now()
    mark.read, mark.found = mark.read + len(told), mark.found + len(seen)
    mark.save()
    return touched


def _keep_answers(answers: Sequence[tuple[str, int, str]]) -> None:
    keys = dict(
        UnknownQuestion.objects.filter(digest__in=[digest for digest, _pk, _text in answers]).values_list(
            "digest", "pk"
        )
    )
    for digest, contact_id, text in answers:
        same = _like(keys[digest], text)
        if same is None:
            same = TypedAnswer(unknown_id=keys[digest], digest=digest_of(text), text=text)
        if contact_id not in same.contacts:
            same.contacts = [*same.contacts, contact_id]
            same.times, same.last_at = len(same.contacts), moment.now()
            same.save()


def _like(unknown_id: int, text: str) -> TypedAnswer | None:
    """An answer kept of the same wording that says nearly the same."""
    for row in TypedAnswer.objects.filter(unknown=unknown_id):
        if row.digest == digest_of(text) or SequenceMatcher(None, row.text, text, autojunk=False).ratio() >= SAME:
            return row
    return None


def proposed(unknown_ids: Sequence[int], least: int) -> list[TypedAnswer]:
    """Answers that agents typed at least ``least`` times to these wordings, most often first."""
    rows = list(TypedAnswer.objects.filter(unknown__in=unknown_ids, state=ProposedState.OPEN).order_by("-times", "pk"))
    kept: list[TypedAnswer] = []
    for row in rows:
        twin = next((k for k in kept if SequenceMatcher(None, k.text, row.text, autojunk=False).ratio() >= SAME), None)
        if twin is None:
            kept.append(row)
        else:
            twin.times = len({*twin.contacts, *row.contacts})
            twin.contacts = [*{*twin.contacts, *row.contacts}]
    return sorted((row for row in kept if row.times >= least), key=lambda row: -row.times)
