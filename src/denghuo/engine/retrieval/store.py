"""Documents of the index: wordings or passages, each with its text, its entry, its postings and perhaps a vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval.analyser import Analyser, Terms
from denghuo.engine.retrieval.dense import EXACT, Dense
from denghuo.engine.retrieval.postings import Postings
from denghuo.engine.retrieval.types import Floats

#: gone documents are given up when there are more of them than living ones, and at least so many
SLACK: Final = 1000


class Store:
    """Texts of entries, by entry row (a small number the index gives each entry)."""

    def __init__(self, analyser: Analyser, exact: int = EXACT) -> None:
        self.analyser = analyser
        self.postings = Postings()
        self.dense = Dense(exact)
        self.texts: list[str] = []
        self.plains: list[str] = []
        self.owners = np.zeros(1024, dtype=np.int32)
        self.numbers: dict[int, NDArray[np.int64]] = {}

    def put(self, texts: Sequence[tuple[int, Sequence[str]]], vectors: Mapping[str, Floats] | None) -> None:
        """Adds the texts of entry rows that have none yet."""
        documents: list[tuple[int, Terms]] = []
        rows: list[int] = []
        found: list[Floats] = []
        for owner, some in texts:
            first = len(self.texts)
            for text in some:
                number = len(self.texts)
                terms = self.analyser.terms(text)
                documents.append((number, terms))
                self.texts.append(text)
                self.plains.append(terms.plain)
                self._own(number, owner)
                vector = vectors.get(text) if vectors is not None else None
                if vector is not None:
                    rows.append(number)
                    found.append(vector)
            self.numbers[owner] = np.arange(first, len(self.texts), dtype=np.int64)
        self.postings.put(documents)
        if rows:
            self.dense.put(np.array(rows, dtype=np.int64), np.stack(found).astype(np.float32))

    def drop(self, owners: Sequence[int]) -> None:
        for owner in owners:
            numbers = self.numbers.pop(owner, None)
            if numbers is None:
                continue
            self.postings.drop([(int(number), self.analyser.terms(self.texts[number])) for number in numbers])
            self.dense.drop(numbers)
        gone = len(self.texts) - self.postings.count
        if gone > max(SLACK, self.postings.count):
            self._compact()

    @property
    def size(self) -> int:
        return len(self.texts)

    def owner_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        return self.owners[numbers]

    def _own(self, number: int, owner: int) -> None:
        if number >= len(self.owners):
            self.owners = np.concatenate([self.owners, np.zeros(len(self.owners), np.int32)])
        self.owners[number] = owner

    def _compact(self) -> None:
        kept = np.flatnonzero(self.postings.alive[: self.size])
        numbers = {int(old): new for new, old in enumerate(kept)}
        self.texts = [self.texts[old] for old in kept]
        self.plains = [self.plains[old] for old in kept]
        self.owners[: len(kept)] = self.owners[kept]
        self.numbers = {
            owner: np.array([numbers[int(old)] for old in olds], dtype=np.int64) for owner, olds in self.numbers.items()
        }
        self.dense.renumbered(kept)
        self.postings.renumbered(numbers)
