"""REST endpoints of the customers app: thin, typed, documented."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema
from pydantic import Field

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.customers import billing, queries
from denghuo.apps.customers.access import account_id_of, account_ref
from denghuo.apps.customers.hall.pay import charge_url
from denghuo.apps.customers.marks.queries import may_view
from denghuo.apps.customers.models import Account, Payment
from denghuo.apps.customers.payments import actions as payments
from denghuo.apps.customers.payments.port import BadNotice, ProviderError
from denghuo.apps.customers.payments.registry import provider_in_use, provider_of
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.http.api import actor_of
from denghuo.core.privacy import masked

router = Router(tags=["customers"])

Text = Annotated[str, Field(max_length=200)]


class FindAccountIn(Schema, extra="forbid"):
    """The number on the bill, and the holder's full phone or full name."""

    number: Text
    phone: Text = ""
    name: Text = ""


class FoundAccount(Schema):
    """Masked, with a reference to put into a request instead of the number."""

    account_ref: str
    number: str
    name: str
    address: str
    area_type: str
    org_id: int


class AccountOut(Schema):
    id: int
    customer_id: int
    number: str
    name: str
    phone: str
    address: str
    area_type: str
    kind: str
    sensitive: bool
    transformer_id: int | None
    org_id: int
    org_name: str
    active: bool


@router.post("/hall/find-account", response=FoundAccount, auth=[StaffAuth(), PublicAuth()], summary="查找户号（公众）")
def find_account(request: HttpRequest, body: FindAccountIn) -> Any:
    """404 with one text whatever was wrong; 429 beyond the limits."""
    account = queries.find_account(actor_of(request), body.number, phone=body.phone, name=body.name)
    if account is None:
        raise NotFound(_("没有找到相符的用电户，请核对户号与登记的手机号或户名"), code="account_not_matched")
    view = queries.public_view(account)
    return {
        "account_ref": account_ref(account.pk),
        "number": view.number,
        "name": view.name,
        "address": view.address,
        "area_type": view.area_type,
        "org_id": view.org_id,
    }


@router.get("/customers", response=list[AccountOut], auth=StaffAuth(), summary="客户查询（坐席）")
def search_customers(
    request: HttpRequest, q: Annotated[str, Query(max_length=100, description="完整手机号、座机号或户号")]
) -> Any:
    """Accounts by full phone or account number in the caller's units, masked by role."""
    actor = actor_of(request)
    return [
        {
            "id": account.pk,
            "customer_id": account.customer_id,
            "number": masked(account, "number", actor),
            "name": masked(account.customer, "name", actor),
            "phone": masked(account.customer, "phone", actor),
            "address": masked(account, "address", actor),
            "area_type": account.area_type,
            "kind": account.customer.kind,
            "sensitive": account.customer.sensitive and may_view(actor, account.customer),
            "transformer_id": account.transformer_id,
            "org_id": account.org_id,
            "org_name": account.org.name,
            "active": account.active,
        }
        for account in queries.search_customers(actor, q)
    ]


class MonthOut(Schema):
    month: dt.date
    kwh: int
    amount: Decimal


class DayOut(Schema):
    day: dt.date
    kwh: float


class TierOut(Schema):
    """Energies in kWh, prices in yuan/kWh; ``left`` null in the last tier."""

    tier: int
    used: float
    left: float | None
    price: Decimal
    projected: float
    projected_tier: int


class UsageOut(Schema):
    number: str
    plan: str
    months: list[MonthOut]
    days: list[DayOut]
    tier: TierOut | None
    advice: list[dict[str, Any]]


class BillOut(Schema):
    id: int
    month: dt.date
    kwh: int
    amount: Decimal
    late_fee: Decimal
    due: dt.date
    state: str
    lines: list[dict[str, Any]]


class PaymentIn(Schema, extra="forbid"):
    """``client_id`` made by the caller: the same again gives the same payment."""

    client_id: uuid.UUID
    account_refs: Annotated[list[Text], Field(min_length=1, max_length=6)]
    bill_ids: Annotated[list[int], Field(min_length=1, max_length=60)]


class PaymentOut(Schema):
    number: str
    token: str
    amount: Decimal
    state: str
    pay_url: str | None


def _proven(ref: str) -> Account:
    pk = account_id_of(ref)
    account = queries.account_by_id(pk) if pk is not None else None
    if account is None:
        raise NotFound(_("户号核对已过期，请重新核对"), code="account_ref_expired")
    return account


