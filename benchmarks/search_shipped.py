"""The search as it is shipped: base, weights and thresholds of the product, on questions kept apart from the base.

Asked are the questions of ``tests/apps/knowledge/seed_questions.toml`` and ``test_search_quality.py``, none of which stands
in the base, and the everyday questions of ``search_off_topic.txt``, which nothing was taught. The weights of the first
model were not learnt on any of them. How sure to be was (:mod:`benchmarks.search_fitting`), on those the base answers; so
the table is told twice: as shipped, and ``crossed``: taught on one half of them and measured on the other.
"""

from __future__ import annotations

import ast
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import search_fitting
from benchmarks.common import ROOT, say
from benchmarks.search_sets import auroc
from benchmarks.search_vectors import Vectors
from denghuo.engine.retrieval import Index, Ranker, Thresholds, decide, default_ranker
from denghuo.engine.retrieval.ranker import Weights
from denghuo.engine.retrieval.training import Example
from denghuo.engine.retrieval.types import Entry, Floats, Found

TESTS = ROOT / "tests" / "apps" / "knowledge"
OFF_TOPIC = Path(__file__).parent / "search_off_topic.txt"
HELD, STRANGE = "held", ("off_topic", "out_of_remit", "everyday")


Question = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what was found for it; ``right`` is the entry that is meant (None: there is none)."""

    kind: str
    right: int | None
    found: list[Found]


@dataclass(frozen=True, slots=True)
class Way:
    """The base as one set-up holds it, with vectors or without."""

    name: str
    index: Index
    model: Vectors | None

    def ask(self, wanted: Sequence[Question], ranker: Ranker) -> list[Asked]:
        """What is found for each question."""
        rows = list(self.model.of([text for text, _, _ in wanted])) if self.model else [None] * len(wanted)
        return [
            Asked(kind, right, self.index.search(text, vector=row, ranker=ranker))
            for (text, kind, right), row in zip(wanted, rows, strict=True)
        ]

    def held(self, wanted: Sequence[Question]) -> list[Example]:
        """The questions of ``wanted`` that the base answers, as the weights are taught by them."""
        pairs = [(text, [right]) for text, _, right in wanted if right is not None]
        return search_fitting.questions(self.index, pairs, self.model)

    def taught(self, held: Sequence[Example], strange: Sequence[Example]) -> Weights:
        """The shipped weights, as sure as the questions ``held`` teach."""
        return search_fitting.taught(held, strange, default_ranker().weights(with_vectors=self.model is not None))


def shipped(model: Vectors | None, *, fit: bool = False) -> dict[str, Any]:
    """The table with vectors (where there is a model) and without. ``fit`` first writes how sure to be anew."""
    _start()
    entries, ids = _base()
    wanted = _questions(ids)
    figures: dict[str, Any] = {"entries": len(entries), "questions": len(wanted)}
    ways = [Way("words", _built(entries, None), None)]
    if model is not None:
        ways.append(Way("vectors", _built(entries, model), model))
    strange = {way.name: search_fitting.strangers(way.index, way.model) for way in ways}
    halves = wanted[0::2], wanted[1::2]
    held = {way.name: [way.held(half) for half in halves] for way in ways}
    if fit:
        fresh = {way.name: way.taught([*held[way.name][0], *held[way.name][1]], strange[way.name]) for way in ways}
        many = sum(right is not None for _, _, right in wanted)
        search_fitting.write(Ranker(fresh["words"], fresh.get("vectors", default_ranker().meaning)), many)
    for way in ways:
        asked = way.ask(wanted, default_ranker())
        figures[way.name] = _table(asked) | {
            "crossed": _table(_crossed(way, halves, held[way.name], strange[way.name]))
        }
        for name, table in (("as shipped", figures[way.name]), ("crossed", figures[way.name]["crossed"])):
            say(f"{way.name}, {name}: R@1 {table['r1']}, AUROC {table['auroc']}, thresholds {in_force()}")
            for kind, row in table["outcomes"].items():
                say(f"  {kind:14} {row}")
    return figures


def in_force() -> Thresholds:
    """The thresholds the policies ship."""
    from denghuo.core.policies import defaults

    folder = Path(defaults.__path__[0])
    rows = tomllib.loads((folder / "knowledge_search.toml").read_text(encoding="utf-8"))["policy"]
    given = {row["key"].removeprefix("knowledge.search."): row["value"] for row in rows}
    return Thresholds(
        given["answer_at"], given["choices_at"], given["margin"], given["choices_fewest"], given["choices_most"]
    )


def _start() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    django.setup()


def _base() -> tuple[list[Entry], dict[str, int]]:
    """The shipped entries as the product indexes them, and their ids by code."""
    from denghuo.apps.knowledge.searching.texts import entry_of
    from denghuo.apps.knowledge.sync import shipped as rows

    entries, ids = [], {}
    for number, row in enumerate(sorted(rows(), key=lambda row: row.code), start=1):
        row.pk = ids[row.code] = number
        entries.append(entry_of(row))
    return entries, ids


def _questions(ids: dict[str, int]) -> list[Question]:
    """(text, kind, entry)."""
    kept = tomllib.loads((TESTS / "seed_questions.toml").read_text(encoding="utf-8"))
    more, strange = (_list(TESTS / "test_search_quality.py", name) for name in ("ASKED", "OFF_TOPIC"))
    held = [*((text, code) for code, text in kept["entries"].items()), *more]
    found: list[Question] = [(text, HELD, ids[code]) for text, code in held]
    found += [(text, STRANGE[0], None) for text in (*kept["refuse"]["off_topic"], *strange)]
    found += [(text, STRANGE[1], None) for text in kept["refuse"]["out_of_remit"]]
    return found + [(text, STRANGE[2], None) for text in OFF_TOPIC.read_text(encoding="utf-8").split()]


def _list(path: Path, name: str) -> list[Any]:
    """A list written out in a module, read without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return list(ast.literal_eval(node.value))
    raise ValueError(f"{path.name} has no list {name}")


