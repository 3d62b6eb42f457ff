"""The hall, the request desk, review and the call-back desk, as pages."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions as contacts
from denghuo.apps.customers.access import account_ref
from denghuo.apps.grid import actions as grid
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.http.limits import buckets
from tests.apps.requests.test_loop import _call_all_day  # noqa: F401
from tests.apps.requests.world import NOTE, World
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


def send(client: Client, url: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    return client.post(url, {"idempotency_key": str(uuid.uuid4()), **(data or {})}, **more)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def report(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "account_ref": account_ref(world.account.pk),
        "caller_name": "江小满",
        "caller_phone": "13900001234",
        "phenomenon": "no_power",
        "scope": "single",
        "occurred_at": timezone.localtime(moment.now()).strftime("%Y-%m-%dT%H:%M"),
        **changes,
    }


@pytest.fixture
def agent(browser_for: Any, world: World, org_tree: Any) -> Client:
    client: Client = browser_for("agent", org_tree.city)
    return client


@pytest.fixture
def reviewer(browser_for: Any, world: World, org_tree: Any) -> Client:
    client: Client = browser_for("supervisor", org_tree.city)
    return client


@pytest.fixture
def caller(browser_for: Any, world: World, org_tree: Any) -> Client:
    client: Client = browser_for("callback_agent", org_tree.city)
    return client


# --- the hall -----------------------------------------------------------------------------------------


def test_the_front_door_shows_what_is_promised_and_where_supply_is_out(
    client: Client, world: World, actor_for_role: Any
) -> None:
    dispatcher = actor_for_role("dispatcher", world.org)
    grid.open_outage(
        dispatcher, kind="fault", feeder=world.transformer.feeder, transformer_ids=[world.transformer.pk],
        started_at=moment.now(), cause="外力破坏",
    )  # fmt: skip
    client.get("/")
    with counted("pages.hall.home"):
        page = text(client.get("/"))
    assert "柳溪县公司" in page and "外力破坏" in page and ">45<" in page


def test_a_report_leads_to_its_progress_page(client: Client, world: World) -> None:
    answer = send(client, "/hall/report/", report(world))
    made = Request.objects.get()
    assert answer["Location"] == f"/p/{made.public_token}/"
    with counted("pages.hall.progress"):
        page = text(client.get(answer["Location"]))
    assert made.number in page and "我们已收到" in page and 'aria-current="step"' in page
    assert "江小满" not in page and "13900001234" not in page
    part = text(client.get(answer["Location"], headers=HX))
    assert made.number in part and "<html" not in part


def test_the_same_form_sent_twice_makes_one_request(client: Client, world: World) -> None:
    data = report(world, idempotency_key=str(uuid.uuid4()))
    places = {client.post("/hall/report/", data)["Location"] for _ in range(2)}
    assert len(places) == 1 and Request.objects.count() == 1


def test_a_faulty_report_comes_back_with_all_that_was_typed(client: Client, world: World) -> None:
    answer = send(client, "/hall/report/", report(world, account_ref="", caller_phone="138", description="灯闪了三下"))
    page = text(answer)
    assert answer.status_code == 422 and not Request.objects.exists()
    assert 'value="138"' in page and "灯闪了三下" in page and page.count("dh-errors") >= 3
    assert "请提供户号，或填写用电地址" in page


def test_the_account_is_found_by_number_and_phone_and_stays_over_a_reload(client: Client, world: World) -> None:
    found = client.post("/hall/account/", {"number": world.account.number, "phone": "13900001234"}, headers=HX)
    assert "已找到您的用电户" in text(found) and "江小满" not in text(found)
    assert "已找到您的用电户" in text(client.get("/hall/report/"))
    again = client.post("/hall/account/", {"again": "1"}, headers=HX)
    assert "您的用电户" in text(again) and "已找到" not in text(client.get("/hall/report/"))


def test_the_account_is_found_before_the_pages_script_has_come(client: Client, world: World) -> None:
    found = client.post("/hall/account/", {"number": world.account.number, "phone": "13900001234"}, follow=True)
    assert found.redirect_chain == [("/hall/report/", 302)]
    assert "已找到您的用电户" in text(found)
    wrong = client.post("/hall/account/", {"number": world.account.number, "phone": "13900009999"}, follow=True)
    assert "没有找到与该户号和手机号都相符的用电户" in text(wrong) and "已找到您的用电户" not in text(wrong)


def test_no_two_controls_of_a_request_bear_one_id(agent: Client, world: World) -> None:
    number = world.accepted().pk
    pages = "".join(
        text(agent.get(f"/staff/requests/{number}/{part}", headers=HX)) for part in ("", "class/", "links/")
    )
    ids = re.findall(r' id="([^"]+)"', pages)
    assert "reclassifyform_reason" in ids and "linkform_reason" in ids
    assert [one for one in set(ids) if ids.count(one) > 1] == []


@pytest.mark.parametrize("typed", [{"number": "3300012345", "phone": "13900009999"}, {"number": "9", "phone": ""}, {}])
def test_an_account_is_not_found_without_both_facts(client: Client, world: World, typed: dict[str, str]) -> None:
    page = text(client.post("/hall/account/", typed, headers=HX))
    assert "已找到" not in page and ("dh-errors" in page or "没有找到" in page)


def test_another_matter_is_made_and_found_again_by_number_and_phone(client: Client, world: World) -> None:
    send(client, "/hall/matter/", {
        "type": "consulting", "description": "峰谷电价怎么算", "caller_name": "江小满", "caller_phone": "13900001234",
        "org_id": world.org.pk, "address": "河边路 8 号",
    })  # fmt: skip
    made = Request.objects.get(type="consulting")
    there = send(client, "/hall/find/", {"number": made.number, "phone": "13900001234"})
    assert there["Location"] == f"/p/{made.public_token}/"
    wrong = send(client, "/hall/find/", {"number": made.number, "phone": "13900009999"})
    assert wrong.status_code in (200, 422) and "没有找到" in text(wrong)


def test_a_progress_page_cannot_be_guessed(client: Client, world: World) -> None:
    assert client.get("/p/nothing/").status_code == 404


def test_urging_before_the_promise_explains_instead(client: Client, world: World) -> None:
    made = world.accepted()
    page = text(send(client, f"/p/{made.public_token}/urge/", follow=True))
    assert "data-toast" in page


def test_a_second_round_shows_no_arrival_of_the_first(client: Client, world: World) -> None:
    made = world.reviewed()
    world.complain(made)
    world.dispatch(made)
    page = text(client.get(f"/p/{made.public_token}/"))
    assert "第 2 次处理" in page
    current = page.split('aria-current="step"', 1)[1].split("</li>", 1)[0]
    assert "已派抢修人员" in current
    world.arrive(made)
    current = text(client.get(f"/p/{made.public_token}/")).split('aria-current="step"', 1)[1].split("</li>", 1)[0]
    assert "到达现场" in current


# --- the desk -----------------------------------------------------------------------------------------


def test_the_list_has_tabs_with_counts_and_finds_by_number_phone_and_account(agent: Client, world: World) -> None:
    rows = [world.submitted(caller_phone=f"1390000123{n}") for n in range(3)]
    agent.get("/staff/requests/")
    with counted("pages.requests.list"):
        page = text(agent.get("/staff/requests/"))
    assert all(row.number in page for row in rows) and "待受理 <b" in page
    for q in (rows[0].number, rows[0].caller_phone):
        found = text(agent.get("/staff/requests/", {"q": q}))
        assert rows[0].number in found and rows[1].number not in found
    assert rows[2].number in text(agent.get("/staff/requests/", {"q": world.account.number}))


def test_the_page_of_a_request_tells_all_and_offers_what_can_be_done(agent: Client, world: World) -> None:
    made = world.submitted()
    agent.get(f"/staff/requests/{made.pk}/")
    with counted("pages.requests.detail"):
        page = text(agent.get(f"/staff/requests/{made.pk}/"))
    for shown in (
        "江小满",
        "13900001234",
        "柳溪县河边路 8 号",
        "柳溪一号台区",
        "柳溪 10kV 一线",
        "柳溪变",
        "提交诉求",
        "计时中",
    ):
        assert shown in page, shown
    assert 'value="low_voltage" selected' in page and "去派单" not in page


def test_a_live_refresh_leaves_the_form_that_is_being_filled_in_alone(agent: Client, world: World) -> None:
    made = world.submitted()
    url = f"/staff/requests/{made.pk}/"
    same = text(agent.get(url, {"version": made.version}, headers=HX))
    assert 'id="request-timeline"' in same and 'id="request-actions"' not in same and "<html" not in same
    world.accepted()
    actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    moved = text(agent.get(url, {"version": made.version}, headers=HX))
    assert 'id="request-actions"' in moved


def test_accepting_asks_for_class_urgency_and_area(agent: Client, world: World) -> None:
    made = world.submitted()
    url = f"/staff/requests/{made.pk}/accept/"
    assert send(agent, url, {"fault_class": "low_voltage"}).status_code == 422
    answer = send(
        agent, url, {"fault_class": "low_voltage", "urgency": "urgent", "area_type": "rural", "version": made.version}
    )
    made.refresh_from_db()
    assert answer.status_code == 302
    assert (made.state, made.urgency, made.area_type) == ("accepted", "urgent", "rural")


def test_accepting_what_a_colleague_has_changed_says_so(agent: Client, world: World) -> None:
    made = world.submitted()
    data = {"fault_class": "low_voltage", "urgency": "normal", "area_type": "urban", "version": made.version}
    actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")
    answer = send(agent, f"/staff/requests/{made.pk}/accept/", data)
    assert answer.status_code == 422 and "data-toast" in text(answer)


def test_a_report_without_account_gets_its_transformer_at_acceptance(agent: Client, world: World) -> None:
    made = world.submitted(account_id=None, org_id=world.org.pk, address="河边路 9 号")
    url = f"/staff/requests/{made.pk}/"
    assert '<option value="T-T1 柳溪一号台区">' in text(agent.get(url))
    data = {"fault_class": "low_voltage", "urgency": "normal", "area_type": "urban"}
    wrong = send(agent, f"{url}accept/", {**data, "transformer": "X-9"})
    assert wrong.status_code == 422 and "本单位没有这个台区" in text(wrong)
    send(agent, f"{url}accept/", {**data, "transformer": "T-T1 柳溪一号台区"})
    made.refresh_from_db()
    assert made.transformer_id == world.transformer.pk


def test_a_question_is_accepted_without_fault_class_and_answered_on_the_spot(agent: Client, world: World) -> None:
    made = world.submitted(type="consulting", description="峰谷电价", phenomenon="", scope="", occurred_at=None)
    page = text(agent.get(f"/staff/requests/{made.pk}/"))
    assert "故障类别" not in page and "答复并办结" in page and "供电关系" not in page
    send(agent, f"/staff/requests/{made.pk}/answer/", {"answer-answer": "峰段 8 至 22 时"})
    made.refresh_from_db()
    assert made.state == "archived"


def test_a_report_that_an_outage_explains_is_merged_with_one_press(
    agent: Client, world: World, actor_for_role: Any
) -> None:
    outage = grid.open_outage(
        actor_for_role("dispatcher", world.org), kind="fault", feeder=world.transformer.feeder,
        transformer_ids=[world.transformer.pk], started_at=moment.now(), cause="外力破坏",
    )  # fmt: skip
    first, second = world.accepted(), world.submitted(caller_phone="13900005678")
    page = text(agent.get(f"/staff/requests/{second.pk}/"))
    assert "已有停电可解释此报修" in page and "并入主单" in page
    send(agent, f"/staff/requests/{second.pk}/merge/", {"outage_id": outage.pk})
    second.refresh_from_db()
    assert (second.state, second.master_id) == ("merged", first.pk)
    assert second.number in text(agent.get(f"/staff/requests/{first.pk}/"))
    assert "查看主单" in text(agent.get(f"/staff/requests/{second.pk}/"))


def test_duplicates_are_offered_for_merging(agent: Client, world: World) -> None:
    first, second = world.submitted(), world.submitted()
    assert f"并入 {first.number}" in text(agent.get(f"/staff/requests/{second.pk}/links/"))
    send(agent, f"/staff/requests/{second.pk}/merge/", {"master_id": first.pk})
    second.refresh_from_db()
    assert second.state == "merged"


def test_notes_urging_and_cancelling_from_the_page(agent: Client, world: World) -> None:
    made = world.accepted()
    url = f"/staff/requests/{made.pk}/"
    page = text(send(agent, f"{url}note/", {"note-text": "客户家有老人"}, follow=True))
    assert "客户家有老人" in page
    send(agent, f"{url}urge/")
    send(agent, f"{url}cancel/", {"reason": "已自行恢复"})
    made.refresh_from_db()
    assert made.state == "cancelled" and "已自行恢复" in text(agent.get(url))


def test_a_request_of_another_city_does_not_exist_for_an_agent(browser_for: Any, world: World, org_tree: Any) -> None:
    stranger = browser_for("agent", org_tree.other_city)
    made = world.submitted()
    assert stranger.get(f"/staff/requests/{made.pk}/").status_code == 404
    assert made.number not in text(stranger.get("/staff/requests/"))


def test_who_may_not_see_the_caller_sees_a_mask_and_a_way_to_ask(browser_for: Any, world: World, org_tree: Any) -> None:
    watcher = browser_for("manager", org_tree.city)
    made = world.submitted(description="打 13900001234 找我")
    page = text(watcher.get(f"/staff/requests/{made.pk}/"))
    assert "13900001234" not in page and "江小满" not in page and "data-reveal-url" in page


def test_writing_down_a_request_for_a_caller_closes_the_conversation(
    agent: Client, world: World, org_tree: Any
) -> None:
    actor = actor_for(agent.staff)  # type: ignore[attr-defined]
    contact = contacts.open_contact(
        actor, channel="voice", org=world.org, caller_phone="13900001234", customer_id=world.account.customer_id
    )
    contacts.take_contact(actor)
    known = world.submitted()
    url = f"/staff/requests/new/?contact={contact.pk}"
    with counted("pages.requests.new"):
        page = text(agent.get(url))
    assert 'value="3300012345"' in page and 'value="江小满"' in page and known.number in page
    data = {
        "type": "fault_report", "caller_name": "江小满", "caller_phone": "13900001234", "account_number": "3300012345",
        "phenomenon": "no_power", "scope": "single", "occurred_at": timezone.localtime(moment.now()).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    wrong = send(agent, url, {**data, "account_number": "3300099999"})
    assert wrong.status_code == 422 and "没有这个户号" in text(wrong)
    answer = send(agent, url, data)
    contact.refresh_from_db()
    assert (contact.state, contact.outcome) == ("closed", "request_made")
    assert answer["Location"] == f"/staff/requests/{contact.request_id}/"


def test_what_waits_for_acceptance_is_a_list_for_the_desk(agent: Client, world: World) -> None:
    made = world.submitted()
    with counted("pages.requests.waiting"):
        page = text(agent.get("/staff/requests/waiting/", headers=HX))
    assert made.number in page and "data-clock" in page and "<html" not in page


# --- review and call-back -------------------------------------------------------------------------------


def test_review_passes_or_sends_back_with_a_reason(reviewer: Client, world: World) -> None:
    made = world.returned()
    with counted("pages.requests.review"):
        assert made.number in text(reviewer.get("/staff/review/"))
    url = f"/staff/requests/{made.pk}/review/"
    assert send(reviewer, url, {"passed": "0"}).status_code == 422
    send(reviewer, url, {"passed": "0", "reason": "没有写清处理过程"})
    made.refresh_from_db()
    assert made.state == "dispatched"
    assert "没有写清处理过程" in text(reviewer.get(f"/staff/requests/{made.pk}/"))
    world.finish(made)
    send(reviewer, url, {"passed": "1"})
    made.refresh_from_db()
    assert made.state == "callback"


def test_the_call_back_desk_from_taking_to_the_archive(caller: Client, world: World) -> None:
    made = world.reviewed()
    assert made.number in text(caller.get("/staff/callbacks/"))
    send(caller, "/staff/callbacks/take/")
    caller.get("/staff/callbacks/")  # the script is read once
    with counted("pages.requests.callbacks"):
        page = text(caller.get("/staff/callbacks/"))
    assert "正在回访" in page and "13900001234" in page and "更换低压熔断器" in page
    plan = CallBack.objects.get()
    url = f"/staff/callbacks/{plan.pk}/attempt/"
    half = send(caller, url, {"outcome": "answered", "satisfaction": "dissatisfied", "resolved": "false"})
    assert "请记录客户意见" in text(half)
    send(
        caller,
        url,
        {"outcome": "answered", "resolved": "true", "arrival_honoured": "true", "satisfaction": "satisfied"},
    )
    made.refresh_from_db()
    assert (made.state, made.satisfaction) == ("archived", "satisfied")


def test_a_dissatisfied_customer_is_seen_on_the_page(caller: Client, reviewer: Client, world: World) -> None:
    made = world.reviewed()
    send(caller, "/staff/callbacks/take/")
    plan = CallBack.objects.get()
    send(caller, f"/staff/callbacks/{plan.pk}/attempt/", {
        "outcome": "answered", "resolved": "false", "satisfaction": "dissatisfied", "note": NOTE,
    })  # fmt: skip
    page = text(reviewer.get(f"/staff/requests/{made.pk}/"))
    assert NOTE in page and "第 2 轮处理" in page and "客户不满意，返工" in page


def test_a_plan_put_back_is_free_for_somebody_else(caller: Client, world: World) -> None:
    world.reviewed()
    send(caller, "/staff/callbacks/take/")
    plan = CallBack.objects.get()
    send(caller, f"/staff/callbacks/{plan.pk}/release/")
    plan.refresh_from_db()
    assert plan.holder_id is None


def test_the_timeline_tells_each_step_once_with_who_when_and_the_clocks(reviewer: Client, world: World) -> None:
    made = world.reviewed()
    page = text(reviewer.get(f"/staff/requests/{made.pk}/"))
    story = page.split('id="timeline-title"', 1)[1]
    for said in ("受理", "低压故障", "到达现场", "设备原因", "审核通过", "按时完成", "计时中"):
        assert said in story, said
    assert "开始计时" not in story


def test_the_list_narrows_by_its_filters(agent: Client, world: World) -> None:
    urged, quiet = world.accepted(), world.submitted(phenomenon="spark", caller_phone="13900007777")
    actions.urge_request(world.agent, urged.pk, insist=True)
    page = text(agent.get("/staff/requests/", {"urged": "1"}))
    assert urged.number in page and quiet.number not in page
    page = text(agent.get("/staff/requests/", {"state": "submitted"}))
    assert quiet.number in page and urged.number not in page
    page = text(agent.get("/staff/requests/", {"area_type": "remote"}))
    assert quiet.number not in page and "没有符合条件的记录" in page
