"""Positions a second from a real broker into the database, and what a kill costs: nothing.

A Mosquitto is started on a free port, a device of load publishes ``--messages`` positions of ``--devices`` trackers with
quality of service 1, and the feed takes them: first ours, in batches; then the naive way in the same run, one
transaction a message and an acknowledgement after each. Then ours again, killed with SIGKILL in the middle and started
anew: every message must be there once. Zones lie around, so that every reading is judged.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import math
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import scratch
from benchmarks.common import emit, say

LON, LAT = 120.0, 30.0
PATIENCE = 100.0  # seconds for a run
CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {home}/
max_inflight_messages 2000
max_queued_messages 0
log_dest none
"""


def main(argv: list[str]) -> None:
    """Options: ``--messages`` (6000), ``--devices`` (100), ``--zones`` (200), ``--naive`` messages of the peer (1500)."""
    parser = argparse.ArgumentParser(prog="denghuo bench safety")
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--zones", type=int, default=200)
    parser.add_argument("--naive", type=int, default=1500)
    options = parser.parse_args(argv)
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    if not Path(program).exists():
        raise SystemExit("needs Mosquitto: apt-get install mosquitto")
    with scratch.database("safety"), broker(program) as (host, port):
        build(options.devices, options.zones)
        url = f"mqtt://{host}:{port}"
        ours = rate(url, "ours", options.messages, options.devices, run_ours)
        naive = rate(url, "naive", options.naive, options.devices, run_naive)
        killed = kill(url, options.messages, options.devices)
    say(f"ours {ours:,.0f}/s, one row a message {naive:,.0f}/s; killed: {killed}")
    figures = {"messages_per_s": round(ours), "times_naive": round(ours / naive, 1), **killed}
    emit("safety", figures, {"naive_messages_per_s": round(naive)})


