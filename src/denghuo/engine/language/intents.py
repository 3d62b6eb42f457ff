"""What somebody wants, by a linear model of the pieces of text, with one of sentence vectors beside it where there are any.

Two linear classifiers: a support vector machine over pieces (:mod:`features`) and a logistic one over vectors. How much
each counts, and how far a score is a probability, is fitted on predictions each made for texts it had not seen
(cross-fitting), so that 0.9 means right nine times in ten on texts like those it was taught with. A model is arrays of
numbers: it is kept as a NumPy archive without pickled objects.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.language import features

Matrix = NDArray[np.float32]
FORM: Final = 1  # of the archive


@dataclass(frozen=True, slots=True)
class IntentModel:
    """``weights`` (pieces × labels) and ``bias`` score pieces; ``vector_*`` score vectors (empty: not taught with any).

    ``mix_text`` scales text scores when there is no vector, ``mix_both`` text and vector scores when there is.
    """

    labels: tuple[str, ...]
    prints: features.Prints
    rarity: Matrix
    weights: Matrix
    bias: Matrix
    mix_text: float
    vector_weights: Matrix = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    vector_bias: Matrix = field(default_factory=lambda: np.zeros(0, np.float32))
    vector_mean: Matrix = field(default_factory=lambda: np.zeros(0, np.float32))
    mix_both: tuple[float, float] = (1.0, 0.0)
    embedder: str = ""
    digest: str = ""

    def probabilities(self, texts: Sequence[str], vectors: Matrix | None = None) -> Matrix:
        """(texts × labels), rows sum to one. ``vectors`` count only when the model was taught with some; they must come
        from :attr:`embedder`."""
        if not texts:
            return np.zeros((0, len(self.labels)), np.float32)
        scores = features.matrix(texts, self.prints, self.rarity) @ self.weights + self.bias
        if vectors is None or not self.vector_mean.size:
            return softmax(np.asarray(scores * self.mix_text))
        judged = (vectors - self.vector_mean) @ self.vector_weights + self.vector_bias
        return softmax(np.asarray(self.mix_both[0] * scores + self.mix_both[1] * judged))

    def predict(self, texts: Sequence[str], vectors: Matrix | None = None) -> list[tuple[str, float]]:
        """The likeliest label of each text and its probability. A text without any known piece gets probability 0."""
        found = self.probabilities(texts, vectors)
        best = found.argmax(axis=1)
        blank = [not text.strip() for text in texts]
        return [
            (self.labels[at], 0.0 if empty else float(row[at]))
            for at, row, empty in zip(best, found, blank, strict=True)
        ]

    def ranked(self, text: str, vector: Matrix | None = None, *, limit: int = 3) -> list[tuple[str, float]]:
        """Labels of one text by falling probability."""
        row = self.probabilities([text], None if vector is None else vector.reshape(1, -1))[0]
        order = np.argsort(-row, kind="stable")[:limit]
        return [(self.labels[at], float(row[at])) for at in order]

    def because(self, text: str, label: str, *, limit: int = 5) -> list[tuple[str, float]]:
        """The pieces of ``text`` that spoke most for ``label``, with what each added; for the reader who asks why."""
        row = features.matrix([text], self.prints, self.rarity)
        at = self.labels.index(label)
        found: dict[str, float] = {}
        names = {features.fingerprint(piece): piece for piece in features.pieces(text)}
        for column, value in zip(row.indices, row.data, strict=True):
            added = float(value * self.weights[column, at])
            if names[int(self.prints[column])].startswith("p:"):
                continue  # what is seen: its words are pieces themselves
            piece = (
                names[int(self.prints[column])]
                .strip("^$")
                .removeprefix("w:")
                .removeprefix("t:=")
                .replace("^", "")
                .replace("$", "")
                .strip()
            )
            if added > 0 and piece:
                found[piece] = max(found.get(piece, 0.0), added)
        return sorted(found.items(), key=lambda item: -item[1])[:limit]

    def to_bytes(self) -> bytes:
        """As a compressed NumPy archive of plain arrays."""
        out = io.BytesIO()
        head = {"form": FORM, "labels": self.labels, "mix_text": self.mix_text, "mix_both": self.mix_both, "embedder": self.embedder, "digest": self.digest}  # fmt: skip
        np.savez_compressed(
            out,
            head=np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), dtype=np.uint8),
            prints=self.prints,
            rarity=self.rarity,
            weights=self.weights.astype(np.float16),
            bias=self.bias,
            vector_weights=self.vector_weights,
            vector_bias=self.vector_bias,
            vector_mean=self.vector_mean,
        )
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> IntentModel:
        """The model back. ValueError when it is not one, or of another form."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as held:
                head: dict[str, Any] = json.loads(held["head"].tobytes())
                if head["form"] != FORM:
                    raise ValueError(f"form {head['form']}, not {FORM}")
                return cls(
                    tuple(head["labels"]), held["prints"], held["rarity"], held["weights"].astype(np.float32), held["bias"],
                    head["mix_text"], held["vector_weights"], held["vector_bias"], held["vector_mean"],
                    (head["mix_both"][0], head["mix_both"][1]), head["embedder"], head["digest"],
                )  # fmt: skip
        except (OSError, KeyError, EOFError) as error:
            raise ValueError("not an intent model") from error


