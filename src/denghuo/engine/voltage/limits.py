"""Limits of supply voltage deviation, GB/T 12325-2008."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denghuo.engine.voltage.series import Bools, Floats

EDGE = 1e-9  # a value on the limit is within it


@dataclass(frozen=True, slots=True)
class Limits:
    """``nominal`` in volts; ``low`` and ``high`` in percent of it, as signed deviations (−10, +7)."""

    nominal: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (self.nominal > 0 and self.low < 0 < self.high):
            raise ValueError("nominal must be positive, low negative, high positive")

    @property
    def floor(self) -> float:
        """The lowest voltage within the limits, volts."""
        return self.nominal * (1 + self.low / 100)

    @property
    def ceiling(self) -> float:
        """The highest voltage within the limits, volts."""
        return self.nominal * (1 + self.high / 100)

    def below(self, volts: Floats) -> Bools:
        return volts < self.floor - EDGE

    def above(self, volts: Floats) -> Bools:
        return volts > self.ceiling + EDGE


def deviation(volts: Floats, nominal: float) -> Floats:
    """(measured − nominal) / nominal × 100, percent."""
    return (volts - nominal) / nominal * 100


def sum_of_deviations(volts: Floats, nominal: float) -> float | None:
    """For 35 kV and above: sum of the absolute values of the largest positive and negative deviation, percent; when all
    have one sign, the larger absolute value (GB/T 12325-2008, 4.1). None without a measurement."""
    known = volts[~np.isnan(volts)]
    if not known.size:
        return None
    off = deviation(known, nominal)
    return float(max(off.max(), 0.0) + max(-off.min(), 0.0))
