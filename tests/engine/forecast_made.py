"""Made series with known truth for the forecasting tests."""

from __future__ import annotations

import datetime as dt

import numpy as np

from denghuo.engine.forecasting import Series

WEEK = np.array([1.25, 1.05, 1.0, 0.98, 1.02, 0.7, 0.6])
START = dt.datetime(2026, 3, 2)


def expected(days: int, volume: float = 2000.0, slots: int = 24, first: int = 0) -> np.ndarray:
    """Mean counts (days x slots) of a centre with two peaks and quiet weekends; day 0 is a Monday."""
    hour = np.arange(slots) * 24 / slots
    shape = np.exp(-((hour - 10.5) ** 2) / 8) + 0.7 * np.exp(-((hour - 16) ** 2) / 10) + 0.03
    return volume * WEEK[(np.arange(days) + first) % 7][:, None] * (shape / shape.sum())


def counted(mean: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean).astype(float)


def series(counts: np.ndarray, **given: object) -> Series:
    return Series(START, 1440 // counts.shape[1], counts.ravel(), **given)  # type: ignore[arg-type]
