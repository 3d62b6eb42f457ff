"""Gradient boosting of the ratio to the weekday mean, directly for every horizon.

One regression on rows (day, slot, horizon): what is known at the origin beside the calendar and the drivers of the day
ahead. The target is log((count + 1) / (baseline + 1)), each row weighted by its baseline, so that a quiet hour does not
count as much as a busy one. scikit-learn's histogram trees are the usual learner; ``learner="lightgbm"`` asks for that
package (threads = 1: with two it burned many times the processor time at this size).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from denghuo.engine.forecasting.models import Guess, baseline
from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit

WARM_DAYS = 21
LEAST_DAYS = 42
RECENT = 5


@dataclass(frozen=True, slots=True)
class Boosting:
    """Trained on the last ``history`` days, each seen from ``views`` origins up to ``reach`` days before it.

    Trees grown at an earlier origin of the same frame serve for ``relearn`` days more; their inputs are of the new origin.
    """

    history: int = 200
    reach: int = 7
    views: int = 2
    relearn: int = 14
    trees: int = 80
    learner: str = "sklearn"
    seed: int = 1
    name: str = "boosting"

    def fit(self, framed: Frame, until: int, previous: Any = None) -> FittedBoosting:
        if (
            isinstance(previous, FittedBoosting)
            and previous.framed is framed
            and until - previous.learned_at < self.relearn
        ):
            return FittedBoosting(framed, until, previous.learner, previous.chosen, previous.learned_at)
        days = framed.learnable(until, last=self.history)
        if len(days) < LEAST_DAYS:
            raise Unfit("short_history")
        random = np.random.default_rng(self.seed)
        chosen = _chosen(framed, days)
        tables, targets, weights = [], [], []
        first = int(framed.learnable(until)[0])
        for day in days:
            horizons = {1, *(int(one) for one in random.integers(1, self.reach + 1, self.views - 1))}
            for horizon in sorted(horizons):
                origin = int(day) - horizon + 1
                if origin - first < WARM_DAYS:
                    continue
                table, base = _features(framed, origin, np.array([day]), chosen)
                use = framed.usable[day] & framed.open[day]
                tables.append(table[use])
                weights.append(base[0, use] + 1.0)
                targets.append(np.log((framed.counts[day, use] + 1.0) / (base[0, use] + 1.0)))
        if not tables:
            raise Unfit("short_history")
        learner = _learner(self.learner, self.trees, self.seed)
        with import_module("threadpoolctl").threadpool_limits(1):
            learner.fit(np.vstack(tables), np.concatenate(targets), sample_weight=np.concatenate(weights))
        return FittedBoosting(framed, until, learner, chosen, until)


@dataclass(frozen=True, slots=True)
class FittedBoosting:
    framed: Frame
    until: int
    learner: Any
    chosen: Floats
    learned_at: int

    def predict(self, rows: Ints) -> Guess:
        table, base = _features(self.framed, self.until, rows, self.chosen)
        ratio = np.exp(self.learner.predict(table)).reshape(base.shape)
        return Guess(np.maximum((base + 1.0) * ratio - 1.0, 0.0))


def _chosen(framed: Frame, days: Ints) -> Floats:
    """The day features (all days x columns) that were not the same on every day learned from."""
    every = np.hstack([*framed.groups.values()])
    return every[:, np.ptp(every[days], axis=0) > 0]


def _features(framed: Frame, origin: int, rows: Ints, chosen: Floats) -> tuple[Floats, Floats]:
    """Feature table (rows * slots x features) of days as seen at ``origin``, and the baseline (rows x slots)."""
    base = baseline(framed, origin, rows)
    recent = framed.learnable(origin)[-RECENT:]
    expected = baseline(framed, max(int(recent[0]), 1), recent) if len(recent) else np.ones((1, framed.slots))
    usable = framed.usable[recent]
    actual = np.where(usable, framed.counts[recent], 0.0).sum(axis=1)
    planned = np.where(usable, expected, 0.0).sum(axis=1)
    ratios = np.log((actual + 1.0) / (planned + 1.0)) if len(recent) else np.zeros(1)
    count, slots = len(rows), framed.slots
    slot = np.tile(np.arange(slots), count)
    per_day = [
        framed.weekday[rows].astype(float),
        framed.ordinal[rows] - framed.ordinal[max(origin - 1, 0)],
        np.full(count, ratios[-1]),
        np.full(count, ratios.mean()),
    ]
    per_day += list(chosen[rows].T)
    columns = [slot.astype(float), np.log(base.ravel() + 1.0)]
    columns += [np.repeat(column, slots) for column in per_day]
    columns += [table[rows].ravel() for table in framed.columns.values()]
    return np.column_stack(columns), base


def _learner(kind: str, trees: int, seed: int) -> Any:
    if kind == "lightgbm":
        try:
            package = import_module("lightgbm")
        except ImportError as error:
            raise Unfit("package_missing:lightgbm") from error
        return package.LGBMRegressor(
            n_estimators=trees,
            num_leaves=15,
            learning_rate=0.08,
            min_child_samples=60,
            n_jobs=1,
            random_state=seed,
            verbose=-1,
        )
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=trees,
        max_leaf_nodes=15,
        learning_rate=0.08,
        min_samples_leaf=60,
        random_state=seed,
        early_stopping=False,
    )
