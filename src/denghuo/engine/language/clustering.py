"""Groups of questions that seem to ask the same: proposals to an editor, never more.

Average linkage on a distance of meaning (sentence vectors, where there are any) and of wording (pieces of text). A group
ends where its members are further apart on average than ``apart``, and nobody stays in one who is not near its centre:
an editor forgives a group too small sooner than one that mixes two matters. Measured by B³ (Bagga & Baldwin 1998).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.language import features

#: more texts at once need more memory than a worker has (distances are kept for every pair)
MOST: Final = 6000
#: mean distance within a group at which it ends, with vectors and without: wording alone lies further apart
APART: Final = 0.75
APART_WORDING: Final = 0.85


def cluster(
    vectors: NDArray[Any] | None,
    texts: Sequence[str],
    *,
    apart: float | None = None,
    meaning: float = 0.6,
    fewest: int = 2,
) -> list[int]:
    """A group number for each text, −1 for those that belong to none; the largest group is 0.

    ``vectors``: rows of length one, or None; ``meaning`` is their share in the distance, which runs from 0 to 1. Same
    input, same groups. ValueError with more than :data:`MOST` texts, or vectors that do not match.
    """
    if len(texts) > MOST:
        raise ValueError(f"at most {MOST} texts at once")
    if vectors is not None and len(vectors) != len(texts):
        raise ValueError("one vector a text")
    if len(texts) < 2:
        return [-1] * len(texts)
    if apart is None:
        apart = APART_WORDING if vectors is None else APART
    gaps = distances(vectors, texts, meaning=meaning)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(gaps, checks=False), method="average")
    numbers = fcluster(tree, t=apart, criterion="distance")
    return _ordered(_pure(numbers, gaps, apart), fewest)


def distances(vectors: NDArray[Any] | None, texts: Sequence[str], *, meaning: float = 0.6) -> NDArray[np.float32]:
    """Distance 0…1 of every pair. Cosines of sentence vectors all lie close together, so they are stretched between
    the middle of all pairs (1) and equal (0)."""
    prints, rarity = features.known(texts)
    rows = features.matrix(texts, prints, rarity)
    wording = 1 - np.asarray((rows @ rows.T).todense(), dtype=np.float32)
    gaps = np.clip(wording, 0, 1)
    if vectors is not None:
        far = 1 - np.asarray(vectors @ vectors.T, dtype=np.float32)
        middle = float(np.median(far[np.triu_indices(len(far), 1)])) or 1.0
        gaps = (1 - meaning) * gaps + meaning * np.clip(far / middle, 0, 1)
    np.fill_diagonal(gaps, 0)
    return np.asarray((gaps + gaps.T) / 2, dtype=np.float32)


def b_cubed(groups: Sequence[int], truth: Sequence[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 of groups, averaged over items; an item in no group (−1) is a group of its own."""
    own = [group if group >= 0 else -2 - at for at, group in enumerate(groups)]
    precision = recall = 0.0
    for at, group in enumerate(own):
        together = [i for i, other in enumerate(own) if other == group]
        alike = [i for i, other in enumerate(truth) if other == truth[at]]
        both = sum(truth[i] == truth[at] for i in together)
        precision += both / len(together)
        recall += both / len(alike)
    size = max(1, len(own))
    precision, recall = precision / size, recall / size
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _pure(numbers: NDArray[Any], gaps: NDArray[np.float32], apart: float) -> NDArray[Any]:
    """Members further from the rest of their group than ``apart`` are let go, the furthest first."""
    kept = numbers.copy()
    for number in np.unique(numbers):
        members = list(np.flatnonzero(numbers == number))
        while len(members) > 1:
            inner = gaps[np.ix_(members, members)].sum(axis=1) / (len(members) - 1)
            worst = int(inner.argmax())
            if inner[worst] <= apart * 1.15:
                break
            kept[members.pop(worst)] = -1
    return kept


def _ordered(numbers: NDArray[Any], fewest: int) -> list[int]:
    sizes = {int(n): int((numbers == n).sum()) for n in np.unique(numbers) if n >= 0}
    first = {n: int(np.flatnonzero(numbers == n)[0]) for n in sizes}
    order = sorted((n for n, size in sizes.items() if size >= fewest), key=lambda n: (-sizes[n], first[n]))
    place = {n: at for at, n in enumerate(order)}
    return [place.get(int(n), -1) for n in numbers]
