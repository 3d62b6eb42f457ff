"""From a model and what is known so far to the distribution of what is to come.

The residuals of the stages are tied by a Gaussian copula with the measured correlation: a crew that was slow to come is
likelier to be slow to mend. Stages already finished enter as known; of the stage under way it is known that it takes
longer than it has so far (so the rest of a long one is longer, not shorter). The sum is taken over fixed quasi-random
points (Kronecker sequence of Roberts 2018), so the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from denghuo.engine.prediction.model import GRID, Model, Prediction, Span, StagePart
from denghuo.engine.prediction.normal import Floats, above, ppf

POINTS: Final = 400
CHUNK: Final = 1500
SHORTEST: Final = 0.1  # minutes; what took less is taken as this
LONGEST: Final = 60 * 24 * 365.0
FURTHEST: Final = 4.0  # normal score at which what is known of a finished stage is cut off


@dataclass(frozen=True, slots=True)
class Draws:
    """Drawn lengths in minutes, cases x points x stages, the stage under way first; all points weigh the same."""

    stages: Floats

    @property
    def ends(self) -> Floats:
        return np.asarray(np.cumsum(self.stages, axis=2), dtype=np.float64)


def points(dimensions: int) -> Floats:
    """POINTS x ``dimensions`` evenly spread points of the open unit cube."""
    ratio = 2.0
    for _step in range(60):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    alpha = ratio ** -np.arange(1.0, dimensions + 1)
    spread = np.mod(0.5 + np.outer(np.arange(1, POINTS + 1), alpha), 1.0)
    # Each coordinate is put on exactly even steps, so that a single stage has no sampling error at all.
    ranks = np.argsort(np.argsort(spread, axis=0), axis=0)
    return np.asarray((ranks + 0.5) / POINTS, dtype=np.float64)


def log_minutes(minutes: Floats) -> Floats:
    return np.log(np.maximum(minutes, SHORTEST))


def centre_and_width(part: StagePart, rows: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
    """Of log minutes, per case. A level never seen widens it by what the levels of that factor differ."""
    centre, extra = part.location.of(rows)
    log_variance, _unseen = part.scale.of(rows)
    width = part.sigma * np.exp(np.clip(log_variance / 2, -1.5, 1.5))
    return centre, np.sqrt(width * width + extra)


def residual_at(part: StagePart, z: Floats) -> Floats:
    """Residual at normal scores ``z``; beyond the data the line of the outer scores goes on."""
    return _bent(z, np.array(part.scores), np.array(part.residuals))


def score_of(part: StagePart, residual: Floats) -> Floats:
    """Normal score of residuals; the inverse of :func:`residual_at`."""
    return _bent(residual, np.array(part.residuals), np.array(part.scores))


def _bent(x: Floats, known: Floats, values: Floats) -> Floats:
    """Linear between the points, straight on outside them with the mean slope of the outer fifth."""
    inner = np.interp(x, known, values)
    outer = max(len(known) // 5, 1)
    below = (values[outer] - values[0]) / max(known[outer] - known[0], 1e-9)
    beyond = (values[-1] - values[-1 - outer]) / max(known[-1] - known[-1 - outer], 1e-9)
    outside = np.minimum(x - known[0], 0.0) * below + np.maximum(x - known[-1], 0.0) * beyond
    return np.asarray(inner + outside, dtype=np.float64)


def draw(model: Model, rows: Sequence[Sequence[str]], known: Floats, elapsed: Floats) -> Draws:
    """Draw what is to come for cases that have finished the same number of stages.

    ``known``: cases x finished stages, minutes; ``elapsed``: minutes each has been in the stage after those.
    """
    done = known.shape[1]
    left = len(model.stages) - done
    root = np.linalg.cholesky(np.array(model.correlation))
    grid = points(left)
    parts = [centre_and_width(part, rows) for part in model.parts]
    u = np.zeros((len(rows), len(grid), len(model.stages)))
    for stage in range(done):
        centre, width = parts[stage]
        z = np.clip(score_of(model.parts[stage], (log_minutes(known[:, stage]) - centre) / width), -FURTHEST, FURTHEST)
        u[:, :, stage] = ((z - u[:, 0, :stage] @ root[stage, :stage]) / root[stage, stage])[:, None]
    lengths = np.empty((len(rows), len(grid), left))
    for place in range(left):
        stage = done + place
        centre, width = parts[stage]
        mean = u[:, :, :stage] @ root[stage, :stage]
        if place == 0:
            since = score_of(model.parts[stage], (log_minutes(elapsed) - centre) / width)
            least = np.where(elapsed > SHORTEST, since, -30.0)[:, None]
            u[:, :, stage] = above((least - mean) / root[stage, stage], grid[None, :, place])
        else:
            u[:, :, stage] = ppf(grid[:, place])[None, :]
        z = mean + root[stage, stage] * u[:, :, stage]
        log_length = centre[:, None] + width[:, None] * residual_at(model.parts[stage], z)
        lengths[:, :, place] = np.exp(np.minimum(log_length, np.log(LONGEST)))
    lengths[:, :, 0] = np.maximum(lengths[:, :, 0], elapsed[:, None])
    return Draws(lengths)


def shares(model: Model, first: int, last: int) -> Floats:
    """Where in the raw distribution the calibrated quantiles of GRID lie, for the end of ``last`` seen from ``first``."""
    found = model.levels.get(f"{first}:{last}")
    return GRID if found is None else np.array(found)


def at_shares(draws: Floats, wanted: Floats) -> Floats:
    """Quantiles of each case's draws at ``wanted``: cases x shares. A share of 0 or 1 gives the outermost draw."""
    return np.asarray(np.quantile(draws, np.clip(wanted, 0.0, 1.0), axis=1).T, dtype=np.float64)


