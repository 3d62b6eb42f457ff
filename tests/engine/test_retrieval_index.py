"""The index: what may be found is found, what may not never is, and a changed base answers like a fresh one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.retrieval import Entry, Index, default_ranker
from denghuo.engine.retrieval.dense import Dense
from denghuo.engine.retrieval.features import COLUMN

RANKER = default_ranker()
PAY = Entry(1, ("怎么交电费", "在哪里缴电费", "手机上如何付电费"), negatives=("电费怎么算",))
PRICE = Entry(2, ("电费怎么算", "一度电多少钱", "电价是多少"))
DARK = Entry(3, ("家里停电怎么办", "我家没电了", "突然断电"), passages=("先看空气开关是否跳闸。", "再问邻居有没有电。"))
METER = Entry(4, ("电表走得太快", "怀疑电表不准", "电表校验怎么申请"))
BASE = [PAY, PRICE, DARK, METER]


def filled(entries=BASE, vectors=None) -> Index:
    index = Index()
    index.put(entries, vectors)
    return index


def found(index: Index, text: str, **more):
    return [(item.id, round(item.score, 4), item.wording) for item in index.search(text, ranker=RANKER, **more)]


@pytest.mark.parametrize(
    ("text", "id"), [("我要交电费", 1), ("电费是怎么算的", 2), ("停电了", 3), ("我的电表好像不准", 4), ("电彪校验", 4)]
)
def test_question_finds_its_entry(text, id):
    assert found(filled(), text)[0][0] == id


def test_wording_and_marks_tell_why():
    first = filled().search("电表不准", ranker=RANKER)[0]
    assert first.wording == "怀疑电表不准"
    assert [first.wording[a:b] for a, b in first.spans] == ["电表不准"]
    assert first.parts["words"] > 0.5


def test_entry_is_found_by_its_passage():
    first = filled().search("空气开关跳闸", ranker=RANKER)[0]
    assert (first.id, first.passage) == (3, 0)


def ids(index: Index, text: str) -> list[int]:
    return [item.id for item in index.search(text, ranker=RANKER)]


def test_an_entry_is_out_where_a_negative_fits_at_least_as_well_as_its_own_best():
    assert 1 not in ids(filled(), "电费怎么算"), "the negative itself"
    assert 1 not in ids(filled(), "电费怎么算的呀"), "nearer to the negative"
    assert 1 in ids(filled(), "怎么交电费") and 1 in ids(filled(), "手机上付电费"), "nearer to its own"


def test_a_negative_as_near_as_the_best_own_wording_takes_the_entry_out():
    card = Entry(7, ("补卡",))  # so that neither character weighs more
    level = Entry(5, ("电费怎么退",), negatives=("电费怎么补",))
    assert 5 not in ids(filled([level, card]), "电费怎么")
    assert 5 in ids(filled([level, card]), "电费怎么退")
    assert 5 in ids(filled([Entry(5, ("电费怎么退", "电费怎么"), negatives=level.negatives), card]), "电费怎么")


def test_an_entry_taken_out_by_its_negative_leaves_its_place_to_the_next():
    assert [item.id for item in filled().search("电费怎么算", ranker=RANKER, limit=1)] == [2]


def test_a_negative_with_nothing_in_common_takes_nothing_out():
    entry = Entry(6, ("abc",), negatives=("xyz",), passages=("先看空气开关是否跳闸。",))
    assert ids(filled([entry, PRICE]), "空气开关跳闸")[0] == 6


def test_wordings_are_told_with_their_entries():
    index = filled()
    assert index.entry_ids(index.living()).tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]


def test_probabilities_sum_to_at_most_one():
    scores = [item.score for item in filled().search("电费怎么交", ranker=RANKER)]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1 + 1e-6


@pytest.mark.parametrize("allowed", [lambda id: id != 1, np.array([2, 3, 4, 99])])
def test_what_is_not_allowed_is_not_found(allowed):
    listed = found(filled(), "怎么交电费", allowed=allowed)
    assert listed
    assert 1 not in [id for id, _, _ in listed]


def test_filter_comes_before_the_cut():
    crowd = [Entry(number, ("怎么交电费",)) for number in range(10, 510)]
    index = filled([*BASE, *crowd])
    assert found(index, "怎么交电费", allowed=lambda id: id in {1, 4})[0][0] == 1
    assert found(index, "电费", allowed=np.array([2]))[0][0] == 2


def test_training_sees_how_much_closer_a_negative_is():
    index = filled()
    found = index.candidates(index.analyser.terms("电费怎么算"), None, None)
    ahead = dict(zip(index.ids_of(found.rows).tolist(), found.figures[:, COLUMN["negative"]].tolist(), strict=True))
    assert ahead[1] > 0 and ahead[2] == 0


def test_nothing_in_common_finds_nothing():
    assert found(filled(), "？？") == []
    assert found(Index(), "电费") == []


def test_replaced_entry_is_found_by_its_new_wording_only():
    index = filled()
    index.put([Entry(4, ("换智能锁",))])
    assert found(index, "智能锁")[0][0] == 4
    assert len(index) == 4
    assert found(index, "电表不准")[0][0] != 4
    assert {wording for id, _, wording in found(index, "电表不准") if id == 4} <= {"换智能锁"}


def test_equals_stand_in_the_order_of_their_ids():
    twins = [Entry(9, ("光伏发电",)), Entry(5, ("光伏发电",)), Entry(7, ("光伏发电",))]
    assert [id for id, _, _ in found(filled(twins), "光伏发电")] == [5, 7, 9]


CHARS = st.sampled_from("电费表停交查算快灯桩")
TEXTS = st.text(CHARS, min_size=1, max_size=6)
STEPS = st.lists(
    st.tuples(st.integers(1, 6), st.one_of(st.none(), st.lists(TEXTS, min_size=1, max_size=3))), max_size=14
)


def vectors_of(entries):
    def vector(text):
        row = np.array([text.count(char) + 0.1 for char in "电费表停交查算快"], dtype=np.float32)
        return row / np.linalg.norm(row)

    return {text: vector(text) for entry in entries for text in entry.wordings}


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, question=TEXTS, with_vectors=st.booleans())
def test_any_order_of_changes_answers_like_a_fresh_base(steps, question, with_vectors):
    index, now = Index(), {}
    for id, wordings in steps:
        if wordings is None:
            index.drop([id])
            now.pop(id, None)
        else:
            now[id] = Entry(id, tuple(dict.fromkeys(wordings)))
            index.put([now[id]], vectors_of([now[id]]) if with_vectors else None)
    entries = list(now.values())
    fresh = filled(entries, vectors_of(entries) if with_vectors else None)
    vector = next(iter(vectors_of([Entry(0, (question,))]).values())) if with_vectors else None
    assert len(index) == len(fresh)
    one, other = found(index, question, vector=vector), found(fresh, question, vector=vector)
    assert [id for id, _, _ in one] == [id for id, _, _ in other]
    assert [score for _, score, _ in one] == pytest.approx([score for _, score, _ in other], abs=2e-3)


@settings(max_examples=40, deadline=None)
@given(question=TEXTS, ids=st.sets(st.integers(1, 4)))
def test_filter_never_leaks(question, ids):
    index = filled()
    assert {id for id, _, _ in found(index, question, allowed=lambda id: id in ids)} <= ids
    assert {id for id, _, _ in found(index, question, allowed=np.array(sorted(ids), dtype=np.int64))} <= ids


class TestDense:
    rows = np.random.default_rng(3).normal(size=(3000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    def test_cosines_are_those_of_the_vectors_to_two_places(self):
        dense = Dense()
        dense.put(np.arange(3000), self.rows)
        got = dense.cosines(self.rows[5], np.arange(3000))
        assert np.abs(got - self.rows @ self.rows[5]).max() < 0.01
        assert int(got.argmax()) == 5

    def test_sign_bits_keep_the_nearest(self):
        exact, rough = Dense(), Dense(exact=1000)
        for dense in (exact, rough):
            dense.put(np.arange(3000), self.rows)
        query = self.rows[7] + 0.3 * self.rows[8]
        query /= np.linalg.norm(query)
        picked = rough.nearest(query, None)
        assert len(picked) == 600 < len(exact.nearest(query, None)) == 3000
        assert {7, 8} <= set(picked.tolist())

    def test_dropped_and_refused_are_never_near(self):
        dense = Dense(exact=1000)
        dense.put(np.arange(3000), self.rows)
        dense.drop(np.array([7]))
        mask = np.ones(3000, dtype=bool)
        mask[8] = False
        assert not {7, 8} & set(dense.nearest(self.rows[7], mask).tolist())

    def test_vector_of_another_size_is_refused(self):
        dense = Dense()
        dense.put(np.arange(2), self.rows[:2])
        with pytest.raises(ValueError, match="32 dimensions"):
            dense.put(np.array([2]), self.rows[:1, :32])


def test_base_is_compacted_when_most_of_it_is_gone():
    entries = [Entry(number, (f"第{number}项办法", "补贴标准")) for number in range(1500)]
    index = filled(entries)
    index.drop(range(10, 1500))
    assert index.wordings.size == 20
    assert found(index, "第7项办法")[0][0] == 7
    index.put([Entry(2000, ("光伏并网",))])
    assert found(index, "光伏并网")[0][0] == 2000
