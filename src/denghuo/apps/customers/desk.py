"""What the agent's desk shows of a customer's electricity, masked by role.

``desk_facts`` is the one entry: the desk's panel renders what it returns and asks nothing else of this app.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from denghuo.apps.customers import billing, queries
from denghuo.apps.customers.choices import Tag
from denghuo.apps.customers.marks.queries import marks_for, may_view
from denghuo.apps.customers.models import Account, Customer
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.privacy import masked

LATEST_BILLS = 6


@dataclass(frozen=True, slots=True)
class DeskAccount:
    """One account as the actor may see it; ``plan`` in words."""

    id: int
    number: str
    address: str
    area_type: str
    org_name: str
    meter_no: str
    plan: str
    transformer_id: int | None
    active: bool
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class DeskBill:
    """One bill; ``state`` open | paid, ``late_fee`` what would be added today, both in yuan."""

    id: int
    account_id: int
    month: dt.date
    kwh: int
    amount: Decimal
    due: dt.date
    state: str
    overdue: bool
    late_fee: Decimal


@dataclass(frozen=True, slots=True)
class DeskTag:
    """A tag with its words, tone and icon (see WEB components)."""

    code: str
    label: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class DeskTier:
    """Position in the tiers: ``tier`` from 1, energies in kWh, ``left`` None in the last tier, prices in yuan/kWh."""

    tier: int
    tiers: int
    used: int
    left: int | None
    price: Decimal
    projected: int
    projected_tier: int


@dataclass(frozen=True, slots=True)
class DeskFacts:
    """A customer's electricity at a glance. ``months``: (first of month, kWh, yuan), oldest first, at most 12;
    ``days``: (day, kWh), oldest first. Series and ``tier`` belong to ``account_id``, the chosen or first account."""

    customer_id: int
    name: str
    phone: str
    kind: str
    kind_label: str
    accounts: list[DeskAccount]
    account_id: int | None
    bills: list[DeskBill]
    unpaid: Decimal
    unpaid_count: int
    months: list[tuple[dt.date, int, Decimal]]
    days: list[tuple[dt.date, float]]
    tier: DeskTier | None
    tags: list[DeskTag]


def desk_facts(actor: Actor, *, customer_id: int | None = None, account_id: int | None = None) -> DeskFacts:
    """Accounts, latest bills, what is unpaid, usage series, tier position and tags of a customer.

    Named by ``customer_id``, by ``account_id``, or both (the account then is the one the series belong to). At most ten
    queries, whatever the customer has, and one more for a marked customer. Needs ``customers.view``. Raises NotFound, also
    outside the actor's units.
    """
    customer, accounts = _found(actor, customer_id, account_id)
    chosen = next((one for one in accounts if one.pk == account_id), accounts[0] if accounts else None)
    today = billing.today()
    plans = billing.plans_of([one.pk for one in accounts], {one.pk: customer.kind for one in accounts}, today)
    open_bills = billing.unpaid_of([one.pk for one in accounts])
    usage = billing.usage_of(chosen, kind=customer.kind) if chosen else None
    latest = billing.latest_bills([one.pk for one in accounts], LATEST_BILLS)
    overdue = any(bill.due < today for bill in open_bills)
    return DeskFacts(
        customer_id=customer.pk,
        name=masked(customer, "name", actor),
        phone=masked(customer, "phone", actor),
        kind=customer.kind,
        kind_label=customer.get_kind_display(),
        accounts=[_account(one, actor, plans[one.pk]) for one in accounts],
        account_id=chosen.pk if chosen else None,
        bills=[_bill(bill, customer.kind, today) for bill in latest],
        unpaid=sum((bill.amount for bill in open_bills), Decimal(0)),
        unpaid_count=len(open_bills),
        months=usage.months[-12:] if usage else [],
        days=usage.days if usage else [],
        tier=_tier(usage) if usage else None,
        tags=_tags(actor, customer, overdue),
    )


def _found(actor: Actor, customer_id: int | None, account_id: int | None) -> tuple[Customer, list[Account]]:
    if customer_id is None:
        row = Account.objects.visible_to(actor, queries.VIEW).filter(pk=account_id).only("customer_id").first()
        if row is None:
            raise NotFound(_("没有这位客户，或不在您的管辖范围"))
        customer_id = row.customer_id
    portrait = queries.portrait(actor, customer_id)
    return portrait.customer, portrait.accounts


def _account(account: Account, actor: Actor, plan: str) -> DeskAccount:
    return DeskAccount(
        id=account.pk,
        number=masked(account, "number", actor),
        address=masked(account, "address", actor),
        area_type=account.area_type,
        org_name=account.org.label,
        meter_no=account.meter_no,
        plan=billing.plan_label(plan),
        transformer_id=account.transformer_id,
        active=account.active,
        lon=account.lon,
        lat=account.lat,
    )


def _bill(bill: billing.Bill, kind: str, today: dt.date) -> DeskBill:
    return DeskBill(
        id=bill.pk,
        account_id=bill.account_id,
        month=bill.month,
        kwh=bill.kwh,
        amount=bill.amount,
        due=bill.due,
        state=bill.state,
        overdue=bill.state == "open" and bill.due < today,
        late_fee=billing.late_fee_of(bill, kind, today),
    )


def _tier(usage: billing.Usage) -> DeskTier | None:
    place = usage.position
    if place is None:
        return None
    return DeskTier(
        tier=place.tier,
        tiers=len(place.edges) + 1,
        used=round(place.used),
        left=None if place.left is None else round(place.left),
        price=place.price,
        projected=round(place.projected),
        projected_tier=place.projected_tier,
    )


LOOKS = {
    Tag.PHOTOVOLTAIC: ("info", "sun"),
    Tag.CHARGING_PILE: ("info", "plug"),
    Tag.LIFE_SUPPORT: ("danger", "alert-triangle"),
    Tag.ELDERLY_ALONE: ("warn", "user"),
    Tag.KEY_ACCOUNT: ("progress", "star"),
    Tag.SIGN_LANGUAGE: ("info", "hand-stop"),
}


def _tags(actor: Actor, customer: Customer, overdue: bool) -> list[DeskTag]:
    marks = marks_for(actor, customer) if customer.sensitive else []
    found = [DeskTag(f"mark:{mark.code}", mark.label, "danger" if mark.grade else "warn", mark.icon) for mark in marks]
    if customer.sensitive and not marks and may_view(actor, customer):
        found.append(DeskTag("sensitive", _("敏感客户"), "warn", "shield"))
    if overdue:
        found.append(DeskTag("arrears", _("欠费"), "danger", "currency-yuan"))
    for row in customer.tags.order_by("pk"):
        tone, icon = LOOKS[Tag(row.tag)]
        found.append(DeskTag(row.tag, str(Tag(row.tag).label), tone, icon))
    return found
