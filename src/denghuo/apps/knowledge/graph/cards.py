"""An answer of the graph as screens and messages show it: the sentence, its facts, where each is from."""

from __future__ import annotations

from dataclasses import dataclass

from denghuo.apps.knowledge.choices import Trust
from denghuo.apps.knowledge.graph.results import ANSWER, ASK, Fact, GraphAnswer


@dataclass(frozen=True, slots=True)
class Told:
    """One fact with its source and how sure it is, in words."""

    fact: Fact
    trust: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader is shown. ``asks``: the sentence asks for what must be known first, ``options`` to choose from, as
    (label, the question made whole)."""

    sentence: str
    asks: bool
    facts: tuple[Told, ...]
    sources: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def card_of(found: GraphAnswer | None, question: str = "", most: int = 12) -> Card | None:
    """The card of an answer, or of what must be asked first; None when the graph has nothing to say. ``question`` is
    completed by each of the ``most`` first options."""
    if found is None or found.outcome not in (ANSWER, ASK):
        return None
    facts = tuple(Told(fact, str(Trust(fact.trust).label)) for fact in found.facts)
    sources = tuple(dict.fromkeys(fact.source for fact in found.facts if fact.source))
    options = tuple((one, f"{question}，{one}") for one in found.options[:most])
    return Card(found.sentence, found.outcome == ASK, facts, sources, options)
