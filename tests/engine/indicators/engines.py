"""The engines that the same expressions run on. Each takes the rows of the facts and answers an expression with rows."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from denghuo.engine.indicators import FACTS, ColumnType, unbound

Rows = list[dict[str, Any]]
Ask = Callable[[Callable[[Mapping[str, ibis.Table]], ibis.Table]], Rows]

_SQL = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double precision",
    ColumnType.FLAG: "boolean",
    ColumnType.MOMENT: "timestamptz",
    ColumnType.DAY: "date",
}


@contextmanager
def duckdb(tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    """The embedded engine."""
    connection = ibis.duckdb.connect()
    for code, table in tables.items():
        connection.con.register(f"fact_{code}", table)
    source = {code: connection.table(f"fact_{code}") for code in tables}
    yield lambda build: build(source).to_pyarrow().to_pylist()
    connection.disconnect()


@contextmanager
def postgres(tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    """The live database: SQL from the expression, over temporary tables of one session."""
    import psycopg

    url = os.environ.get("DATABASE_URL")
    if not url:
        pytest.skip("DATABASE_URL is not set; scripts/tests starts a database")
    with psycopg.connect(url) as connection:
        for code, table in tables.items():
            columns = ", ".join(f'"{column.name}" {_SQL[column.type]}' for column in FACTS[code].columns)
            connection.execute(f"CREATE TEMP TABLE fact_{code} ({columns}) ON COMMIT DROP")
            with connection.cursor().copy(f"COPY fact_{code} FROM STDIN") as copy:
                for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                    copy.write_row(row)

        def ask(build: Callable[[Mapping[str, ibis.Table]], ibis.Table]) -> Rows:
            source = {code: unbound(FACTS[code]) for code in tables}
            cursor = connection.execute(str(ibis.to_sql(build(source), dialect="postgres")).encode())
            names = [part.name for part in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

        yield ask
        connection.rollback()


@contextmanager
def sail(tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    """The light engine with the Spark API, in this process, spoken to through Spark Connect."""
    server_module = pytest.importorskip("pysail.spark", reason="pysail is not installed (extra: spark)")
    session_module = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (extra: spark)")
    server = server_module.SparkConnectServer(port=0)
    server.start(background=True)
    try:
        place = f"sc://localhost:{server.listening_address[1]}"
        with main_with_file():
            session = session_module.SparkSession.builder.remote(place).getOrCreate()
        with _spark(session, tables) as ask:
            yield ask
    finally:
        server.stop()
        for name in [name for name in os.environ if name.startswith("SPARK_")]:
            del os.environ[name]  # pyspark notes there that this process speaks to a server, and then starts no Spark


@contextmanager
def main_with_file() -> Iterator[None]:
    """pyspark takes a main module without a file for a run of its doctests; workers of xdist have such a one."""
    main = sys.modules["__main__"]
    lacks = not hasattr(main, "__file__")
    if lacks:
        main.__file__ = __file__
    try:
        yield
    finally:
        if lacks:
            del main.__file__


@contextmanager
def spark(tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    """Apache Spark itself, two threads of one Java process."""
    module = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (extra: spark)")
    builder = module.SparkSession.builder.master("local[2]")
    settings = {
        "spark.ui.enabled": "false",
        # Small tables, many queries: what helps large ones costs most of the time here.
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        pytest.skip(f"Spark does not start here: {type(error).__name__}: {str(error)[:200]}")
    with _spark(session, tables) as ask:
        yield ask


@contextmanager
def _spark(session: Any, tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    session.conf.set("spark.sql.session.timeZone", "UTC")
    with tempfile.TemporaryDirectory() as folder:
        for code, table in tables.items():
            place = Path(folder) / f"{code}.parquet"
            pq.write_table(table, place)
            session.read.parquet(str(place)).createOrReplaceTempView(f"fact_{code}")
        connection = ibis.pyspark.connect(session)
        source = {code: connection.table(f"fact_{code}") for code in tables}
        try:
            yield lambda build: build(source).to_pyarrow().to_pylist()
        finally:
            session.stop()


ENGINES: dict[str, Callable[[Mapping[str, pa.Table]], Any]] = {
    "duckdb": duckdb,
    "postgres": postgres,
    "sail": sail,
    "spark": spark,
}
