"""The province's bills: the tariff engine's own amounts, the same for the same seed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from denghuo.apps.customers import billing
from denghuo.apps.customers.models import Account, Bill, MeterMonth, PeerMonth
from denghuo.demo import usage
from denghuo.engine.tariff import price
from tests.apps.customers.billed import make_account

pytestmark = pytest.mark.django_db
SEED = 7


@pytest.fixture
def accounts(org_tree: Any) -> list[Account]:
    found = [make_account(org_tree.county, f"96{n:08d}", f"154{n:08d}", "方书言") for n in range(30)]
    found.append(make_account(org_tree.county, "9700000001", "15500000001", "柳溪农机有限公司", kind="enterprise"))
    return found


def test_every_account_has_thirteen_bills_and_the_last_days(accounts: list[Account]) -> None:
    assert usage.write(SEED) == 31 * 13
    assert Bill.objects.count() == 31 * 13
    assert len(set(Bill.objects.values_list("month", flat=True))) == 13
    assert MeterMonth.objects.count() in (31, 62)  # on the first of a month nothing of it is measured yet
    assert PeerMonth.objects.filter(kind="resident", accounts=30).count() == 13


def test_the_days_of_a_month_add_up_to_its_bill(accounts: list[Account]) -> None:
    usage.write(SEED)
    month = billing.months_before(billing.month_of(billing.today()), 1)
    for row in MeterMonth.objects.filter(month=month):
        assert sum(row.days) == 100 * Bill.objects.get(account_id=row.account_id, month=month).kwh


def test_a_year_from_january_is_billed_as_the_engine_prices_it(accounts: list[Account]) -> None:
    usage.write(SEED)
    year = billing.months_before(billing.month_of(billing.today()), 1).year
    for account in accounts:
        used = 0
        bills = list(Bill.objects.filter(account=account, month__year=year).order_by("month"))
        if bills[0].month.month != 1:
            continue
        for bill in bills:
            bands = (
                {"peak": bill.kwh - bill.valley_kwh, "valley": bill.valley_kwh} if bill.plan.endswith("tou") else None
            )
            told = price(billing.tariff_for(bill.plan, account.org), bill.kwh, before=used, by_band=bands)
            assert bill.amount == told.amount
            assert sum(Decimal(line[3]) for line in bill.parts) == bill.amount
            assert bill.parts == [[part.code, part.kwh, str(part.price), str(part.amount)] for part in told.parts]
            used += bill.kwh


def test_the_same_seed_gives_the_same_bills(accounts: list[Account]) -> None:
    def written() -> list[tuple[Any, ...]]:
        MeterMonth.objects.all().delete()
        Bill.objects.all().delete()
        PeerMonth.objects.all().delete()
        for account in accounts:
            account.tariff_choices.all().delete()
            account.customer.tags.all().delete()
        usage.write(SEED)
        rows = Bill.objects.order_by("account_id", "month")
        return list(rows.values_list("account_id", "month", "plan", "kwh", "valley_kwh", "amount"))

    assert written() == written()


def test_loading_leaves_the_tables_guarded(accounts: list[Account]) -> None:
    from django.db import IntegrityError, transaction

    usage.write(SEED)
    bill = Bill.objects.first()
    assert bill is not None
    bill.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        bill.save(force_insert=True)
