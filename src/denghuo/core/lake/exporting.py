"""From the event log to the lake: every event once, whatever is killed when.

A batch is a stretch of the log with fixed bounds and a number. The bounds are written to the database first, then the rows go to
the lake in one commit that carries the number as the version of a Delta transaction. On the next start the lake says which
number it has: a batch that was planned and is not there is written again, one that is there is not. So the place in the log and
the rows change together, though they are in two systems. Files of a commit that never came belong to nobody and are removed by
:func:`denghuo.core.lake.keeping.tidy`.

The log is read through ADBC: rows come as Arrow batches and never become Python objects. Late events (of an earlier day) go to
the partition of their day. A column that the table lacks is added, older rows have it empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from denghuo.core.events import log
from denghuo.core.events.cursor import START, Cursor
from denghuo.core.lake.columns import NOT_ERASED, PARTITION, SCHEMA, select
from denghuo.core.lake.models import LakeBatch, LakeErasure
from denghuo.core.lake.place import APP_ID, LakeFault, committed, configuration, events_uri, opened, writing

BATCH = 100_000
_ZONE = re.compile(r"[A-Za-z0-9_+\-/]+")
_CONNECTION = ("host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey")


@dataclass(frozen=True, slots=True)
class Exported:
    """What one run brought to the lake."""

    batches: int
    events: int


def export(limit: int = BATCH, most: int | None = None) -> Exported:
    """Bring the lake up to the log, in batches of up to ``limit`` events, ``most`` of them (default: until nothing is left).

    Raises LakeFault when another process exports, or when the lake is ahead of the database (a lake of another one).
    """
    batches = events = 0
    with writing():
        while most is None or batches < most:
            table = opened()
            batch = next_batch(committed(table), limit)
            if batch is None:
                break
            write(batch, table)
            batches += 1
            events += batch.events
    return Exported(batches, events)


def next_batch(done: int, limit: int = BATCH) -> LakeBatch | None:
    """The batch behind number ``done``: the one that was planned before, or a new one; None when there is nothing new."""
    newest = LakeBatch.objects.order_by("-number").first()
    if (newest is None and done) or (newest is not None and done > newest.number):
        raise LakeFault(
            f"the lake has batch {done}, the database knows none: it belongs to another one, or an older state"
        )
    planned = LakeBatch.objects.filter(number=done + 1).first()
    return planned or _plan(done + 1, newest.last if newest else START, limit)


def _plan(number: int, after: Cursor, limit: int) -> LakeBatch | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH next AS (SELECT xid, id FROM core_event WHERE (xid, id) > (%s::xid8, %s) AND xid < %s::xid8"
            " ORDER BY xid, id LIMIT %s)"
            " SELECT xid::text, id, (SELECT count(*) FROM next) FROM next ORDER BY xid DESC, id DESC LIMIT 1",
            [str(after.xid), after.id, str(log.horizon()), limit],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return LakeBatch.objects.create(
        number=number, from_xid=after.xid, from_id=after.id, to_xid=int(row[0]), to_id=row[1], events=row[2],
        planned_at=timezone.now(),
    )  # fmt: skip


def write(batch: LakeBatch, table: DeltaTable | None) -> None:
    """The rows of ``batch`` in one commit. Raises LakeFault, and commits nothing, when the log gives another number of rows."""
    sent = CommitProperties(
        app_transactions=[Transaction(APP_ID, batch.number)], custom_metadata={"last": str(batch.last)}
    )
    wanted = expected(batch)  # asked here: the rows are drawn by a thread of the writer's
    with dbapi.connect(conninfo()) as source, source.cursor() as cursor:
        cursor.execute(statement(batch))
        reader = cursor.fetch_record_batch()
        rows = pa.RecordBatchReader.from_batches(SCHEMA, _counted(reader, batch.number, wanted))
        write_deltalake(
            table if table is not None else events_uri(),
            rows,
            mode="append",
            partition_by=None if table is not None else [PARTITION],
            schema_mode="merge" if table is not None else None,
            configuration=None if table is not None else configuration(),
            commit_properties=sent,
        )


def statement(batch: LakeBatch) -> str:
    """The SQL that reads a batch: bounds are numbers, the time zone is checked."""
    zone = settings.TIME_ZONE
    if not _ZONE.fullmatch(zone):
        raise LakeFault(f"not a time zone: {zone!r}")
    return f"SELECT {select(zone)} FROM core_event WHERE {_within(batch)}"


def _within(batch: LakeBatch) -> str:
    return (
        f"(xid, id) > ('{batch.from_xid}'::xid8, {batch.from_id})"
        f" AND (xid, id) <= ('{batch.to_xid}'::xid8, {batch.to_id}) AND {NOT_ERASED}"
    )


def expected(batch: LakeBatch) -> int:
    """How many rows must go to the lake: those planned, less what was erased since."""
    if not LakeErasure.objects.exists():
        return batch.events
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM core_event WHERE {_within(batch)}")
        return int(cursor.fetchone()[0])


def _counted(reader: pa.RecordBatchReader, number: int, wanted: int) -> Iterator[pa.RecordBatch]:
    """The batches in the lake's types; an error after the last one, if rows are missing, stops the commit.

    When the database stops within a read, ADBC ends the stream without an error: only the count shows it.
    """
    rows = 0
    for part in reader:
        rows += part.num_rows
        yield part.cast(SCHEMA)
    if rows != wanted:
        raise LakeFault(f"batch {number} has {rows} events, {wanted} were planned")


def conninfo() -> str:
    """The database of this installation for libpq."""
    params = connection.get_connection_params()
    return make_conninfo(**{name: params[name] for name in _CONNECTION if params.get(name)})
