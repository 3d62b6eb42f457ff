"""Our events as other systems read them: CloudEvents 1.0, in commit order, by a cursor.

What leaves the house is decided here: the kinds, and of each the codes and numbers. Free text and names of people never
leave, whatever a payload holds.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.events import START, Cursor, Event
from denghuo.core.events import log as event_log
from denghuo.core.events.kinds import KINDS
from denghuo.core.inputs import shown

# First word of a kind → the permission under which its events may be read. What is not here is never published.
AREAS = {
    "request": "requests.view",
    "application": "requests.view",
    "appointment": "requests.view",
    "clock": "requests.view",
    "order": "field.view",
    "outage": "grid.view",
    "contact": "contacts.view",
    "payment": "customers.view",
}
VIEW = "exchange.view"
TYPE_PREFIX = "cn.denghuo."
BATCH = 500
MOST_SCANNED = 20_000  # events of other units passed over for one answer; the reader goes on from `next`
# Texts that are numbers or names of ours, not people's.
_PLAIN_TEXTS = frozenset({"number", "crew_name"})
_CODE = re.compile(r"[A-Za-z0-9_.:+/ \-]{0,64}")
_LONG_NUMBER = re.compile(r"\d{7,}")
_CURSOR = re.compile(r"(\d{1,20}-\d{1,19})(?:-(\d{8,11}))?")


class Gone(ActionError):
    """What was asked for is no longer kept."""

    status = 410
    code = "gone"

    def default_message(self) -> str:
        return _("已不再保留")


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of the feed. ``next`` is where to go on, also when there was nothing; ``more``: ask again at once."""

    events: list[dict[str, Any]]
    next: str
    more: bool


def published_kinds() -> list[str]:
    """Kinds that other systems may be told of, by name."""
    return sorted(kind for kind in KINDS if kind.split(".", 1)[0] in AREAS)


def permission_of(kind: str) -> str:
    """The permission under which events of ``kind`` may be read; KeyError for one that is not published."""
    return AREAS[kind.split(".", 1)[0]]


def may_read(actor: Actor, kind: str, org_path: str) -> bool:
    """Whether ``actor`` may read events of ``kind`` that happened at ``org_path``: by the business permission, or by
    ``exchange.view``, as they hold no personal data."""
    return actor.can(permission_of(kind), org_path) or actor.can(VIEW, org_path)


def chosen_kinds(actor: Actor, asked: Iterable[str]) -> list[str]:
    """The kinds to read: those asked for (a name, or ``request.*``), else all; raises InvalidInput (kinds)."""
    known = [k for k in published_kinds() if actor.can_somewhere(permission_of(k)) or actor.can_somewhere(VIEW)]
    wanted = [word.strip() for word in asked if word.strip()]
    if not wanted:
        return known
    return expanded(wanted, known)


def expanded(wanted: Iterable[str], known: Collection[str] | None = None) -> list[str]:
    """Names and ``area.*`` patterns as names; raises InvalidInput (kinds) for what is not published."""
    known = published_kinds() if known is None else known
    found: set[str] = set()
    unknown: list[str] = []
    for word in wanted:
        hits = [k for k in known if k == word or (word.endswith(".*") and k.startswith(word[:-1]))]
        found.update(hits)
        if not hits:
            unknown.append(word[:60])
    if unknown:
        names = _("、").join(unknown[:5])
        raise InvalidInput(
            {"kinds": _("没有可订阅的事件类型：%(names)s，可用类型见 /api/v1/changes/kinds") % {"names": names}}
        )
    return sorted(found)


def read(actor: Actor, *, after: str = "", kinds: Iterable[str] = (), limit: int | None = None) -> Page:
    """Events behind the cursor ``after`` that the actor may read, in commit order, none left out.

    ``after``: a cursor from an earlier answer, "" for the oldest kept, "now" for what is to come. Events of
    transactions that still run come later, so a reader that goes on from ``next`` misses nothing. Raises InvalidInput
    (after, kinds, limit) and :class:`Gone` when the cursor is older than ``exchange.feed_days``.
    """
    most: int = policies.get("exchange.feed_page")
    size = most if limit is None else limit
    if not 1 <= size <= most:
        raise InvalidInput({"limit": _("每次条数须在 1 到 %(most)s 之间") % {"most": most}})
    names = chosen_kinds(actor, kinds)
    if after == "now":
        return Page([], cursor_text(Cursor(event_log.horizon(), 0)), more=False)
    return _collect(actor, parse_cursor(after), names, size)


