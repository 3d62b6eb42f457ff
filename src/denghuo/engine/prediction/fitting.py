"""Learning a model from cases of the past.

The cases are put in the order of time. From the earlier part the stages' effects, scales, residuals and correlation are
learnt; on the later part it is measured where in its predicted distribution each outcome really fell, and the shares at
which quantiles are read are moved by that (distributional conformal prediction, Chernozhukov, Wüthrich and Zhu 2021):
if cases stay exchangeable, an interval told to hold 80 % holds at least 80 %, whether or not the model is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from denghuo.engine.prediction.effects import Effects, fit_effects
from denghuo.engine.prediction.model import GRID, Model, Row, StagePart, Unfit
from denghuo.engine.prediction.normal import Floats
from denghuo.engine.prediction.predicting import CHUNK, draw, log_minutes, score_of
from denghuo.engine.prediction.survival import Bools, quantiles, score_grid

FEWEST: Final = 30  # cases that have finished a stage, below which nothing is learnt
CALIBRATE_FROM: Final = 20  # outcomes, below which a target is told uncalibrated
TIED: Final = 30  # cases against which the measured correlation of stages is shrunk to none


def fit(
    rows: Sequence[Row],
    *,
    stages: Sequence[str],
    factors: Sequence[str],
    alike: Sequence[str] = (),
    calibrate: float = 0.25,
) -> Model:
    """Learn from ``rows``. ``calibrate`` is the share of the latest rows kept for calibration (0: none). ``alike`` names
    the factors, most important first, whose shared levels make cases alike. Deterministic; the order of ``rows`` does not
    matter. Raises Unfit when fewer than 30 rows of the earlier part have finished every stage, or a row is malformed."""
    checked(rows, len(stages), len(factors))
    ordered = sorted(rows, key=lambda row: (row.at, row.levels, row.durations, row.open_for or 0.0))
    cut = len(ordered) - int(len(ordered) * calibrate)
    early, late = ordered[:cut], ordered[cut:]
    whole = [row for row in early if len(row.durations) == len(stages)]
    if len(whole) < FEWEST:
        raise Unfit(f"{len(whole)} finished cases to learn from, at least {FEWEST} are needed")
    parts = tuple(_part(early, stage, len(factors)) for stage in range(len(stages)))
    raw = Model(
        stages=tuple(stages),
        factors=tuple(factors),
        alike=tuple(alike),
        parts=parts,
        correlation=_correlation(parts, whole),
        levels={},
        calibrated_on={},
        counts=_counts(ordered, [list(factors).index(name) for name in alike]),
        n=len(ordered),
        n_open=sum(1 for row in ordered if len(row.durations) < len(stages)),
    )
    return calibrated(raw, late) if late else raw


def checked(rows: Sequence[Row], stages: int, factors: int) -> None:
    """Raise Unfit unless every row has the right shape and minutes that can be."""
    for row in rows:
        times = (*row.durations, row.open_for or 0.0)
        if len(row.levels) != factors or len(row.durations) > stages:
            raise Unfit(f"a row has {len(row.levels)} levels and {len(row.durations)} stages")
        if not all(np.isfinite(item) and item >= 0 for item in times):
            raise Unfit("durations must be finite and not negative")


def _part(rows: Sequence[Row], stage: int, factors: int) -> StagePart:
    """One stage, from the rows that have finished it and those that are in it."""
    inside = [row for row in rows if len(row.durations) > stage or _in(row, stage)]
    hidden: Bools = np.array([len(row.durations) <= stage for row in inside], dtype=bool)
    minutes = [row.durations[stage] if len(row.durations) > stage else float(row.open_for or 0) for row in inside]
    y = log_minutes(np.array(minutes))
    levels = [row.levels for row in inside]
    location, sigma, expected = fit_effects(levels, y, factors, hidden)
    error = y - expected
    scale = _scale(levels, error, hidden, factors)
    width = np.exp(np.clip(scale.of(levels)[0] / 2, -1.5, 1.5))
    sigma = max(sigma, 1e-3)
    scores, residuals = score_grid(error / (sigma * width), hidden)
    return StagePart(
        location=location,
        scale=scale,
        sigma=sigma,
        scores=tuple(float(item) for item in scores),
        residuals=tuple(float(item) for item in residuals),
        n=int((~hidden).sum()),
        n_open=int(hidden.sum()),
    )


def _in(row: Row, stage: int) -> bool:
    return len(row.durations) == stage and row.open_for is not None and row.open_for > 0


def _scale(levels: Sequence[tuple[str, ...]], error: Floats, hidden: Bools, factors: int) -> Effects:
    """How much wider some levels scatter than others: effects on the log of the squared error (Harvey 1976)."""
    seen = [row for row, open_ in zip(levels, hidden, strict=True) if not open_]
    squared = error[~hidden] ** 2
    floor = max(float(squared.mean()) * 1e-3, 1e-12)
    effects, _sigma, _expected = fit_effects(seen, np.log(np.maximum(squared, floor)), factors)
    return Effects(0.0, effects.values, tuple(0.0 for _item in effects.spread))


def _correlation(parts: Sequence[StagePart], whole: Sequence[Row]) -> tuple[tuple[float, ...], ...]:
    """Of the stages' normal scores over finished cases, shrunk towards none by how few there are."""
    from denghuo.engine.prediction.predicting import centre_and_width

    levels, n = [row.levels for row in whole], len(whole)
    columns = []
    for stage, part in enumerate(parts):
        centre, width = centre_and_width(part, levels)
        y = log_minutes(np.array([row.durations[stage] for row in whole]))
        columns.append(np.clip(score_of(part, (y - centre) / width), -4.0, 4.0))
    table = np.array(columns)
    table = table - table.mean(axis=1, keepdims=True)
    size = np.maximum(np.sqrt((table**2).mean(axis=1)), 1e-6)
    measured = (table @ table.T) / n / np.outer(size, size) * (n / (n + TIED))
    np.fill_diagonal(measured, 1.0)
    return tuple(tuple(float(item) for item in row) for row in measured)


