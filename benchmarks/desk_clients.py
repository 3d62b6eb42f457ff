"""Customers and agents of ``bench desk`` in one process: streams on bare sockets, posts over kept connections.

Reads a plan (JSON file), talks for its time, prints what arrived where. A post that gets no answer is sent again with
the same client id until it has one, as the pages do; each side of a chat sends one message at a time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import resource
import sys
import time
import uuid
from collections import Counter
from typing import Any

MESSAGE = re.compile(
    rb'"topics":\["(?:contact|customer-contact):(\d+)"[^}]*?"hint":\{[^}]*\},"message":\{"id":(\d+),"previous_id":(\d+),'
    rb'"client_id":"([0-9a-f-]{36})"'
)
PLACE = re.compile(rb"id: (\d+-\d+)\n")
CONNECTIONS = 48
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


class Book:
    """Everything that was sent and everything that arrived."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}  # client id -> when its first POST began
        self.side: dict[str, str] = {}  # client id -> who sent it
        self.answered: dict[str, float] = {}
        self.heard: dict[str, dict[int, list[tuple[int, int, str, float]]]] = {"agent": {}, "customer": {}}
        self.retries: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        self.broken_streams = 0


class Stream(asyncio.Protocol):
    """One stream; it comes back with its place when it is cut."""

    def __init__(self, book: Book, side: str, port: int, token: str, opened: asyncio.Semaphore) -> None:
        self.book, self.side, self.port, self.token, self.opened = book, side, port, token, opened
        self.rest, self.place, self.started, self.over = b"", "", False, False
        self.transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        while True:
            try:
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)
                return
            except OSError:
                await asyncio.sleep(0.2)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.rest = transport, b""
        after = f"&after={self.place}" if self.place else ""
        path = f"/stream?token={self.token}{after}"
        transport.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over:
            self.book.broken_streams += 1
            self.again = asyncio.ensure_future(self.connect())

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self.started and b"retry" in data:
            self.started = True
            self.opened.release()
        self.rest += data
        *whole, self.rest = self.rest.split(b"\n\n")
        for block in whole:
            place = PLACE.search(block)
            if place:
                self.place = place[1].decode()
            found = MESSAGE.search(block)
            if found:
                contact, number, before, client = int(found[1]), int(found[2]), int(found[3]), found[4].decode()
                self.book.heard[self.side].setdefault(contact, []).append((number, before, client, now))


class Posts:
    """Kept connections to the web server."""

    def __init__(self, book: Book, port: int) -> None:
        self.book, self.port = book, port
        self.free: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self.free.put_nowait(None)

    async def send(self, path: str, token: str, body: dict[str, Any]) -> None:
        """Until it is accepted."""
        data = json.dumps(body, ensure_ascii=False).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        tries = 0
        while True:
            link = await self.free.get()
            status, trouble = 0, ""
            try:
                async with asyncio.timeout(10):
                    if link is None:
                        link = await asyncio.open_connection("127.0.0.1", self.port)
                    status = await self._once(link, head.encode() + data)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
                trouble = type(error).__name__
                if link is not None:
                    link[1].close()
                link = None
            self.free.put_nowait(link)
            if status == 201:
                return
            if status and status < 500:
                self.book.refused[status] += 1
                return
            self.book.retries[trouble or str(status)] += 1
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1

    @staticmethod
    async def _once(link: Any, request: bytes) -> int:
        reader, writer = link
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            await reader.readexactly(int(length[1]))
        return int(head.split(b" ", 2)[1])


async def talk(chat: dict[str, Any], plan: dict[str, Any], posts: Posts, book: Book, until: float) -> None:
    """One chat: both sides write in turn, at even times with some play."""
    every = 60 / plan["per_minute"]
    pick = random.Random(chat["contact"])
    due = time.monotonic() + pick.random() * every
    turn = pick.randrange(2)
    sending: dict[str, asyncio.Task[None] | None] = {"agent": None, "customer": None}
    while due < until:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        side = ("customer", "agent")[turn % 2]
        sending[side] = asyncio.ensure_future(_after(sending[side], say(side, chat, posts, book, pick)))
        turn += 1
        due += every * (0.6 + 0.8 * pick.random())
    for task in sending.values():
        if task is not None:
            await task