def _collect(actor: Actor, place: Cursor, names: list[str], size: int) -> Page:
    horizon = event_log.own_horizon() if connection.in_atomic_block else event_log.horizon()
    found: list[dict[str, Any]] = []
    source = str(policies.get("exchange.source"))
    scanned = 0
    while scanned < MOST_SCANNED:
        batch = event_log.read_between(place, horizon, min(BATCH, max(size, 50)), names) if names else []
        for event in batch:
            place = event.cursor
            scanned += 1
            if may_read(actor, event.kind, event.org_path):
                found.append(cloud_event(event, source))
                if len(found) == size:
                    return Page(found, cursor_text(place), more=True)
        if not batch:
            # All of these kinds below the horizon has been read: go on behind it. (Not inside a transaction, whose own
            # events are read as if committed: it goes on writing below.)
            end = place if connection.in_atomic_block else max(place, Cursor(horizon, 0))
            return Page(found, cursor_text(end), more=False)
    return Page(found, cursor_text(place), more=True)


def cursor_text(place: Cursor, at: dt.datetime | None = None) -> str:
    """A cursor as it is handed out: the place, and the day it was given so that its age can be told."""
    return f"{place}-{int((at or timezone.now()).timestamp())}"


def parse_cursor(text: str) -> Cursor:
    """The place of a cursor that was handed out; raises InvalidInput (after), Gone."""
    if not text:
        return START
    match = _CURSOR.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)
        place = Cursor.parse(match[1])
    except ValueError:
        raise InvalidInput({"after": _("游标格式不对，请原样传回上次应答中的 next")}) from None
    days: int = policies.get("exchange.feed_days")
    oldest = timezone.now() - dt.timedelta(days=days)
    if match[2] is not None and int(match[2]) < oldest.timestamp():
        given = shown(dt.datetime.fromtimestamp(int(match[2]), dt.UTC))
        raise Gone(
            _("游标发放于 %(given)s，超过保留期 %(days)s 天，其间的变更可能已不在；请全量同步后从 after=now 重新开始")
            % {"given": given, "days": days},
            code="cursor_expired",
        )
    if place.id and place < _oldest():
        raise Gone(_("游标之后的变更已归档；请全量同步后从 after=now 重新开始"), code="cursor_expired")
    return place


def _oldest() -> Cursor:
    """The place of the oldest event still attached (index ``core_event_log`` of each month)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text, id FROM core_event ORDER BY xid, id LIMIT 1")
        row = cursor.fetchone()
    return Cursor(int(row[0]), int(row[1])) if row else START


def cloud_event(event: Event, source: str | None = None) -> dict[str, Any]:
    """The event in CloudEvents 1.0 JSON format (structured mode).

    Extension attributes: ``cursor`` (its place in the feed), ``orgpath``, ``actorkind``, ``correlationid``.
    """
    made: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": source or str(policies.get("exchange.source")),
        "type": TYPE_PREFIX + event.kind,
        "subject": f"{event.subject_kind}/{event.subject_id}",
        "time": event.at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"urn:denghuo:event:{event.kind}:{event.version}",
        "cursor": str(event.cursor),
        "orgpath": event.org_path,
        "actorkind": event.actor_kind,
        "data": impersonal(event.payload),
    }
    if event.correlation is not None:
        made["correlationid"] = str(event.correlation)
    return made


def impersonal(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload without free text: codes, numbers and times stay."""
    return {name: value for name, value in payload.items() if name in _PLAIN_TEXTS or _is_code(value)}


def _is_code(value: Any) -> bool:
    if isinstance(value, str):
        return _CODE.fullmatch(value) is not None and not _LONG_NUMBER.search(value)
    if isinstance(value, list):
        return all(_is_code(part) for part in value)
    if isinstance(value, dict):
        return all(_is_code(key) and _is_code(part) for key, part in value.items())
    return True


def as_bytes(document: dict[str, Any]) -> str:
    """The JSON text that is signed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
