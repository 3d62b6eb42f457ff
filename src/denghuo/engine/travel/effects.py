"""Additive random effects for factors of many thousand levels, by backfitting.

The same model as :mod:`denghuo.engine.prediction.effects` (y = mean + one effect per factor + error, each factor's effects
drawn from N(0, spread)), which solves its equations exactly but in the cube of the number of levels. Pairs of zones are
thousands; here each factor is set in turn to the shrunken mean of what the others leave over (Buja, Hastie and Tibshirani
1989), the variances by EM with each level's own posterior variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
ROUNDS = 60
SMALL = 1e-6
SETTLED = 1e-5


@dataclass(frozen=True, slots=True)
class Fitted:
    """``values[f][level]`` and their posterior ``variances``; ``spreads[f]`` is what a level never seen adds; ``sigma2`` is
    the variance of single trips."""

    mean: float
    values: tuple[Floats, ...]
    variances: tuple[Floats, ...]
    spreads: tuple[float, ...]
    sigma2: float


def backfit(y: Floats, codes: Sequence[Codes], sizes: Sequence[int]) -> Fitted:
    """Fit ``y`` (n,) on factors: ``codes[f]`` (n,) holds levels below ``sizes[f]``. At least two rows are needed."""
    counts = [np.bincount(code, minlength=size).astype(np.float64) for code, size in zip(codes, sizes, strict=True)]
    mean = float(y.mean())
    sigma2 = max(float(y.var()), SMALL)
    spreads = [sigma2 / 4] * len(codes)
    values = [np.zeros(size) for size in sizes]
    variances = [np.full(size, spread) for size, spread in zip(sizes, spreads, strict=True)]
    error = y - mean
    for _round in range(ROUNDS):
        before = [value.copy() for value in values]
        for f, (code, count) in enumerate(zip(codes, counts, strict=True)):
            error += values[f][code]
            pull = count + sigma2 / spreads[f]
            values[f] = np.bincount(code, weights=error, minlength=sizes[f]) / pull
            variances[f] = sigma2 / pull
            error -= values[f][code]
            seen = count > 0
            spreads[f] = max(float(np.mean(values[f][seen] ** 2 + variances[f][seen])), SMALL)
        shift = float(error.mean())
        mean, error = mean + shift, error - shift
        uncertain = sum(float(np.dot(count, variance)) for count, variance in zip(counts, variances, strict=True))
        sigma2 = max((float(error @ error) + uncertain) / len(y), SMALL)
        if all(np.max(np.abs(a - b), initial=0.0) < SETTLED for a, b in zip(values, before, strict=True)):
            break
    return Fitted(mean, tuple(values), tuple(variances), tuple(spreads), sigma2)
