"""Finding the right entry: product, BM25 alone, embeddings alone, tantivy and Whoosh, in one run.

R@1, R@5 and MRR@10 (right entry first; among the first five; 1 / place of the first right one, 0 beyond ten). The sets are
told in :mod:`benchmarks.search_sets`. Weights are never learnt on the questions they are measured on:

- ``product``  learnt on four fifths of the judged questions and measured on the other fifth, five times round;
- ``self_taught``  learnt on the base alone, one wording left out at a time: no judged question is used at all. Needs entries
  of several wordings;
- ``shipped``  the weights in the engine, learnt on the shipped questions about electricity only.

``product_words`` is the product without vectors. ``bm25`` is the better of the product's own word leg, character leg and
their sum. Off-topic: AUROC of the probability that the base holds the answer, its own questions against those of another
customer service (near) and against everyday questions (far), with weights learnt on the base alone.

Everything runs on one thread.
"""

from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import argparse  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from benchmarks import search_peers, search_sets  # noqa: E402
from benchmarks.common import emit, say  # noqa: E402
from benchmarks.search_sets import auroc  # noqa: E402
from benchmarks.search_shipped import shipped  # noqa: E402
from benchmarks.search_speed import speed  # noqa: E402
from benchmarks.search_vectors import Vectors, vectors  # noqa: E402
from denghuo.engine.retrieval import Index, Ranker, default_ranker  # noqa: E402
from denghuo.engine.retrieval.everyday import known_strangers  # noqa: E402
from denghuo.engine.retrieval.features import COLUMN  # noqa: E402
from denghuo.engine.retrieval.training import Example, fitted, from_base, from_pairs, from_strangers  # noqa: E402

FOLDS = 5
#: wordings left out in turn, questions of each kind off-topic refusal is measured on
TAUGHT, STRANGE = 500, 500


def main(argv: list[str]) -> None:
    """Options: ``--data DIR``, ``--set bq|cic|lcqmc|off_topic|big|shipped|all``; ``shipped`` needs no data, and with
    ``--fit`` writes how sure the search is to be (:mod:`benchmarks.search_fitting`)."""
    parser = argparse.ArgumentParser(prog="denghuo bench search")
    parser.add_argument("--data", type=Path, default=search_sets.DATA)
    parser.add_argument("--set", choices=("bq", "cic", "lcqmc", "off_topic", "big", "shipped", "all"), default="all")
    parser.add_argument("--fit", action="store_true", help="with --set shipped: write confidence.toml anew")
    options = parser.parse_args(argv)
    if not options.data.exists() and options.set != "shipped":
        say(f"no data: {options.data} is not there; name a folder with --data")
        emit("search", {"measured": False}, None)
        return
    began = time.perf_counter()
    model = vectors()
    indexes: dict[str, tuple[Index, Ranker]] = {}
    if model is None:
        say("no embedding model is installed: the word legs alone are measured")
    figures: dict[str, Any] = {}
    peers: dict[str, Any] = {}
    if options.set in {"shipped", "all"}:
        figures["shipped"] = shipped(model, fit=options.fit)
    for one in _sets(options.data, options.set) if options.set != "shipped" else ():
        figures[one.name], peers[one.name] = quality(one, model, indexes)
    if options.set in {"off_topic", "all"} and _is_public(options.data):
        figures["off_topic"] = off_topic(options.data, model, indexes)
    if options.set in {"big", "all"} and _is_public(options.data):
        figures["big"], peers["big"] = speed(options.data, model)
    figures["whole_run_s"] = round(time.perf_counter() - began, 1)
    figures["processor_s"] = round(time.process_time(), 1)
    figures["of_which_embedding_s"] = round(model.spent, 1) if model else 0.0
    say(
        f"whole run {figures['whole_run_s']} s, processor {figures['processor_s']} s, of which embedding {figures['of_which_embedding_s']} s"
    )
    emit("search", figures, peers)


def _is_public(folder: Path) -> bool:
    return (folder / "question_pairs").is_dir()


