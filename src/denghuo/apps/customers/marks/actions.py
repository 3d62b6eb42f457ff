"""Setting and lifting marks."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.catalogue import classes
from denghuo.apps.customers.choices import MarkSource
from denghuo.apps.customers.marks.queries import MANAGE, TREE, VIEW, holding, today
from denghuo.apps.customers.models import Customer, SensitiveMark
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

LONGEST_REASON = "customers.mark_reason_length"


@action("customer.set_mark")
def set_mark(
    actor: Actor,
    customer_id: int,
    *,
    code: str,
    source: str,
    reason: str,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
) -> SensitiveMark:
    """Mark a customer from ``valid_from`` (default: today) to ``valid_to`` inclusive (none: until lifted).

    Raises NotAllowed (``customers.marks_manage``), NotFound, Conflict (the customer carries this mark already),
    InvalidInput (code, source, reason, valid_from, valid_to).
    """
    customer = _customer(actor, customer_id)
    start = valid_from or today()
    form = Form()
    found = classes.in_force(TREE, customer.org)
    node = found[1].get(code) if found else None
    if found is None or node is None or not found[1].in_force(code):
        form.wrong("code", _("没有这种标识，请从列表中选择"))
    elif not found[1].is_leaf(code):
        form.wrong("code", _("请选到具体的标识"))
    form.choice("source", source, MarkSource.values)
    text = form.text("reason", reason, longest=policies.get(LONGEST_REASON), required=True)
    if valid_to is not None and valid_to < max(start, today()):
        form.wrong("valid_to", _("截止日期不能早于生效日期和今天，请改后再试"))
    form.finish()
    assert found is not None
    if SensitiveMark.objects.filter(customer=customer, code=code, lifted_at=None).exists():
        raise Conflict(_("该客户已有这个标识，需要改动请先解除"), code="marked")
    mark = SensitiveMark.objects.create(
        customer=customer, code=code, tree_id=found[0].id, valid_from=start, valid_to=valid_to, source=source,
        reason=text, set_at=moment.now(), set_by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    _settle(customer)
    payload = {"mark_id": mark.pk, "mark": code, "source": source, "valid_from": start, "valid_to": valid_to}
    record(actor, "customer.marked", customer, org=customer.org, payload=payload)
    return mark


@action("customer.lift_mark")
def lift_mark(actor: Actor, mark_id: int, *, reason: str) -> SensitiveMark:
    """End a mark now. Raises NotAllowed, NotFound, Conflict (lifted already), InvalidInput (reason)."""
    customer_id = SensitiveMark.objects.filter(pk=mark_id).values_list("customer_id", flat=True).first()
    if customer_id is None:
        raise NotFound(_("没有这个标识"))
    customer = _customer(actor, customer_id)
    mark = SensitiveMark.objects.select_for_update().get(pk=mark_id)
    if mark.lifted_at is not None:
        raise Conflict(_("这个标识已经解除"), code="lifted")
    form = Form()
    text = form.text("reason", reason, longest=policies.get(LONGEST_REASON), required=True)
    form.finish()
    mark.lifted_at, mark.lift_reason = moment.now(), text
    mark.lifted_by_id = actor.id if actor.kind == "staff" else None
    mark.save(update_fields=["lifted_at", "lift_reason", "lifted_by"])
    _settle(customer)
    record(actor, "customer.mark_lifted", customer, org=customer.org, payload={"mark_id": mark.pk, "mark": mark.code})
    return mark


def settle_marks(day: dt.date | None = None) -> int:
    """Bring ``Customer.sensitive`` to what holds today for customers whose marks begin or end; gives how many changed.

    Customers without any mark are left alone: their flag came with their data. Served by ``customers_mark_once``.
    """
    when = day or today()
    ids = set(SensitiveMark.objects.filter(lifted_at=None).values_list("customer_id", flat=True))
    held = set(SensitiveMark.objects.filter(holding(when)).values_list("customer_id", flat=True))
    rows = Customer.objects.filter(pk__in=ids)
    return rows.filter(pk__in=held, sensitive=False).update(sensitive=True) + rows.filter(sensitive=True).exclude(
        pk__in=held
    ).update(sensitive=False)


def _customer(actor: Actor, customer_id: int) -> Customer:
    """The customer, locked; NotFound also outside the actor's units."""
    rows = Customer.objects.visible_to(actor, VIEW).select_related("org").select_for_update(of=("self",))
    row = rows.filter(pk=customer_id).first()
    if row is None:
        raise NotFound(_("没有这位客户，或不在您的管辖范围"))
    actor.require(MANAGE, row.org.path)
    return row


def _settle(customer: Customer) -> None:
    sensitive = SensitiveMark.objects.filter(holding(today()), customer=customer).exists()
    if sensitive != customer.sensitive:
        customer.sensitive = sensitive
        customer.save(update_fields=["sensitive"])
