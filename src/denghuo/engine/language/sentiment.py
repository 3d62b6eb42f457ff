"""How somebody feels, from what they write: a word list and rules for the talk of a power supplier's customers.

What it does: words of feeling by longest match, turned by a negation and scaled by a degree word before them, weakened
in a plain question, strengthened by "！！" and "？？", a negative score softened by politeness.

What it cannot do: irony ("你们可真行"), feeling told by facts alone ("打了七个电话"), dialect, long texts with several
persons, voices. It knows its own words only: a text without any is 0, which means "nothing found", not "content". Good
enough to sort conversations for a supervisor to look at; not to judge a customer or an agent by. The accuracy measured on
sentences it was not tuned on is printed by ``tests/engine/test_sentiment_accuracy.py``.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from denghuo.engine.language.words import DATA

SCALE: Final = 2.5  # sum of weights at which the score is tanh(1) = 0.76
TURNED: Final = -0.6  # "不满意" is weaker than the opposite of 满意
ASKED: Final = 0.5  # a plain question wants to know; its words count half
POLITE: Final = 0.75
COURTESY: Final = 0.3  # "谢谢" at the end of a request is manners, not content
REACH: Final = 6  # characters before a word in which a negation or degree word belongs to it
_CLAUSE: Final = re.compile(r"[^，。！？；、,.!?;~～…\n]+[，。！？；、,.!?;~～…\n]*")
_NO_TURN: Final = re.compile(r"再不|要不|不得不|差不多|不好意思|对不起|不但|不仅|只不过|不知道|不管|不论|说不定")
_WANTS: Final = re.compile(r"请|麻烦|帮|吗|？")
_ASKS: Final = re.compile(r"(吗|呢|么|几|多少|哪|怎么办|怎样|如何|是否)")


@dataclass(frozen=True, slots=True)
class Reading:
    """``score`` −1 (rage) … 1 (warm thanks), 0 when nothing was found; ``words`` found, with what each added."""

    score: float
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Feeling over a conversation: ``level`` of the latest messages, ``drop`` below the level before, both in score."""

    level: float
    drop: float
    falling: bool


@dataclass(frozen=True, slots=True)
class _Lexicon:
    words: dict[str, float]
    turns: tuple[str, ...]
    degrees: dict[str, float]
    polite: tuple[str, ...]
    longest: int


@functools.cache
def lexicon() -> _Lexicon:
    """The word list, ``data/sentiment.toml``; a wording in two groups is an error."""
    data: dict[str, Any] = tomllib.loads((DATA / "sentiment.toml").read_text(encoding="utf-8"))
    words: dict[str, float] = {}
    for group in data["words"]:
        for word in group["list"]:
            if words.setdefault(word, group["weight"]) != group["weight"]:
                raise ValueError(f"{word} stands in two groups")
    turns = tuple(sorted(data["turns"]["list"], key=len, reverse=True))
    return _Lexicon(words, turns, dict(data["degrees"]), tuple(data["polite"]["list"]), max(map(len, words)))


def score(text: str) -> Reading:
    """The feeling of one message. Deterministic; linear in its length."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "，").replace("!", "！").replace("?", "？")
    found: list[tuple[str, float]] = []
    for clause in _CLAUSE.findall(plain):
        found += _clause(clause)
    if any(weight < 0 for _word, weight in found) or _WANTS.search(plain):
        polite = lexicon().polite
        found = [
            (word, round(weight * COURTESY, 4) if word in polite and weight > 0 else weight) for word, weight in found
        ]
    total = math.fsum(weight for _word, weight in found)
    if "？？" in plain and total <= 0:
        total -= 0.8
    if "！！" in plain:
        total *= 1.3
    if total < 0 and any(word in plain for word in lexicon().polite):
        total *= POLITE
    return Reading(round(math.tanh(total / SCALE), 4), tuple(found))


def trend(scores: Sequence[float], *, latest: int = 2, drop: float = 0.5, floor: float = -0.3) -> Trend:
    """Whether feeling falls: the mean of the ``latest`` messages is at most ``floor`` and at least ``drop`` below the mean
    of those before (of 0, the neutral start, when there are none before).

    ``scores`` oldest first, of one speaker. With fewer than ``latest`` scores all are the latest.
    """
    if latest < 1:
        raise ValueError("latest must be at least 1")
    if not scores:
        return Trend(0.0, 0.0, falling=False)
    now, before = scores[-latest:], scores[:-latest]
    level = math.fsum(now) / len(now)
    fell = (math.fsum(before) / len(before) if before else 0.0) - level
    return Trend(round(level, 4), round(fell, 4), falling=level <= floor and fell >= drop)


def _clause(clause: str) -> list[tuple[str, float]]:
    known, at, free, found = lexicon(), 0, 0, []
    asks = "？" in clause or bool(_ASKS.search(clause))
    while at < len(clause):
        word = _word_at(clause, at, known)
        if word is None:
            at += 1
            continue
        weight = known.words[word] * _before(clause[max(free, at - REACH) : at], known)
        if asks and abs(known.words[word]) < 2:
            weight *= ASKED
        if weight:
            found.append((word, round(weight, 4)))
        at += len(word)
        free = at
    return found


def _word_at(clause: str, at: int, known: _Lexicon) -> str | None:
    for length in range(min(known.longest, len(clause) - at), 0, -1):
        if clause[at : at + length] in known.words:
            return clause[at : at + length]
    return None


def _before(text: str, known: _Lexicon) -> float:
    """The factor of the words right before a word of feeling."""
    factor, rest = 1.0, _NO_TURN.sub("", text)
    for turn in known.turns:
        if turn in rest:
            factor *= TURNED
            rest = rest.replace(turn, "", 1)
            break
    strongest = [value for word, value in known.degrees.items() if word in rest]
    return factor * (max(strongest, key=lambda value: abs(value - 1)) if strongest else 1.0)
