"""Many stream clients in one process, on bare sockets so that reading costs little. Used by ``bench live``."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

SENT = re.compile(rb'"key": ?"bench:([0-9.]+)"')


class Client(asyncio.Protocol):
    """One stream: notes the delay of every event it reads."""

    def __init__(self, path: str, port: int, book: list[float], opened: asyncio.Semaphore) -> None:
        self.path, self.port, self.book, self.opened = path, port, book, opened
        self.rest = b""
        self.count = 0
        self.started = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if not self.started and b"retry" in data:
            self.started = True
            self.opened.release()
        self.rest += data
        *whole, self.rest = self.rest.split(b"\n\n")
        for message in whole:
            found = SENT.search(message)
            if found:
                self.book.append(now - float(found[1]))
                self.count += 1


async def run(port: int, path: str, clients: int, events: int) -> None:
    """Open ``clients`` streams, say ready, wait for ``events`` on each (or 60 s of silence), print the delays."""
    loop, book, opened = asyncio.get_running_loop(), [], asyncio.Semaphore(0)
    made = []
    for _ in range(clients):
        _transport, client = await loop.create_connection(lambda: Client(path, port, book, opened), "127.0.0.1", port)
        made.append(client)
    for _ in range(clients):
        await opened.acquire()
    print("ready", flush=True)
    quiet, seen = time.monotonic(), 0
    while len(book) < clients * events and time.monotonic() - quiet < 60:
        await asyncio.sleep(0.2)
        if len(book) != seen:
            seen, quiet = len(book), time.monotonic()
    print(json.dumps({"delays": [round(delay, 5) for delay in book], "lost": clients * events - len(book)}), flush=True)


if __name__ == "__main__":
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    asyncio.run(run(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
