"""Events as messages on the wire. Each is encoded once, however many clients hear it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from denghuo.core.events.cursor import Cursor
from denghuo.core.events.kinds import KINDS
from denghuo.core.live.enrich import Extras

# A topic of this kind holds the token of a public page. Whoever knows it can open the page, so nobody else hears it.
SECRET = "customer-request:"  # noqa: S105  (the name of a topic, not a secret)
# Topics that customers hear: their frames name that one topic and hold nothing internal.
PUBLIC = (SECRET, "customer-contact:")
HEARTBEAT = b": \n\n"
RETRY = b"retry: 2000\n\n"

NO_EXTRAS: Mapping[str, Any] = {}

COLUMNS = "xid::text, id, at, kind, subject_kind, subject_id, org_path, topics, payload"


class Message:
    """One event: where it stands in the log, who hears it, and its text in as many versions as there are listeners
    of different standing."""

    __slots__ = ("arrived", "cursor", "extras", "frames", "org_path", "row", "topics")

    def __init__(self, row: Sequence[Any], arrived: float, extras: Extras | None = None) -> None:
        self.cursor = Cursor(int(row[0]), row[1])
        self.org_path: str = row[6]
        self.topics: tuple[str, ...] = tuple(row[7])
        self.arrived = arrived
        self.row: Sequence[Any] | None = row
        self.extras = extras or NO_EXTRAS
        self.frames: dict[str, bytes] = {}

    def text_for(self, topic: str | None) -> bytes:
        """The frame for a listener who hears it by ``topic`` (None: by floor).

        Extras go to listeners of the topics they are meant for, never to a floor.
        """
        public = topic is not None and topic.startswith(PUBLIC)
        family = "" if topic is None else topic[: topic.index(":") + 1]
        added = self.extras.get(family, NO_EXTRAS)
        version = topic if public and topic else family if added else ""
        if version not in self.frames:
            self.frames[version] = self._frame([version] if public else self._shared_topics(), added, inner=not public)
        return self.frames[version]

    def _shared_topics(self) -> list[str]:
        topics = [name for name in self.topics if not name.startswith(SECRET)]
        if self.org_path:
            topics.append(f"floor:{self.org_path}")
        return topics

    def _frame(self, topics: list[str], added: Mapping[str, Any], *, inner: bool) -> bytes:
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
            **added,
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
