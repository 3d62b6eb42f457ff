"""Text to tokens: words of the trade by longest match, with what people say for them, and pairs of characters.

Chinese is written without spaces. Words of the trade are found by a dictionary, longest first, and a colloquial wording
counts as the trade's word ("没电" is 停电). Every other stretch gives its overlapping pairs of characters, which need no
dictionary and match whatever the dictionary lacks.
"""

from __future__ import annotations

import functools
import itertools
import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"
_RUNS: Final = re.compile(r"[\u3400-\u9fff]+|[a-z0-9.]+")
#: function words as people speak them, written as the base writes them
_SPOKEN: Final = {
    "啥时候": "什么时候", "啥时": "什么时候", "咋回事": "怎么回事", "为啥": "为什么", "干啥": "干什么", "咋": "怎么", "啥": "什么",
    "哪儿": "哪里", "这儿": "这里", "那儿": "那里", "俺": "我", "没有": "没", "得了": "了", "能不能": "能", "是不是": "是",
}  # fmt: skip
_SPOKEN_RUN: Final = re.compile("|".join(_SPOKEN))
#: characters that carry no matter of their own; a pair made of them only says nothing
_EMPTY: Final = frozenset(
    "的了吗呢啊吧呀么嘛我你您他她它们是在有和与就都也还很个这那怎为什哪请问想要能可以会到给把被让去来说下得着过家人"
)


def normalise(text: str) -> str:
    """``text`` in one writing: full width to half, lower case, what is not a letter, digit or character as one space."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return " ".join(_RUNS.findall(plain))


@functools.cache
def dictionary() -> dict[str, str]:
    """Wording → the trade's word it stands for, from ``data/words.toml``."""
    groups: dict[str, list[str]] = tomllib.loads((DATA / "words.toml").read_text(encoding="utf-8"))["words"]
    found: dict[str, str] = {}
    for word, wordings in groups.items():
        for wording in (word, *wordings):
            plain = normalise(wording).replace(" ", "")
            found.setdefault(_SPOKEN_RUN.sub(lambda match: _SPOKEN[match[0]], plain), word)
    return found


@functools.cache
def _longest() -> int:
    return max(map(len, dictionary()))


def tokens(text: str) -> frozenset[str]:
    """Tokens of ``text``: trade words as ``=停电``, pairs of characters, and words or numbers in Latin letters.

    A pair of characters without matter ("怎么") is left out. Empty for text without letters or characters.
    """
    found: set[str] = set()
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).lower()):
        if run[0].isascii():
            found.add(run.strip("."))
        else:
            run = written(run)
            found.update(trade_words(run))
            found.update(a + b for a, b in itertools.pairwise(run) if not (a in _EMPTY and b in _EMPTY))
    found.discard("")
    return frozenset(found)


def written(run: str) -> str:
    """``run`` (lower case, half width) with spoken function words as the base writes them: 啥时候 → 什么时候."""
    return _SPOKEN_RUN.sub(lambda match: _SPOKEN[match[0]], run)


def trade_words(run: str) -> list[str]:
    """Words of the trade in a run of Chinese characters, longest first, as ``=停电``; wordings count as their word."""
    known, longest, at, found = dictionary(), _longest(), 0, []
    while at < len(run):
        for length in range(min(longest, len(run) - at), 1, -1):
            word = known.get(run[at : at + length])
            if word is not None:
                found.append(f"={word}")
                at += length
                break
        else:
            at += 1
    return found
