"""What a model is, the two plainest ones, and the names by which the others are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit


@dataclass(frozen=True, slots=True)
class Guess:
    """Of the rows asked for: ``mean`` counts (rows x slots) and ``spread``, the deviation of sqrt(count + 1/4).

    ``covariance`` (slots x slots) of the first row in the same root scale serves the update within the day;
    ``parts`` tells by effect what each adds in the root scale (rows x slots each); both only where the model has them.
    """

    mean: Floats
    spread: Floats | None = None
    covariance: Floats | None = None
    parts: Mapping[str, Floats] = field(default_factory=dict)


class Fitted(Protocol):
    """A model that has learned from the days before its origin."""

    def predict(self, rows: Ints) -> Guess:
        """Counts of the open intervals of ``rows`` (rows of the frame, at or after the origin)."""
        ...


class Model(Protocol):
    """A way to forecast. ``fit`` reads counts of rows before ``until`` only and raises :class:`Unfit` when they are too few.

    ``previous`` is the same model fitted at an earlier origin of the same frame: what is slow to learn may be taken over.
    """

    name: str

    def fit(self, framed: Frame, until: int, previous: Any = None) -> Fitted: ...


@dataclass(frozen=True, slots=True)
class WeekdayMean:
    """Mean of the last ``weeks`` same weekdays; without any, of the last ``weeks`` open days: never fails.

    The baseline that every other model has to beat; beyond a few days it is hard to beat (Taylor 2008).
    """

    weeks: int = 4
    name: str = "mean"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> _FittedMean:
        return _FittedMean(framed, until, self.weeks)


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """The last same weekday again."""

    name: str = "naive"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> _FittedMean:
        return _FittedMean(framed, until, 1)


@dataclass(frozen=True, slots=True)
class _FittedMean:
    framed: Frame
    until: int
    weeks: int

    def predict(self, rows: Ints) -> Guess:
        return Guess(baseline(self.framed, self.until, rows, self.weeks))


def baseline(framed: Frame, until: int, rows: Ints, weeks: int = 4) -> Floats:
    """Mean of the last ``weeks`` same effective weekdays before ``until`` (rows x slots), slot by slot over usable counts.

    A slot without a count on those days takes the mean of that slot over all days, then of the day; 0 with no history at all.
    """
    counts = np.where(framed.usable[:until], framed.counts[:until], np.nan)
    past = framed.learnable(until, least=0.01)
    general = _mean(counts[past[-7 * weeks :]]) if len(past) else np.zeros(framed.slots)
    general = np.where(np.isfinite(general), general, np.nanmean(general) if np.isfinite(general).any() else 0.0)
    by_weekday: dict[int, Floats] = {}
    result = np.empty((len(rows), framed.slots))
    for place, row in enumerate(rows):
        weekday = int(framed.weekday[row])
        if weekday not in by_weekday:
            same = past[framed.weekday[past] == weekday][-weeks:]
            found = _mean(counts[same]) if len(same) else general
            by_weekday[weekday] = np.where(np.isfinite(found), found, general)
        result[place] = by_weekday[weekday]
    return result


def _mean(block: Floats) -> Floats:
    known = np.isfinite(block)
    number = known.sum(axis=0)
    total = np.where(known, block, 0.0).sum(axis=0)
    return np.asarray(np.where(number > 0, total / np.maximum(number, 1), np.nan))


_PLACES = {
    "mean": ("models", "WeekdayMean"),
    "naive": ("models", "SeasonalNaive"),
    "factors": ("factors", "DayFactors"),
    "svd_ar": ("svd_ar", "SvdAr"),
    "boosting": ("boosting", "Boosting"),
    "ets": ("smoothing", "Smoothing"),
    "tbats": ("smoothing", "Tbats"),
    "lstm": ("lstm", "Lstm"),
}


def model_named(name: str) -> Model:
    """The model of that name with its usual settings; :class:`Unfit` ``unknown_model`` for another name."""
    if name not in _PLACES:
        raise Unfit("unknown_model")
    module, attribute = _PLACES[name]
    found: Model = getattr(import_module(f"denghuo.engine.forecasting.{module}"), attribute)()
    return found


MODELS = tuple(_PLACES)