Ref = Annotated[str, Query(max_length=200, description="find-account 给出的凭据")]


@router.get("/hall/my/usage", response=UsageOut, auth=[StaffAuth(), PublicAuth()], summary="我的用电（公众）")
def my_usage(request: HttpRequest, account_ref: Ref) -> Any:
    """Twelve months, days, tier position, advice. 404 when the reference is wrong or too old."""
    account = _proven(account_ref)
    usage = billing.usage_of(account, kind=account.customer.kind, advice=True)
    place = usage.position
    return {
        "number": queries.public_view(account).number,
        "plan": usage.plan,
        "months": [{"month": month, "kwh": kwh, "amount": yuan} for month, kwh, yuan in usage.months[-12:]],
        "days": [{"day": day, "kwh": kwh} for day, kwh in usage.days],
        "tier": place
        and {
            "tier": place.tier,
            "used": place.used,
            "left": place.left,
            "price": place.price,
            "projected": place.projected,
            "projected_tier": place.projected_tier,
        },
        "advice": [{"code": one.code, "figures": one.figures} for one in usage.advice],
    }


@router.get("/hall/my/bills", response=list[BillOut], auth=[StaffAuth(), PublicAuth()], summary="电费账单（公众）")
def my_bills(request: HttpRequest, account_ref: Ref) -> Any:
    """Thirteen months, newest first. 404 when the reference is wrong or too old."""
    account, today = _proven(account_ref), billing.today()
    return [
        {
            "id": bill.pk,
            "month": bill.month,
            "kwh": bill.kwh,
            "amount": bill.amount,
            "late_fee": billing.late_fee_of(bill, account.customer.kind, today, account.org),
            "due": bill.due,
            "state": bill.state,
            "lines": billing.lines_of(bill),
        }
        for bill in billing.latest_bills([account.pk], billing.MONTHS)
    ]


@router.post("/payments", response=PaymentOut, auth=[StaffAuth(), PublicAuth()], summary="创建缴费（公众）")
def pay(request: HttpRequest, body: PaymentIn) -> Any:
    """Make a payment and open the provider's charge; go to ``pay_url`` to pay. 409 when a bill is paid or being paid."""
    accounts = [_proven(ref) for ref in body.account_refs]
    provider = provider_in_use()
    if provider is None:
        raise Conflict(_("网上缴费暂未开通，请到营业厅或通过银行代扣缴纳"), code="payment_closed")
    payment = payments.create_payment(
        actor_of(request),
        client_id=body.client_id,
        bill_ids=body.bill_ids,
        account_ids=[one.pk for one in accounts],
        provider=provider.code,
    )
    url = None
    if payment.state in payments.UNSETTLED:
        try:
            url = request.build_absolute_uri(charge_url(request, payment))
        except ProviderError:
            raise Conflict(_("支付渠道没有应答，请稍后再试；没有扣款"), code="provider_silent") from None
        payment.refresh_from_db()
    return _payment(payment, url)


@router.get("/payments/{token}", response=PaymentOut, auth=[StaffAuth(), PublicAuth()], summary="缴费结果（公众）")
def payment_state(request: HttpRequest, token: Annotated[str, Path(max_length=32)]) -> Any:
    """How a payment stands, by its token."""
    payment = Payment.objects.filter(token=token).first() if token.isascii() else None
    if payment is None:
        raise NotFound(_("没有这笔缴费"))
    return _payment(payment, None)


def _payment(payment: Payment, url: str | None) -> dict[str, Any]:
    return {
        "number": payment.number,
        "token": payment.token,
        "amount": payment.amount,
        "state": payment.state,
        "pay_url": url,
    }


@router.post("/payments/notify/{provider}", auth=None, summary="支付渠道通知")
def notified(request: HttpRequest, provider: Annotated[str, Path(max_length=20)]) -> Any:
    """The provider's call, by signature. 200 once it has taken effect, also when it had before; else it comes again."""
    found = provider_of(provider)
    if found is None:
        raise NotFound()
    try:
        notice = found.verify(request.headers, request.body)
    except BadNotice:
        raise NotAllowed(_("签名不符"), code="bad_signature") from None
    payments.settle_payment(Actor.system(f"payments.{provider}"), notice)
    return {"result": "ok"}


from denghuo.apps.customers.api_readings import router as _readings  # noqa: E402

router.add_router("", _readings)
