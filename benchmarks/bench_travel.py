"""Driving times: the learned model beside the straight line, on journeys of the weeks after those it learned from.

The town is made (``benchmarks/travel_town.py``: a river with two bridges, a ring road, rush hours) because no open data of
crews' journeys was found; figures say how quickly the model learns such a town, not how a real one behaves. The peers are
the straight line with the factors that the product ships and with the one factor that fits the learning trips best.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.common import emit, say
from benchmarks.travel_town import build
from denghuo.engine.travel import Straight, TravelModel, Trip, Zones, learn

SHIPPED = Straight(detour=1.35, speed_kmh=30.0)
COVERAGE = 0.8


def main(argv: list[str]) -> None:
    """Options: ``--trips`` to learn from (several), ``--cell`` kilometres, ``--seeds``."""
    parser = argparse.ArgumentParser(prog="denghuo bench travel")
    parser.add_argument("--trips", type=int, nargs="+", default=[500, 2000, 8000, 30000])
    parser.add_argument("--cell", type=float, default=3.0)
    parser.add_argument("--seeds", type=int, default=2)
    options = parser.parse_args(argv)
    figures: dict[str, Any] = {}
    for count in options.trips:
        found = [_one(count, options.cell, seed) for seed in range(options.seeds)]
        figures[str(count)] = {key: round(float(np.mean([one[key] for one in found])), 3) for key in found[0]}
        say(f"{count:>6} trips  {figures[str(count)]}")
    last = figures[str(options.trips[-1])]
    emit("travel", figures, {"straight_shipped": last["straight"], "straight_best_factor": last["best_factor"]})


def _one(count: int, cell: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    trips = build(rng).trips(count + 2000, rng)
    past, ahead = trips[:count], trips[count:]
    began = time.process_time()
    model = learn(past, SHIPPED, Zones(cell), coverage=COVERAGE)
    spent = time.process_time() - began
    ratio = float(np.median([trip.minutes / SHIPPED.minutes(trip.start, trip.end) for trip in past]))
    ranges = [model.estimate(trip.start, trip.end, trip.band) for trip in ahead]
    inside = [one.low <= trip.minutes <= one.high for one, trip in zip(ranges, ahead, strict=True)]
    return {
        "wape": _wape(ahead, lambda trip: model.estimate(trip.start, trip.end, trip.band).minutes),
        "straight": _wape(ahead, lambda trip: SHIPPED.minutes(trip.start, trip.end)),
        "best_factor": _wape(ahead, lambda trip: ratio * SHIPPED.minutes(trip.start, trip.end)),
        "inside_range": float(np.mean(inside)),
        "fit_seconds": spent,
        "matrix_ms_60x400": _matrix_ms(model, ahead),
    }


def _wape(trips: list[Trip], guess: Callable[[Trip], float]) -> float:
    return sum(abs(guess(trip) - trip.minutes) for trip in trips) / sum(trip.minutes for trip in trips)


def _matrix_ms(model: TravelModel, trips: list[Trip]) -> float:
    starts, ends = [trip.start for trip in trips[:60]], [trip.end for trip in trips[:400]]
    began = time.process_time()
    model.matrix(starts, ends, "w08")
    return 1000 * (time.process_time() - began)
