"""What somebody sees of their own electricity in the hall, and what nobody sees of another's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from denghuo.apps.customers.access import account_ref
from denghuo.apps.customers.desk import desk_facts
from denghuo.apps.customers.models import InvoiceRequest, LocalCharge, Payment, TariffChoice
from denghuo.core import moment, policies
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.http.limits import buckets
from tests.apps.customers.billed import NAME, NUMBER, PHONE, make_account, make_bill, make_days, make_year

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(monkeypatch: pytest.MonkeyPatch) -> None:
    buckets.clear()
    monkeypatch.setattr(settings, "DEMO", True)
    moment.forget()


@pytest.fixture
def account(org_tree: Any) -> Any:
    return make_account(org_tree.county)


@pytest.fixture
def holder(account: Any) -> Client:
    """A browser that has proven the account."""
    client = Client()
    answer = client.post("/hall/my/bind/", {"number": NUMBER, "proof": PHONE, "next": "/hall/bills/"})
    assert answer.url == "/hall/bills/"  # type: ignore[attr-defined]
    return client


def html(answer: Any) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("path", ["/hall/my/", "/hall/bills/", "/hall/pay/"])
def test_a_stranger_is_asked_for_the_account_first(account: Any, path: str) -> None:
    page = html(Client().get(path))
    assert "登记手机号或户名" in page
    assert NUMBER not in page


@pytest.mark.parametrize("proof", [PHONE, NAME])
def test_phone_or_name_prove_the_account(account: Any, proof: str) -> None:
    assert Client().post("/hall/my/bind/", {"number": NUMBER, "proof": proof}).status_code == 302


@pytest.mark.parametrize(
    ("number", "proof"), [(NUMBER, "15400000018"), ("9600000018", PHONE), ("12", PHONE), (NUMBER, "")]
)
def test_a_wrong_proof_keeps_what_was_typed(account: Any, number: str, proof: str) -> None:
    answer = Client().post("/hall/my/bind/", {"number": number, "proof": proof})
    assert answer.status_code == 422
    assert f'value="{number}"' in html(answer)
    assert "hall_accounts" not in answer.client.session  # type: ignore[attr-defined]


def test_a_foreign_address_is_no_way_back(account: Any) -> None:
    answer = Client().post("/hall/my/bind/", {"number": NUMBER, "proof": PHONE, "next": "https://elsewhere.example/"})
    assert answer.url == "/hall/my/"  # type: ignore[attr-defined]


def test_my_electricity_shows_debt_tier_charts_and_advice_masked(account: Any, holder: Client) -> None:
    make_year(account, 300)
    make_days(account, 9.0)
    make_bill_open = make_bill(account, 14, 200, paid=False)
    page = html(holder.get("/hall/my/"))
    assert "待缴电费" in page
    assert "阶梯位置" in page
    assert 'data-chart="cu-months"' in page
    assert "用能建议" in page
    assert "依据：" in page
    assert make_bill_open.due.isoformat() in page
    for secret in (NUMBER, PHONE, NAME, "501室"):
        assert secret not in page


def test_a_new_account_without_bills_is_told_so(holder: Client) -> None:
    page = html(holder.get("/hall/my/"))
    assert "还没有账单" in page
    assert "阶梯位置" not in page
    assert "还没有账单" in html(holder.get("/hall/bills/"))


def test_a_firm_sees_no_tiers(org_tree: Any) -> None:
    firm = make_account(org_tree.county, "9600000033", "15400000033", "柳溪农机有限公司", kind="enterprise")
    make_year(firm, 900)
    client = Client()
    client.post("/hall/my/bind/", {"number": "9600000033", "proof": "15400000033"})
    page = html(client.get("/hall/my/"))
    assert "阶梯位置" not in page
    assert "一般工商业电价" in page


def test_a_bill_explains_its_lines(account: Any, holder: Client) -> None:
    bill = make_bill(account, 1, 200)
    page = html(holder.get(f"/hall/bills/{bill.pk}/"))
    assert "第1档电量" in page
    assert "107.60" in page  # 200 × 0.538
    assert "缴清时间" in page


def test_another_persons_bill_does_not_exist(org_tree: Any, holder: Client) -> None:
    other = make_account(org_tree.county, "9600000099", "15400000099", "张和若")
    bill = make_bill(other, 1)
    assert holder.get(f"/hall/bills/{bill.pk}/").status_code == 404
    assert holder.get("/hall/bills/999999999/").status_code == 404


def test_several_accounts_can_be_bound_switched_and_let_go(org_tree: Any, account: Any, holder: Client) -> None:
    second = make_account(org_tree.county_b, "9600000055", "15400000055", "李同青")
    holder.post("/hall/my/bind/", {"number": "9600000055", "proof": "15400000055"})
    assert "0055" in html(holder.get("/hall/bills/")).split("cu-switch")[0]
    holder.post("/hall/my/switch/", {"account": account.pk, "next": "/hall/bills/"})
    assert "0017" in html(holder.get("/hall/bills/")).split("cu-switch")[0]
    holder.post("/hall/my/switch/", {"account": second.pk, "forget": "1"})
    assert "0055" not in html(holder.get("/hall/bills/"))


def test_a_reference_that_has_expired_proves_nothing(holder: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies.get
    monkeypatch.setattr(
        policies, "get", lambda key, *a, **k: -1 if key == "hall.find.ref_minutes" else real(key, *a, **k)
    )
    assert "登记手机号或户名" in html(holder.get("/hall/bills/"))


def test_paying_from_the_choice_to_the_receipt(account: Any, holder: Client) -> None:
    bills = [make_bill(account, 2, paid=False), make_bill(account, 1, paid=False)]
    assert "去支付" in html(holder.get("/hall/pay/"))
    sent = {"bills": [bill.pk for bill in bills], "idempotency_key": str(uuid.uuid4())}
    cashier = holder.post("/hall/pay/start/", sent)
    assert cashier.status_code == 302
    assert holder.post("/hall/pay/start/", sent).url == cashier.url  # type: ignore[attr-defined]
    back = holder.post(cashier.url, {})  # type: ignore[attr-defined]
    assert "支付成功" in html(holder.get(back.url))  # type: ignore[attr-defined]
    assert "没有待缴的账单" in html(holder.get("/hall/pay/"))
    assert (Payment.objects.count(), LocalCharge.objects.count()) == (1, 1)


def test_nothing_chosen_is_said_at_the_list(account: Any, holder: Client) -> None:
    make_bill(account, 1, paid=False)
    answer = holder.post("/hall/pay/start/", {})
    assert answer.status_code == 422
    assert "请选择要缴的账单" in html(answer)


def test_an_invoice_is_asked_for_once_and_only_for_what_is_paid(account: Any, holder: Client) -> None:
    paid, due = make_bill(account, 2), make_bill(account, 1, paid=False)
    sent = {"title": "方书言", "email": "someone@example.org", "tax_no": ""}
    assert holder.post(f"/hall/bills/{paid.pk}/invoice/", sent).status_code == 302
    holder.post(f"/hall/bills/{paid.pk}/invoice/", sent)
    assert InvoiceRequest.objects.count() == 1
    assert holder.post(f"/hall/bills/{due.pk}/invoice/", sent).status_code == 422
    assert holder.post(f"/hall/bills/{paid.pk}/invoice/", {**sent, "email": "no"}).status_code == 422


def test_the_api_gives_usage_bills_and_a_payment(account: Any) -> None:
    make_year(account, 200)
    make_days(account)
    bill = make_bill(account, 14, paid=False)
    ref, client = account_ref(account.pk), Client()
    usage = client.get("/api/v1/hall/my/usage", {"account_ref": ref}).json()
    assert len(usage["months"]) == 12
    assert usage["tier"]["tier"] in (1, 2, 3)
    assert NUMBER not in str(usage)
    listed = client.get("/api/v1/hall/my/bills", {"account_ref": ref}).json()
    assert len(listed) == 13
    body = {"client_id": str(uuid.uuid4()), "account_refs": [ref], "bill_ids": [bill.pk]}
    made = client.post("/api/v1/payments", body, content_type="application/json").json()
    assert made["state"] == "paying"
    assert made["pay_url"].startswith("http://testserver/hall/pay/cashier/")
    assert client.get(f"/api/v1/payments/{made['token']}").json()["number"] == made["number"]


@pytest.mark.parametrize("ref", ["", "x", "1:abc:def"])
def test_a_made_up_reference_opens_nothing(account: Any, ref: str) -> None:
    assert Client().get("/api/v1/hall/my/bills", {"account_ref": ref}).status_code == 404


def test_the_desk_sees_bills_tier_and_tags_by_role(org_tree: Any, account: Any, actor_for_role: Any) -> None:
    from denghuo.apps.customers.actions import add_tag, remove_tag

    make_year(account, 300)
    make_days(account)
    make_bill(account, 14, paid=False)
    agent = actor_for_role("agent", org_tree.city)
    add_tag(agent, account.customer_id, "elderly_alone")
    add_tag(agent, account.customer_id, "elderly_alone")
    facts = desk_facts(agent, account_id=account.pk)
    assert (facts.name, facts.phone, facts.account_id) == (NAME, PHONE, account.pk)
    assert (len(facts.months), facts.unpaid_count) == (12, 1)
    assert facts.tier is not None
    assert {tag.code for tag in facts.tags} == {"arrears", "elderly_alone"}
    remove_tag(agent, account.customer_id, "elderly_alone")
    manager = actor_for_role("manager", org_tree.city)
    hidden = desk_facts(manager, customer_id=account.customer_id)
    assert hidden.phone != PHONE
    assert {tag.code for tag in hidden.tags} == {"arrears"}
    with pytest.raises(NotFound):
        desk_facts(actor_for_role("agent", org_tree.other_city), account_id=account.pk)
    with pytest.raises(NotAllowed):
        add_tag(manager, account.customer_id, "elderly_alone")
    with pytest.raises(InvalidInput):
        add_tag(agent, account.customer_id, "rich")


def test_the_desk_asks_ten_queries_at_most(
    org_tree: Any, account: Any, actor_for_role: Any, django_assert_max_num_queries: Any
) -> None:
    make_year(account, 300)
    agent = actor_for_role("agent", org_tree.city)
    desk_facts(agent, account_id=account.pk)
    with django_assert_max_num_queries(10):
        desk_facts(agent, customer_id=account.customer_id, account_id=account.pk)


def test_a_price_plan_holds_for_a_year(org_tree: Any, account: Any, actor_for_role: Any) -> None:
    from denghuo.apps.customers.actions import choose_plan

    agent = actor_for_role("agent", org_tree.city)
    row = choose_plan(agent, account.pk, plan="residential_tou")
    assert row.valid_from.day == 1
    with pytest.raises(Conflict) as caught:
        choose_plan(agent, account.pk, plan="residential_tou")
    assert caught.value.code == "same_plan"
    with pytest.raises(Conflict) as caught:
        choose_plan(agent, account.pk, plan="residential")
    assert caught.value.code == "too_soon"
    assert TariffChoice.objects.count() == 1
