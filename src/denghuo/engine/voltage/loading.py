"""What a transformer carries: 重载 from 70 % of capacity, 过载 above 100 %, each for an hour or longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from denghuo.engine.voltage.series import Floats, runs_of

EDGE = 1e-9
Band = Literal["heavy", "over"]


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive slots in a band; ``peak`` the highest share of capacity."""

    band: Band
    first: int
    after: int
    peak: float


def load_runs(share: Floats, minutes: int, *, heavy: float, over: float, least_minutes: float) -> list[Run]:
    """Stretches at ``heavy`` or more (an overload inside goes on counting as heavy) and above ``over``, at least
    ``least_minutes`` long; an unmeasured slot ends one."""
    found = []
    bands: tuple[Band, Band] = ("heavy", "over")
    for band, mask in zip(bands, (share >= heavy - EDGE, share > over + EDGE), strict=True):
        for first, after in runs_of(mask):
            if (after - first) * minutes >= least_minutes - EDGE:
                found.append(Run(band, first, after, float(share[first:after].max())))
    return sorted(found, key=lambda run: (run.first, run.band))


def current_unbalance(amperes: Floats) -> Floats:
    """(largest − smallest) / largest of the phase currents, percent, by slot; NaN where a phase is unknown or none
    carries current."""
    largest, smallest = amperes.max(axis=1), amperes.min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(largest > 0, (largest - smallest) / largest * 100, np.nan)
