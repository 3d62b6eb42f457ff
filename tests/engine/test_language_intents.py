"""What is wanted is recognised as well as the data cards say, and a model is only numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest

from benchmarks import bench_intent
from denghuo.engine.language import shipped
from denghuo.engine.language.intents import IntentModel, train_intents

TEXTS = ["停电了", "没电了", "家里停电", "断电了", "过户怎么办", "怎么过户", "办过户", "过户材料"]
LABELS = ["fault"] * 4 + ["transfer"] * 4


@pytest.mark.parametrize("kind", shipped.KINDS)
def test_the_shipped_model_was_made_from_the_examples_as_they_are(kind: str) -> None:
    model = shipped.model(kind)
    assert model.digest == shipped.digest(kind), "run: denghuo language train"
    texts, labels = shipped.examples(kind)
    assert set(model.labels) == set(labels)
    assert np.mean([said == label for (said, _p), label in zip(model.predict(texts), labels, strict=True)]) > 0.95


def test_every_intent_has_forty_examples_and_none_is_in_the_held_out_set() -> None:
    texts, labels = shipped.examples("intent")
    assert min(labels.count(label) for label in set(labels)) >= 40
    asked, wanted = bench_intent.held_out(bench_intent.HELD_OUT)
    assert set(wanted) == set(labels) and min(wanted.count(label) for label in set(wanted)) >= 12
    shared = set(texts) & set(asked)
    assert len(shared) <= 8, f"only the shortest turns may be the same: {shared}"
    assert all(len(text) <= 8 for text in shared)


def test_held_out_utterances_are_understood_and_better_than_by_the_plain_rival() -> None:
    ours, theirs = bench_intent.trade()
    print(ours, theirs)
    assert ours["trade_intent"]["accuracy"] >= 0.88
    assert ours["trade_intent"]["accuracy"] >= theirs["trade_intent"]["accuracy"]
    assert ours["trade_intent"]["top3"] >= 0.96
    assert ours["trade_class"]["top3"] >= 0.95
    assert ours["strangers"]["taken"] <= 0.2 and ours["strangers"]["taken"] < theirs["strangers"]["taken"]


@pytest.mark.parametrize("text", ["帮我写首诗", "帮我订外卖", "帮我订一束花"])
def test_an_errand_in_the_form_of_a_request_is_none(text: str) -> None:
    assert shipped.model("intent").predict([text])[0][0] in ("off_topic", "chitchat")


def test_the_reader_sees_which_words_spoke_for_the_label() -> None:
    words = [word for word, _added in shipped.model("intent").because("我要投诉你们抢修太慢", "complaint")]
    assert any("投诉" in word for word in words)


def test_an_empty_text_is_never_sure() -> None:
    assert shipped.model("intent").predict(["", "  "])[0][1] == 0.0


def test_a_model_comes_back_from_its_bytes_the_same() -> None:
    model = train_intents(TEXTS, LABELS)
    again = IntentModel.from_bytes(model.to_bytes())
    texts = ["我家停电", "过户"]
    assert [label for label, _p in again.predict(texts)] == ["fault", "transfer"]
    assert again.probabilities(texts) == pytest.approx(model.probabilities(texts), abs=0.01)


def test_what_is_no_model_is_refused_and_pickled_objects_are_never_loaded() -> None:
    with pytest.raises(ValueError):
        IntentModel.from_bytes(b"nothing of the kind")
    out = io.BytesIO()
    np.savez(out, head=np.array([{"form": 1}], dtype=object))
    with pytest.raises(ValueError):
        IntentModel.from_bytes(out.getvalue())


def test_vectors_are_heard_beside_the_words() -> None:
    rng = np.random.default_rng(0)
    sides = np.array([0] * 4 + [1] * 4)
    vectors = (rng.normal(0, 0.1, (8, 6)) + np.where(sides[:, None], 1.0, -1.0)).astype(np.float32)
    model = train_intents(TEXTS, LABELS, vectors, embedder="made")
    # words unknown to the model: the vector alone tells
    assert model.predict(["zzz"], np.full((1, 6), 1.0, np.float32))[0][0] == "transfer"
    assert model.predict(["zzz"], np.full((1, 6), -1.0, np.float32))[0][0] == "fault"
    assert model.embedder == "made"


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="two"):
        train_intents(["a", "b", "c"], ["x", "x", "y"])
