"""What is found wrong with a flow before anybody works by it."""

from __future__ import annotations

import contextlib
import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.flow import Flow, FlowError
from denghuo.engine.flow.checking import Fault, Known, Verb, problems
from denghuo.engine.flow.fields import fields_of
from denghuo.engine.flow.model import PHASES

GRAPH = ("unreachable", "dead_end", "never_ends", "no_final", "clock_never_stopped", "clock_restarted", "step_twice")
SHIPPED = Path(__file__).parents[2] / "src/denghuo/apps/catalogue/shipped/flows"


def verb(code: str, *gives: str, **more: Any) -> Verb:
    return Verb(code, frozenset(gives), stays=not gives, permission=f"may.{code}", **more)


VERBS = {
    one.code: one
    for one in (
        verb("accept", "accepted"),
        verb("assign", "handling", automatic=True),
        verb("reply", "returned"),
        verb("review", "callback", "archived", "dispatched", "handling", automatic=True),
        verb("call_back", "archived", "rework"),
        verb("archive", "archived", automatic=True),
        verb("cancel", "cancelled", drops=True, automatic=True),
        verb("urge"),
        verb("dispatch", "dispatched"),
        verb("progress"),
        verb("arrive"),
        verb("return", "returned"),
        verb("withdraw", "accepted"),
    )
}
KNOWN = Known(
    verbs=VERBS,
    clocks=frozenset({"acceptance", "handling", "review", "contact"}),
    fields=frozenset({"result", "cause"}),
    roles={"agent": frozenset(f"may.{code}" for code in VERBS) | {"may.data"}, "viewer": frozenset()},
    targets=frozenset({"customer", "handler"}),
    placeholders=frozenset({"number"}),
    types=frozenset({"praise", "fault_report", "complaint"}),
    data_permission="may.data",
    data_leaves={phase: frozenset() for phase in PHASES} | {"accepted": frozenset({"handling"})},
    first_clocks=("acceptance",),
    called_back=frozenset({"complaint", "fault_report"}),
    field_types=frozenset({"fault_report"}),
)
PLAIN: dict[str, Any] = {
    "code": "praise",
    "label": "表扬",
    "types": ["praise"],
    "initial": "submitted",
    "states": [
        {"code": "submitted", "label": "待受理", "phase": "submitted"},
        {"code": "accepted", "label": "已受理", "phase": "accepted"},
        {"code": "handling", "label": "处理中", "phase": "handling"},
        {"code": "returned", "label": "待审核", "phase": "returned"},
        {"code": "archived", "label": "已归档", "phase": "archived"},
        {"code": "cancelled", "label": "已撤销", "phase": "cancelled"},
    ],
    "steps": [
        {"verb": "accept", "from": ["submitted"], "to": "accepted", "stop": ["acceptance"], "start": ["handling"]},
        {"verb": "assign", "from": ["accepted"], "to": "handling"},
        {"verb": "reply", "from": ["handling"], "to": "returned", "stop": ["handling"], "required": ["result"]},
        {"verb": "review", "from": ["returned"], "to": "archived", "stop": ["*"]},
        {"verb": "cancel", "from": ["submitted", "accepted", "handling"], "to": "cancelled"},
        {"verb": "urge", "from": ["submitted", "accepted", "handling"]},
    ],
}


def faults(document: dict[str, Any], known: Known = KNOWN) -> list[Fault]:
    return problems(Flow.from_document(document), known)


def changed(**change: Any) -> dict[str, Any]:
    return copy.deepcopy({**PLAIN, **change})


def with_step(**step: Any) -> dict[str, Any]:
    document = copy.deepcopy(PLAIN)
    document["steps"].append(step)
    return document


