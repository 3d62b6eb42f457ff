"""Late-payment fee (电费违约金)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from denghuo.engine.tariff.pricing import cents


@dataclass(frozen=True, slots=True)
class FeeRule:
    """Share of the arrears a day within the year the bill fell due in, and in the years after; least fee in yuan."""

    daily: Decimal
    daily_later: Decimal
    minimum: Decimal


def late_fee(amount: Decimal, due: dt.date, paid: dt.date, rule: FeeRule) -> Decimal:
    """The fee in yuan for ``amount`` due on ``due`` and paid on ``paid``; 0 when paid in time.

    Counted by the day from the day after ``due`` to the day of payment, without compounding (供电营业规则: residents 0.1 % a
    day; others 0.2 % in the year of the bill and 0.3 % on what is carried over a year's end; not below 1 yuan).
    """
    if amount <= 0 or paid <= due:
        return Decimal(0)
    year_end = dt.date(due.year, 12, 31)
    same_year = (min(paid, year_end) - due).days
    later = max(0, (paid - year_end).days)
    return max(rule.minimum, cents(amount * (rule.daily * same_year + rule.daily_later * later)))
