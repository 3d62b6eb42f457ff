"""Learning the weights: from judged questions, or from the base itself with one wording left out at a time.

A wording left out is a question whose answer is known, and with its whole entry left out it is one whose answer is not
in the base: every base brings its own teacher. The weights are pulled towards those shipped with the engine, so a small
base moves them little.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from denghuo.engine.retrieval.analyser import sound
from denghuo.engine.retrieval.classes import Classes
from denghuo.engine.retrieval.deciding import Judged
from denghuo.engine.retrieval.everyday import known_strangers
from denghuo.engine.retrieval.features import COLUMN, FEATURES
from denghuo.engine.retrieval.index import Index
from denghuo.engine.retrieval.ranker import KNOWN, Ranker, Weights, overview, shares
from denghuo.engine.retrieval.types import Floats
from denghuo.engine.retrieval.wordings import DIFFERENCES

#: pull towards the weights started from, in the loss of one question (features scaled to deviation one)
PULL: Final = 30.0
#: how much a question counts whose own entry was taken away. Little: it is of the trade, and a base cannot be taught to
#: refuse everything that is close to what it holds
ABSENT: Final = 0.1
#: all strangers together count as much as this part of the questions the base holds
STRANGE: Final = 1.0
#: part of the wordings left out that are mistyped first (without vectors only: a mistyped text has another vector)
MISTYPED: Final = 0.2
#: features that tell two sentences apart; the others tell how alike they are
APART: Final = frozenset({*DIFFERENCES, "negative"})
#: fewer examples than this teach nothing: the ranker started from is given back
FEWEST: Final = 30


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates: their figures, and which of them are right (none: the answer is not in the base).
    ``weight`` is how many questions it stands for."""

    figures: Floats
    right: NDArray[np.bool_]
    weight: float = 1.0


def train_ranker(
    index: Index,
    pairs: Sequence[tuple[str, Collection[int]]] = (),
    *,
    start: Ranker,
    vectors: Callable[[Sequence[str]], Floats] | None = None,
    most: int = 1500,
    seed: int = 0,
    absent: float = ABSENT,
    strangers: Sequence[str] | None = None,
) -> Ranker:
    """Weights for this base. ``pairs`` are questions with the ids that answer them (none: not in the base); without pairs
    the base's own wordings are left out one by one, at most ``most`` of them, drawn with ``seed``. ``strangers`` are
    sentences the base has nothing for (None: those shipped). ``vectors`` embeds questions and strangers; without it the
    weights for vectors stay those of ``start``, as all do where there are too few examples.
    """
    unknown = known_strangers() if strangers is None else list(strangers)
    sets = [start.plain, start.meaning]
    for at, embed in enumerate((None, vectors)):
        if at and (embed is None or not index.wordings.dense.count):
            continue
        if pairs:
            examples = from_pairs(index, pairs, embed)
        else:
            examples = from_base(index, with_vectors=bool(at), most=most, seed=seed, absent=absent)
        examples += from_strangers(index, unknown, embed, len(examples))
        sets[at] = fitted(examples, sets[at], signed=not pairs)
    return Ranker(sets[0], sets[1], f"trained on {len(pairs) or len(index.living())} questions")


def from_pairs(
    index: Index,
    pairs: Sequence[tuple[str, Collection[int]]],
    vectors: Callable[[Sequence[str]], Floats] | None,
) -> list[Example]:
    """One example a question."""
    rows = vectors([text for text, _ in pairs]) if vectors is not None else None
    examples = []
    for at, (text, right) in enumerate(pairs):
        found = index.candidates(index.analyser.terms(text), None if rows is None else rows[at], None)
        if len(found.rows):
            ids = index.ids_of(found.rows)
            examples.append(Example(found.figures, np.isin(ids, list(right))))
    return examples


def from_base(
    index: Index, *, with_vectors: bool, most: int = 1500, seed: int = 0, absent: float = ABSENT
) -> list[Example]:
    """Each wording in turn looked for without itself, and without its whole entry. Entries of one wording give the
    second kind only."""
    numbers = index.living()
    classes = index.learnt(left_out=True)
    drawn = np.random.default_rng(seed)
    chosen = drawn.permutation(len(numbers))[:most]
    alike = _alike(index.wordings.plains[number] for number in numbers)
    examples = []
    for at in sorted(chosen.tolist()):
        number = int(numbers[at])
        text = index.wordings.texts[number]
        place = at
        if not with_vectors and drawn.random() < MISTYPED:
            # the formula for what the classifier would have said holds for the text it learnt, not for another
            text, place = _mistyped(text, alike, drawn), -1
        examples += _left_out(index, number, text, place, classes, with_vectors, absent)
    return examples


