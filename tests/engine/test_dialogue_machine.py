"""The dialogue machine: whatever is heard, one holder, and an end within the limit; and what a document may not be."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.dialogue import Book, Dialogue, Heard, Main, State, begin, check, guess, parse, step
from denghuo.engine.dialogue.values import choose, correction, found_in, one_of, read

FOLDER = Path(__file__).parents[2] / "src/denghuo/apps/assistant/shipped/dialogues"
DOCUMENTS = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


def book() -> Book:
    read_all = {code: parse(document) for code, document in DOCUMENTS.items()}
    main = read_all.pop("main")
    assert isinstance(main, Main)
    return Book(main, {code: one for code, one in read_all.items() if isinstance(one, Dialogue)})


BOOK = book()
WORDS = st.sampled_from([
    "我家没电了", "只有我家", "柳溪县", "松风路18号", "王小明", "13900001111", "1234567890", "确认", "需要修改", "不对，电话是13900002222",
    "我要投诉", "气死我了", "转人工", "算了", "你好", "谢谢", "再见", "已解决", "没有解决", "换个问法", "1", "2", "99", "",
    "？？？", "查电费", "我要过户", "过户", "先不办", "有人触电了", "什么是基尔霍夫定律", "啊啊啊", "不知道", "都不是",
])  # fmt: skip
HEARD = st.one_of(
    WORDS.map(lambda text: Heard("text", text, intents=tuple(guess(BOOK, text)))),
    st.text(max_size=20).map(lambda text: Heard("text", text)),
    st.just(Heard("silence")),
)
RESULTS = st.sampled_from([
    {"ok": True}, {"ok": False}, {"ok": False, "missing": ["phone"]}, {"hand_over": True}, {"outcome": "answer"},
    {"outcome": "refuse"}, {"outcome": "choices", "choices": [["阶梯怎么分", "1"], ["什么时候清零", "2"]]},
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(HEARD, min_size=60, max_size=60), st.data())
def test_whatever_is_heard_the_talk_ends_or_is_handed_over_once_within_the_limit(heard: list[Heard], data: Any) -> None:
    state, _acts = begin(BOOK)
    ends = 0
    for one in heard:
        state, acts = step(BOOK, state, one)
        for _count in range(30):
            ends += sum(act.kind in ("hand_over", "end") for act in acts)
            assert all(act.kind not in ("hand_over", "end") for act in acts[:-1]), "nothing is done after the last act"
            if state.wait != "result" or state.done:
                break
            state, acts = step(BOOK, state, Heard("result", result=data.draw(RESULTS)))
        else:
            pytest.fail("results go round without an end")
        assert State.from_json(json.loads(json.dumps(state.as_json()))) == state
        if state.done:
            break
    assert state.done and ends == 1
    assert state.turns <= BOOK.main.limits.turns
    assert step(BOOK, state, Heard("text", "我家没电了")) == (state, ())


def test_the_same_words_give_the_same_talk() -> None:
    def talk() -> list[Any]:
        state, seen = State(), []
        for text in ("我家没电了", "只有我家", "柳溪县"):
            state, acts = step(BOOK, state, Heard("text", text, intents=tuple(guess(BOOK, text))))
            seen.append((state, acts))
        return seen

    assert talk() == talk()


def test_danger_goes_before_everything_even_in_the_middle_of_another_matter() -> None:
    state, _acts = step(BOOK, State(), Heard("text", "我要表扬师傅", intents=(("praise", 0.9),)))
    state, acts = step(BOOK, state, Heard("text", "等下，楼下变压器冒火了"))
    assert (
        [act.kind for act in acts] == ["say", "hand_over"]
        and acts[1].data["priority"] < 0
        and state.done == "handed_over"
    )


def asked(state: State, outcome: str) -> State:
    """A question of another trade, looked up with this outcome."""
    choices = [["阶梯怎么分", "1"], ["什么时候清零", "2"]] if outcome == "choices" else []
    state, _acts = step(BOOK, state, Heard("text", "股票涨了没有"))
    return step(BOOK, state, Heard("result", result={"outcome": outcome, "choices": choices}))[0]


@pytest.mark.parametrize("last", ["refuse", "choices"])
@pytest.mark.parametrize(
    "outcomes", [("refuse", "refuse"), ("choices", "choices"), ("choices", "refuse"), ("refuse", "choices")]
)
def test_who_gets_no_answer_or_offers_not_wanted_too_often_in_a_row_goes_to_people(
    outcomes: tuple[str, str], last: str
) -> None:
    state = State()
    for outcome in outcomes:
        state = asked(state, outcome)
        assert not state.done
    state, _acts = step(BOOK, state, Heard("text", "股票涨了没有"))
    choices = [["阶梯怎么分", "1"]] if last == "choices" else []
    state, acts = step(BOOK, state, Heard("result", result={"outcome": last, "choices": choices}))
    assert state.done == "handed_over" and acts[-1].data["reason"] == "not_understood"


def test_who_takes_an_offer_is_understood_again() -> None:
    state = asked(asked(State(), "choices"), "choices")
    state, _acts = step(BOOK, state, Heard("text", "1"))
    state, _acts = step(BOOK, state, Heard("result", result={"outcome": "answer"}))
    assert not state.done and not asked(asked(state, "choices"), "refuse").done


def faults(code: str, **changes: Any) -> set[str]:
    return {
        fault.code
        for fault in check({**DOCUMENTS[code], **changes}, functions={"bill_query"}, pages=set(), types={"praise"})
    }


def test_what_is_wrong_with_a_document_is_named() -> None:
    ask = {"id": "a", "do": "ask", "slots": ["x"], "next": "b"}
    end = {"id": "b", "do": "end"}
    assert "no_such_slot" in faults("praise", steps=[ask, end], start="a")
    assert "unreachable" in faults("praise", steps=[{"id": "a", "do": "end"}, end])
    assert "dead_end" in faults("praise", steps=[{"id": "a", "do": "say", "text": "好"}])
    assert "no_such_step" in faults("praise", steps=[{"id": "a", "do": "say", "text": "好", "next": "z"}])
    assert "circles" in faults("praise", steps=[{"id": "a", "do": "say", "text": "好", "next": "a"}])
    assert "unknown_call" in faults(
        "praise", steps=[{"id": "a", "do": "call", "function": "nothing", "next": "b"}, end]
    )
    assert "unknown_request" in faults("complaint")
    assert "text_missing" in faults("praise", slots={"x": {"kind": "text"}}, steps=[ask, end])
    assert "unreadable" in {fault.code for fault in check({"code": "x", "steps": [{"id": "a", "do": "dance"}]})}
    assert "text_missing" in {fault.code for fault in check({"code": "main", "main": {}})}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("我的手机是13900001111", ("phone", "13900001111")),
        ("幺三九零零零零幺幺幺幺", ("phone", "13900001111")),
        ("座机 010-12345678", ("phone", "01012345678")),
        ("户号 1234567890123", ("account", "1234567890123")),
        ("户号是一二三四五六七八九零", ("account", "1234567890")),
    ],
)
def test_numbers_are_found_however_they_are_said(text: str, wanted: tuple[str, str]) -> None:
    assert wanted in found_in(text)


def test_short_words_are_left_as_words() -> None:
    assert found_in("三栋二单元") == [] and found_in("一共停了三次电") == []


def test_answers_are_read() -> None:
    complaint = BOOK.dialogues["complaint"]
    assert read(complaint.slots["name"], "我叫王小明", ()) == "王小明"
    assert read(complaint.slots["phone"], "12345", ()) is None
    scope = BOOK.dialogues["fault_report"].slots["scope"]
    assert choose("2", scope.choices).value == "stairwell"  # type: ignore[union-attr]
    assert choose("就我家，别人家有电", scope.choices).value == "single"  # type: ignore[union-attr]
    assert choose("嗯哼", scope.choices) is None
    assert correction("不对，户号是1234567890") == "户号是1234567890" and correction("你好") is None
    assert one_of("好的呀", ("好的",)) and not one_of("好的但是我想问别的事情", ("好的",))
