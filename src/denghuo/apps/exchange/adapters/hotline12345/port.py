"""What passes between us and a government hotline."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class HotlineOrder:
    """An order the hotline hands over. ``reply_due_at`` is its own limit; ``area_code`` our county's code."""

    number: str
    type: str
    title: str
    content: str
    citizen_name: str
    citizen_phone: str
    address: str
    area_code: str
    received_at: dt.datetime
    reply_due_at: dt.datetime
    account_number: str = ""
    phenomenon: str = ""
    scope: str = ""
    occurred_at: dt.datetime | None = None


class HotlinePort(Protocol):
    """Both directions of the adapter."""

    def order_in(self, order: HotlineOrder) -> dict[str, Any]:
        """Make a request of it; gives {number, request_number, state}."""
        ...

    def urge_in(self, number: str, text: str) -> dict[str, Any]:
        """The citizen asks again."""
        ...

    def progress_out(self, request_id: int, step: str, at: dt.datetime) -> bool:
        """Queue a step; False when the request is not theirs or the adapter is off."""
        ...

    def result_out(self, request_id: int) -> bool:
        """Queue the result."""
        ...

    def return_out(self, request_id: int, note_id: int | None) -> bool:
        """Queue a return with its reason."""
        ...