def _alike(plains: Iterable[str]) -> dict[str, list[str]]:
    """Sound → the base's characters that sound so, where there are several."""
    groups: dict[str, list[str]] = {}
    for char in sorted({char for plain in plains for char in plain if not char.isascii()}):
        groups.setdefault(sound(char), []).append(char)
    return {heard: chars for heard, chars in groups.items() if len(chars) > 1}


def _mistyped(text: str, alike: Mapping[str, list[str]], drawn: np.random.Generator) -> str:
    """``text`` with one character replaced by another that sounds the same; unchanged where there is none."""
    places = [at for at, char in enumerate(text) if not char.isascii() and sound(char) in alike]
    if not places:
        return text
    at = places[int(drawn.integers(len(places)))]
    others = [char for char in alike[sound(text[at])] if char != text[at]] or [text[at]]
    return text[:at] + others[int(drawn.integers(len(others)))] + text[at + 1 :]


def from_strangers(
    index: Index, texts: Sequence[str], vectors: Callable[[Sequence[str]], Floats] | None, beside: int
) -> list[Example]:
    """Examples of what is not in the base; together they weigh as ``beside`` · :data:`STRANGE` questions."""
    weight = STRANGE * beside / max(1, len(texts))
    examples = from_pairs(index, [(text, ()) for text in texts], vectors)
    return [replace(example, weight=weight) for example in examples]


def _left_out(
    index: Index, number: int, text: str, at: int, classes: Classes | None, with_vectors: bool, absent: float
) -> list[Example]:
    store = index.wordings
    row = int(store.owners[number])
    terms = index.analyser.terms(text)
    vector = store.dense.vectors(np.array([number]))[0] if with_vectors else None
    if vector is not None and not vector.any():
        return []
    examples = []
    if len(store.numbers[row]) > 1:
        found = index.candidates(terms, vector, None, without=number)
        figures = _with_classes(index, found.figures, found.rows, classes, at)
        examples.append(Example(figures, found.rows == row))
    if absent > 0:
        mask = np.ones(index.rooms, dtype=np.bool_)
        mask[row] = False
        found = index.candidates(terms, vector, mask, without=number)
        if len(found.rows):
            figures = _with_classes(index, found.figures, found.rows, classes, at)
            examples.append(Example(figures, np.zeros(len(found.rows), np.bool_), absent))
    return examples


def _with_classes(index: Index, figures: Floats, rows: NDArray[np.int64], classes: Classes | None, at: int) -> Floats:
    """The classifier's column as it would be had the wording not been learnt; noughts for place -1."""
    if classes is None or classes.left_out is None:
        return figures
    place = np.searchsorted(classes.entries, index.ids_of(rows))
    left_out = classes.left_out[at] if at >= 0 else np.zeros(len(classes.entries), np.float32)
    scores = left_out[np.minimum(place, len(classes.entries) - 1)]
    figures = figures.copy()
    figures[:, COLUMN["class"]] = scores
    return figures


def fitted(examples: Sequence[Example], start: Weights, *, signed: bool = False) -> Weights:
    """Both models of one set of weights. ``signed``: likeness never counts against an entry and difference never for it.
    Held where a base teaches itself, so that what is odd about its wordings does not become a rule; judged questions may
    say otherwise."""
    if sum(bool(example.right.any()) for example in examples) < FEWEST:
        return start
    which = _which(examples, start, signed)
    halfway = Weights(which, start.known, 1.0)
    return Weights(which, known_of(examples, halfway), 1.0)