def with_state(code: str, phase: str, *steps: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(PLAIN)
    document["states"].append({"code": code, "label": code, "phase": phase})
    document["steps"] += steps
    return document


def codes(document: dict[str, Any], known: Known = KNOWN) -> set[str]:
    return {fault.code for fault in faults(document, known)}


def test_a_sound_flow_has_no_faults() -> None:
    assert faults(PLAIN) == []


def test_a_state_nobody_can_come_to_is_named() -> None:
    document = with_state("lost", "handling", {"verb": "reply", "from": ["lost"], "to": "returned"})
    assert [(f.code, f.state) for f in faults(document)] == [("unreachable", "lost")]


def test_a_state_without_a_way_out_is_named() -> None:
    document = with_state("pit", "handling", {"verb": "drop", "label": "搁置", "from": ["handling"], "to": "pit"})
    assert ("dead_end", "pit") in [(f.code, f.state) for f in faults(document)]


def test_states_that_only_lead_to_each_other_are_named_with_their_ring() -> None:
    document = with_state(
        "ring", "handling",
        {"verb": "round", "label": "转圈", "from": ["handling"], "to": "ring"},
        {"verb": "again", "label": "再转", "from": ["ring"], "to": "ring2"},
        {"verb": "again", "label": "再转", "from": ["ring2"], "to": "ring"},
    )  # fmt: skip
    document["states"].append({"code": "ring2", "label": "ring2", "phase": "handling"})
    found = {f.state: f.given["states"] for f in faults(document) if f.code == "never_ends"}
    assert found == {"ring": ["ring2"], "ring2": ["ring"]}


def test_a_flow_that_never_ends_is_refused() -> None:
    document = changed(states=[s for s in PLAIN["states"] if s["phase"] not in ("archived", "cancelled")])
    document["steps"] = [s for s in document["steps"] if s.get("to") not in ("archived", "cancelled")]
    assert "no_final" in codes(document)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"verb": "reply", "from": ["accepted"], "to": "returned", "roles": ["nobody"]}, "role_unknown"),
    ({"verb": "reply", "from": ["accepted"], "to": "returned", "roles": ["viewer"]}, "roles_cannot"),
    ({"verb": "urge", "from": ["returned"], "start": ["walk"]}, "clock_unknown"),
    ({"verb": "urge", "from": ["returned"], "required": ["colour"]}, "field_unknown"),
    ({"verb": "urge", "from": ["returned"], "notify": [{"to": "moon", "text": "好"}]}, "target_unknown"),
    ({"verb": "urge", "from": ["returned"], "notify": [{"to": "customer", "text": "{phone}"}]}, "placeholder_unknown"),
    ({"verb": "urge", "from": ["returned"], "notify": [{"to": "customer", "text": "{"}]}, "placeholder_unknown"),
    ({"verb": "reply", "from": ["accepted"], "to": "archived"}, "lands_wrong"),
    ({"verb": "reply", "from": ["accepted"]}, "target_missing"),
    ({"verb": "verify", "from": ["accepted"]}, "label_missing"),
    ({"verb": "verify", "label": "核实", "from": ["accepted"], "to": "archived"}, "data_lands"),
    ({"verb": "assign", "from": ["accepted"], "to": "handling"}, "step_twice"),
    ({"verb": "Ver ify", "label": "核实", "from": ["accepted"]}, "verb_code"),
    ({"verb": "accept", "from": ["submitted"], "to": "accepted", "automatic": {"after_minutes": 5}}, "automatic_impossible"),
    ({"verb": "archive", "from": ["returned"], "to": "archived", "stop": ["*"], "automatic": {"after_minutes": 0}}, "automatic_minutes"),
    ({"verb": "archive", "from": ["returned"], "to": "archived", "stop": ["*"],
      "automatic": {"after_minutes": 5, "on_breach": "review"}}, "automatic_one"),
    ({"verb": "archive", "from": ["returned"], "to": "archived", "stop": ["*"], "automatic": {"on_breach": "walk"}}, "clock_unknown"),
    ({"verb": "archive", "from": ["returned"], "to": "archived", "stop": ["*"], "automatic": {"on_breach": "contact"}}, "breach_never"),
    ({"verb": "urge", "from": ["returned"], "start": ["contact"]}, "clock_restarted"),
    ({"verb": "dispatch", "from": ["accepted"], "to": "handling"}, "lands_wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "code"), WRONG, ids=[f"{code}-{n}" for n, (_step, code) in enumerate(WRONG)])
def test_a_faulty_step_is_found_and_its_place_named(step: dict[str, Any], code: str) -> None:
    found = [fault for fault in faults(with_step(**step)) if fault.code == code]
    assert found
    assert all(fault.step is not None and fault.step[1] == step["verb"] for fault in found)


def test_a_step_only_a_role_without_the_right_may_take_names_who_could() -> None:
    step = {"verb": "reply", "from": ["accepted"], "to": "returned", "stop": ["handling"], "roles": ["viewer"]}
    (fault,) = faults(with_step(**step))
    assert fault.given == {"roles": ["viewer"], "permission": "may.reply", "holders": ["agent"]}


def test_a_step_nobody_has_the_right_for_is_named() -> None:
    nobody = Known(**{**{name: getattr(KNOWN, name) for name in KNOWN.__slots__}, "roles": {"viewer": frozenset()}})
    assert "nobody" in codes(PLAIN, nobody)


def test_a_clock_left_running_on_one_way_is_found_with_that_way() -> None:
    document = copy.deepcopy(PLAIN)
    document["steps"][3] = {"verb": "review", "from": ["returned"], "to": "archived"}
    document["steps"][2]["stop"] = []
    (fault,) = [f for f in faults(document) if f.code == "clock_never_stopped"]
    assert fault.given == {"clock": "handling", "path": ["submitted", "accepted", "handling", "returned", "archived"]}
    assert fault.step == ("submitted", "accept", "accepted")


def test_a_clock_the_code_cancels_is_not_left_running() -> None:
    assert "clock_never_stopped" not in codes(PLAIN)  # cancel drops every clock though its step stops none


def test_two_automatic_steps_of_one_moment_race() -> None:
    document = with_step(
        verb="archive", **{"from": ["returned"]}, to="archived", stop=["*"], automatic={"after_minutes": 60}
    )
    document["steps"][3]["automatic"] = {"after_minutes": 60}
    assert "automatic_race" in codes(document)
    document["steps"][3]["automatic"] = {"after_minutes": 30}
    assert codes(document) == {"automatic_too_late"}


def test_a_fault_flow_must_let_the_crew_work() -> None:
    document = with_state(
        "out", "dispatched",
        {"verb": "dispatch", "from": ["accepted"], "to": "out"},
        {"verb": "return", "from": ["out"], "to": "returned", "stop": ["handling"]},
    )  # fmt: skip
    document["types"] = ["fault_report"]
    missing = {(f.state, f.given.get("verb")) for f in faults(document) if f.code == "crew_verb_missing"}
    assert missing == {("out", "progress"), ("out", "arrive"), ("out", "withdraw")}
    assert "verb_missing" in codes(changed(types=["fault_report"]))


def test_a_measurement_before_the_return_is_a_sound_flow() -> None:
    document = with_state(
        "out", "dispatched",
        {"verb": "dispatch", "from": ["accepted"], "to": "out"},
        {"verb": "progress", "from": ["out", "measured"]},
        {"verb": "arrive", "from": ["out"]},
        {"verb": "withdraw", "from": ["out", "measured"], "to": "accepted", "stop": ["handling"], "start": ["handling"]},
        {"verb": "measure", "label": "测量电压", "from": ["out"], "to": "measured", "required": ["volts"], "roles": ["agent"]},
        {"verb": "return", "from": ["measured"], "to": "returned", "stop": ["handling"], "required": ["volts"]},
    )  # fmt: skip
    document["states"].append({"code": "measured", "label": "已测量", "phase": "dispatched"})
    document["fields"] = [{"code": "volts", "label": "实测电压", "kind": "number", "unit": "V"}]
    assert faults(document) == []
    document["steps"] = [s for s in document["steps"] if s["verb"] != "measure"]
    document["steps"].append({"verb": "skip", "label": "跳过", "from": ["out"], "to": "measured"})
    assert codes(document) == {"field_unknown"}  # nobody asks for the voltage any more


def test_types_that_are_called_back_need_the_way_there() -> None:
    found = {f.code: f.given for f in faults(changed(types=["complaint"]))}
    assert found["review_missing"] == {"phase": "callback", "types": ["complaint"]}


def test_severe_faults_come_first() -> None:
    document = with_step(verb="cancel", **{"from": ["returned"]}, to="nowhere_else")
    document["states"] += [{"code": "nowhere_else", "label": "待审核", "phase": "cancelled"}]
    document["types"] = []
    severe = [fault.severe for fault in faults(document)]
    assert severe == sorted(severe, reverse=True)


UNREADABLE: list[tuple[Any, str]] = [
    ([], "flow"),
    ({**PLAIN, "initial": "nowhere"}, "initial"),
    ({**PLAIN, "states": "x"}, "states"),
    ({**PLAIN, "steps": [3]}, "steps[0]"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": "submitted"}]}, "steps[0].from"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": ["nowhere"]}]}, "steps[0]"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": ["submitted"], "automatic": 5}]}, "steps[0].automatic"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": ["submitted"], "automatic": {"after_minutes": "5"}}]}, "steps[0].automatic.after_minutes"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": ["submitted"], "notify": [{"to": "customer"}]}]}, "steps[0].notify[0].text"),
    ({**PLAIN, "steps": [{"verb": "accept", "from": ["submitted"], "to": 4}]}, "steps[0].to"),
    ({**PLAIN, "label": ""}, "label"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "where"), UNREADABLE, ids=[where for _document, where in UNREADABLE])
