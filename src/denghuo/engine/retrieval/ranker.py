"""From figures to a probability: which entry, and whether any.

Two small linear models that can be read. The first gives each candidate a score; a question's candidates share their
chances by the softmax of it. The second looks at the best of them and says how likely the answer is in the base at all.
``score = P(in the base) · P(this one, if any)``.

There are two sets of weights, with and without vectors.
"""

from __future__ import annotations

import functools
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from denghuo.engine.retrieval.features import COLUMN, FEATURES
from denghuo.engine.retrieval.types import Floats

DEFAULTS: Final = Path(__file__).parent / "data" / "weights.toml"
#: how sure to be: the second model and the sharpness of both sets, fitted by ``benchmarks.search_fitting``
CONFIDENCE: Final = Path(__file__).parent / "data" / "confidence.toml"
#: what the second model sees of a question's candidates
KNOWN: Final[dict[str, str]] = {
    "constant": "1",
    "words": "highest words of the first two candidates",
    "grams": "highest grams of the first two candidates",
    "meaning": "highest meaning of all candidates",
    "class": "highest class of all candidates",
    "covered": "highest covered of the first two candidates",
    "asked_covered": "asked_covered of the first candidate",
    "sequence": "sequence of the first candidate",
    "passage": "highest passage of the first two candidates",
    "ahead": "score of the first less that of the second, at most 4",
    "best": "score of the first",
    "ours": "ours, which is that of the question",
    "known_words": "known_words, as before",
    "known_pairs": "known_pairs, as before",
    "meanings": "meaning, mean of the five highest",
}
_TOP: Final = 5


@dataclass(frozen=True, slots=True)
class Weights:
    """One set: weights by feature (of the figures as they are) and of the second model; ``sharpness`` multiplies the
    scores before the softmax."""

    which: Mapping[str, float]
    known: Mapping[str, float]
    sharpness: float = 1.0

    def raw(self, figures: Floats) -> Floats:
        """Scores of the first model, before the softmax."""
        vector = np.array([self.which.get(name, 0.0) for name in FEATURES], dtype=np.float32)
        return figures @ vector


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights of both kinds. ``note`` says where they come from."""

    plain: Weights
    meaning: Weights
    note: str = ""

    def weights(self, *, with_vectors: bool) -> Weights:
        return self.meaning if with_vectors else self.plain

    def scores(self, figures: Floats, *, with_vectors: bool) -> Floats:
        """Calibrated probabilities of the candidates of one question (rows of ``figures``); they sum to at most 1."""
        weights = self.weights(with_vectors=with_vectors)
        raw = weights.raw(figures)
        return np.asarray(shares(raw * weights.sharpness) * self.known(figures, with_vectors=with_vectors), np.float32)

    def known(self, figures: Floats, *, with_vectors: bool) -> float:
        """Probability that one of the candidates is what was asked for."""
        weights = self.weights(with_vectors=with_vectors)
        seen = overview(figures, weights.raw(figures))
        total = sum(weights.known.get(name, 0.0) * value for name, value in zip(KNOWN, seen.tolist(), strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))

    def to_bytes(self) -> bytes:
        """JSON; the same ranker gives the same bytes."""
        data = {"note": self.note, "plain": _dumped(self.plain), "meaning": _dumped(self.meaning)}
        return json.dumps(data, sort_keys=True, ensure_ascii=False).encode()

    @staticmethod
    def from_bytes(data: bytes) -> Ranker:
        """Raises ValueError when ``data`` is no ranker of this kind."""
        try:
            return _loaded(json.loads(data))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no ranker: {error}") from error


def shares(scores: Floats) -> Floats:
    """Softmax."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def overview(figures: Floats, raw: Floats) -> Floats:
    """What :data:`KNOWN` lists, of one question's candidates."""
    order = np.argsort(-raw, kind="stable")
    first, two = figures[order[0]], figures[order[:2]]
    ahead = min(4.0, float(raw[order[0]] - raw[order[1]])) if len(raw) > 1 else 4.0
    column = COLUMN
    meanings = np.sort(figures[:, column["meaning"]])[-_TOP:]
    return np.array(
        [
            1.0,
            two[:, column["words"]].max(),
            two[:, column["grams"]].max(),
            meanings[-1],
            figures[:, column["class"]].max(),
            two[:, column["covered"]].max(),
            first[column["asked_covered"]],
            first[column["sequence"]],
            two[:, column["passage"]].max(),
            ahead,
            raw[order[0]],
            first[column["ours"]],
            first[column["known_words"]],
            first[column["known_pairs"]],
            meanings.mean(),
        ],
        dtype=np.float32,
    )


@functools.cache
def default_ranker() -> Ranker:
    """The weights shipped with the engine; ``data/weights.toml`` and ``data/confidence.toml`` say how they came about."""
    which, sure = (tomllib.loads(path.read_text(encoding="utf-8")) for path in (DEFAULTS, CONFIDENCE))
    return _loaded({"note": which["note"]} | {kind: which[kind] | sure[kind] for kind in ("plain", "meaning")})


def _dumped(weights: Weights) -> dict[str, Any]:
    return {"which": dict(weights.which), "known": dict(weights.known), "sharpness": weights.sharpness}


def _loaded(data: Mapping[str, Any]) -> Ranker:
    return Ranker(_weights(data["plain"]), _weights(data["meaning"]), str(data.get("note", "")))


def _weights(data: Mapping[str, Any]) -> Weights:
    which = {str(name): float(value) for name, value in data["which"].items()}
    known = {str(name): float(value) for name, value in data["known"].items()}
    unknown = (which.keys() - FEATURES.keys()) | (known.keys() - KNOWN.keys())
    if unknown:
        raise ValueError(f"unknown features: {', '.join(sorted(unknown))}")
    return Weights(which, known, float(data.get("sharpness", 1.0)))