def _which(examples: Sequence[Example], start: Weights, signed: bool) -> dict[str, float]:
    """Softmax regression over the candidates of each question that has a right one."""
    judged = [example for example in examples if example.right.any() and not example.right.all()]
    sizes = np.array([len(example.right) for example in judged])
    firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    figures = np.concatenate([example.figures for example in judged]).astype(np.float64)
    right = np.concatenate([example.right for example in judged])
    group = np.repeat(np.arange(len(judged)), sizes)
    centred = figures - (np.add.reduceat(figures, firsts) / sizes[:, None])[group]
    scale = centred.std(axis=0)
    scale[scale < 1e-6] = np.inf  # never differs: keeps the weight it had
    scaled = centred / scale
    before = np.array([start.which.get(name, 0.0) * start.sharpness for name in FEATURES])
    differs = np.isfinite(scale)
    origin = np.where(differs, before * np.where(differs, scale, 0.0), 0.0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw = scaled @ weights
        raw -= np.maximum.reduceat(raw, firsts)[group]
        powers = np.exp(raw)
        total = np.add.reduceat(powers, firsts)
        good = np.add.reduceat(powers * right, firsts)
        pull = weights - origin
        value = float(np.log(total / np.maximum(good, 1e-300)).sum() + 0.5 * PULL * (pull**2).sum())
        slope = powers / total[group] - powers * right / np.maximum(good, 1e-300)[group]
        return value, scaled.T @ slope + PULL * pull

    best = _minimum(loss, origin, [_side(name) if signed else (None, None) for name in FEATURES])
    learnt = np.where(np.isfinite(scale), best / scale, before)
    return {name: round(float(value), 5) for name, value in zip(FEATURES, learnt, strict=True) if value}


def _side(name: str) -> tuple[float | None, float | None]:
    if name in {"starts", "ends", "first"}:
        return None, None
    return (None, 0.0) if name in APART else (0.0, None)


def known_of(examples: Sequence[Example], weights: Weights, *, pull: float = PULL) -> dict[str, float]:
    """The second model by logistic regression: is what was asked for among the candidates? A figure that is alike in all
    examples gets no weight."""
    seen = np.stack([overview(e.figures, weights.raw(e.figures)) for e in examples]).astype(np.float64)
    there = np.array([float(example.right.any()) for example in examples])
    counts = np.array([example.weight for example in examples])
    middle, scale = seen.mean(axis=0), seen.std(axis=0)
    scale[scale < 1e-6] = np.inf
    scaled = (seen - middle) / scale
    scaled[:, 0] = 1.0

    def loss(row: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        raw = scaled @ row
        value = float((counts * (np.logaddexp(0.0, raw) - there * raw)).sum() + 0.5 * pull * (row[1:] ** 2).sum())
        slope = scaled.T @ (counts * (1.0 / (1.0 + np.exp(-raw)) - there))
        slope[1:] += pull * row[1:]
        return value, slope

    upward = [(None, None)] + [(0.0, None)] * (len(KNOWN) - 1)  # being closer never makes it less likely to be there
    best = _minimum(loss, np.zeros(len(KNOWN)), upward)
    learnt = np.where(np.isfinite(scale), best / scale, 0.0)
    learnt[0] = best[0] - float((learnt[1:] * middle[1:]).sum())
    return {name: round(float(value), 5) for name, value in zip(KNOWN, learnt, strict=True)}


def sharpness_of(examples: Sequence[Example], weights: Weights) -> float:
    """By what to multiply the first model's scores, so that the shares of the candidates are as often right as they say:
    the least mean of -log P(right) over questions that have a right candidate, in steps of a tenth."""
    steps = [round(0.1 * step, 1) for step in range(3, 41)]
    return min(steps, key=lambda step: log_loss(examples, replace(weights, sharpness=step)))


def _minimum(
    loss: Callable[..., Any],
    origin: NDArray[np.float64],
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> NDArray[np.float64]:
    options = {"maxiter": 200}
    found: NDArray[np.float64] = minimize(loss, origin, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found


def log_loss(examples: Sequence[Example], weights: Weights) -> float:
    """Mean of -log P(right), over the questions that have a right candidate."""
    losses = []
    for example in examples:
        if example.right.any():
            part = shares(weights.raw(example.figures) * weights.sharpness)[example.right].sum()
            losses.append(-float(np.log(max(float(part), 1e-12))))
    return float(np.mean(losses)) if losses else 0.0


def judge(examples: Sequence[Example], ranker: Ranker, *, with_vectors: bool) -> list[Judged]:
    """What ``ranker`` makes of examples, as :func:`deciding.calibrate` takes it."""
    judged = []
    for example in examples:
        scores = ranker.scores(example.figures, with_vectors=with_vectors)
        order = np.argsort(-scores, kind="stable")[:8]
        right = np.flatnonzero(example.right[order])
        place = int(right[0]) if len(right) else None
        judged.append(Judged(tuple(scores[order].tolist()), place, bool(example.right.any())))
    return judged
