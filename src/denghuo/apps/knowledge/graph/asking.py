"""A question to the approved answers and to the graph together, kept as one."""

from __future__ import annotations

from dataclasses import replace

from denghuo.apps.knowledge.actions.asking import Asking, note_asked
from denghuo.apps.knowledge.choices import SearchOutcome
from denghuo.apps.knowledge.graph.answers import answer
from denghuo.apps.knowledge.graph.results import ANSWER, ASK, GraphAnswer
from denghuo.apps.knowledge.searching import Reply, ask
from denghuo.core.actors import Actor


def ask_both(
    asking: Asking, *, public_only: bool = False, limit: int | None = None
) -> tuple[Reply, GraphAnswer | None]:
    """What the approved answers come to, and what the graph says besides; kept as one question. Queries: those of
    :func:`denghuo.apps.knowledge.searching.ask`, and at most three of the graph, none while it is held."""
    reply = ask(
        asking.text, org=asking.org, by=asking.by, scene=asking.scene, public_only=public_only, at=asking.at,
        limit=limit, log=False,
    )  # fmt: skip
    found = answer(asking.text, asking.org, asking.at) if asking.text.strip() else None
    asked_id = keep(asking, reply, found) if asking.text.strip() else None
    return replace(reply, asked_id=asked_id), found


def keep(asking: Asking, reply: Reply, found: GraphAnswer | None, *, alone: bool = False) -> int:
    """Keep a question with what came of it: what the graph answers is no unanswered question, and asking back counts as
    choices. ``alone``: only what the graph says was told. Gives its id."""
    if found is not None and found.outcome in (ANSWER, ASK) and (alone or reply.outcome == SearchOutcome.REFUSE):
        told = SearchOutcome.ANSWER if found.outcome == ANSWER else SearchOutcome.CHOICES
        reply = replace(reply, outcome=told, hits=())
    return int(note_asked(Actor.system("knowledge.search"), asking, reply))
