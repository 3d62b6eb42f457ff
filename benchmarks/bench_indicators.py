"""Ten headline indicators by province × half hour × day, beside the same in hand-written SQL and beside PostgreSQL.

Contacts of one month are made by hash (no randomness) into Parquet files, the lake's format. Each indicator is asked of DuckDB
through its definition and as a person would write it (``benchmarks/indicators_sql.py``); the rounds alternate, the answers are
compared. Ratios are of processor time, which other work on the machine hardly changes. The same definitions then run on PostgreSQL over a part of the rows, and DuckDB over the same part. With ``--sail`` they
run on Sail too (Spark Connect), in the mode of the environment (``SAIL_MODE=local-cluster``).
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import psutil
import pyarrow as pa

from benchmarks import indicators_sql as sql
from benchmarks import scratch
from benchmarks.common import emit, say
from denghuo.engine.indicators import INDICATORS, compute, compute_together

HEADLINE = tuple(sql.FIGURES)
ASKED: dict[str, Any] = {"by": ["province"], "grain": "half_hour"}
KEYS = ("province", "period", "half_hour")


def main(argv: list[str]) -> None:
    """Options: ``--rows`` (5,000,000), ``--rounds`` (3), ``--postgres-rows`` (1,000,000; 0: leave it out), ``--sail``."""
    parser = argparse.ArgumentParser(prog="denghuo bench indicators")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres-rows", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sail", action="store_true")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        say(f"making {options.rows:,} contacts …")
        began = time.perf_counter()
        files = sql.make(Path(folder), options.rows)
        size = sum(Path(name).stat().st_size for name in files)
        say(f"  {time.perf_counter() - began:.1f} s, {size / 1e6:.0f} MB of Parquet")
        figures, peers = _on_duckdb(files, options)
        figures |= {"rows": options.rows, "parquet_mb": round(size / 1e6)}
        if options.postgres_rows:
            figures["postgres"], peers["postgres"] = _on_postgres(files, options)
        if options.sail:
            figures["sail"] = _on_sail(files)
    emit("indicators", figures, peers)


def _on_duckdb(files: list[str], options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    connection = _engine(files, options.threads)
    source = {"contacts": connection.table("contacts")}
    ours: dict[str, tuple[float, float]] = {}
    hand: dict[str, tuple[float, float]] = {}
    with memory() as peak:
        for code in (*HEADLINE, "together"):
            asked = _asked(code, source)
            text, written = str(ibis.to_sql(asked, dialect="duckdb")), _by_hand(code)
            ours[code], hand[code] = _raced(connection.con, text, written, options.rounds)
            _same(_answer(connection.con, text), _answer(connection.con, written), code)
            one, other = ours[code], hand[code]
            say(f"  {code:<18} {one[0]:7.3f} s   by hand {other[0]:7.3f} s   processor {one[1] / other[1]:5.2f}×")
    building = _building(source)
    ratios = [ours[code][1] / hand[code][1] for code in HEADLINE]
    figures = {
        "seconds": {code: round(wall, 3) for code, (wall, _processor) in ours.items()},
        "processor_seconds": {code: round(processor, 3) for code, (_wall, processor) in ours.items()},
        "ratio_median": round(statistics.median(ratios), 3),
        "ratio_worst": round(max(ratios), 3),
        "ratio_together": round(ours["together"][1] / hand["together"][1], 3),
        "million_rows_per_s": round(options.rows / 1e6 / statistics.median([ours[code][0] for code in HEADLINE]), 1),
        "build_ms": building,
        "memory_mb": round(peak()),
        "max_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    say(f"  worst ratio {figures['ratio_worst']}, memory {figures['memory_mb']} MB above the start")
    peer = {"seconds": {code: round(one[0], 3) for code, one in hand.items()}}
    return figures, {"by_hand": peer | {"processor_seconds": {code: round(one[1], 3) for code, one in hand.items()}}}


def _engine(files: list[str], threads: int) -> Any:
    connection = ibis.duckdb.connect()
    names = ", ".join(f"'{name}'" for name in files)
    connection.con.execute(f"SET TimeZone = 'UTC'; SET threads = {threads}")
    connection.con.execute(f"CREATE VIEW contacts AS SELECT * FROM read_parquet([{names}])")
    return connection


def _asked(code: str, source: dict[str, Any]) -> Any:
    if code == "together":
        return compute_together([INDICATORS[one] for one in HEADLINE], source, **ASKED)
    return compute(INDICATORS[code], source, **ASKED).select(*KEYS, "value")


def _by_hand(code: str) -> str:
    return sql.by_hand_together("contacts") if code == "together" else sql.by_hand(code, "contacts")


def _raced(engine: Any, ours: str, theirs: str, rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Medians of alternating rounds, after one of each that is not counted: seconds, and seconds of all processors."""
    spent: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for number in range(rounds + 1):
        for times, text in zip(spent, (ours, theirs), strict=True):
            began, worked = time.perf_counter(), time.process_time()
            _answer(engine, text)
            if number:
                times.append((time.perf_counter() - began, time.process_time() - worked))
    one, other = (tuple(statistics.median(column) for column in zip(*times, strict=True)) for times in spent)
    return (one[0], one[1]), (other[0], other[1])