def _counts(rows: Sequence[Row], places: Sequence[int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        for depth in range(1, len(places) + 1):
            found["|".join(row.levels[place] for place in places[:depth])] += 1
    return dict(found)


def calibrated(model: Model, rows: Sequence[Row]) -> Model:
    """The model with its quantiles moved to where the outcomes of ``rows`` fell. Targets with fewer than 20 outcomes keep
    the raw quantiles."""
    levels: dict[str, tuple[float, ...]] = {}
    counts: dict[str, int] = {}
    for first in range(len(model.stages)):
        known_rows = [row for row in rows if len(row.durations) > first or _in(row, first)]
        if not known_rows:
            continue
        for last, (fell, hidden) in enumerate(fell_at(model, known_rows, first), first):
            n = int((~hidden).sum())
            if n >= CALIBRATE_FROM:
                levels[f"{first}:{last}"] = tuple(float(item) for item in _conformal(fell, hidden, n))
                counts[f"{first}:{last}"] = n
    return Model(
        model.stages, model.factors, model.alike, model.parts, model.correlation, levels, counts, model.counts,
        model.n, model.n_open,
    )  # fmt: skip


def fell_at(model: Model, rows: Sequence[Row], first: int) -> list[tuple[Floats, Bools]]:
    """For each stage from ``first`` on: where in its predicted distribution (0–1) the end of it fell for each row, seen
    when ``first`` stages were finished, and whether the row was still open there (it fell higher)."""
    known = np.array([row.durations[:first] for row in rows], dtype=float).reshape(len(rows), first)
    width = len(model.stages) - first
    fell, hidden = np.zeros((len(rows), width)), np.zeros((len(rows), width), dtype=bool)
    for start in range(0, len(rows), CHUNK):
        piece = rows[start : start + CHUNK]
        ends = draw(model, [row.levels for row in piece], known[start : start + CHUNK], np.zeros(len(piece))).ends
        for place in range(width):
            came = [_came(row, first, first + place) for row in piece]
            minutes = np.array([item[0] for item in came])
            below = (ends[:, :, place] < minutes[:, None]).mean(axis=1)
            within = (ends[:, :, place] <= minutes[:, None]).mean(axis=1)
            fell[start : start + CHUNK, place] = (below + within) / 2
            hidden[start : start + CHUNK, place] = [item[1] for item in came]
    return [(fell[:, place], hidden[:, place]) for place in range(width)]


def _came(row: Row, first: int, last: int) -> tuple[float, bool]:
    """Minutes from the end of stage ``first`` - 1 to the end of ``last``, or so far; whether that is so far only."""
    if len(row.durations) > last:
        return sum(row.durations[first : last + 1]), False
    return sum(row.durations[first:]) + (row.open_for or 0.0), True


def _conformal(fell: Floats, hidden: Bools, n: int) -> Floats:
    """Shares at which the calibrated quantiles of GRID lie: the lower ones a step lower and the upper a step higher than
    measured (the finite-sample step of conformal prediction), 0 or 1 where there are too few outcomes to say."""
    moved = np.where(GRID < 0.5 - 1e-9, np.floor((n + 1) * GRID) / n, np.ceil((n + 1) * GRID) / n)
    wanted = np.where(np.abs(GRID - 0.5) < 1e-9, 0.5, moved)
    found = np.maximum.accumulate(quantiles(fell, hidden, np.clip(wanted, 0.0, 1.0)))
    found = np.where(wanted <= 0, 0.0, np.where(wanted > 1, 1.0, found))
    return np.asarray(np.maximum.accumulate(found), dtype=np.float64)
