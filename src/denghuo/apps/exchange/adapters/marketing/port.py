"""What we ask of a marketing system, whoever makes it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as billing knows it. ``stopped``: cut off for arrears at present."""

    number: str
    holder: str
    address: str
    category: str
    meter_no: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class Arrears:
    """What is owed, in yuan; ``since`` is the due date of the oldest unpaid bill."""

    number: str
    amount: Decimal
    late_fee: Decimal
    bills: int
    since: dt.date | None

    @property
    def total(self) -> Decimal:
        return self.amount + self.late_fee


@dataclass(frozen=True, slots=True)
class BillFacts:
    """The bill of one month (``month`` is its first day), in kWh and yuan."""

    month: dt.date
    kwh: int
    amount: Decimal
    paid: bool
    due: dt.date


@dataclass(frozen=True, slots=True)
class Reconnection:
    """A reconnection after payment (欠费复电). ``state``: received | dispatched | done | refused."""

    number: str
    state: str
    updated_at: dt.datetime
    reason: str = ""


class MarketingPort(Protocol):
    """Look-ups raise ``base.Unavailable`` when the system does not answer, ``base.Refused`` when it says no."""

    def account(self, number: str) -> AccountFacts | None:
        """The account; None when there is none."""
        ...

    def arrears(self, number: str) -> Arrears | None:
        """What is owed; None when there is no such account."""
        ...

    def bills(self, number: str, months: int) -> list[BillFacts]:
        """The latest bills, newest first."""
        ...

    def reconnection(self, number: str) -> Reconnection | None:
        """How a reconnection stands, by the number we asked under."""
        ...
