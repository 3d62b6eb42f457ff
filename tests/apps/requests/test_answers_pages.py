"""The scene's part on the screens: hall, desk, page of a request, completeness; and through the API."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.urls import reverse

from denghuo.apps.requests import actions, answers
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor

TOLD = {"danger_signs": ["none"], "switch_state": "on", "life_support": False, "visit_time": "asap"}


def report(world: Any, **more: Any) -> dict[str, Any]:
    at = moment.now().astimezone().strftime("%Y-%m-%dT%H:%M")
    return {
        "caller_name": "江小满", "caller_phone": "13900001234", "org_id": world.org.pk, "address": "河边路 8 号",
        "phenomenon": "no_power", "scope": "single", "occurred_at": at, "scene_shown": "fault_single_outage", **more,
    }  # fmt: skip


def test_the_hall_asks_what_the_phenomenon_calls_for(world: Any) -> None:
    page = Client().post(reverse("requests:hall-scene"), {"phenomenon": "wire_down", "scope": "single"})
    assert 'data-scene="fault_danger"' in page.content.decode()
    page = Client().post(reverse("requests:hall-scene"), {"type": "complaint", "template_code": "complaint_outage"})
    text = page.content.decode()
    assert 'data-scene="complaint_outage"' in text and 'value="complaint_quality"' in text


def test_a_refused_report_says_at_the_field_what_is_missing_and_loses_nothing(world: Any) -> None:
    more = {"values.hazard": ["ground"], "description": "门口有狗", "scene_shown": "fault_danger"}
    page = Client().post(reverse("requests:report"), report(world, phenomenon="wire_down", **more))
    text = page.content.decode()
    assert page.status_code == 422
    assert 'id="scene-reporter_safe-error"' in text and 'id="scene-injured-error"' in text
    assert "门口有狗" in text and 'value="ground" checked' in text
    assert not Request.objects.exists()


def test_a_report_with_answers_is_made(world: Any) -> None:
    told = {
        "values.danger_signs": ["spark", "smoke"], "values.switch_state": "on", "values.life_support": "false",
        "values.visit_time": "asap",
    }  # fmt: skip
    page = Client().post(reverse("requests:report"), report(world, **told))
    assert page.status_code == 302
    made = Request.objects.get()
    assert answers.answers_of(made) == {**TOLD, "danger_signs": ["spark", "smoke"]}
    assert made.completeness == 90  # the account number is not known


def test_a_report_from_a_browser_without_scripts_is_not_barred_by_what_it_was_not_asked(world: Any) -> None:
    page = Client().post(reverse("requests:report"), report(world, scene_shown=""))
    assert page.status_code == 302


def test_the_agent_sees_questions_and_script_and_what_is_missing(world: Any, browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("agent", org_tree.city)
    data = {"type": "fault_report", "phenomenon": "no_power", "scope": "single", "caller_name": "江小满"}
    text = browser.post(reverse("requests:scene-part"), data).content.decode()
    assert "请您看一下家里的总开关和漏电保护器，有没有跳下来？" in text
    assert "必填还缺 8 项" in text
    assert "自动：单户停电" in text


def test_the_page_of_a_request_shows_answers_and_takes_more(world: Any, browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("agent", org_tree.city)
    made = world.submitted(values={"switch_state": "on", "danger_signs": ["none"]})
    text = browser.get(reverse("requests:answers", args=[made.pk])).content.decode()
    assert "没有跳，合着的" in text and "完整率 81%" in text
    bad = browser.post(
        reverse("requests:answers-complete", args=[made.pk]),
        {"version": made.version, "values.visit_time": "never", "values.special_need": "有老人"},
    )
    assert bad.status_code == 422 and "有老人" in bad.content.decode()
    done = browser.post(
        reverse("requests:answers-complete", args=[made.pk]),
        {"version": made.version, "values.visit_time": "asap", "values.life_support": "true"},
    )
    assert done.status_code == 200 and "完整率 100%" in done.content.decode()
    assert answers.answers_of(Request.objects.get(pk=made.pk))["life_support"] is True


def test_who_may_not_see_names_gets_them_masked_and_out_of_the_form(
    world: Any, browser_for: Any, org_tree: Any
) -> None:
    made = world.submitted(type="praise", description="服务好", values={"whom": "钱师傅"}, phenomenon="", scope="")
    text = browser_for("manager", org_tree.province).get(reverse("requests:answers", args=[made.pk])).content.decode()
    assert "钱师傅" not in text


def test_completeness_is_shown_by_scene_with_what_is_missing_most(world: Any, browser_for: Any, org_tree: Any) -> None:
    world.submitted()
    world.submitted(values=TOLD)
    browser = browser_for("manager", org_tree.province)
    text = browser.get(reverse("requests:completeness")).content.decode()
    assert "81.5" in text  # 63 and 100
    assert "危险迹象" in text and "低于目标" in text
    lines = b"".join(browser.get(reverse("requests:completeness") + "?export=csv").streaming_content).decode(
        "utf-8-sig"
    )
    assert "单户停电" in lines
    other = browser_for("manager", org_tree.other_city)
    assert "这段时间没有可统计的诉求" in other.get(reverse("requests:completeness")).content.decode()


# --- API -----------------------------------------------------------------------------------------------------


def post(path: str, body: dict[str, Any], **headers: Any) -> Any:
    return Client().post(f"/api/v1{path}", json.dumps(body), content_type="application/json", **headers)


def test_the_api_lists_scenes_and_gives_their_schema(world: Any) -> None:
    listed = Client().get("/api/v1/scenes?type=fault_report").json()["items"]
    assert {one["code"] for one in listed} >= {"fault_single_outage", "fault_danger"}
    schema = Client().get("/api/v1/scenes/fault_single_outage/schema").json()
    valid = jsonschema_rs.Draft202012Validator(schema).is_valid
    assert valid(TOLD) and not valid({**TOLD, "switch_state": "sideways"})
    assert valid({"switch_state": "on"}), "what is missing counts for completeness, it bars nothing"
    danger = Client().get("/api/v1/scenes/fault_danger/schema").json()
    assert not jsonschema_rs.Draft202012Validator(danger).is_valid({"hazard": ["ground"]})
    assert Client().get("/api/v1/scenes/nothing/schema").status_code == 404


def test_a_bot_asks_question_after_question_and_submits_one_set_of_values(world: Any) -> None:
    told = {
        "phenomenon": "no_power", "scope": "single", "danger_signs": ["none"], "switch_state": "没有跳，合着的",
        "life_support": False, "happened_before": "no", "caller_name": "江小满", "caller_phone": "13900001234",
        "account_number": world.account.number, "address": "柳溪县河边路 8 号", "visit_time": "asap", "special_need": "无",
        "occurred_at": moment.now().isoformat(), "meter_display": "normal", "description": "晚饭时停的",
    }  # fmt: skip
    values: dict[str, Any] = {}
    for _turn in range(30):
        answer = post("/scenes/fault_single_outage/next-question", {"values": values}).json()
        values = answer["values"]
        if answer["question"] is None:
            break
        values |= {one["code"]: told[one["code"]] for one in answer["fields"]}
    assert answer["completeness"] == 100 and answer["missing"] == []
    body = {
        "type": "fault_report", "channel": "web_chat", "caller_name": "江小满", "caller_phone": "13900001234",
        "template_code": "fault_single_outage", "values": values,
    }  # fmt: skip
    made = post("/requests", body)
    assert made.status_code == 201, made.content
    row = Request.objects.get(pk=made.json()["id"])
    assert (row.phenomenon, row.scope, row.completeness, row.account_id) == (
        "no_power",
        "single",
        100,
        world.account.pk,
    )
    assert answers.answers_of(row)["switch_state"] == "on"


def test_wrong_values_come_back_as_a_problem_with_their_fields(world: Any) -> None:
    body = {
        "type": "fault_report", "caller_name": "江小满", "caller_phone": "13900001234", "org_id": world.org.pk,
        "address": "河边路", "phenomenon": "no_power", "scope": "single", "occurred_at": moment.now().isoformat(),
        "values": {"switch_state": "sideways", "people": 10**400},
    }  # fmt: skip
    refused = post("/requests", body)
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"values.switch_state", "values.people"}
    asked = post("/scenes/service_meter_test/next-question", {"values": {"reading": 10**400}})
    assert asked.status_code == 422 and set(asked.json()["errors"]) == {"values.reading"}


def test_old_callers_go_on_as_before(world: Any) -> None:
    made = actions.submit_request(Actor.customer(), data=world.draft())
    assert made.template_id is not None and made.answers == ""


@pytest.mark.parametrize("name", ["requests:scene-part"])
def test_the_staff_part_is_for_staff(world: Any, name: str) -> None:
    assert Client().post(reverse(name), {}).status_code in {302, 401, 403}
