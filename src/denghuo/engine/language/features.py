"""Text to weighted counts of its pieces: runs of one to four characters and one to two words, as 64-bit fingerprints.

No dictionary of pieces is kept: a piece is the first eight bytes of its BLAKE2 digest, a model the sorted fingerprints it
knows. Unknown pieces are left out.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from denghuo.engine.language.phenomena import find_phenomena
from denghuo.engine.language.words import normalise, tokens

Prints = NDArray[np.uint64]
LONGEST: Final = 4


@lru_cache(maxsize=400_000)
def fingerprint(piece: str) -> int:
    """The same for ever and everywhere, so that arrays can be shipped."""
    return int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big")


def words(text: str) -> list[str]:
    """Words of ``text`` as a general dictionary cuts them; blanks left out."""
    import rjieba

    return [word for word in rjieba.cut(text) if word.strip()]


def pieces(text: str) -> Counter[str]:
    """Pieces with how often each occurs, words of the trade and what is seen among them. The beginning and the end of the text count as characters."""
    plain = normalise(text)
    framed = f"^{plain.replace(' ', '_')}$"
    found: Counter[str] = Counter()
    for size in range(1, LONGEST + 1):
        found.update(framed[at : at + size] for at in range(len(framed) - size + 1))
    cut = words(plain)
    found.update(f"w:{word}" for word in cut)
    found.update(f"w:{a} {b}" for a, b in zip(["^", *cut], [*cut, "$"], strict=True))
    # the trade's word for what was said, so that "没电" and "断电" are one
    found.update(f"t:{token}" for token in tokens(text) if token.startswith("="))
    found.update(f"p:{sighting.phenomenon.code}" for sighting in find_phenomena(plain))
    return found


def known(texts: Sequence[str], *, fewest: int = 1) -> tuple[Prints, NDArray[np.float32]]:
    """Fingerprints (sorted) of the pieces that occur in at least ``fewest`` of ``texts``, with their rarity
    (smoothed inverse document frequency)."""
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update({fingerprint(piece) for piece in pieces(text)})
    kept = sorted(piece for piece, count in seen.items() if count >= fewest)
    rarity = [math.log((1 + len(texts)) / (1 + seen[piece])) + 1 for piece in kept]
    return np.array(kept, dtype=np.uint64), np.array(rarity, dtype=np.float32)


def matrix(texts: Sequence[str], prints: Prints, rarity: NDArray[np.float32]) -> sparse.csr_matrix:
    """One row a text, of length one: (1 + log count) times rarity of each known piece."""
    columns: list[NDArray[np.int64]] = []
    values: list[NDArray[np.float32]] = []
    edges = [0]
    for text in texts:
        counts = pieces(text)
        wanted = np.fromiter((fingerprint(piece) for piece in counts), dtype=np.uint64, count=len(counts))
        weight = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        at = np.searchsorted(prints, wanted)
        hit = (
            (at < len(prints)) & (prints[np.minimum(at, len(prints) - 1)] == wanted)
            if len(prints)
            else np.zeros(len(at), bool)
        )
        row = (weight[hit] * rarity[at[hit]]).astype(np.float32)
        length = float(np.linalg.norm(row)) or 1.0
        columns.append(at[hit])
        values.append(row / length)
        edges.append(edges[-1] + int(hit.sum()))
    data = np.concatenate(values) if values else np.zeros(0, np.float32)
    index = np.concatenate(columns) if columns else np.zeros(0, np.int64)
    return sparse.csr_matrix((data, index, edges), shape=(len(texts), len(prints)))
