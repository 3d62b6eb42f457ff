"""BM25 against figures worked by hand, and changes that leave a base as if it had been built afresh."""

from __future__ import annotations

import math

import numpy as np
import pytest

from denghuo.engine.retrieval.analyser import GRAMS, SOUNDS, WORDS, Analyser, Terms, marked, plain
from denghuo.engine.retrieval.postings import SETTINGS, Postings


def words(*some: str) -> Terms:
    return Terms("".join(some), (some, (), ()))


@pytest.fixture
def three() -> Postings:
    postings = Postings()
    postings.put([(0, words("cat", "sat")), (1, words("cat", "cat", "ran", "far")), (2, words("dog", "sat", "by"))])
    return postings


def test_score_is_that_of_robertson_and_zaragoza(three):
    # N = 3, "cat" in 2 documents: idf = ln(1 + (3 - 2 + 0.5) / (2 + 0.5)) = ln 1.6
    # lengths 2, 4, 3: avdl = 3; k1 = 0.9, b = 0.4
    assert SETTINGS["words"] == (0.9, 0.4)
    scores, _ = three.scores(WORDS, ["cat"])
    first = math.log(1.6) * 1 / (1 + 0.9 * (0.6 + 0.4 * 2 / 3))
    second = math.log(1.6) * 2 / (2 + 0.9 * (0.6 + 0.4 * 4 / 3))
    assert scores.tolist() == pytest.approx([first, second, 0.0], rel=1e-6)


def test_words_of_the_question_add_up_and_count_as_often_as_said(three):
    cat, _ = three.scores(WORDS, ["cat"])
    sat, _ = three.scores(WORDS, ["sat"])
    both, _ = three.scores(WORDS, ["sat", "cat", "cat"])
    assert both.tolist() == pytest.approx((2 * cat + sat).tolist(), rel=1e-6)


def test_unknown_word_scores_nothing_but_weighs_most(three):
    scores, _ = three.scores(WORDS, ["bird"])
    assert not scores.any()
    assert three.idf(WORDS, "bird") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert three.idf(WORDS, "bird") > three.idf(WORDS, "dog") > three.idf(WORDS, "cat")


def test_dropped_document_leaves_every_statistic(three):
    three.drop([(1, words("cat", "cat", "ran", "far"))])
    # N = 2, n = 1, avdl = 2.5
    scores, _ = three.scores(WORDS, ["cat"])
    assert scores[0] == pytest.approx(math.log(1 + 1.5 / 1.5) / (1 + 0.9 * (0.6 + 0.4 * 2 / 2.5)), rel=1e-6)
    assert not three.alive[1]


def test_many_small_changes_score_as_one_build():
    texts = [words(*(f"w{(at * step) % 17}" for step in range(1, 2 + at % 5))) for at in range(60)]
    whole, changed = Postings(), Postings()
    whole.put(list(enumerate(texts)))
    for at, text in enumerate(texts):
        changed.put([(at, text)])
    question = ["w1", "w4", "w9", "w16"]
    np.testing.assert_array_equal(whole.scores(WORDS, question)[0], changed.scores(WORDS, question)[0])


def test_question_fits_itself_with_its_own_score(three):
    scores, _ = three.scores(WORDS, ["cat", "sat"])
    assert three.own(WORDS, ["cat", "sat"]) == pytest.approx(float(scores[0]), rel=1e-6)


class TestAnalyser:
    terms = staticmethod(Analyser().terms)

    def test_colloquial_and_trade_word_share_a_term(self):
        assert "=停电" in self.terms("我家没电了").fields[WORDS]
        assert "=停电" in self.terms("停电").fields[WORDS]

    def test_writing_does_not_matter(self):
        assert self.terms("ＡＰＰ 怎么下载？") == self.terms("app怎么下载")
        assert plain("为啥，停电！") == plain("为什么停电")

    def test_wrong_character_of_the_same_sound_still_sounds_right(self):
        right, wrong = self.terms("电费").fields, self.terms("电废").fields
        assert right[SOUNDS] == wrong[SOUNDS]
        assert right[GRAMS] != wrong[GRAMS]

    def test_latin_word_one_letter_off_shares_a_form(self):
        assert set(self.terms("alipay").fields[SOUNDS]) & set(self.terms("alpay").fields[SOUNDS])
        assert set(self.terms("alipay").fields[SOUNDS]) & set(self.terms("alopay").fields[SOUNDS])
        assert not set(self.terms("alipay").fields[SOUNDS]) & set(self.terms("wechat").fields[SOUNDS])

    @pytest.mark.parametrize("text", ["", "？！", "  ", "😀"])
    def test_text_without_matter_has_no_terms(self, text):
        assert not any(self.terms(text).fields)


def test_marks_show_what_question_and_wording_share():
    wording = "怎么交电费"
    assert [wording[start:end] for start, end in marked("查电费", wording)] == ["电费"]
    assert [("停电怎么办")[a:b] for a, b in marked("我家没电了", "停电怎么办")] == ["停电"]


def test_marks_lie_in_the_wording_as_it_is_written():
    wording = "ＡＰＰ　登录不上"
    assert [wording[start:end] for start, end in marked("app登录", wording)] == ["ＡＰＰ", "登录"]
