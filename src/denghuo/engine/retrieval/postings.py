"""The word legs: an inverted index over numpy arrays, BM25, and changes in milliseconds.

BM25 as in Robertson & Zaragoza, The Probabilistic Relevance Framework (2009), formula 3.15: a term that occurs ``tf``
times in a document of length ``dl`` gives ``idf · tf / (tf + k1 · (1 - b + b · dl / avdl))``. For idf we take
``log(1 + (N - n + 0.5) / (n + 0.5))``, which never goes below zero, as Lucene does. The constant factor ``k1 + 1`` some
write above is left out: it changes no order.

Postings lie in segments that never change. A change adds a small segment or marks documents as gone; neighbouring
segments of like size are merged, so a posting is copied about log₄ N times in its life. N, n and avdl are kept over all
segments and exact after every change: a base that was changed scores as one that was built afresh.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval.analyser import FIELDS, Terms
from denghuo.engine.retrieval.kernels import add_bm25
from denghuo.engine.retrieval.types import Floats

#: k1 and b by field. Questions are short and of like length, and saying a word twice means little.
SETTINGS: Final = {"words": (0.9, 0.4), "grams": (0.9, 0.4), "sounds": (0.9, 0.4)}
#: a segment is merged into the one before it when that is less than this many times its size
GROWTH: Final = 4


@dataclass(slots=True)
class _Segment:
    terms: NDArray[np.int32]  # ascending
    starts: NDArray[np.int64]
    docs: NDArray[np.int32]
    tfs: NDArray[np.uint8]
    size: int  # documents put in

    def postings(self, term: int) -> tuple[int, int]:
        at = int(np.searchsorted(self.terms, term))
        if at == len(self.terms) or self.terms[at] != term:
            return 0, 0
        return int(self.starts[at]), int(self.starts[at + 1])


class Postings:
    """Documents by number. Numbers are the caller's, small and never used again after a drop."""

    def __init__(self) -> None:
        self._vocabulary: tuple[dict[str, int], ...] = tuple({} for _ in FIELDS)
        self._frequency = np.zeros(1024, dtype=np.int32)
        self._terms = 0
        self._lengths = np.zeros((len(FIELDS), 1024), dtype=np.float32)
        self._totals = [0.0] * len(FIELDS)
        self._segments: list[_Segment] = []
        self.alive = np.zeros(1024, dtype=np.bool_)
        self.size = 0  # numbers in use are below
        self.count = 0

    def put(self, documents: Sequence[tuple[int, Terms]]) -> None:
        """Adds documents; their numbers must be new and ascending."""
        if not documents:
            return
        last = documents[-1][0]
        self._reserve(last + 1)
        terms: list[int] = []
        docs: list[int] = []
        tfs: list[int] = []
        for number, text in documents:
            for field, (vocabulary, words) in enumerate(zip(self._vocabulary, text.fields, strict=True)):
                for word, tf in Counter(words).items():
                    terms.append(self._numbered(vocabulary, word))
                    docs.append(number)
                    tfs.append(min(tf, 255))
                self._lengths[field, number] = len(words)
                self._totals[field] += len(words)
            self.alive[number] = True
        found = np.array(terms, dtype=np.int32)
        self._grow_frequency()
        np.add.at(self._frequency, found, 1)
        self.count += len(documents)
        self._segments.append(_built(found, np.array(docs, np.int32), np.array(tfs, np.uint8), len(documents)))
        self._merge()

    def drop(self, documents: Iterable[tuple[int, Terms]]) -> None:
        """Takes documents out. ``Terms`` must be those they were put in with."""
        for number, text in documents:
            self.alive[number] = False
            self.count -= 1
            for field, (vocabulary, words) in enumerate(zip(self._vocabulary, text.fields, strict=True)):
                for word in set(words):
                    self._frequency[vocabulary[word]] -= 1
                self._totals[field] -= len(words)

    def holding(self, field: int, word: str) -> int:
        """How many documents have a term."""
        number = self._vocabulary[field].get(word)
        return int(self._frequency[number]) if number is not None else 0

    def idf(self, field: int, word: str) -> float:
        """Weight of a term; that of a term no document has, when the base does not know it."""
        n = self.holding(field, word)
        return math.log(1.0 + (self.count - n + 0.5) / (n + 0.5))

    def scores(self, field: int, words: Sequence[str]) -> tuple[Floats, float]:
        """BM25 of every document number (gone ones: meaningless), and the most a document could get: that of one of mean
        length holding every word of the question as often as needed. A word said twice counts twice."""
        out = np.zeros(self.size, dtype=np.float32)
        best = 0.0
        if not self.count:
            return out, best
        k1, b = SETTINGS[FIELDS[field]]
        average = max(self._totals[field] / self.count, 1e-9)
        vocabulary, lengths = self._vocabulary[field], self._lengths[field]
        for word, times in sorted(Counter(words).items()):
            weight = times * self.idf(field, word)
            best += weight / (1.0 + k1)
            number = vocabulary.get(word)
            if number is None or not self._frequency[number]:
                continue
            for segment in self._segments:
                start, end = segment.postings(number)
                if start < end:
                    add_bm25(segment.docs[start:end], segment.tfs[start:end], weight, k1, b, lengths, average, out)
        return out, best

    def own(self, field: int, words: Sequence[str]) -> float:
        """BM25 of the question for a document that is the question itself."""
        if not self.count or not words:
            return 0.0
        k1, b = SETTINGS[FIELDS[field]]
        average = max(self._totals[field] / self.count, 1e-9)
        soft = k1 * (1.0 - b + b * len(words) / average)
        return sum(tf * self.idf(field, word) * tf / (tf + soft) for word, tf in Counter(words).items())

    def renumbered(self, numbers: Mapping[int, int]) -> None:
        """After gone documents were given up: every number in ``numbers`` becomes its value (order is kept)."""
        table = np.full(self.size, -1, dtype=np.int32)
        for old, new in numbers.items():
            table[old] = new
        merged = self._joined(self._segments)
        merged.docs = table[merged.docs]
        old_numbers = np.array(sorted(numbers), dtype=np.int64)
        self._lengths[:, : len(old_numbers)] = self._lengths[:, old_numbers]
        self.size = len(old_numbers)
        self.alive[:] = False
        self.alive[: self.size] = True
        self._segments = [merged] if self.size else []

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, in bytes; the vocabulary's strings come on top."""
        arrays = [self._frequency, self._lengths, self.alive]
        for part in self._segments:
            arrays += [part.terms, part.starts, part.docs, part.tfs]
        return sum(array.nbytes for array in arrays)

    def _numbered(self, vocabulary: dict[str, int], word: str) -> int:
        number = vocabulary.get(word)
        if number is None:
            number = vocabulary[word] = self._terms
            self._terms += 1
        return number

    def _reserve(self, size: int) -> None:
        self.size = max(self.size, size)
        if size > len(self.alive):
            room = max(size, 2 * len(self.alive))
            self.alive = np.concatenate([self.alive, np.zeros(room - len(self.alive), np.bool_)])
            wider = np.zeros((len(FIELDS), room), np.float32)
            wider[:, : self._lengths.shape[1]] = self._lengths
            self._lengths = wider

    def _grow_frequency(self) -> None:
        if self._terms > len(self._frequency):
            room = max(self._terms, 2 * len(self._frequency))
            self._frequency = np.concatenate([self._frequency, np.zeros(room - len(self._frequency), np.int32)])

    def _merge(self) -> None:
        parts = self._segments
        while len(parts) > 1 and parts[-2].size < GROWTH * parts[-1].size:
            parts[-2:] = [self._joined(parts[-2:])]

    def _joined(self, parts: Sequence[_Segment]) -> _Segment:
        terms = np.concatenate([np.repeat(part.terms, np.diff(part.starts)) for part in parts])
        docs = np.concatenate([part.docs for part in parts])
        tfs = np.concatenate([part.tfs for part in parts])
        kept = self.alive[docs]
        terms, docs, tfs = terms[kept], docs[kept], tfs[kept]
        return _built(terms, docs, tfs, len(np.unique(docs)))


def _built(terms: NDArray[np.int32], docs: NDArray[np.int32], tfs: NDArray[np.uint8], size: int) -> _Segment:
    order = np.lexsort((docs, terms))
    terms, docs, tfs = terms[order], docs[order], tfs[order]
    unique, first = np.unique(terms, return_index=True)
    starts = np.append(first, len(terms)).astype(np.int64)
    return _Segment(unique.astype(np.int32), starts, docs, tfs, size)
