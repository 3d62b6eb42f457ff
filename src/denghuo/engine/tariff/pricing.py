"""The price of an amount of energy: tiers by the energy used in the period, and bands by the time of day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

FEN: Final = Decimal("0.01")
DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of the price: energy up to ``upto`` kWh a period (None: without end) costs ``add`` yuan/kWh more than
    the base price."""

    upto: int | None
    add: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price list in force at one place and time.

    ``base`` is the first tier's price in yuan/kWh. ``period`` says over what the tiers count. ``bands`` are the first
    tier's prices by time of day (peak, valley …): when given, energy is priced by band first and the tier's addition
    comes on top (先峰谷后阶梯). ``windows`` are minutes of the day ``(start, end)`` by band; a window may pass midnight; the
    time that no window covers belongs to the band without windows.
    """

    code: str
    base: Decimal
    tiers: tuple[Tier, ...] = (Tier(None),)
    period: Literal["month", "year"] = "month"
    bands: Mapping[str, Decimal] | None = None
    windows: Mapping[str, tuple[tuple[int, int], ...]] | None = None

    def __post_init__(self) -> None:
        edges = [tier.upto for tier in self.tiers]
        if not edges or edges[-1] is not None or None in edges[:-1]:
            raise ValueError("the last tier, and only the last, has no end")
        known = [edge for edge in edges[:-1] if edge is not None]
        if known != sorted(set(known)) or (known and known[0] <= 0):
            raise ValueError("tiers must rise")
        if self.bands is not None and not self.bands:
            raise ValueError("bands, when given, must not be empty")

    @property
    def edges(self) -> tuple[int, ...]:
        """Where each tier but the last ends, kWh a period."""
        return tuple(tier.upto for tier in self.tiers if tier.upto is not None)


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a bill. ``code`` is ``tier1`` … for energy at a tier's full price, a band's code for energy at that
    band's price, ``tier2+`` … for what a tier adds on top of bands."""

    code: str
    kwh: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """Lines and their sum. Every line is rounded to the fen, half up, and the sum is that of the rounded lines."""

    parts: tuple[Part, ...]
    amount: Decimal


def cents(value: Decimal) -> Decimal:
    """Rounded to the fen, half up, as a bill does."""
    return value.quantize(FEN, ROUND_HALF_UP)


def split(kwh: int, before: int, edges: tuple[int, ...]) -> tuple[int, ...]:
    """How much of ``kwh`` falls into each tier when ``before`` kWh of the period were used already."""
    parts, low = [], 0
    for high in (*edges, None):
        top = before + kwh if high is None else min(before + kwh, high)
        parts.append(max(0, top - max(before, low)))
        low = high or low
    return tuple(parts)


def price(
    tariff: Tariff, kwh: int, *, before: int = 0, by_band: Mapping[str, int] | None = None, extra: int = 0
) -> Priced:
    """What ``kwh`` cost when ``before`` kWh of the tariff's period were billed already.

    ``by_band`` is required for a tariff with bands and must add up to ``kwh``. ``extra`` widens every tier's end by that
    many kWh a period (large households). Raises ValueError for negative energy or bands that do not fit.
    """
    if kwh < 0 or before < 0:
        raise ValueError("energy is not negative")
    amounts = split(kwh, before, tuple(edge + extra for edge in tariff.edges))
    parts: list[Part] = []
    if tariff.bands is None:
        for number, (tier, used) in enumerate(zip(tariff.tiers, amounts, strict=True), 1):
            if used:
                parts.append(_part(f"tier{number}", used, tariff.base + tier.add))
    else:
        given = dict(by_band or {})
        if set(given) - set(tariff.bands) or sum(given.values()) != kwh or min(given.values(), default=0) < 0:
            raise ValueError("energy by band must name the tariff's bands and add up to the whole")
        parts += [_part(code, given[code], rate) for code, rate in tariff.bands.items() if given.get(code)]
        for number, (tier, used) in enumerate(zip(tariff.tiers, amounts, strict=True), 1):
            if used and tier.add:
                parts.append(_part(f"tier{number}+", used, tier.add))
    return Priced(tuple(parts), sum((part.amount for part in parts), Decimal(0)))


def _part(code: str, kwh: int, rate: Decimal) -> Part:
    return Part(code, kwh, rate, cents(rate * kwh))


def band_of(tariff: Tariff, minute: int) -> str | None:
    """The band of a minute of the day (0–1439); None for a tariff without bands."""
    if tariff.bands is None:
        return None
    windows = tariff.windows or {}
    for code, spans in windows.items():
        for start, end in spans:
            if start <= minute < end or (start > end and (minute >= start or minute < end)):
                return code
    return next((code for code in tariff.bands if code not in windows), next(iter(tariff.bands)))
