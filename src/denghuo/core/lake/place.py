"""Where the lake is, and the right to write to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake import DeltaTable
from django.conf import settings
from django.db import connection

from denghuo.core.lake.columns import STATISTICS

APP_ID = "denghuo.events"
_LOCK = "denghuo.lake"


class LakeFault(RuntimeError):
    """The lake and the database do not belong together, or somebody else is writing."""


def events_uri() -> str:
    """The table of events: under ``DENGHUO_LAKE`` (a folder or a URI of an object store), default ``lake`` beside the data."""
    root = str(getattr(settings, "DENGHUO_LAKE", "") or Path(settings.VAR) / "lake")
    return f"{root.rstrip('/')}/events"


def opened(uri: str | None = None) -> DeltaTable | None:
    """The table as it is now; None when nothing was written yet."""
    where = uri or events_uri()
    return DeltaTable(where) if DeltaTable.is_deltatable(where) else None


def committed(table: DeltaTable | None) -> int:
    """The number of the last batch that is in the lake; 0 when there is none."""
    return (table.transaction_version(APP_ID) or 0) if table is not None else 0


def configuration() -> dict[str, str | None]:
    """Properties of the table."""
    return {"delta.dataSkippingStatsColumns": ",".join(STATISTICS)}


@contextmanager
def writing() -> Iterator[None]:
    """Only one process writes; the lock ends with the connection, also when the process is killed.

    Raises LakeFault when another process holds it. Not inside a transaction: it would hold back all readers of the log.
    """
    if connection.in_atomic_block:
        raise LakeFault("the lake is not written inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            raise LakeFault("another process is writing to the lake")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])
