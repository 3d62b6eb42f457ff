"""Wordings that say nearly the same, among tens of thousands, without comparing all with all.

Two wordings are as alike as the share of letters pairs and words they have in common (Dice coefficient over both sets
together). Pairs below the threshold are never looked at: two sets that share enough must share one of their rarest
elements (prefix filtering, Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007), so each set is looked up by
a few of its rarest only. Nothing above the threshold is missed.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from denghuo.engine.language import normalise, tokens


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording of an entry."""

    entry: int
    text: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Two wordings (places in the sequence given, the first smaller) and how alike they are, 0…1."""

    first: int
    second: int
    score: float


def features(text: str) -> frozenset[str]:
    """Pairs of letters as written and words of the trade (synonyms are one word)."""
    plain = normalise(text).replace(" ", "")
    pairs = {a + b for a, b in itertools.pairwise(plain)} or {plain}
    return frozenset(pairs) | tokens(text)


def dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice what they share over what they hold; 1 for equal sets, 0 for an empty one."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def find_alike(
    wordings: Sequence[Wording], threshold: float, step: Callable[[int], object] = lambda _n: None
) -> Iterator[Alike]:
    """All pairs at or above ``threshold`` (0 < threshold ≤ 1), in the order in which the second stands.

    ``step`` is told of every hundred wordings done. Memory grows with the wordings, time with how common their rarest
    words are.
    """
    sets = [features(one.text) for one in wordings]
    often = Counter(itertools.chain.from_iterable(sets))
    share = threshold / (2 - threshold)  # what a set must at least share with one that is as alike
    held: dict[str, list[int]] = defaultdict(list)
    for place, found in enumerate(sets):
        rare = sorted(found, key=lambda one: (often[one], one))[: len(found) - math.ceil(len(found) * share) + 1]
        seen: set[int] = set()
        for feature in rare:
            seen.update(held[feature])
        for other in sorted(seen):
            score = dice(found, sets[other])
            if score >= threshold:
                yield Alike(other, place, score)
        for feature in rare:
            held[feature].append(place)
        if place % 100 == 99:
            step(100)