def test_what_cannot_be_read_names_its_place(document: Any, where: str) -> None:
    with pytest.raises(FlowError) as caught:
        Flow.from_document(document)
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"code": "volts"}, "fields[0].label"),
        ({"code": "Volts", "label": "电压"}, "fields[0].code"),
        ({"code": "volts", "label": "电压", "kind": "colour"}, "fields[0].kind"),
        ({"code": "volts", "label": "电压", "kind": "choice"}, "fields[0].choices"),
        ({"code": "volts", "label": "电压", "kind": "choice", "choices": ["a"]}, "fields[0].choices"),
        ({"code": "volts", "label": "电压", "kind": "number", "least": "1"}, "fields[0].least"),
    ],
)
def test_a_field_of_the_flow_that_cannot_be_read_names_its_place(row: dict[str, Any], where: str) -> None:
    with pytest.raises(FlowError) as caught:
        fields_of({"fields": [row]})
    assert caught.value.where == where


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(["code", "from", "to", "verb", "phase"]), part, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_written_is_read_or_refused_never_broken(data: st.DataObject) -> None:
    document = copy.deepcopy(PLAIN)
    place = data.draw(st.sampled_from(["states", "steps", "initial", "types", "label", "classes", "fields"]))
    value = data.draw(JSON)
    if place in ("states", "steps") and data.draw(st.booleans()):
        row = data.draw(st.sampled_from(document[place]))
        row[data.draw(st.sampled_from(["code", "from", "to", "verb", "notify", "automatic", "required", "label"]))] = (
            value
        )
    else:
        document[place] = value
    with contextlib.suppress(FlowError):
        assert all(fault.code for fault in faults(document))