@contextlib.contextmanager
def broker(program: str) -> Iterator[tuple[str, int]]:
    """A broker that keeps everything for absent subscribers."""
    home = Path(tempfile.mkdtemp(prefix="denghuo-bench-mqtt-"))
    home.chmod(0o777)  # started by root it becomes another user
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    (home / "mosquitto.conf").write_text(CONFIG.format(port=port, home=home))
    running = subprocess.Popen([program, "-c", str(home / "mosquitto.conf")])
    try:
        _until(lambda: _answers(port), 10)
        yield "127.0.0.1", port
    finally:
        running.terminate()
        running.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def build(devices: int, zones: int) -> None:
    """Trackers and circles around the place where they walk."""
    from django.utils import timezone

    from denghuo.apps.safety.models import SafetyZone, Tracker
    from denghuo.core.scoping.models import OrgUnit

    org = OrgUnit.objects.create(kind="county", code="BENCH", name="BENCH")
    Tracker.objects.bulk_create(Tracker(org=org, code=f"B{n}", kind="person") for n in range(devices))
    since = timezone.now() - dt.timedelta(days=1)
    SafetyZone.objects.bulk_create(
        SafetyZone(
            org=org, kind="danger", name=f"Z{n}", subjects="all", on_enter=True, valid_from=since, radius=60,
            lon=LON + 0.002 * (n % 20), lat=LAT + 0.002 * (n // 20),
        )
        for n in range(zones)
    )  # fmt: skip


def message(number: int, device: int, base: float) -> tuple[str, bytes]:
    """The ``number``-th reading of a device that walks in circles; a hundred readings a second of its time."""
    turn = number / 200 + device
    lon, lat = LON + 0.02 + 0.015 * math.cos(turn), LAT + 0.01 + 0.008 * math.sin(turn)
    at = int((base + number * 0.01) * 1000)
    data = {"lon": round(lon, 6), "lat": round(lat, 6), "accuracy": 5, "at": at, "seq": number, "battery": 80}
    return f"denghuo/safety/B{device}/position", json.dumps(data).encode()


def publish(url: str, count: int, devices: int) -> None:
    """Send all and wait until the broker has them."""
    import paho.mqtt.client as mqtt

    host, port = url.removeprefix("mqtt://").split(":")
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="load")
    client.max_inflight_messages_set(1000)
    client.connect(host, int(port))
    client.loop_start()
    base = time.time() - 3600
    last = None
    for n in range(count):
        last = client.publish(*message(n // devices, n % devices, base), qos=1)
    while last is not None and not last.is_published():
        time.sleep(0.01)
    client.disconnect()
    client.loop_stop()


def run_ours(url: str) -> None:
    """The product's own feed."""
    from denghuo.apps.safety.feed.process import Feed

    feed = Feed(url)
    signal.signal(signal.SIGTERM, feed.stop)
    feed.run()
    os._exit(0)


def run_naive(url: str) -> None:
    """One transaction a message, acknowledged one by one: what a subscriber written in an afternoon does."""
    from denghuo.apps.safety.feed.client import Broker
    from denghuo.apps.safety.feed.intake import Incoming, take
    from denghuo.apps.safety.feed.memory import Zones
    from denghuo.core.actors import Actor

    held, zones, actor = Broker(url), Zones(), Actor.system("bench")
    held.start()
    while True:
        one = held.inbox.get()
        take(actor, [Incoming(one.topic, one.payload)], zones)
        held.acknowledge([one])


def started(run: Callable[[str], None], url: str) -> Any:
    """A process that runs it, with a database connection of its own."""
    from django.db import connection

    connection.close()
    process = multiprocessing.get_context("fork").Process(target=run, args=(url,), daemon=True)
    process.start()
    return process


def rate(url: str, name: str, count: int, devices: int, run: Callable[[str], None]) -> float:
    """Messages a second from the first row to the last; the broker holds them all before the feed starts."""
    _begin(name)
    first = started(run, url)  # the session must exist at the broker before anything is sent
    time.sleep(2)
    _end(first)
    publish(url, count, devices)
    process = started(run, url)
    _until(lambda: _rows() > 0, PATIENCE)
    begun, there = time.perf_counter(), _rows()
    _until(lambda: _rows() >= count, PATIENCE)
    seconds = time.perf_counter() - begun
    _end(process)
    say(f"{name}: {count - there:,} messages in {seconds:.2f} s")
    return (count - there) / seconds


def kill(url: str, count: int, devices: int) -> dict[str, int]:
    """Publish while the feed runs, kill it three times on the way, count what is there."""
    from denghuo.apps.safety.models import FeedState

    _begin("killed")
    process = started(run_ours, url)
    _until(lambda: FeedState.objects.filter(connected=True).exists(), 30)
    sender = multiprocessing.get_context("fork").Process(target=publish, args=(url, count, devices), daemon=True)
    sender.start()
    kills = 0
    for share in (0.2, 0.45, 0.7):
        _until(lambda share=share: _rows() >= share * count, PATIENCE)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        kills += 1
        process = started(run_ours, url)
    sender.join(PATIENCE)
    _until(lambda: _rows() >= count, PATIENCE, fails=False)
    time.sleep(1)  # what would be doubled comes now
    state, rows = FeedState.objects.get(), _rows()
    _end(process)
    return {
        "kills": kills, "lost": count - rows, "doubled": max(0, state.taken - count),
        "told_again": state.repeated, "refused": state.refused,
    }  # fmt: skip


def _rows() -> int:
    from denghuo.apps.safety.models import Position

    return Position.objects.count()


def _begin(name: str) -> None:
    """Nothing there, and a session of its own at the broker: what another run left unacknowledged is not ours."""
    os.environ["DENGHUO_MQTT_CLIENT"] = f"bench-{name}"
    _clear()


def _clear() -> None:
    from denghuo.apps.safety.models import FeedState, Position, SafetyAlarm, Tracker

    Position.objects.all().delete()
    SafetyAlarm.objects.all().delete()
    FeedState.objects.all().delete()
    Tracker.objects.update(lon=None, lat=None, positioned_at=None, heard_at=None, inside=[], doubts={}, strange={})


def _end(process: Any) -> None:
    process.kill()
    process.join(10)


def _until(seen: Callable[[], bool], seconds: float, *, fails: bool = True) -> None:
    ends = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > ends:
            if fails:
                raise SystemExit("did not happen in time")
            return
        time.sleep(0.02)
