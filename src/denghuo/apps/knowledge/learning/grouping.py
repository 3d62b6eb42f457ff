"""Which questions ask the same: likeness by words, letters and, where there are vectors, by meaning.

Grouping unknown questions by machine is right about half of the time on published sets (B³-F1 near .5), so a group is a
proposal to an editor. Average linkage keeps a chain of half-alike questions from becoming one group (Sokal & Michener
1958).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.language import normalise, tokens
from denghuo.engine.language.keywords import matter

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
WORDS_SHARE: Final = 0.5  # of the likeness, where there are vectors too
#: cosine of two unlike sentences under the sentence embedders in use; below it nothing is alike
FLOOR: Final = 0.75
LETTERS: Final = 0.5  # weight of a pair of characters beside a word's


def features(texts: Sequence[str]) -> csr_matrix:
    """Rows of length one: words and pairs of characters, weighted by how rare they are among ``texts``."""
    from scipy.sparse import csr_matrix  # large: only the job that groups loads it

    names: dict[str, int] = {}
    counts: Counter[int] = Counter()
    rows: list[dict[int, float]] = []
    for text in texts:
        plain = normalise(text)
        row: dict[int, float] = {}
        for word in tokens(plain):
            row[names.setdefault(f"w{word}", len(names))] = 1.0
        for at in range(len(plain) - 1):
            row[names.setdefault(f"c{plain[at : at + 2]}", len(names))] = LETTERS
        counts.update(row)
        rows.append(row)
    pointers = np.cumsum([0] + [len(row) for row in rows])
    columns = np.array([column for row in rows for column in row], dtype=np.int64)
    rarity = np.log1p(len(texts) / (1.0 + np.array([counts[column] for column in columns], dtype=np.float64)))
    data = np.array([weight for row in rows for weight in row.values()], dtype=np.float64) * rarity
    found = csr_matrix((data, columns, pointers), shape=(len(texts), max(1, len(names))))
    lengths = np.sqrt(np.asarray(found.multiply(found).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    return csr_matrix(found.multiply(1 / lengths[:, None]))


def likeness(texts: Sequence[str], vectors: Mapping[str, Floats] | None = None) -> Floats:
    """(n, n) likeness, 0…1, of every two ``texts``; ``vectors`` by text, of length one, used when all have one."""
    rows = features(texts)
    words = np.asarray((rows @ rows.T).todense(), dtype=np.float32)
    if vectors and all(text in vectors for text in texts):
        matrix = np.stack([vectors[text] for text in texts])
        meaning = np.clip((matrix @ matrix.T - FLOOR) / (1 - FLOOR), 0, 1)
        words = WORDS_SHARE * words + (1 - WORDS_SHARE) * meaning
    return np.asarray(np.clip(words, 0, 1), dtype=np.float32)


def groups(alike: Floats, least: float) -> list[list[int]]:
    """Places of texts by group, average likeness within at least ``least``; each text is in one group, the order is that
    of the first text."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = len(alike)
    if n < 2:
        return [[place] for place in range(n)]
    apart = np.maximum(0.0, 1.0 - (alike + alike.T) / 2)
    np.fill_diagonal(apart, 0.0)
    marks = fcluster(linkage(squareform(apart, checks=False), "average"), 1.0 - least, "distance")
    found: dict[int, list[int]] = {}
    for place, mark in enumerate(marks):
        found.setdefault(int(mark), []).append(place)
    return sorted(found.values())


def medoid(alike: Floats, places: Sequence[int], weights: Sequence[float] | None = None) -> int:
    """The text of ``places`` most like the others; ``weights`` (times asked) count them accordingly."""
    inner = alike[np.ix_(places, places)]
    weighed = inner @ (np.asarray(weights, dtype=np.float32) if weights is not None else np.ones(len(places)))
    return places[int(np.argmax(weighed))]


def typical_words(texts: Sequence[str], most: int = 6) -> list[str]:
    """Words that most of ``texts`` share, the longer first among equals."""
    counts = Counter(word for text in texts for word in set(matter(text)))
    least = 1 if len(texts) < 3 else 2
    ranked = sorted(counts.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))
    return [word for word, times in ranked if times >= least][:most]
