"""Changes of customers' plans, invoices and tags. Payments have their own package."""

from __future__ import annotations

import datetime as dt
import re
import uuid

from django.utils.translation import gettext as _

from denghuo.apps.customers import billing, queries
from denghuo.apps.customers.choices import BillState, CustomerKind, Plan, Tag
from denghuo.apps.customers.models import Account, Bill, Customer, CustomerTag, InvoiceRequest, TariffChoice
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

TAX_NO = re.compile(r"[0-9A-Z]{15,20}")
NOTE = "request.note"


@action("invoice.request")
def request_invoice(actor: Actor, bill_id: int, *, title: str, email: str, tax_no: str = "") -> InvoiceRequest:
    """Ask for the electronic invoice of a paid bill; who asks has proven the account before.

    A bill has one invoice: asking again gives the first request. Raises NotFound, Conflict (not paid), InvalidInput (title,
    email, tax_no).
    """
    bill = Bill.objects.select_related("account__org").select_for_update(of=("self",)).filter(pk=bill_id).first()
    if bill is None:
        raise NotFound(_("没有这张账单"))
    known = InvoiceRequest.objects.filter(bill=bill).first()
    if known is not None:
        return known
    if bill.state != BillState.PAID:
        raise Conflict(_("账单缴清后才能开票"), code="not_paid")
    form = Form()
    title = form.text("title", title, longest=80, required=True, lines=False)
    email = form.text("email", email, longest=120, required=True, lines=False)
    tax_no = tax_no.strip().upper()
    if tax_no and not TAX_NO.fullmatch(tax_no):
        form.wrong("tax_no", _("纳税人识别号为 15 至 20 位数字或大写字母，请核对"))
    form.finish()
    row = InvoiceRequest.objects.create(
        bill=bill, title=title, email=email, tax_no=tax_no, asked_at=moment.now(), client_id=uuid.uuid4()
    )
    record(actor, "invoice.requested", ("account", bill.account_id), org=bill.account.org, payload={"bill_id": bill.pk})
    return row


@action("account.choose_plan")
def choose_plan(actor: Actor, account_id: int, *, plan: str, at: dt.date | None = None) -> TariffChoice:
    """Put a household on another price plan from the first of the next month on.

    A choice holds for ``tariff.residential.choice_days``. Needs ``request.accept`` (the counter decides applications).
    Raises NotAllowed, NotFound, InvalidInput (plan), Conflict (``same_plan``, ``too_soon``).
    """
    rows = Account.objects.select_related("customer", "org").select_for_update(of=("self",))
    account = rows.filter(pk=account_id, active=True).first()
    if account is None:
        raise NotFound(_("没有这个用电户"))
    actor.require("request.accept", account.org.path)
    if account.customer.kind != CustomerKind.RESIDENT or plan not in (Plan.RESIDENTIAL, Plan.RESIDENTIAL_TOU):
        raise InvalidInput({"plan": _("只有居民客户可以在阶梯与峰谷分时电价之间选择")})
    start = billing.months_before(billing.month_of(at or billing.today()), -1)
    last = TariffChoice.objects.filter(account=account).order_by("-valid_from").first()
    if (last.plan if last else Plan.RESIDENTIAL) == plan:
        raise Conflict(_("该户已经是这种电价"), code="same_plan")
    held = dt.timedelta(days=policies.get("tariff.residential.choice_days", account.org))
    if last is not None and start - last.valid_from < held:
        until = last.valid_from + held
        raise Conflict(
            _("电价方案选定后 %(n)s 天内不能变更，可在 %(day)s 后办理") % {"n": held.days, "day": until},
            code="too_soon",
        )
    row = TariffChoice.objects.create(account=account, plan=plan, valid_from=start, chosen_at=moment.now())
    record(
        actor,
        "account.plan_chosen",
        ("account", account.pk),
        org=account.org,
        payload={"plan": plan, "valid_from": start},
    )
    return row


@action("customer.add_tag")
def add_tag(actor: Actor, customer_id: int, tag: str) -> CustomerTag:
    """Tag a customer; again gives the same row and records nothing. Raises NotAllowed, NotFound, InvalidInput (tag)."""
    customer = _customer(actor, customer_id)
    if tag not in Tag.values:
        raise InvalidInput({"tag": _("没有这个标签，请重新选择")})
    row, made = CustomerTag.objects.get_or_create(
        customer=customer, tag=tag, defaults={"added_at": moment.now(), "added_by": actor.name}
    )
    if made:
        record(actor, "customer.tagged", customer, org=customer.org, payload={"tag": tag})
    return row


@action("customer.remove_tag")
def remove_tag(actor: Actor, customer_id: int, tag: str) -> None:
    """Take a tag off; nothing when it is not there. Raises NotAllowed, NotFound."""
    customer = _customer(actor, customer_id)
    gone, _rows = CustomerTag.objects.filter(customer=customer, tag=tag).delete()
    if gone:
        record(actor, "customer.untagged", customer, org=customer.org, payload={"tag": tag})


def _customer(actor: Actor, customer_id: int) -> Customer:
    row = Customer.objects.visible_to(actor, queries.VIEW).select_related("org").filter(pk=customer_id).first()
    if row is None:
        raise NotFound(_("没有这位客户，或不在您的管辖范围"))
    actor.require(NOTE, row.org.path)
    return row
