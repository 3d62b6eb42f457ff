"""Additive random effects of categorical factors: how far each level lies from the mean, pulled in by how little it shows.

y = mean + effect of each factor's level + error, effects of one factor drawn from N(0, spread). A level seen once stays
near zero, a level seen a thousand times speaks for itself, and how strongly that is so is estimated from the data
(empirical Bayes). Henderson's mixed-model equations (1975) with EM for the variances; what is still open enters as
"longer than this" (censored, Tobit-EM: its expected value given that it is longer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.prediction.normal import Floats, hazard

Codes = NDArray[np.intp]
ROUNDS = 80
SMALL = 1e-8
FEWEST = 5  # rows, below which a level says nothing of its own
SELDOM = -1
FURTHEST = 6.0  # robust standard deviations beyond which a value no longer pulls: one order left open for months


@dataclass(frozen=True, slots=True)
class Effects:
    """A fitted additive model. ``values[f]`` maps levels of factor f to their effect, ``spread[f]`` is the variance between
    the levels of f: what is added to the uncertainty for a level seldom or never seen."""

    mean: float
    values: tuple[dict[str, float], ...]
    spread: tuple[float, ...]

    def of(self, rows: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
        """For each row of levels: the expected y, and the variance that unseen levels add."""
        expected = np.full(len(rows), self.mean)
        extra = np.zeros(len(rows))
        for place, (values, spread) in enumerate(zip(self.values, self.spread, strict=True)):
            for index, row in enumerate(rows):
                value = values.get(row[place])
                if value is None:
                    extra[index] += spread
                else:
                    expected[index] += value
        return expected, extra


def coded(rows: Sequence[Sequence[str]], factors: int) -> tuple[Codes, list[list[str]]]:
    """Levels as numbers, column by column, with the sorted vocabulary of each factor; -1 for levels seen seldom."""
    often = [Counter(row[place] for row in rows) for place in range(factors)]
    words = [sorted(word for word, n in column.items() if n >= FEWEST) for column in often]
    index = [{word: number for number, word in enumerate(column)} for column in words]
    codes = np.array([[index[f].get(row[f], SELDOM) for f in range(factors)] for row in rows], dtype=np.intp)
    return codes.reshape(len(rows), factors), words


def fit_effects(
    rows: Sequence[Sequence[str]], y: Floats, factors: int, censored: NDArray[np.bool_] | None = None
) -> tuple[Effects, float, Floats]:
    """Fit; gives the effects, the error's standard deviation, and the expected y of each row.

    ``y`` of a censored row is what it is known to exceed. At least one row must not be censored. What lies further out
    than six robust standard deviations is taken as lying there.
    """
    y = _held_in(y)
    codes, words = coded(rows, factors)
    blocks = _blocks(words)
    x = _design(codes, blocks)
    hidden = np.zeros(len(y), dtype=bool) if censored is None else censored
    known = y[~hidden]
    sigma2 = max(float(known.var()), SMALL) if known.size else 1.0
    spread = np.full(factors, sigma2 / 4)
    gram, filled = x.T @ x, y.copy()
    b = np.zeros(x.shape[1])
    b[0] = float(known.mean()) if known.size else float(y.mean())
    for _round in range(ROUNDS):
        added = _fill(filled, y, hidden, x @ b, sigma2)
        inverse = np.linalg.inv(gram + _penalty(x.shape[1], blocks, spread, sigma2))
        fresh = inverse @ (x.T @ filled)
        error = filled - x @ fresh
        kept = sigma2 * float(np.sum(inverse * gram))
        renewed = max((float(error @ error) + added + kept) / len(y), SMALL)
        for place, block in enumerate(blocks):
            uncertain = sigma2 * float(np.trace(inverse[block, block]))
            spread[place] = max((float(fresh[block] @ fresh[block]) + uncertain) / max(len(words[place]), 1), SMALL)
        settled = abs(renewed - sigma2) < 1e-7 * sigma2 and bool(np.allclose(fresh, b, atol=1e-7))
        b, sigma2 = fresh, renewed
        if settled:
            break
    values = tuple(
        {word: float(value) for word, value in zip(column, b[block], strict=True)}
        for column, block in zip(words, blocks, strict=True)
    )
    return Effects(float(b[0]), values, tuple(float(item) for item in spread)), float(np.sqrt(sigma2)), x @ b


def _held_in(y: Floats) -> Floats:
    middle = float(np.median(y))
    width = 1.4826 * float(np.median(np.abs(y - middle)))
    return np.clip(y, middle - FURTHEST * width, middle + FURTHEST * width) if width > 0 else y


def _blocks(words: list[list[str]]) -> list[slice]:
    blocks, start = [], 1
    for column in words:
        blocks.append(slice(start, start + len(column)))
        start += len(column)
    return blocks


def _design(codes: Codes, blocks: list[slice]) -> Floats:
    x = np.zeros((len(codes), blocks[-1].stop if blocks else 1))
    x[:, 0] = 1.0
    every = np.arange(len(codes))
    for place, block in enumerate(blocks):
        known = codes[:, place] != SELDOM
        x[every[known], block.start + codes[known, place]] = 1.0
    return x


def _penalty(size: int, blocks: list[slice], spread: Floats, sigma2: float) -> Floats:
    ridge = np.full(size, SMALL)
    for place, block in enumerate(blocks):
        ridge[block] = sigma2 / spread[place]
    return np.diag(ridge)


def _fill(filled: Floats, y: Floats, hidden: NDArray[np.bool_], expected: Floats, sigma2: float) -> float:
    """Put expected values in place of what is still open; gives the variance that this hides."""
    if not hidden.any():
        return 0.0
    sigma = np.sqrt(sigma2)
    z = (y[hidden] - expected[hidden]) / sigma
    ratio = hazard(z)
    filled[hidden] = expected[hidden] + sigma * ratio
    return float(np.sum(sigma2 * np.clip(1 + z * ratio - ratio * ratio, 0.0, 1.0)))
