"""The pages and the API of flows."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import FLOWS, documents, dry_runs
from denghuo.apps.catalogue.models import DryRun, EditionState, Flow
from denghuo.core.actors import Actor


def company_flow(code: str = "fault_report") -> Flow:
    return Flow.objects.get(code=code, org=None)


@pytest.fixture
def manager(browser_for: Any, org_tree: Any) -> Any:
    return browser_for("manager", org_tree.city)


@pytest.fixture
def draft(system: Actor, org_tree: Any) -> Flow:
    document = copy.deepcopy(company_flow().document)
    return actions.save_draft(system, "flow", code="fault_report", document=document, org=org_tree.city)  # type: ignore[return-value]


def page(name: str, *args: Any) -> str:
    return reverse(f"catalogue:{name}", args=args)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_everybody_who_may_look_sees_all_flows_and_their_drawing(browser_for: Any, org_tree: Any, draft: Flow) -> None:
    agent = browser_for("agent", org_tree.city)
    listed = text_of(agent.get(page("flows")))
    assert "电能质量故障流程" in listed
    assert page("flow-import") not in listed
    shown = text_of(agent.get(page("flow", company_flow().pk)))
    assert "<svg" in shown
    assert "以表格查看" in shown
    assert agent.get(page("flow-edit", draft.pk)).status_code == 403


def test_others_are_refused(browser_for: Any, org_tree: Any) -> None:
    assert browser_for("crew_member", org_tree.team).get(page("flows")).status_code == 403


def test_a_draft_is_made_from_an_edition_for_a_unit_once(manager: Any, org_tree: Any) -> None:
    at = page("flow-draft", company_flow().pk)
    answer = manager.post(at, {"unit": org_tree.city.pk})
    made = Flow.objects.get(code="fault_report", org=org_tree.city)
    assert answer.url == page("flow-edit", made.pk)
    assert manager.post(at, {"unit": org_tree.city.pk}).url == answer.url
    assert manager.post(at, {"unit": org_tree.other_city.pk}).status_code == 404
    assert manager.post(at, {"unit": ""}).status_code == 404  # the whole company's is not theirs to change


def step_data(**more: Any) -> dict[str, Any]:
    return {
        "open": "steps:new", "do": "save", "verb": "__own__", "own_verb": "verify", "label": "核实", "sources": ["accepted"],
        "to": "", "roles": ["agent"], "automatic": "", **more,
    }  # fmt: skip


def test_a_step_is_added_changed_moved_and_removed(manager: Any, draft: Flow) -> None:
    at = page("flow-edit", draft.pk)
    count = len(draft.document["steps"])
    assert manager.get(at + "?open=steps:new").status_code == 200
    notice = {"to_0": "customer", "text_0": "诉求 {number} 已核实", "automatic": "after", "after_minutes": "30"}
    assert manager.post(at, step_data(version=draft.version, **notice)).status_code == 302
    draft.refresh_from_db()
    assert draft.document["steps"][count] == {
        "verb": "verify", "label": "核实", "from": ["accepted"], "roles": ["agent"], "automatic": {"after_minutes": 30},
        "notify": [{"to": "customer", "text": "诉求 {number} 已核实"}],
    }  # fmt: skip
    shown = text_of(manager.get(at + f"?open=steps:{count}"))
    assert 'value="verify"' in shown
    assert f'name="open" value="steps:{count}"' in shown
    assert f'data-draft="flow-{draft.pk}-steps:{count}"' in shown
    manager.post(at, {"open": f"steps:{count}", "do": "up", "version": draft.version})
    draft.refresh_from_db()
    assert draft.document["steps"][count - 1]["verb"] == "verify"
    manager.post(at, {"open": f"steps:{count - 1}", "do": "remove", "version": draft.version})
    draft.refresh_from_db()
    assert len(draft.document["steps"]) == count


def test_a_faulty_form_comes_back_with_what_was_typed(manager: Any, draft: Flow) -> None:
    answer = manager.post(page("flow-edit", draft.pk), step_data(own_verb="", label="现场看看", sources=[]))
    assert answer.status_code == 422
    assert "现场看看" in text_of(answer)
    assert "请填写自定义动作的代码" in text_of(answer)
    assert "请至少选一个出发状态" in text_of(answer)
    draft.refresh_from_db()
    assert draft.version == 1


def test_somebody_elses_change_is_not_overwritten(manager: Any, draft: Flow, system: Actor) -> None:
    actions.save_draft(system, "flow", code="fault_report", document=draft.document, org=draft.org)
    answer = manager.post(page("flow-edit", draft.pk), step_data(version=draft.version))
    assert answer.status_code == 422
    assert "他人修改" in text_of(answer)


@pytest.mark.parametrize("asked", ["steps:999", "steps:x", "other:1", "states:-1"])
def test_a_part_that_is_not_there_is_not_found(manager: Any, draft: Flow, asked: str) -> None:
    assert manager.get(page("flow-edit", draft.pk) + f"?open={asked}").status_code == 404


def test_what_is_being_typed_is_checked_and_not_saved(manager: Any, draft: Flow) -> None:
    at = page("flow-check", draft.pk)
    said = text_of(manager.post(at, {**step_data(), "roles": [], "to": "archived"}))
    assert "自定义步骤不能从这里进入" in said
    draft.refresh_from_db()
    assert draft.version == 1


def test_states_fields_and_basics_have_forms_too(manager: Any, draft: Flow) -> None:
    at = page("flow-edit", draft.pk)
    for asked in ("basics", "states:0", "states:new", "fields:new"):
        assert manager.get(f"{at}?open={asked}").status_code == 200
    basics = {
        "open": "basics",
        "label": "市流程",
        "types": ["fault_report"],
        "initial": "submitted",
        "classes": "metering\n",
    }
    assert manager.post(at, basics).status_code == 302
    state = {"open": "states:new", "code": "submitted", "label": "重复", "phase": "accepted"}
    assert "已有这个代码" in text_of(manager.post(at, state))
    volts = {"open": "fields:new", "code": "volts", "label": "电压", "kind": "choice", "choices": "low"}
    assert "代码=名称" in text_of(manager.post(at, volts))
    assert manager.post(at, {**volts, "choices": "low=偏低\nhigh=偏高"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.label, draft.document["classes"]) == ("市流程", ["metering"])
    assert draft.document["fields"][0]["choices"] == [["low", "偏低"], ["high", "偏高"]]


def test_the_text_of_a_draft_is_edited_with_faults_by_line(manager: Any, draft: Flow) -> None:
    at = page("flow-text", draft.pk)
    assert "code = &quot;fault_report&quot;" in text_of(manager.get(at))
    answer = manager.post(at, {"text": 'code = "fault_report"\nlabel = \n', "version": draft.version})
    assert answer.status_code == 422
    assert "第 2 行" in text_of(answer)
    document = {**draft.document, "types": ["nothing"]}
    assert manager.post(at, {"text": documents.as_text(document, "json"), "version": draft.version}).status_code == 302
    assert "没有业务类型" in text_of(manager.get(at))
    other = {**draft.document, "code": "other"}
    assert manager.post(at, {"text": documents.as_text(other, "toml")}).status_code == 422


def test_a_broken_document_can_still_be_opened_and_mended(manager: Any, draft: Flow) -> None:
    Flow.objects.filter(pk=draft.pk).update(document={**draft.document, "steps": "x", "types": 5})
    for name in ("flow-edit", "flow-text", "flow-release", "flow-dry-run", "flow", "flow-difference"):
        assert manager.get(page(name, draft.pk)).status_code == 200, name


def test_a_file_becomes_a_draft_and_back(manager: Any, org_tree: Any) -> None:
    out = manager.get(page("flow-export", company_flow("praise").pk, "toml"))
    assert out["Content-Disposition"].endswith('praise-1.toml"')
    file = SimpleUploadedFile("praise.toml", out.content)
    answer = manager.post(page("flow-import"), {"file": file, "unit": org_tree.city.pk})
    made = Flow.objects.get(code="praise", org=org_tree.city)
    assert answer.url == page("flow-edit", made.pk)
    assert made.document == company_flow("praise").document
    for content in (b"\xff\xfe", b"label = ", b"[1]", b""):
        bad = manager.post(
            page("flow-import"), {"file": SimpleUploadedFile("x.toml", content), "unit": org_tree.city.pk}
        )
        assert bad.status_code == 422


def test_a_dry_run_is_started_watched_and_read(manager: Any, draft: Flow) -> None:
    at = page("flow-dry-run", draft.pk)
    assert "还没有试运行过" in text_of(manager.get(at))
    assert manager.post(at, {"since": "2026-01-02", "until": "2026-01-01", "most": "5"}).status_code == 422
    assert manager.post(at, {"since": "2020-01-01", "until": "2030-01-01", "most": "5"}).status_code == 302
    assert "正在试运行" in text_of(manager.get(page("flow-dry-run-progress", draft.pk)))
    dry_runs.perform(DryRun.objects.get().pk)
    assert "重走诉求" in text_of(manager.get(page("flow-dry-run-progress", draft.pk)))
    assert "还没有试运行" not in text_of(manager.get(page("flow-release", draft.pk)))


def test_a_running_dry_run_can_be_cancelled(manager: Any, draft: Flow) -> None:
    manager.post(page("flow-dry-run", draft.pk), {"since": "2020-01-01", "until": "2030-01-01", "most": "5"})
    assert manager.post(page("flow-dry-run-cancel", draft.pk)).status_code == 302
    assert "已取消" in text_of(manager.get(page("flow-dry-run", draft.pk)))


def test_releasing_warns_without_a_dry_run_and_tells_what_changes(manager: Any, draft: Flow) -> None:
    manager.post(page("flow-edit", draft.pk), step_data(version=1))
    at = page("flow-release", draft.pk)
    shown = text_of(manager.get(at))
    assert "还没有试运行" in shown
    assert "步骤“核实”（已受理）" in shown
    assert manager.post(at, {"valid_from": "2020-01-01T00:00", "note": ""}).status_code == 422
    assert manager.post(at, {"valid_from": "", "note": "增加核实"}).url == page("flow", draft.pk)
    draft.refresh_from_db()
    assert (draft.state, draft.note) == (EditionState.RELEASED, "增加核实")
    assert manager.get(page("flow-edit", draft.pk)).status_code == 404
    assert "没有差别" not in text_of(manager.get(page("flow-difference", draft.pk) + f"?against={company_flow().pk}"))
    manager.post(page("flow-withdraw", draft.pk))
    draft.refresh_from_db()
    assert draft.valid_to is not None


def test_a_draft_is_thrown_away(manager: Any, draft: Flow) -> None:
    assert manager.post(page("flow-discard", draft.pk)).url == page("flows")
    assert not Flow.objects.filter(pk=draft.pk).exists()


def test_the_api_reads_drafts_releases_and_draws(manager: Any, org_tree: Any) -> None:
    listed = manager.get("/api/v1/catalogue/flows?code=fault_report").json()
    assert [(one["code"], one["in_force"]) for one in listed] == [("fault_report", True)]
    one = manager.get(f"/api/v1/catalogue/flows/{listed[0]['id']}").json()
    assert one["faults"] == []
    body = {"document": one["document"] | {"types": []}, "org_id": org_tree.city.pk}

    def send(method: str, path: str, data: Any) -> Any:
        return getattr(manager, method)(
            f"/api/v1/catalogue/flows/{path}", json.dumps(data), content_type="application/json"
        )

    made = send("put", "drafts/fault_report", body)
    assert made.status_code == 200
    assert [fault["code"] for fault in made.json()["faults"]] == ["no_types"]
    key = made.json()["id"]
    assert send("post", f"{key}/release", {}).status_code == 422
    assert send("put", "drafts/fault_report", {**body, "document": one["document"], "version": 99}).status_code == 409
    send("put", "drafts/fault_report", {**body, "document": one["document"], "version": 1})
    assert send("post", f"{key}/release", {}).json()["in_force"] is True
    FLOWS.changed()
    drawn = manager.get(f"/api/v1/catalogue/flows/{key}/diagram").json()
    assert {state["code"] for state in drawn["states"]} == {state["code"] for state in one["document"]["states"]}
    assert all(way["path"].startswith("M") for way in drawn["ways"])
    assert manager.get("/api/v1/catalogue/flows/999999").status_code == 404


def test_the_request_page_shows_its_flow_and_takes_steps_of_data(
    browser_for: Any, org_tree: Any, actor_for_role: Any
) -> None:
    from denghuo.apps.requests import actions as requests
    from denghuo.apps.requests.flowing import answers_of
    from denghuo.apps.requests.models import Request
    from tests.apps.requests.world import build

    world = build(org_tree, actor_for_role)
    made = requests.accept_request(world.agent, world.submitted().pk, fault_class="power_quality", area_type="urban")
    world.dispatch(made)
    dispatcher = browser_for("dispatcher", org_tree.city)
    shown = text_of(dispatcher.get(reverse("requests:flow", args=[made.pk])))
    at = reverse("requests:step", args=[made.pk, "measure"])
    assert at in shown
    assert "到达超时提醒" in shown
    assert "实测电压（V）" in text_of(dispatcher.get(at))
    bad = dispatcher.post(at, {"measured_point": "meter", "measured_voltage": "99999", "voltage_verdict": "low"})
    assert bad.status_code == 422
    assert "99999" in text_of(bad)
    good = dispatcher.post(at, {"measured_point": "meter", "measured_voltage": "191.5", "voltage_verdict": "low"})
    assert good.status_code == 302
    row = Request.objects.get(pk=made.pk)
    assert (row.step, answers_of(row)["measured_voltage"]) == ("measured", 191.5)
    assert "191.5 V" in text_of(dispatcher.get(reverse("requests:flow", args=[made.pk])))
    assert dispatcher.get(reverse("requests:step", args=[made.pk, "accept"])).status_code == 404
    other = browser_for("dispatcher", org_tree.other_city)
    assert other.get(reverse("requests:flow", args=[made.pk])).status_code == 404
