"""The marketing system over HTTP, by the contract in docs/reference/adapters.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from denghuo.apps.exchange.actions.adapters import SENDER, note_call, queue_message
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.marketing.port import AccountFacts, Arrears, BillFacts, Reconnection
from denghuo.core.actors import Actor

CODE = "marketing"
STATES = ("received", "dispatched", "done", "refused")
NOT_FOUND = 404
R = TypeVar("R")


class MarketingClient:
    """One connection's port (:class:`MarketingPort`)."""

    def __init__(self) -> None:
        self.row = base.connection_of(CODE)

    def account(self, number: str) -> AccountFacts | None:
        return self._get(f"/accounts/{base.segment(number)}", account_from)

    def arrears(self, number: str) -> Arrears | None:
        return self._get(f"/accounts/{base.segment(number)}/arrears", arrears_from)

    def bills(self, number: str, months: int = 12) -> list[BillFacts]:
        return self._get(f"/accounts/{base.segment(number)}/bills?months={months:d}", bills_from) or []

    def reconnection(self, number: str) -> Reconnection | None:
        return self._get(f"/reconnections/{base.segment(number)}", reconnection_from)

    def _get(self, path: str, read: Callable[[dict[str, Any]], R]) -> R | None:
        try:
            found = read(base.call(self.row, "GET", path))
        except base.Refused as error:
            if error.status == NOT_FOUND:
                note_call(SENDER, self.row.pk)
                return None
            note_call(SENDER, self.row.pk, error=error.reason)
            raise
        except base.Unavailable as error:
            note_call(SENDER, self.row.pk, error=error.reason)
            raise
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            reason = _("营销系统的应答不符合约定")
            note_call(SENDER, self.row.pk, error=reason)
            raise base.Unavailable(reason) from error
        note_call(SENDER, self.row.pk)
        return found


def ask_reconnection(actor: Actor, *, request_number: str, account_number: str, paid_at: dt.datetime | None) -> bool:
    """Ask for a reconnection under the number of our request; sent in the background, once. False while it is off."""
    body = {
        "number": request_number, "account_number": account_number, "paid_at": paid_at.isoformat() if paid_at else None,
    }  # fmt: skip
    return queue_message(
        actor, CODE, kind="reconnection", number=request_number, key=f"reconnection:{request_number}", body=body
    )


def account_from(data: dict[str, Any]) -> AccountFacts:
    """Their account as ours. Raises KeyError, TypeError, ValueError."""
    return AccountFacts(
        str(data["account_number"]), str(data["holder_name"]), str(data["address"]), str(data["category"]),
        str(data.get("meter_no") or ""), _flag(data["stopped"]),
    )  # fmt: skip


def arrears_from(data: dict[str, Any]) -> Arrears:
    """Their arrears as ours; amounts travel as text so that no cent is lost."""
    since = data.get("since")
    return Arrears(
        str(data["account_number"]), Decimal(str(data["amount"])), Decimal(str(data.get("late_fee") or "0")),
        int(data["bills"]), dt.date.fromisoformat(since) if since else None,
    )  # fmt: skip


def bills_from(data: dict[str, Any]) -> list[BillFacts]:
    """Their bills as ours, newest first."""
    rows = [
        BillFacts(
            dt.date.fromisoformat(f"{one['month']}-01"), int(one["kwh"]), Decimal(str(one["amount"])), _flag(one["paid"]),
            dt.date.fromisoformat(one["due"]),
        )
        for one in data["bills"]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.month, reverse=True)


def reconnection_from(data: dict[str, Any]) -> Reconnection:
    """Their reconnection as ours."""
    if data["state"] not in STATES:
        raise ValueError("unknown state")
    at = dt.datetime.fromisoformat(data["updated_at"])
    if at.tzinfo is None:
        raise ValueError("time without zone")
    return Reconnection(str(data["number"]), data["state"], at, str(data.get("reason") or "")[:200])


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a flag")
    return value
