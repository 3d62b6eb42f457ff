"""Pricing of many accounts at once, exactly as :func:`~denghuo.engine.tariff.pricing.price` does one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.tariff.pricing import Tariff

Ints = NDArray[np.int64]
SCALE = 10_000  # prices have at most four decimals: yuan/kWh in hundredths of a fen


def split_many(kwh: Ints, before: Ints, edges: tuple[int, ...]) -> Ints:
    """Energy by tier, shape (n, tiers); see :func:`split`. kWh, whole numbers, not negative."""
    after = before + kwh
    bounds = [0, *edges]
    columns = []
    for index, low in enumerate(bounds):
        top = after if index == len(edges) else np.minimum(after, edges[index])
        columns.append(np.maximum(0, top - np.maximum(before, low)))
    return np.stack(columns, axis=1)


def price_many(tariff: Tariff, kwh: Ints, before: Ints, by_band: dict[str, Ints] | None = None) -> dict[str, Any]:
    """Lines of many bills: ``{code: (kwh, fen)}`` of every part, and ``"amount"`` in fen, each an array of n.

    Raises ValueError when a price has more than four decimals, as the sum would not be exact.
    """
    tiers = split_many(kwh, before, tariff.edges)
    lines: dict[str, Any] = {}
    if tariff.bands is None:
        for number, tier in enumerate(tariff.tiers):
            lines[f"tier{number + 1}"] = _line(tiers[:, number], _whole(tariff.base + tier.add))
    else:
        given = by_band or {}
        for code, rate in tariff.bands.items():
            lines[code] = _line(given[code], _whole(rate))
        for number, tier in enumerate(tariff.tiers):
            if tier.add:
                lines[f"tier{number + 1}+"] = _line(tiers[:, number], _whole(tier.add))
    amount = np.zeros_like(kwh)
    for _used, fen in lines.values():
        amount = amount + fen
    lines["amount"] = amount
    return lines


def _whole(rate: Any) -> int:
    scaled = rate * SCALE
    if scaled != int(scaled):
        raise ValueError(f"price {rate} has more than four decimals")
    return int(scaled)


def _line(used: Ints, rate: int) -> tuple[Ints, Ints]:
    # hundredths of a fen → fen, half up
    return used, (used * rate + 50) // 100
