"""Paying: choose bills, leave for the provider's cashier, come back to the receipt."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from denghuo.apps.customers import billing
from denghuo.apps.customers.choices import PaymentState
from denghuo.apps.customers.hall import binding
from denghuo.apps.customers.hall.pages import ask_account, frame, shown
from denghuo.apps.customers.jobs import deliver_test_notice
from denghuo.apps.customers.models import LocalCharge, Payment
from denghuo.apps.customers.payments import actions, flow, local
from denghuo.apps.customers.payments.port import ProviderError
from denghuo.apps.customers.payments.registry import provider_in_use
from denghuo.core.errors import ActionError, Conflict, NotFound
from denghuo.core.jobs import enqueue

MOST_CHOSEN = 60


@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Open bills of all proven accounts; those of the account in use are ticked."""
    return _choose(request)


def _choose(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    context, account = frame(request)
    if account is None:
        return ask_account(request, _("缴费"))
    accounts = {one.pk: one for one in binding.bound(request)}
    today, rows = billing.today(), []
    wanted = {int(pk) for pk in request.POST.getlist("bills") if pk.isascii() and pk.isdigit() and len(pk) < 19}
    for bill in billing.unpaid_of(list(accounts)):
        owner = accounts[bill.account_id]
        fee = billing.late_fee_of(bill, owner.customer.kind, today, owner.org)
        ticked = bill.pk in wanted if request.method == "POST" else bill.account_id == account.pk
        rows.append(
            {
                "bill": bill,
                "account": shown(owner),
                "fee": fee,
                "total": bill.amount + fee,
                "ticked": ticked,
                "overdue": bill.due < today,
            }
        )
    context |= {
        "rows": rows,
        "total": sum((row["total"] for row in rows if row["ticked"]), Decimal(0)),
        "several": len(accounts) > 1,
        "error": error,
        "possible": provider_in_use() is not None,
    }
    return render(request, "customers/hall/pay.html", context, status=status)


@never_cache
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Make the payment and go to the cashier."""
    provider = provider_in_use()
    if provider is None:
        return _choose(request, _("网上缴费暂未开通，请到营业厅或通过银行代扣缴纳"), status=409)
    actor = binding.visitor(request)
    ids = [int(pk) for pk in request.POST.getlist("bills") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    try:
        payment = actions.create_payment(
            actor,
            client_id=_uuid(request.POST.get("idempotency_key")),
            bill_ids=ids[:MOST_CHOSEN],
            account_ids=[one.pk for one in binding.bound(request)],
            provider=provider.code,
        )
        return redirect(charge_url(request, payment))
    except Conflict as error:
        if token := error.details.get("token"):
            messages.warning(request, error.message)
            return redirect("customers:hall-payment", token)
        return _choose(request, error.message, status=error.status)
    except ActionError as error:
        text = "；".join(text for texts in getattr(error, "fields", {}).values() for text in texts)
        return _choose(request, text or error.message, status=error.status)
    except ProviderError:
        return _choose(request, _("支付渠道没有应答，请稍后再试；没有扣款"), status=503)


def charge_url(request: HttpRequest, payment: Payment) -> str:
    """Open the charge; gives the cashier's address."""
    return flow.open_charge(
        binding.visitor(request),
        payment,
        return_url=request.build_absolute_uri(reverse("customers:hall-payment", args=[payment.token])),
        notify_url=request.build_absolute_uri(f"/api/v1/payments/notify/{payment.provider}"),
    )


def _uuid(text: str | None) -> uuid.UUID:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return uuid.uuid4()


@never_cache
@require_safe
def payment_page(request: HttpRequest, token: str) -> HttpResponse:
    """Where the browser comes back to: the result as the provider tells it now, and the receipt."""
    payment = _by_token(token)
    silent = False
    try:
        payment = flow.refresh(binding.visitor(request), payment)
    except ProviderError:
        silent = True
    return render(request, _template(request), _shown(payment) | {"silent": silent})


def _template(request: HttpRequest) -> str:
    partial = getattr(request, "htmx", False)
    return "customers/hall/_payment.html" if partial else "customers/hall/payment.html"


def _shown(payment: Payment) -> dict[str, Any]:
    lines = list(payment.lines.select_related("bill__account__customer", "bill__account__org").order_by("bill__month"))
    return {
        "payment": payment,
        "lines": [{"line": line, "account": shown(line.bill.account)} for line in lines],
        "waiting": payment.state in actions.UNSETTLED,
        "paid": payment.state == PaymentState.PAID,
        "back": payment.state in (PaymentState.REFUNDING, PaymentState.REFUNDED),
        "fees": sum((line.late_fee for line in lines), Decimal(0)),
    }


@never_cache
@require_POST
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Back to the cashier, or give up."""
    payment = _by_token(token)
    try:
        if "cancel" in request.POST:
            flow.cancel(binding.visitor(request), payment)
        elif payment.state in actions.UNSETTLED:
            return redirect(charge_url(request, payment))
    except ProviderError:
        messages.warning(request, _("支付渠道没有应答，请稍后再试"))
    return redirect("customers:hall-payment", token)


def _by_token(token: str) -> Payment:
    payment = Payment.objects.select_related("org").filter(token=token[:64]).first() if token.isascii() else None
    if payment is None:
        raise NotFound(_("没有这笔缴费"))
    return payment


@never_cache
@require_http_methods(["GET", "POST"])
def cashier(request: HttpRequest, ref: str) -> HttpResponse:
    """The test provider's cashier: no money moves. Not there outside a demonstration."""
    charge = LocalCharge.objects.filter(ref=ref[:64]).first() if settings.DEMO and ref.isascii() else None
    if charge is None:
        raise NotFound()
    if request.method == "POST":
        if "cancel" in request.POST:
            local.LocalProvider().close(charge.merchant_ref, charge.ref)
        elif local.take(ref) is not None:
            enqueue(deliver_test_notice, ref=ref)
        return redirect(charge.return_url)
    return render(request, "customers/hall/cashier.html", {"charge": charge})
