"""Response effect of a closed matter: our own formula, since the source's is lost."""

from __future__ import annotations


def effect_index(
    ideal: float, taken: float, resolution: float, satisfaction: float, weights: tuple[float, float, float]
) -> float:
    """E = α·min(1, ideal/taken) + β·resolution + γ·satisfaction, divided by α+β+γ: 0 to 1, more is better.

    ``ideal`` and ``taken`` in the same unit, ``resolution`` and ``satisfaction`` 0 to 1. Raises ValueError on others."""
    alpha, beta, gamma = weights
    total = alpha + beta + gamma
    if min(weights) < 0 or total <= 0 or ideal <= 0 or taken < 0:
        raise ValueError("weights must not be negative nor all zero; ideal positive; taken not negative")
    if not (0 <= resolution <= 1 and 0 <= satisfaction <= 1):
        raise ValueError("resolution and satisfaction lie between 0 and 1")
    quick = 1.0 if taken <= ideal else ideal / taken
    return (alpha * quick + beta * resolution + gamma * satisfaction) / total
