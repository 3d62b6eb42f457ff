"""The inner loops, compiled: scoring postings, comparing vectors, and comparing two sentences character by character."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither the package's folder nor the user's can be written: every start compiles
        return cast(F, numba.njit(nogil=True)(function))


@kernel
def add_bm25(
    docs: NDArray[np.int32],
    tfs: NDArray[np.uint8],
    weight: float,
    k1: float,
    b: float,
    lengths: NDArray[np.float32],
    average: float,
    out: NDArray[np.float32],
) -> None:
    """Adds to ``out`` what one term gives each of its documents."""
    for i in range(len(docs)):
        doc = docs[i]
        tf = float(tfs[i])
        out[doc] += np.float32(weight * tf / (tf + k1 * (1.0 - b + b * lengths[doc] / average)))


@kernel
def dots(codes: NDArray[np.int8], rows: NDArray[np.int64], query: NDArray[np.int16]) -> Any:
    """Inner products of the rows named by ``rows`` with ``query``, in whole numbers: they do not depend on the order of
    adding. 127 · 8191 · 2048 dimensions stay within 32 bits."""
    out = np.zeros(len(rows), dtype=np.int32)
    size = len(query)
    for i in range(len(rows)):
        row = codes[rows[i]]
        total = np.int32(0)
        for j in range(size):
            total += np.int32(row[j]) * np.int32(query[j])
        out[i] = total
    return out


@kernel
def distances(bits: NDArray[np.uint64], query: NDArray[np.uint64]) -> Any:
    """Number of differing bits of every row."""
    out = np.zeros(len(bits), dtype=np.int32)
    for i in range(len(bits)):
        total = np.int64(0)
        for j in range(len(query)):
            x = bits[i, j] ^ query[j]
            x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
            x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
            x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
            total += np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
        out[i] = total
    return out


@kernel
def pair_figures(
    a: NDArray[np.int32], text: NDArray[np.int32], starts: NDArray[np.int64], weight: NDArray[np.float32]
) -> Any:
    """Compares the question ``a`` with each sentence of ``text`` (sentence i is ``text[starts[i]:starts[i+1]]``).

    Four columns, each 0…1: longest common subsequence over the mean length; longest common run over the shorter length;
    weight of the question's characters that the sentence has; weight of the sentence's characters that the question has.
    ``weight`` is by character code.
    """
    n = len(starts) - 1
    out = np.zeros((n, 4), dtype=np.float32)
    la = len(a)
    for i in range(n):
        b = text[starts[i] : starts[i + 1]]
        lb = len(b)
        if la == 0 or lb == 0:
            continue
        seq = np.zeros(lb + 1, dtype=np.int32)
        run = np.zeros(lb + 1, dtype=np.int32)
        longest = 0
        has_a = 0.0
        all_a = 0.0
        hit = np.zeros(lb, dtype=np.bool_)
        for x in range(la):
            diagonal = 0
            before = 0
            found = False
            for y in range(lb):
                up = seq[y + 1]
                here = run[y + 1]
                if a[x] == b[y]:
                    found = True
                    hit[y] = True
                    seq[y + 1] = diagonal + 1
                    run[y + 1] = before + 1
                    if before + 1 > longest:
                        longest = before + 1
                else:
                    run[y + 1] = 0
                    if seq[y] > up:
                        seq[y + 1] = seq[y]
                diagonal = up
                before = here
            all_a += weight[a[x]]
            if found:
                has_a += weight[a[x]]
        has_b = 0.0
        all_b = 0.0
        for y in range(lb):
            all_b += weight[b[y]]
            if hit[y]:
                has_b += weight[b[y]]
        out[i, 0] = 2.0 * seq[lb] / (la + lb)
        out[i, 1] = longest / min(la, lb)
        out[i, 2] = has_a / all_a if all_a > 0 else 0.0
        out[i, 3] = has_b / all_b if all_b > 0 else 0.0
    return out
