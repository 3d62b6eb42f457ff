"""The sets a search is measured on: base, questions and the ids that answer each.

``bq``      bank customer service, 342 standard questions with 2 to 5 wordings, 1,424 questions. The file says which
            wordings belong to the base and which are questions.
``cic``     shop customers, 118 intents as entries; the 10,000 training sentences are their wordings, the 2,000 sentences
            of the other part the questions.
``lcqmc``   pairs of everyday questions. Sentences marked as meaning the same, or differing in punctuation only, form a
            group. The first sentence of each such pair is a question; every other sentence of the file is an entry of
            one wording; an entry is right when it is of the question's group.
``big``     111,007 entries of one wording: the base of ``lcqmc``, every sentence of the other sets, and sentences made
            of the first half of one sentence and the second half of another, drawn with seed 0. A made sentence gets the
            mean of its parents' vectors (made unit length), so that only real sentences need embedding. Asked: the
            questions of ``lcqmc``.

Any folder with ``base.json`` ([{"id": 1, "wordings": [...], "passages": [...]}]) and ``questions.json``
([{"text": "...", "right": [1]}]) is a set too.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import ROOT
from benchmarks.search_vectors import Vectors
from denghuo.engine.retrieval.analyser import plain
from denghuo.engine.retrieval.types import Entry, Floats

DATA = ROOT.parent / "shared" / "data" / "text"
BIG = 111_007


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    entries: list[Entry]
    questions: list[tuple[str, frozenset[int]]]


def bq(folder: Path) -> Set:
    data = json.loads((folder / "question_pairs" / "faq_bq_derived.json").read_text(encoding="utf-8"))
    wordings: dict[int, list[str]] = {}
    for text, label in data["kb"]:
        wordings.setdefault(int(label), []).append(text.strip())
    return Set("bq", _entries(wordings), [(text.strip(), frozenset({int(label)})) for text, label in data["q"]])


def cic(folder: Path) -> Set:
    wordings: dict[int, list[str]] = {}
    for text, label in _labelled(folder / "intents" / "train.json"):
        wordings.setdefault(label, []).append(text)
    questions = [(text, frozenset({label})) for text, label in _labelled(folder / "intents" / "dev.json")]
    return Set("cic", _entries(wordings), questions)


def lcqmc(folder: Path) -> Set:
    rows = _pairs(folder)
    leader: dict[str, str] = {}

    def find(text: str) -> str:
        while leader.setdefault(text, text) != text:
            text = leader[text]
        return text

    asked: set[str] = set()
    for one, other, same in rows:
        for text in (one, other):
            leader[find(text)] = find("\0" + plain(text))
        if same:
            leader[find(one)] = find(other)
            if plain(one) != plain(other):
                asked.add(one)
    base = sorted({text for one, other, _ in rows for text in (one, other)} - asked)
    group: dict[str, set[int]] = {}
    for number, text in enumerate(base):
        group.setdefault(find(text), set()).add(number)
    questions = [(text, frozenset(group[find(text)])) for text in sorted(asked) if find(text) in group]
    return Set("lcqmc", [Entry(number, (text,)) for number, text in enumerate(base)], questions)


def big(folder: Path, vectors: Vectors | None) -> tuple[Set, dict[str, Floats]]:
    """The set and the vectors of its sentences."""
    small = lcqmc(folder)
    texts = [entry.wordings[0] for entry in small.entries]
    asked = {text for text, _ in small.questions}
    others = [text for text in _all_sentences(folder) if text not in asked]
    texts = list(dict.fromkeys([*texts, *others]))
    known = dict(zip(texts, vectors.of(texts), strict=True)) if vectors else {}
    drawn, real = random.Random(0), len(texts)
    seen = set(texts)
    while len(texts) < BIG:
        one, other = texts[drawn.randrange(real)], texts[drawn.randrange(real)]
        made = one[: (len(one) + 1) // 2] + other[len(other) // 2 :]
        if made in seen or made in asked:
            continue
        seen.add(made)
        texts.append(made)
        if known:
            mean = known[one] + known[other]
            known[made] = mean / np.linalg.norm(mean)
    return Set("big", [Entry(number, (text,)) for number, text in enumerate(texts)], small.questions), known


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Probability that a question the base holds scores above one it does not; equals count half."""
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, side="left") + np.searchsorted(ordered, inside, side="right")
    return round(float(below.mean() / (2 * len(ordered))), 4)


def from_folder(folder: Path) -> Set:
    base = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    entries = [
        Entry(
            int(item["id"]),
            tuple(item["wordings"]),
            tuple(item.get("negatives", ())),
            tuple(item.get("passages", ())),
        )
        for item in base
    ]
    asked = json.loads((folder / "questions.json").read_text(encoding="utf-8"))
    return Set(folder.name, entries, [(item["text"], frozenset(map(int, item["right"]))) for item in asked])


def _entries(wordings: dict[int, list[str]]) -> list[Entry]:
    return [Entry(label, tuple(dict.fromkeys(texts))) for label, texts in sorted(wordings.items())]


def _labelled(path: Path) -> Iterator[tuple[str, int]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["sentence"].strip(), int(row["label"])


def _pairs(folder: Path) -> list[tuple[str, str, bool]]:
    lines = (folder / "question_pairs" / "lcqmc_dev.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [(row[0].strip(), row[1].strip(), row[2] == "1") for row in rows]


def _all_sentences(folder: Path) -> list[str]:
    found: list[str] = []
    for name in ("bq_dev.csv", "bq_test.csv"):
        with (folder / "question_pairs" / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                found += [row[0].strip(), row[1].strip()]
    for name in ("train.json", "dev.json"):
        found += [text for text, _ in _labelled(folder / "intents" / name)]
    return [text for text in dict.fromkeys(found) if text and text not in {"sentence1", "sentence2"}]
