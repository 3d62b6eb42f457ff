"""From the customer's words to what the machine hears: intents, slots, mood.

The parts that learn (intent model, slot finder) are asked when they are there; without a released model the documents'
own words and examples decide.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from denghuo.apps.contacts.models import Contact
from denghuo.core import policies
from denghuo.core.held import Held
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.engine.dialogue import Book, Heard, guess
from denghuo.engine.language import sentiment

logger = logging.getLogger("denghuo.robot")
SURE, SURE_ADDRESS = 0.6, 0.8  # a part of an address is worse than none: it would not be asked for again
BELOW_SWITCH = 0.01
_TAIL = re.compile(r"(?:供电公司|供电局|县公司|区公司|市公司|公司|县|区|市)+$")


def _load_counties() -> list[tuple[str, str]]:
    """(short name, full name) of every county, the longest first."""
    rows = OrgUnit.objects.filter(kind=OrgKind.COUNTY).values_list("name", flat=True)
    found = [(_TAIL.sub("", name) or name, name) for name in rows]
    return sorted(found, key=lambda pair: (-len(pair[0]), pair[0]))


_counties: Held[list[tuple[str, str]]] = Held("assistant_counties", _load_counties)


def county_of(name: str) -> OrgUnit | None:
    """The county whose full or short name is in ``name``; None when none or several are."""
    hits = {full for short, full in _counties.rows() if len(short) > 1 and short in name}
    rows = list(OrgUnit.objects.filter(kind=OrgKind.COUNTY, name__in=hits)[:2]) if hits else []
    return rows[0] if len(rows) == 1 else None


def understand(text: str, book: Book) -> Heard:
    """What the machine hears of a sentence. No statement but the names of the counties, held in memory."""
    return Heard("text", text, tuple(_slots(text)), tuple(_intents(text, book)), _mood(text))


def _slots(text: str) -> Iterable[tuple[str, str]]:
    found = [
        (slot.kind, str(slot.value))
        for slot in _finder()(text)
        if slot.sure >= (SURE_ADDRESS if slot.kind == "address" else SURE)
    ]
    if not any(kind == "county" for kind, _value in found):
        counties = [full for short, full in _counties.rows() if len(short) > 1 and short in text]
        found += [("county", full) for full in counties[:1]]
    return dict.fromkeys(found)


def _finder() -> Callable[[str], Iterable[Any]]:
    try:
        from denghuo.engine.language.slots import find_slots
    except ImportError:  # built without the language part
        return lambda _text: ()
    return find_slots


def _intents(text: str, book: Book) -> list[tuple[str, float]]:
    """(dialogue code, probability), best first: the documents' own signs, and the released model's where it is sure."""
    own = guess(book, text)
    if own and own[0][1] >= book.main.limits.begin_at:
        return own
    # The documents see nothing: the model may begin a dialogue, but never break into one.
    found, most = dict(own), book.main.limits.switch_at - BELOW_SWITCH
    least = policies.get("assistant.intent_at")
    for label, probability in _model(text):
        if probability < least:
            continue
        for one in book.dialogues.values():
            if label in one.intents:
                found[one.code] = max(found.get(one.code, 0.0), round(min(probability, most), 4))
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _model(text: str) -> list[tuple[str, float]]:
    try:
        from denghuo.apps.knowledge.learned import current
    except ImportError:
        return []
    try:
        model = current("intent")
        if model is None:
            return []
        answer = model.predict([text])[0]
        return list(answer) if isinstance(answer, list) else [(answer[0], float(answer[1]))]
    except Exception:  # a broken model must not silence the robot: the documents decide alone
        logger.exception("the intent model failed")
        return []


def _mood(text: str) -> str:
    return "upset" if sentiment.score(text).score <= policies.get("assistant.upset_score") else ""


def proven(contact: Contact) -> dict[str, str]:
    """What is known from an account that was proven: it need not be asked for again. The phone is the holder's."""
    account = contact.account
    if account is None:
        return {}
    return {
        "account": account.number, "address": account.address, "county": account.org.name,
        "name": account.customer.name, "phone": contact.caller_phone or account.customer.phone,
    }  # fmt: skip
