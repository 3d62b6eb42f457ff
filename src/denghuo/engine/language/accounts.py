"""Two accounts of the same work side by side: what the crew wrote and what the customer says.

:func:`compare_accounts` finds where they cannot both be true: times of day further apart than a tolerance, money taken or
not, somebody there or nobody, supply back or not, the work or the cause named differently. It points at the words it
went by, so that a person can judge; it decides nothing.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from denghuo.engine.language.words import DATA

ARRIVAL, RESTORE, PRESENCE, RESOLVED = "arrival", "restore", "presence", "resolved"
CHARGES, WORK, CAUSE = "charges", "work", "cause"
ASPECTS: Final = (ARRIVAL, RESTORE, PRESENCE, RESOLVED, CHARGES, WORK, CAUSE)
NOON, DAY = 12 * 60, 24 * 60

_HALF_WIDTH: Final = str.maketrans("０１２３４５６７８９：．", "0123456789:.")
_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2}
_NUMBER: Final = "(?:[0-9]{1,2}|[零一二两三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九])"
_CLOCK: Final = re.compile(
    rf"(凌晨|清早|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜)?(?<![0-9第])({_NUMBER})"
    rf"(?:[:：]([0-9]{{2}})(?![0-9])|(?:点钟|点|时)(?!间|候|常|限|长|段)(半|一刻|三刻|整|{_NUMBER}分?)?)"
)
_YUAN: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?|[零一二两三四五六七八九十百]+)\s*(?:块|元|圆)")
_CLAUSE: Final[re.Pattern[str]] = re.compile(r"[^，。；、！？,;!?\s]+")
_HALF: Final = {"半": 30, "一刻": 15, "三刻": 45, "整": 0, "": 0, None: 0}
_LATE: Final = ("下午", "傍晚", "晚上", "夜里")


@dataclass(frozen=True, slots=True)
class CrewAccount:
    """What the ticket says. Times are local; texts as written. ``cause`` is its wording, not its code."""

    arrived: dt.datetime | None = None
    restored: dt.datetime | None = None
    result: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """What the customer says: free words, and plain answers where a question was asked (None: was not)."""

    words: str = ""
    arrival: str = ""
    resolved: bool | None = None
    arrival_right: bool | None = None
    charged: bool | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One point in which the two differ. ``crew`` and ``customer`` are the words it rests on (may be empty where an answer
    or a recorded time says it); ``minutes`` is how far two times lie apart."""

    aspect: str
    crew: str
    customer: str
    minutes: int | None = None


def compare_accounts(
    crew: CrewAccount, customer: CustomerAccount, *, tolerance: dt.timedelta = dt.timedelta(minutes=15)
) -> list[Difference]:
    """Where the two accounts differ, in the order of :data:`ASPECTS`; at most one difference an aspect."""
    said = plain(customer.words)
    found = [
        _time(
            ARRIVAL, crew.arrived, plain(customer.arrival) or _about(said, ARRIVAL), customer.arrival_right, tolerance
        ),
        _time(RESTORE, crew.restored, _about(said, RESTORE), None, tolerance),
        _presence(crew, customer, said),
        _resolved(crew, customer, said),
        _charges(crew, customer, said),
        *_topics(plain(crew.result), plain(crew.cause), said),
    ]
    return [one for one in found if one is not None]


def plain(text: str) -> str:
    """Figures and colons of full width as those of half width; nothing else, so that words can be marked where they
    stand."""
    return text.translate(_HALF_WIDTH)


def minutes_in(text: str) -> list[tuple[int, str]]:
    """Times of day named in ``text``, as minutes after midnight with the words: "下午三点半" → (930, "下午三点半")."""
    found = []
    for match in _CLOCK.finditer(plain(text)):
        part, hour_text, colon, rest = match.groups()
        hour = number(hour_text)
        minute = int(colon) if colon else _HALF.get(rest, None)
        if minute is None:
            minute = number(rest.rstrip("分"))
        if hour > 24 or minute > 59:
            continue
        if part in _LATE and hour < 12:
            hour += 12
        if part == "中午" and hour < 3:
            hour += 12
        found.append((hour * 60 % DAY + minute, match[0]))
    return found


