"""Concurrent event streams on one process: delivery time and memory a client.

Target: 2,000 streams, one event a second, p99 below one second. The peer in the same run is a bare asyncio server
that writes the same bytes to the same number of clients from memory: no database, no tokens, no replay. It shows what
part of our time is the network and the client's own reading.

The clients run in a process of their own; delivery time is from just before the event's transaction begins to the
moment the client has read the message. Both processes share this machine's cores, so the figures are upper bounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import psutil

from benchmarks import scratch
from benchmarks.common import emit, say


def main(argv: list[str]) -> None:
    """Options: ``--clients`` (2000), ``--events`` (20), ``--interval`` seconds (1.0)."""
    parser = argparse.ArgumentParser(prog="denghuo bench live")
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--interval", type=float, default=1.0)
    options = parser.parse_args(argv)
    with scratch.database("live") as url:
        ours = _measure_ours(url, options)
    peer = asyncio.run(_measure_peer(options))
    figures = ours | {"p99_against_bare_server": round(ours["p99_ms"] / max(peer["p99_ms"], 0.001), 2)}
    say(f"{options.clients} clients: p50 {ours['p50_ms']} ms, p99 {ours['p99_ms']} ms, {ours['kb_per_client']} kB each")
    emit("live", figures, {"name": "bare asyncio server, same bytes from memory", **peer})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _measure_ours(url: str, options: argparse.Namespace) -> dict[str, Any]:
    from denghuo.core.actors import Actor
    from denghuo.core.live import live_token

    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "denghuo.core.live", "--port", str(port)], env=scratch.child_environment(url)
    )
    try:
        _wait_healthy(port)
        idle = psutil.Process(server.pid).memory_info().rss
        token = live_token(["bench:1"], Actor.system("bench"))
        path = f"/stream?token={token}"
        delays, lost = asyncio.run(_drive(port, path, options, _record_event))
        loaded = _drive_memory(server.pid, idle, options.clients)
    finally:
        server.terminate()
        server.wait(10)
    return _figures(delays, lost, options) | loaded


_peak: dict[int, int] = {}


def _drive_memory(pid: int, idle: int, clients: int) -> dict[str, float]:
    return {
        "kb_per_client": round((_peak.get(pid, idle) - idle) / 1024 / clients, 1),
        "idle_mb": round(idle / 1024**2, 1),
    }


def _record_event(number: int) -> None:
    from django.db import transaction

    from denghuo.core.actors import Actor
    from denghuo.core.events import record

    with transaction.atomic():
        record(
            Actor.system("bench"),
            "policy.changed",
            ("policy", number),
            org=None,
            payload={"key": f"bench:{time.time()!r}", "policy_value_id": number},
            topics=["bench:1"],
        )


def _wait_healthy(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


async def _drive(port: int, path: str, options: argparse.Namespace, send: Any) -> tuple[list[float], int]:
    """Open the streams from a child process, send the events, collect the delays it prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.live_clients", str(port), path, str(options.clients), str(options.events),
        stdout=asyncio.subprocess.PIPE, limit=64 * 1024**2,
    )  # fmt: skip
    assert child.stdout is not None
    assert (await child.stdout.readline()).strip() == b"ready"
    for number in range(1, options.events + 1):
        begun = time.monotonic()
        await asyncio.to_thread(send, number)
        for pid in _live_pids(port):
            _peak[pid] = max(_peak.get(pid, 0), psutil.Process(pid).memory_info().rss)
        await asyncio.sleep(max(0.0, options.interval - (time.monotonic() - begun)))
    result = json.loads(await child.stdout.readline())
    await child.wait()
    return result["delays"], result["lost"]


def _live_pids(port: int) -> list[int]:
    return [
        p.pid for p in psutil.Process().children() if str(port) in p.cmdline() and "denghuo.core.live" in p.cmdline()
    ]


def _figures(delays: list[float], lost: int, options: argparse.Namespace) -> dict[str, Any]:
    delays.sort()

    def at(share: float) -> float:
        return round(1000 * delays[min(len(delays) - 1, int(share * len(delays)))], 1)

    return {
        "clients": options.clients,
        "delivered": len(delays),
        "lost": lost,
        "p50_ms": at(0.50),
        "p99_ms": at(0.99),
        "max_ms": at(1.0),
    }


async def _measure_peer(options: argparse.Namespace) -> dict[str, Any]:
    """The same clients against a server that only writes."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nretry: 1000\n\n")
        await writer.drain()
        writers.append(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()

    def send(number: int) -> None:
        body = f'id: 1-{number}\nevent: policy.changed\ndata: {{"hint":{{"key":"bench:{time.time()!r}"}}}}\n\n'.encode()

        def write() -> None:
            for writer in writers:
                writer.write(body)

        loop.call_soon_threadsafe(write)

    delays, lost = await _drive(port, "/stream", options, send)
    server.close()
    return _figures(delays, lost, options)
