"""My electricity, bills, and the receipt of an electronic invoice request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from denghuo.apps.customers import billing, queries
from denghuo.apps.customers.actions import request_invoice
from denghuo.apps.customers.choices import BillState
from denghuo.apps.customers.hall import binding, charts
from denghuo.apps.customers.hall.forms import BindForm, InvoiceForm
from denghuo.apps.customers.hall.words import words_of
from denghuo.apps.customers.models import Account, Bill, InvoiceRequest
from denghuo.core import policies
from denghuo.core.errors import ActionError, NotFound
from denghuo.web.formtools import add_refusal, once

BILLS_SHOWN = 24


def shown(account: Account) -> dict[str, Any]:
    """An account as its holder sees it on a public page: masked."""
    view = queries.public_view(account)
    return {
        "id": account.pk,
        "number": view.number,
        "name": view.name,
        "address": view.address,
        "kind": account.customer.kind,
        "org": account.org.label,
    }


def frame(request: HttpRequest) -> tuple[dict[str, Any], Account | None]:
    """What every page of one's own shows: the accounts proven, and the one in use."""
    accounts = binding.bound(request)
    chosen = binding.current(request, accounts)
    context: dict[str, Any] = {
        "accounts": [shown(one) for one in accounts],
        "current": shown(chosen) if chosen else None,
        "here": request.path,
        "minutes": round(policies.get("hall.find.ref_minutes")),
    }
    return context, chosen


def ask_account(request: HttpRequest, title: str, form: BindForm | None = None, status: int = 200) -> HttpResponse:
    """The page that asks for an account when none is proven."""
    context = {"form": form or BindForm(), "title": title, "next": request.POST.get("next") or request.path}
    return render(request, "customers/hall/bind.html", context, status=status)


@require_POST
def bind(request: HttpRequest) -> HttpResponse:
    """Prove an account by number with phone or name; then back to where it was asked for."""
    form = BindForm(request.POST)
    if form.is_valid():
        try:
            found = queries.find_account(binding.visitor(request), **form.named())
        except ActionError as error:
            _refuse(form, error)
        else:
            if found is not None:
                binding.bind(request, found)
                return redirect(_back(request))
            form.add_error(None, _("没有找到相符的用电户。请核对电费单上的户号，以及登记的手机号或户名。"))
    return ask_account(request, _("绑定户号"), form, status=422)


