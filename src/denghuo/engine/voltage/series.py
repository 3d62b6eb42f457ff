"""Measurements on a grid of equal steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """``slots`` steps of ``minutes``; slot 0 ends at ``start`` + one step, as meters stamp the end of a step."""

    start: dt.datetime
    slots: int
    minutes: int = 15

    @classmethod
    def until(cls, end: dt.datetime, hours: int, minutes: int = 15) -> Grid:
        """The last ``hours`` up to the end of the last whole step at or before ``end``."""
        step = minutes * 60
        whole = dt.datetime.fromtimestamp(end.timestamp() // step * step, end.tzinfo)
        return cls(whole - dt.timedelta(hours=hours), hours * 60 // minutes, minutes)

    @property
    def step(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.minutes)

    @property
    def end(self) -> dt.datetime:
        return self.start + self.slots * self.step

    def begins(self, slot: int) -> dt.datetime:
        """When a slot begins."""
        return self.start + slot * self.step

    def slot_of(self, at: dt.datetime) -> int | None:
        """The slot that a measurement stamped ``at`` belongs to; None outside the grid."""
        place = (at - self.start) / self.step
        slot = int(np.ceil(place)) - 1
        return slot if 0 <= slot < self.slots else None


def on_grid(grid: Grid, rows: Iterable[tuple[dt.datetime, Sequence[float | None]]], width: int) -> Floats:
    """Rows of (time, values) as an array (slot, value); NaN where nothing came. The later of two in one slot counts."""
    found = np.full((grid.slots, width), np.nan)
    for at, values in rows:
        slot = grid.slot_of(at)
        if slot is not None:
            found[slot] = [np.nan if value is None else value for value in values]
    return found


def coverage(values: Floats) -> float:
    """Share of slots with at least one measurement, 0 to 1."""
    if not len(values):
        return 0.0
    known = ~np.isnan(values)
    return float((known.any(axis=1) if values.ndim > 1 else known).mean())


def any_of(mask: Bools) -> Bools:
    """Slots where any column is True."""
    return np.asarray(mask.any(axis=1), dtype=np.bool_)


def runs_of(mask: Bools) -> list[tuple[int, int]]:
    """Stretches of True as (first slot, slot after the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
