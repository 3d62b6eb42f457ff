"""Agents and queues over the API and on the pages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.models import AgentSession, Contact, EchelonActivation, Queue, QueuePlan
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.core.http.limits import buckets
from tests.helpers import routing as floor

JSON = "application/json"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


def post(client: Client, path: str, body: Any = None) -> Any:
    return client.post(f"/api/v1{path}", json.dumps(body or {}), content_type=JSON)


def desk_of(browser_for: Any, actor: Any) -> Client:
    return browser_for(staff=Staff.objects.get(pk=actor.id))


def test_an_agents_day_over_the_api(org_tree: Any, browser_for: Any) -> None:
    desk = browser_for("agent", org_tree.city)
    assert desk.get("/api/v1/agent").status_code == 404
    assert post(desk, "/agent/sign-on").json()["state"] == "ready"
    call = floor.arrive(org_tree.county)
    pass_once()
    me = desk.get("/api/v1/agent").json()
    assert (me["state"], me["load"], [one["id"] for one in me["offers"]]) == (
        "offered", {"voice": 1, "chat": 0, "deferred": 0}, [call.pk],
    )  # fmt: skip
    assert post(desk, f"/contacts/{call.pk}/accept").json()["state"] == "in_service"
    assert post(desk, "/agent/sign-off").status_code == 409
    pause = post(desk, "/agent/mode", {"mode": "break"}).json()
    assert (pause["pending"], pause["notice"]) == (True, "手上的工作结束后生效")
    assert post(desk, f"/contacts/{call.pk}/end").json()["state"] == "wrap_up"
    assert post(desk, f"/contacts/{call.pk}/close", {"outcome": "answered"}).status_code == 200
    assert desk.get("/api/v1/agent").json()["state"] == "break"
    assert post(desk, "/agent/heartbeat").json() == {"signed_on": True}
    assert post(desk, "/agent/mode", {"mode": "asleep"}).status_code == 422
    assert post(desk, "/agent/sign-off").json()["state"] == "logged_out"
    assert post(desk, "/agent/heartbeat").json() == {"signed_on": False}


def test_a_declined_call_goes_on_to_the_next_agent(org_tree: Any, browser_for: Any) -> None:
    first = floor.agent(org_tree.city)
    call = floor.arrive(org_tree.county)
    pass_once()
    assert post(desk_of(browser_for, first), f"/contacts/{call.pk}/decline", {"reason": "耳麦故障"}).status_code == 200
    second = floor.agent(org_tree.city)
    pass_once()
    assert Contact.objects.get(pk=call.pk).offered_to_id == second.id


def test_a_supervisor_sees_and_changes_states_of_own_units_only(org_tree: Any, browser_for: Any) -> None:
    own, other = floor.agent(org_tree.city), floor.agent(org_tree.other_city)
    chief = browser_for("supervisor", org_tree.city)
    assert [one["staff_id"] for one in chief.get("/api/v1/agents").json()["items"]] == [own.id]
    changed = post(chief, f"/agents/{own.id}/mode", {"mode": "training", "reason": "培训"}).json()
    assert (changed["state"], changed["reason"]) == ("training", "培训")
    assert post(chief, f"/agents/{other.id}/mode", {"mode": "training", "reason": "培训"}).status_code == 403
    assert browser_for("agent", org_tree.city).get("/api/v1/agents").status_code == 403


def test_the_public_learns_how_long_it_takes_and_their_own_place_only(org_tree: Any, client: Client) -> None:
    floor.queue(org_tree.city, "fault_voice", {"announcements": {"wait": {"zh": "第 {position} 位"}}})
    floor.arrive(org_tree.county)
    mine = floor.arrive(org_tree.county)
    door = client.get("/api/v1/queues/fault_voice/estimate").json()
    assert (door["open"], door["position"], door["expected_seconds"]) == (True, 3, None)
    path = f"/api/v1/queues/fault_voice/estimate?contact_id={mine.pk}"
    assert client.get(path).status_code == 404
    assert client.get(f"{path}&access={contact_token(mine)}").json()["position"] == 2
    assert client.get("/api/v1/queues/nowhere/estimate").status_code == 404
    assert client.get("/api/v1/queues").status_code in (401, 403)


def test_a_plan_is_set_over_the_api_and_faults_name_their_field(org_tree: Any, browser_for: Any) -> None:
    floor.queue(org_tree.city, "fault_voice")
    planner = browser_for("planner", org_tree.city)
    assert [one["code"] for one in planner.get("/api/v1/queues").json()["items"]] == ["fault_voice"]
    wrong = post(planner, "/queues/fault_voice/plan", {"definition": {"ladder": [{"echelon": 1}]}})
    assert wrong.status_code == 422
    assert "ladder.0.after_seconds" in json.dumps(wrong.json(), ensure_ascii=False)
    right = post(planner, "/queues/fault_voice/plan", {"definition": {"target_seconds": 12}, "note": "试行"})
    assert (right.status_code, right.json()["definition"]["target_seconds"]) == (201, 12)
    agent = browser_for("agent", org_tree.city)
    assert post(agent, "/queues/fault_voice/plan", {"definition": {}}).status_code == 403


def test_echelons_over_the_api(org_tree: Any, browser_for: Any) -> None:
    chief = browser_for("supervisor", org_tree.city)
    body = {"org_id": org_tree.city.pk, "echelon": 1, "reason": "台风"}
    made = post(chief, "/echelons", body)
    assert made.status_code == 201
    assert post(chief, "/echelons", body).status_code == 409
    assert [one["echelon"] for one in chief.get("/api/v1/echelons").json()["items"]] == [1]
    assert post(chief, f"/echelons/{made.json()['id']}/release").json()["ended_at"]
    assert chief.get("/api/v1/echelons").json()["items"] == []


def test_the_queue_pages_show_what_waits_and_set_a_plan_by_rows(org_tree: Any, browser_for: Any) -> None:
    floor.queue(org_tree.city, "fault_voice", {"required": {"fault": 2}})
    floor.agent(org_tree.city, {"fault": 1})
    floor.arrive(org_tree.county)
    planner = browser_for("planner", org_tree.city)
    assert "fault_voice" in planner.get("/staff/queues/").content.decode()
    page = planner.get("/staff/queues/fault_voice/")
    assert page.status_code == 200
    row = {
        "req-0-skill": "fault", "req-0-level": "3", "ageing_per_minute": "2", "target_seconds": "15", "base_points": "",
        "affinity_seconds": "", "language_level": "1", "step-0-after": "30", "step-0-low0-skill": "fault",
        "step-0-low0-level": "1", "step-0-echelon": "0", "step-1-after": "", "step-1-echelon": "0", "mode": "windows",
        "day-mon": "08:30-12:00，13:30-17:30", "callback_over": "120", "note": "试行",
    }  # fmt: skip
    tried = planner.post("/staff/queues/fault_voice/try/", row).content.decode()
    assert "尚未设定" in tried
    assert QueuePlan.objects.count() == 1
    assert planner.post("/staff/queues/fault_voice/", row).status_code == 302
    plan = QueuePlan.objects.latest("pk")
    assert plan.definition["ladder"][0]["lower"] == {"fault": 1}
    assert plan.definition["hours"]["windows"] == {"mon": [["08:30", "12:00"], ["13:30", "17:30"]]}
    assert (plan.note, plan.created_by_id) == ("试行", planner.staff.pk)


def test_a_wrong_plan_comes_back_with_what_was_typed_and_the_fault_at_its_row(org_tree: Any, browser_for: Any) -> None:
    floor.queue(org_tree.city, "fault_voice", {"required": {"fault": 2}})
    planner = browser_for("planner", org_tree.city)
    body = {
        "req-0-skill": "fault", "req-0-level": "3", "target_seconds": "很快", "ageing_per_minute": "1", "mode": "always",
        "step-0-after": "30", "step-0-low0-skill": "fault", "step-0-low0-level": "4",
        "wait_zh": "请等 {hours}",
    }  # fmt: skip
    answer = planner.post("/staff/queues/fault_voice/", body)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(text in page for text in ("很快", "请等 {hours}", "只能低于现在要求的 3 级", "花括号里只能写"))
    assert QueuePlan.objects.count() == 1


def test_a_queue_is_made_and_changed_on_the_pages(org_tree: Any, browser_for: Any) -> None:
    planner = browser_for("planner", org_tree.city)
    body = {
        "code": "night", "name": "夜间热线", "channels": ["voice"], "topics": "fault，billing", "position": "5",
        "channel_class": "voice", "org": str(org_tree.city.pk),
    }  # fmt: skip
    assert planner.get("/staff/queues/new/").status_code == 200
    assert planner.post("/staff/queues/new/", {**body, "code": "夜"}).status_code == 422
    assert planner.post("/staff/queues/new/", body).status_code == 302
    assert Queue.objects.get().topics == ["fault", "billing"]
    settings = {"name": "夜班热线", "channels": ["voice"], "topics": "", "position": "6"}
    assert planner.post("/staff/queues/night/settings/", settings).status_code == 302
    assert (Queue.objects.get().name, Queue.objects.get().active) == ("夜班热线", False)
    assert planner.post("/staff/queues/night/settings/", {**settings, "channels": []}).status_code == 422


def test_reserves_are_called_in_on_the_page(org_tree: Any, browser_for: Any) -> None:
    chief = browser_for("supervisor", org_tree.city)
    body = {"org": str(org_tree.city.pk), "echelon": "2", "reason": "台风"}
    assert chief.post("/staff/queues/echelons/", {**body, "reason": ""}).status_code == 422
    assert chief.post("/staff/queues/echelons/", body).status_code == 302
    assert "台风" in chief.get("/staff/queues/echelons/").content.decode()
    row = EchelonActivation.objects.get()
    assert chief.post(f"/staff/queues/echelons/{row.pk}/release/").status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None


def test_the_agent_pages_show_states_and_set_profile_and_mode(org_tree: Any, browser_for: Any) -> None:
    one = floor.agent(org_tree.city, {"fault": 4})
    chief = browser_for("supervisor", org_tree.city)
    name = Staff.objects.get(pk=one.id).display_name
    page = chief.get("/staff/agents/").content.decode()
    assert name in page
    assert "就绪" in page
    assert name in chief.get("/staff/agents/?state=ready").content.decode()
    assert name not in chief.get("/staff/agents/?state=break").content.decode()
    assert chief.get(f"/staff/agents/{one.id}/").status_code == 200
    assert chief.post(f"/staff/agents/{one.id}/", {"chat": "5", "echelon": "1"}).status_code == 302
    assert Staff.objects.get(pk=one.id).agent_profile.capacity == {"chat": 5}
    assert chief.post(f"/staff/agents/{one.id}/mode/", {"mode": "break", "reason": ""}).status_code == 422
    assert chief.post(f"/staff/agents/{one.id}/mode/", {"mode": "break", "reason": "身体不适"}).status_code == 302
    assert AgentSession.objects.get(staff_id=one.id).state == "break"
    assert browser_for("supervisor", org_tree.other_city).get(f"/staff/agents/{one.id}/").status_code == 404


def test_the_list_of_queues_costs_the_same_for_many_as_for_one(
    org_tree: Any, browser_for: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        floor.queue(org_tree.city, f"q{number}", {"target_seconds": 30})
    floor.arrive(org_tree.county)
    actions.heartbeat(floor.agent(org_tree.city))
    planner = browser_for("planner", org_tree.city)
    planner.get("/staff/queues/live/")
    with django_assert_max_num_queries(14):
        planner.get("/staff/queues/live/")
