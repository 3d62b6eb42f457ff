"""The panels beside a conversation: who it is, what came before, what to say, what to answer."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions, panel_facts
from denghuo.apps.contacts.models import Contact, DeskScript, Disposition, Message
from denghuo.apps.customers.models import Account, Bill, Customer
from denghuo.apps.grid.actions import file_matter, open_outage, review_filing
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.apps.knowledge.models import KnowledgeUse, StandardQuestion
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

pytestmark = pytest.mark.django_db
PHONE = "13900001234"
NUMBER = "3300012345"
NAME = "江小满"


@dataclass
class Desk:
    """An agent in service with a customer of the county."""

    org: OrgUnit
    agent: Client
    actor: Actor
    account: Account
    transformer: Transformer

    def contact(self, *, known: bool = True, taken: bool = True, **changes: Any) -> Contact:
        given = {"customer_id": self.account.customer_id} if known else {}
        wanted = {"channel": "voice", "org": self.org, "caller_phone": PHONE, **given, **changes}
        made = actions.open_contact(Actor.system("t"), **wanted)
        if taken:
            actions.take_contact(self.actor, made.pk)
        return made

    def said(self, contact: Contact, text: str, sender: str = "customer") -> None:
        Message.objects.create(contact=contact, client_id=uuid.uuid4(), sender=sender, text=text, at=moment.now())

    def get(self, contact: Contact, panel: str, query: str = "") -> Any:
        return self.agent.get(f"/staff/desk/{contact.pk}/panel/{panel}/{query}")

    def text(self, contact: Contact, panel: str, query: str = "") -> str:
        response = self.get(contact, panel, query)
        assert response.status_code == 200, response.content[:500]
        return str(response.content.decode())


@pytest.fixture
def desk(org_tree: Any, browser_for: Any) -> Desk:
    county = org_tree.county
    station = Substation.objects.create(org=county, code="P-S1", name="柳溪变", lon=120.1, lat=30.1)
    feeder = Feeder.objects.create(org=county, substation=station, code="P-F1", name="柳溪 10kV 一线")
    transformer = Transformer.objects.create(
        org=county, feeder=feeder, code="P-T1", name="柳溪一号台区", capacity_kva=400, lon=120.1, lat=30.1, customers=80
    )
    customer = Customer.objects.create(org=county, name=NAME, phone=PHONE)
    account = Account.objects.create(
        org=county, number=NUMBER, customer=customer, address="柳溪县河边路 8 号", area_type="urban",
        transformer_id=transformer.pk, meter_no="M1", lon=120.1, lat=30.1,
    )  # fmt: skip
    client: Client = browser_for("agent", org_tree.city)
    return Desk(county, client, actor_for(client.staff), account, transformer)  # type: ignore[attr-defined]


# --- the customer -----------------------------------------------------------------------------------------


def test_the_agent_sees_who_it_is_with_account_and_unpaid_bill(desk: Desk) -> None:
    today = moment.now().date()
    month = today.replace(day=1)
    Bill.objects.create(
        account=desk.account, month=month, plan="tier", kwh=300, valley_kwh=0, amount="161.40", parts=[],
        due=today - dt.timedelta(days=20),
    )  # fmt: skip
    page = desk.text(desk.contact(), "customer")
    for wanted in (NAME, NUMBER, "柳溪县河边路 8 号", "M1", "161.40", "逾期"):
        assert wanted in page
    assert "/staff/requests/desk/?customer=" in page


def test_an_outage_at_the_account_brings_a_text_ready_to_tell(desk: Desk, system: Actor) -> None:
    open_outage(
        system, kind="fault", feeder=desk.transformer.feeder_id, transformer_ids={desk.transformer.pk},
        started_at=moment.now() - dt.timedelta(minutes=30), expected_at=moment.now() + dt.timedelta(hours=1),
        cause="雷击跳闸",
    )  # fmt: skip
    page = desk.text(desk.contact(), "customer")
    assert "正在停电" in page
    assert 'data-insert="已查到您所在区域' in page
    assert "雷击跳闸" in page


def test_a_cut_for_arrears_is_told_as_what_it_is(desk: Desk, system: Actor) -> None:
    open_outage(system, kind="arrears", account_ids=[desk.account.pk])
    page = desk.text(desk.contact(), "customer")
    assert "您的用电户因“欠费停电”" in page
    assert "正在停电" not in page


def test_what_was_filed_for_the_callers_place_is_ready_to_tell(
    desk: Desk, system: Actor, actor_for_role: Callable[..., Actor], org_tree: Any
) -> None:
    now = moment.now()
    filing = file_matter(
        system, org_id=desk.org.pk, title="电缆沟施工", reason="works", starts_at=now - dt.timedelta(hours=1),
        ends_at=now + dt.timedelta(days=1), script="路面围挡一周内恢复", answers=True,
    )  # fmt: skip
    contact = desk.contact()
    assert "电缆沟施工" not in desk.text(contact, "customer")
    review_filing(actor_for_role("supervisor", org_tree.province), filing.pk, passed=True)
    page = desk.text(contact, "customer")
    assert 'data-insert="路面围挡一周内恢复"' in page
    assert "解释答复，不再派单" in page


def test_who_calls_from_a_registered_number_is_offered_and_identified_with_one_click(desk: Desk) -> None:
    contact = desk.contact(known=False)
    assert "还不知道是谁" in desk.text(contact, "customer")
    assert NAME in desk.text(contact, "customer")
    response = desk.agent.post(f"/staff/desk/{contact.pk}/panel/customer/", {"account_id": desk.account.pk})
    assert response.status_code == 200
    contact.refresh_from_db()
    assert contact.account_id == desk.account.pk
    assert json.loads(response["HX-Trigger"])["desk:identified"] == {"contact": contact.pk}
    assert "换一位" in response.content.decode()


def test_a_search_by_account_number_finds_and_a_bad_number_says_what_to_do(desk: Desk) -> None:
    contact = desk.contact(known=False, caller_phone="13900009999")
    url = f"/staff/desk/{contact.pk}/panel/customer/"
    assert NAME in desk.agent.post(url, {"q": NUMBER}).content.decode()
    refused = desk.agent.post(url, {"q": "33000"})
    assert refused.status_code == 422
    assert 'value="33000"' in refused.content.decode()
    assert "请填写完整的手机号" in refused.content.decode()
    assert "没有查到" in desk.agent.post(url, {"q": "3300099999"}).content.decode()


def test_a_wrong_identification_can_be_taken_back(desk: Desk) -> None:
    contact = desk.contact()
    assert desk.agent.post(f"/staff/desk/{contact.pk}/panel/customer/", {"forget": "1"}).status_code == 200
    contact.refresh_from_db()
    assert contact.customer_id is None


def test_a_supervisor_sees_masks_and_may_ask_to_see_more(desk: Desk, browser_for: Any, org_tree: Any) -> None:
    contact = desk.contact()
    page = browser_for("supervisor", org_tree.city).get(f"/staff/desk/{contact.pk}/panel/customer/").content.decode()
    assert PHONE not in page
    assert NUMBER not in page
    assert "customers.customer.phone" in page


def test_panels_are_closed_to_other_units_and_to_who_takes_no_contacts(
    desk: Desk, browser_for: Any, org_tree: Any
) -> None:
    contact = desk.contact()
    for panel in ("customer", "history", "script", "knowledge"):
        url = f"/staff/desk/{contact.pk}/panel/{panel}/"
        assert browser_for("agent", org_tree.other_city).get(url).status_code == 404
        assert browser_for("planner", org_tree.city).get(url).status_code == 403
        framed = desk.agent.get(url, headers={"Sec-Fetch-Dest": "document"}).content.decode()
        assert framed.lstrip().startswith("<!doctype")
        assert "<!doctype" not in desk.text(contact, panel)


# --- the history ---------------------------------------------------------------------------------------------


def closed(desk: Desk, note: str = "") -> Contact:
    made = desk.contact()
    code = Disposition.objects.get(code="bill.too-high").pk
    return actions.close_contact(desk.actor, made.pk, outcome="answered", wrap_up=actions.WrapUp(code, note))


def test_the_history_shows_outcome_agent_disposition_and_note(desk: Desk) -> None:
    earlier = closed(desk, "已解释阶梯，回拨 13900005678")
    desk.said(earlier, "电费怎么这么贵")
    current = desk.contact()
    page = desk.text(current, "history")
    for wanted in ("当场答复", "电费偏高，已解释", "13900005678", "测试员"):
        assert wanted in page
    talk = desk.agent.get(f"/staff/desk/{current.pk}/panel/history/{earlier.pk}/").content.decode()
    assert "电费怎么这么贵" in talk


def test_numbers_in_notes_and_talk_are_hidden_from_who_may_not_see_phones(
    desk: Desk, browser_for: Any, org_tree: Any
) -> None:
    earlier = closed(desk, "回拨 13900005678")
    desk.said(earlier, "打我 13900005678")
    current = desk.contact()
    supervisor = browser_for("supervisor", org_tree.city)
    page = supervisor.get(f"/staff/desk/{current.pk}/panel/history/").content.decode()
    talk = supervisor.get(f"/staff/desk/{current.pk}/panel/history/{earlier.pk}/").content.decode()
    assert "回拨" in page
    assert "13900005678" not in page + talk


def test_a_page_of_history_costs_one_query_however_full(desk: Desk) -> None:
    closed(desk, "一")
    current = desk.contact()
    fresh = Contact.objects.get(pk=current.pk)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows, _more = panel_facts.history_of(desk.actor, fresh, 1)
            for row in rows:
                _ = (
                    row.agent,
                    row.org,
                    row.disposition and row.disposition.parent,
                    panel_facts.note_of(row, desk.actor),
                )
        return len(captured)

    assert cost() == 1
    for _turn in range(12):
        closed(desk, "又")
    assert cost() == 1
    page = desk.text(current, "history")
    assert "?page=2" in page
    rest = desk.text(current, "history", "?page=2")
    assert "?page=3" not in rest
    assert rest.count("pn-then") == 3


def test_somebody_without_history_is_told_so(desk: Desk) -> None:
    assert "第一次联系我们" in desk.text(desk.contact(), "history")


# --- the scripts -----------------------------------------------------------------------------------------------


def test_the_script_that_fits_the_customers_words_opens_by_itself(desk: Desk) -> None:
    contact = desk.contact()
    desk.said(contact, "我交了钱没到账，还显示欠费")
    page = desk.text(contact, "script")
    assert "缴费未到账" in page
    assert 'data-tick="0"' in page
    assert "data-insert=" in page


def test_without_a_hint_all_scripts_are_listed_and_a_search_narrows_them(desk: Desk) -> None:
    contact = desk.contact()
    page = desk.text(contact, "script")
    assert all(script.title in page for script in DeskScript.objects.filter(active=True))
    narrowed = desk.text(contact, "script", "?q=过户")
    assert "过户更名" in narrowed
    assert "英语来电" not in narrowed
    assert "没有找到话术" in desk.text(contact, "script", "?q=绝无此词")


def test_a_script_of_another_channel_and_one_out_of_use_are_not_offered(desk: Desk) -> None:
    step = [{"title": "一", "say": "说", "ask": [], "note": ""}]
    DeskScript.objects.create(scene="x", title="只给微信的", channels=["wechat"], steps=step)
    DeskScript.objects.create(scene="x", title="停用了的", active=False, steps=step)
    page = desk.text(desk.contact(), "script")
    assert "只给微信的" not in page
    assert "停用了的" not in page


# --- the knowledge -----------------------------------------------------------------------------------------------


def test_the_agent_searches_opens_and_puts_an_answer_into_the_reply(desk: Desk) -> None:
    contact = desk.contact()
    found = desk.text(contact, "knowledge", "?q=空开老跳怎么弄&results=1")
    entry = StandardQuestion.objects.get(code="outage.trip")
    assert f"?entry={entry.pk}" in found
    page = desk.text(contact, "knowledge", f"?entry={entry.pk}")
    for wanted in (entry.answer[:20], "2024-06-01", entry.source, "行业通识", f"/hall/answers/{entry.pk}/"):
        assert wanted in page
    used = desk.agent.post(f"/staff/desk/{contact.pk}/panel/knowledge/{entry.pk}/", {"how": "inserted"})
    assert used.status_code == 204
    assert list(KnowledgeUse.objects.order_by("pk").values_list("how", "contact_id")) == [
        ("opened", contact.pk), ("inserted", contact.pk),
    ]  # fmt: skip
    start = desk.text(contact, "knowledge")
    assert "我最近看过" in start
    assert "大家常用" in start


def test_an_answer_for_the_house_only_has_no_link_to_send(desk: Desk) -> None:
    entry = StandardQuestion.objects.get(code="outage.trip")
    entry.public = False
    entry.save()
    contact = desk.contact()
    page = desk.text(contact, "knowledge", f"?entry={entry.pk}")
    assert "仅供内部参考" in page
    assert "/hall/answers/" not in page


def test_a_search_that_finds_nothing_says_what_to_do(desk: Desk) -> None:
    assert "没有找到合适的答案" in desk.text(desk.contact(), "knowledge", "?q=xyzzy&results=1")


def test_the_customers_last_words_can_be_searched(desk: Desk) -> None:
    contact = desk.contact()
    desk.said(contact, "二手房过户要什么证件")
    assert 'data-search="二手房过户要什么证件"' in desk.text(contact, "knowledge")
