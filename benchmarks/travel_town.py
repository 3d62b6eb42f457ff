"""A made town to drive in: streets on a grid, a river with two bridges, a ring road, rush hours. Driving times are those of
the quickest way through it, with the luck of each day; nothing in it knows the model that is measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from denghuo.engine.travel import Trip

SIDE, STEP_KM = 41, 0.6  # crossings a side, kilometres between two
WEST, SOUTH, KM_LAT = 104.0, 30.5, 111.195
RIVER, BRIDGES = 20, (6, 31)  # the row north of which the river runs, and where it is crossed
STREET, RING, HILL = 26.0, 58.0, 14.0  # km/h
RUSH = {"w07": 0.75, "w08": 0.6, "w17": 0.65, "w18": 0.6, "w19": 0.8}  # share of the speed that is left, in the middle
LUCK = 0.15  # standard deviation of the logarithm: lights, parking, the day
HOURS = [f"{day}{hour:02d}" for day in "we" for hour in range(24)]


@dataclass(frozen=True)
class Town:
    """``minutes[kind]`` are the driving times between sampled crossings, ``calm`` and ``rush`` at its worst."""

    spots: NDArray[np.intp]
    calm: NDArray[np.float64]
    rush: NDArray[np.float64]

    def trips(self, count: int, rng: np.random.Generator) -> list[Trip]:
        """Journeys in the order of their days: most begin where the last one ended, in working hours."""
        out, here = [], int(rng.integers(len(self.spots)))
        weights = np.array([3.0 if 7 <= int(name[1:]) <= 20 else 1.0 for name in HOURS])
        while len(out) < count:
            there = int(rng.integers(len(self.spots)))
            if rng.random() < 0.15:
                here = int(rng.integers(len(self.spots)))
            if here == there:
                continue
            band = str(rng.choice(HOURS, p=weights / weights.sum()))
            left = RUSH.get(band, 1.0)
            share = (1 / left - 1) / (1 / min(RUSH.values()) - 1)
            minutes = self.calm[here, there] * (1 - share) + self.rush[here, there] * share
            minutes = (minutes + 2.0) * float(np.exp(rng.normal(0, LUCK)))
            out.append(Trip(self.place(here, rng), self.place(there, rng), band, minutes))
            here = there
        return out

    def place(self, spot: int, rng: np.random.Generator) -> tuple[float, float]:
        """A house near a crossing."""
        row, column = divmod(int(self.spots[spot]), SIDE)
        off = rng.normal(0, 0.08, 2)
        lat = SOUTH + (row * STEP_KM + off[0]) / KM_LAT
        lon = WEST + (column * STEP_KM + off[1]) / (KM_LAT * np.cos(np.radians(SOUTH)))
        return float(lon), float(lat)


def build(rng: np.random.Generator, spots: int = 400) -> Town:
    """The town with ``spots`` crossings where work may be."""
    chosen = np.sort(rng.choice(SIDE * SIDE, spots, replace=False))
    calm, rush = (dijkstra(_roads(slow), indices=chosen)[:, chosen] for slow in (1.0, min(RUSH.values())))
    return Town(chosen, calm, rush)


def _roads(slow: float) -> Any:
    starts, ends, minutes = [], [], []
    for row in range(SIDE):
        for column in range(SIDE):
            for down, right in ((1, 0), (0, 1)):
                to_row, to_column = row + down, column + right
                if to_row >= SIDE or to_column >= SIDE:
                    continue
                if down and row == RIVER and column not in BRIDGES:
                    continue
                took = STEP_KM / _speed(row, column, to_row, to_column, slow) * 60
                here, there = row * SIDE + column, to_row * SIDE + to_column
                starts += [here, there]
                ends += [there, here]
                minutes += [took, took]
    return coo_matrix((minutes, (starts, ends)), shape=(SIDE * SIDE, SIDE * SIDE)).tocsr()


def _speed(row: int, column: int, to_row: int, to_column: int, slow: float) -> float:
    edge, far = 4, SIDE - 5
    if (row == to_row and row in (edge, far)) or (column == to_column and column in (edge, far)):
        return RING
    if row < 14 and column > 28:
        return HILL
    centre = max(abs(row - SIDE / 2), abs(column - SIDE / 2)) < SIDE / 4
    return STREET * (slow if centre or (row == RIVER and to_row > RIVER) else 1.0)
