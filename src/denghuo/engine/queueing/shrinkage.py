"""From people at work to people on the roster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from denghuo.engine.queueing.model import Ints


def scheduled(heads: ArrayLike, shares: Sequence[float], *, chained: bool = True) -> Ints:
    """Heads to roster so that ``heads`` are there although ``shares`` of the time go to leave, training, breaks ...

    ``chained``: each share is of what the ones before have left (product of the rests); else all are of the whole (their sum).
    Rounded up. Raises ValueError when nothing is left.
    """
    if any(not 0.0 <= share < 1.0 for share in shares):
        raise ValueError("every share lies between 0 and 1")
    rest = float(np.prod([1.0 - share for share in shares])) if chained else 1.0 - float(sum(shares))
    if rest <= 0.0:
        raise ValueError("the shares leave nobody at work")
    numbers = np.atleast_1d(np.asarray(heads, dtype=np.float64))
    if (numbers < 0.0).any() or np.isnan(numbers).any():
        raise ValueError("heads are not negative")
    return np.ceil(numbers / rest - 1e-9).astype(np.int64)