def softmax(scores: NDArray[Any]) -> Matrix:
    """Rows as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)


def train_intents(
    texts: Sequence[str],
    labels: Sequence[str],
    vectors: Matrix | None = None,
    *,
    folds: int = 4,
    fewest: int = 1,
    strictness: float = 0.5,
    embedder: str = "",
    digest: str = "",
    doubt: float = 0.0,
) -> IntentModel:
    """Teach a model. ``strictness`` is the C of the machine over pieces; ``fewest`` texts a piece must occur in.

    ``doubt`` > 0 leaves out of the last fit the texts whose given label cross-fitting thinks less likely than that and
    another label likelier than 1 − ``doubt`` (labels taken to be wrong; Northcutt 2021). Same input, same model.
    ValueError with fewer than two labels or a label with fewer texts than two.
    """
    counts = Counter(labels)
    if len(counts) < 2 or min(counts.values()) < 2:
        raise ValueError("at least two labels with two texts each are needed")
    names = tuple(sorted(counts))
    y = np.array([names.index(label) for label in labels])
    scores, judged = _cross_fitted(texts, y, vectors, len(names), min(folds, min(counts.values())), fewest, strictness)
    mix_text = _mix([scores], y)[0]
    both = _mix([scores, judged], y) if judged is not None else np.array([mix_text, 0.0])
    if doubt > 0:
        believed = softmax(both[0] * scores + (both[1] * judged if judged is not None else 0))
        keep = ~((believed[np.arange(len(y)), y] < doubt) & (believed.max(axis=1) > 1 - doubt))
        keep |= np.isin(y, [at for at in range(len(names)) if (y[keep] == at).sum() < 2])
        texts, y = [text for text, kept in zip(texts, keep, strict=True) if kept], y[keep]
        vectors = vectors[keep] if vectors is not None else None
    prints, rarity, weights, bias = _fit_text(texts, y, fewest, strictness)
    if vectors is None:
        return IntentModel(names, prints, rarity, weights, bias, float(mix_text), digest=digest)
    vector_weights, vector_bias, mean = _fit_vectors(vectors, y)
    return IntentModel(
        names, prints, rarity, weights, bias, float(mix_text), vector_weights, vector_bias, mean,
        (float(both[0]), float(both[1])), embedder, digest,
    )  # fmt: skip


def _fit_text(
    texts: Sequence[str], y: NDArray[np.int64], fewest: int, strictness: float
) -> tuple[features.Prints, Matrix, Matrix, Matrix]:
    from sklearn.svm import LinearSVC

    prints, rarity = features.known(texts, fewest=fewest)
    rows = features.matrix(texts, prints, rarity)
    machine = LinearSVC(C=strictness, random_state=0).fit(rows, y)
    weights, bias = machine.coef_.T, machine.intercept_
    if len(machine.classes_) == 2:
        weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
    return prints, rarity, np.ascontiguousarray(weights, dtype=np.float32), np.asarray(bias, dtype=np.float32)


def _fit_vectors(vectors: Matrix, y: NDArray[np.int64]) -> tuple[Matrix, Matrix, Matrix]:
    """Logistic weights on vectors around their mean (sentence vectors of this kind all lie close together), scaled to
    length one on average; the scale goes into the weights."""
    from sklearn.linear_model import LogisticRegression

    mean = vectors.mean(axis=0)
    scale = 1 / (np.linalg.norm(vectors - mean, axis=1).mean() or 1.0)
    judge = LogisticRegression(C=30, max_iter=100, tol=1e-3).fit((vectors - mean) * scale, y)
    weights, bias = judge.coef_.T * scale, judge.intercept_
    if len(judge.classes_) == 2:
        weights, bias = np.hstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
    return weights.astype(np.float32), bias.astype(np.float32), mean.astype(np.float32)


def _cross_fitted(
    texts: Sequence[str],
    y: NDArray[np.int64],
    vectors: Matrix | None,
    size: int,
    folds: int,
    fewest: int,
    strictness: float,
) -> tuple[Matrix, Matrix | None]:
    """Scores of every text by models that have not seen it."""
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros((len(y), size), np.float32)
    judged = np.zeros((len(y), size), np.float32) if vectors is not None else None
    for past, ahead in StratifiedKFold(max(2, folds), shuffle=True, random_state=0).split(y, y):
        told, asked = [texts[at] for at in past], [texts[at] for at in ahead]
        prints, rarity, weights, bias = _fit_text(told, y[past], fewest, strictness)
        scores[ahead] = features.matrix(asked, prints, rarity) @ weights + bias
        if vectors is not None and judged is not None:
            w, b, mean = _fit_vectors(vectors[past], y[past])
            judged[ahead] = (vectors[ahead] - mean) @ w + b
    return scores, judged


def _mix(legs: Sequence[Matrix], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weights (≥ 0) of the legs under which the right labels are likeliest."""
    from scipy.optimize import minimize

    rows = np.arange(len(y))

    def loss(logs: NDArray[np.float64]) -> float:
        total = sum(np.exp(value) * leg for value, leg in zip(logs, legs, strict=True))
        found = softmax(np.asarray(total))
        return float(-np.log(found[rows, y] + 1e-9).mean())

    # a start wide enough to see the slope: from zero the method would begin with steps of 0.00025
    corners = np.vstack([np.zeros(len(legs)), np.eye(len(legs)) * 1.5])
    best = minimize(
        loss, corners[0], method="Nelder-Mead", options={"xatol": 0.01, "fatol": 1e-4, "initial_simplex": corners}
    )
    return np.asarray(np.exp(best.x))
