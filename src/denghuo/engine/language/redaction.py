"""Personal data out of a text that is kept: numbers of all kinds, names that were announced, addresses to the door."""

from __future__ import annotations

import re
from typing import Final

from denghuo.engine.language.names import find_names
from denghuo.engine.language.numbers import find_numbers, mobile
from denghuo.engine.language.spoken import plain

#: what stands in place of what is taken out
MARKS: Final = {
    "phone": "〔电话〕",
    "account": "〔户号〕",
    "id_number": "〔证件号〕",
    "bank_card": "〔卡号〕",
    "number": "〔号码〕",
    "name": "〔姓名〕",
    "room": "〔门牌〕",
}
#: digits in a row that name nothing we know and might still name somebody
_LONG: Final = re.compile(r"[0-9](?:[ -]?[0-9]){6,}[Xx]?")
_ROOM: Final = re.compile(
    r"[0-9]{1,4}(?:号楼|栋|幢|座)?(?:[0-9]{1,2}单元)?[0-9]{2,4}(?:室|户)|[0-9]{1,3}(?:栋|幢|号楼)[0-9]{1,2}单元[0-9]{1,4}(?:室|号)?|[0-9]{1,4}-[0-9]{1,2}-[0-9]{2,4}"
)

#: so many digits in a row name a person, a supply or a card even where the check digit is wrong
_UNKNOWN: Final = re.compile(r"(?<![0-9])[0-9]{15,19}[Xx]?(?![0-9])")


def personal_numbers(text: str) -> list[str]:
    """Which numbers of persons stand in ``text``, each once: keys of :data:`MARKS` (phone, account, id_number, bank_card,
    number). Numbers that are told to everybody are none: landlines, 400 numbers, service numbers of five digits."""
    spoken = plain(text).text
    found = find_numbers(spoken)
    kinds = [one.kind for one in found if one.kind != "phone" or mobile(one.digits)]
    known = [(one.start, one.end) for one in found]
    unknown = any(not any(a < m.end() and m.start() < b for a, b in known) for m in _UNKNOWN.finditer(spoken))
    return list(dict.fromkeys([*kinds, *(["number"] if unknown else [])]))


def redact(text: str) -> str:
    """``text`` with telephone, account, identity and card numbers, names and the number of the flat replaced by marks.

    Rather too much than too little: any seven digits in a row go. Case numbers and amounts of up to six digits stay.
    Spoken numbers ("幺三九…") go as well. A name nobody announced ("建国又打来") cannot be known and stays.
    """
    spoken = plain(text)
    spans: list[tuple[int, int, str]] = [
        (*spoken.span(one.start, one.end), MARKS[one.kind]) for one in find_numbers(spoken.text)
    ]
    spans += [(*spoken.span(one.start, one.end), MARKS["name"]) for one in find_names(spoken.text)]
    for mark, pattern in (("number", _LONG), ("room", _ROOM)):
        for match in pattern.finditer(spoken.text):
            start, end = spoken.span(*match.span())
            if not any(one[0] < end and start < one[1] for one in spans):
                spans.append((start, end, MARKS[mark]))
    parts, at = [], 0
    for start, end, mark in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < at:
            at = max(at, end)  # a longer run reaches beyond what was taken out already
            continue
        parts += [text[at:start], mark]
        at = end
    return "".join([*parts, text[at:]])
