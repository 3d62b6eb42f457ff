"""Which conversation a mail belongs to: marks that only we can have made.

``<dh.<outbound>.<contact>.<mac>@domain>`` is our Message-ID, ``[#<contact>-<mac>]`` stands in the subject, and
``name+c<contact>-<mac>@domain`` in Reply-To where the mail system permits it. The mac keeps strangers from writing into
a conversation whose number they guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable

from django.conf import settings

_ID = re.compile(r"<dh\.(\d{1,19})\.(\d{1,19})\.([0-9a-f]{12})@[^<>\s]+>")
_TAG = re.compile(r"\[#(\d{1,19})-([0-9a-f]{12})\]")
_PLUS = re.compile(r"\+c(\d{1,19})-([0-9a-f]{12})@")


def _mac(*parts: object) -> str:
    said = ".".join(str(part) for part in parts).encode()
    return hmac.new(settings.SECRET_KEY.encode(), b"email." + said, hashlib.sha256).hexdigest()[:12]


def message_id(outbound_id: int, contact_id: int | None, domain: str) -> str:
    """The Message-ID of an outbound message; the same at every attempt, so that a mailbox keeps one copy."""
    held = contact_id or 0
    return f"<dh.{outbound_id}.{held}.{_mac('id', outbound_id, held)}@{domain}>"


def subject_tag(contact_id: int) -> str:
    """The mark in the subject."""
    return f"[#{contact_id}-{_mac('contact', contact_id)}]"


def without_tag(subject: str) -> str:
    """A subject without our marks and without "Re:" in front."""
    bare = _TAG.sub("", subject)
    return re.sub(r"^(\s*(re|fw|fwd|回复|答复|转发)\s*[:：]\s*)+", "", bare, flags=re.IGNORECASE).strip()


def reply_address(address: str, contact_id: int) -> str:
    """The address that brings an answer back to its conversation."""
    name, _at, domain = address.rpartition("@")
    return f"{name}+c{contact_id}-{_mac('contact', contact_id)}@{domain}"


def outbound_of(ids: Iterable[str]) -> list[int]:
    """The outbound messages that genuine Message-IDs of ours name."""
    return [int(m[1]) for i in ids if (m := _ID.fullmatch(i)) and hmac.compare_digest(m[3], _mac("id", m[1], m[2]))]


def contact_of(ids: Iterable[str], subject: str, recipients: Iterable[str]) -> int | None:
    """The conversation that a genuine mark names: Message-IDs first, then the address, then the subject."""
    for i in ids:
        m = _ID.fullmatch(i)
        if m and int(m[2]) and hmac.compare_digest(m[3], _mac("id", m[1], m[2])):
            return int(m[2])
    for text, pattern in [*((r, _PLUS) for r in recipients), (subject, _TAG)]:
        for m in pattern.finditer(text):
            if hmac.compare_digest(m[2], _mac("contact", m[1])):
                return int(m[1])
    return None
