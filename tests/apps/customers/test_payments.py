"""Money settles once: whatever is doubled, late, lost, wrong or cut off half-way."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal as D
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from denghuo.apps.customers import billing
from denghuo.apps.customers.models import Bill, LocalCharge, Payment
from denghuo.apps.customers.payments import actions, flow, local
from denghuo.apps.customers.payments.port import Notice, ProviderError
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from denghuo.core.events import Event
from denghuo.core.http.limits import buckets
from tests.apps.customers.billed import make_account, make_bill, total

pytestmark = pytest.mark.django_db
VISITOR = Actor(kind="customer", id=None, name="", ip="192.0.2.7")


@pytest.fixture(autouse=True)
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets.clear()
    monkeypatch.setattr(settings, "DEMO", True)
    moment.forget()


@pytest.fixture
def account(org_tree: Any) -> Any:
    return make_account(org_tree.county)


@pytest.fixture
def bills(account: Any) -> list[Bill]:
    """Two open bills, one of them old."""
    return [make_bill(account, 3, paid=False), make_bill(account, 1, kwh=150, paid=False)]


def create(account: Any, *bills: Bill, client_id: uuid.UUID | None = None) -> Payment:
    return actions.create_payment(
        VISITOR, client_id=client_id or uuid.uuid4(), bill_ids=[bill.pk for bill in bills], account_ids=[account.pk],
        provider="test",
    )  # fmt: skip


def opened(payment: Payment) -> LocalCharge:
    flow.open_charge(VISITOR, payment, return_url="http://hall/back", notify_url="http://hall/notify")
    payment.refresh_from_db()
    return LocalCharge.objects.get(merchant_ref=payment.number)


def paid_notice(charge: LocalCharge, **changed: Any) -> Notice:
    given = {"number": charge.merchant_ref, "ref": charge.ref, "amount": charge.amount, "state": "paid", **changed}
    return Notice(**given)


def kinds(payment: Payment) -> list[str]:
    rows = Event.objects.filter(subject_kind="payment", subject_id=payment.pk).order_by("id")
    return list(rows.values_list("kind", flat=True))


def notify(charge: LocalCharge, body: bytes | None = None, signed: str | None = None) -> Any:
    body = local.notice_body(charge) if body is None else body
    return Client().post(
        "/api/v1/payments/notify/test", body, content_type="application/json",
        headers={local.HEADER: local.signature(body) if signed is None else signed},
    )  # fmt: skip


def test_a_payment_is_the_bills_and_the_late_fee_to_this_day(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    fees = sum((billing.late_fee_of(bill, "resident", billing.today(), account.org) for bill in bills), D(0))
    assert fees > 0
    assert payment.amount == total(*bills) + fees
    assert (payment.state, payment.org_id) == ("created", account.org_id)
    assert kinds(payment) == ["payment.created"]


def test_a_notice_pays_the_bills_and_the_receipt_tells_so(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    local.take(charge.ref)
    charge.refresh_from_db()
    answer = notify(charge)
    assert answer.status_code == 200, answer.content
    payment.refresh_from_db()
    assert (payment.state, payment.provider_ref) == ("paid", charge.ref)
    assert set(Bill.objects.filter(account=account).values_list("state", flat=True)) == {"paid"}
    page = Client().get(f"/hall/pay/{payment.token}/").content.decode()
    assert "支付成功" in page
    assert payment.number in page


def test_a_notice_that_comes_twice_settles_once(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    local.take(charge.ref)
    charge.refresh_from_db()
    assert [notify(charge).status_code for _time in range(3)] == [200, 200, 200]
    assert kinds(payment) == ["payment.created", "payment.settled"]


def test_a_notice_after_the_payment_had_expired_still_pays(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    actions.fail_payment(Actor.system(), payment.pk, reason="expired")
    settled = actions.settle_payment(Actor.system(), paid_notice(charge))
    assert settled.state == "paid"
    assert settled.failure == ""


def test_a_closed_browser_and_a_lost_notice_are_caught_by_asking(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    local.take(opened(payment).ref)
    Payment.objects.update(created_at=moment.now() - dt.timedelta(minutes=5))
    assert flow.clear_up(dt.timedelta(minutes=2)) == 1
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert flow.clear_up(dt.timedelta(minutes=2)) == 0


def test_who_never_pays_can_pay_anew_after_it_expired(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    long_ago = moment.now() - dt.timedelta(hours=1)
    Payment.objects.update(created_at=long_ago, expires_at=long_ago + dt.timedelta(minutes=30))
    flow.clear_up(dt.timedelta(minutes=2))
    payment.refresh_from_db()
    assert (payment.state, payment.failure) == ("failed", "expired")
    assert local.take(charge.ref) is None  # closed at the provider before we called it failed
    assert create(account, *bills).pk != payment.pk


def test_another_amount_than_asked_is_given_back_and_pays_nothing(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    local.take(charge.ref)
    settled = actions.settle_payment(Actor.system(), paid_notice(charge, amount=charge.amount - D("0.01")))
    assert (settled.state, settled.failure) == ("refunding", "amount_mismatch")
    assert Bill.objects.filter(account=account, state="open").count() == 2
    assert flow.refresh(Actor.system(), settled).state == "refunded"
    charge.refresh_from_db()
    assert charge.state == "refunded"
    assert kinds(payment) == ["payment.created", "payment.refund_due", "payment.refunded"]


def test_a_bill_paid_elsewhere_meanwhile_is_not_paid_twice(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    local.take(opened(payment).ref)
    Bill.objects.filter(pk=bills[0].pk).update(state="paid", paid_at=moment.now())
    assert flow.refresh(Actor.system(), payment).state == "refunded"
    assert Bill.objects.get(pk=bills[1].pk).state == "open"


def test_a_process_killed_while_settling_leaves_nothing_and_the_next_notice_settles(
    account: Any, bills: list[Bill], monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    local.take(charge.ref)

    class Killed(BaseException):
        """As a signal would: nothing of ours catches it."""

    def killed(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(actions, "record", killed)  # the last thing a settlement does before it commits
        with pytest.raises(Killed):
            actions.settle_payment(Actor.system(), paid_notice(charge))
    payment.refresh_from_db()
    assert payment.state == "paying"
    assert Bill.objects.filter(account=account, state="open").count() == 2
    assert actions.settle_payment(Actor.system(), paid_notice(charge)).state == "paid"
    assert kinds(payment) == ["payment.created", "payment.settled"]


@pytest.mark.parametrize("signed", ["", "0" * 64])
def test_an_unsigned_notice_changes_nothing(account: Any, bills: list[Bill], signed: str) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    charge.state = "paid"
    assert notify(charge, signed=signed).status_code == 403
    payment.refresh_from_db()
    assert payment.state == "paying"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"number": 1}', b"\xff", b'{"number":"x","ref":"y","amount":"NaN?","state":"paid"}']
)
def test_a_signed_notice_that_makes_no_sense_is_refused(account: Any, bills: list[Bill], body: bytes) -> None:
    assert notify(opened(create(account, *bills)), body=body).status_code == 403


def test_a_notice_for_another_charge_than_ours_is_refused(account: Any, bills: list[Bill]) -> None:
    charge = opened(create(account, *bills))
    with pytest.raises(Conflict):
        actions.settle_payment(Actor.system(), paid_notice(charge, ref="T-other"))
    with pytest.raises(NotFound):
        actions.settle_payment(Actor.system(), paid_notice(charge, number="JF0"))


def test_the_same_form_twice_makes_one_payment(account: Any, bills: list[Bill]) -> None:
    key = uuid.uuid4()
    assert create(account, *bills, client_id=key).pk == create(account, *bills, client_id=key).pk


def test_asking_again_for_the_same_bills_leads_to_the_payment_under_way(account: Any, bills: list[Bill]) -> None:
    assert create(account, *bills).pk == create(account, *bills).pk
    with pytest.raises(Conflict) as caught:
        create(account, bills[0])
    assert caught.value.code == "being_paid"


def test_bills_of_an_account_not_proven_do_not_exist(org_tree: Any, account: Any, bills: list[Bill]) -> None:
    other = make_account(org_tree.county_b, "9600000099", "15400000099", "张和若")
    theirs = make_bill(other, 1, paid=False)
    with pytest.raises(InvalidInput) as caught:
        create(account, theirs)
    assert "bills" in caught.value.fields


def test_a_paid_bill_cannot_be_chosen(account: Any, bills: list[Bill]) -> None:
    Bill.objects.filter(pk=bills[0].pk).update(state="paid", paid_at=moment.now())
    with pytest.raises(Conflict):
        create(account, bills[0])
    with pytest.raises(InvalidInput):
        create(account)


def test_payments_from_one_place_are_limited(account: Any, bills: list[Bill]) -> None:
    for _time in range(policies.get("hall.pay.per_hour")):
        create(account, *bills)
    with pytest.raises(TooManyRequests):
        create(account, *bills)


def test_giving_up_closes_the_charge(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    assert flow.cancel(VISITOR, payment).failure == "cancelled"
    assert local.take(charge.ref) is None


def test_giving_up_after_paying_keeps_what_was_paid(account: Any, bills: list[Bill]) -> None:
    payment = create(account, *bills)
    local.take(opened(payment).ref)
    assert flow.cancel(VISITOR, payment).state == "paid"


def test_the_test_provider_is_not_there_outside_a_demonstration(
    account: Any, bills: list[Bill], monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = create(account, *bills)
    charge = opened(payment)
    monkeypatch.setattr(settings, "DEMO", False)
    assert Client().get(f"/hall/pay/cashier/{charge.ref}/").status_code == 404
    assert notify(charge).status_code == 404
    with pytest.raises(ProviderError):
        flow.refresh(VISITOR, payment)
