"""Prepared statements on Django's own connection, for paths that run thousands of times a minute.

Django builds the text of every statement anew and PostgreSQL plans it anew. For wide rows that is more work than the
statement itself. What is here builds the text once a process, lets the server plan it once a connection, and is
otherwise the ORM: columns, conversions, sealing and joins come from the models and querysets.

Everything runs in Django's current transaction and raises Django's database errors. No ``pre_save``/``post_save``
signals are sent (history is kept by triggers, which see these rows as any other).
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Final, Generic, TypeVar, cast

import psycopg
from django.core.exceptions import FieldError
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import get_related_populators
from psycopg.types.numeric import Int8Dumper

M = TypeVar("M", bound=models.Model)

# Executions after which a statement is prepared. Statements that are run twice a day are not worth a place.
THRESHOLD: Final = 3
_SLOT: Final = "_denghuo_prepared_cursor"


def execute(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a statement with ``$1``, ``$2``, … bound by the server; gives its rows (none for one that returns none)."""
    db = connections[DEFAULT_DB_ALIAS]
    db.ensure_connection()
    db.validate_no_broken_transaction()
    with db.wrap_database_errors:
        cursor, begun = _cursor(db), time.monotonic()
        cursor.execute(statement.encode(), values)
        if db.queries_logged:  # what counts queries counts these too
            db.queries_log.append({"sql": statement, "time": f"{time.monotonic() - begun:.3f}"})
        return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []


def _cursor(db: BaseDatabaseWrapper) -> psycopg.RawCursor[tuple[Any, ...]]:
    """One cursor a connection: making one costs as much as running a small statement."""
    raw = db.connection
    known = vars(db).get(_SLOT)
    if known is not None and known.connection is raw:
        return cast("psycopg.RawCursor[tuple[Any, ...]]", known)
    raw.prepare_threshold = THRESHOLD  # Django's own cursors bind in the client and never prepare
    made: psycopg.RawCursor[tuple[Any, ...]] = psycopg.RawCursor(raw)
    # psycopg sends an int as the smallest type that holds it; a prepared statement would be made for each.
    made.adapters.register_dumper(int, Int8Dumper)
    vars(db)[_SLOT] = made
    return made


def insert(rows: Sequence[M]) -> None:
    """Insert new objects of one model in one statement; all of them with a primary key, or none.

    As ``bulk_create``: keys made by the database are set on the objects, and no signals are sent.
    """
    if not rows:
        return
    model = type(rows[0])
    with_key = rows[0].pk is not None
    fields, statement = _insert_into(model, with_key, len(rows))
    db = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(field.pre_save(row, True), db) for row in rows for field in fields]
    answer = execute(statement, values)
    for row, (key,) in zip(rows, sorted(answer) if not with_key else ((row.pk,) for row in rows), strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insert_into(model: type[models.Model], with_key: bool, count: int) -> tuple[list[models.Field[Any, Any]], str]:
    fields = [field for field in model._meta.local_concrete_fields if with_key or not field.primary_key]
    numbers = itertools.count(1)
    rows = ", ".join("(" + ", ".join(f"${next(numbers)}" for _ in fields) + ")" for _ in range(count))
    returning = "" if with_key else f" RETURNING {_quoted(model._meta.pk)}"
    columns = ", ".join(map(_quoted, fields))
    return fields, f"INSERT INTO {_table(model)} ({columns}) VALUES {rows}{returning}"


def update(row: models.Model, names: Iterable[str]) -> None:
    """Write these fields of a saved object, as ``save(update_fields=names)`` does for a row that surely exists.

    Raises ``Model.DoesNotExist`` when there is no such row.
    """
    fields, statement = _update_of(type(row), tuple(names))
    db = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(field.pre_save(row, False), db) for field in fields]
    if not execute(statement, [*values, row.pk]):
        raise type(row).DoesNotExist(f"{type(row).__name__} {row.pk}")  # type: ignore[attr-defined]


@cache
def _update_of(model: type[models.Model], names: tuple[str, ...]) -> tuple[list[models.Field[Any, Any]], str]:
    fields = [cast("models.Field[Any, Any]", model._meta.get_field(name)) for name in names]
    for field in fields:
        if getattr(field, "blind_index", False) and f"{field.name}_bidx" not in names:
            raise FieldError(f"{field.name} has a blind index, which must be written with it")
    changes = ", ".join(f"{_quoted(field)} = ${number}" for number, field in enumerate(fields, start=1))
    key = _quoted(model._meta.pk)
    return fields, f"UPDATE {_table(model)} SET {changes} WHERE {key} = ${len(fields) + 1} RETURNING {key}"


def _quoted(field: Any) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(field.column)


def _table(model: type[models.Model]) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)


class Select(Generic[M]):
    """A queryset compiled when it is first used: ``of_county = Select(lambda org: Crew.objects.filter(org=org))``.

    The function gets stand-ins for the values and must use each as it is, in a filter. Values are given in the form the
    column holds (ids, not objects). ``select_related`` and ``select_for_update`` work; prefetching does not. ``types``
    are those of the values: int (if none are given, one int), str, datetime.
    """

    def __init__(self, build: Callable[..., models.QuerySet[M]], *types: type) -> None:
        self._build = build
        self._types = types or (int,)
        self._statement = ""
        self._places: list[Any] = []
        self._load: Callable[[tuple[Any, ...]], M]

    def __call__(self, *values: Any) -> list[M]:
        """The rows for these values."""
        if not self._statement:
            self._compile()
        chosen = [values[place.index] if isinstance(place, _Place) else place for place in self._places]
        return [self._load(row) for row in execute(self._statement, chosen)]

    def first(self, *values: Any) -> M | None:
        """The first row, or None."""
        return next(iter(self(*values)), None)

    def _compile(self) -> None:
        marks = [_MARKS[kind](n) for n, kind in enumerate(self._types)]
        compiler = self._build(*marks).query.get_compiler(DEFAULT_DB_ALIAS)
        text, params = compiler.as_sql()
        places = [_Place(marks.index(value)) if value in marks else value for value in params]
        if {place.index for place in places if isinstance(place, _Place)} != set(range(len(marks))):
            raise ValueError("a value of the prepared query does not reach its statement as it is")
        numbers = itertools.count(1)
        self._load = _loader(compiler)
        self._places = places
        self._statement = re.sub("%s|%%", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", text)


# Values that no caller means, to be found again in the compiled statement.
_MARKS: Final[dict[type, Callable[[int], Any]]] = {
    int: lambda n: 8_070_450_532_247_928_832 + n,
    str: lambda n: f"\ue000{n}",
    dt.datetime: lambda n: dt.datetime(9000 + n, 1, 1, tzinfo=dt.UTC),
}


class _Place:
    """Where the value with this index goes."""

    def __init__(self, index: int) -> None:
        self.index = index


def _loader(compiler: Any) -> Callable[[tuple[Any, ...]], Any]:
    """What ``QuerySet`` does to make an object of a row."""
    info = compiler.klass_info
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    # The type stubs describe a later Django.
    related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    converters = compiler.get_converters([column for column, _text, _alias in compiler.select])
    model = info["model"]

    def load(row: tuple[Any, ...]) -> Any:
        if converters:
            row = next(iter(compiler.apply_converters([row], converters)))
        made = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for populator in related:
            populator.populate(row, made)
        return made

    return load
