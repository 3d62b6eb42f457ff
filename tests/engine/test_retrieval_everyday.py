"""Whether a sentence is of the base's matters: words that the base has speak for it, those of everyday talk against it."""

from __future__ import annotations

import pytest

from denghuo.engine.retrieval import Entry, Index
from denghuo.engine.retrieval.everyday import everyday, evidence, known_strangers
from denghuo.engine.retrieval.features import COLUMN

BASE = [
    Entry(1, ("怎么交电费", "在哪里缴电费", "手机上如何付电费"), passages=("可以在供电营业厅交电费。",)),
    Entry(2, ("电表走得太快", "怀疑电表不准", "电表校验怎么申请")),
]


@pytest.fixture
def index() -> Index:
    index = Index()
    index.put(BASE)
    return index


def weighed(index: Index, text: str) -> float:
    return evidence(index.analyser.terms(text), index.wordings.postings)


def test_the_bases_words_speak_for_it_and_everyday_words_against(index):
    assert weighed(index, "电表电费") > 5
    assert weighed(index, "红烧肉要炖多久") < -5
    assert weighed(index, "囍囍") == 0, "never seen on either side: says nothing"
    assert weighed(Index(), "电费") == 0, "an empty base speaks of nothing"


def test_a_listed_sentence_is_judged_by_the_others(index):
    listed = known_strangers()[0]
    assert index.analyser.terms(listed).plain in everyday().plains
    assert weighed(index, listed) < 0
    assert weighed(index, listed) > weighed(index, f"{listed}呢") - 3


def test_what_was_dropped_no_longer_speaks_for_the_base(index):
    before = weighed(index, "电表校验")
    index.put([Entry(3, ("洗衣机电表校验",))])
    assert weighed(index, "洗衣机") > 0
    index.drop([3])
    assert weighed(index, "电表校验") == pytest.approx(before)


def test_candidates_carry_how_familiar_the_question_is(index):
    def figure(text: str, name: str) -> float:
        return float(index.candidates(index.analyser.terms(text), None, None).figures[0, COLUMN[name]])

    assert figure("怎么交电费", "known_words") == 1
    assert figure("供电营业厅交电费", "known_pairs") == 1, "a passage has it as well"
    assert 0 < figure("电费小龙虾", "known_words") < 1


def test_a_wording_looked_away_from_does_not_make_itself_familiar(index):
    number = next(n for n in index.living() if index.wordings.texts[n] == "怀疑电表不准")
    terms = index.analyser.terms("怀疑电表不准")
    there, away = (index.candidates(terms, None, None, without=without).figures for without in (None, int(number)))
    assert there[0, COLUMN["known_words"]] == 1 > away[0, COLUMN["known_words"]]
    assert there[0, COLUMN["ours"]] > away[0, COLUMN["ours"]]
