"""Flows: drafted, checked, compared, tried, released; which one serves a request; text with lines."""

from __future__ import annotations

import copy
import datetime as dt
import json
import tomllib
from typing import Any

import pytest
from django.utils import translation

from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import FLOWS, documents, flow_for
from denghuo.apps.catalogue.flows.comparing import changes
from denghuo.apps.catalogue.flows.diagram import diagram
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.flows.problems import findings
from denghuo.apps.catalogue.models import Flow
from denghuo.apps.catalogue.sync import shipped
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.engine.flow import Flow as Document
from tests.helpers.refusals import refused

SHIPPED = {document["code"]: document for document in shipped("flow")}
SUB_TYPES = sorted(code for code in SHIPPED if code.startswith("fault_") and code != "fault_report")
DAY = dt.timedelta(days=1)


def fault_flow(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy({**SHIPPED["fault_report"], **changes})


def drafted(actor: Actor, org: Any, document: dict[str, Any] | None = None, **more: Any) -> Flow:
    made = document or fault_flow()
    return actions.save_draft(actor, "flow", code=made["code"], document=made, org=org, **more)  # type: ignore[return-value]


@pytest.mark.parametrize("code", sorted(SHIPPED))
def test_every_shipped_flow_can_be_released_as_it_is(db: None, code: str) -> None:
    assert [f"{one.where} {one.message}" for one in findings(SHIPPED[code])] == []


@pytest.mark.parametrize("code", SUB_TYPES)
def test_a_sub_type_can_do_all_that_a_fault_report_can(code: str) -> None:
    base, sub = Document.from_document(SHIPPED["fault_report"]), Document.from_document(SHIPPED[code])
    assert set(base.states) <= set(sub.states)
    assert {(s.source, s.verb, s.target) for s in base.steps} <= {(s.source, s.verb, s.target) for s in sub.steps}


def test_every_type_and_every_first_level_fault_class_with_its_own_way_has_a_flow(db: None) -> None:
    now = moment.now()
    types = {"fault_report", "consulting", "service_request", "complaint", "tip_off", "opinion", "suggestion", "praise"}
    assert {row.code for kind in types if (row := flow_for(kind, "", None, now))} == types
    chosen = {
        c: flow_for("fault_report", c, None, now) for c in ("metering.burnt", "low_voltage.line", "power_quality")
    }
    assert {c: row and row.code for c, row in chosen.items()} == {
        "metering.burnt": "fault_metering", "low_voltage.line": "fault_report", "power_quality": "fault_power_quality",
    }  # fmt: skip


def test_the_edition_of_the_nearest_unit_holds_and_ends_when_withdrawn(org_tree: Any, system: Actor) -> None:
    company = flow_for("fault_report", "", org_tree.county, moment.now())
    own = actions.release(system, "flow", drafted(system, org_tree.province).pk)
    FLOWS.changed()
    held = flow_for("fault_report", "", org_tree.county, moment.now())
    assert held is not None
    assert held.id == own.pk
    actions.withdraw(system, "flow", own.pk)
    FLOWS.changed()
    assert flow_for("fault_report", "", org_tree.county, moment.now()) == company


def test_a_flow_released_for_later_serves_only_from_then_on(org_tree: Any, system: Actor) -> None:
    now = moment.now()
    later = actions.release(system, "flow", drafted(system, org_tree.city).pk, valid_from=now + DAY)
    FLOWS.changed()
    today, tomorrow = (flow_for("fault_report", "", org_tree.county, at) for at in (now, now + 2 * DAY))
    assert today is not None
    assert tomorrow is not None
    assert today.id != later.pk == tomorrow.id


def test_a_faulty_draft_is_kept_and_its_release_refused_with_every_fault(org_tree: Any, system: Actor) -> None:
    document = fault_flow()
    document["states"].append({"code": "limbo", "label": "待核实", "phase": "accepted"})
    document["steps"].append(
        {"verb": "verify", "label": "核实", "from": ["accepted"], "to": "limbo", "roles": ["nobody"]}
    )
    draft = drafted(system, org_tree.city, document)
    with refused(InvalidInput) as caught:
        actions.release(system, "flow", draft.pk)
    told = " ".join(caught.value.fields["document"])
    assert "待核实" in told
    assert "nobody" in told


def test_who_may_not_release_may_still_draft(org_tree: Any, actor_for_role: Any) -> None:
    editor = actor_for_role("supervisor", org_tree.city)
    draft = drafted(editor, org_tree.city)
    with refused(NotAllowed):
        actions.release(editor, "flow", draft.pk)
    with refused(NotAllowed):
        drafted(editor, org_tree.other_city)


def test_two_people_editing_one_draft_do_not_overwrite_each_other(org_tree: Any, system: Actor) -> None:
    first = drafted(system, org_tree.city)
    drafted(system, org_tree.city, version=first.version)
    with refused(Conflict):
        drafted(system, org_tree.city, version=first.version)


def test_faults_are_told_in_the_readers_language(db: None) -> None:
    document = fault_flow(types=[])
    with translation.override("zh-hans"):
        assert any("业务类型" in one.message for one in findings(document))


def test_the_differences_between_two_flows_are_told_in_words(db: None) -> None:
    after = fault_flow(label="故障流程（省）")
    after["states"].append({"code": "limbo", "label": "待核实", "phase": "accepted"})
    after["steps"][0]["required"] = ["fault_class"]
    after["steps"][0]["roles"] = ["agent"]
    after["steps"] = [step for step in after["steps"] if step["verb"] != "merge"]
    found = changes(SHIPPED["fault_report"], after, host().words())
    assert found is not None
    told = {(one.kind, one.what, one.before, one.after) for one in found}
    assert ("changed", "流程名称", "故障报修流程", "故障流程（省）") in told
    assert ("added", "状态“待核实”", "", "已受理") in told
    assert ("changed", "步骤“受理”（待受理 → 已受理）", "必填：地域、故障类别", "必填：故障类别") in told
    assert ("changed", "步骤“受理”（待受理 → 已受理）", "（无）", "办理角色：客服专员") in told
    assert ("removed", "步骤“合并”（待受理 → 已合并）", "", "") in told
    assert changes(after, after, host().words()) == []


def test_text_and_document_are_the_same_thing(db: None) -> None:
    for document in SHIPPED.values():
        plain = {name: value for name, value in document.items() if name not in documents.OUTSIDE}
        for form in ("toml", "json"):
            assert documents.read(documents.as_text(plain, form)) == plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('code = "a"\nlabel = \n', 2),
        ('{"code": "a",\n "label" "b"}', 2),
        ('code = "a"\nlabel = """', 2),
        ("[" * 5000, 1),
    ],
)
def test_text_that_cannot_be_read_names_the_line(text: str, line: int) -> None:
    with pytest.raises(documents.Unreadable) as caught:
        documents.read(text)
    assert caught.value.line == line


