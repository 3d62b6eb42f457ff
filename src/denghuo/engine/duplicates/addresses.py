"""Chinese addresses, told apart into their levels and compared level by level.

"龙山镇桃花路12号3幢2单元501室" and "桃花路 12 号 3 栋" name the same building though their characters differ a lot, while "12号"
and "13号" differ by one character and are two places. So numbers are compared as numbers and count most.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from denghuo.engine.duplicates.words import text_similarity

#: how much each level counts when both addresses name it; numbers count most
LEVELS: Final[dict[str, float]] = {
    "district": 1.0,
    "town": 1.5,
    "village": 2.5,
    "road": 3.0,
    "number": 4.0,
    "building": 4.0,
    "unit": 1.5,
    "room": 1.0,
}
NUMBERED: Final = frozenset({"number", "building", "unit", "room"})
#: without any level in common the characters alone say little
BARE_SHARE: Final = 0.6

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_NUMBER: Final = "[零〇一二两三四五六七八九十百]+"
_NUMBER: Final = rf"(?:\d+|{_HAN_NUMBER}|[A-Za-z])(?:[-－之]\d+)?"
_NOISE: Final = re.compile(r"[\s,，。.;；、()（）]+")
# Read from left to right: each level takes what stands between the end of the last one and its own ending.
_WORD: Final = r"[^\d\s]{1,12}?"
_PATTERN: Final = re.compile(
    rf"(?:(?P<district>{_WORD}(?:省|市|县|区|旗)(?!域))"
    rf"|(?P<town>{_WORD}(?:镇|乡|街道))"
    rf"|(?P<village>{_WORD}(?:村|社区|小区|花园|花苑|家园|公寓|新城|广场|园区|苑|庄|屯|组))"
    rf"|(?P<road>{_WORD}(?:大道|路|街|巷|弄|里|胡同))"
    rf"|(?P<building>{_NUMBER}(?:号楼|栋|幢|座|楼))"
    rf"|(?P<unit>{_NUMBER}单元)"
    rf"|(?P<room>{_NUMBER}(?:室|户|房))"
    rf"|(?P<number>{_NUMBER}(?:号|弄)))"
)


@dataclass(frozen=True, slots=True)
class Address:
    """The levels of an address that were recognised, and its characters as a last resort."""

    levels: tuple[tuple[str, str], ...]
    bare: str

    def level(self, name: str) -> str:
        """What the address says at a level; empty when it says nothing."""
        return dict(self.levels).get(name, "")


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address:
    """The levels of ``text``. Full-width digits, spaces and Chinese numerals make no difference; unknown words stay in
    ``bare``. Of levels named twice the last counts ("县" after "市": the narrower)."""
    clean = _NOISE.sub("", unicodedata.normalize("NFKC", text))
    found: dict[str, str] = {}
    at = 0
    while at < len(clean):
        match = _PATTERN.match(clean, at)
        if match is None:
            at += 1
            continue
        name = str(match.lastgroup)
        found[name] = _number(match.group()) if name in NUMBERED else match.group()
        at = match.end()
    return Address(tuple((name, found[name]) for name in LEVELS if name in found), clean)


def address_similarity(one: str, other: str) -> float | None:
    """How alike two addresses are, 0 to 1, whichever way round; None when one is empty.

    The share of the weights of :data:`LEVELS` that agree among the levels both name. A level that only one of them names
    says nothing against (people leave out what they take for granted).
    """
    a, b = parse_address(one), parse_address(other)
    if not a.bare or not b.bare:
        return None
    if a.bare == b.bare:
        return 1.0
    here, there = dict(a.levels), dict(b.levels)
    common = [name for name in LEVELS if name in here and name in there]
    if not common or not any(LEVELS[name] > 2 for name in common):
        return BARE_SHARE * (text_similarity(a.bare, b.bare) or 0.0)
    total = sum(LEVELS[name] for name in common)
    return sum(LEVELS[name] * _agree(name, here[name], there[name]) for name in common) / total


def _agree(name: str, one: str, other: str) -> float:
    if one == other:
        return 1.0
    if name in NUMBERED:
        return 0.0
    # One may hold more words than the other ("柳溪县龙山" and "龙山"): the shorter at the end of the longer is the same place.
    if one.endswith(other) or other.endswith(one):
        return 1.0
    return 0.0 if name == "road" else 0.5 * (text_similarity(one, other) or 0.0)


def _number(text: str) -> str:
    """``text`` without its ending, Chinese numerals as digits: "十二幢" and "12栋" are both "12"."""
    stem = re.sub(r"(号楼|单元|[号栋幢座楼室户房弄])$", "", text)
    head, dash, tail = re.sub("[－之]", "-", stem).partition("-")
    return f"{_value(head)}{dash}{tail}".upper()


def _value(text: str) -> str:
    if text.isdigit():
        return str(int(text))
    if not re.fullmatch(_HAN_NUMBER, text):
        return text
    if not re.search("[十百]", text):
        return str(int("".join(str(_DIGITS[c]) for c in text)))
    total, digit = 0, 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            total += (digit or 1) * (100 if char == "百" else 10)
            digit = 0
    return str(total + digit)
