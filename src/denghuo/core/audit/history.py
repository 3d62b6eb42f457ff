"""Before and after of a row, from the history tables that database triggers write (pghistory).

Personal values are not shown, before or after: that a phone number changed is audit, which number it is is not.
Who changed the row is found through the transaction: the history row and the event were written by the same one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pghistory.core
from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext as _

from denghuo.core.actors import Actor
from denghuo.core.audit.queries import PERMISSION
from denghuo.core.errors import NotFound
from denghuo.core.events.models import Event
from denghuo.core.privacy.fields import EncryptedField

OWN_FIELDS = frozenset({"pgh_id", "pgh_created_at", "pgh_label", "pgh_obj", "pgh_context", "id"})
HIDDEN = "****"
XID_EPOCH = 1 << 32


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column before and after; personal ones say only that they changed."""

    name: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One write to the row. ``kinds`` are the events of the same transaction, ``actor_name`` who acted in them."""

    at: dt.datetime
    label: str
    fields: tuple[FieldChange, ...]
    actor_name: str = ""
    kinds: tuple[str, ...] = field(default=())


def tracked_models() -> dict[str, type[models.Model]]:
    """``app.model`` → event model of everything whose rows have a history."""
    found: dict[str, type[models.Model]] = {}
    for event_model in pghistory.core.event_models():
        target = getattr(event_model, "pgh_tracked_model", None)
        if target is not None:
            found[target._meta.label_lower] = event_model
    return found


def row_history(actor: Actor, label: str, pk: int) -> list[Change]:
    """All writes to one row of model ``label`` ("accounts.staff"), newest first.

    Needs ``audit.view`` over the row's unit. Raises NotFound (no such model or row), NotAllowed.
    """
    event_model = tracked_models().get(label)
    if event_model is None:
        raise NotFound(_("此类数据没有变更记录"))
    obj = apps.get_model(label)._default_manager.filter(pk=pk).first()
    if obj is None:
        raise NotFound(_("没有这条记录"))
    actor.require(PERMISSION, _path_of(obj))
    rows: list[Any] = list(event_model._default_manager.filter(pgh_obj_id=pk).order_by("pgh_id"))
    doers = _doers(event_model, [row.pgh_id for row in rows])
    changes = []
    before: Any | None = None
    for row in rows:
        who, kinds = doers.get(row.pgh_id, ("", ()))
        changes.append(Change(row.pgh_created_at, row.pgh_label, tuple(_compare(before, row)), who, kinds))
        before = row
    return changes[::-1]


def _path_of(obj: Any) -> str:
    """The unit that decides: the row's own, else that of the person it is about, else the whole company."""
    for holder in (obj, getattr(obj, "staff", None)):
        path = getattr(getattr(holder, "org", None), "path", None)
        if path and holder is obj and hasattr(obj, "staff"):
            continue  # a grant's own unit is where it applies; whose it is decides
        if path:
            return str(path)
    return ""


def _compare(before: Any | None, after: Any) -> Iterable[FieldChange]:
    for column in after._meta.concrete_fields:
        if column.name in OWN_FIELDS:
            continue
        new = getattr(after, column.attname)
        old = getattr(before, column.attname) if before is not None else None
        if old == new or (before is None and new in (None, "")):
            continue
        label = str(column.verbose_name)
        if isinstance(column, EncryptedField):
            yield FieldChange(column.name, label, HIDDEN if old else "", HIDDEN if new else "")
        else:
            yield FieldChange(column.name, label, _shown(column, old), _shown(column, new))


def _shown(column: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return ""
    choices = getattr(column, "flatchoices", None)
    if choices:
        return dict(choices).get(value, value)
    if isinstance(column, models.ForeignKey):
        target = column.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
        return str(target) if target is not None else f"#{value}"
    return value


def _doers(event_model: type[models.Model], ids: list[int]) -> Mapping[int, tuple[str, tuple[str, ...]]]:
    """pgh_id → (who, kinds) by the transaction id that PostgreSQL keeps with each row.

    The row's ``xmin`` is the low half of the 64-bit id in the event log; the high half is the present one or the one
    before. After a dump and restore the numbers no longer meet and the answer is simply empty.
    """
    if not ids:
        return {}
    table = connection.ops.quote_name(event_model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pgh_id, xmin::text::bigint FROM {table} WHERE pgh_id = ANY(%s)", [ids])
        low = dict(cursor.fetchall())
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        present = int(cursor.fetchone()[0])
    full = {pgh_id: _widen(xmin, present) for pgh_id, xmin in low.items()}
    events: dict[int, list[Event]] = {}
    for event in Event.objects.filter(xid__in=sorted(set(full.values()))).order_by("id"):
        events.setdefault(event.xid, []).append(event)
    return {
        pgh_id: (events[xid][0].actor_name, tuple(dict.fromkeys(event.kind for event in events[xid])))
        for pgh_id, xid in full.items()
        if xid in events
    }


def _widen(xmin: int, present: int) -> int:
    full = (present // XID_EPOCH) * XID_EPOCH + xmin
    return full if full <= present else full - XID_EPOCH
