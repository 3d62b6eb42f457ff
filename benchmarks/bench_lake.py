"""From the event log to the lake: events a second, the lag behind a running writer, and what the files weigh.

Events are made in a scratch database by one statement, spread over days; the exporter then brings them to Delta tables. The peer
in the same run is the plain way: read the same rows through psycopg, build Arrow from them, write the same table. Log and lake are
reconciled at the end. With ``--writer`` seconds, a thread goes on recording events while the exporter runs again and again, and
the lag of each round is measured: from the oldest event not in the lake to the commit that brought it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from deltalake import write_deltalake

from benchmarks import scratch
from benchmarks.common import emit, say

_MADE = """
INSERT INTO core_event (at, kind, version, subject_kind, subject_id, org_id, org_path, actor_kind, actor_id, actor_name, payload)
SELECT timestamptz '2026-03-01 00:00+08' + n * interval '1 second' * %(step)s, 'contact.closed', 2, 'contact', n, 1 + n %% 300,
    '/1/' || n %% 26 || '/', 'staff', n %% 900, '坐席', jsonb_build_object('outcome', 'answered', 'request_id', n,
    'served_seconds', n %% 400, 'wrap_seconds', n %% 60, 'queue_id', n %% 12, 'channel', 'voice', 'agent_id', n %% 900)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
DAYS = 5


def main(argv: list[str]) -> None:
    """Options: ``--events`` (500,000), ``--batch`` (100,000), ``--writer`` seconds of the lag measurement (10)."""
    parser = argparse.ArgumentParser(prog="denghuo bench lake")
    parser.add_argument("--events", type=int, default=500_000)
    parser.add_argument("--batch", type=int, default=100_000)
    parser.add_argument("--writer", type=float, default=10.0)
    options = parser.parse_args(argv)
    from django.test.utils import override_settings

    with (
        tempfile.TemporaryDirectory() as folder,
        scratch.database("lake") as url,
        override_settings(DENGHUO_LAKE=f"{folder}/lake"),
    ):
        figures, peer = _measured(url, Path(folder), options)
    emit("lake", figures, peer)


def _measured(url: str, folder: Path, options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    from denghuo.core.events.partitions import ensure_partitions
    from denghuo.core.lake.exporting import export
    from denghuo.core.lake.reconciling import reconcile

    ensure_partitions(since=dt.date(2026, 3, 1))
    made = _make(url, options.events)
    began, worked = time.perf_counter(), time.process_time()
    done = export(limit=options.batch)
    seconds, processor = time.perf_counter() - began, time.process_time() - worked
    if done.events < options.events:
        raise SystemExit(f"{done.events} of {options.events} events exported")
    say(f"{done.events:,} events in {seconds:.1f} s: {done.events / seconds:,.0f} a second; made in {made:.1f} s")
    peer_seconds = _plain_way(url, folder, options.events)
    began = time.perf_counter()
    differences = reconcile(dt.date(2026, 2, 1), dt.date(2027, 12, 31))
    figures: dict[str, Any] = {
        "events": done.events,
        "events_per_s": round(done.events / seconds),
        "processor_us_per_event": round(processor * 1e6 / done.events, 2),
        "reconcile_s": round(time.perf_counter() - began, 2),
        "differences": len(differences),
        "bytes_per_event": round(_size(folder / "lake") / done.events, 1),
    }
    if options.writer:
        figures["lag_s"] = _lag(url, options.writer)
    say(f"peer {options.events / peer_seconds:,.0f} a second; {figures}")
    return figures, {"name": "psycopg rows to Arrow", "events_per_s": round(options.events / peer_seconds)}


def _make(url: str, events: int) -> float:
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        step = DAYS * 86400 / events
        for first in range(0, events, 100_000):
            last = min(first + 100_000, events) - 1
            connection.execute(_MADE, {"step": step, "first": first, "last": last})
    return time.perf_counter() - began


def _plain_way(url: str, folder: Path, events: int) -> float:
    from denghuo.core.lake.columns import PARTITION, SCHEMA, select

    began = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor("plain") as cursor:
        cursor.itersize = 100_000
        cursor.execute(f"SELECT {select('Asia/Shanghai')} FROM core_event WHERE kind = 'contact.closed'")
        read = 0
        while rows := cursor.fetchmany(100_000):
            columns = [
                pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)
            ]
            table = pa.Table.from_arrays(columns, schema=SCHEMA)
            write_deltalake(str(folder / "plain"), table, mode="append", partition_by=[PARTITION])
            read += len(rows)
    if read != events:
        raise SystemExit(f"{read} of {events} events read")
    return time.perf_counter() - began


def _lag(url: str, seconds: float) -> dict[str, float]:
    """Exports as fast as they go, beside a writer of about a thousand events a second."""
    from denghuo.core.lake.exporting import export

    stop = threading.Event()

    def write() -> None:
        number = 10_000_000
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute(_MADE, {"step": 0.0001, "first": number, "last": number + 9})
                number += 10
                stop.wait(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    lags = []
    try:
        end = time.perf_counter() + seconds
        asked = time.perf_counter()
        while asked < end:
            # What was recorded just after the last round began waits longest: until this one ends.
            before, asked = asked, time.perf_counter()
            if export(most=1).events:
                lags.append(time.perf_counter() - before)
    finally:
        stop.set()
        writer.join()
    return {"median": round(statistics.median(lags), 3), "worst": round(max(lags), 3), "rounds": len(lags)}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))
