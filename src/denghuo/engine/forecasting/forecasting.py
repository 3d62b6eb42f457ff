"""One series in, its forecast out: selection, combination, ranges, explanation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from denghuo.engine.forecasting.accuracy import Accuracy, accuracy
from denghuo.engine.forecasting.framing import frame
from denghuo.engine.forecasting.intervals import Widths, quarter_of, ranges, scaling, spread_of, widths
from denghuo.engine.forecasting.models import Guess, WeekdayMean, model_named
from denghuo.engine.forecasting.selecting import Plan, Selection, band_of, combined, select
from denghuo.engine.forecasting.series import Bools, CalendarRules, Driver, Floats, Frame, Ints, Series, Unfit

BASE = ("level", "weekday")


@dataclass(frozen=True)
class Forecast:
    """Days ahead by interval (days x slots): ``mean``, ``low``, ``high`` counts, 0 where closed.

    ``weights`` by horizon day and model; ``tried`` the accuracy of the rolling origins by horizon day (1 = next day);
    ``effects`` by day: ``baseline`` as a day's count, every other effect as a factor, their product the day's forecast.
    ``notes`` are codes, ``model:reason`` where a model could not take part. ``spread`` (root scale), ``covariance`` and
    ``widths`` serve the update within the first open day.
    """

    first: dt.date
    interval: int
    open: Bools
    mean: Floats
    low: Floats
    high: Floats
    weights: tuple[Mapping[str, float], ...]
    tried: Mapping[int, Accuracy]
    effects: tuple[Mapping[str, float], ...]
    abnormal_days: tuple[dt.date, ...]
    notes: tuple[str, ...]
    spread: Floats
    covariance: Floats | None = field(default=None, repr=False)
    widths: Widths | None = field(default=None, repr=False)
    quarter: Ints | None = field(default=None, repr=False)

    def date(self, row: int) -> dt.date:
        return self.first + dt.timedelta(days=row)


def forecast(
    series: Series,
    ahead: int = 7,
    *,
    drivers: Sequence[Driver] = (),
    future_open: Bools | None = None,
    rules: CalendarRules | None = None,
    plan: Plan | None = None,
    level: float = 0.9,
    detect: bool = True,
    stop: Callable[[], bool] | None = None,
) -> Forecast:
    """Forecast ``ahead`` days after the last complete day of ``series``.

    Never fails for lack of data: a short or sparse series falls back to the weekday mean, an empty one to zero, and ``notes``
    say so. Raises :class:`Unfit` for malformed input, an unknown model name or when ``stop`` (asked now and then) is true.
    """
    if ahead < 1:
        raise Unfit("nothing_ahead")
    chosen = plan or Plan()
    framed = frame(series, ahead, drivers=drivers, future_open=future_open, rules=rules, detect=detect)
    selection = select(framed, ahead, chosen, stop)
    rows = framed.open_rows(framed.known, framed.known + ahead)
    horizons = rows - framed.known + 1
    guesses, notes = _guesses(framed, rows, chosen, selection)
    if not len(framed.learnable(framed.known, least=0.01)):
        notes.append("no_history")
    mean = np.where(framed.open[rows], combined(guesses, horizons, selection.weights), 0.0)
    spread = spread_of(mean, scaling(list(guesses.values())))
    found = widths(framed, selection, level)
    if not found.days:
        notes.append("ranges_assumed")
    low, high = ranges(framed, mean, spread, horizons, found)
    opened = framed.open[framed.known :]
    detailed = guesses.get("factors")
    return Forecast(
        framed.date(framed.known),
        framed.interval,
        opened,
        _placed(mean, rows - framed.known, opened),
        _placed(low, rows - framed.known, opened),
        _placed(high, rows - framed.known, opened),
        tuple(_weights_on(selection, guesses, day) for day in range(1, ahead + 1)),
        _tried(framed, selection, found),
        _effects(framed, rows, mean, detailed, ahead),
        _abnormal(framed),
        tuple(dict.fromkeys([*framed.notes, *notes, *selection.notes])),
        _placed(spread, rows - framed.known, opened),
        detailed.covariance if detailed is not None else None,
        found,
        quarter_of(framed),
    )


def _guesses(framed: Frame, rows: Ints, plan: Plan, selection: Selection) -> tuple[dict[str, Guess], list[str]]:
    """Guesses of the models with a weight in any band; without trials all that can be fitted, with equal weight."""
    wanted = {name for band in selection.weights for name in band}
    guesses: dict[str, Guess] = {}
    notes: list[str] = []
    for name in plan.names if wanted else ("mean",):
        if wanted and name not in wanted:
            continue
        try:
            guesses[name] = model_named(name).fit(framed, framed.known, selection.fitted.get(name)).predict(rows)
        except Unfit as error:
            notes.append(f"{name}:{error.code}")
    if not wanted:
        notes.append("fallback:short_history")
    if not guesses:
        guesses["mean"] = WeekdayMean().fit(framed, framed.known).predict(rows)
    return guesses, notes


def _weights_on(selection: Selection, guesses: Mapping[str, Guess], horizon: int) -> dict[str, float]:
    given = {name: w for name, w in selection.weights[band_of(horizon)].items() if name in guesses}
    chosen = given or dict.fromkeys(guesses, 1.0)
    total = sum(chosen.values())
    return {name: round(weight / total, 4) for name, weight in chosen.items()}


def _placed(values: Floats, places: Ints, opened: Bools) -> Floats:
    result = np.zeros(opened.shape)
    result[places] = np.where(opened[places], values, 0.0)
    return result


def _tried(framed: Frame, selection: Selection, found: Widths) -> dict[int, Accuracy]:
    by_day: dict[int, list[tuple[Floats, Floats, Floats, Floats]]] = {}
    for trial in selection.trials:
        if not trial.guesses:
            continue
        mean = combined(trial.guesses, trial.horizons, selection.weights)
        spread = spread_of(mean, scaling(list(trial.guesses.values())))
        low, high = ranges(framed, mean, spread, trial.horizons, found)
        truth = np.where(framed.usable[trial.rows], framed.counts[trial.rows], np.nan)
        for place, horizon in enumerate(trial.horizons):
            by_day.setdefault(int(horizon), []).append((truth[place], mean[place], low[place], high[place]))
    return {
        day: accuracy(*(np.concatenate([one[part] for one in found_on]) for part in range(4)))
        for day, found_on in sorted(by_day.items())
    }


def _effects(
    framed: Frame, rows: Ints, mean: Floats, guess: Guess | None, ahead: int
) -> tuple[Mapping[str, float], ...]:
    """Baseline times factors by day; ``models`` is what the other models' share changes."""
    result: list[dict[str, float]] = [{} for _ in range(ahead)]
    for place, row in enumerate(rows):
        day = int(row) - framed.known
        use = framed.open[row]
        total = float(mean[place].sum())
        if guess is None or not guess.parts:
            result[day] = {"baseline": total}
            continue
        root = np.sum([guess.parts[name][place] for name in BASE], axis=0)
        before = float((np.maximum(root, 0.0)[use] ** 2).sum())
        told = {"baseline": before}
        for name, part in guess.parts.items():
            if name in BASE:
                continue
            root = root + part[place]
            after = float((np.maximum(root, 0.0)[use] ** 2).sum())
            told[name] = after / before if before > 0 else 1.0
            before = after
        told["models"] = total / before if before > 0 else 1.0
        result[day] = told
    return tuple(result)


def _abnormal(framed: Frame) -> tuple[dt.date, ...]:
    left_out = framed.open[: framed.known] & np.isfinite(framed.counts[: framed.known]) & ~framed.usable[: framed.known]
    opened = framed.open[: framed.known].sum(axis=1)
    rows = np.flatnonzero(left_out.sum(axis=1) > 0.5 * np.maximum(opened, 1))
    return tuple(framed.date(int(row)) for row in rows)
