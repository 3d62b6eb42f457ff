"""The database that migrations make is the one that the models describe, column by column."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

TYPES = """
    SELECT attribute.attname, format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull
    FROM pg_attribute attribute
    WHERE attribute.attrelid = to_regclass(%s) AND attribute.attnum > 0 AND NOT attribute.attisdropped
"""
REFERENCES = """
    SELECT attribute.attname, confrelid::regclass::text
    FROM pg_constraint JOIN pg_attribute attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f' AND conparentid = 0 AND conrelid = to_regclass(%s)
"""
NAMES = """
    SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = to_regclass(%s)
    UNION SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%s)
"""
OTHER_WORDS = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint", "bytea": "bytea"}


def every_model() -> list[type[models.Model]]:
    ours = [one for one in apps.get_models(include_auto_created=True) if one.__module__.startswith("denghuo.")]
    return [one for one in ours if one._meta.managed and not one._meta.proxy]


def ask(statement: str, *values: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def written(kind: str) -> str:
    """A type as PostgreSQL writes it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT format_type(to_regtype(%s), to_regtypemod(%s))", [kind, kind])
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_every_column_has_the_type_that_its_field_asks_for() -> None:
    wrong = []
    for model in every_model():
        there = {name: (kind, needed) for name, kind, needed in ask(TYPES, model._meta.db_table)}
        for field in model._meta.local_concrete_fields:
            kind = OTHER_WORDS.get(str(field.db_type(connection)), field.db_type(connection))
            asked = (written(str(kind)), not field.null)
            if there.pop(field.column, None) != asked:
                wrong.append((model._meta.label, field.column, asked))
        wrong += [(model._meta.label, name, "not in the model") for name in there]
    assert wrong == []


@pytest.mark.django_db
def test_every_relation_refers_to_the_table_of_its_model() -> None:
    wrong = []
    for model in every_model():
        asked = {
            (field.column, field.related_model._meta.db_table)
            for field in model._meta.local_concrete_fields
            if field.is_relation and field.db_constraint
        }
        there = {(column, table.strip('"')) for column, table in ask(REFERENCES, model._meta.db_table)}
        if asked != there:
            wrong.append((model._meta.label, asked ^ there))
    assert wrong == []


@pytest.mark.django_db
def test_every_index_and_constraint_is_there() -> None:
    missing = []
    for model in every_model():
        names = {name.strip('"') for (name,) in ask(NAMES, model._meta.db_table, model._meta.db_table)}
        asked = {one.name for one in [*model._meta.indexes, *model._meta.constraints]}
        missing += [(model._meta.label, name) for name in sorted(asked - names)]
    assert missing == []


@pytest.mark.django_db
def test_every_trigger_is_there() -> None:
    there = {name for (name,) in ask("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")}
    asked = {trigger.get_pgid(model) for model in every_model() for trigger in getattr(model._meta, "triggers", [])}
    assert asked
    assert asked - there == set()
