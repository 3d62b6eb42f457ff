"""The class of a request: chosen from the tree in force, kept with its edition, narrowed by in lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from denghuo.apps.catalogue import actions as catalogue
from denghuo.apps.catalogue import classes
from denghuo.apps.requests import actions, classification, grading, queries
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.policies.actions import set_value
from denghuo.engine.classes.tree import to_document
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db
RCD = "low_voltage.meter_box.rcd_trip"


def released(system: Actor, org: Any, code: str, change: Any) -> int:
    """Another edition of a tree for a unit."""
    found = classes.in_force(code, org)
    assert found is not None
    document = json.loads(json.dumps(to_document(found[1])))
    change({node["path"]: node for node in document["nodes"]}, document["nodes"])
    draft = catalogue.save_draft(system, "class_tree", code=code, document=document, org=org)
    return int(catalogue.release(system, "class_tree", draft.pk).pk)


def complaint(world: World, text: str = "抢修人员态度恶劣", **changes: Any) -> Request:
    return world.submitted(type="complaint", phenomenon="", scope="", occurred_at=None, description=text, **changes)


def test_a_fault_is_classed_to_the_third_level_and_keeps_the_first(world: World) -> None:
    made = actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")
    assert (made.fault_class, made.class_code, made.complexity) == ("low_voltage", RCD, "medium")
    assert classification.class_name(made) == "低压故障 / 表箱与表前开关 / 漏保跳闸"
    event = next(e for e in timeline("request", made.pk) if e.kind == "request.accepted")
    assert event.payload["class_code"] == RCD


def test_who_knows_only_the_first_level_gives_just_that(world: World) -> None:
    made = world.accepted()
    assert (made.fault_class, made.class_code) == ("low_voltage", "low_voltage")
    assert made.class_tree_id == classes.in_force("fault_class", world.org)[0].id


def test_an_unknown_class_is_refused_at_its_field_with_the_remedy(world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.accept_request(world.agent, world.submitted().pk, class_code="low_voltage.nowhere", area_type="urban")
    assert caught.value.fields == {"class_code": ["没有这个分类，请从列表中选择"]}
    with pytest.raises(InvalidInput) as caught:
        actions.accept_request(world.agent, world.submitted().pk, area_type="urban")
    assert "fault_class" in caught.value.fields


def test_a_retired_class_cannot_be_chosen_any_more_but_old_requests_keep_it(world: World, system: Actor) -> None:
    old = actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")

    def change(nodes: dict[str, Any], _rows: list[Any]) -> None:
        nodes[RCD]["retired"] = True
        nodes["low_voltage"]["label"] = "低压侧故障"

    released(system, world.org.parent.parent, "fault_class", change)
    with pytest.raises(InvalidInput) as caught:
        actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")
    assert "已停用" in caught.value.fields["class_code"][0]
    again = Request.objects.get(pk=old.pk)
    assert classification.class_name(again) == "低压故障 / 表箱与表前开关 / 漏保跳闸"
    new = world.accepted()
    assert classification.class_name(new) == "低压侧故障"
    kept = actions.reclassify_request(world.agent, old.pk, urgency="urgent", reason="有老人")
    assert (kept.class_code, kept.class_tree_id) == (RCD, old.class_tree_id)


def test_the_deepest_level_is_asked_for_where_the_policy_says_so(world: World, system: Actor) -> None:
    set_value(
        system,
        "classification.deepest",
        ["fault_class"],
        org=world.org,
        valid_from=moment.now(),
        source="测试",
        trust="D",
    )
    with pytest.raises(InvalidInput) as caught:
        world.accepted()
    assert "请选到最末级" in caught.value.fields["fault_class"][0]


def test_reclassifying_records_what_was(world: World) -> None:
    made = world.accepted()
    actions.reclassify_request(world.agent, made.pk, class_code="metering.meter.no_display", reason="电表黑屏")
    made.refresh_from_db()
    assert (made.fault_class, made.class_code) == ("metering", "metering.meter.no_display")
    event = next(e for e in timeline("request", made.pk) if e.kind == "request.classified")
    assert event.payload["was"] == {"fault_class": "low_voltage", "class_code": "low_voltage"}
    with pytest.raises(InvalidInput):
        actions.reclassify_request(world.agent, made.pk, class_code="metering.meter.no_display", reason="再来一次")


def test_a_crew_names_the_cause_in_two_levels_or_one(world: World) -> None:
    made = world.dispatched()
    world.arrive(made)
    world.finish(made, cause="", cause_code="equipment.fuse")
    made.refresh_from_db()
    assert (made.cause, classification.cause_name(made)) == ("equipment", "设备原因 / 熔断器熔断")
    other = world.returned()
    other.refresh_from_db()
    assert (other.cause, other.cause_code) == ("equipment", "equipment")


def test_a_consultation_is_classed_when_it_is_answered(world: World) -> None:
    made = world.submitted(type="consulting", phenomenon="", scope="", occurred_at=None, description="问阶梯电价")
    actions.answer_request(world.agent, made.pk, answer="第一档…", class_code="tariff.tier")
    made.refresh_from_db()
    assert (made.class_code, made.complexity, made.fault_class) == ("tariff.tier", "low", "")


def test_lists_narrow_to_a_class_and_what_lies_below(world: World, actor_for_role: Any) -> None:
    deep = actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")
    first = world.accepted()
    other = actions.accept_request(world.agent, world.submitted().pk, class_code="metering.meter", area_type="urban")
    Request.objects.filter(pk=first.pk).update(class_code="", class_tree=None)  # made before there were trees

    def found(code: str) -> set[int]:
        return {row.pk for row in queries.request_list(world.agent, {"class_code": code})}

    assert found("low_voltage") == {deep.pk, first.pk}
    assert found("low_voltage.meter_box") == {deep.pk}
    assert found("metering") == {other.pk}
    assert found("low_voltage.meter") == set()  # a prefix of letters is not a class


def test_a_class_in_use_cannot_be_deleted_from_the_tree(world: World, system: Actor) -> None:
    actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")

    def change(_nodes: Any, rows: list[Any]) -> None:
        rows[:] = [row for row in rows if row["path"] != RCD]

    with pytest.raises(InvalidInput) as caught:
        released(system, world.org.parent.parent, "fault_class", change)
    assert "已有 1 张诉求使用" in caught.value.fields["document"][0]


# --- grades ---


def test_media_and_injury_raise_the_proposed_grade_with_the_words_shown(world: World) -> None:
    found = grading.propose(complaint(world, "停电三天没人管，记者已经来了，还有人触电住院"))
    assert found.grade == "major"
    assert {reason.code: reason.detail for reason in found.reasons} == {"media": "记者", "injury": "触电、住院"}
    assert grading.propose(complaint(world, "电费多收了十元")).grade == "general"


def test_the_third_complaint_about_the_same_matter_is_important(world: World) -> None:
    for _time in range(2):
        complaint(world, class_code="outage.repair.overdue")
    third = complaint(world, class_code="outage.repair.overdue")
    reasons = {reason.code: reason for reason in grading.propose(third).reasons}
    assert reasons["repeat"].grade == "important"
    assert "第 3 次" in reasons["repeat"].detail


def test_the_agent_confirms_and_needs_a_reason_to_go_below(world: World) -> None:
    made = complaint(world, "记者要曝光")
    with pytest.raises(InvalidInput) as caught:
        grading.confirm_grade(world.agent, made.pk, grade="general", heard=["media"])
    assert "规则建议为“重大”" in caught.value.fields["reason"][0]
    grading.confirm_grade(world.agent, made.pk, grade="important", heard=["media"], reason="核实为个人账号转发")
    made.refresh_from_db()
    assert made.grade == "important"
    event = next(e for e in timeline("request", made.pk) if e.kind == "request.graded")
    assert (event.payload["proposed"], event.payload["reasons"]) == ("major", ["media"])
    assert "个人账号" not in json.dumps(event.payload, ensure_ascii=False)


def test_only_complaints_are_graded_and_only_by_those_who_may(world: World) -> None:
    with pytest.raises(Conflict):
        grading.confirm_grade(world.agent, world.submitted().pk, grade="general")
    with pytest.raises(NotAllowed):
        grading.confirm_grade(world.caller, complaint(world).pk, grade="general")
    with pytest.raises(InvalidInput) as caught:
        grading.confirm_grade(world.agent, complaint(world).pk, grade="huge", heard=["rain"], people=0)
    assert set(caught.value.fields) == {"grade", "heard", "people"}


# --- screens and API ---


def test_the_page_shows_the_class_and_changes_it(world: World, browser_for: Any, org_tree: Any) -> None:
    made = world.accepted()
    client = browser_for("agent", org_tree.city)
    page = client.get(f"/staff/requests/{made.pk}/class/").content.decode()
    assert "低压故障" in page
    data = {"class_code": RCD, "urgency": "normal", "area_type": "urban", "reason": "到场前核实"}
    answer = client.post(f"/staff/requests/{made.pk}/class/change/", {**data, "reason": ""})
    assert answer.status_code == 422
    assert "漏保跳闸" in answer.content.decode()
    client.post(f"/staff/requests/{made.pk}/class/change/", data)
    made.refresh_from_db()
    assert made.class_code == RCD
    assert "漏保跳闸" in client.get(f"/staff/requests/{made.pk}/").content.decode()


def test_the_accept_form_takes_a_deep_class_and_keeps_what_was_typed(
    world: World, browser_for: Any, org_tree: Any
) -> None:
    made, client = world.submitted(), browser_for("agent", org_tree.city)
    url = f"/staff/requests/{made.pk}/accept/"
    refused = client.post(url, {"class_code": RCD, "urgency": "urgent"})
    assert refused.status_code == 422
    assert f'value="{RCD}" selected' in refused.content.decode()
    client.post(url, {"class_code": RCD, "urgency": "urgent", "area_type": "urban"})
    made.refresh_from_db()
    assert (made.state, made.class_code) == ("accepted", RCD)


def test_the_list_is_narrowed_by_class_and_grade(world: World, browser_for: Any, org_tree: Any) -> None:
    deep = actions.accept_request(world.agent, world.submitted().pk, class_code=RCD, area_type="urban")
    other = world.submitted()
    graded = complaint(world)
    grading.confirm_grade(world.agent, graded.pk, grade="major")
    client = browser_for("agent", org_tree.city)
    page = client.get("/staff/requests/?type=fault_report&class=low_voltage.meter_box").content.decode()
    assert deep.number in page
    assert other.number not in page
    page = client.get("/staff/requests/?grade=major").content.decode()
    assert graded.number in page
    assert "重大投诉" in page
    assert client.get("/staff/requests/?type=fault_report&class=../../x").status_code == 200


def test_the_grade_panel_proposes_anew_while_one_ticks(world: World, browser_for: Any, org_tree: Any) -> None:
    made, client = complaint(world), browser_for("agent", org_tree.city)
    page = client.get(f"/staff/requests/{made.pk}/class/?propose=1&heard=media_central&people=12")
    assert page.context["proposal"].grade == "special"
    assert {reason.code for reason in page.context["proposal"].reasons} == {"media_central", "major_group"}
    answer = client.post(f"/staff/requests/{made.pk}/grade/", {"heard": ["death"], "grade": "general"})
    assert answer.status_code == 422
    client.post(f"/staff/requests/{made.pk}/grade/", {"heard": ["death"], "grade": "special"})
    made.refresh_from_db()
    assert made.grade == "special"
