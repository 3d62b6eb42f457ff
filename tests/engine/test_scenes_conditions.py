"""The language of conditions: what it means, and where a fault is."""

import pytest

from denghuo.engine.scenes.conditions import ConditionError, evaluate, fields_of, parse, to_data


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("scope = single", {"scope": "single"}, True),
        ("scope = single", {}, False),
        ("scope != single", {}, True),
        ("scope in (building, street)", {"scope": "street"}, True),
        ("signs = smoke", {"signs": ["spark", "smoke"]}, True),
        ("signs in (fire)", {"signs": ["spark", "smoke"]}, False),
        ("injured", {"injured": True}, True),
        ("injured = false", {"injured": False}, True),
        ("not injured", {}, True),
        ("people > 2", {"people": 3}, True),
        ("people >= 3.5", {"people": 3}, False),
        ("people > 2", {"people": "many"}, False),
        ("people = 1", {"people": True}, False),
        ("filled(note)", {"note": ""}, False),
        ("filled(count)", {"count": 0}, True),
        ("a = 1 or b = 2 and c = 3", {"a": 1}, True),
        ("(a = 1 or b = 2) and c = 3", {"a": 1}, False),
        ("not a = 1 and b = 2", {"a": 2, "b": 2}, True),
        ('kind = "two words"', {"kind": "two words"}, True),
        ("区域 = 城区", {"区域": "城区"}, True),
    ],
)
def test_a_condition_means_what_it_says(text: str, values: dict, holds: bool) -> None:
    assert evaluate(parse(text), values) is holds


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("", "field_needed", 0),
        ("scope =", "value_needed", 7),
        ("scope = single and", "field_needed", 18),
        ("scope = single single", "unexpected", 15),
        ("(scope = single", "bracket_needed", 15),
        ("scope in single", "bracket_needed", 9),
        ("a > word", "number_needed", 4),
        ("a = 1 ; drop", "unreadable", 6),
        ("__import__('os')", "unexpected", 10),
        ("a = 'open", "unreadable", 4),
        ("not " * 40 + "a", "too_deep", 80),
        ("a = 1 or " * 100 + "a", "too_long", 500),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, code: str, at: int) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text)
    assert caught.value.code == code
    assert caught.value.at == at


def test_the_browser_gets_the_same_condition_as_lists() -> None:
    condition = parse("not filled(a) and (b in (x, 2) or c)")
    assert to_data(condition) == ["and", ["not", ["filled", "a"]], ["or", ["in", "b", ["x", 2]], ["=", "c", True]]]
    assert fields_of(condition) == {"a", "b", "c"}
