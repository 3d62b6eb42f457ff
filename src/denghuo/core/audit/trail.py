"""Before and after of a row, beside the events that tell why.

Rows come from the history tables that database triggers write (pghistory), events from the event log. Personal values
appear masked, before and after: that a phone number changed is audit, which number it is is not. Who changed the row
is found through the transaction: history row and event were written by the same one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pghistory.core
from django.apps import apps
from django.db import connection, models

from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.audit.queries import PERMISSION
from denghuo.core.events import timeline
from denghuo.core.events.models import Event
from denghuo.core.privacy import mask
from denghuo.core.privacy.fields import EncryptedField

OWN_FIELDS = frozenset({"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "id"})
INDEX_SUFFIX = "_bidx"
XID_EPOCH = 1 << 32


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column before and after, as an auditor may see it."""

    field: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail: a write to the row (``kind`` insert, update, delete) or an event."""

    source: Literal["row", "event"]
    at: dt.datetime
    kind: str
    actor_name: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()


def tracked_models() -> dict[str, type[models.Model]]:
    """Subject kind → history model of everything whose rows have a history."""
    found: dict[str, type[models.Model]] = {}
    for history in pghistory.core.event_models():
        target = getattr(history, "pgh_tracked_model", None)
        if target is not None:
            found[subject_kind_of(target)] = history
    return found


def subject_kind_of(model: type[models.Model]) -> str:
    """The name under which the event log knows rows of ``model``."""
    return str(getattr(model, "event_subject_kind", model._meta.model_name))


def audit_trail(actor: Actor, subject_kind: str, subject_id: int) -> list[Entry]:
    """All writes to one row and all its events, oldest first; empty when there are none.

    Needs ``audit.view`` over the unit of the subject: that of its row, else of its last event, else the company.
    """
    events = timeline(subject_kind, subject_id)
    history = tracked_models().get(subject_kind)
    actor.require(PERMISSION, _unit_of(history, subject_id, events))
    keyed = [((event.xid, 1, event.id), _event_entry(event)) for event in events]
    if history is not None:
        keyed += list(_row_entries(history, subject_id))
    return [entry for _key, entry in sorted(keyed, key=lambda pair: pair[0])]


def _event_entry(event: Event) -> Entry:
    return Entry("event", event.at, event.kind, event.actor_name, event.payload)


def _unit_of(history: type[models.Model] | None, pk: int, events: list[Event]) -> str:
    if history is not None:
        row: Any = apps.get_model(history.pgh_tracked_model._meta.label)._default_manager.filter(pk=pk).first()  # type: ignore[attr-defined]
        # A grant's own unit is where it applies; whose grant it is decides who may read about it.
        holder = getattr(row, "staff", None) or row
        path = getattr(getattr(holder, "org", None), "path", None)
        if path:
            return str(path)
    return events[-1].org_path if events else ROOT_PATH


def _row_entries(history: type[models.Model], pk: int) -> Iterator[tuple[tuple[int, int, int], Entry]]:
    rows: list[Any] = list(history._default_manager.filter(pgh_obj_id=pk).order_by("pgh_id"))
    transactions = _transactions(history, [row.pgh_id for row in rows])
    doers: dict[int, str] = {}
    for event in Event.objects.filter(xid__in=sorted(set(transactions.values()))).order_by("id"):
        doers.setdefault(event.xid, event.actor_name)
    before: Any | None = None
    for row in rows:
        xid = transactions[row.pgh_id]
        changes = tuple(_compare(before, row))
        yield (xid, 0, row.pgh_id), Entry("row", row.pgh_created_at, row.pgh_label, doers.get(xid, ""), {}, changes)
        before = row


def _compare(before: Any | None, after: Any) -> Iterator[FieldChange]:
    for column in after._meta.concrete_fields:
        if column.name in OWN_FIELDS or column.name.endswith(INDEX_SUFFIX):
            continue
        new = getattr(after, column.attname)
        old = getattr(before, column.attname) if before is not None else None
        if old == new or (before is None and new in (None, "")):
            continue
        yield FieldChange(column.name, str(column.verbose_name), _shown(column, old), _shown(column, new))


def _shown(column: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(column, EncryptedField):
        return mask(column.classification, value)
    choices = getattr(column, "flatchoices", None)
    if choices:
        return dict(choices).get(value, value)
    if isinstance(column, models.ForeignKey):
        target = apps.get_model(column.related_model._meta.label)._default_manager.filter(pk=value).first()
        return str(target) if target is not None else f"#{value}"
    return value


def _transactions(history: type[models.Model], ids: list[int]) -> dict[int, int]:
    """pgh_id → id of the transaction that wrote the row, from the ``xmin`` that PostgreSQL keeps with every row.

    ``xmin`` is the low half of the 64-bit id in the event log; the high half is the present one or the one before.
    After a dump and restore all rows come from one late transaction: then nobody is named, and rows stand last.
    """
    if not ids:
        return {}
    table = connection.ops.quote_name(history._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pgh_id, xmin::text::bigint FROM {table} WHERE pgh_id = ANY(%s)", [ids])
        low = dict(cursor.fetchall())
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        present = int(cursor.fetchone()[0])
    return {pgh_id: _widen(int(xmin), present) for pgh_id, xmin in low.items()}


def _widen(xmin: int, present: int) -> int:
    full = (present // XID_EPOCH) * XID_EPOCH + xmin
    return full if full <= present else full - XID_EPOCH
