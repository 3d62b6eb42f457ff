"""How a message looks to who reads it: the people of the house, or the customer.

The live stream, the API and the transcript all use these, so that a page may take a message from any of them. Nothing
here asks the database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import MessageKind
from denghuo.apps.contacts.models import Message

FILE_SALT = "contacts.file"
FILE_AGE = 24 * 3600
# Written out because the stream's process has no addresses loaded; a test holds them against the router.
STAFF_FILE = "/api/v1/contacts/{contact}/files/{file}"
CUSTOMER_FILE = "/api/v1/chat/files/{token}"
WITH_DATA = (MessageKind.LOCATION, MessageKind.CARD, MessageKind.NOTICE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is told of a file beside its address."""

    id: int
    name: str
    kind: str
    size: int
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A message with what was joined to it. ``previous_id``: the message before it, of any audience; ``seen_before``:
    the one before it that the customer sees. 0: none."""

    id: int
    contact_id: int
    client_id: str
    sender: str
    audience: str
    kind: str
    text: str
    data: dict[str, Any]
    at: dt.datetime
    staff_id: int | None
    staff_name: str
    staff_number: str
    file: Attachment | None
    previous_id: int
    seen_before: int


def line_of(row: Message, previous_id: int, seen_before: int) -> Line:
    """The line of a row read with its staff and file."""
    staff, file = row.staff, row.file
    return Line(
        row.pk, row.contact_id, str(row.client_id), row.sender, row.audience, row.kind, row.text, row.data, row.at,
        row.staff_id, staff.display_name if staff else "", staff.employee_no if staff else "",
        Attachment(file.pk, file.name, file.kind, file.size, file.width, file.height) if file else None,
        previous_id, seen_before,
    )  # fmt: skip


def lines_of(rows: list[Message], previous_id: int = 0) -> list[Line]:
    """Lines of messages in order; ``previous_id`` is the message before the first one."""
    lines, before, seen = [], previous_id, previous_id
    for row in rows:
        lines.append(line_of(row, before, seen))
        before = row.pk
        seen = row.pk if row.audience == "everyone" else seen
    return lines


def to_staff(line: Line) -> dict[str, Any]:
    """What an agent's desk shows of a message."""
    return {
        "id": line.id,
        "previous_id": line.previous_id,
        "client_id": line.client_id,
        "sender": line.sender,
        "audience": line.audience,
        "kind": line.kind,
        "text": line.text,
        "data": line.data,
        "file": _file(line.file, STAFF_FILE.format(contact=line.contact_id, file=line.file.id)) if line.file else None,
        "at": line.at.isoformat(),
        "staff_id": line.staff_id,
        "name": line.staff_name,
    }


def to_customer(line: Line, shown: str) -> dict[str, Any]:
    """What the customer sees of a message. ``shown``: policy ``chat.agent_shown``."""
    return {
        "id": line.id,
        "previous_id": line.seen_before,
        "client_id": line.client_id,
        "sender": line.sender,
        "kind": line.kind,
        "text": line.text,
        "data": line.data if line.kind in WITH_DATA else {},
        "file": _file(line.file, file_url(line.contact_id, line.file.id)) if line.file else None,
        "at": line.at.isoformat(),
        "name": agent_name(shown, line.staff_name, line.staff_number),
    }


def agent_name(shown: str, name: str, number: str) -> str:
    """An agent as a customer may know them: by name, by number, or not at all ("")."""
    if shown == "name":
        return name
    return _("%(number)s 号坐席") % {"number": number} if shown == "number" and number else ""


def file_url(contact_id: int, file_id: int) -> str:
    """An address at which the customer can open one file of their conversation for a day."""
    return CUSTOMER_FILE.format(token=signing.dumps([contact_id, file_id], salt=FILE_SALT))


def file_of(token: str) -> tuple[int, int] | None:
    """Conversation and file of such an address; None when it is forged or past its day."""
    try:
        contact, file = signing.loads(token, salt=FILE_SALT, max_age=FILE_AGE)
        return int(contact), int(file)
    except (signing.BadSignature, TypeError, ValueError):
        return None


def _file(file: Attachment, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "name": file.name,
        "kind": file.kind,
        "size": file.size,
        "width": file.width,
        "height": file.height,
    }
