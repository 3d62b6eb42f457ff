"""What an answer of the graph is made of: data only, so that the robot, the search and the API can carry it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import Trust

ANSWER: Final = "answer"
ASK: Final = "ask"
NONE: Final = "none"
MOST_FACTS: Final = 12


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement told: ``text`` what it says, ``when`` its qualifiers in words, where it is from, how sure.

    ``relation_id`` is None for what stands in the entity itself (a price).
    """

    relation_id: int | None
    entity_id: int
    value_id: int
    kind: str
    text: str
    when: str
    source: str
    trust: str


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """``outcome`` "answer" (``facts`` say it), "ask" (``missing`` names what must be known first: "place", "city",
    "customer" or "voltage"; ``options`` to choose from) or "none" (the graph holds nothing for that place: say so, do not
    guess). ``sentence`` may be said to a customer as it stands.
    """

    outcome: str
    sentence: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]
    entity_ids: tuple[int, ...]
    kind: str
    thing: str
    options: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


def final(sentence: str, facts: tuple[Fact, ...], ids: tuple[int, ...], kind: str, thing: str) -> GraphAnswer:
    """An answer that is complete."""
    return GraphAnswer(ANSWER, sentence, facts, (), ids, kind, thing)


def told(facts: Iterable[Fact]) -> list[str]:
    """Facts as parts of a sentence: their qualifiers in brackets behind, or before what has brackets already."""
    return [_told(fact) for fact in facts]


def _told(fact: Fact) -> str:
    if not fact.when:
        return fact.text
    return f"{fact.when}：{fact.text}" if fact.text.endswith("）") else f"{fact.text}（{fact.when}）"


def caveat(facts: Iterable[Fact]) -> str:
    """A reminder when not all of it is from an authoritative source."""
    return "" if all(fact.trust == Trust.SOURCED for fact in facts) else _("各地可能不同，以当地供电企业公布的为准。")