def _refuse(form: BindForm, error: ActionError) -> None:
    """``phone`` and ``name`` are one field here."""
    if fields := getattr(error, "fields", None):
        for name in ("phone", "name"):
            for text in fields.pop(name, []):
                form.add_error("proof", text)
    add_refusal(form, error)


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else "/hall/my/"


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Use another bound account, or let go of one."""
    given = request.POST.get("account", "")
    pk = int(given) if given.isascii() and given.isdigit() and len(given) < 19 else 0
    if "forget" in request.POST:
        binding.forget(request, pk)
    else:
        binding.choose(request, pk)
    return redirect(_back(request))


@never_cache
@require_safe
def my(request: HttpRequest) -> HttpResponse:
    """What is owed, what was used, where in the tiers, and what would save."""
    context, account = frame(request)
    if account is None:
        return ask_account(request, _("我的用电"))
    usage = billing.usage_of(account, kind=account.customer.kind, advice=True)
    unpaid = billing.unpaid_of([account.pk])
    context |= _owed(unpaid, account) | {
        "usage": usage,
        "plan": billing.plan_label(usage.plan),
        "latest": usage.bills[-1] if usage.bills else None,
        "months": charts.months_chart(usage),
        "days": charts.days_chart(usage),
        "month_rows": list(reversed(usage.months[-12:])),
        "day_rows": list(reversed(usage.days[-31:])),
        "tiers": charts.tier_bar(usage),
        "advice": [words_of(one) for one in usage.advice],
        "measured_to": usage.days[-1][0] if usage.days else None,
        "source": policies.find(
            "tariff.business.base" if usage.plan == "business" else "tariff.residential.base", account.org
        ),
    }
    return render(request, "customers/hall/my.html", context)


def _owed(unpaid: list[Bill], account: Account) -> dict[str, Any]:
    today, kind = billing.today(), account.customer.kind
    fees = sum((billing.late_fee_of(bill, kind, today, account.org) for bill in unpaid), Decimal(0))
    return {
        "unpaid": unpaid,
        "owed": sum((bill.amount for bill in unpaid), Decimal(0)) + fees,
        "fees": fees,
        "due": min((bill.due for bill in unpaid), default=None),
        "overdue": any(bill.due < today for bill in unpaid),
    }


@never_cache
@require_safe
def bills(request: HttpRequest) -> HttpResponse:
    """The bills of the account in use, newest first."""
    context, account = frame(request)
    if account is None:
        return ask_account(request, _("电费账单"))
    today = billing.today()
    rows = billing.latest_bills([account.pk], BILLS_SHOWN)
    context |= {
        "rows": [{"bill": bill, "look": look_of(bill, today)} for bill in rows],
        "open": any(bill.state == BillState.OPEN for bill in rows),
    }
    return render(request, "customers/hall/bills.html", context)


def look_of(bill: Bill, today: dt.date) -> str:
    """open | overdue | paid."""
    return "overdue" if bill.state == BillState.OPEN and bill.due < today else bill.state


def own_bill(request: HttpRequest, pk: int) -> tuple[dict[str, Any], Bill]:
    """A bill of any proven account; the same NotFound for one that is another's and one that is not."""
    context, _chosen = frame(request)
    ids = [one["id"] for one in context["accounts"]]
    rows = Bill.objects.select_related("account__customer", "account__org").filter(pk=pk, account_id__in=ids)
    bill = rows.first()
    if bill is None:
        raise NotFound(_("没有这张账单，或核对已过期，请从“电费账单”重新进入"))
    return context, bill


@never_cache
@require_safe
def bill_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One bill, its lines explained; prints on one sheet."""
    context, bill = own_bill(request, pk)
    return render(request, "customers/hall/bill.html", context | bill_context(bill))


def bill_context(bill: Bill) -> dict[str, Any]:
    """What the bill page shows."""
    today, account = billing.today(), bill.account
    fee = billing.late_fee_of(bill, account.customer.kind, today, account.org)
    year_ago = Bill.objects.filter(account_id=bill.account_id, month=billing.months_before(bill.month, 12)).first()
    return {
        "bill": bill,
        "account": shown(account),
        "look": look_of(bill, today),
        "lines": billing.lines_of(bill),
        "plan": billing.plan_label(bill.plan),
        "fee": fee,
        "total": bill.amount + fee,
        "mean": bill.amount / bill.kwh if bill.kwh else None,
        "peak_kwh": bill.kwh - bill.valley_kwh,
        "year_ago": year_ago,
        "change": round((bill.kwh - year_ago.kwh) / year_ago.kwh * 100) if year_ago and year_ago.kwh else None,
        "until": billing.months_before(bill.month, -1) - dt.timedelta(days=1),
        "late_days": max(0, (today - bill.due).days) if bill.state == BillState.OPEN else 0,
        "invoice": InvoiceRequest.objects.filter(bill=bill).first() if bill.state == BillState.PAID else None,
    }


@never_cache
@require_http_methods(["GET", "POST"])
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the electronic invoice of a paid bill."""
    context, bill = own_bill(request, pk)
    form = InvoiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = binding.visitor(request)
        try:
            once(request, actor, f"hall.invoice:{pk}", lambda: request_invoice(actor, pk, **form.cleaned_data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已受理开票申请"))
            return redirect("customers:hall-bill", pk)
    context |= {"form": form, "bill": bill}
    return render(request, "customers/hall/invoice.html", context, status=422 if form.errors else 200)