def grids(model: Model, rows: Sequence[Sequence[str]], known: Floats, elapsed: Floats) -> tuple[Floats, Floats]:
    """Calibrated quantiles at GRID for many cases: of the stages' own lengths, and of the ends; cases x stages left x grid."""
    done = known.shape[1]
    stages, ends = [], []
    for start in range(0, len(rows), CHUNK):
        piece = slice(start, start + CHUNK)
        drawn = draw(model, rows[piece], known[piece], elapsed[piece])
        sums = drawn.ends
        places = range(drawn.stages.shape[2])
        stages.append(
            np.stack([at_shares(drawn.stages[:, :, p], shares(model, done + p, done + p)) for p in places], 1)
        )
        raised = np.stack([at_shares(sums[:, :, p], shares(model, done, done + p)) for p in places], 1)
        # A later end is never told before an earlier one, whatever the calibration of each did.
        ends.append(np.maximum.accumulate(raised, axis=1))
    return np.concatenate(stages), np.concatenate(ends)


def predict(
    model: Model,
    levels: Sequence[str],
    *,
    known: Sequence[float] = (),
    elapsed: float = 0.0,
    coverage: float = 0.8,
) -> Prediction:
    """What is to come for one case.

    ``levels``: factor levels in the order of ``model.factors`` (any text; one never seen widens the interval). ``known``:
    minutes of the stages it has finished; ``elapsed``: minutes it has been in the next. ``coverage`` is the share of cases
    that the interval low–high is to hold, a multiple of 0.1. Raises ValueError for a wrong number of levels, a finished
    case, negative minutes or another coverage.
    """
    if len(levels) != len(model.factors):
        raise ValueError(f"{len(levels)} levels for {len(model.factors)} factors")
    if len(known) >= len(model.stages):
        raise ValueError("the case has finished every stage")
    if min((*known, elapsed)) < 0:
        raise ValueError("minutes cannot be negative")
    low, high = places_of(coverage)
    stages, ends = grids(
        model, [tuple(levels)], np.array([list(known)], dtype=float).reshape(1, -1), np.array([float(elapsed)])
    )
    alike, depth = model.alike_to(levels)
    left = range(len(known), len(model.stages))
    return Prediction(
        first=len(known),
        stages=tuple(_span(row, low, high) for row in stages[0]),
        ends=tuple(_span(row, low, high) for row in ends[0]),
        alike=alike,
        alike_depth=depth,
        calibrated=tuple(f"{len(known)}:{last}" in model.levels for last in left),
    )


def places_of(coverage: float) -> tuple[int, int]:
    """Where in GRID the two ends of a central interval stand. Raises ValueError when they are not among them."""
    tail = (1 - coverage) / 2
    low = int(np.argmin(np.abs(GRID - tail)))
    high = int(np.argmin(np.abs(GRID - (1 - tail))))
    if abs(GRID[low] - tail) > 1e-6 or low >= high:
        raise ValueError(f"a coverage of {coverage} is not one of the multiples of 0.1 from 0.1 to 0.9")
    return low, high


def _span(row: Floats, low: int, high: int) -> Span:
    return Span(float(row[low]), float(row[len(row) // 2]), float(row[high]), tuple(float(item) for item in row))
