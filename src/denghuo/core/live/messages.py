"""Events as messages on the wire. Each is encoded once, however many clients hear it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from denghuo.core.events.cursor import Cursor
from denghuo.core.events.kinds import KINDS

# A topic of this kind holds the token of a public page. Whoever knows it can open the page, so nobody else hears it.
SECRET = "customer-request:"  # noqa: S105  (the name of a topic, not a secret)
HEARTBEAT = b": \n\n"
RETRY = b"retry: 2000\n\n"

COLUMNS = "xid::text, id, at, kind, subject_kind, subject_id, org_path, topics, payload"


class Message:
    """One event: where it stands in the log, who hears it, and its text in up to two versions."""

    __slots__ = ("arrived", "cursor", "org_path", "row", "secret", "shared", "topics")

    def __init__(self, row: Sequence[Any], arrived: float) -> None:
        self.cursor = Cursor(int(row[0]), row[1])
        self.org_path: str = row[6]
        self.topics: tuple[str, ...] = tuple(row[7])
        self.arrived = arrived
        self.row: Sequence[Any] | None = row
        self.shared = b""
        self.secret: dict[str, bytes] = {}

    def text_for(self, topic: str | None) -> bytes:
        """The frame for a listener who hears it by ``topic`` (None: by floor)."""
        if topic is None or not topic.startswith(SECRET):
            if not self.shared:
                topics = [name for name in self.topics if not name.startswith(SECRET)]
                if self.org_path:
                    topics.append(f"floor:{self.org_path}")
                self.shared = self._frame(topics, inner=True)
            return self.shared
        if topic not in self.secret:
            self.secret[topic] = self._frame([topic], inner=False)
        return self.secret[topic]

    def _frame(self, topics: list[str], *, inner: bool) -> bytes:
        """``inner``: for people of the company, with the subject's number and the hints."""
        assert self.row is not None
        _xid, _id, at, kind, subject_kind, subject_id, _path, _topics, payload = self.row
        data = {
            "kind": kind,
            "subject": subject_kind,
            "id": subject_id if inner else None,
            "at": at.isoformat(),
            "topics": topics,
            "hint": hint(kind, payload) if inner else {},
        }
        return frame(kind, data, self.cursor)


def hint(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload fields that the kind lets browsers see."""
    known = KINDS.get(kind)
    return {name: payload[name] for name in known.hint if name in payload} if known else {}


def frame(event: str, data: Mapping[str, Any], cursor: Cursor) -> bytes:
    """A server-sent event."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {cursor}\nevent: {event}\ndata: {text}\n\n".encode()


def reload_frame(cursor: Cursor) -> bytes:
    """Tells a page that it cannot be caught up: fetch everything anew and go on from ``cursor``."""
    return frame("reload", {}, cursor)
