"""How much of the time the voltage was within its limits, when it was not, and what it went with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from denghuo.engine.voltage.limits import Limits, deviation
from denghuo.engine.voltage.series import Bools, Floats, any_of, coverage, runs_of

Kind = Literal["low", "high", "dead"]
LEAST_PAIRS = 12  # points; a correlation of fewer says nothing


@dataclass(frozen=True, slots=True)
class Episode:
    """Consecutive measured slots of one phase outside the limits. ``worst`` in volts, ``depth`` the deviation there in
    percent. Quarter-hour values show neither sags of seconds nor flicker."""

    phase: int
    kind: Kind
    first: int
    after: int
    worst: float
    depth: float

    @property
    def slots(self) -> int:
        return self.after - self.first


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one phase, or of all together. ``rate`` is the share of measured slots within the limits (with several
    phases: every phase within), 0 to 1; slots without supply are counted in ``dead`` and left out of it."""

    measured: int
    within: int
    low: int
    high: int
    dead: int
    rate: float | None
    lowest: float | None
    mean: float | None
    highest: float | None
    coverage: float


def is_dead(volts: Floats, limits: Limits, dead: float) -> Bools:
    """Where there was no supply: below ``dead`` × nominal."""
    return volts < limits.nominal * dead


def quality(volts: Floats, limits: Limits, dead: float) -> Quality:
    """Figures of ``volts`` (slots, phases)."""
    table = volts if volts.ndim > 1 else volts[:, None]
    off = is_dead(table, limits, dead)
    known = ~np.isnan(table) & ~off
    low, high = (limits.below(table) & known).any(axis=1), (limits.above(table) & known).any(axis=1)
    seen = known.any(axis=1)
    within = seen & ~low & ~high
    live = table[known]
    count = int(seen.sum())
    return Quality(
        measured=count,
        within=int(within.sum()),
        low=int(low.sum()),
        high=int(high.sum()),
        dead=int(off.any(axis=1).sum()),
        rate=within.sum() / count if count else None,
        lowest=float(live.min()) if live.size else None,
        mean=float(live.mean()) if live.size else None,
        highest=float(live.max()) if live.size else None,
        coverage=coverage(table),
    )


def episodes(volts: Floats, limits: Limits, dead: float) -> list[Episode]:
    """Every stretch outside the limits, in order of time; a slot without measurement ends one."""
    found: list[Episode] = []
    for phase in range(volts.shape[1]):
        own = volts[:, phase]
        off = is_dead(own, limits, dead)
        masks: list[tuple[Kind, Bools]] = [
            ("dead", off), ("low", limits.below(own) & ~off), ("high", limits.above(own)),
        ]  # fmt: skip
        for kind, mask in masks:
            for first, after in runs_of(mask):
                part = own[first:after]
                worst = float(part.max() if kind == "high" else part.min())
                depth = float(deviation(np.array([worst]), limits.nominal)[0])
                found.append(Episode(phase, kind, first, after, worst, depth))
    return sorted(found, key=lambda one: (one.first, one.phase))


def hours_of_day(volts: Floats, hours: Sequence[int], limits: Limits, dead: float) -> list[tuple[int, float, float]]:
    """(hour of day, lowest voltage, share of measured slots outside the limits), the worst hour first.

    ``hours``: the local hour of each slot."""
    lowest = lowest_of(volts, limits, dead)
    table = volts if volts.ndim > 1 else volts[:, None]
    out = any_of(limits.below(table) | limits.above(table))
    clock = np.asarray(hours)
    rows = []
    for hour in sorted(set(hours)):
        here = (clock == hour) & ~np.isnan(lowest)
        if here.any():
            rows.append((int(hour), float(lowest[here].min()), float(out[here].mean())))
    return sorted(rows, key=lambda row: (-row[2], row[1], row[0]))


def lowest_of(volts: Floats, limits: Limits, dead: float) -> Floats:
    """The lowest live phase of each slot; NaN where none."""
    table = volts if volts.ndim > 1 else volts[:, None]
    live = np.where(is_dead(table, limits, dead), np.nan, table)
    known = ~np.isnan(live).all(axis=1)
    lowest = np.full(len(table), np.nan)
    lowest[known] = np.nanmin(live[known], axis=1)
    return lowest


def correlation(volts: Floats, share: Floats, limits: Limits, dead: float) -> float | None:
    """Pearson's r of the lowest phase and the transformer's load where both are known; None with under 12 pairs or
    without any variation."""
    lowest = lowest_of(volts, limits, dead)
    both = ~np.isnan(lowest) & ~np.isnan(share)
    if both.sum() < LEAST_PAIRS or np.ptp(lowest[both]) < 1e-6 or np.ptp(share[both]) < 1e-6:
        return None
    return float(np.corrcoef(lowest[both], share[both])[0, 1])
