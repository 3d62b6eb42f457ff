"""Finding one's own account from outside, and customers from inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.customers import queries
from denghuo.apps.customers.access import account_id_of, account_ref
from denghuo.apps.customers.models import Account, Customer
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from denghuo.core.events import Event
from denghuo.core.http.limits import buckets

pytestmark = pytest.mark.django_db
NUMBER, PHONE, NAME = "9600000017", "15400000017", "𠮷言"


@pytest.fixture(autouse=True)
def _no_old_callers() -> None:
    buckets.clear()


@pytest.fixture
def visitor() -> Actor:
    return Actor(kind="customer", id=None, name="customer", ip="192.0.2.7")


@pytest.fixture
def account(org_tree: Any) -> Account:
    """One account in the county, and another of somebody else in the other city."""
    holder = Customer.objects.create(org=org_tree.county, name=NAME, phone=PHONE)
    stranger = Customer.objects.create(org=org_tree.other_county, name="张和若", phone="15400000099")

    def make(customer: Customer, number: str) -> Account:
        return Account.objects.create(
            org=customer.org, customer=customer, number=number, address="云溪省霁州市映霁区锦川街道澄辉路18号3幢501室",
            area_type="urban", meter_no=f"M{number}", lon=130.9, lat=19.7,
        )  # fmt: skip

    make(stranger, "9600000099")
    return make(holder, NUMBER)


def test_number_and_full_phone_find_the_account_in_one_query(
    visitor: Actor, account: Account, django_assert_num_queries: Any
) -> None:
    policies.get("hall.find.per_hour")
    with django_assert_num_queries(1):
        found = queries.find_account(visitor, NUMBER, phone="+86 154-0000-0017")
    assert found == account


def test_number_and_full_name_find_the_account(visitor: Actor, account: Account) -> None:
    assert queries.find_account(visitor, "9600 0000 17", name=NAME) == account


@pytest.mark.parametrize(
    ("number", "phone", "name"),
    [
        (NUMBER, "15400000018", ""),
        (NUMBER, "", "张"),
        (NUMBER, "", "吉言"),
        ("9600000018", PHONE, ""),
        ("9600000018", "", NAME),
        ("9600000018", "", "查无此人"),
    ],
)
def test_anything_that_does_not_fit_finds_nothing_at_the_same_cost(
    visitor: Actor, account: Account, django_assert_num_queries: Any, number: str, phone: str, name: str
) -> None:
    policies.get("hall.find.per_hour")
    with django_assert_num_queries(1):
        assert queries.find_account(visitor, number, phone=phone, name=name) is None


@pytest.mark.parametrize(
    ("number", "phone", "name", "field"),
    [
        ("123", PHONE, "", "number"),
        ("", PHONE, "", "number"),
        (NUMBER, "12", "", "phone"),
        (NUMBER, "", "", "phone"),
        (NUMBER, "", "长" * 61, "name"),
        (NUMBER, "", "\x00", "name"),
        ("９６０００００００１" * 300, PHONE, "", "number"),
    ],
)
def test_malformed_input_names_its_field(
    visitor: Actor, account: Account, number: str, phone: str, name: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        queries.find_account(visitor, number, phone=phone, name=name)
    assert field in caught.value.fields


def test_digits_typed_in_full_width_are_understood(visitor: Actor, account: Account) -> None:
    assert queries.find_account(visitor, "９６００００００１７", phone="１５４００００００１７") == account


def test_one_caller_cannot_try_number_after_number(visitor: Actor, account: Account) -> None:
    allowed = policies.get("hall.find.per_hour")
    for n in range(allowed):
        queries.find_account(visitor, f"97{n:08d}", phone=PHONE)
    with pytest.raises(TooManyRequests):
        queries.find_account(visitor, NUMBER, phone=PHONE)


def test_many_callers_together_cannot_try_phone_after_phone_for_one_number(account: Account) -> None:
    allowed = policies.get("hall.find.per_account_hour")
    callers = [Actor(kind="customer", id=None, name="customer", ip=f"198.51.100.{n}") for n in range(allowed + 1)]
    for n, caller in enumerate(callers[:-1]):
        assert queries.find_account(caller, NUMBER, phone=f"154{n:08d}") is None
    with pytest.raises(TooManyRequests):
        queries.find_account(callers[-1], NUMBER, phone=PHONE)


def test_a_closed_account_is_not_found(visitor: Actor, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(active=False)
    assert queries.find_account(visitor, NUMBER, phone=PHONE) is None
    assert queries.account_by_number(NUMBER) is None


def test_the_api_gives_masks_and_a_reference(client: Client, account: Account) -> None:
    answer = client.post("/api/v1/hall/find-account", {"number": NUMBER, "phone": PHONE}, "application/json")
    body = answer.json()
    assert answer.status_code == 200
    assert account_id_of(body["account_ref"]) == account.pk
    text = answer.content.decode()
    assert NUMBER not in text
    assert "言" not in text
    assert "501" not in text
    assert body["number"].endswith("0017")


def test_the_api_answers_the_same_whatever_was_wrong(client: Client, account: Account) -> None:
    bodies = [
        client.post("/api/v1/hall/find-account", {"number": number, "phone": phone}, "application/json")
        for number, phone in ((NUMBER, "15400000018"), ("9600000018", PHONE))
    ]
    assert [answer.status_code for answer in bodies] == [404, 404]
    assert bodies[0].json() == bodies[1].json()
    assert bodies[0].json()["code"] == "account_not_matched"


def test_a_reference_is_not_made_by_hand_and_grows_old(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = account_ref(account.pk)
    assert account_id_of(ref) == account.pk
    assert account_id_of(ref[:-1] + ("A" if ref[-1] != "A" else "B")) is None
    assert account_id_of("") is None
    assert account_id_of("x" * 1000) is None
    import time

    later = time.time() + policies.get("hall.find.ref_minutes") * 60 + 5
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert account_id_of(ref) is None


def test_an_agent_finds_by_phone_and_by_number_and_sees_who_it_is(
    actor_for_role: Callable[..., Actor], account: Account
) -> None:
    agent = actor_for_role("agent")
    for words in (PHONE, "154 0000 0017", NUMBER):
        assert list(queries.search_customers(agent, words)) == [account]
    view = queries.portrait(agent, account.customer_id)
    assert (view.name, view.phone, view.account_ids) == (NAME, PHONE, [account.pk])


def test_search_is_one_query_however_many_accounts(
    actor_for_role: Callable[..., Actor], account: Account, django_assert_num_queries: Any
) -> None:
    for n in range(5):
        Account.objects.create(
            org=account.org, customer=account.customer, number=f"960001000{n}", address="云溪省", area_type="rural",
            meter_no=str(n), lon=130.9, lat=19.7,
        )  # fmt: skip
    agent = actor_for_role("agent")
    policies.get("customers.search.most")
    with django_assert_num_queries(1):
        rows = list(queries.search_customers(agent, PHONE))
        assert {row.customer.name for row in rows} == {NAME}
        assert {row.org.name for row in rows} == {"柳溪县公司"}
    assert len(rows) == 6
    with django_assert_num_queries(2):
        view = queries.portrait(agent, account.customer_id)
        assert {one.customer.name for one in view.accounts} == {NAME}


@pytest.mark.parametrize("words", ["", "  ", "张三", "1540000", "96000000", "1' OR '1'='1", "x" * 5000, "\x00"])
def test_search_by_parts_or_nonsense_is_refused_with_the_way_out(
    actor_for_role: Callable[..., Actor], words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        queries.search_customers(actor_for_role("agent"), words)
    assert "q" in caught.value.fields


def test_somebody_of_another_city_finds_nothing(
    actor_for_role: Callable[..., Actor], account: Account, org_tree: Any
) -> None:
    dispatcher = actor_for_role("dispatcher", org_tree.other_city)
    assert list(queries.search_customers(dispatcher, PHONE)) == []
    with pytest.raises(NotFound):
        queries.portrait(dispatcher, account.customer_id)


def test_a_manager_sees_masks_only(actor_for_role: Callable[..., Actor], account: Account) -> None:
    view = queries.portrait(actor_for_role("manager"), account.customer_id)
    assert view.name != NAME
    assert view.phone == "154****0017"


def test_somebody_without_the_permission_cannot_search(actor_for_role: Callable[..., Actor], account: Account) -> None:
    with pytest.raises(NotAllowed):
        queries.search_customers(actor_for_role("planner"), PHONE)


def test_a_caller_is_recognised_by_phone(account: Account, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert queries.customer_by_phone("+8615400000017") == account.customer
    assert queries.customer_by_phone("") is None
    assert queries.customer_by_phone("15400000000") is None


def test_the_search_page_lists_and_leads_to_the_customer(
    browser_for: Callable[..., Client], account: Account, org_tree: Any
) -> None:
    agent = browser_for("agent", org_tree.province)
    assert agent.get("/staff/customers/").status_code == 200
    found = agent.post("/staff/customers/results/", {"q": NUMBER})
    assert NAME in found.content.decode()
    part = agent.post("/staff/customers/results/", {"q": "张"}, headers={"HX-Request": "true"})
    assert part.status_code == 422
    assert "不支持部分匹配" in part.content.decode()
    assert "没有找到相符的客户" in agent.post("/staff/customers/results/", {"q": "9699999999"}).content.decode()
    page = agent.get(f"/staff/customers/{account.customer_id}/")
    assert page.status_code == 200
    assert "澄辉路18号" in page.content.decode()


def test_a_manager_unmasks_with_a_reason_on_the_record(
    browser_for: Callable[..., Client], account: Account, org_tree: Any
) -> None:
    manager = browser_for("manager", org_tree.province)
    page = manager.get(f"/staff/customers/{account.customer_id}/").content.decode()
    assert PHONE not in page
    url = f"/staff/customers/reveal/customer/{account.customer_id}/phone/"
    assert url in page
    answer = manager.post(url, {"reason": "核实到场时间"})
    assert answer.json() == {"value": PHONE}
    assert Event.objects.get(kind="privacy.revealed").subject_id == account.customer_id
    assert manager.post("/staff/customers/reveal/customer/1/kind/", {"reason": "x"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_unmasking_without_a_reason_is_refused(
    browser_for: Callable[..., Client], account: Account, org_tree: Any
) -> None:
    manager = browser_for("manager", org_tree.province)
    answer = manager.post(f"/staff/customers/reveal/customer/{account.customer_id}/phone/", {"reason": " "})
    assert answer.status_code == 422
    assert "reason" in answer.json()["errors"]


def test_staff_search_over_the_api_is_masked_by_role(
    browser_for: Callable[..., Client], account: Account, org_tree: Any
) -> None:
    row = browser_for("manager", org_tree.province).get(f"/api/v1/customers?q={PHONE}").json()[0]
    assert (row["phone"], row["customer_id"]) == ("154****0017", account.customer_id)
    assert browser_for("agent", org_tree.province).get(f"/api/v1/customers?q={PHONE}").json()[0]["phone"] == PHONE
