"""Key words, rising topics, sensitive phrases, urgency and groups of questions."""

from __future__ import annotations

import random
import tomllib
from collections import Counter

import numpy as np
import pytest

from benchmarks import language_cards
from denghuo.engine.language import clustering, topics
from denghuo.engine.language.keywords import keywords, matter, typical
from denghuo.engine.language.sensitive import find_risks, severity
from denghuo.engine.language.urgency import urgency


def test_key_words_are_the_trades_words_for_what_was_said() -> None:
    words = [word for word, _weight in keywords("变压器一直嗡嗡响，晚上电压低空调带不动")]
    assert "低电压" in words and "变压器" in words


def test_key_words_are_at_least_as_good_as_the_first_words_of_the_text() -> None:
    (row,) = language_cards._keywords()["figures"]
    assert float(row["value"]) >= float(row["peer"])


def test_typical_words_are_those_the_others_do_not_say() -> None:
    assert typical(["充电桩坏了", "充电桩没反应"], ["停电了", "电费多少"])[0][0] == "充电桩"


def test_nothing_without_words() -> None:
    assert keywords("") == [] and matter("，。！") == []


def test_a_word_that_trebled_rises_and_one_that_wavered_does_not() -> None:
    before = (Counter({"充电桩": 20, "停电": 200}), 1000)
    now = (Counter({"充电桩": 12, "停电": 42}), 200)
    assert [rise.word for rise in topics.rising(now, before)] == ["充电桩"]


def test_a_quiet_start_gives_no_topics() -> None:
    assert topics.rising((Counter({"停电": 9}), 9), (Counter(), 0)) == []
    assert topics.rising((Counter(), 0), (Counter({"停电": 9}), 9)) == []


def test_weeks_without_news_are_mostly_silent() -> None:
    dice = random.Random(3)
    words = [f"w{n}" for n in range(200)]

    def week(size: int) -> tuple[Counter[str], int]:
        return topics.counts((" ".join(dice.choices(words, k=5)) for _text in range(size)), split=str.split)

    noisy = sum(bool(topics.rising(week(300), week(1800))) for _round in range(20))
    assert noisy <= 3


def test_a_word_nobody_said_before_can_rise() -> None:
    (rise,) = topics.rising((Counter({"台风": 30}), 300), (Counter({"停电": 500}), 1800))
    assert rise.before == 0 and rise.ratio > 10 and rise.q < 0.001


def test_risk_phrases_are_found_with_their_group() -> None:
    rows = tomllib.loads((language_cards.TESTS / "language_risks.toml").read_text(encoding="utf-8"))["sentence"]
    grave = [(text, set(row["groups"])) for row in rows if row["groups"] for text in row["texts"]]
    hits = sum(bool(groups & {risk.group for risk in find_risks(text)}) for text, groups in grave)
    assert hits / len(grave) >= 0.9


@pytest.mark.parametrize("text", ["跳楼价的空调", "没有冒烟", "装漏电保护器多少钱", "怎么预防触电"])
def test_sayings_that_only_sound_like_danger_are_let_pass(text: str) -> None:
    assert severity(text) == 0


def test_the_gravest_comes_first() -> None:
    risks = find_risks("再不来我打12398，家里老人靠呼吸机")
    assert risks[0].group == "medical" and severity("打12345") == 2


def test_danger_is_the_highest_level_whatever_the_tone() -> None:
    assert urgency("您好，麻烦看一下，电线掉在地上冒火花，谢谢").level == 3
    assert urgency("请问电费怎么交").level == 0
    assert urgency("会不会漏电啊").level < 3


def test_saying_it_again_makes_it_more_urgent() -> None:
    once, again = urgency("怎么还没来人"), urgency("怎么还没来人", ["你好", "怎么还没来人啊"])
    assert again.score > once.score and "repeated" in again.reasons


def test_questions_that_ask_the_same_are_put_together_and_strangers_stay_alone() -> None:
    texts = [
        "过户要什么材料",
        "过户需要什么材料",
        "办过户要什么材料",
        "充电枪拔不下来",
        "充电枪拔不下来怎么办",
        "你几岁",
    ]
    groups = clustering.cluster(None, texts)
    assert groups[:3] == [0, 0, 0] and groups[3] == groups[4] == 1 and groups[5] == -1


def test_vectors_bring_together_what_shares_no_words() -> None:
    rng = np.random.default_rng(0)
    sides = np.repeat(np.eye(6, dtype=np.float32), 2, axis=0)
    vectors = sides + rng.normal(0, 0.02, sides.shape).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    groups = clustering.cluster(vectors, [f"文{chr(0x4E00 + 7 * n)}" for n in range(12)])
    assert groups == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_b_cubed_is_one_for_the_truth_and_low_for_one_heap() -> None:
    assert clustering.b_cubed([0, 0, 1, 1], "aabb") == (1.0, 1.0, 1.0)
    precision, recall, _f1 = clustering.b_cubed([0, 0, 0, 0], "aabb")
    assert (precision, recall) == (0.5, 1.0)


def test_too_many_texts_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        clustering.cluster(None, ["文"] * (clustering.MOST + 1))
