"""How sure the search is: fitting ``engine/retrieval/data/confidence.toml`` to questions as customers put them.

The ranker's first model, which entry, is learnt on the base's own wordings; a customer's words are further from any of them
than they are from each other, so how sure to be is learnt on customers' words. Taught are the questions of
:mod:`benchmarks.search_shipped` that the base answers, and as what it does not answer the everyday sentences of
``data/strangers.txt``; both sides weigh alike. The off-topic and the out-of-remit questions are not taught. With and
without vectors each get their own weights and sharpness, so a score means the same probability in both.

``denghuo bench search --set shipped --fit`` writes the file; without ``--fit`` the bench measures the file as it is, and
besides what weights taught on one half of the questions do on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.common import say
from benchmarks.search_vectors import Vectors
from denghuo.engine.retrieval import Index, Ranker, default_ranker
from denghuo.engine.retrieval.everyday import known_strangers
from denghuo.engine.retrieval.ranker import CONFIDENCE, Weights
from denghuo.engine.retrieval.training import Example, from_pairs, from_strangers, known_of, sharpness_of

#: pull of the second model's weights towards nought; less than where a base teaches itself, as the questions are real
PULL = 3.0


def taught(held: Sequence[Example], strange: Sequence[Example], weights: Weights) -> Weights:
    """``weights`` with the second model and the sharpness fitted: ``held`` are questions the base answers, ``strange``
    those it does not, together weighing as much."""
    each = sum(example.weight for example in held) / max(1, len(strange))
    examples = [*held, *(replace(example, weight=each) for example in strange)]
    return Weights(weights.which, known_of(examples, weights, pull=PULL), sharpness_of(held, weights))


def strangers(index: Index, model: Vectors | None) -> list[Example]:
    """The everyday sentences asked of ``index``."""
    return from_strangers(index, known_strangers(), model.of if model else None, 1)


def questions(index: Index, pairs: Sequence[tuple[str, Sequence[int]]], model: Vectors | None) -> list[Example]:
    """Judged questions asked of ``index``, in the order of ``pairs``; one that finds nothing at all is left out."""
    return from_pairs(index, pairs, model.of if model else None)


def write(ranker: Ranker, held: int) -> None:
    """Write the confidence of ``ranker`` as what ships. ``held`` questions taught it."""
    lines = [
        "# How sure the search is: the ranker's second model and the sharpness of its first. Written by",
        "#     denghuo bench search --set shipped --fit",
        "# from customers' questions that the base answers and everyday sentences (data/strangers.txt) that it does not.",
        "# Names: ranker.KNOWN.",
        "",
        f'note = "fitted to {held} questions and {len(known_strangers())} everyday sentences"',
    ]
    for name, weights in (("plain", ranker.plain), ("meaning", ranker.meaning)):
        lines += ["", f"[{name}]", f"sharpness = {weights.sharpness}", "", f"[{name}.known]"]
        lines += [f"{key} = {value}" for key, value in weights.known.items() if value]
    CONFIDENCE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    default_ranker.cache_clear()
    say(f"written: {CONFIDENCE.name}")
