"""Three-phase voltage unbalance, and the signature of a broken neutral."""

from __future__ import annotations

import numpy as np

from denghuo.engine.voltage.limits import Limits
from denghuo.engine.voltage.series import Bools, Floats, any_of


def sequence_unbalance(lines: Floats) -> Floats:
    """Negative over positive sequence from the three line voltages, percent (GB/T 15543-2008, appendix A):
    L = (a⁴+b⁴+c⁴)/(a²+b²+c²)², ε = √((1−√(3−6L))/(1+√(3−6L))). NaN where a voltage is unknown."""
    squares = lines**2
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (squares**2).sum(axis=1) / squares.sum(axis=1) ** 2
        root = np.sqrt(np.clip(3 - 6 * ratio, 0, 1))
        return np.asarray(np.sqrt((1 - root) / (1 + root)) * 100)


def phase_unbalance(volts: Floats) -> Floats:
    """Largest departure of a phase from the mean of the three over that mean, percent: what can be said of phase voltages
    without their angles. An approximation of :func:`sequence_unbalance`; NaN where a phase is unknown."""
    mean = volts.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, np.abs(volts - mean[:, None]).max(axis=1) / mean * 100, np.nan)


def neutral_loss(volts: Floats, limits: Limits, dead: float) -> Bools:
    """Slots where one phase is above its limit while another live one is below its own: what a broken neutral does.

    ``volts`` may hold the phases of several meters of one transformer side by side."""
    return any_of(limits.below(volts) & (volts >= limits.nominal * dead)) & any_of(limits.above(volts))