def _built(entries: list[Entry], model: Vectors | None) -> Index:
    """The base as the product holds it: its texts embedded as texts, not as questions."""
    index = Index()
    known: dict[str, Floats] | None = None
    if model is not None:
        texts = [text for entry in entries for text in (*entry.wordings, *entry.passages)]
        known = dict(zip(texts, model.of(texts, query=False), strict=True))
    index.put(entries, known)
    index.learn()
    return index


def _crossed(
    way: Way, halves: tuple[list[Question], list[Question]], held: Sequence[list[Example]], strange: Sequence[Example]
) -> list[Asked]:
    """Each half of the questions asked with what the other half taught."""
    found: list[Asked] = []
    for own, other in zip(halves, held[::-1], strict=True):
        weights = way.taught(other, strange)
        found += way.ask(own, Ranker(weights, weights))
    return found


def _outcome(one: Asked, thresholds: Thresholds) -> str:
    outcome, told = decide(one.found, thresholds)
    if outcome == "refuse" or one.right is None:
        return outcome
    return f"{outcome}_{'right' if one.right in [item.id for item in told] else 'wrong'}"


def _table(asked: Sequence[Asked]) -> dict[str, Any]:
    """Counts of each outcome by kind of question, with the thresholds in force. ``answer_right``: one entry was told and it
    was the right one; ``choices_right``: it was among those offered. ``auroc``: of what choices go by, the held questions
    against each kind of strange ones."""
    thresholds = in_force()
    table: dict[str, dict[str, int]] = {}
    for one in asked:
        row = table.setdefault(one.kind, {})
        name = _outcome(one, thresholds)
        row[name] = row.get(name, 0) + 1
    held = [one for one in asked if one.right is not None]
    first = sum(bool(one.found) and one.found[0].id == one.right for one in held)
    sums = {
        kind: [sum(item.score for item in one.found[: thresholds.most]) for one in asked if one.kind == kind]
        for kind in (HELD, *STRANGE)
    }
    return {
        "r1": round(first / len(held), 4),
        "auroc": {kind: auroc(sums[HELD], sums[kind]) for kind in STRANGE},
        "outcomes": {kind: dict(sorted(row.items())) for kind, row in table.items()},
    }
