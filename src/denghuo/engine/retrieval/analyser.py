"""Text to terms, in three fields: words, characters with their pairs, and sounds.

Words carry the meaning, characters catch what the segmenter cuts differently in two sentences, and sounds catch what was
typed with the wrong character (电废 for 电费): most typing in China goes through pinyin, so most errors are homophones.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import rjieba
from pypinyin import Style, lazy_pinyin

from denghuo.engine.language.words import dictionary, trade_words, written

#: fields of the index, in the order of :attr:`Terms.fields`
WORDS, GRAMS, SOUNDS = 0, 1, 2
FIELDS: Final = ("words", "grams", "sounds")

_RUNS: Final = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+(?:\.[0-9]+)?")
#: characters that carry no matter of their own; as single characters they are not indexed
STOP: Final = frozenset("的了吗呢啊吧呀么嘛哦哈唉喔哎您请诶噢嗯啦")
#: sounds that southern and hurried typists mix up, made one
_FUZZY: Final = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
#: Latin words from this length are indexed with every form that one letter left out gives
_SPELLED_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Terms:
    """``fields`` holds the terms of each field, repeated as often as they occur, in the order of the text; ``plain`` is
    the text in one writing, as the comparison of two sentences needs it."""

    plain: str
    fields: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def plain(text: str) -> str:
    """``text`` in one writing: half width, lower case, spoken function words as written ones, punctuation left out."""
    return "".join(_written(run) for run in _runs(text))


class Analyser:
    """``terms(text)`` gives the terms of a text. Remembers the last ``remembered`` texts; safe to use from several threads.

    Wordings and questions are analysed alike, so an error common to both still matches.
    """

    def __init__(self, remembered: int = 20_000) -> None:
        self.terms: Callable[[str], Terms] = functools.lru_cache(maxsize=remembered)(self._terms)

    def _terms(self, text: str) -> Terms:
        """The terms of every field; empty fields for text without letters, digits or characters."""
        words: list[str] = []
        grams: list[str] = []
        sounds: list[str] = []
        whole: list[str] = []
        for run in _runs(text):
            run = _written(run)
            whole.append(run)
            if run[0].isascii():
                words.append(run)
                grams.append(run)
                sounds.extend(_spelt(run))
                continue
            words.extend(trade_words(run))
            words.extend(word for word in rjieba.cut(run) if word not in STOP)
            grams.extend(char for char in run if char not in STOP)
            grams.extend(a + b for a, b in itertools.pairwise(run))
            heard = _heard(run)
            sounds.extend(a + b for a, b in itertools.pairwise(heard))
        return Terms("".join(whole), (tuple(words), tuple(grams), tuple(sounds)))


def _runs(text: str) -> list[str]:
    return _RUNS.findall(unicodedata.normalize("NFKC", text).lower())


def _written(run: str) -> str:
    return run if run[0].isascii() else written(run)


@functools.lru_cache(maxsize=20_000)
def sound(char: str) -> str:
    """How a character sounds, without tone, with sounds that are mixed up made one."""
    found = lazy_pinyin(char, style=Style.NORMAL)[0]
    for near, one in _FUZZY:
        found = found.replace(near, one)
    if found[:1] in {"l", "r"}:  # n, l and r are one sound to many
        found = "n" + found[1:]
    return found + "'"


def _heard(run: str) -> list[str]:
    return [sound(char) for char in run]


def _spelt(word: str) -> Iterator[str]:
    """A Latin word and every form with one letter left out: two words one edit apart share such a form."""
    if len(word) >= _SPELLED_FROM and word.isalpha():
        yield "~" + word
        for at in range(len(word)):
            yield "~" + word[:at] + word[at + 1 :]


def marked(question: str, wording: str) -> tuple[tuple[int, int], ...]:
    """[start, end) offsets in ``wording`` of what it has in common with ``question``: pairs of characters, words of the
    trade and Latin words; neighbouring stretches are joined."""
    pairs = _common_pairs(question)
    asked = {word for run in _runs(question) if not run[0].isascii() for word in trade_words(_written(run))}
    latin = {run for run in _runs(question) if run[0].isascii()}
    shown, origin = _with_origin(wording)
    covered = [False] * len(wording)
    for match in _RUNS.finditer(shown):
        start, run = match.start(), match[0]
        if run[0].isascii():
            _cover(covered, origin, start, match.end(), run in latin)
            continue
        for at in range(len(run) - 1):
            _cover(covered, origin, start + at, start + at + 2, run[at : at + 2] in pairs)
        for begin, end, word in _trade_places(run):
            _cover(covered, origin, start + begin, start + end, word in asked)
    return _joined(covered)


def _common_pairs(question: str) -> set[str]:
    pairs: set[str] = set()
    for run in _runs(question):
        for form in {run, _written(run)}:
            pairs.update(a + b for a, b in itertools.pairwise(form) if not (a in STOP and b in STOP))
    return pairs


def _with_origin(text: str) -> tuple[str, list[int]]:
    """``text`` in half width and lower case, with the place in ``text`` each character came from."""
    shown: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        for one in unicodedata.normalize("NFKC", char).lower():
            shown.append(one)
            origin.append(at)
    return "".join(shown), origin


def _trade_places(run: str) -> Iterator[tuple[int, int, str]]:
    """Words of the trade with their places in ``run``, longest first."""
    known, at = dictionary(), 0
    while at < len(run):
        for end in range(len(run), at + 1, -1):
            if (word := known.get(run[at:end])) is not None:
                yield at, end, f"={word}"
                at = end - 1
                break
        at += 1


def _cover(covered: list[bool], origin: list[int], start: int, end: int, wanted: bool) -> None:
    if wanted:
        for at in range(start, end):
            covered[origin[at]] = True


def _joined(covered: list[bool]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    start: int | None = None
    for at, inside in enumerate([*covered, False]):
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            found.append((start, at))
            start = None
    return tuple(found)
