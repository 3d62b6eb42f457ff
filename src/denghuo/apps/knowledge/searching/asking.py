"""One question to the base: find, decide, log."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.searching.deciding import ranker, thresholds
from denghuo.apps.knowledge.searching.holder import holder
from denghuo.apps.knowledge.searching.holding import Wanted
from denghuo.apps.knowledge.searching.processes import tell_sometimes
from denghuo.apps.knowledge.searching.texts import passages
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.retrieval import Found, decide

SPARE = 4  # found besides, in case a row is no longer in force by the time it is read


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer found: ``score`` is the probability that it is what was asked for, ``parts`` the figures of each leg,
    ``wording`` the wording that fitted best with ``spans`` in common with the question, ``passage`` the place of the
    passage that fitted best. ``text`` is that passage."""

    entry: StandardQuestion
    score: float
    parts: dict[str, float] = field(default_factory=dict)
    wording: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    passage: int | None = None
    text: str = ""

    @property
    def percent(self) -> int:
        """The score for a reader, 0…100."""
        return round(100 * min(1.0, max(0.0, self.score)))


@dataclass(frozen=True, slots=True)
class Reply:
    """What a search comes to. ``hits`` is what may be told: one for an answer, 3–5 for choices, none for a refusal;
    ``found`` all that was found, for staff who judge themselves. ``asked_id`` None: not logged. ``exact``: the question is
    word for word a wording of the one answer told."""

    outcome: str
    hits: tuple[Hit, ...]
    asked_id: int | None
    confidence: float
    found: tuple[Hit, ...] = ()
    milliseconds: int = 0
    text: str = ""
    exact: bool = False


def find(
    text: str,
    *,
    org: OrgUnit | None,
    at: dt.datetime | None = None,
    scene: str = "",
    public_only: bool = False,
    limit: int | None = None,
) -> tuple[list[Found], dict[int, StandardQuestion]]:
    """What the engine finds and the rows of it that are in force. Two statements when nothing changed."""
    asked = text.strip()[: queries.LONGEST_QUERY]
    if not asked:
        return [], {}
    most = limit if limit is not None else policies.get("knowledge.search.found", org)
    wanted = Wanted(org, queries.today(at), scene, public_only)
    found = holder().search(asked, wanted, ranker=ranker(), limit=most + SPARE)
    tell_sometimes(holder())
    rows = queries.in_force(org, at).select_related("org").in_bulk([one.id for one in found]) if found else {}
    return [one for one in found if one.id in rows][:most], rows


def ask(
    text: str,
    *,
    org: OrgUnit | None,
    by: str,
    channel: str = "",
    contact_id: int | None = None,
    staff_id: int | None = None,
    scene: str = "",
    public_only: bool = False,
    at: dt.datetime | None = None,
    log: bool = True,
    limit: int | None = None,
) -> Reply:
    """Answer, choices or a refusal to ``text`` from a customer of ``org`` at ``at`` (default now).

    A question that is word for word a wording of one answer is answered by it. ``by`` is who asks (:class:`AskedBy`). What is not in force there and then is filtered before anything is ranked. The
    question is logged without personal data unless ``log`` is False. Four statements with the log, two without.
    """
    began = time.perf_counter()
    found, rows = find(text, org=org, at=at, scene=scene, public_only=public_only, limit=limit)
    same = word_for_word(text, found)
    outcome, shown = ("answer", [same]) if same is not None else decide(found, thresholds(org))
    hits = {one.id: hit_of(one, rows[one.id]) for one in found}
    took = round(1000 * (time.perf_counter() - began))
    reply = Reply(
        outcome=SearchOutcome(outcome),
        hits=tuple(hits[one.id] for one in shown),
        asked_id=None,
        confidence=found[0].score if found else 0.0,
        found=tuple(hits[one.id] for one in found),
        milliseconds=took,
        text=text,
        exact=same is not None,
    )
    if not log or not text.strip():
        return reply
    from denghuo.apps.knowledge.actions.asking import Asking, note_asked
    from denghuo.core.actors import Actor

    asking = Asking(text, org, AskedBy(by), channel, contact_id, staff_id, scene, at or moment.now())
    asked_id = note_asked(Actor.system("knowledge.search"), asking, reply)
    return replace(reply, asked_id=asked_id)


def word_for_word(text: str, found: Sequence[Found]) -> Found | None:
    """The one of ``found`` that has ``text`` among its wordings, whatever the punctuation; None where there is none, or
    several have it. What an editor approved as this very question needs no judging of likeness."""
    from denghuo.engine.retrieval.analyser import plain

    asked = plain(text)
    same = [one for one in found if one.wording and plain(one.wording) == asked]
    return same[0] if len(same) == 1 else None


def hit_of(one: Found, row: StandardQuestion) -> Hit:
    """What the engine found with its row."""
    place = one.passage
    cut = passages(row.answer) if place is not None else ()
    text = cut[place] if place is not None and place < len(cut) else ""
    return Hit(row, one.score, dict(one.parts), one.wording, one.spans, place, text)
