"""Which models, with which weights: rolling origins (Tashman 2000) over the last weeks of the series itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from denghuo.engine.forecasting.models import Guess, Model, model_named
from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit

BANDS = (1, 3, 7)
"""Last horizon, in days, of each band but the last: day 1, days 2-3, days 4-7, later."""
LEAST_HISTORY = 21


@dataclass(frozen=True, slots=True)
class Plan:
    """``names`` of the competing models. ``origins`` at most, ``step`` open days apart, the last ending at the history's end.

    A model whose error after ``patience`` origins exceeds ``hopeless`` times the best is not run further. Weights go with
    error to the power ``-sharpness``; a model worse than ``kept`` times the best of its band has none.
    """

    names: tuple[str, ...] = ("mean", "svd_ar", "factors")
    origins: int = 14
    step: int = 2
    patience: int = 4
    hopeless: float = 1.5
    sharpness: float = 8.0
    kept: float = 1.15


@dataclass
class Trial:
    """Forecasts made at one origin: rows ahead, their horizons in days, the guess of each model."""

    rows: Ints
    horizons: Ints
    guesses: dict[str, Guess] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """``weights`` by band and model (each band sums to 1), ``errors`` likewise (WAPE), the trials, and why models are out."""

    weights: tuple[Mapping[str, float], ...]
    errors: tuple[Mapping[str, float], ...]
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]
    fitted: Mapping[str, Any] = field(default_factory=dict, repr=False)


def band_of(horizon: int) -> int:
    """Index of the band of a horizon in days (1 = the first day ahead)."""
    return sum(horizon > last for last in BANDS)


def origins_of(framed: Frame, ahead: int, plan: Plan) -> list[int]:
    """Rows (first day ahead) at which the models are tried, earliest first; empty when the history is too short."""
    days = framed.open_rows(0, framed.known)
    learnable = framed.learnable(framed.known)
    if len(learnable) <= LEAST_HISTORY:
        return []
    allowed = days[days > learnable[LEAST_HISTORY - 1]]
    return [int(row) for row in allowed[::-1][:: plan.step][: plan.origins]][::-1]


def select(framed: Frame, ahead: int, plan: Plan, stop: Callable[[], bool] | None = None) -> Selection:
    """Try every model at every origin and weigh them by band of horizon.

    ``stop`` is asked before each origin; when true, :class:`Unfit` ``cancelled`` is raised.
    """
    trials: list[Trial] = []
    notes: list[str] = []
    running: dict[str, Model] = {name: model_named(name) for name in plan.names}
    fitted: dict[str, Any] = {}
    for origin in origins_of(framed, ahead, plan):
        if stop is not None and stop():
            raise Unfit("cancelled")
        rows = framed.open_rows(origin, min(origin + ahead, framed.known))
        trial = Trial(rows, rows - origin + 1)
        for name in list(running):
            try:
                found = running[name].fit(framed, origin, fitted.get(name))
                trial.guesses[name] = found.predict(rows)
                fitted[name] = found
            except Unfit as error:
                notes.append(f"{name}:{error.code}")
                if not error.code.startswith("short"):
                    del running[name]
        trials.append(trial)
        if len(trials) == plan.patience:
            _give_up(framed, trials, running, plan, notes)
    errors = tuple(_errors(framed, trials, plan.names, band) for band in range(len(BANDS) + 1))
    weights = tuple(_weights(found, running, plan) for found in _without_gaps(errors))
    return Selection(weights, errors, tuple(trials), tuple(dict.fromkeys(notes)), fitted)


def _errors(framed: Frame, trials: Sequence[Trial], names: Sequence[str], band: int | None) -> dict[str, float]:
    result = {}
    for name in names:
        off = total = 0.0
        for trial in trials:
            if name not in trial.guesses:
                continue
            mine = [place for place, h in enumerate(trial.horizons) if band is None or band_of(int(h)) == band]
            rows = trial.rows[mine]
            use = framed.usable[rows]
            truth = np.where(use, framed.counts[rows], 0.0)
            off += float(np.abs(np.where(use, trial.guesses[name].mean[mine], 0.0) - truth).sum())
            total += float(truth.sum())
        if total > 0:
            result[name] = off / total
    return result


def _give_up(framed: Frame, trials: list[Trial], running: dict[str, Model], plan: Plan, notes: list[str]) -> None:
    errors = _errors(framed, trials, list(running), None)
    best = min(errors.values(), default=0.0)
    for name, error in errors.items():
        if error > plan.hopeless * best:
            del running[name]
            notes.append(f"{name}:far_behind")


def _without_gaps(errors: Sequence[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """A band that no trial reached takes the nearest nearer band's errors."""
    result: list[Mapping[str, float]] = []
    for found in errors:
        result.append(found if found or not result else result[-1])
    return result


def _weights(errors: Mapping[str, float], running: Mapping[str, Model], plan: Plan) -> dict[str, float]:
    mine = {name: error for name, error in errors.items() if name in running}
    if not mine:
        return {}
    best = max(min(mine.values()), 1e-6)
    raw = {
        name: (max(error, 1e-6) / best) ** -plan.sharpness for name, error in mine.items() if error <= plan.kept * best
    }
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()}


def combined(guesses: Mapping[str, Guess], horizons: Ints, weights: Sequence[Mapping[str, float]]) -> Floats:
    """Weighted mean of the guesses, row by row with the weights of its band (among the models at hand)."""
    any_guess = next(iter(guesses.values()))
    result = np.zeros_like(any_guess.mean)
    for place, horizon in enumerate(horizons):
        given = {name: w for name, w in weights[band_of(int(horizon))].items() if name in guesses}
        chosen = given or dict.fromkeys(guesses, 1.0)
        total = sum(chosen.values())
        for name, weight in chosen.items():
            result[place] += weight / total * guesses[name].mean[place]
    return result
