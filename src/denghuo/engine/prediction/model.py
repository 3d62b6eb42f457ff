"""What goes in and out of a prediction: cases of the past, the fitted model, and predicted times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from denghuo.engine.prediction.effects import Effects
from denghuo.engine.prediction.normal import Floats

FORMAT: Final = 1
#: the shares at which every distribution is told: 5 %, 10 %, … 95 %
GRID: Final[Floats] = np.round(np.arange(0.05, 0.96, 0.05), 2)


class Unfit(ValueError):
    """There is too little, or nothing usable, to learn from."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case of the past. ``at`` orders cases in time (days), ``levels`` are its factor levels in the order of the
    factors, ``durations`` the minutes of the stages it has finished, in order, ``open_for`` the minutes it has been in the
    stage after them when it has not finished that one (None: nothing is known of it)."""

    at: float
    levels: tuple[str, ...]
    durations: tuple[float, ...]
    open_for: float | None = None


@dataclass(frozen=True, slots=True)
class StagePart:
    """How long one stage takes: log minutes = location + scale x residual, the residual by its normal scores."""

    location: Effects
    scale: Effects
    sigma: float
    scores: tuple[float, ...]
    residuals: tuple[float, ...]
    n: int
    n_open: int


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. ``levels["k:j"]`` gives, for a case that has finished k stages, the shares of the raw distribution of
    the end of stage j at which the calibrated quantiles of :data:`GRID` lie. ``counts`` tell how many cases were alike."""

    stages: tuple[str, ...]
    factors: tuple[str, ...]
    alike: tuple[str, ...]
    parts: tuple[StagePart, ...]
    correlation: tuple[tuple[float, ...], ...]
    levels: Mapping[str, tuple[float, ...]]
    calibrated_on: Mapping[str, int]
    counts: Mapping[str, int]
    n: int
    n_open: int

    def alike_to(self, levels: Sequence[str]) -> tuple[int, int]:
        """How many cases shared the levels of the first factors of ``alike``, and how many factors that is: the most
        particular group that holds a case; (all, 0) when none does."""
        places = [self.factors.index(name) for name in self.alike]
        for depth in range(len(places), 0, -1):
            found = self.counts.get("|".join(levels[place] for place in places[:depth]), 0)
            if found:
                return found, depth
        return self.n, 0


@dataclass(frozen=True, slots=True)
class Span:
    """An interval in minutes with its middle; ``grid`` holds the quantiles of :data:`GRID`."""

    low: float
    median: float
    high: float
    grid: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is to come for one case. ``stages`` are the whole lengths of the stages not yet finished, the one under way
    first; ``ends`` the minutes from the beginning of that one to the end of each. ``alike``: cases it rests on."""

    first: int
    stages: tuple[Span, ...]
    ends: tuple[Span, ...]
    alike: int
    alike_depth: int
    calibrated: tuple[bool, ...] = field(default=())

    @property
    def total(self) -> Span:
        """From the beginning of the stage under way to the end of the last."""
        return self.ends[-1]


def to_json(model: Model) -> dict[str, Any]:
    """The model as JSON values."""
    return {
        "format": FORMAT,
        "stages": list(model.stages),
        "factors": list(model.factors),
        "alike": list(model.alike),
        "parts": [_part_out(part) for part in model.parts],
        "correlation": [list(row) for row in model.correlation],
        "levels": {key: list(values) for key, values in model.levels.items()},
        "calibrated_on": dict(model.calibrated_on),
        "counts": dict(model.counts),
        "n": model.n,
        "n_open": model.n_open,
    }


def from_json(data: Mapping[str, Any]) -> Model:
    """The inverse of :func:`to_json`. Raises Unfit for a document of another format."""
    if data.get("format") != FORMAT:
        raise Unfit(f"unknown format {data.get('format')!r} of a prediction model")
    return Model(
        stages=tuple(data["stages"]),
        factors=tuple(data["factors"]),
        alike=tuple(data["alike"]),
        parts=tuple(_part_in(part) for part in data["parts"]),
        correlation=tuple(tuple(row) for row in data["correlation"]),
        levels={key: tuple(values) for key, values in data["levels"].items()},
        calibrated_on=dict(data["calibrated_on"]),
        counts=dict(data["counts"]),
        n=int(data["n"]),
        n_open=int(data["n_open"]),
    )


def _part_out(part: StagePart) -> dict[str, Any]:
    return {
        "location": _effects_out(part.location),
        "scale": _effects_out(part.scale),
        "sigma": part.sigma,
        "scores": list(part.scores),
        "residuals": list(part.residuals),
        "n": part.n,
        "n_open": part.n_open,
    }


def _part_in(data: Mapping[str, Any]) -> StagePart:
    return StagePart(
        location=_effects_in(data["location"]),
        scale=_effects_in(data["scale"]),
        sigma=float(data["sigma"]),
        scores=tuple(data["scores"]),
        residuals=tuple(data["residuals"]),
        n=int(data["n"]),
        n_open=int(data["n_open"]),
    )


def _effects_out(effects: Effects) -> dict[str, Any]:
    return {"mean": effects.mean, "values": [dict(item) for item in effects.values], "spread": list(effects.spread)}


def _effects_in(data: Mapping[str, Any]) -> Effects:
    return Effects(float(data["mean"]), tuple(dict(item) for item in data["values"]), tuple(data["spread"]))
