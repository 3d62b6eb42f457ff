"""The writes of a flow, captured from one that went through the actions, to be done again by plain SQL.

Triggers note every row that a statement of ours inserts, changes or deletes, with the transaction it belongs to; what
triggers of the product write themselves (history) is not noted, for they do it again. :class:`Writer` then does the same
writes on a connection of its own: the same tables, columns and transactions, prepared statements, new ids and new unique
values for every flow, the notice that wakes readers, and nothing else.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

LEFT_OUT = ("django_%", "bench_%", "%_y20%", "pghistory_%")
PREPARE = """
CREATE TABLE bench_writes (n bigint GENERATED ALWAYS AS IDENTITY, tx xid8, name text, op text, was jsonb, new jsonb);
CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() > 1 THEN RETURN NULL; END IF;
    INSERT INTO bench_writes (tx, name, op, was, new) VALUES (
        pg_current_xact_id(), coalesce(pg_partition_root(TG_RELID), TG_RELID)::regclass::text, TG_OP,
        CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;
"""
TABLES = """
SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
WHERE s.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname NOT LIKE ALL (%s)
"""
COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), a.attidentity <> '' OR a.atthasdef
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
UNIQUE = """
SELECT DISTINCT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indnkeyatts = 1 AND NOT i.indisprimary
"""
REFERENCES = """
SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.conrelid = %s::regclass AND c.contype = 'f'
"""
#: what a subject kind names
SUBJECTS = {
    "request": "requests_request",
    "contact": "contacts_contact",
    "workorder": "field_workorder",
    "order": "field_workorder",
}


@dataclass(frozen=True, slots=True)
class Write:
    """One row written."""

    table: str
    op: str
    was: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(slots=True)
class Captured:
    """The writes of one flow, by transaction."""

    transactions: list[list[Write]] = field(default_factory=list)

    @property
    def writes(self) -> int:
        return sum(len(group) for group in self.transactions)


@contextmanager
def captured() -> Iterator[Captured]:
    """Note the writes of what runs inside; the triggers are gone afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        cursor.execute(TABLES, [list(LEFT_OUT)])
        tables = [name for (name,) in cursor.fetchall()]
        for name in tables:
            cursor.execute(
                f"CREATE TRIGGER bench_note AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION bench_note()"
            )
    found = Captured()
    yield found
    with connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"DROP TRIGGER bench_note ON {name}")
        cursor.execute("SELECT tx::text, name, op, was, new FROM bench_writes ORDER BY n")
        last = None
        for tx, name, op, was, new in cursor.fetchall():
            if tx != last:
                found.transactions.append([])
                last = tx
            found.transactions[-1].append(Write(name, op, _row(was), _row(new)))
        cursor.execute("DROP TABLE bench_writes; DROP FUNCTION bench_note()")


def _row(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    return dict(json.loads(value) if isinstance(value, str) else value)


class Writer:
    """Does the writes of a sample again and again, each time as another flow."""

    def __init__(self, url: str, sample: Captured) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.prepare_threshold = 0
        self.sample = sample
        names = {write.table for group in sample.transactions for write in group}
        self.columns = {name: self._read(COLUMNS, name) for name in names}
        self.unique = {name: {row[0] for row in self._read(UNIQUE, name)} for name in names}
        self.references = {name: dict(self._read(REFERENCES, name)) for name in names}
        self.types = {name: {row[0]: row[1] for row in rows} for name, rows in self.columns.items()}
        self.plan = [[self._planned(write) for write in group] for group in sample.transactions]

    def _read(self, statement: str, name: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, [name])
            return cursor.fetchall()

    def _planned(self, write: Write) -> tuple[Write, str, list[str]]:
        """The statement of a write and the columns whose values it takes, the key of an existing row last."""
        kinds = self.types[write.table]
        if write.op == "DELETE":
            return write, f"DELETE FROM {write.table} WHERE id = %s", ["id"]
        if write.op == "UPDATE":
            changed = [name for name in write.new if write.new[name] != write.was.get(name)]
            sets = ", ".join(f'"{name}" = %s::{kinds[name]}' for name in changed or ["id"])
            return write, f"UPDATE {write.table} SET {sets} WHERE id = %s", [*(changed or ["id"]), "id"]
        drawn = {"id", "xid"} if "id" in write.new and kinds["id"] in ("bigint", "integer") else set()
        names = [name for name in write.new if name not in drawn]
        places = ", ".join(f"%s::{kinds[name]}" for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        given = "id" if drawn else "1"
        told = ", pg_notify('denghuo_events', '')" if write.table == "core_event" else ""
        return write, f"INSERT INTO {write.table} ({listed}) VALUES ({places}) RETURNING {given}{told}", names

    def write(self) -> None:
        """One flow."""
        ids: dict[tuple[str, Any], Any] = {}
        fresh: dict[Any, Any] = {}
        for group in self.plan:
            with self.connection.transaction(), self.connection.cursor() as cursor:
                for write, statement, names in group:
                    row = write.was if write.op == "DELETE" else write.new
                    cursor.execute(statement, [self._value(write.table, name, row, ids, fresh) for name in names])
                    if write.op == "INSERT" and "id" in row and (made := cursor.fetchone()) is not None:
                        ids[write.table, row["id"]] = (
                            made[0] if self.types[write.table]["id"] in ("bigint", "integer") else row["id"]
                        )

    def _value(
        self, table: str, name: str, row: Mapping[str, Any], ids: dict[tuple[str, Any], Any], fresh: dict[Any, Any]
    ) -> Any:
        value = row[name]
        if value is None:
            return None
        if name == "id":
            return ids.get((table, value), value)
        if name in self.unique[table]:
            return fresh.setdefault((table, name, value), _another(value, self.types[table][name]))
        if name in self.references[table]:
            return ids.get((self.references[table][name], value), value)
        if name == "subject_id":
            return ids.get((SUBJECTS.get(str(row.get("subject_kind")), ""), value), value)
        if name == "key" and isinstance(value, str):
            return fresh.setdefault((table, name, value), _another(value, "text"))
        if isinstance(value, list) and self.types[table][name].endswith("[]"):
            return value
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _another(value: Any, kind: str) -> Any:
    """Another value of the same kind and length."""
    if kind == "uuid":
        return str(uuid.uuid4())
    text = str(value)
    return secrets.token_hex(len(text))[: len(text)] if isinstance(value, str) else value