async def _after(before: asyncio.Task[None] | None, work: Any) -> None:
    if before is not None:
        await before
    await work


async def say(side: str, chat: dict[str, Any], posts: Posts, book: Book, pick: random.Random) -> None:
    client = str(uuid.UUID(int=pick.getrandbits(128), version=4))
    text = "请您核对一下上月的用电量和电费，谢谢" if side == "agent" else "好的，我看看账单再回复您"
    book.begun[client], book.side[client] = time.monotonic(), side
    body: dict[str, Any] = {"client_id": client, "text": text}
    if side == "agent":
        await posts.send(f"/api/v1/contacts/{chat['contact']}/messages", chat["agent"], body | {"sender": "agent"})
    else:
        await posts.send(f"/api/v1/chat/contacts/{chat['contact']}/messages", chat["access"], body)
    book.answered[client] = time.monotonic()


async def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Open all streams, say ready, talk, wait for the last messages, report."""
    book, opened = Book(), asyncio.Semaphore(0)
    streams = [Stream(book, "agent", plan["live_port"], token, opened) for token in plan["agent_streams"]]
    streams += [Stream(book, "customer", plan["live_port"], chat["stream"], opened) for chat in plan["chats"]]
    for start in range(0, len(streams), 100):
        await asyncio.gather(*(stream.connect() for stream in streams[start : start + 100]))
    for _ in streams:
        await opened.acquire()
    print("ready", flush=True)
    posts = Posts(book, plan["port"])
    until = time.monotonic() + plan["seconds"]
    await asyncio.gather(*(talk(chat, plan, posts, book, until) for chat in plan["chats"]))
    await _settle(book)
    for stream in streams:
        stream.over = True
        if stream.transport is not None:
            stream.transport.abort()
    return _report(book, plan)


async def _settle(book: Book) -> None:
    """Wait until both sides have heard everything, or nothing more has come for ten seconds."""
    count, quiet = -1, time.monotonic()
    while time.monotonic() - quiet < 10:
        now = sum(len(rows) for side in book.heard.values() for rows in side.values())
        if now >= 2 * len(book.answered):
            return
        if now != count:
            count, quiet = now, time.monotonic()
        await asyncio.sleep(0.1)


def _report(book: Book, plan: dict[str, Any]) -> dict[str, Any]:
    delays: list[tuple[float, float]] = []
    lost = doubled = disordered = gaps = 0
    kept = set(book.answered)
    for side in ("agent", "customer"):
        seen: Counter[str] = Counter()
        for rows in book.heard[side].values():
            last = None
            sent_order = [book.begun[row[2]] for row in rows if book.side.get(row[2]) != side]
            disordered += sum(b < a for a, b in itertools.pairwise(sent_order))
            for number, before, client, at in rows:
                seen[client] += 1
                disordered += last is not None and number <= last
                gaps += last is not None and before != last
                last = number
                if book.side.get(client) not in (None, side) and seen[client] == 1:
                    delays.append((book.begun[client], at - book.begun[client]))
        lost += sum(1 for client in kept if not seen[client])
        doubled += sum(count - 1 for count in seen.values())
    start = min(book.begun.values(), default=0.0)
    return {
        "posted": len(book.begun),
        "answered": len(kept),
        "retries": dict(book.retries),
        "refused": dict(book.refused),
        "broken_streams": book.broken_streams,
        "lost": lost + len(book.begun) - len(kept),
        "doubled": doubled,
        "out_of_order": disordered,
        "gaps": gaps,
        "delays": [(round(begun - start, 2), round(delay, 4)) for begun, delay in delays],
        "posts": sorted(round(book.answered[c] - book.begun[c], 4) for c in kept),
        "client_ids": sorted(kept),
    }


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    with open(sys.argv[1], encoding="utf-8") as source:
        made = json.load(source)
    print(json.dumps(asyncio.run(run(made))), flush=True)