def _sets(folder: Path, wanted: str) -> list[search_sets.Set]:
    if not _is_public(folder):
        return [search_sets.from_folder(folder)]
    makers = {"bq": search_sets.bq, "cic": search_sets.cic, "lcqmc": search_sets.lcqmc}
    return [make(folder) for name, make in makers.items() if wanted in {name, "all"}]


def built(one: search_sets.Set, model: Vectors | None) -> Index:
    texts = [text for entry in one.entries for text in (*entry.wordings, *entry.passages)]
    known = dict(zip(texts, model.of(texts), strict=True)) if model else None
    index = Index()
    index.put(one.entries, known)
    index.learn()
    return index


def quality(
    one: search_sets.Set, model: Vectors | None, indexes: dict[str, tuple[Index, Ranker]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of the product and its parts, and those of the peers; the index and the weights it taught itself are kept
    in ``indexes``."""
    say(f"{one.name}: {len(one.entries)} entries, {len(one.questions)} questions")
    index = built(one, model)
    if model:
        model.of([text for text, _ in one.questions])
    shipped = default_ranker()
    found: dict[str, Any] = {"entries": len(one.entries), "questions": len(one.questions)}
    words = from_pairs(index, one.questions, None)
    found["bm25"] = _best_leg(words)
    found["product_words"] = crossed(words, shipped, with_vectors=False)
    if model:
        began = time.perf_counter()
        judged = from_pairs(index, one.questions, model.of)
        found["ms_a_question"] = round((time.perf_counter() - began) / len(one.questions) * 1000, 2)
        found["embeddings"] = measured([(e.figures[:, COLUMN["meaning"]], e.right) for e in judged])
        found["classifier"] = measured([(e.figures[:, COLUMN["class"]], e.right) for e in judged])
    else:
        judged = words
    kind = model is not None
    found["product"] = crossed(judged, shipped, with_vectors=kind)
    found["shipped"] = weighed(judged, shipped, with_vectors=kind)
    if len(index.living()) >= 2 * len(index):
        taught = taught_by_itself(index, shipped, model)
        found["self_taught"] = weighed(judged, taught, with_vectors=kind)
    else:
        taught = shipped
    indexes[one.name] = (index, taught)
    rival = max(found["bm25"]["r1"], found.get("embeddings", {"r1": 0.0})["r1"])
    found["r1_over_better_leg"] = round(found["product"]["r1"] - rival, 4)
    peers = {}
    for name, make in (("tantivy", search_peers.tantivy), ("whoosh", search_peers.whoosh)):
        search = make(one.entries) if name == "tantivy" or len(one.questions) < 3000 else None
        if search:
            peers[name] = _listed([(search(text), right) for text, right in one.questions])
    for name, row in {**found, **peers}.items():
        if isinstance(row, dict):
            say(f"  {name:14} R@1 {row['r1']:.4f}  R@5 {row['r5']:.4f}  MRR@10 {row['mrr10']:.4f}")
    return found, peers


def _best_leg(examples: Sequence[Example]) -> dict[str, float]:
    legs = [
        [(e.figures[:, COLUMN["words"]], e.right) for e in examples],
        [(e.figures[:, COLUMN["grams"]], e.right) for e in examples],
        [(e.figures[:, COLUMN["words"]] + e.figures[:, COLUMN["grams"]], e.right) for e in examples],
    ]
    return max((measured(leg) for leg in legs), key=lambda row: row["r1"])


def crossed(examples: Sequence[Example], start: Ranker, *, with_vectors: bool) -> dict[str, float]:
    """Five times round: learnt on four fifths, measured on the rest."""
    order = np.random.default_rng(1).permutation(len(examples))
    rows = []
    for fold in range(FOLDS):
        inside = [examples[at] for place, at in enumerate(order) if place % FOLDS != fold]
        outside = [examples[at] for place, at in enumerate(order) if place % FOLDS == fold]
        weights = fitted(inside, start.weights(with_vectors=with_vectors))
        rows += [(weights.raw(e.figures), e.right) for e in outside]
    return measured(rows)


def weighed(examples: Sequence[Example], ranker: Ranker, *, with_vectors: bool) -> dict[str, float]:
    weights = ranker.weights(with_vectors=with_vectors)
    return measured([(weights.raw(e.figures), e.right) for e in examples])


def taught_by_itself(index: Index, start: Ranker, model: Vectors | None) -> Ranker:
    """Weights learnt on the base and the shipped strangers; the set without vectors only where there is no model."""
    kind = model is not None
    examples = from_base(index, with_vectors=kind, most=TAUGHT)
    examples += from_strangers(index, known_strangers(), model.of if model else None, len(examples))
    weights = fitted(examples, start.weights(with_vectors=kind), signed=True)
    return Ranker(weights, weights)


def measured(rows: Sequence[tuple[Any, Any]]) -> dict[str, float]:
    """Figures from (scores, right) by candidate. A question without a right candidate counts as not found; of equals the
    lower id comes first."""
    places = []
    for scores, right in rows:
        hits = np.flatnonzero(right[np.argsort(-scores, kind="stable")])
        places.append(int(hits[0]) if len(hits) else 999)
    return _figures(places)


def _listed(rows: Sequence[tuple[list[int], frozenset[int]]]) -> dict[str, float]:
    return _figures([next((at for at, id in enumerate(ids) if id in right), 999) for ids, right in rows])


def _figures(places: Sequence[int]) -> dict[str, float]:
    found = np.array(places)
    return {
        "r1": round(float((found == 0).mean()), 4),
        "r5": round(float((found < 5).mean()), 4),
        "mrr10": round(float(np.where(found < 10, 1.0 / (found + 1.0), 0.0).mean()), 4),
    }


def off_topic(folder: Path, model: Vectors | None, indexes: dict[str, tuple[Index, Ranker]]) -> dict[str, Any]:
    """AUROC of refusing, for each base: against questions of a customer service (near) and everyday ones (far); to the
    everyday base both are customer services. ``indexes`` are those built already. A base whose entries have one wording
    each cannot teach itself; it is asked with the shipped weights."""
    bank, shop, other = search_sets.bq(folder), search_sets.cic(folder), search_sets.lcqmc(folder)
    found = {}
    for base, near, far in ((bank, shop, other), (shop, bank, other), (other, bank, shop)):
        if base.name not in indexes:
            index = built(base, model)
            alone = len(index.living()) < 2 * len(index)
            indexes[base.name] = (
                index,
                default_ranker() if alone else taught_by_itself(index, default_ranker(), model),
            )
        groups = [[text for text, _ in one.questions[:STRANGE]] for one in (base, near, far)]
        found[base.name] = _refusing(groups, model, *indexes[base.name])
        say(f"  off-topic, base {base.name}: {found[base.name]}")
    return found


def _refusing(groups: Sequence[list[str]], model: Vectors | None, index: Index, ranker: Ranker) -> dict[str, float]:
    """``groups``: questions the base holds, near ones and far ones it does not."""
    scores = [_known(index, texts, model, ranker) for texts in groups]
    found = {}
    for name, column in (("product", 0), ("embeddings", 1), ("bm25", 2)):
        if model is not None or name != "embeddings":
            found[f"{name}_near"] = auroc(scores[0][:, column], scores[1][:, column])
            found[f"{name}_far"] = auroc(scores[0][:, column], scores[2][:, column])
    return found


def _known(index: Index, texts: list[str], model: Vectors | None, ranker: Ranker) -> Any:
    rows = model.of(texts) if model else [None] * len(texts)
    found = []
    for text, row in zip(texts, rows, strict=True):
        figures = index.candidates(index.analyser.terms(text), row, None).figures
        if len(figures):
            known = ranker.known(figures, with_vectors=row is not None)
            found.append((known, figures[:, COLUMN["meaning"]].max(), figures[:, COLUMN["grams"]].max()))
        else:
            found.append((0.0, 0.0, 0.0))
    return np.array(found)
