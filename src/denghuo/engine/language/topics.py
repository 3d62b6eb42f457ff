"""What people suddenly talk about: words that rise from one period to the next more than chance would have it.

For each word the texts of a period that hold it are counted against the periods before, by the likelihood ratio of two
binomial shares (Dunning 1993), one-sided. Many words are tested at once, so the false discovery rate is held by
Benjamini and Hochberg (1995).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from denghuo.engine.language.keywords import matter


@dataclass(frozen=True, slots=True)
class Rise:
    """A word that rose: texts that held it ``now`` and ``before`` (all earlier periods together), how many times the
    share grew (against a smoothed past), the probability ``p`` of that by chance, and ``q`` after correction."""

    word: str
    now: int
    before: int
    ratio: float
    p: float
    q: float


Counted = tuple[Counter[str], int]


def counts(texts: Iterable[str], split: Callable[[str], Sequence[str]] = matter) -> tuple[Counter[str], int]:
    """How many texts hold each word, and how many texts there are."""
    found: Counter[str] = Counter()
    size = 0
    for text in texts:
        found.update(set(split(text)))
        size += 1
    return found, size


def rising(
    now: tuple[Counter[str], int],
    before: tuple[Counter[str], int],
    *,
    false_share: float = 0.05,
    fewest: int = 5,
    least_ratio: float = 1.5,
) -> list[Rise]:
    """Words that rose, the least likely by chance first. ``fewest`` texts must hold a word now; ``false_share`` of those
    given may be chance on average. Nothing when either period has no texts."""
    (here, n), (past, m) = now, before
    if not n or not m:
        return []
    tested = [(word, count, past[word]) for word, count in here.items() if count >= fewest]
    found = [(word, a, b, _p(a, n, b, m)) for word, a, b in tested]
    found.sort(key=lambda row: (row[3], -row[1], row[0]))
    corrected = _corrected([row[3] for row in found])
    rises = [
        Rise(word, a, b, round((a / n) / ((b + 0.5) / (m + 1)), 3), p, q)
        for (word, a, b, p), q in zip(found, corrected, strict=True)
    ]
    return [rise for rise in rises if rise.q <= false_share and rise.ratio >= least_ratio]


def _p(a: int, n: int, b: int, m: int) -> float:
    """One-sided probability of a share as high as a/n against b/m, by the signed root of the likelihood ratio."""
    if a / n <= b / m:
        return 1.0
    both = (a + b) / (n + m)
    ratio = 2 * (_log(a, n, a / n) + _log(b, m, b / m) - _log(a, n, both) - _log(b, m, both))
    return 0.5 * math.erfc(math.sqrt(max(0.0, ratio)) / math.sqrt(2))


def _log(k: int, n: int, share: float) -> float:
    if share <= 0 or share >= 1:
        return 0.0 if k in (0, n) else -math.inf
    return k * math.log(share) + (n - k) * math.log(1 - share)


def _corrected(values: Sequence[float]) -> list[float]:
    """Benjamini–Hochberg values of ascending probabilities."""
    size, best, found = len(values), 1.0, [0.0] * len(values)
    for at in range(size - 1, -1, -1):
        best = min(best, values[at] * size / (at + 1))
        found[at] = best
    return found
