"""What a customer has said so far, taken apart for the form of a request: simple patterns, no guessing.

A form filled from it is a proposal: the agent reads it before it is sent.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from denghuo.apps.contacts.choices import Audience, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.core.inputs import ACCOUNT_NUMBER, MOBILE

LAST = 12  # messages looked at
LONGEST = 500
_DIGITS = re.compile(r"(?<!\d)\d[\d\s-]{8,22}\d(?!\d)")
_MOBILE_IN = re.compile(r"(?<!\d)1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")
# "地址是…" up to the end of the sentence, or a run that ends in a house, storey or room.
_NAMED_ADDRESS = re.compile(
    r"(?:地址|住址|家住|住在|在)(?:是|为|：|:)?\s*([^，。；！？,;!?\n]{4,60}(?:路|街|巷|村|组|号|幢|栋|楼|单元|室|小区|花园|苑)[^，。；！？,;!?\n]{0,30})"
)
_PLAIN_ADDRESS = re.compile(
    r"([\u4e00-\u9fff]{2,20}(?:路|街|道|巷|村|镇|小区|花园|苑|新村)[\u4e00-\u9fff\d\s-]{0,20}?\d+\s*(?:号|幢|栋|楼|单元|组|室)(?:\s*\d+\s*(?:号|幢|栋|楼|单元|室|层))*(?:\s*\d{3,4})?)"
)
_GREETING = re.compile(r"^(?:你好|您好|在吗|喂|有人吗|谢谢|好的|嗯|哦|是的|对)[，。！,!~\s]*$")


@dataclass(frozen=True, slots=True)
class Told:
    """What was found; "" where nothing was. ``text`` is what the customer described, one message a line."""

    phone: str = ""
    account_number: str = ""
    address: str = ""
    text: str = ""


def told_in(contact: Contact) -> Told:
    """Taken from the customer's last messages (one query by ``contacts_message_order``); of several the newest counts."""
    rows = Message.objects.filter(contact=contact, sender=Sender.CUSTOMER, audience=Audience.EVERYONE)
    texts = [text for text in rows.order_by("-pk").values_list("text", flat=True)[:LAST] if text]
    texts.reverse()
    return told(texts)


def told(texts: list[str]) -> Told:
    """The same for messages given in order."""
    phone = number = address = ""
    for text in (unicodedata.normalize("NFKC", one) for one in texts):
        if found := _MOBILE_IN.search(text):
            phone = re.sub(r"\D", "", found[0])
        for run in _DIGITS.findall(text):
            digits = re.sub(r"\D", "", run)
            if ACCOUNT_NUMBER.fullmatch(digits) and not MOBILE.fullmatch(digits):
                number = digits
        if place := (_NAMED_ADDRESS.search(text) or _PLAIN_ADDRESS.search(text)):
            address = place[1].strip(" ,，")
    kept = [text.strip() for text in texts if text.strip() and not _GREETING.match(text.strip())]
    return Told(phone, number, address, "\n".join(kept)[-LONGEST:].lstrip())
