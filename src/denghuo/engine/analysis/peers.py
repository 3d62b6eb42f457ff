"""Comparing units of different size: who is out of line, and who only has few cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from denghuo.engine.analysis.model import Unfit


@dataclass(frozen=True)
class Peer:
    """``score``: standard deviations from the mean of all, allowing for size and for how much units differ in general;
    ``low`` and ``high``: the funnel at this size. ``standing`` is ``above``, ``below`` or ``within``."""

    name: str
    share: float
    of: float
    low: float
    high: float
    score: float
    standing: str


def funnel(hits: Mapping[str, tuple[float, float]], *, confidence: float = 0.998) -> tuple[Peer, ...]:
    """Shares of several units, ``(hits, of)`` each, beside funnel limits (Spiegelhalter 2005), the furthest out first.

    Limits are on the arcsine scale, where the variance is 1/(4n); overdispersion is taken from scores with a tenth at each end
    drawn in, and never narrows the funnel. Raises :class:`Unfit`: fewer than three units, or a unit without cases.
    """
    if len(hits) < 3:
        raise Unfit("too_few")
    names = sorted(hits)
    good = np.array([hits[name][0] for name in names], float)
    total = np.array([hits[name][1] for name in names], float)
    if np.any(total <= 0):
        raise Unfit("empty")
    if np.any(good < 0) or np.any(good > total):
        raise Unfit("not_a_share")
    centre = float(np.arcsin(np.sqrt(good.sum() / total.sum())))
    plain = (np.arcsin(np.sqrt(good / total)) - centre) * 2 * np.sqrt(total)
    tails = np.quantile(plain, [0.1, 0.9])
    wide = float(np.sqrt(max(1.0, float(np.mean(np.clip(plain, tails[0], tails[1]) ** 2)))))
    reach = float(stats.norm.ppf((1 + confidence) / 2))
    found = []
    for at, name in enumerate(names):
        half = reach * wide / (2 * np.sqrt(total[at]))
        low, high = (float(np.sin(np.clip(centre + side, 0, np.pi / 2)) ** 2) for side in (-half, half))
        score = float(plain[at] / wide)
        standing = "above" if score > reach else "below" if score < -reach else "within"
        found.append(Peer(name, float(good[at] / total[at]), float(total[at]), low, high, score, standing))
    return tuple(sorted(found, key=lambda peer: (-abs(peer.score), peer.name)))
