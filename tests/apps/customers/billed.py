"""Accounts with bills and usage, for the tests of the hall."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from denghuo.apps.customers import billing
from denghuo.apps.customers.models import Account, Bill, Customer, MeterMonth
from denghuo.engine.tariff import price

NUMBER, PHONE, NAME = "9600000017", "15400000017", "方书言"


def make_account(
    org: Any, number: str = NUMBER, phone: str = PHONE, name: str = NAME, kind: str = "resident"
) -> Account:
    """One supply account of a new customer."""
    holder = Customer.objects.create(org=org, name=name, phone=phone, kind=kind)
    return Account.objects.create(
        org=org, customer=holder, number=number, address="云溪省霁州市映霁区锦川街道澄辉路18号3幢501室", area_type="urban",
        meter_no=f"M{number}", lon=130.9, lat=19.7,
    )  # fmt: skip


def make_bill(account: Account, months_ago: int, kwh: int = 200, *, paid: bool = True, valley: int = 80) -> Bill:
    """The bill of a month before this one, priced by the tariff engine."""
    month = billing.months_before(billing.month_of(billing.today()), months_ago)
    plan = billing.default_plan(account.customer.kind)
    found = price(billing.tariff_for(plan, account.org), kwh)
    issued = billing.months_before(month, -1)
    return Bill.objects.create(
        account=account, month=month, plan=plan, kwh=kwh, valley_kwh=valley, amount=found.amount,
        parts=[[part.code, part.kwh, str(part.price), str(part.amount)] for part in found.parts],
        due=issued + dt.timedelta(days=20), state="paid" if paid else "open",
        paid_at=dt.datetime.combine(issued, dt.time(9), dt.UTC) if paid else None,
    )  # fmt: skip


def make_year(account: Account, kwh: int = 200) -> list[Bill]:
    """Thirteen paid bills."""
    return [make_bill(account, back, kwh) for back in range(13, 0, -1)]


def make_days(account: Account, kwh: float = 6.0) -> None:
    """Last month measured to the end, every day the same."""
    month = billing.months_before(billing.month_of(billing.today()), 1)
    MeterMonth.objects.create(account=account, month=month, days=[round(kwh * 100)] * 28)


def total(*bills: Bill) -> Decimal:
    """The sum of bills without fees."""
    return sum((bill.amount for bill in bills), Decimal(0))
