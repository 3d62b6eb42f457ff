"""Templates: reading, checking values, completeness, the next question, the schema that says the same."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine import scenes
from denghuo.engine.scenes import Now, TemplateError

ZONE = ZoneInfo("Asia/Shanghai")
NOW = Now(dt.datetime(2026, 3, 1, 4, 0, tzinfo=dt.UTC), ZONE)
DOCUMENT: dict[str, Any] = {
    "code": "single_outage",
    "label": "单户停电",
    "types": ["fault_report"],
    "classes": ["low_voltage"],
    "match": "phenomenon = no_power and scope = single",
    "fields": [
        {"code": "scope", "label": "影响范围", "kind": "choice", "required": True, "maps_to": "scope",
         "choices": [{"code": "single", "label": "只有我家"}, {"code": "street", "label": "沿街一片"}], "question": "邻居有电吗？"},
        {"code": "began", "label": "开始时间", "kind": "datetime", "moment": "past", "required": True, "barring": True},
        {"code": "switch", "label": "总开关", "kind": "choice", "when": "scope = single", "required": True,
         "choices": [{"code": "on", "label": "合着"}, {"code": "tripped", "label": "跳开"}], "question": "总开关跳了吗？"},
        {"code": "again", "label": "合上又跳", "kind": "bool", "when": "switch = tripped", "required": "switch = tripped"},
        {"code": "signs", "label": "异常", "kind": "multi",
         "choices": [{"code": "smoke", "label": "冒烟"}, {"code": "fire", "label": "起火"}, {"code": "noise", "label": "异响"}]},
        {"code": "people", "label": "被困人数", "kind": "number", "min": 0, "max": 500, "decimals": 0,
         "required": "signs in (smoke, fire)"},
        {"code": "reading", "label": "示数", "kind": "meter_reading", "unit": "千瓦时"},
        {"code": "phone", "label": "另一电话", "kind": "phone"},
        {"code": "account", "label": "户号", "kind": "account"},
        {"code": "day", "label": "预约日", "kind": "date", "for": "agent"},
        {"code": "remark", "label": "备注", "kind": "text", "lines": True, "max_length": 40},
        {"code": "tag", "label": "杆号", "kind": "text", "pattern": "[A-Z]{2}[0-9]{3}", "max_length": 10},
        {"code": "spot", "label": "位置", "kind": "place"},
        {"code": "street_door", "label": "地址", "kind": "address", "required": "people > 5 or not filled(account)"},
    ],
    "questions": [
        {"ask": "请先远离危险。"},
        {"ask": "哪里冒烟、起火？里面还有几个人？", "fields": ["signs", "people"]},
    ],
    "dispatch": {"skills": ["low_voltage"], "crew": "low_voltage", "tools": ["验电器"]},
    "script": {"opening": "您好", "closing": "请保持电话畅通"},
}  # fmt: skip
TEMPLATE = scenes.read(DOCUMENT)


def faults(values: dict[str, Any], **how: Any) -> dict[str, list[str]]:
    found = scenes.validate(TEMPLATE, values, now=NOW, **how).faults
    return {name: [one.code for one in those] for name, those in found.items()}


def changed(**more: Any) -> dict[str, Any]:
    return {**DOCUMENT, **more}


def test_values_come_out_in_their_clean_form() -> None:
    told = {
        "scope": "只有我家", "began": "2026-03-01T08:30", "switch": "tripped", "again": "是", "signs": "异响、冒烟",
        "people": "3", "reading": "12,345.678", "phone": "+86 139-0000-0001", "account": "3300 0000 01", "day": "2026/3/5",
        "remark": " 门口\n有狗 ", "spot": "120.1， 30.2",
    }  # fmt: skip
    told["day"] = "2026/03/05"
    clean = scenes.validate(TEMPLATE, told, now=NOW)
    assert clean.faults == {}
    assert clean.values == {
        "scope": "single", "began": "2026-03-01T08:30:00+08:00", "switch": "tripped", "again": True,
        "signs": ["smoke", "noise"], "people": 3, "reading": 12345.68, "phone": "13900000001", "account": "3300000001",
        "day": "2026-03-05", "remark": "门口\n有狗", "spot": {"lon": 120.1, "lat": 30.2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scope": "moon"}, {"scope": ["choice"]}),
        ({"began": "2026-03-01T13:00"}, {"began": ["not_past"]}),
        ({"began": "yesterday"}, {"began": ["datetime_needed"]}),
        ({"people": 501}, {"people": ["range"]}),
        ({"people": 2.5}, {"people": ["whole_needed"]}),
        ({"people": True}, {"people": ["number_needed"]}),
        ({"people": "NaN"}, {"people": ["number_needed"]}),
        ({"reading": -1}, {"reading": ["range"]}),
        ({"phone": "12345678"}, {"phone": ["phone"]}),
        ({"account": "123"}, {"account": ["account"]}),
        ({"day": "2026-02-30"}, {"day": ["date_needed"]}),
        ({"remark": "x" * 41}, {"remark": ["too_long"]}),
        ({"remark": "a\u202eb"}, {"remark": ["hidden_characters"]}),
        ({"tag": "ab123"}, {"tag": ["pattern"]}),
        ({"spot": "200,10"}, {"spot": ["place"]}),
        ({"signs": ["smoke", 3]}, {"signs": ["text_needed"]}),
        ({"colour": "red"}, {"colour": ["unknown"]}),
    ],
)
def test_a_wrong_value_is_named_at_its_field(values: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert faults(values) == expected


def test_what_does_not_apply_is_left_out_with_what_depends_on_it() -> None:
    told = {"scope": "street", "switch": "tripped", "again": True}
    assert scenes.validate(TEMPLATE, told, now=NOW).values == {"scope": "street"}


def test_an_agents_field_is_refused_from_a_customer() -> None:
    assert faults({"day": "2026-03-05"}, audience="customer") == {"day": ["not_yours"]}


def test_only_what_the_work_needs_bars_a_submission_unless_all_is_asked_for() -> None:
    assert faults({"scope": "single"}, enforce="barring") == {"began": ["missing"]}
    assert faults({"scope": "single"}, enforce="required") == {
        "began": ["missing"], "switch": ["missing"], "street_door": ["missing"],
    }  # fmt: skip


def test_what_is_known_otherwise_decides_conditions_and_is_not_asked_again() -> None:
    given = {"scope": "single", "began": "2026-03-01T08:30:00+08:00", "account": "3300000001"}
    assert faults({"switch": "on"}, enforce="required", given=given) == {}
    assert scenes.completeness(TEMPLATE, given) == 66


def test_completeness_counts_only_items_that_apply() -> None:
    assert scenes.completeness(TEMPLATE, {}) == 0  # scope, began, street_door
    assert scenes.completeness(TEMPLATE, {"scope": "street", "began": "x", "account": "3300000001"}) == 100
    assert scenes.completeness(TEMPLATE, {"scope": "single", "began": "x", "account": "3300000001"}) == 66
    no_demands = scenes.read(changed(fields=[{"code": "a", "label": "甲", "kind": "text"}], questions=[], match=""))
    assert scenes.completeness(no_demands, {}) == 100


def test_the_next_question_is_the_first_that_still_needs_an_answer() -> None:
    asked, values = [], {}
    answers = {"scope": "single", "switch": "tripped", "signs": ["noise"], "people": 0}
    while (question := scenes.next_question(TEMPLATE, values)) is not None:
        asked.append(question.ask)
        values |= {code: answers[code] for code in question.fields}
    assert asked == ["邻居有电吗？", "总开关跳了吗？", "哪里冒烟、起火？里面还有几个人？"]
    assert TEMPLATE.asking[0].ask == "请先远离危险。"


def test_the_deepest_class_wins_over_the_match_and_the_match_over_the_type() -> None:
    facts = {"phenomenon": "no_power", "scope": "single"}
    assert TEMPLATE.fit("complaint", "low_voltage", facts) == 0
    assert TEMPLATE.fit("fault_report", "", {}) == 0
    assert TEMPLATE.fit("fault_report", "", facts) == 10
    assert TEMPLATE.fit("fault_report", "low_voltage.service_line", facts) == 20
    deeper = scenes.read(changed(classes=["low_voltage.service_line"]))
    assert deeper.fit("fault_report", "low_voltage.service_line.broken", facts) == 21


@pytest.mark.parametrize(
    ("change", "where", "code"),
    [
        ({"label": ""}, "label", "missing"),
        ({"types": []}, "types", "missing"),
        ({"fields": []}, "fields", "missing"),
        ({"match": "scope = "}, "match", "condition_value_needed"),
        ({"fields": [{"code": "A b", "label": "甲"}]}, "fields[0].code", "bad_code"),
        ({"fields": [{"code": "a", "label": "甲", "kind": "colour"}]}, "fields.a.kind", "not_among"),
        ({"fields": [{"code": "a", "label": "甲", "kind": "choice"}]}, "fields.a.choices", "choices_needed"),
        ({"fields": [{"code": "a", "label": "甲", "when": "b = 1"}, {"code": "b", "label": "乙"}]}, "fields.a.when", "must_follow"),
        ({"fields": [{"code": "a", "label": "甲", "required": "z = 1"}]}, "fields.a.required", "no_such_field"),
        ({"fields": [{"code": "a", "label": "甲", "requird": True}]}, "fields.a.requird", "unknown_key"),
        ({"fields": [{"code": "a", "label": "甲", "pattern": "(a+)+"}]}, "fields.a.pattern", "slow_pattern"),
        ({"fields": [{"code": "a", "label": "甲"}, {"code": "a", "label": "乙"}]}, "fields.a", "twice"),
        ({"questions": [{"ask": "?", "fields": ["nothing"]}]}, "questions[0].fields", "no_such_field"),
        ({"dispatch": {"crew": "army"}}, "dispatch.crew", "not_among"),
    ],
)  # fmt: skip
def test_a_faulty_document_is_refused_with_its_place(change: dict[str, Any], where: str, code: str) -> None:
    base = changed(questions=[], match="") if "fields" in change else DOCUMENT
    with pytest.raises(TemplateError) as caught:
        scenes.read({**base, **change})
    assert (caught.value.where, caught.value.code) == (where, code)


def test_a_condition_on_a_choice_that_does_not_exist_is_refused() -> None:
    fields = [*DOCUMENT["fields"], {"code": "z", "label": "末", "required": "scope = moon"}]
    with pytest.raises(TemplateError, match="no_such_choice"):
        scenes.read(changed(fields=fields))


def test_columns_carry_heads_choices_and_an_example() -> None:
    template = scenes.read(changed(examples=[{"scope": "single", "signs": ["smoke", "noise"]}]))
    columns = {one.code: one for one in scenes.columns(template)}
    assert columns["signs"].example == "冒烟、异响"
    assert columns["began"].required and not columns["switch"].required
    assert columns["scope"].choices == (("single", "只有我家"), ("street", "沿街一片"))
    assert "day" not in {one.code for one in scenes.columns(template, audience="customer")}


# --- properties -----------------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from("ab 门\n\u202e\x07杆"), max_size=6)
CANDIDATES: dict[str, st.SearchStrategy[Any]] = {
    "scope": st.sampled_from(["single", "street", "moon", 3]),
    "began": st.sampled_from(["2026-03-01T08:30:00+08:00", "2026-02-30T00:00:00+08:00", "now", 5]),
    "switch": st.sampled_from(["on", "tripped", "off"]),
    "again": st.sampled_from([True, False, 7]),
    "signs": st.sampled_from([["smoke"], ["smoke", "fire"], ["noise"], ["smoke", "moon"], "smoke", 5]),
    "people": st.sampled_from([0, 3, 6, 500, 501, -1, 2.5]),
    "reading": st.sampled_from([0, 1.25, -0.5, 1e9]),
    "phone": st.sampled_from(["13900000001", "057180000000", "123"]),
    "account": st.sampled_from(["3300000001", "330000000"]),
    "day": st.sampled_from(["2026-03-05", "05.03.2026"]),
    "remark": WORDS,
    "tag": st.sampled_from(["AB123", "ab123"]),
    "spot": st.sampled_from([{"lon": 120.1, "lat": 30.2}, {"lon": 200, "lat": 1}, {"lon": 1}]),
    "street_door": st.sampled_from(["灯火路 1 号", "x" * 201]),
}
VALUES = st.fixed_dictionaries({}, optional=CANDIDATES)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_cleaning_what_is_clean_changes_nothing(values: dict[str, Any]) -> None:
    clean = scenes.validate(TEMPLATE, values, now=NOW).values
    again = scenes.validate(TEMPLATE, clean, now=NOW)
    assert (again.values, again.faults) == (clean, {})


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_a_hundred_percent_means_that_nothing_is_missing(values: dict[str, Any]) -> None:
    clean = scenes.validate(TEMPLATE, values, now=NOW).values
    percent = scenes.completeness(TEMPLATE, clean)
    assert 0 <= percent <= 100
    assert (percent == 100) is (scenes.missing(TEMPLATE, clean) == ())
    lacking = tuple(one.code for one in scenes.missing(TEMPLATE, clean))
    assert scenes.measure(TEMPLATE, clean) == (percent, lacking)


@settings(max_examples=600, deadline=None)
@given(VALUES, st.sampled_from(["none", "barring", "own", "required"]), st.sampled_from(["", "customer", "agent"]))
def test_the_schema_accepts_what_the_checks_accept_and_refuses_what_they_refuse(
    values: dict[str, Any], enforce: str, audience: str
) -> None:
    schema = scenes.json_schema(TEMPLATE, audience=audience, enforce=enforce)
    valid = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
    found = scenes.validate(TEMPLATE, values, audience=audience, enforce=enforce, now=NOW)
    if found.values == values:
        assert valid(values) is not bool(found.faults)
    elif valid(values):
        assert not found.faults
    if not found.faults:
        assert valid(found.values)