def _answer(engine: Any, text: str) -> pa.Table:
    return engine.sql(text).to_arrow_table()


def _same(one: pa.Table, other: pa.Table, code: str) -> None:
    """Raise when two answers differ."""
    if (ours := _keyed(one)) != (theirs := _keyed(other)):
        wrong = [key for key in ours.keys() | theirs.keys() if not _close(ours.get(key), theirs.get(key))]
        if wrong:
            raise SystemExit(f"{code}: {len(wrong)} of {len(ours)} groups differ, e.g. {wrong[0]}")


def _keyed(table: pa.Table) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    values = [name for name in sorted(table.column_names) if name not in KEYS]
    columns = [table[name].to_pylist() for name in (*KEYS, *values)]
    return {
        (row[0], row[1].date() if hasattr(row[1], "date") else row[1], int(row[2])): row[3:]
        for row in zip(*columns, strict=True)
    }


def _close(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    if one is None or other is None:
        return False
    return all(
        a == b or (a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9))
        for a, b in zip(one, other, strict=True)
    )


def _building(source: dict[str, Any]) -> float:
    """Milliseconds from the definition to the SQL, the median of the ten."""
    spent = []
    for code in HEADLINE:
        began = time.perf_counter()
        ibis.to_sql(_asked(code, source), dialect="duckdb")
        spent.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(spent), 1)


def _on_postgres(files: list[str], options: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    import psycopg

    rows = min(options.postgres_rows, options.rows)
    engine = _engine(files, options.threads)
    engine.con.execute(f"CREATE TABLE part AS SELECT * FROM contacts WHERE id < {rows}")
    engine.con.execute("DROP VIEW contacts; ALTER TABLE part RENAME TO contacts")
    source = {"contacts": engine.table("contacts")}
    theirs, ours = {}, {}
    with scratch.empty_database("indicators") as url, psycopg.connect(url, autocommit=True) as connection:
        say(f"loading {rows:,} rows into PostgreSQL …")
        _load(connection, engine, rows)
        for code in (*HEADLINE, "together"):
            text = str(ibis.to_sql(_asked(code, source).unbind(), dialect="postgres"))
            theirs[code] = _median(lambda text=text: connection.execute(text).fetchall(), options.rounds)
            ours[code] = _median(lambda code=code: _asked(code, source).to_pyarrow(), options.rounds)
            say(f"  {code:<18} DuckDB {ours[code]:7.3f} s   PostgreSQL {theirs[code]:7.3f} s")
    faster = statistics.median(theirs[code] / ours[code] for code in theirs)
    return (
        {"rows": rows, "seconds": {code: round(one, 3) for code, one in ours.items()}, "faster": round(faster, 1)},
        {"rows": rows, "seconds": {code: round(one, 3) for code, one in theirs.items()}},
    )


def _load(connection: Any, engine: Any, rows: int) -> None:
    connection.execute(f"CREATE UNLOGGED TABLE contacts ({sql.COLUMNS})")
    quoted = [f'"{part.split()[0]}"' for part in sql.COLUMNS.split(", ")]
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        engine.con.execute(
            f"COPY (SELECT {', '.join(quoted)} FROM contacts) TO '{file.name}' (FORMAT csv, HEADER false)"
        )
        with (
            connection.cursor().copy("COPY contacts FROM STDIN (FORMAT csv)") as copy,
            Path(file.name).open("rb") as text,
        ):
            while part := text.read(1 << 20):
                copy.write(part)
    connection.execute("VACUUM ANALYZE contacts")
    found = connection.execute("SELECT count(*) FROM contacts").fetchone()[0]
    if found != rows:
        raise SystemExit(f"{found} rows in PostgreSQL, not {rows}")


def _median(run: Callable[[], Any], rounds: int) -> float:
    spent = []
    for _round in range(rounds):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


def _on_sail(files: list[str]) -> dict[str, Any]:
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(port=0)
    server.start(background=True)
    seconds = {}
    engine = _engine(files, 2)
    try:
        session = SparkSession.builder.remote(f"sc://localhost:{server.listening_address[1]}").getOrCreate()
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.read.parquet(*files).createOrReplaceTempView("contacts")
        source = {"contacts": ibis.pyspark.connect(session).table("contacts")}
        for code in (*HEADLINE, "together"):
            began = time.perf_counter()
            found = _asked(code, source).to_pyarrow()
            seconds[code] = round(time.perf_counter() - began, 3)
            _same(found, _answer(engine.con, _by_hand(code)), f"Sail, {code}")
            say(f"  {code:<18} Sail {seconds[code]:7.3f} s, the same figures")
        session.stop()
    finally:
        server.stop()
    return {"seconds": seconds}


@contextmanager
def memory() -> Iterator[Callable[[], float]]:
    """The most memory this process took above what it had at the start, in MB, looked at every 20 ms."""
    process, done = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    most = [before]

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: (most[0] - before) / 1e6
    finally:
        done.set()
        watcher.join()
