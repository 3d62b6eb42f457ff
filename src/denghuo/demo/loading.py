"""Bulk loading: ids reserved from the table's sequence, rows written by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def reserve_ids(model: type[models.Model], count: int) -> range:
    """``count`` consecutive ids of the model's sequence; nobody else gets them (to be called on an idle table)."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH s AS (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS seq), n AS (SELECT nextval(seq) AS first FROM s)"
            " SELECT first, setval(seq, first + %s - 1) FROM s, n",
            [table, max(count, 1)],
        )
        first = int(cursor.fetchone()[0])
    return range(first, first + count)


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows by ``COPY FROM STDIN``; triggers and constraints apply as to any insert."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def analyze(*tables: type[models.Model]) -> None:
    """Give the planner statistics of freshly loaded tables."""
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
