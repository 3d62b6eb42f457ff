"""Singular vectors of square-root days with autoregressive scores (Shen and Huang 2008)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from denghuo.engine.forecasting.models import Guess
from denghuo.engine.forecasting.rooted import POISSON, Shapes, shapes
from denghuo.engine.forecasting.series import Floats, Frame, Ints

RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class SvdAr:
    """Each score is a mean of its weekday plus a share of what the score of the open day before was off its own."""

    rank: int = 5
    history: int = 180
    name: str = "svd_ar"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedSvdAr:
        found = shapes(framed, until, self.history, self.rank)
        weekday = framed.weekday[found.rows]
        means = np.zeros((7, found.scores.shape[1]))
        for day in range(7):
            same = found.scores[weekday == day]
            means[day] = same.sum(axis=0) / (len(same) + RIDGE)
        off = found.scores - means[weekday]
        share = (off[1:] * off[:-1]).sum(axis=0) / np.maximum((off[:-1] ** 2).sum(axis=0), 1e-9)
        return FittedSvdAr(framed, found, until, means, np.clip(share, 0.0, 0.98), off[-1])


@dataclass(frozen=True, slots=True)
class FittedSvdAr:
    framed: Frame
    shapes: Shapes
    until: int
    means: Floats
    share: Floats
    last: Floats

    def predict(self, rows: Ints) -> Guess:
        steps = np.maximum(self.framed.ordinal[rows] - self.framed.ordinal[self.shapes.rows[-1]], 1.0)
        scores = self.means[self.framed.weekday[rows]] + self.share[None, :] ** steps[:, None] * self.last
        root = np.zeros((len(rows), self.framed.slots))
        root[:, self.shapes.slots] = self.shapes.centre + scores @ self.shapes.vectors
        rest = np.zeros(self.framed.slots)
        rest[self.shapes.slots] = self.shapes.rest
        mean = np.maximum(np.maximum(root, 0.0) ** 2 + rest - POISSON, 0.0)
        mean[:, np.setdiff1d(np.arange(self.framed.slots), self.shapes.slots)] = 0.0
        return Guess(mean)
