"""What is left of a personal value for a reader who may not see it (GB/T 35273-2020, 7.2 display restriction)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from denghuo.core.privacy.sealing import checked

_COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯端木南宫独孤轩辕百里呼延申屠淳于濮阳钟离闻人澹台公冶太史"
        "公羊赫连司空拓跋东郭西门",
    )
)
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])[1-9]\d{16}[\dXx](?![\dA-Za-z])")
_CARD = re.compile(r"(?<!\d)\d{16}(?:\d{2,3})?(?!\d)")

_ROAD_END = re.compile(r"(?:大道|街道|胡同|小区|社区|花园|新村|开发区|[路街巷弄里村镇乡屯庄苑园寨])")
_DISTRICT_END = re.compile(r"[省市区县州盟旗]")
# The first house number: digits (or Chinese numerals) that do not themselves name a road ("8号路", "104国道").
_ROAD_NAME = r"(?:号?(?:路|街|大街|大道|马路|胡同|巷(?!\d)|国道|省道|县道|线|村|社区|小区|里庄))"
_HOUSE = re.compile(
    r"(?:[0-9]+(?:[-—#][0-9]+)*(?!" + _ROAD_NAME + r"|[0-9])"
    r"|[甲乙丙丁一二三四五六七八九十百]+(?:号楼|号院|号|栋|幢|单元|室|楼|层|户)(?!路|街))"
)
HIDDEN = "****"


def mask(classification: str, value: str | None) -> str:
    """``value`` as somebody without the permission sees it; "" for nothing.

    name 张* / 张** / 欧阳**; phone 138****5678, 0532-****5678; account number and card: last 4; id number: first 3
    and last 2; address: up to road, village or community; note: phone and id numbers inside it are hidden.
    """
    if not value:
        return ""
    return _MASKS[checked(classification)](value)


def redact(text: str) -> str:
    """``text`` with every run of digits that can be a phone, identity or bank-card number masked."""
    if not any(c.isdigit() for c in text):
        return text
    text = _IDENTITY.sub(lambda m: _id_number(m[0]), text)
    text = _CARD.sub(lambda m: _last_four(m[0]), text)
    text = _MOBILE.sub(lambda m: _phone(m[0]), text)
    return _LANDLINE.sub(lambda m: _phone(m[0]), text)


def _characters(value: str) -> list[str]:
    """What a reader counts as characters: variation selectors and combining marks stay with their base."""
    out: list[str] = []
    for c in value:
        if out and (unicodedata.combining(c) or unicodedata.category(c) in {"Mn", "Me", "Cf"}):
            out[-1] += c
        else:
            out.append(c)
    return out


def _name(value: str) -> str:
    characters = _characters(value.strip())
    if not characters:
        return ""
    kept = 2 if len(characters) >= 3 and "".join(characters[:2]) in _COMPOUND_SURNAMES else 1
    if len(characters) == 1:
        return "*"
    # Two stars at most: the length of a long name (an organisation, a foreigner) is a clue in itself.
    return "".join(characters[:kept]) + "*" * min(2, len(characters) - kept)


def _phone(value: str) -> str:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", value))
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) - len(prefix) >= 10:
            digits = digits[len(prefix) :]
    if len(digits) == 11 and digits[0] == "1":
        return f"{digits[:3]}{HIDDEN}{digits[-4:]}"
    if digits.startswith("0") and len(digits) >= 10:
        area = 3 if digits[1] in "12" else 4  # 010 and 02x have three digits, all others four
        local = digits[area:]
        return f"{digits[:area]}-{'*' * max(3, len(local) - 4)}{local[-4:]}"
    if len(digits) >= 7:
        return f"{'*' * (len(digits) - 4)}{digits[-4:]}"
    return "*" * max(len(digits), 3)


def _last_four(value: str) -> str:
    value = value.strip()
    return "*" * max(len(value) - 4, 4) + (value[-4:] if len(value) > 4 else "")


def _id_number(value: str) -> str:
    value = value.strip()
    return value[:3] + "*" * (len(value) - 5) + value[-2:] if len(value) >= 10 else "*" * max(len(value), 4)


def _address(value: str) -> str:
    value = unicodedata.normalize("NFKC", value).strip()
    house = _HOUSE.search(value)
    shown = value[: house.start()] if house else value
    ends = [m.end() for m in _ROAD_END.finditer(shown)] or [m.end() for m in _DISTRICT_END.finditer(shown)]
    return (shown[: ends[-1]] if ends else shown[: min(3, len(shown) // 2)]) + HIDDEN


_MASKS: dict[str, Callable[[str], str]] = {
    "name": _name,
    "phone": _phone,
    "account_number": _last_four,
    "id_number": _id_number,
    "address": _address,
    "external_id": _last_four,
    "note": redact,
    "secret": lambda value: HIDDEN,
}
