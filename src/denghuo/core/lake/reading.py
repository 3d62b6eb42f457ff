"""The lake as a relation of DuckDB. DuckDB reads the files that the Delta table names: no extension is needed."""

from __future__ import annotations

import datetime as dt

import duckdb

from denghuo.core.lake.columns import COLUMNS
from denghuo.core.lake.place import opened

Days = tuple[dt.date | None, dt.date | None]
_EMPTY = {
    "id": "BIGINT", "xid": "BIGINT", "at": "TIMESTAMPTZ", "day": "DATE", "version": "SMALLINT", "subject_id": "BIGINT",
    "org_id": "BIGINT", "actor_id": "BIGINT",
}  # fmt: skip


def files(days: Days = (None, None), uri: str | None = None) -> list[str]:
    """The files of the business days from the first up to, not with, the second."""
    table = opened(uri)
    if table is None:
        return []
    first, end = days
    filters = []
    if first is not None:
        filters.append(("day", ">=", first.isoformat()))
    if end is not None:
        filters.append(("day", "<", end.isoformat()))
    return list(table.file_uris(filters or None))


def events(
    engine: duckdb.DuckDBPyConnection, days: Days = (None, None), uri: str | None = None
) -> duckdb.DuckDBPyRelation:
    """Events of these days, one consistent version of the table; without rows when there are none."""
    found = files(days, uri)
    if not found:
        columns = ", ".join(f"NULL::{_EMPTY.get(name, 'VARCHAR')} AS {name}" for name in COLUMNS)
        return engine.sql(f"SELECT {columns} WHERE false")
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in found)
    return engine.sql(
        f"SELECT * FROM read_parquet([{names}], hive_partitioning = true, hive_types = {{'day': DATE}},"
        " union_by_name = true)"
    )
