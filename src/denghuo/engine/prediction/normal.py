"""The normal distribution over arrays, from a table: error below 1e-5 in z, which is far less than data can show."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STANDARD: Final = NormalDist()
_Z: Final[Floats] = np.linspace(-9.0, 9.0, 3601)
_CDF: Final[Floats] = np.array([_STANDARD.cdf(z) for z in _Z])
FAR = 6.0  # beyond this the excess over a is taken as exponential with rate a (Mills 1926)


def cdf(z: Floats) -> Floats:
    """P(Z <= z)."""
    return np.interp(z, _Z, _CDF)


def ppf(p: Floats) -> Floats:
    """The z below which a share ``p`` lies; p in [0, 1], cut off at z = ±9."""
    return np.interp(p, _CDF, _Z)


def above(a: Floats, v: Floats) -> Floats:
    """The quantile ``v`` of Z given Z > a; never below ``a`` and rising with it, however far out ``a`` is."""
    upper = np.clip(1.0 - v, 1e-12, 1.0)
    near = -ppf(cdf(-np.minimum(a, FAR)) * upper)
    far = a - np.log(upper) / np.maximum(a, FAR)
    return np.maximum(np.where(a > FAR, far, near), a)


def hazard(z: Floats) -> Floats:
    """phi(z) / (1 - Phi(z)): the mean of Z given Z > z."""
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        ratio = density / cdf(-z)
    return np.where(z > FAR, z + 1 / np.maximum(z, FAR), ratio)
