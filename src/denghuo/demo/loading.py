"""Bulk loading: ids reserved from the table's sequence, rows written by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def loaded_bare(model: type[models.Model]) -> Iterator[None]:
    """Load a large table without its foreign keys, unique constraints and secondary indexes; they are built afterwards.

    Checking a whole table at once is many times quicker than row by row. Must run in a transaction: a failure leaves
    everything as it was.
    """
    table = model._meta.db_table
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with unchecked rows cannot be altered
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype IN ('f', 'u') ORDER BY contype DESC",
            [table],
        )
        constraints = cursor.fetchall()
        for name, _definition in constraints:
            cursor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
        cursor.execute(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE i.indrelid = %s::regclass AND NOT i.indisprimary",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {quote(name)}")
        yield
        for _name, definition in indexes:
            cursor.execute(definition)
        for name, definition in constraints:
            cursor.execute(f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} {definition}")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def analyze(*tables: type[models.Model]) -> None:
    """Give the planner statistics of freshly loaded tables."""
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
