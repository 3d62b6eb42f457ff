"""Where in the tiers a customer stands, and where the period will end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from denghuo.engine.tariff.pricing import Tariff


@dataclass(frozen=True, slots=True)
class Position:
    """``tier`` counts from 1. ``left`` is the energy (kWh) before the next tier begins, None in the last tier.

    ``projected`` is the energy of the whole period if it goes on as it did; ``crossed_in`` the month (1–12) in which the
    next tier is then reached, None when it is not.
    """

    tier: int
    used: float
    edges: tuple[int, ...]
    left: float | None
    price: Decimal
    next_price: Decimal | None
    projected: float
    projected_tier: int
    crossed_in: int | None


def tier_of(used: float, edges: Sequence[int]) -> int:
    """The tier the next kWh falls into after ``used``; exactly at an edge it is the tier above."""
    return 1 + sum(used >= edge for edge in edges)


def ended_in(total: float, edges: Sequence[int]) -> int:
    """The tier the last kWh of ``total`` fell into."""
    return 1 + sum(total > edge for edge in edges)


def position(
    tariff: Tariff,
    months: Sequence[float],
    *,
    last_year: Sequence[float | None] = (),
    done: float = 1.0,
    extra: int = 0,
) -> Position:
    """The position after ``months``: energy (kWh) of each month of the year so far, January first.

    ``done`` is the share of the last of these months that has passed (0 < done ≤ 1). ``last_year`` holds the twelve months
    before, None where unknown. For a yearly tariff the rest of the year is last year's rest scaled by this year's
    growth in the months both have; without last year it is this year's daily mean. For a monthly tariff only the last
    month counts. Raises ValueError when there is no month, or ``done`` is out of range.
    """
    if not months or not 0 < done <= 1:
        raise ValueError("needs at least one month, of which a part has passed")
    edges = tuple(edge + extra for edge in tariff.edges)
    if tariff.period == "month":
        used = months[-1]
        projected, crossed = used / done, None
    else:
        used = sum(months)
        ahead = _ahead(months, last_year, done)
        projected = used + sum(ahead)
        crossed = _crossing(used, ahead, len(months), edges)
    tier = tier_of(used, edges)
    last = tier > len(edges)
    return Position(
        tier=tier,
        used=used,
        edges=edges,
        left=None if last else edges[tier - 1] - used,
        price=tariff.base + tariff.tiers[tier - 1].add,
        next_price=None if last else tariff.base + tariff.tiers[tier].add,
        projected=projected,
        projected_tier=ended_in(projected, edges),
        crossed_in=crossed,
    )


def _ahead(months: Sequence[float], last_year: Sequence[float | None], done: float) -> list[float]:
    """Energy still to come: the rest of the running month first, then each month to December."""
    running = len(months) - 1
    whole = list(months[:-1]) + ([months[-1]] if done == 1 else [])
    known = [(now, then) for now, then in zip(whole, last_year, strict=False) if then]
    elapsed = running + done
    mean = sum(months) / elapsed
    growth = sum(now for now, _ in known) / sum(then for _, then in known) if known else None

    def expected(index: int) -> float:
        then = last_year[index] if index < len(last_year) else None
        return mean if growth is None or then is None else then * growth

    ahead = [months[-1] / done - months[-1]] if done < 1 else [0.0]
    return ahead + [expected(index) for index in range(running + 1, 12)]


def _crossing(used: float, ahead: Sequence[float], month: int, edges: Sequence[int]) -> int | None:
    target = next((edge for edge in edges if edge > used), None)
    if target is None:
        return None
    total = used
    for step, energy in enumerate(ahead):
        total += energy
        if total > target:
            return month + step
    return None
