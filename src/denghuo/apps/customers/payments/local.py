"""The local test provider: a cashier of its own, its own book, signed notices. For demonstrations and tests only.

It behaves as real ones do: the customer leaves our pages to pay, the result comes back twice (the browser returning,
and a signed call from server to server that is repeated until answered), in either order, or late, or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import urllib.request
from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.customers.models import LocalCharge
from denghuo.apps.customers.payments.port import BadNotice, Charge, ChargeState, Notice, Order, ProviderError

HEADER = "X-Pay-Signature"
TIMEOUT = 10  # seconds
STATES: dict[str, ChargeState] = {"open": "open", "paid": "paid", "closed": "closed", "refunded": "refunded"}


def _key() -> bytes:
    return hashlib.sha256(b"denghuo.payments.local:" + settings.SECRET_KEY.encode()).digest()


def signature(body: bytes) -> str:
    """HMAC-SHA256 of a notice, hexadecimal."""
    return hmac.new(_key(), body, hashlib.sha256).hexdigest()


class LocalProvider:
    """See :class:`~denghuo.apps.customers.payments.port.Provider`."""

    code = "test"

    def create(self, order: Order) -> Charge:
        charge, _made = LocalCharge.objects.get_or_create(
            merchant_ref=order.number,
            defaults={
                "ref": f"T{secrets.token_hex(12)}",
                "amount": order.amount,
                "notify_url": order.notify_url,
                "return_url": order.return_url,
            },
        )
        return Charge(charge.ref, reverse("customers:cashier", args=[charge.ref]))

    def query(self, number: str, ref: str) -> Notice:
        charge = LocalCharge.objects.filter(merchant_ref=number).first()
        if charge is None:
            return Notice(number, ref, Decimal(0), "unknown")
        return _notice(charge)

    def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        given = headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), signature(body).encode()):
            raise BadNotice("signature")
        try:
            data = json.loads(body)
            state = STATES[data["state"]]
            at = dt.datetime.fromisoformat(data["at"]) if data.get("at") else None
            return Notice(str(data["number"]), str(data["ref"]), Decimal(str(data["amount"])), state, at)
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise BadNotice("content") from error

    def close(self, number: str, ref: str) -> None:
        LocalCharge.objects.filter(merchant_ref=number, state="open").update(state="closed")

    def refund(self, number: str, ref: str, amount: Decimal) -> None:
        changed = LocalCharge.objects.filter(merchant_ref=number, state="paid").update(state="refunded")
        if not changed and not LocalCharge.objects.filter(merchant_ref=number, state="refunded").exists():
            raise ProviderError("nothing was paid")


def _notice(charge: LocalCharge) -> Notice:
    return Notice(charge.merchant_ref, charge.ref, charge.amount, STATES[charge.state], charge.paid_at)


def notice_body(charge: LocalCharge) -> bytes:
    """The notice of a charge as it goes over the wire."""
    data = {
        "number": charge.merchant_ref,
        "ref": charge.ref,
        "amount": str(charge.amount),
        "state": charge.state,
        "at": charge.paid_at.isoformat() if charge.paid_at else "",
    }
    return json.dumps(data).encode()


def take(ref: str) -> LocalCharge | None:
    """The customer pays at the cashier; a second time changes nothing. None for an unknown or closed charge."""
    with transaction.atomic():
        charge = LocalCharge.objects.select_for_update().filter(ref=ref).first()
        if charge is None or charge.state == "closed":
            return None
        if charge.state == "open":
            charge.state, charge.paid_at = "paid", timezone.now()
            charge.save(update_fields=["state", "paid_at"])
        return charge


def deliver(ref: str) -> None:
    """Send the notice of a paid charge; raises OSError when it did not arrive, so that the job tries again."""
    charge = LocalCharge.objects.get(ref=ref)
    if charge.notified_at is not None or not charge.notify_url.startswith(("http://", "https://")):
        return
    body = notice_body(charge)
    headers = {HEADER: signature(body), "Content-Type": "application/json"}
    call = urllib.request.Request(charge.notify_url, data=body, headers=headers, method="POST")  # noqa: S310
    with urllib.request.urlopen(call, timeout=TIMEOUT):  # noqa: S310
        pass
    LocalCharge.objects.filter(ref=ref).update(notified_at=timezone.now())
