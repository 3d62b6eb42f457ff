"""Whether a sentence speaks of the base's matters or of something else: weighed by each pair of characters.

Two questions can be put in the same way ("怎么交", "怎么做") and be about quite different things. How often a character or a
pair stands in the base's wordings, against how often in everyday sentences (``data/strangers.txt``), tells the subject
matter apart; the logarithms of these shares add up to the weight of evidence (Good, Probability and the Weighing of
Evidence, 1950; the same sum as in a naive Bayes classifier). Nothing is learnt beforehand: the base's counts are those
of its index, exact after each change.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from denghuo.engine.retrieval.analyser import GRAMS, Analyser, Terms
from denghuo.engine.retrieval.postings import Postings

#: everyday sentences that no base of an electricity supplier answers
STRANGERS: Final = Path(__file__).parent / "data" / "strangers.txt"
#: share that a term never seen is taken to have, on both sides: it says nothing
UNSEEN: Final = 0.0003


@dataclass(frozen=True, slots=True)
class Everyday:
    """How many everyday sentences have each character and pair."""

    plains: frozenset[str]
    counts: Counter[str]

    def share(self, term: str, *, less: int = 0) -> float:
        """Part of the sentences with a term, ``less`` of them left out."""
        return max(0, self.counts[term] - less) / max(1, len(self.plains) - less)


def known_strangers() -> list[str]:
    """The everyday sentences shipped."""
    return STRANGERS.read_text(encoding="utf-8").split()


@functools.cache
def everyday() -> Everyday:
    """The counts of the sentences shipped."""
    analyser, counts, plains = Analyser(), Counter[str](), set[str]()
    for text in known_strangers():
        terms = analyser.terms(text)
        if terms.plain not in plains:
            plains.add(terms.plain)
            counts.update(set(terms.fields[GRAMS]))
    return Everyday(frozenset(plains), counts)


def evidence(terms: Terms, postings: Postings, own: Collection[str] = ()) -> float:
    """Weight of evidence that a sentence speaks of the base's matters: above nought the base, below nought everyday
    matters. ``own`` are terms of a wording of the base that is looked away from. A sentence that is itself one of the
    everyday ones is judged by the others, so that what is learnt from them holds for sentences not listed."""
    if not postings.count:
        return 0.0
    other = everyday()
    listed = int(terms.plain in other.plains)
    documents = max(1, postings.count - bool(own))
    total = 0.0
    for term in dict.fromkeys(terms.fields[GRAMS]):
        here = max(0, postings.holding(GRAMS, term) - (term in own)) / documents
        total += math.log((here + UNSEEN) / (other.share(term, less=listed) + UNSEEN))
    return total


def familiar(terms: Terms, field: int, wordings: Postings, passages: Postings, own: Collection[str] = ()) -> float:
    """Part of the sentence's terms of ``field``, by weight, that a wording or a passage of the base has. Single characters,
    which every base has, are left out. ``own`` as for :func:`evidence`."""
    known = total = 0.0
    for term in dict.fromkeys(terms.fields[field]):
        if field == GRAMS and len(term) == 1:
            continue
        weight = wordings.idf(field, term)
        total += weight
        if wordings.holding(field, term) - (term in own) > 0 or passages.holding(field, term) > 0:
            known += weight
    return known / total if total else 0.0
