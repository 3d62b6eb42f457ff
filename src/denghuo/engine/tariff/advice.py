"""What a customer's own figures say about saving. Every piece of advice carries the figures it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from denghuo.engine.tariff.position import Position
from denghuo.engine.tariff.pricing import Tariff, price


@dataclass(frozen=True, slots=True)
class History:
    """A customer's energy. ``months``: (year, month, kWh, valley kWh), oldest first, at most thirteen whole months;
    ``days``: kWh of the days last measured, oldest first."""

    months: Sequence[tuple[int, int, int, int]]
    days: Sequence[float] = ()
    peer_median: float | None = None
    peers: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """From which difference on something is worth saying. Shares of one; ``saving`` yuan a year."""

    change: float = 0.15
    peer: float = 0.25
    base_share: float = 0.5
    peak_factor: float = 1.8
    saving: Decimal = Decimal(20)
    fewest_days: int = 14
    fewest_peers: int = 30


@dataclass(frozen=True, slots=True)
class Advice:
    """``code`` names the rule, ``figures`` what it computed (kWh, yuan, shares), ``tone`` how it should look."""

    code: str
    figures: dict[str, Any]
    tone: str = "info"


def advise(
    history: History, position: Position | None, flat: Tariff | None, banded: Tariff | None, *, on_banded: bool,
    limits: Limits | None = None,
) -> list[Advice]:  # fmt: skip
    """Advice in the order of what it is worth looking at. Empty when the figures give no occasion."""
    bounds = limits or Limits()
    found = [
        _tier(position),
        _switching(history, flat, banded, on_banded, bounds),
        _year_ago(history, bounds),
        _peers(history, bounds),
        _base_load(history, bounds),
        _peak_days(history, bounds),
    ]
    return [one for one in found if one is not None]


def _tier(position: Position | None) -> Advice | None:
    if position is None or position.next_price is None or position.left is None:
        return None
    if position.projected_tier <= position.tier:
        return None
    figures = {
        "tier": position.tier, "next": position.tier + 1, "left": round(position.left), "month": position.crossed_in,
        "projected": round(position.projected), "more": position.next_price - position.price,
    }  # fmt: skip
    return Advice("tier", figures, "warn")


def _switching(
    history: History, flat: Tariff | None, banded: Tariff | None, on_banded: bool, limits: Limits
) -> Advice | None:
    """A year's energy priced both ways, tiers counted from January as billed."""
    year = list(history.months[-12:])
    if flat is None or banded is None or len(year) < 12:
        return None
    plain, split_by_time = _cost(flat, year), _cost(banded, year)
    total = sum(kwh for _, _, kwh, _ in year)
    share = sum(valley for *_, valley in year) / total if total else 0.0
    saving = plain - split_by_time if not on_banded else split_by_time - plain
    figures = {"flat": plain, "banded": split_by_time, "saving": saving, "share": share}
    if saving < limits.saving:
        return Advice("band_kept", figures, "ok") if on_banded and plain - split_by_time > 0 else None
    return Advice("band_leave" if on_banded else "band_take", figures, "ok")


def _cost(tariff: Tariff, year: Sequence[tuple[int, int, int, int]]) -> Decimal:
    total, used, running = Decimal(0), 0, 0
    for when, _month, kwh, valley in year:
        if when != running:
            used, running = 0, when
        bands = {"peak": kwh - valley, "valley": valley} if tariff.bands is not None else None
        total += price(tariff, kwh, before=used if tariff.period == "year" else 0, by_band=bands).amount
        used += kwh
    return total


def _year_ago(history: History, limits: Limits) -> Advice | None:
    if not history.months:
        return None
    year, month, kwh, _ = history.months[-1]
    then = next((one[2] for one in history.months if one[:2] == (year - 1, month)), None)
    if not then:
        return None
    change = (kwh - then) / then
    if abs(change) < limits.change:
        return None
    figures = {"month": month, "kwh": kwh, "then": then, "change": change}
    return Advice("year_ago_more" if change > 0 else "year_ago_less", figures, "warn" if change > 0 else "ok")


def _peers(history: History, limits: Limits) -> Advice | None:
    if not history.months or not history.peer_median or history.peers < limits.fewest_peers:
        return None
    _, month, kwh, _ = history.months[-1]
    ratio = (kwh - history.peer_median) / history.peer_median
    if abs(ratio) < limits.peer:
        return None
    figures = {"month": month, "kwh": kwh, "median": round(history.peer_median), "ratio": ratio, "peers": history.peers}
    return Advice("peers_more" if ratio > 0 else "peers_less", figures, "info" if ratio > 0 else "ok")


def _base_load(history: History, limits: Limits) -> Advice | None:
    """The quiet days' energy is what is used when hardly anybody is home: standby, refrigerators, heat tracing."""
    days = [day for day in history.days if day > 0]
    if len(days) < limits.fewest_days:
        return None
    low = sorted(days)[len(days) // 10]
    mean = sum(days) / len(days)
    share = low / mean
    if share < limits.base_share:
        return None
    return Advice("base_load", {"low": low, "watts": round(low / 24 * 1000), "mean": mean, "share": share}, "info")


def _peak_days(history: History, limits: Limits) -> Advice | None:
    if len(history.days) < limits.fewest_days:
        return None
    mean = sum(history.days) / len(history.days)
    high = [index for index, day in enumerate(history.days) if mean and day >= mean * limits.peak_factor]
    if not high:
        return None
    top = max(high, key=lambda index: history.days[index])
    figures = {"count": len(high), "mean": mean, "top": history.days[top], "ago": len(history.days) - 1 - top}
    return Advice("peak_days", figures, "info")
