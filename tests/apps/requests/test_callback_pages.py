"""The call-back desk and the pages around it, in a browser without scripts."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.requests.callbacks import campaigns
from denghuo.apps.requests.callbacks.jobs import prepare_campaign
from denghuo.apps.requests.callbacks.models import CallScript, Campaign, Correction, ImprovementItem
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http.limits import buckets
from tests.apps.requests.test_loop import _call_all_day, fresh  # noqa: F401
from tests.apps.requests.test_request_pages import caller, reviewer, send, text  # noqa: F401
from tests.apps.requests.world import NOTE, World
from tests.helpers.query_counts import counted

pytestmark = pytest.mark.django_db
REPORTED = "师傅五点半才到，收了50元"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def take(browser: Client) -> CallBack:
    send(browser, "/staff/callbacks/take/")
    return CallBack.objects.exclude(holder=None).get()


# --- the desk ---------------------------------------------------------------------------------------------------------


def test_the_desk_asks_the_script_of_the_type_with_its_branches(caller: Client, world: World) -> None:  # noqa: F811
    made = world.reviewed()
    take(caller)
    page = text(caller.get("/staff/callbacks/"))
    arrived = timezone.localtime(fresh(made).arrived_at).strftime("%H:%M")
    assert f"抢修人员是在{arrived}到现场的" in page
    assert "开场白" in page and "故障抢修回访" in page
    assert "data-when" in page and "q_charged_what" in page


def test_both_accounts_are_compared_while_the_agent_writes(caller: Client, world: World) -> None:  # noqa: F811
    made = world.reviewed()
    plan = take(caller)
    seen = text(send(caller, f"/staff/callbacks/{plan.pk}/compare/", {"outcome": "answered", "note": REPORTED}))
    assert "<mark>50元</mark>" in seen and "处可能不一致" in seen
    assert CallBack.objects.get(request=made).attempts == 0


def test_a_confirmed_difference_is_sent_to_the_unit(caller: Client, world: World) -> None:  # noqa: F811
    world.reviewed()
    plan = take(caller)
    data = {
        "outcome": "answered", "resolved": "true", "arrival_honoured": "false", "satisfaction": "satisfied",
        "q_charged": "yes", "q_charged_what": "50元材料费", "note": REPORTED, "aspects": ["arrival", "charges"],
    }  # fmt: skip
    send(caller, f"/staff/callbacks/{plan.pk}/attempt/", data)
    assert Correction.objects.get().aspects == ["arrival", "charges"]
    done = CallBack.objects.get(pk=plan.pk)
    assert '"charged_what": "50元材料费"' in done.answers


def test_what_was_typed_is_kept_when_something_is_missing(caller: Client, world: World) -> None:  # noqa: F811
    world.reviewed()
    plan = take(caller)
    half = send(caller, f"/staff/callbacks/{plan.pk}/attempt/", {"outcome": "later", "note": "晚上再打"})
    assert half.status_code == 422
    assert "请填写客户约定的时间" in text(half) and "晚上再打" in text(half)
    missing = send(caller, f"/staff/callbacks/{plan.pk}/attempt/", {"outcome": "answered", "note": "挺好"})
    assert missing.status_code == 422 and "请记录客户的回答" in text(missing)


def test_a_plan_that_is_no_longer_held_is_told(caller: Client, world: World) -> None:  # noqa: F811
    world.reviewed()
    plan = take(caller)
    CallBack.objects.update(holder=None)
    answer = send(caller, f"/staff/callbacks/{plan.pk}/attempt/", {"outcome": "no_answer"}, follow=True)
    assert "已不在您手中" in text(answer)


def test_dialling_shows_the_call_as_going_on(caller: Client, world: World) -> None:  # noqa: F811
    world.reviewed()
    plan = take(caller)
    send(caller, f"/staff/callbacks/{plan.pk}/dial/")
    assert "通话中" in text(caller.get("/staff/callbacks/"))


# --- the request's page -----------------------------------------------------------------------------------------------


def test_the_panel_tells_why_nobody_calls_and_takes_a_number(reviewer: Client, world: World) -> None:  # noqa: F811
    made = world.reviewed()
    world.call(made, outcome="wrong_number")
    panel = text(reviewer.get(f"/staff/requests/{made.pk}/calls/"))
    assert "待核实号码" in panel and "补正号码" in panel
    plan = CallBack.objects.get(request=made)
    send(reviewer, f"/staff/callbacks/{plan.pk}/number/", {"phone": "13900006677"})
    assert fresh(made).caller_phone == "13900006677"


def test_the_customer_chooses_when_to_be_called(client: Client, world: World) -> None:
    made = world.accepted()
    url = f"/p/{made.public_token}/call/"
    assert "什么时候给您回电" in text(client.get(url))
    bad = client.post(url, {"window_from": "18:00", "window_to": "09:00"})
    assert bad.status_code == 422 and "止时晚于起时" in text(bad)
    assert client.post(url, {"window_from": "18:00", "window_to": "20:00"}).status_code == 302
    assert made.call_wish.window_from == dt.time(18)
    assert client.get("/p/nobody/call/").status_code == 404


# --- campaigns, items, corrections, scripts ---------------------------------------------------------------------------


def test_a_campaign_from_the_form_to_the_calls(reviewer: Client, world: World) -> None:  # noqa: F811
    made = world.reviewed()
    world.call(made)
    data = {
        "name": "台风善后", "org_id": str(world.org.pk), "script_code": "after_care", "types": ["fault_report"],
        "share": "100", "priority": "3",
    }  # fmt: skip
    bad = send(reviewer, "/staff/callbacks/campaigns/new/", {**data, "priority": "12"})
    assert bad.status_code == 422 and "优先级为 1 到 9" in text(bad)
    send(reviewer, "/staff/callbacks/campaigns/new/", data)
    row = Campaign.objects.get()
    send(reviewer, f"/staff/callbacks/campaigns/{row.pk}/start/")
    prepare_campaign(row.pk)
    page = text(reviewer.get(f"/staff/callbacks/campaigns/{row.pk}/"))
    assert "进行中" in page and made.number in page
    send(reviewer, f"/staff/callbacks/campaigns/{row.pk}/pause/")
    assert "已暂停" in text(reviewer.get("/staff/callbacks/campaigns/"))
    sheet = reviewer.get(f"/staff/callbacks/campaigns/{row.pk}/?export=csv")
    assert sheet.status_code == 200


def test_lists_cost_the_same_for_one_row_and_for_many(reviewer: Client, world: World, boss: Actor) -> None:  # noqa: F811
    first = world.reviewed()
    world.call(first, note=REPORTED, aspects=["arrival"])
    draft = campaigns.CampaignDraft(name="抽查", script_code="general", types=["fault_report"])
    for _number in range(3):
        row = campaigns.save_campaign(boss, None, org=world.org, draft=draft)
        campaigns.start_campaign(boss, row.pk)
        prepare_campaign(row.pk)
        made = world.reviewed()
        world.complain(made)
        other = world.reviewed()
        world.call(other, note=REPORTED, aspects=["charges"])
    for name in ("campaigns", "improvements", "corrections", "scripts"):
        url = f"/staff/callbacks/{name}/"
        reviewer.get(url)
        with counted(f"pages.requests.callbacks.{name}"):
            assert reviewer.get(url).status_code == 200


def test_an_item_is_assigned_measured_and_closed_on_its_page(reviewer: Client, world: World) -> None:  # noqa: F811
    made = world.reviewed()
    world.complain(made)
    item = ImprovementItem.objects.get()
    url = f"/staff/callbacks/improvements/{item.pk}/"
    assert NOTE in text(reviewer.get(url))
    bad = send(
        reviewer, url, {"do": "assign", "cause_class": "service", "owner_id": str(world.org.pk), "due_on": "2020-01-01"}
    )
    assert bad.status_code == 422 and "不能早于今天" in text(bad)
    due = (timezone.localtime(moment.now()) + dt.timedelta(days=3)).date().isoformat()
    send(reviewer, url, {"do": "assign", "cause_class": "service", "owner_id": str(world.org.pk), "due_on": due})
    send(reviewer, url, {"do": "measure", "measure": "增加复测"})
    refused = send(reviewer, f"{url}close/", follow=True)
    assert "尚未在第二次回访中确认" in text(refused)
    world.work_again(fresh(made))
    world.call(made)
    send(reviewer, f"{url}close/")
    assert ImprovementItem.objects.get().state == "closed"


def test_a_correction_is_made_by_the_unit_and_settled_by_the_desk(
    reviewer: Client,  # noqa: F811
    caller: Client,  # noqa: F811
    world: World,
) -> None:
    world.call(world.reviewed(), note=REPORTED, aspects=["charges"])
    row = Correction.objects.get()
    url = f"/staff/callbacks/corrections/{row.pk}/"
    assert "<mark>50元</mark>" in text(reviewer.get(url))
    assert send(reviewer, url, {"upheld": "0", "result": "", "explanation": "x"}).status_code == 422
    send(reviewer, url, {"upheld": "0", "result": "更换熔断器，收材料费50元", "explanation": "漏记收费"})
    send(caller, f"{url}settle/", {"accepted": "1"})
    assert Correction.objects.get().state == "closed"


def test_a_script_is_drafted_released_and_read(browser_for: Any, org_tree: Any, world: World) -> None:
    editor: Client = browser_for("knowledge_editor", org_tree.company)
    row = CallScript.objects.get(code="general", number=1)
    reader: Client = browser_for("supervisor", org_tree.company)
    page = text(reader.get(f"/staff/callbacks/scripts/{row.pk}/"))
    assert "开场白" in page and "办理得及时吗" in page
    assert editor.get("/staff/callbacks/scripts/").status_code in (200, 403)
    broken = send(reader, f"/staff/callbacks/scripts/{row.pk}/", {"text": "= nonsense"})
    assert broken.status_code == 422 and "= nonsense" in text(broken)
