"""The meaning leg: vectors in 8 bits a dimension, found through one bit a dimension when there are many.

Up to :data:`EXACT` vectors all are compared. Above that the sign bits of the centred vectors pick :data:`PICKED`
candidates, which the 8-bit vectors then put in order. Centred, because vectors of this kind of model all point roughly
the same way and the raw signs of most dimensions never change.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval.kernels import distances, dots
from denghuo.engine.retrieval.types import Floats

EXACT: Final = 20_000
PICKED: Final = 600
_STEP: Final = 8191.0  # of the question's 16-bit form


class Dense:
    """Vectors by document number. ``size`` is set by the first vector put in; another size is refused."""

    def __init__(self, exact: int = EXACT) -> None:
        self.size = 0
        self.count = 0
        self._exact = exact
        self._codes = np.zeros((0, 0), dtype=np.int8)
        self._scales = np.zeros(0, dtype=np.float32)
        self.has = np.zeros(0, dtype=np.bool_)
        self._bits = np.zeros((0, 0), dtype=np.uint64)
        self._centre: Floats | None = None

    def put(self, numbers: NDArray[np.int64], vectors: Floats) -> None:
        """Adds unit vectors. Raises ValueError when their size is not that of the vectors before."""
        if not len(numbers):
            return
        if self.size and vectors.shape[1] != self.size:
            raise ValueError(f"vectors of {vectors.shape[1]} dimensions among vectors of {self.size}")
        self.size = int(vectors.shape[1])
        self._reserve(int(numbers.max()) + 1)
        highest = np.abs(vectors).max(axis=1)
        highest[highest == 0] = 1.0
        self._codes[numbers] = np.rint(vectors * (127.0 / highest)[:, None]).astype(np.int8)
        self._scales[numbers] = highest / 127.0
        self.has[numbers] = True
        self.count += len(numbers)
        if self._centre is not None:
            self._bits[numbers] = self._signs(vectors)
        elif self.count > self._exact:
            self._begin_bits()

    def drop(self, numbers: NDArray[np.int64]) -> None:
        numbers = numbers[numbers < len(self.has)]
        self.count -= int(self.has[numbers].sum())
        self.has[numbers] = False

    def cosines(self, vector: Floats, numbers: NDArray[np.int64]) -> Floats:
        """Cosine of each document with ``vector`` (a unit vector); 0 for documents without a vector."""
        out = np.zeros(len(numbers), dtype=np.float32)
        if not self.count:
            return out
        known = numbers < len(self.has)
        known[known] = self.has[numbers[known]]
        rows = numbers[known]
        query, step = self._query(vector)
        out[known] = dots(self._codes, rows, query).astype(np.float32) * self._scales[rows] * step
        return out

    def nearest(self, vector: Floats, among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Numbers worth a closer look, those ``among`` allows: all while they are few, else those whose signs differ
        least."""
        usable = self.has if among is None else self.has & _fitted(among, len(self.has))
        if self._centre is None:
            return np.flatnonzero(usable)
        away = distances(self._bits, self._signs(vector[None, :])[0])
        away[~usable] = np.iinfo(np.int32).max
        usable_count = int(np.count_nonzero(usable))
        take = min(PICKED, usable_count)
        if take == len(away):
            return np.flatnonzero(usable)
        # a stable cut: of equal distances the lower numbers are taken, whatever the sort does with ties
        limit = np.partition(away, take - 1)[take - 1] if take else 0
        closer = np.flatnonzero(away < limit)
        level = np.flatnonzero(away == limit)
        return np.sort(np.concatenate([closer, level[: take - len(closer)]]))

    def vectors(self, numbers: NDArray[np.int64]) -> Floats:
        """The vectors as kept (8 bits a dimension); rows of zeros for documents without one."""
        out = np.zeros((len(numbers), self.size), dtype=np.float32)
        known = numbers < len(self.has)
        known[known] = self.has[numbers[known]]
        rows = numbers[known]
        out[known] = self._codes[rows].astype(np.float32) * self._scales[rows][:, None]
        return out

    def renumbered(self, kept: NDArray[np.int64]) -> None:
        """Keeps the rows ``kept`` (ascending), numbered from 0."""
        inside = kept[kept < len(self.has)]
        self._codes, self._scales, self.has = self._codes[inside], self._scales[inside], self.has[inside]
        if self._centre is not None:
            self._bits = self._bits[inside]
        self._reserve(len(kept))

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in (self._codes, self._scales, self.has, self._bits))

    def _query(self, vector: Floats) -> tuple[NDArray[np.int16], float]:
        highest = float(np.abs(vector).max()) or 1.0
        return np.rint(vector * (_STEP / highest)).astype(np.int16), highest / _STEP

    def _signs(self, vectors: Floats) -> NDArray[np.uint64]:
        centre = self._centre if self._centre is not None else np.float32(0.0)
        bits = np.packbits(vectors > centre, axis=1)
        short = -bits.shape[1] % 8
        if short:
            bits = np.pad(bits, ((0, 0), (0, short)))
        return np.ascontiguousarray(bits).view(np.uint64)

    def _begin_bits(self) -> None:
        rows = np.flatnonzero(self.has)
        sample = self.vectors(rows[:: max(1, len(rows) // 20_000)])
        self._centre = sample.mean(axis=0)
        words = -(-self.size // 64)
        self._bits = np.zeros((len(self.has), words), dtype=np.uint64)
        for at in range(0, len(rows), 8192):
            part = rows[at : at + 8192]
            self._bits[part] = self._signs(self.vectors(part))

    def _reserve(self, size: int) -> None:
        if size <= len(self.has):
            return
        room = max(size, 2 * len(self.has), 64) if len(self.has) else size
        more = room - len(self.has)
        codes = np.zeros((room, self.size), dtype=np.int8)
        codes[: len(self.has)] = self._codes if self._codes.size else 0
        self._codes = codes
        self._scales = np.concatenate([self._scales, np.zeros(more, np.float32)])
        self.has = np.concatenate([self.has, np.zeros(more, np.bool_)])
        if self._centre is not None:
            self._bits = np.concatenate([self._bits, np.zeros((more, self._bits.shape[1]), np.uint64)])


def _fitted(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    if len(mask) >= size:
        return mask[:size]
    return np.concatenate([mask, np.zeros(size - len(mask), np.bool_)])