def test_the_line_of_a_step_is_found_in_every_way_of_writing_it() -> None:
    document = {"states": [{"code": "a"}, {"code": "b [x] {"}], "steps": [{"verb": "x"}, {"verb": "y"}]}
    toml = documents.as_text(document, "toml")
    assert toml.splitlines()[(documents.line_of(toml, "steps", 1) or 0)] == 'verb = "y"'
    text = json.dumps(document, ensure_ascii=False, indent=2)
    assert '"y"' in text.splitlines()[documents.line_of(text, "steps", 1) or 0]
    inline = 'states = [\n  { code = "a" },\n  { code = "b" },\n]\n'
    assert tomllib.loads(inline)
    assert documents.line_of(inline, "states", 1) == 3
    assert documents.line_of(inline, "states", 2) is None


def test_a_state_that_is_renamed_takes_its_steps_along_and_one_removed_too() -> None:
    renamed, _place = documents.put(
        SHIPPED["fault_report"], "states", 1, {"code": "taken", "label": "已接", "phase": "accepted"}
    )
    flow = Document.from_document(renamed)
    assert "accepted" not in flow.states
    assert flow.find("submitted", "accept") is not None
    gone = documents.remove(renamed, "states", 1)
    assert not [step for step in gone["steps"] if step.get("to") == "taken" or "taken" in step["from"]]
    assert Document.from_document(gone)


def test_the_drawing_names_every_state_and_way(db: None) -> None:
    flow = Document.from_document(SHIPPED["complaint"])
    drawn = diagram(flow, host().words(), current="handling")
    assert {box.code for box in drawn.boxes} == set(flow.states)
    assert {(arc.source, arc.target) for arc in drawn.arcs} == {(s.source, s.target) for s in flow.steps if s.target}
    assert [box.code for box in drawn.boxes if box.current] == ["handling"]
    assert {(row.source, row.target) for row in drawn.rows}
