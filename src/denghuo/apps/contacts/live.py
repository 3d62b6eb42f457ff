"""Messages travel with their text on the stream, so that a delivery costs no request.

Loaded by the stream's process. Staff who hear ``contact:<id>`` get the message as the desk shows it, unless it holds
digits that only some of them may see: then they hear that it came, and each reads it as their role allows. The customer
on ``customer-contact:<id>`` gets it as they see it, and of a whisper they do not even hear. A floor hears that a message
came, not what it says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection as django_connection

from denghuo.apps.contacts.choices import Audience
from denghuo.apps.contacts.talk import Attachment, Line, to_customer, to_staff
from denghuo.core import policies
from denghuo.core.live.enrich import Connection, Extras, Read, enrich
from denghuo.core.privacy.masking import redact
from denghuo.core.scoping.models import OrgUnit

KEEP_SECONDS = 5.0

# One query a batch: messages and files by primary key, the message the customer saw before by contacts_message_order.
MESSAGES = b"""
SELECT m.id, m.contact_id, m.client_id::text, m.sender, m.audience, m.kind, m.text, m.data, m.at, m.staff_id,
       coalesce(s.display_name, ''), coalesce(s.employee_no, ''), f.id, f.name, f.kind, f.size, f.width, f.height,
       CASE WHEN m.audience = 'everyone' THEN (
           SELECT p.id FROM contacts_message p
           WHERE p.contact_id = m.contact_id AND p.id < m.id AND p.audience = 'everyone' ORDER BY p.id DESC LIMIT 1
       ) END
FROM contacts_message m
LEFT JOIN accounts_staff s ON s.id = m.staff_id
LEFT JOIN core_storedfile f ON f.id = m.file_id
WHERE m.id = ANY(%s)
"""


async def messages(connection: Connection, events: Sequence[Read]) -> Mapping[int, Extras]:
    """The messages that ``contact.message_posted`` events tell of."""
    wanted = [event.payload["message_id"] for event in events]
    async with connection.cursor() as cursor:
        await cursor.execute(MESSAGES, [wanted], prepare=True)
        rows = {row[0]: row for row in await cursor.fetchall()}
    shown = await shown_at({event.org_path for event in events if event.payload["sender"] == "agent"})
    found: dict[int, Extras] = {}
    for event in events:
        row = rows.get(event.payload["message_id"])
        if row is None:
            continue
        line = _line(row, event.payload["previous_id"])
        extras: dict[str, Mapping[str, Any]] = {}
        if redact(line.text) == line.text:
            extras["contact:"] = {"message": to_staff(line)}
        if line.audience == Audience.EVERYONE:
            extras["customer-contact:"] = {"message": to_customer(line, shown.get(event.org_path, "none"))}
        found[event.id] = extras
    return found


def _line(row: Sequence[Any], previous_id: int) -> Line:
    file = Attachment(*row[12:18]) if row[12] is not None else None
    return Line(*row[:12], file, previous_id, row[18] or 0)


_known: dict[str, tuple[float, str]] = {}


async def shown_at(paths: Iterable[str]) -> dict[str, str]:
    """Policy ``chat.agent_shown`` for units by path, each asked for every few seconds at most."""
    now = time.monotonic()
    wanted = list(paths)
    stale = [path for path in wanted if path not in _known or now - _known[path][0] > KEEP_SECONDS]
    if stale:
        _known.update(await asyncio.to_thread(_look_up, stale, now))
    return {path: _known[path][1] for path in wanted}


def _look_up(paths: list[str], now: float) -> dict[str, tuple[float, str]]:
    try:
        return {path: (now, str(policies.get("chat.agent_shown", OrgUnit(path=path)))) for path in paths}
    finally:
        django_connection.close()  # this thread's own; the stream reads the log on another


enrich("contact.message_posted", messages)
