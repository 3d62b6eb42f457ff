"""What goes into the search and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Outcome = Literal["answer", "choices", "refuse"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found: its wordings (the standard one first), wordings it must not be found by, and its
    text (the answer, or the passages of an article, in order)."""

    id: int
    wordings: tuple[str, ...]
    negatives: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that was found. ``score`` is the calibrated probability (0…1) that it is what was asked for; ``parts``
    are the raw figures of each leg, for the reader who asks why; ``wording`` is the wording that fitted best;
    ``passage`` the place of the passage that fitted best (None: none did); ``spans`` mark in ``wording`` what it has in
    common with the question, as [start, end) offsets."""

    id: int
    score: float
    parts: dict[str, float] = field(default_factory=dict)
    wording: str = ""
    passage: int | None = None
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the three outcomes part. The best score at ``answer`` or above, and ahead of the second by ``margin``, is
    an answer; where the first ``most`` together reach ``choices`` it is a choice of ``fewest`` to ``most``; below, the
    search refuses."""

    answer: float
    choices: float
    margin: float
    fewest: int = 3
    most: int = 5


class Embedder(Protocol):
    """Text to vectors of length one. ``name`` changes whenever the vectors do."""

    name: str
    size: int

    def embed(self, texts: Sequence[str], *, query: bool) -> Floats:
        """(n, size) float32. ``query``: the texts are questions to be found by, not texts to be found."""
        ...


class ReRanker(Protocol):
    """An outside judge of a few candidates; off by default."""

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """One figure a text, higher is better."""
        ...
