"""Two sentences side by side: what one has and the other lacks, and whether they ask for the same kind of thing.

"电费怎么查" and "电费怎么交" share most of what they consist of; what tells them apart is the heaviest word that only one
of them has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from denghuo.engine.retrieval.analyser import GRAMS, WORDS, Terms
from denghuo.engine.retrieval.postings import Postings
from denghuo.engine.retrieval.types import Floats

#: ways to ask for one kind of thing; two questions differ by the kinds only one of them asks for
ASKS: Final = (
    ("怎么", "如何", "咋", "怎样"),
    ("为什么", "为何", "为啥"),
    ("多少", "几"),
    ("什么时候", "何时", "多久", "几点"),
    ("哪", "何处"),
    ("谁",),
    ("吗", "是否", "能不能", "可不可以", "有没有"),
    ("什么", "啥"),
    ("多",),
)
DENIALS: Final = "不没无别未"
FIGURES: Final = re.compile(r"[0-9]+|[a-z]+")
#: names of the columns of :func:`differences`, with what they say
DIFFERENCES: Final[dict[str, str]] = {
    "lacks_word": "weight of the heaviest word of the question that the wording lacks",
    "lacks_words": "part of the question's words, by weight, that the wording lacks",
    "adds_word": "weight of the heaviest word of the wording that the question lacks",
    "adds_words": "part of the wording's words, by weight, that the question lacks",
    "lacks_pair": "weight of the heaviest pair of characters that the wording lacks",
    "lacks_pairs": "part of the question's pairs, by weight, that the wording lacks",
    "adds_pair": "weight of the heaviest pair of characters that the question lacks",
    "adds_pairs": "part of the wording's pairs, by weight, that the question lacks",
    "length": "difference of the lengths, of the longer",
    "figures": "1: not the same numbers and Latin words",
    "asks": "kinds of question only one of them asks, in thirds",
    "denies": "1: only one of them denies",
    "starts": "1: begin with the same character",
    "ends": "1: end with the same character",
}
_WEIGHT: Final = 12.0  # about the weight of a word no one of 100,000 documents has


class Sentence:
    """A sentence ready to be compared."""

    def __init__(self, terms: Terms, postings: Postings) -> None:
        self.plain = terms.plain
        self.words = _weighed(WORDS, terms.fields[WORDS], postings)
        self.pairs = _weighed(GRAMS, [gram for gram in terms.fields[GRAMS] if len(gram) == 2], postings)
        self.figures = frozenset(FIGURES.findall(terms.plain))
        self.asks = [any(word in terms.plain for word in kind) for kind in ASKS]
        self.denies = any(char in terms.plain for char in DENIALS)
        self.word_weight = max(sum(self.words.values()), 1e-6)
        self.pair_weight = max(sum(self.pairs.values()), 1e-6)


def differences(question: Sentence, wordings: Sequence[Sentence]) -> Floats:
    """One row a wording, columns as in :data:`DIFFERENCES`."""
    return np.array([_row(question, wording) for wording in wordings], dtype=np.float32).reshape(-1, len(DIFFERENCES))


def _row(asked: Sentence, wording: Sentence) -> list[float]:
    one, other = asked.plain, wording.plain
    return [
        *_missing(asked.words, wording.words, asked.word_weight),
        *_missing(wording.words, asked.words, wording.word_weight),
        *_missing(asked.pairs, wording.pairs, asked.pair_weight),
        *_missing(wording.pairs, asked.pairs, wording.pair_weight),
        abs(len(one) - len(other)) / max(len(one), len(other), 1),
        float(asked.figures != wording.figures),
        sum(a != b for a, b in zip(asked.asks, wording.asks, strict=True)) / 3.0,
        float(asked.denies != wording.denies),
        float(one[:1] == other[:1]),
        float(one[-1:] == other[-1:]),
    ]


def _missing(here: dict[str, float], there: Collection[str], total: float) -> tuple[float, float]:
    weights = [weight for term, weight in here.items() if term not in there]
    return (max(weights) / _WEIGHT, sum(weights) / total) if weights else (0.0, 0.0)


def _weighed(field: int, terms: Sequence[str], postings: Postings) -> dict[str, float]:
    return {term: postings.idf(field, term) for term in dict.fromkeys(terms)}
