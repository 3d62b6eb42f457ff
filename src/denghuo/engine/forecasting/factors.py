"""Day factors: the common shapes of square-root days, their scores a sum of effects learned as Gaussian processes.

Shen and Huang (2008, Manufacturing and Service Operations Management 10:391) reduce the days to a few factors and run each
score forward as an autoregression. Here each score is a Gaussian process over days (Rasmussen and Williams 2006, chapter 5):
a level that wanders and is forgotten, a weekday that may drift, and linear effects of the position in the month, pauses,
holidays, billing days, weather, outages, campaigns. Every effect has one variance; all are learned by the marginal
likelihood with weak priors, so an effect without evidence stays small. One fit serves all horizons, gives the deviations,
the covariance within the day and the explanation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from denghuo.engine.forecasting.models import Guess
from denghuo.engine.forecasting.rooted import POISSON, Shapes, shapes
from denghuo.engine.forecasting.series import Floats, Frame, Ints

LEVEL, LEVEL_TIME, WEEKDAY, DRIFT, DRIFT_TIME, NOISE = range(6)
_COMMON = 6
_PRIOR = np.log([0.3, 10.0, 1.0, 0.1, 20.0, 0.1])
_WIDTH = np.array([2.0, 0.7, 2.0, 2.0, 0.7, 2.0])
_EFFECT, _EFFECT_WIDTH = float(np.log(0.3)), 2.0
_JITTER = 1e-6


@dataclass(frozen=True, slots=True)
class DayFactors:
    """``rank`` factors at most; ``history`` days read; hyper-parameters learned on the last ``learn_days`` of them.

    They are learned anew when ``relearn`` rows have passed since the previous fit, in at most ``steps`` gradient steps.
    """

    rank: int = 5
    history: int = 430
    learn_days: int = 150
    relearn: int = 14
    steps: int = 25
    name: str = "factors"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedFactors:
        found = shapes(framed, until, self.history, self.rank)
        before = previous if isinstance(previous, FittedFactors) else None
        groups = tuple(kind for kind in framed.groups if np.ptp(framed.groups[kind][found.rows], axis=0).any())
        result = FittedFactors(framed, found, groups, until)
        recent = found.rows[-self.learn_days :]
        pieces: _Pieces | None = None
        learned_at = until
        for place in range(len(found.vectors)):
            scale = float(found.scores[:, place].std()) or 1.0
            known = before is not None and before.groups == groups and place < len(before.hyper)
            start = before.hyper[place] if before is not None and known else _start(len(groups))
            if before is None or not known or until - before.learned_at >= self.relearn:
                pieces = pieces or _Pieces(framed, groups, recent, recent)
                values = found.scores[-len(recent) :, place] / scale
                start = _learned(pieces, values, start, self.steps)
            else:
                learned_at = before.learned_at
            result.hyper.append(start)
            result.scales.append(scale)
        result.learned_at = learned_at
        result.solve()
        return result


class _Pieces:
    """The parts of the covariance between two sets of rows that do not change while its weights are learned."""

    def __init__(self, framed: Frame, groups: tuple[str, ...], one: Ints, other: Ints) -> None:
        self.apart = np.abs(framed.ordinal[one][:, None] - framed.ordinal[other][None, :])
        self.same = (framed.weekday[one][:, None] == framed.weekday[other][None, :]).astype(np.float64)
        self.linear = [framed.groups[kind][one] @ framed.groups[kind][other].T for kind in groups]

    def parts(self, hyper: Floats) -> list[Floats]:
        """Level, weekday, drift of the weekday, then the linear effects."""
        weight = np.exp(hyper)
        return [
            weight[LEVEL] * np.exp(-self.apart / weight[LEVEL_TIME]),
            weight[WEEKDAY] * self.same,
            weight[DRIFT] * self.same * np.exp(-self.apart / weight[DRIFT_TIME]),
            *(weight[_COMMON + place] * block for place, block in enumerate(self.linear)),
        ]


def _start(groups: int) -> Floats:
    return np.asarray(np.r_[_PRIOR, np.full(groups, _EFFECT)])


def _learned(pieces: _Pieces, values: Floats, start: Floats, steps: int) -> Floats:
    prior = _start(len(pieces.linear))
    width = np.r_[_WIDTH, np.full(len(pieces.linear), _EFFECT_WIDTH)]
    unit = np.eye(len(values))

    def loss(hyper: Floats) -> tuple[float, Floats]:
        parts = pieces.parts(hyper)
        covariance = np.sum(parts, axis=0) + (np.exp(hyper[NOISE]) + _JITTER) * unit
        try:
            factor = cho_factor(covariance, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(hyper)
        weighted = cho_solve(factor, values, check_finite=False)
        inverse = cho_solve(factor, unit, check_finite=False)
        gain = np.outer(weighted, weighted) - inverse
        slope = np.empty_like(hyper)
        times = np.exp(hyper[[LEVEL_TIME, DRIFT_TIME]])
        slope[LEVEL] = np.vdot(gain, parts[0])
        slope[LEVEL_TIME] = np.vdot(gain, parts[0] * pieces.apart) / times[0]
        slope[WEEKDAY] = np.vdot(gain, parts[1])
        slope[DRIFT] = np.vdot(gain, parts[2])
        slope[DRIFT_TIME] = np.vdot(gain, parts[2] * pieces.apart) / times[1]
        slope[NOISE] = np.exp(hyper[NOISE]) * np.trace(gain)
        for place, block in enumerate(parts[3:]):
            slope[_COMMON + place] = np.vdot(gain, block)
        away = (hyper - prior) / width
        value = 0.5 * values @ weighted + np.log(np.diag(factor[0])).sum() + 0.5 * away @ away
        return float(value), -0.5 * slope + away / width

    bounds = [(middle - 4 * wide, middle + 4 * wide) for middle, wide in zip(prior, width, strict=True)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps})
    return np.asarray(found.x)


@dataclass
class FittedFactors:
    """Scores solved for one origin; ``hyper`` are logarithms, one vector per factor."""

    framed: Frame
    shapes: Shapes
    groups: tuple[str, ...]
    until: int
    learned_at: int = 0
    hyper: list[Floats] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)
    _solved: list[tuple[Any, Floats]] = field(default_factory=list)

    def solve(self) -> None:
        pieces = _Pieces(self.framed, self.groups, self.shapes.rows, self.shapes.rows)
        unit = np.eye(len(self.shapes.rows))
        for place, hyper in enumerate(self.hyper):
            covariance = np.sum(pieces.parts(hyper), axis=0) + (np.exp(hyper[NOISE]) + _JITTER) * unit
            factor = cho_factor(covariance, lower=True, check_finite=False)
            self._solved.append((factor, cho_solve(factor, self.shapes.scores[:, place] / self.scales[place])))

    def predict(self, rows: Ints) -> Guess:
        found = self.shapes
        across = _Pieces(self.framed, self.groups, rows, found.rows)
        within = _Pieces(self.framed, self.groups, rows, rows)
        names = ("level", "weekday", "weekday", *self.groups)
        parts = {name: np.zeros((len(rows), self.framed.slots)) for name in dict.fromkeys(names)}
        variance = np.zeros((len(self.hyper), len(rows)))
        for place, hyper in enumerate(self.hyper):
            factor, weighted = self._solved[place]
            blocks = across.parts(hyper)
            for name, block in zip(names, blocks, strict=True):
                score = block @ weighted * self.scales[place]
                parts[name][:, found.slots] += np.outer(score, found.vectors[place])
            link = np.sum(blocks, axis=0)
            own = np.sum([np.diag(block) for block in within.parts(hyper)], axis=0) + np.exp(hyper[NOISE])
            explained = np.einsum("ij,ji->i", link, cho_solve(factor, link.T))
            variance[place] = np.maximum(own - explained, 0.0) * self.scales[place] ** 2
        parts["level"][:, found.slots] += found.centre
        return self._guess(parts, variance)

    def _guess(self, parts: dict[str, Floats], variance: Floats) -> Guess:
        found = self.shapes
        root = np.sum(list(parts.values()), axis=0)
        spread = np.zeros_like(root)
        spread[:, found.slots] = variance.T @ found.vectors**2 + found.rest
        mean = np.maximum(np.maximum(root, 0.0) ** 2 + spread - POISSON, 0.0)
        mean[:, np.setdiff1d(np.arange(self.framed.slots), found.slots)] = 0.0
        covariance = np.zeros((self.framed.slots, self.framed.slots))
        inner = (found.vectors.T * variance[:, 0]) @ found.vectors + np.diag(found.rest)
        covariance[np.ix_(found.slots, found.slots)] = inner
        return Guess(mean, np.sqrt(spread), covariance, parts)
