"""Forecasts that add up: queue to province to company.

Bottom-up adds the lowest level. MinT (Wickramasuriya, Athanasopoulos and Hyndman 2019, JASA 114:804) moves all levels by the
least that their error covariance allows; the covariance is shrunk towards its diagonal (Schäfer and Strimmer 2005). Negative
values are set to zero at the lowest level, which is then added up again (Di Fonzo and Girolimetto 2023).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from denghuo.engine.forecasting.series import Floats, Ints, Unfit


def leaves(parents: Sequence[int]) -> Ints:
    """Nodes without a child, in order."""
    return np.array(sorted(set(range(len(parents))) - set(parents)), dtype=np.int64)


def summing(parents: Sequence[int]) -> Floats:
    """Matrix (nodes x leaves) of 0 and 1: which leaves lie under which node. Raises :class:`Unfit` for a circle."""
    lowest = leaves(parents)
    matrix = np.zeros((len(parents), len(lowest)))
    for column, leaf in enumerate(lowest):
        node, steps = int(leaf), 0
        while node >= 0:
            matrix[node, column] = 1.0
            node, steps = parents[node], steps + 1
            if steps > len(parents):
                raise Unfit("hierarchy_has_a_circle")
    if not len(lowest) or not matrix.any(axis=1).all():
        raise Unfit("hierarchy_has_a_circle")
    return matrix


def reconcile(base: Floats, parents: Sequence[int], errors: Floats | None = None) -> Floats:
    """Coherent, non-negative forecasts (nodes x times) from ``base`` of the same shape.

    ``parents`` gives each node's parent, -1 at a root. ``errors`` (nodes x past times): one-step errors of the same
    forecasts, ``nan`` columns left out; with them MinT-shrink, without them bottom-up. Time: the cube of the number of
    nodes that are no leaves.
    """
    if base.shape[0] != len(parents):
        raise Unfit("unequal_lengths")
    matrix = summing(parents)
    lowest = leaves(parents)
    bottom = base[lowest]
    if errors is not None:
        bottom = _mint(base, matrix, lowest, errors)[lowest]
    return np.asarray(matrix @ np.maximum(bottom, 0.0))


def _mint(base: Floats, matrix: Floats, lowest: Ints, errors: Floats) -> Floats:
    upper = np.setdiff1d(np.arange(len(base)), lowest)
    if not len(upper):
        return base
    constraint = np.zeros((len(upper), len(base)))
    constraint[np.arange(len(upper)), upper] = 1.0
    constraint[:, lowest] = -matrix[upper]
    covariance = shrunk_covariance(errors)
    link = covariance @ constraint.T
    core = constraint @ link
    core[np.diag_indices_from(core)] += 1e-9 * max(float(np.trace(core)) / len(core), 1e-12)
    moved: Floats = base - link @ np.linalg.solve(core, constraint @ base)
    return moved


def shrunk_covariance(errors: Floats) -> Floats:
    """Covariance about zero (nodes x nodes) with correlations shrunk by the intensity that minimises expected loss."""
    known = errors[:, np.isfinite(errors).all(axis=0)]
    number = known.shape[1]
    if number < 2:
        raise Unfit("too_few_errors")
    scale = np.sqrt(np.maximum((known**2).mean(axis=1), 1e-12))
    unit = known / scale[:, None]
    correlation = unit @ unit.T / number
    squares = (unit**2) @ (unit**2).T / number
    variance = (squares - correlation**2) / max(number - 1, 1)
    off = ~np.eye(len(scale), dtype=bool)
    bottom = float((correlation[off] ** 2).sum())
    intensity = min(max(float(variance[off].sum()) / bottom, 0.0), 1.0) if bottom > 0 else 1.0
    shrunk = (1 - intensity) * correlation
    np.fill_diagonal(shrunk, 1.0)
    return np.asarray(shrunk * np.outer(scale, scale))