@settings(max_examples=80, deadline=None)
@given(st.sets(st.integers(0, 5), min_size=0, max_size=4))
def test_a_flow_found_sound_has_no_state_without_a_way_to_its_end(dropped: set[int]) -> None:
    document = copy.deepcopy(PLAIN)
    document["steps"] = [step for n, step in enumerate(document["steps"]) if n not in dropped]
    found = {fault.state for fault in faults(document) if fault.code in ("unreachable", "dead_end", "never_ends")}
    flow = Flow.from_document(document)
    reached, queue = {flow.initial}, [flow.initial]
    while queue:
        for step in flow.steps_from(queue.pop()):
            if step.target and step.target not in reached:
                reached.add(step.target)
                queue.append(step.target)
    ends = {code for code in flow.states if flow.states[code].final}
    for _round in flow.states:
        ends |= {s.source for s in flow.steps if (s.target or s.source) in ends}
    assert {code for code in flow.states if code not in reached or code not in ends} == found


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_flows_are_sound_graphs(path: Path) -> None:
    document = tomllib.loads(path.read_text("utf-8"))
    endings = {code: verb(code, drops=True) for code in ("cancel", "merge")}
    arrive = Verb("arrive", stays=True, first_only=True)
    bare = Known(verbs={**endings, "arrive": arrive}, followed={"merged": "callback"})
    assert [f for f in problems(Flow.from_document(document), bare) if f.severe and f.code in GRAPH] == []
