"""Days as vectors of square roots, and their few common shapes (singular vectors)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from denghuo.engine.forecasting.series import Floats, Frame, Ints, Unfit

POISSON = 0.25
LEAST_DAYS = 14
LEAST_DAILY = 4.0
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Shapes:
    """sqrt(count + 1/4) of ``rows`` = ``centre`` + ``scores`` @ ``vectors`` + residual with variance ``rest`` per slot.

    ``slots`` are the columns in use; ``vectors`` (rank x slots) are orthonormal.
    """

    rows: Ints
    slots: Ints
    centre: Floats
    vectors: Floats
    scores: Floats
    rest: Floats


def shapes(framed: Frame, until: int, history: int, rank: int) -> Shapes:
    """Singular vectors of the learnable days before ``until``, at most ``history`` days back.

    The rank is at most ``rank`` and at least 1, and counts the singular values above what Poisson noise alone would give
    (Marchenko and Pastur 1967: half of sqrt(days) + sqrt(slots)). Unknown cells are filled by the same low rank, in turns.
    Raises :class:`Unfit` for fewer than 14 days or less than 4 contacts a day.
    """
    rows = framed.learnable(until, last=history)
    if len(rows) < LEAST_DAYS:
        raise Unfit("short_history")
    slots = np.flatnonzero(framed.open[rows].any(axis=0))
    cells = np.ix_(rows, slots)
    known = framed.usable[cells]
    counts = np.where(known, framed.counts[cells], 0.0)
    if counts.sum() < LEAST_DAILY * len(rows):
        raise Unfit("too_few_contacts")
    root = np.where(known, np.sqrt(counts + POISSON), np.nan)
    seen = known.any(axis=0)
    slots, root, known = slots[seen], root[:, seen], known[:, seen]
    filled = _filled(root, known, framed.weekday[rows])
    centre, vectors = _decomposed(filled, rank)
    for _ in range(0 if known.all() else ROUNDS):
        low = centre + (filled - centre) @ vectors.T @ vectors
        filled = np.where(known, root, low)
        centre, vectors = _decomposed(filled, rank)
    scores = (filled - centre) @ vectors.T
    off = np.where(known, filled - centre - scores @ vectors, 0.0)
    freedom = np.maximum(known.sum(axis=0) - len(vectors) - 1, 1)
    rest = np.maximum((off**2).sum(axis=0) / freedom, 0.1 * POISSON)
    return Shapes(rows, slots, centre, vectors, scores, rest)


def _decomposed(filled: Floats, rank: int) -> tuple[Floats, Floats]:
    centre = filled.mean(axis=0)
    _, values, vectors = np.linalg.svd(filled - centre, full_matrices=False)
    edge = np.sqrt(POISSON) * (np.sqrt(filled.shape[0]) + np.sqrt(filled.shape[1]))
    kept = int(np.clip((values > edge).sum(), 1, min(rank, len(values))))
    return centre, vectors[:kept]


def _filled(root: Floats, known: np.typing.NDArray[np.bool_], weekday: Ints) -> Floats:
    filled = root.copy()
    overall = np.nanmean(root, axis=0)
    for day in np.unique(weekday):
        rows = np.flatnonzero(weekday == day)
        number = known[rows].sum(axis=0)
        total = np.where(known[rows], root[rows], 0.0).sum(axis=0)
        mean = np.where(number > 0, total / np.maximum(number, 1), overall)
        filled[rows] = np.where(known[rows], root[rows], mean)
    return filled
