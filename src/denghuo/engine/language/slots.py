"""What a caller tells about himself and the matter: name, numbers, address, time, phenomenon, amount, meter reading.

Every slot says where it stands in what was said and how sure it is. Two readings of the same words never both stay: a
number is a telephone or an account, not both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from denghuo.engine.language.addresses import find_addresses
from denghuo.engine.language.names import find_names
from denghuo.engine.language.numbers import find_numbers
from denghuo.engine.language.phenomena import find_phenomena
from denghuo.engine.language.spoken import Spoken, plain, value_of
from denghuo.engine.language.times import find_times

SlotKind = Literal[
    "name", "phone", "account", "address", "time", "phenomenon", "amount", "reading", "id_number", "bank_card"
]
KINDS: Final[tuple[SlotKind, ...]] = ("name", "phone", "account", "address", "time", "phenomenon", "amount", "reading", "id_number", "bank_card")  # fmt: skip
#: which reading of the same words stays
_RANK: Final = {
    "id_number": 0,
    "bank_card": 0,
    "phone": 0,
    "account": 0,
    "name": 2,
    "reading": 3,
    "amount": 3,
    "time": 4,
    "address": 5,
}
_AMOUNT: Final = re.compile(
    r"(?<![0-9.])([0-9]+(?:\.[0-9]+)?)(万)?多?(?:元|块钱|块|圆)(?:([0-9一二三四五六七八九])(?:毛|角)?(?![0-9个户次度天]))?"
)
_READING: Final = re.compile(
    r"(?:示数|读数|底数|止码|起码|表底|表上(?:的)?(?:数字?|显示)?|电表(?:上|显示|走到|走了)|抄(?:到|的|了|见)|显示(?:的)?)(?:是|为|到|显示|数字?|了|的|有)*[:：]?\s*([0-9]{1,7}(?:\.[0-9]{1,2})?)(?!号|年|月|[0-9])(?:度|千瓦时)?"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """``value`` in one writing: digits of a number, ISO 8601 of a time (its words without a reference time), code of a
    phenomenon, figures of an amount (yuan) or reading (kWh). [start, end) in the text as it was given; ``sure`` 0…1."""

    kind: SlotKind
    value: str
    start: int
    end: int
    sure: float


def find_slots(text: str, *, places: Sequence[str] = (), now: dt.datetime | None = None) -> list[Slot]:
    """Slots in ``text``, in order of place. ``places``: known names of places; ``now``: what relative times are told from.

    Numbers may be spoken. Phenomena may overlap other slots; all others do not overlap each other.
    """
    spoken = plain(text)
    taken: list[Slot] = []
    for slot in sorted(_plain_slots(spoken, places, now), key=lambda s: (_RANK[s.kind], -s.sure, s.start)):
        if not any(slot.start < other.end and other.start < slot.end for other in taken):
            taken.append(slot)
    seen = [
        Slot("phenomenon", s.phenomenon.code, *spoken.span(s.start, s.end), 0.5 if s.supposed else 0.9)
        for s in find_phenomena(spoken.text)
    ]
    return sorted([*taken, *seen], key=lambda s: (s.start, s.end))


def _plain_slots(spoken: Spoken, places: Sequence[str], now: dt.datetime | None) -> list[Slot]:
    text = spoken.text
    found = [Slot(one.kind, one.digits, *spoken.span(one.start, one.end), one.sure) for one in find_numbers(text)]
    found += [Slot("name", one.text, *spoken.span(one.start, one.end), one.sure) for one in find_names(text)]
    for match in _AMOUNT.finditer(text):
        yuan = float(match[1]) * (10_000 if match[2] else 1) + (_tenth(match[3]) / 10 if match[3] else 0)
        found.append(Slot("amount", f"{yuan:g}" if yuan < 1e6 else f"{yuan:.0f}", *spoken.span(*match.span()), 0.9))
    for match in _READING.finditer(text):
        found.append(Slot("reading", match[1], *spoken.span(*match.span(1)), 0.85))
    times = find_times(text, now)
    marks = [(one.start, one.end) for one in find_numbers(text)]
    marks += [(one.start, one.end) for one in times if one.sure > 0.65]
    for time in times:
        found.append(
            Slot("time", time.value or text[time.start : time.end], *spoken.span(time.start, time.end), time.sure)
        )
    # numbers, names and times are no part of an address: "这周三朝阳街道"
    rest = list(text)
    for start, end in marks:
        rest[start:end] = "；" * (end - start)
    for place in find_addresses("".join(rest), places):
        found.append(Slot("address", place.text, *spoken.span(place.start, place.end), place.sure))
    return found


def of_kind(slots: Sequence[Slot], kind: SlotKind) -> Slot | None:
    """The surest slot of one kind, the last of equals (people correct themselves)."""
    fitting = [slot for slot in slots if slot.kind == kind]
    return max(fitting, key=lambda s: (s.sure, s.start)) if fitting else None


def _tenth(digit: str) -> int:
    return int(digit) if digit.isascii() else value_of(digit)
