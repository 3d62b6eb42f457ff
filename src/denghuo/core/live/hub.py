"""Clients and what they hear. Everything here runs on one event loop and never waits, so nothing slips between."""

from __future__ import annotations

import asyncio
import bisect
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from denghuo.core.events.cursor import START, Cursor
from denghuo.core.live.messages import HEARTBEAT, Message, reload_frame
from denghuo.core.live.tokens import Listener

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

QUEUE = 256  # frames that may wait for one slow client
SEND_SECONDS = 30.0  # a client that takes nothing for so long is given up
HEARTBEAT_SECONDS = 15.0


class Client:
    """One open stream. Frames are sent by a task that lives only while there is something to send."""

    __slots__ = ("_send", "_sender", "after", "closing", "frames", "listener", "on_close", "sent")

    def __init__(self, listener: Listener, send: Send, after: Cursor, on_close: Callable[[], None]) -> None:
        self.listener = listener
        self.after = after
        self.frames: deque[bytes] = deque()
        self.closing = False
        self.sent = time.monotonic()
        self.on_close = on_close
        self._send = send
        self._sender: asyncio.Task[None] | None = None

    def put(self, frame: bytes, *, last: bool = False) -> None:
        """Queue a frame; ``last`` ends the stream behind it."""
        if self.closing:
            return
        self.closing = last
        self.frames.append(frame)
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._flush())

    def drop(self, cursor: Cursor) -> None:
        """Give up a client that is too slow: it gets one ``reload`` instead of what waits, and the stream ends."""
        self.frames.clear()
        self.put(reload_frame(cursor), last=True)

    def close(self) -> None:
        """Forget what waits and stop sending."""
        self.closing = True
        self.frames.clear()
        if self._sender is not None:
            self._sender.cancel()

    async def _flush(self) -> None:
        try:
            while self.frames:
                body = b"".join(self.frames)
                self.frames.clear()
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send({"type": "http.response.body", "body": body, "more_body": True})
                self.sent = time.monotonic()
            if self.closing:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                self.on_close()
        except (TimeoutError, OSError):
            self.closing = True
            self.on_close()
        finally:
            self._sender = None


class Hub:
    """All clients by what they hear, and the newest messages for those who come back.

    ``cursor`` is the place in the log up to which messages have been handed out. The ring holds the newest messages
    up to ``cursor``; a client that comes with an older place than the ring's start must reload.
    """

    def __init__(self, ring: int = 5000, keep_seconds: float = 3600.0) -> None:
        self.cursor = START
        self.clients: set[Client] = set()
        self.delivered = 0
        self.dropped = 0
        self._by_topic: dict[str, set[Client]] = {}
        self._by_floor: dict[str, set[Client]] = {}
        self._ring: list[Message] = []
        self._ring_start = START
        self._ring_size = ring
        self._keep = keep_seconds

    def prime(self, messages: list[Message], start: Cursor, cursor: Cursor) -> None:
        """Begin with messages from before this process; ``start`` is the place behind which none is missing."""
        self._ring, self._ring_start, self.cursor = messages, start, cursor

    def join(self, client: Client, last: Cursor | None) -> None:
        """Register a client and queue what it missed since ``last``, in one step: no gap and no duplicate.

        None means from now on. A place before the ring's start gets ``reload`` and then goes on from here.
        """
        self.clients.add(client)
        for topic in client.listener.topics:
            self._by_topic.setdefault(topic, set()).add(client)
        for floor in client.listener.floors:
            self._by_floor.setdefault(floor, set()).add(client)
        if last is None:
            return
        if last < self._ring_start:
            client.put(reload_frame(self.cursor))
            return
        client.after = last
        first = bisect.bisect_right(self._ring, last, key=lambda message: message.cursor)
        missed = [
            frame
            for message in self._ring[first:]
            if (frame := self._heard(client.listener, message)) is not None
        ]  # fmt: skip
        if len(missed) > QUEUE:
            client.put(reload_frame(self.cursor))
        elif missed:
            client.put(b"".join(missed))

    def leave(self, client: Client) -> None:
        """Forget a client; safe to call twice."""
        self.clients.discard(client)
        client.close()
        for index, keys in ((self._by_topic, client.listener.topics), (self._by_floor, client.listener.floors)):
            for key in keys:
                members = index.get(key)
                if members is not None:
                    members.discard(client)
                    if not members:
                        del index[key]

    def publish(self, message: Message) -> None:
        """Hand one message to all who hear it and keep it for those who come back."""
        self.cursor = message.cursor
        seen: set[Client] = set()
        for topic in message.topics:
            for client in self._by_topic.get(topic, ()):
                self._deliver(client, message, topic, seen)
        if self._by_floor:
            for floor in floors_of(message.org_path):
                for client in self._by_floor.get(floor, ()):
                    self._deliver(client, message, None, seen)
        self._ring.append(message)
        if len(self._ring) > self._ring_size + 500:
            self._trim()

    def pass_on(self, topic: str, frame: bytes) -> None:
        """Hand a frame of the moment to those who hear ``topic`` now; it is not kept, and whoever lags goes without."""
        for client in self._by_topic.get(topic, ()):
            if not client.closing and len(client.frames) < QUEUE:
                client.put(frame)

    def _deliver(self, client: Client, message: Message, topic: str | None, seen: set[Client]) -> None:
        # A page can be ahead of this process: it read its place from the database a moment ago.
        if client in seen or client.closing or message.cursor <= client.after:
            return
        seen.add(client)
        if len(client.frames) >= QUEUE:
            self.dropped += 1
            client.drop(message.cursor)
            return
        self.delivered += 1
        client.put(message.text_for(topic))

    @staticmethod
    def _heard(listener: Listener, message: Message) -> bytes | None:
        """The frame of a message for a listener, None when it is not for them."""
        for topic in message.topics:
            if topic in listener.topics:
                return message.text_for(topic)
        if any(message.org_path.startswith(floor) for floor in listener.floors):
            return message.text_for(None)
        return None

    def _trim(self) -> None:
        old = time.monotonic() - self._keep
        cut = max(len(self._ring) - self._ring_size, 0)
        while cut < len(self._ring) and self._ring[cut].arrived < old:
            cut += 1
        if cut:
            self._ring_start = self._ring[cut - 1].cursor
            del self._ring[:cut]

    def beat(self) -> None:
        """Send a comment to clients that have heard nothing for a while, and let old messages go; call every second."""
        old = time.monotonic() - HEARTBEAT_SECONDS
        for client in self.clients:
            if client.sent < old and not client.frames:
                client.sent = time.monotonic()
                client.put(HEARTBEAT)
        self._trim()


def floors_of(org_path: str) -> list[str]:
    """The paths of all units around a place: ``"1.4."`` gives ``["", "1.", "1.4."]``."""
    floors = [""]
    for part in org_path.split("."):
        if part:
            floors.append(f"{floors[-1]}{part}.")
    return floors
