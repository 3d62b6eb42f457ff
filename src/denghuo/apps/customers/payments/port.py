"""What a payment provider must be able to do. One class a provider; nothing else of the product knows any of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

ChargeState = Literal["open", "paid", "closed", "refunded", "unknown"]


class ProviderError(Exception):
    """The provider refused or could not be reached; the call may be made again."""


class BadNotice(Exception):
    """A notice that does not carry the provider's signature, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid. ``number`` is ours, unique; amounts in yuan."""

    number: str
    amount: Decimal
    subject: str
    expires_at: dt.datetime
    return_url: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Charge:
    """The provider's side of an order: its reference, and where the customer pays."""

    ref: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the provider says happened, by notice or on being asked. ``amount`` is what it took, in yuan."""

    number: str
    ref: str
    amount: Decimal
    state: ChargeState
    at: dt.datetime | None = None


class Provider(Protocol):
    """A payment provider. Every call is safe to repeat with the same order."""

    code: str

    def create(self, order: Order) -> Charge:
        """Open a charge; the same ``order.number`` again gives the same charge. Raises ProviderError."""
        ...

    def query(self, number: str, ref: str) -> Notice:
        """The state of a charge now; ``unknown`` when the provider has none. Raises ProviderError."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """The notice in a call from outside, its signature checked. Raises BadNotice."""
        ...

    def close(self, number: str, ref: str) -> None:
        """Let nobody pay this charge any more; nothing when it is paid or closed already. Raises ProviderError."""
        ...

    def refund(self, number: str, ref: str, amount: Decimal) -> None:
        """Give the money back; once, however often it is asked. Raises ProviderError."""
        ...
