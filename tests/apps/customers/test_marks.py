"""Sensitive-customer marks: set, lifted, shown to those who may know, carried onto requests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.catalogue import classes
from denghuo.apps.customers.desk import desk_facts
from denghuo.apps.customers.marks import actions, queries
from denghuo.apps.customers.models import Account, Customer, SensitiveMark
from denghuo.apps.requests import actions as requests
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def customer(org_tree: Any) -> Customer:
    row = Customer.objects.create(org=org_tree.county, name="江小满", phone="13900001234")
    Account.objects.create(
        org=org_tree.county, number="3300012345", customer=row, address="河边路 8 号", area_type="urban", meter_no="M1",
        lon=120.1, lat=30.1,
    )  # fmt: skip
    return row


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    return actor_for_role("supervisor", org_tree.city)


def mark(boss: Actor, customer: Customer, code: str = "dispute.litigation", **changes: Any) -> SensitiveMark:
    return actions.set_mark(
        boss, customer.pk, **{"code": code, "source": "filing", "reason": "赔偿案已立案", **changes}
    )


def submit(customer: Customer, **changes: Any) -> Any:
    data = {
        "type": "consulting", "channel": "web_form", "caller_name": "江小满", "caller_phone": "13900001234",
        "account_id": customer.accounts.get().pk, "description": "问电费", **changes,
    }  # fmt: skip
    return requests.submit_request(Actor.customer(), data=requests.RequestDraft(**data))


def test_a_mark_is_set_with_its_days_and_told_without_its_reason(boss: Actor, customer: Customer) -> None:
    made = mark(boss, customer, valid_to=queries.today() + 30 * DAY)
    customer.refresh_from_db()
    assert customer.sensitive
    event = timeline("customer", customer.pk)[-1]
    assert (event.kind, event.payload["mark"]) == ("customer.marked", "dispute.litigation")
    assert "立案" not in str(event.payload)
    assert made.set_by_id == boss.id


def test_lifting_keeps_the_record_and_the_last_one_frees_the_customer(boss: Actor, customer: Customer) -> None:
    one, other = mark(boss, customer), mark(boss, customer, "public.media")
    actions.lift_mark(boss, one.pk, reason="结案")
    customer.refresh_from_db()
    assert customer.sensitive
    actions.lift_mark(boss, other.pk, reason="已离职")
    customer.refresh_from_db()
    assert not customer.sensitive
    assert SensitiveMark.objects.filter(customer=customer).count() == 2
    with pytest.raises(Conflict):
        actions.lift_mark(boss, other.pk, reason="再来一次")


def test_faults_are_told_together_with_the_remedy(boss: Actor, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as caught:
        mark(boss, customer, "dispute.nowhere", source="rumour", reason=" ", valid_to=queries.today() - DAY)
    assert set(caught.value.fields) == {"code", "source", "reason", "valid_to"}
    with pytest.raises(InvalidInput) as caught:
        mark(boss, customer, "dispute")
    assert caught.value.fields["code"] == ["请选到具体的标识"]
    mark(boss, customer)
    with pytest.raises(Conflict):
        mark(boss, customer)


def test_only_those_who_may_set_or_see_marks(
    boss: Actor, customer: Customer, actor_for_role: Any, org_tree: Any, browser_for: Any
) -> None:
    with pytest.raises(NotAllowed):
        mark(actor_for_role("agent", org_tree.city), customer)
    with pytest.raises(NotFound):
        mark(actor_for_role("supervisor", org_tree.other_city), customer)
    mark(boss, customer)
    agent, steward = browser_for("agent", org_tree.city), browser_for("data_steward", org_tree.city)
    url = f"/staff/customers/{customer.pk}/"
    assert "涉诉" in agent.get(url + "marks/").content.decode()
    assert "设置标识" not in agent.get(url + "marks/").content.decode()
    assert steward.get(url + "marks/").status_code == 403
    assert "敏感客户" in agent.get(url).content.decode()
    assert "敏感客户" not in steward.get(url).content.decode()


def test_the_desk_shows_the_mark_in_words_with_an_icon(
    boss: Actor, customer: Customer, actor_for_role: Any, org_tree: Any
) -> None:
    mark(boss, customer, "life.life_support")
    seen = desk_facts(actor_for_role("agent", org_tree.city), customer_id=customer.pk).tags
    assert ("家有生命维持设备", "danger") in {(tag.label, tag.tone) for tag in seen}
    assert all(tag.icon for tag in seen)
    assert desk_facts(actor_for_role("data_steward", org_tree.city), customer_id=customer.pk).tags == []


def test_a_request_of_a_marked_customer_is_sensitive_while_the_mark_holds(boss: Actor, customer: Customer) -> None:
    assert not submit(customer).sensitive
    mark(boss, customer, valid_from=queries.today() + DAY)
    assert not submit(customer).sensitive  # from tomorrow on
    held = mark(boss, customer, "public.media")
    assert submit(customer).sensitive
    actions.lift_mark(boss, held.pk, reason="已离职")
    assert not submit(customer).sensitive


def test_submitting_asks_the_database_no_oftener_for_it(
    boss: Actor, customer: Customer, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    submit(customer)
    with CaptureQueriesContext(connection) as plain:
        submit(customer)
    mark(boss, customer)
    with django_assert_num_queries(len(plain)):
        assert submit(customer).sensitive


def test_marks_end_with_their_day(boss: Actor, customer: Customer) -> None:
    mark(boss, customer, valid_to=queries.today())
    assert actions.settle_marks(queries.today() + DAY) == 1
    customer.refresh_from_db()
    assert not customer.sensitive
    assert list(queries.in_force([customer.pk], moment.now() + DAY)) == []
    assert actions.settle_marks(queries.today()) == 1
    assert actions.settle_marks(queries.today()) == 0


def test_the_panel_sets_and_lifts_and_keeps_what_was_typed(
    boss: Actor, customer: Customer, browser_for: Any, org_tree: Any
) -> None:
    client = browser_for("supervisor", org_tree.city)
    url = f"/staff/customers/{customer.pk}/marks/"
    data = {"code": "group.relief", "source": "filing", "reason": "低保名册"}
    refused = client.post(url + "set/", {**data, "code": "group"})
    assert refused.status_code == 422
    assert "请选到具体的标识" in refused.content.decode()
    assert "低保名册" in refused.content.decode()
    assert client.post(url + "set/", data).status_code == 200
    row = SensitiveMark.objects.get()
    page = client.post(f"/staff/customers/marks/{row.pk}/lift/", {"reason": "不再享受"})
    assert page.status_code == 200
    assert "不再享受" in page.content.decode()
    row.refresh_from_db()
    assert row.lifted_at is not None


def test_a_mark_is_read_by_the_edition_it_was_chosen_from(boss: Actor, customer: Customer) -> None:
    row = mark(boss, customer)
    assert row.tree_id == classes.in_force("sensitive_mark", customer.org)[0].id
    assert queries.shown([row])[0].full == "纠纷 / 涉诉"
