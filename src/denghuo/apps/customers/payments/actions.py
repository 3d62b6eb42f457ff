"""Every change of a payment.

Money settles in one place, :func:`settle_payment`, whatever brings the news: the provider's notice, the customer's
browser coming back, or our own asking. Locking: the payment's row first, then its bills by id.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from decimal import Decimal

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.customers import billing
from denghuo.apps.customers.choices import BillState, PaymentState
from denghuo.apps.customers.models import Bill, Payment, PaymentLine
from denghuo.apps.customers.payments.port import Notice
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.http.limits import buckets

HOUR = 3600
UNSETTLED = (PaymentState.CREATED, PaymentState.PAYING)
MOST_BILLS = 24


def create_payment(
    actor: Actor, *, client_id: uuid.UUID, bill_ids: Collection[int], account_ids: Collection[int], provider: str
) -> Payment:
    """A payment of these open bills, with the late fee up to today; state *created*.

    ``account_ids`` are the accounts the caller has proven; a bill of any other does not exist for them. The same
    ``client_id`` again gives the payment it made; so does asking again for bills whose payment is still under way. Raises
    InvalidInput (bills), Conflict (``paid_already``; ``being_paid`` when only some of them are), TooManyRequests.
    """
    known = Payment.objects.filter(client_id=client_id).first()
    if known is not None:
        return known
    try:
        return _create(actor, client_id=client_id, bill_ids=bill_ids, account_ids=account_ids, provider=provider)
    except IntegrityError:
        if connection.needs_rollback:
            raise
        return Payment.objects.get(client_id=client_id)  # the same form came in twice at once


@action("payment.create")
def _create(
    actor: Actor, *, client_id: uuid.UUID, bill_ids: Collection[int], account_ids: Collection[int], provider: str
) -> Payment:
    if actor.kind == "customer" and actor.ip:
        buckets.take("hall.pay", actor.ip, allowed=policies.get("hall.pay.per_hour"), seconds=HOUR)
    bills = _open_bills(bill_ids, account_ids)
    held = _under_way(bills)
    if held is not None:
        return held
    now, today = moment.now(), billing.today()
    fees = {bill.pk: billing.late_fee_of(bill, bill.account.customer.kind, today, bill.account.org) for bill in bills}
    payment = Payment.objects.create(
        org=bills[0].account.org,
        number=_number(now),
        client_id=client_id,
        amount=sum((bill.amount + fees[bill.pk] for bill in bills), Decimal(0)),
        provider=provider,
        created_at=now,
        expires_at=now + dt.timedelta(minutes=policies.get("hall.pay.minutes")),
    )
    PaymentLine.objects.bulk_create(
        PaymentLine(payment=payment, bill=bill, amount=bill.amount, late_fee=fees[bill.pk]) for bill in bills
    )
    payload = {
        "number": payment.number,
        "amount": payment.amount,
        "bill_ids": [bill.pk for bill in bills],
        "provider": provider,
    }
    record(actor, "payment.created", payment, org=payment.org, payload=payload)
    return payment


def _open_bills(bill_ids: Collection[int], account_ids: Collection[int]) -> list[Bill]:
    if not bill_ids:
        raise InvalidInput({"bills": _("请选择要缴的账单")})
    if len(bill_ids) > MOST_BILLS:
        raise InvalidInput({"bills": _("一次最多缴 %(n)s 张账单，请分次缴纳") % {"n": MOST_BILLS}})
    rows = Bill.objects.select_for_update(of=("self",)).select_related("account__customer", "account__org")
    bills = list(rows.filter(pk__in=set(bill_ids), account_id__in=account_ids).order_by("pk"))
    if len(bills) != len(set(bill_ids)):
        raise InvalidInput({"bills": _("有的账单不属于已核对的户号，请重新选择")})
    if any(bill.state != BillState.OPEN for bill in bills):
        raise Conflict(_("所选账单中有的刚刚已缴清，请刷新后再选"), code="paid_already")
    if any(bill.amount <= 0 for bill in bills):
        raise InvalidInput({"bills": _("金额为零的账单无需缴费")})
    return bills


def _under_way(bills: list[Bill]) -> Payment | None:
    """The live payment of exactly these bills, if there is one; Conflict when some of them are in another."""
    wanted = {bill.pk for bill in bills}
    lines = PaymentLine.objects.filter(
        bill_id__in=wanted, payment__state__in=UNSETTLED, payment__expires_at__gt=moment.now()
    )
    payment = Payment.objects.filter(pk__in=lines.values("payment_id")).order_by("-pk").first()
    if payment is None:
        return None
    if set(payment.lines.values_list("bill_id", flat=True)) == wanted:
        return payment
    raise Conflict(
        _("所选账单中有的正在另一笔缴费单 %(number)s 中支付，请先完成或取消那一笔") % {"number": payment.number},
        code="being_paid",
        token=payment.token,
    )


def _number(at: dt.datetime) -> str:
    return f"JF{timezone.localtime(at):%Y%m%d}{uuid.uuid4().int % 10**10:010d}"


@action("payment.mark_paying")
def mark_paying(actor: Actor, payment_id: int, *, ref: str) -> Payment:
    """*created* → *paying*: the provider has opened a charge under ``ref``. Again with the same: nothing."""
    payment = _locked(payment_id)
    if payment.state == PaymentState.CREATED:
        payment.state, payment.provider_ref = PaymentState.PAYING, ref
        payment.save(update_fields=["state", "provider_ref"])
    return payment


@action("payment.settle")
def settle_payment(actor: Actor, notice: Notice) -> Payment:
    """Take the news that a charge was paid: bills are paid and the payment is *paid*, once, whatever is repeated.

    Also after the payment had expired, as the money is there. What cannot be settled (another amount than asked, or a
    bill that was paid meanwhile) is kept as *refunding* and given back. Raises NotFound (no such payment), Conflict
    (``foreign_charge``: the reference is not this payment's).
    """
    payment = Payment.objects.select_related("org").select_for_update(of=("self",)).filter(number=notice.number).first()
    if payment is None:
        raise NotFound(_("没有这笔缴费"))
    if payment.provider_ref and payment.provider_ref != notice.ref:
        raise Conflict(_("支付流水号与缴费单不符"), code="foreign_charge")
    if notice.state != "paid" or payment.state not in (*UNSETTLED, PaymentState.FAILED):
        return payment
    payment.provider_ref = notice.ref
    payment.paid_at = moment.now()
    bills = list(Bill.objects.select_for_update().filter(pk__in=payment.lines.values("bill_id")).order_by("pk"))
    if notice.amount != payment.amount:
        return _to_refund(actor, payment, "amount_mismatch")
    if any(bill.state != BillState.OPEN for bill in bills):
        return _to_refund(actor, payment, "bill_paid_before")
    for bill in bills:
        bill.state, bill.paid_at = BillState.PAID, payment.paid_at
    Bill.objects.bulk_update(bills, ["state", "paid_at"])
    payment.state, payment.failure = PaymentState.PAID, ""
    payment.save(update_fields=["state", "failure", "provider_ref", "paid_at"])
    payload = {
        "number": payment.number,
        "amount": payment.amount,
        "bill_ids": [bill.pk for bill in bills],
        "provider": payment.provider,
    }
    record(actor, "payment.settled", payment, org=payment.org, payload=payload)
    return payment


def _to_refund(actor: Actor, payment: Payment, reason: str) -> Payment:
    payment.state, payment.failure = PaymentState.REFUNDING, reason
    payment.save(update_fields=["state", "failure", "provider_ref", "paid_at"])
    payload = {"number": payment.number, "reason": reason}
    record(actor, "payment.refund_due", payment, org=payment.org, payload=payload)
    return payment


@action("payment.fail")
def fail_payment(actor: Actor, payment_id: int, *, reason: str) -> Payment:
    """*created* or *paying* → *failed* (``cancelled`` | ``expired``); the bills can be paid anew. Otherwise nothing."""
    payment = _locked(payment_id)
    if payment.state in UNSETTLED:
        payment.state, payment.failure = PaymentState.FAILED, reason
        payment.save(update_fields=["state", "failure"])
        payload = {"number": payment.number, "reason": reason}
        record(actor, "payment.failed", payment, org=payment.org, payload=payload)
    return payment


@action("payment.mark_refunded")
def mark_refunded(actor: Actor, payment_id: int) -> Payment:
    """*refunding* → *refunded*: the provider has given the money back. Otherwise nothing."""
    payment = _locked(payment_id)
    if payment.state == PaymentState.REFUNDING:
        payment.state, payment.refunded_at = PaymentState.REFUNDED, moment.now()
        payment.save(update_fields=["state", "refunded_at"])
        payload = {"number": payment.number, "amount": payment.amount}
        record(actor, "payment.refunded", payment, org=payment.org, payload=payload)
    return payment


def _locked(payment_id: int) -> Payment:
    return Payment.objects.select_related("org").select_for_update(of=("self",)).get(pk=payment_id)
