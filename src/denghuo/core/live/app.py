"""The ASGI application of the live stream: ``/stream``, ``/healthz``, ``/stats``. No framework: many idle clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from denghuo.core.events.cursor import START, Cursor
from denghuo.core.live.feed import Feed
from denghuo.core.live.hub import Client, Hub
from denghuo.core.live.messages import HEARTBEAT, RETRY
from denghuo.core.live.tokens import BadToken, Listener, read_token

logger = logging.getLogger("denghuo.live")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

STALE_SECONDS = 10.0


class LiveApp:
    """One process of the live stream. Settings: ``LIVE_REPLAY_EVENTS`` (5000), ``LIVE_REPLAY_SECONDS`` (3600)."""

    def __init__(self, connect: dict[str, Any] | None = None) -> None:
        ring = int(getattr(settings, "LIVE_REPLAY_EVENTS", 5000))
        self.hub = Hub(ring, float(getattr(settings, "LIVE_REPLAY_SECONDS", 3600)))
        self._connect = connect
        self._ring = ring
        self._feed: Feed | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    # -- life of the process

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def start(self) -> None:
        """Begin to read the log, with what the apps add to its messages."""
        autodiscover_modules("live")
        self._feed = Feed(self.hub, self._ring, self._connect or connection_params())
        self._tasks = [asyncio.create_task(self._feed.run()), asyncio.create_task(self._beat())]

    async def stop(self) -> None:
        """End the tasks and close all streams."""
        for client in list(self.hub.clients):
            self.hub.leave(client)
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def end_streams(self) -> None:
        """Tell every client that its stream is over, properly; their pages connect again and catch up."""
        for client in list(self.hub.clients):
            client.put(HEARTBEAT, last=True)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.hub.beat()

    # -- requests

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        origin, permitted = cross_origin(headers)
        path = scope["path"].rstrip("/") or "/"
        if path == "/healthz":
            healthy = self.healthy()
            await answer(send, 200 if healthy else 503, {"status": "ok" if healthy else "degraded"}, origin)
        elif path == "/stats":
            await answer(send, 200, self.stats(), origin)
        elif path != "/stream":
            await answer(send, 404, problem(404, "not_found", "Only /stream, /healthz and /stats are here."), origin)
        elif not permitted:
            await answer(send, 403, problem(403, "foreign_origin", "Open the stream from a page of this host."), origin)
        elif scope["method"] == "OPTIONS":
            await answer(send, 204, None, origin)
        elif scope["method"] != "GET":
            await answer(send, 405, problem(405, "method_not_allowed", "Use GET."), origin)
        else:
            await self._stream(scope, headers, origin, receive, send)

    async def _stream(
        self, scope: Scope, headers: dict[bytes, bytes], origin: Headers, receive: Receive, send: Send
    ) -> None:
        try:
            listener, last = read_request(scope, headers)
        except BadToken:
            text = "The token is missing, damaged or past its time: load the page again."
            return await answer(send, 401, problem(401, "bad_token", text), origin)
        except ValueError:
            text = "Last-Event-ID or after must be <xid>-<id> as the stream sent it."
            return await answer(send, 422, problem(422, "bad_cursor", text), origin)
        if not self.healthy():
            # Without a place in the log nothing can be promised; the client tries again.
            return await answer(send, 503, problem(503, "not_ready", "The stream is not ready; try again."), origin)
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS + origin})
        await send({"type": "http.response.body", "body": RETRY, "more_body": True})
        over = asyncio.Event()
        client = Client(listener, send, START, over.set)
        try:
            self.hub.join(client, last)
            gone = asyncio.ensure_future(wait_gone(receive))
            gone.add_done_callback(lambda _task: over.set())
            try:
                await over.wait()
            finally:
                gone.cancel()
        finally:
            self.hub.leave(client)

    # -- what monitoring sees

    def healthy(self) -> bool:
        """Whether the log is being read."""
        feed = self._feed
        return feed is not None and feed.connected and time.monotonic() - feed.read_at < STALE_SECONDS

    def stats(self) -> dict[str, Any]:
        """Clients, messages delivered, clients dropped, place in the log, seconds since the log was last read."""
        feed = self._feed
        return {
            "clients": len(self.hub.clients),
            "delivered": self.hub.delivered,
            "dropped": self.hub.dropped,
            "cursor": str(self.hub.cursor),
            "connected": bool(feed and feed.connected),
            "read_seconds_ago": round(time.monotonic() - feed.read_at, 3) if feed and feed.read_at else None,
        }


STREAM_HEADERS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def wait_gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def read_request(scope: Scope, headers: dict[bytes, bytes]) -> tuple[Listener, Cursor | None]:
    """Who asks for what and from where; raises BadToken, or ValueError for a malformed place."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    listener = read_token(query.get("token", [""])[0])
    place = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("after", [""])[0]
    return listener, Cursor.parse(place) if place else None


def cross_origin(headers: dict[bytes, bytes]) -> tuple[Headers, bool]:
    """CORS headers, and whether the page that asks may: it is on the same host name (any port) or a trusted origin."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    if not origin:
        return [], True
    host = urlsplit(f"//{headers.get(b'host', b'').decode('latin-1')}").hostname
    if urlsplit(origin).hostname != host and origin not in settings.CSRF_TRUSTED_ORIGINS:
        return [(b"vary", b"Origin")], False
    return [
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", b"GET"),
        (b"access-control-allow-headers", b"Last-Event-ID, Cache-Control, Accept"),
    ], True


def problem(status: int, code: str, detail: str) -> dict[str, Any]:
    """An RFC 9457 body."""
    return {"type": f"urn:denghuo:problem:{code}", "title": code, "status": status, "detail": detail, "code": code}


async def answer(send: Send, status: int, body: dict[str, Any] | None, extra: Headers) -> None:
    """A short JSON answer."""
    kind = b"application/problem+json" if status >= 400 and body and "type" in body else b"application/json"
    data = b"" if body is None else json.dumps(body).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(data)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers + extra})
    await send({"type": "http.response.body", "body": data})


def connection_params() -> dict[str, Any]:
    """Arguments for psycopg from Django's settings."""
    from django.db import connection

    params = dict(connection.get_connection_params())
    params.pop("cursor_factory", None)
    params.pop("context", None)
    return params
