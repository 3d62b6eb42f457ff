"""The index of a process: level with the base, with vectors when there are any, told to the health page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from denghuo.apps.knowledge.models import TextVector
from denghuo.apps.knowledge.searching import ask, filling, jobs, vectors
from denghuo.apps.knowledge.searching.holder import Holder, holder
from denghuo.apps.knowledge.searching.marks import marked
from denghuo.apps.knowledge.searching.texts import passages
from denghuo.core.jobs import progress
from tests.helpers.knowing import entry

pytestmark = pytest.mark.django_db


class Letters:
    """A stand-in that anybody can compute by hand: one column a character class."""

    name = "letters-16"
    size = 16

    def embed(self, texts: Sequence[str], *, query: bool) -> Any:
        rows = np.zeros((len(texts), self.size), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for letter in text:
                row[ord(letter) % self.size] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Letters:
    model = Letters()
    monkeypatch.setattr(vectors, "embedder", lambda: model)
    monkeypatch.setattr(vectors, "wanted", lambda: "nano")
    return model


def test_vectors_made_in_the_background_are_taken_in_by_a_running_index(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denghuo.apps.knowledge.searching.holder.MADE_AT_ONCE", 0)
    made = entry(code="q-vector")
    here = Holder()
    here.sync()
    before = here.state()
    assert (before.model, before.vectors) == ("letters-16", 0)
    lacking = filling.missing(letters.name, [made.question, *made.similar])
    assert set(lacking) == {made.question, *made.similar}
    filling.fill(lacking, progress("test", len(lacking)))
    assert filling.missing(letters.name, lacking) == []
    here.sync()
    assert here.state().vectors == 2


def test_one_publication_has_its_vectors_at_the_next_search(letters: Letters) -> None:
    here = Holder()
    here.sync()
    before = here.state().vectors
    made = entry(code="q-vector-now")
    here.sync()
    assert here.state().vectors - before >= len({made.question, *made.similar})
    assert filling.missing(letters.name, [made.question, *made.similar]) == []


def test_the_job_fills_what_is_missing_once(letters: Letters) -> None:
    jobs.fill_vectors()
    count = TextVector.objects.count()
    assert count == len(set(filling.all_texts()))
    jobs.fill_vectors()
    assert TextVector.objects.count() == count


def test_a_packed_vector_comes_back_as_it_was() -> None:
    vector = np.linspace(-1, 1, 384, dtype=np.float32)
    vector /= np.linalg.norm(vector)
    back = vectors.unpacked(*vectors.packed(vector))
    assert float(back @ vector) > 0.9999
    assert float(np.linalg.norm(back)) == pytest.approx(1.0, abs=1e-5)


def test_a_running_index_finds_the_same_as_a_fresh_one() -> None:
    ask("停电", org=None, by="editor", log=False)
    row = entry(code="q-once", question="水下飞船停泊怎么收费")
    row.question = "天上飞船停泊怎么收费"
    row.save()
    entry(code="q-twice", question="水下飞船停泊收费吗")
    running = ask("飞船停泊收费", org=None, by="editor", log=False)
    holder().forget()
    fresh = ask("飞船停泊收费", org=None, by="editor", log=False)
    assert {hit.entry.code for hit in running.found[:2]} == {"q-once", "q-twice"}
    assert [hit.entry.code for hit in running.found[:2]] == [hit.entry.code for hit in fresh.found[:2]]


def test_long_answers_are_cut_between_sentences_and_marks_are_taken_out() -> None:
    text = "## 材料\n\n- 身份证\n- **房产证**，见[清单](/x)\n\n" + "这一句有二十个字左右长短不一样。" * 40
    cut = passages(text)
    assert "房产证" in " ".join(cut)
    assert "**" not in " ".join(cut)
    assert "](" not in " ".join(cut)
    assert max(map(len, cut)) <= 400
    assert all(part.endswith("。") for part in cut[2:])


def test_what_is_marked_is_escaped() -> None:
    assert marked("<b>电费</b>", [(3, 5)]) == "&lt;b&gt;<mark>电费</mark>&lt;/b&gt;"
    assert marked("电费", [(0, 9), (1, 2)]) == "<mark>电费</mark>"
