"""What the analyses share: arrays, intervals, and the fault of data that cannot be analysed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Unfit(ValueError):
    """Data that an analysis cannot answer from. ``code`` says why in a word a page can translate."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Interval:
    """An estimate with the interval that covers the truth with the confidence asked for."""

    value: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def column(values: ArrayLike, *, least: int, code: str = "too_few") -> Floats:
    """A finite vector of at least ``least`` values. Raises :class:`Unfit`."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or len(found) < least:
        raise Unfit(code)
    if not np.isfinite(found).all():
        raise Unfit("not_finite")
    return found
