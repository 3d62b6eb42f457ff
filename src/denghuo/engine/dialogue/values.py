"""Reading answers: yes and no, corrections, and values for slots."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence

from denghuo.engine.dialogue.documents import Choice, Slot
from denghuo.engine.language.numbers import find_numbers
from denghuo.engine.language.spoken import plain_digits

_NOISE = re.compile(r"[\s，。！？、,.!?~…；;：:“”\"'（）()]+")
_NUMBER = re.compile(r"[A-Za-z]{0,4}\d[\dA-Za-z-]{5,23}")
_CORRECTION = re.compile(
    r"^(?:不是|不对|不,|不，|错了|弄错了|说错了|写错了|更正|改一下|改成|应该是|等等)[，,。、 ]*(.*)$"
)
_LEAD = re.compile(
    r"^(?:我的?|是|叫|姓名|名字|电话|手机号?|号码|户号|地址|住|在|就是|嗯+|哦|啊|那个)+(?:是|叫|在|为)?[：:，, ]*"
)
_NAME = re.compile(r"[㐀-鿿]{2,4}(?:·[㐀-鿿]{1,8})?|[A-Za-z][A-Za-z .'-]{1,30}")
_MONTH = re.compile(r"(?:(\d{4})\s*[年/.-]\s*)?(\d{1,2})\s*月?份?$|(\d{4})[年/.-](\d{1,2})")
LONG_ANSWER = 60
SURE = 0.6  # of a number: what it is may be told by its form or by the words before it
MONTH_WORDS = {"上个月": -1, "上月": -1, "这个月": 0, "本月": 0, "当月": 0, "上上个月": -2, "前月": -2}


def plain(text: str) -> str:
    """For comparing: full-width forms made narrow, small letters, no spaces or marks."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def one_of(text: str, words: Sequence[str]) -> bool:
    """Whether a short answer is one of ``words``, or begins with one and says little more."""
    said = plain(text)
    return any(said == (word := plain(one)) or (said.startswith(word) and len(said) <= len(word) + 3) for one in words)


def correction(text: str) -> str | None:
    """What follows "not so, …"; None when it is no correction."""
    found = _CORRECTION.match(text.strip())
    return found[1].strip() if found else None


def choose(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice that is meant: by number, label or one of its words; None when none or several are."""
    said = plain(text)
    if said.isdigit() and len(said) <= 2:
        return choices[int(said) - 1] if 1 <= int(said) <= len(choices) else None
    exact = [one for one in choices if said in (plain(one.label), plain(one.value))]
    if exact:
        return exact[0]
    met = [
        (max((len(word) for word in (one.label, *one.words) if plain(word) in said), default=0), one) for one in choices
    ]
    best = max((length for length, _one in met), default=0)
    hits = [one for length, one in met if length == best and length > 0]
    return hits[0] if len(hits) == 1 else None


def found_in(text: str) -> list[tuple[str, str]]:
    """Phone and account numbers in a sentence, digits said as words among them, as (kind, value)."""
    numbers = find_numbers(plain_digits(unicodedata.normalize("NFKC", text)))
    return [(one.kind, one.digits) for one in numbers if one.kind in ("phone", "account") and one.sure >= SURE]


def read(slot: Slot, text: str, found: Sequence[tuple[str, str]], today: dt.date | None = None) -> str | None:
    """The value of an answer to the question for ``slot``; None when it cannot be one.

    ``found`` are (kind, value) pairs that an extractor sees in the text; it knows more than the patterns here.
    """
    given = next((value for kind, value in found if kind == slot.kind), None)
    if slot.kind in ("choice", "phenomenon") and slot.choices:
        chosen = choose(text, slot.choices)
        if chosen is None and given is not None:
            chosen = next((one for one in slot.choices if given in (one.value, one.label, *one.words)), None)
        return chosen.value if chosen else None
    if slot.kind in ("phone", "account"):
        return given or next((value for kind, value in found_in(text) if kind == slot.kind), None)
    if slot.kind == "number":
        match = _NUMBER.search(plain_digits(unicodedata.normalize("NFKC", text)))
        return match[0].upper() if match else None
    if slot.kind == "month":
        return _month(text, today)
    words = (_LEAD.sub("", text.strip()) or text.strip()).rstrip("。.，,！!")
    if slot.kind == "name":
        return words if _NAME.fullmatch(words) else given
    if given is not None and (
        slot.kind not in ("text", "address") or (slot.kind == "address" and len(words) > LONG_ANSWER)
    ):
        return given  # of a short answer every word belongs to the address; an extractor may leave out its end
    least = {"address": 4, "county": 2}.get(slot.kind, 2)
    return words[:500] if len(plain(words)) >= least else None


def _month(text: str, today: dt.date | None) -> str | None:
    said = text.strip()
    for word, back in MONTH_WORDS.items():
        if word in said and today is not None:
            months = today.year * 12 + today.month - 1 + back
            return f"{months // 12}-{months % 12 + 1:02d}"
    match = _MONTH.search(said)
    if not match:
        return None
    month = int(match[2] or match[4])
    year = int(match[1] or match[3]) if (match[1] or match[3]) else (today.year if today else 0)
    if today is not None and not (match[1] or match[3]) and month > today.month:
        year -= 1
    return f"{year:04d}-{month:02d}" if 1 <= month <= 12 and year >= 2000 else None
