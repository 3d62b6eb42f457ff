"""The classifier leg: a linear classifier over entries, learnt from the base's own wordings in closed form.

Ridge regression of the entry's indicator on what the wording looks like: characters in runs of one to three, hashed, and
the embedding where there is one. Chosen because it has no random start, learns ten thousand wordings in seconds, and
gives the answer it would have given for a wording had that wording been left out (the "hat" formula,
``y - e / (1 - h)``): the ranker learns from those, without labels and without deceiving itself.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from denghuo.engine.retrieval.types import Floats

#: places the runs of characters are hashed into
ROOM: Final = 4096
#: how much the embedding counts beside the characters (squared lengths are 1 and this)
MEANING: Final = 5.0
#: pull of the weights towards nought
RIDGE: Final = 2.0
#: not learnt above: it would take gigabytes, and with that many entries it adds nothing to the nearest wording
MOST_ENTRIES: Final = 3_000
MOST_WORDINGS: Final = 30_000
#: not learnt where the mean entry has fewer wordings than this
LEAST_WORDINGS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Classes:
    """A classifier that was learnt. ``entries`` are the ids of its classes, ``left_out`` the scores of each wording's own
    class and the others had it been left out (row = wording; kept only when asked for)."""

    entries: NDArray[np.int64]
    weights: Floats
    centre: Floats
    idf: Floats
    left_out: Floats | None = None

    def scores(self, plain: str, vector: Floats | None) -> Floats:
        """About 1 for the entry a sentence belongs to and about 0 for the rest; in the order of ``entries``.

        A vector that the classifier did not learn from (it was learnt before the wordings had any) is left aside.
        """
        if vector is not None and len(vector) != len(self.centre) - ROOM:
            vector = None
        row = looks([plain], None if vector is None else vector[None, :], self.idf, len(self.centre))
        return np.asarray(((row - self.centre) @ self.weights)[0], dtype=np.float32)


def learn(
    plains: Sequence[str],
    vectors: Floats | None,
    owners: NDArray[np.int64],
    *,
    left_out: bool = False,
    ridge: float = RIDGE,
) -> Classes | None:
    """The classifier of a base; None where its entries have too few wordings to learn from, or
    there are too many of either.

    ``owners`` is the entry of each wording. Takes n·d² or n²·d steps, whichever is less (n wordings, d features).
    """
    entries, place = np.unique(owners, return_inverse=True)
    if not 2 <= len(entries) <= MOST_ENTRIES or not LEAST_WORDINGS * len(entries) <= len(owners) <= MOST_WORDINGS:
        return None
    idf = _idf(plains)
    looked = looks(plains, vectors, idf, 0)
    centre = looked.mean(axis=0)
    looked -= centre
    wanted = np.zeros((len(owners), len(entries)), dtype=np.float32)
    wanted[np.arange(len(owners)), place] = 1.0
    wanted -= wanted.mean(axis=0)
    if len(owners) <= looked.shape[1]:
        weights, hat = _by_wordings(looked, wanted, ridge)
    else:
        weights, hat = _by_features(looked, wanted, ridge)
    without = None
    if left_out:
        given = looked @ weights
        without = (wanted - (wanted - given) / np.maximum(1.0 - hat, 1e-3)[:, None]).astype(np.float32)
    return Classes(entries.astype(np.int64), weights, centre, idf, without)


def looks(plains: Sequence[str], vectors: Floats | None, idf: Floats, width: int) -> Floats:
    """Rows of features. ``width`` pads (a classifier that knew vectors is asked without)."""
    size = vectors.shape[1] if vectors is not None else max(0, width - ROOM)
    out = np.zeros((len(plains), ROOM + size), dtype=np.float32)
    for row, plain in zip(out, plains, strict=True):
        for (place, sign), times in Counter(_hashed(plain)).items():
            row[place] += sign * idf[place] * (1.0 + math.log(times))
        length = float(np.linalg.norm(row[:ROOM]))
        if length:
            row[:ROOM] /= length
    if vectors is not None:
        out[:, ROOM:] = vectors * math.sqrt(MEANING)
    return out


def _hashed(plain: str) -> list[tuple[int, int]]:
    found = []
    for length in (1, 2, 3):
        for at in range(len(plain) - length + 1):
            code = zlib.crc32(plain[at : at + length].encode())
            found.append((code % ROOM, 1 if code & 0x80000000 else -1))
    return found


def _idf(plains: Sequence[str]) -> Floats:
    counts = np.zeros(ROOM, dtype=np.float32)
    for plain in plains:
        counts[list({place for place, _ in _hashed(plain)})] += 1.0
    return np.asarray(np.log((1.0 + len(plains)) / (1.0 + counts)) + 1.0, dtype=np.float32)


def _by_features(looked: Floats, wanted: Floats, ridge: float) -> tuple[Floats, Floats]:
    gram = looked.T @ looked
    gram[np.diag_indices_from(gram)] += ridge
    factor: Any = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    weights = cho_solve(factor, looked.T @ wanted, check_finite=False)
    hat = np.zeros(len(looked), dtype=np.float32)
    for at in range(0, len(looked), 2048):
        part = looked[at : at + 2048]
        hat[at : at + 2048] = np.einsum("ij,ji->i", part, cho_solve(factor, part.T, check_finite=False))
    return np.asarray(weights, np.float32), hat + np.float32(1.0 / len(looked))


def _by_wordings(looked: Floats, wanted: Floats, ridge: float) -> tuple[Floats, Floats]:
    kernel = looked @ looked.T
    kernel[np.diag_indices_from(kernel)] += ridge
    factor: Any = cho_factor(kernel, lower=True, check_finite=False)
    weights = looked.T @ cho_solve(factor, wanted, check_finite=False)
    inverse = cho_solve(factor, np.eye(len(looked), dtype=np.float32), check_finite=False)
    hat = 1.0 - ridge * np.diag(inverse)
    return np.asarray(weights, np.float32), np.asarray(hat + 1.0 / len(looked), np.float32)
