"""How alike two texts are, by pairs of neighbouring characters: what needs no dictionary and works in any script."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from typing import Final

_NOISE: Final = re.compile(r"[\W_]+")


def text_similarity(one: str, other: str, rarity: Mapping[str, float] | None = None) -> float | None:
    """Cosine of the bigram counts, 0 to 1, whichever way round; None when one text is empty.

    ``rarity`` weighs bigrams (inverse document frequency); those not in it count 1. Identical texts give 1.
    """
    a, b = bigrams(one), bigrams(other)
    if not a or not b:
        return None
    if a == b:
        return 1.0
    weight = rarity or {}
    shared = sum(a[pair] * b[pair] * weight.get(pair, 1.0) ** 2 for pair in sorted(a.keys() & b.keys()))
    return min(1.0, shared / (_length(a, weight) * _length(b, weight)))


def bigrams(text: str) -> Counter[str]:
    """Pairs of neighbouring characters without punctuation and case; a single character stands for itself."""
    clean = _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())
    if len(clean) == 1:
        return Counter([clean])
    return Counter(clean[i : i + 2] for i in range(len(clean) - 1))


def rarity_of(texts: list[str]) -> dict[str, float]:
    """Inverse document frequency of the bigrams of ``texts``: what nearly all say ("没电") tells little."""
    seen = Counter(pair for text in texts for pair in set(bigrams(text)))
    return {pair: math.log((1 + len(texts)) / (1 + count)) + 1 for pair, count in seen.items()}


def _length(counts: Counter[str], weight: Mapping[str, float]) -> float:
    return math.sqrt(sum((count * weight.get(pair, 1.0)) ** 2 for pair, count in sorted(counts.items())))
