"""Writing changed columns of several rows in one statement.

Django's ``bulk_update`` builds a CASE with a branch for each row and column; at fifty rows that costs more than
everything else an offer does. Arrays cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, models


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> int:
    """Write ``fields`` of saved ``rows`` of one model; gives how many rows were there. No signals are sent.

    The fields must be plain columns (no arrays, JSON or sealed ones). The primary key finds the rows.
    """
    if not rows:
        return 0
    model = type(rows[0])
    columns = [model._meta.get_field(name) for name in fields]
    key = model._meta.pk
    assert key is not None
    quote = connection.ops.quote_name
    names = [quote(str(column.column)) for column in columns]  # type: ignore[union-attr]
    casts = [f"%s::{_type(column)}[]" for column in (key, *columns)]
    statement = (
        f"UPDATE {quote(model._meta.db_table)} AS t SET {', '.join(f'{name} = v.{name}' for name in names)}"
        f" FROM unnest({', '.join(casts)}) AS v(key, {', '.join(names)}) WHERE t.{quote(str(key.column))} = v.key"
    )
    values: list[list[Any]] = [[row.pk for row in rows]]
    values += [[_plain(getattr(row, column.attname)) for row in rows] for column in columns]  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _type(field: Any) -> str:
    """The column's type without serial or length."""
    target = field.target_field if field.is_relation else field
    return str(target.rel_db_type(connection) if target.primary_key else target.db_type(connection))


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, models.Choices) else value
