"""Numbers that name a person or a supply: telephone, account, identity and bank card numbers, told apart.

A written or spoken run of digits is cut into such numbers so that as many digits as possible are explained, by length,
form, check digit (GB 11643 for identity numbers, Luhn for cards) and by the words right before it ("户号是").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

Kind = Literal["phone", "account", "id_number", "bank_card"]
_GROUPS: Final = re.compile(r"(?<![0-9A-Za-z.])[+0-9(][0-9() -]{4,40}[0-9][Xx]?(?![0-9A-Za-z]|\.[0-9]|度|元|块|千瓦)")
_GROUP: Final = re.compile(r"[0-9]+[Xx]?")
_CUES: Final[dict[Kind, re.Pattern[str]]] = {
    "account": re.compile(
        r"(户号|用户编号|客户编号|用电户号|用户号|客户号|户头号?|户口号|编号|电表号|表号|资产号|账户号?)[^0-9，。；,;]{0,6}$"
    ),
    "phone": re.compile(
        r"(电话|手机|号码|联系方式|联系|回电|打给|打|拨|座机|固话|来电|微信|回拨|机主)[^0-9，。；,;]{0,7}$"
    ),
    "id_number": re.compile(r"(身份证|证件号|身份号)[^0-9，。；,;]{0,6}$"),
    "bank_card": re.compile(r"(银行卡|卡号|储蓄卡|信用卡|银行账号|账号)[^0-9，。；,;]{0,6}$"),
}
_CARD_LENGTHS: Final = range(15, 20)
_AREA: Final = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[1-9][0-9]{6,7}$")
_DAY: Final = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]$")
ACCOUNT_LENGTHS: Final = (10, 13, 16)


@dataclass(frozen=True, slots=True)
class Number:
    """A number at [start, end) of the plain text; ``digits`` without breaks; ``sure`` 0…1."""

    kind: Kind
    digits: str
    start: int
    end: int
    sure: float


def find_numbers(text: str) -> list[Number]:
    """Numbers in ``text`` (figures, see :func:`denghuo.engine.language.spoken.plain`), in order."""
    found: list[Number] = []
    for run in _GROUPS.finditer(text):
        groups = [
            (match[0], run.start() + match.start(), run.start() + match.end()) for match in _GROUP.finditer(run[0])
        ]
        found += _cut(text, groups)
    return found


def _cut(text: str, groups: list[tuple[str, int, int]]) -> list[Number]:
    """The cut of groups of digits into numbers that explains most digits with most certainty."""

    @cache
    def best(at: int) -> tuple[float, tuple[Number, ...]]:
        if at >= len(groups):
            return 0.0, ()
        top = best(at + 1)
        for to in range(at + 1, min(len(groups), at + 8) + 1):
            digits = "".join(group[0] for group in groups[at:to])
            if len(digits) > 20:
                break
            read = _kind(digits, text[max(0, groups[at][1] - 14) : groups[at][1]])
            if read is not None:
                rest = best(to)
                # fewer joins win between equals
                score = read[1] * len(digits) - 0.01 * (to - at) + rest[0]
                if score > top[0]:
                    clean = (
                        digits[-11:] if read[0] == "phone" and digits.startswith("86") and len(digits) == 13 else digits
                    )
                    top = (score, (Number(read[0], clean.upper(), groups[at][1], groups[to - 1][2], read[1]), *rest[1]))
        return top

    return list(best(0)[1])


def _kind(digits: str, before: str) -> tuple[Kind, float] | None:
    cue = _cue(before)
    size = len(digits)
    if digits[-1] in "Xx":
        return ("id_number", 0.99) if size == 18 and identity(digits) else None
    if size == 18 and (identity(digits) or (cue == "id_number" and _DAY.match(digits))):
        return "id_number", 0.99
    if size == 13 and digits.startswith("86") and mobile(digits[2:]) and cue != "account":
        return "phone", 0.9
    if mobile(digits) and cue != "bank_card":
        return "phone", 0.7 if cue == "account" else 0.98
    if cue == "account" and (size in ACCOUNT_LENGTHS or 8 <= size <= 16):
        return "account", 0.97 if size in ACCOUNT_LENGTHS else 0.6
    if _AREA.match(digits):
        return "phone", 0.93
    if size == 10 and digits.startswith(("400", "800")):
        return "phone", 0.9
    if (
        size in _CARD_LENGTHS
        and luhn(digits)
        and (cue == "bank_card" or (cue is None and digits.startswith(("62", "4", "5"))))
    ):
        return "bank_card", 0.95
    if cue == "bank_card" and size in _CARD_LENGTHS:
        return "bank_card", 0.8
    if size in ACCOUNT_LENGTHS and cue != "phone":
        return "account", 0.8
    if cue == "phone" and size in (7, 8) and digits[0] in "2345678":
        return "phone", 0.75
    return None


def _cue(before: str) -> Kind | None:
    for kind, cue in _CUES.items():
        if cue.search(before):
            return kind
    return None


def mobile(digits: str) -> bool:
    """Eleven digits of a mainland mobile number."""
    return len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789"


def luhn(digits: str) -> bool:
    """Whether the check digit of a bank card is right (ISO/IEC 7812-1)."""
    total = 0
    for place, c in enumerate(reversed(digits)):
        value = int(c) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def identity(digits: str) -> bool:
    """Whether 18 characters are an identity number: a day of birth inside, and the check digit right (GB 11643)."""
    if not _DAY.match(digits.upper()):
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c) * w for c, w in zip(digits[:17], weights, strict=True))
    return "10X98765432"[total % 11] == digits[-1].upper()