def number(text: str) -> int:
    """A whole number below a hundred in figures or Chinese characters."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _DIGITS[text]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def apart(a: int, b: int, *, twelve: bool) -> int:
    """Minutes between two times of day, the short way round; ``twelve``: by a clock face that does not say which half."""
    span = NOON if twelve else DAY
    gap = abs(a - b) % span
    return min(gap, span - gap)


def marked(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """``text`` cut into pieces, True for those that are one of ``words``, to be shown with marks."""
    wanted = sorted({word for word in words if word}, key=len, reverse=True)
    if not wanted:
        return [(text, False)] if text else []
    parts = re.split("(" + "|".join(map(re.escape, wanted)) + ")", plain(text))
    return [(part, part in wanted) for part in parts if part]


def _time(
    aspect: str, recorded: dt.datetime | None, said: str, right: bool | None, tolerance: dt.timedelta
) -> Difference | None:
    if recorded is None:
        return None
    written = f"{recorded:%H:%M}"
    times = minutes_in(said)
    if times:
        value, words = times[0]
        bare = value < NOON + 60 and not words.startswith(("凌晨", "清早", "早", "上午", "中午", *_LATE))
        gap = apart(recorded.hour * 60 + recorded.minute, value, twelve=bare)
        if dt.timedelta(minutes=gap) > tolerance:
            return Difference(aspect, written, words, gap)
        return None
    return Difference(aspect, written, "") if right is False else None


def _about(said: str, aspect: str) -> str:
    """The clauses of what was said that speak of supply coming back, or of people coming (and not of supply)."""
    keys, supply = _lists()["speaks_of"][aspect], _lists()["speaks_of"][RESTORE]
    spoken = [clause for clause in _CLAUSE.findall(said) if any(key in clause for key in keys)]
    if aspect == ARRIVAL:
        spoken = [clause for clause in spoken if not any(key in clause for key in supply)]
    return " ".join(spoken)


def _presence(crew: CrewAccount, customer: CustomerAccount, said: str) -> Difference | None:
    nobody = _first(said, _lists()["presence"]["against"])
    was_there = crew.arrived is not None or _first(plain(crew.result), _lists()["presence"]["for"])
    if was_there and (nobody or customer.met is False):
        words = _first(plain(crew.result), _lists()["presence"]["for"])
        return Difference(PRESENCE, words or (f"{crew.arrived:%H:%M}" if crew.arrived else ""), nobody)
    return None


def _resolved(crew: CrewAccount, customer: CustomerAccount, said: str) -> Difference | None:
    lists = _lists()["resolved"]
    done = _first(plain(crew.result), lists["for"])
    if not done and crew.restored is None:
        return None
    still = _first(said, lists["against"])
    if still or customer.resolved is False:
        return Difference(RESOLVED, done or (f"{crew.restored:%H:%M}" if crew.restored else ""), still)
    return None


def _charges(crew: CrewAccount, customer: CustomerAccount, said: str) -> Difference | None:
    lists = _lists()["charges"]
    wrote, told = plain(crew.result), said
    wrote_none = _first(wrote, lists["against"])
    told_none = _first(told, lists["against"])
    wrote_sum, told_sum = _sum(wrote), _sum(told)
    took = _first(told, lists["for"]) if not told_none else ""
    if told_sum is not None or took or customer.charged:
        if wrote_sum is None or (told_sum is not None and told_sum[0] != wrote_sum[0]):
            return Difference(
                CHARGES, wrote_none or (wrote_sum[1] if wrote_sum else ""), told_sum[1] if told_sum else took
            )
        return None
    if wrote_sum is not None and (told_none or customer.charged is False):
        return Difference(CHARGES, wrote_sum[1], told_none)
    return None


def _topics(result: str, cause: str, said: str) -> list[Difference | None]:
    """Work that one did and the other denies, and causes that exclude each other."""
    found: list[Difference | None] = []
    for stems in _lists()["work"].values():
        did = _first(result, stems)
        denial = _denied(said, stems)
        if did and denial:
            found.append(Difference(WORK, did, denial))
            break
    sides = [
        (name, _first(f"{cause} {result}", words), _first(said, words)) for name, words in _lists()["cause"].items()
    ]
    wrote = [(name, word) for name, word, _said in sides if word]
    told = [(name, word) for name, _wrote, word in sides if word]
    if wrote and told and not {name for name, _w in wrote} & {name for name, _w in told}:
        found.append(Difference(CAUSE, wrote[0][1], told[0][1]))
    return found


def _denied(said: str, stems: Sequence[str]) -> str:
    """A clause in which one of these is said not to have been done."""
    for match in _CLAUSE.finditer(said):
        clause = match[0]
        for stem in stems:
            for no in _lists()["denial"]["words"]:
                if f"{no}{stem}" in clause or re.search(f"{re.escape(no)}.{{0,4}}{re.escape(stem)}", clause):
                    return clause
    return ""


def _first(text: str, words: Sequence[str]) -> str:
    """The longest of ``words`` that stands in ``text``, unless a denial stands right before it."""
    denials = tuple(_lists()["denial"]["words"])
    for word in sorted(words, key=len, reverse=True):
        place = text.find(word)
        if place >= 0 and not text[:place].endswith(denials):
            return word
    return ""


def _sum(text: str) -> tuple[float, str] | None:
    match = _YUAN.search(text)
    if match is None:
        return None
    figure = match[1]
    if figure[0].isdigit():
        return float(figure), match[0]
    hundreds, hundred, rest = figure.partition("百")
    value = number(hundreds) * 100 if hundred and hundreds else 0
    rest = rest if hundred else figure
    return float(value + (number(rest.lstrip("零")) if rest.lstrip("零") else 0)), match[0]


@cache
def _lists() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads((DATA / "accounts.toml").read_text(encoding="utf-8"))
