"""What the ranker sees of a question and an entry, and how it is measured. Every figure can be shown to a reader."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval.kernels import pair_figures
from denghuo.engine.retrieval.postings import Postings
from denghuo.engine.retrieval.types import Floats
from denghuo.engine.retrieval.wordings import DIFFERENCES

#: name → what it says; the order is that of the columns
FEATURES: Final[dict[str, str]] = {
    "words": "BM25 of the best wording on words, 1 = as the question itself",
    "grams": "BM25 of the best wording on characters and pairs, 1 = as the question itself",
    "sounds": "BM25 of the best wording on how it sounds, 1 = as the question itself",
    "words_more": "words, mean of the three best wordings",
    "grams_more": "grams, mean of the three best wordings",
    "words_ahead": "words, as part of the best entry's",
    "grams_ahead": "grams, as part of the best entry's",
    "meaning": "cosine of the best wording",
    "meaning_more": "cosine, mean of the three best wordings",
    "meaning_ahead": "cosine less that of the best entry, in standard deviations of the candidates",
    "class": "linear classifier over entries",
    "sequence": "longest common subsequence, of the mean length",
    "run": "longest common run, of the shorter length",
    "asked_covered": "weight of the question's characters that the wording has",
    "wording_covered": "weight of the wording's characters that the question has",
    "covered": "the two before, multiplied",
    "passage": "BM25 of the best passage on characters, 1 = as the question itself",
    "passage_meaning": "cosine of the best passage",
    "negative": "how much closer a wording it must not be found by is than the best wording",
    "first": "the standard wording is the one that fits best",
    **DIFFERENCES,
    "known_words": "part of the question's words, by weight, that stand anywhere in the base; the same for all candidates",
    "known_pairs": "part of the question's pairs of characters, by weight, that stand anywhere in the base; as before",
    "ours": "weight of evidence that the question speaks of the base's matters, tenths (see everyday); as before",
}
COLUMN: Final = {name: at for at, name in enumerate(FEATURES)}
_CODES: Final = 0x30000


def best_of(values: Floats, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Highest, and mean of the three highest, of each group of ``values``. Groups follow each other; a group of fewer
    than three takes the mean of what it has."""
    width = int(sizes.max())
    table = np.full((len(sizes), width), -np.inf, dtype=np.float32)
    group = np.repeat(np.arange(len(sizes)), sizes)
    table[group, np.arange(len(values)) - starts[group]] = values
    if width > 3:
        table = -np.partition(-table, 2, axis=1)[:, :3]
    seen = np.isfinite(table)
    means = np.where(seen, table, 0).sum(axis=1) / seen.sum(axis=1)
    return table.max(axis=1), means.astype(np.float32)


def compared(question: str, sentences: list[str], postings: Postings) -> Floats:
    """Columns of :func:`kernels.pair_figures` for each of ``sentences`` (all in one writing)."""
    asked = _codes(question)
    parts = [_codes(sentence) for sentence in sentences]
    starts = np.zeros(len(parts) + 1, dtype=np.int64)
    starts[1:] = np.cumsum([len(part) for part in parts])
    text = np.concatenate(parts) if parts else np.zeros(0, np.int32)
    weight = np.empty(_CODES, dtype=np.float32)
    for code in np.unique(np.concatenate([asked, text])):
        weight[code] = postings.idf(1, chr(code))
    return np.asarray(pair_figures(asked, text, starts, weight), dtype=np.float32)


def relative(values: Floats) -> Floats:
    """Each as part of the highest; noughts when nothing is above nought."""
    highest = float(values.max()) if len(values) else 0.0
    return values / highest if highest > 0 else np.zeros_like(values)


def deviations(values: Floats) -> Floats:
    """Less than the highest, in standard deviations."""
    spread = float(values.std()) if len(values) > 1 else 0.0
    return (values - values.max()) / np.float32(spread) if spread > 1e-6 else np.zeros_like(values)


def _codes(text: str) -> NDArray[np.int32]:
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.int32)
    return np.minimum(codes, _CODES - 1)
