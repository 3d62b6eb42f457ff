"""Retention, erasure and upkeep of the lake. Each takes the right to write, so the exporter stands still meanwhile."""

from __future__ import annotations

import datetime as dt
import re

from deltalake import DeltaTable
from django.db import connection
from django.utils import timezone

from denghuo.core.events.partitions import detach_month
from denghuo.core.lake.models import LakeBatch, LakeErasure
from denghuo.core.lake.place import LakeFault, committed, opened, writing
from denghuo.core.lake.reconciling import reconcile

_WORD = re.compile(r"[a-z][a-z0-9_]*")


def drop_before(day: dt.date) -> int:
    """Take all business days before ``day`` out of the lake and delete their files; returns how many files went."""
    with writing():
        table = opened()
        if table is None:
            return 0
        table.delete(f"day < DATE '{day.isoformat()}'")
        return len(_tidied(table))


def erase(subject_kind: str, subject_id: int, reason: str, until: dt.datetime | None = None) -> int:
    """Take the events of one subject up to ``until`` (default: now) out of the lake for good; returns how many there were.

    Noted in :class:`LakeErasure` first: from then on neither the exporter nor the reconciliation counts them.
    """
    if not _WORD.fullmatch(subject_kind):
        raise ValueError(f"subject_kind: {subject_kind!r}")
    moment = until or timezone.now()
    with writing():
        note = LakeErasure.objects.create(
            subject_kind=subject_kind, subject_id=int(subject_id), until=moment, reason=reason, events=0,
            erased_at=timezone.now(),
        )  # fmt: skip
        table = opened()
        if table is None:
            return 0
        stamp = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found = table.delete(
            f"subject_kind = '{subject_kind}' AND subject_id = {int(subject_id)}"
            f" AND at <= arrow_cast('{stamp}', 'Timestamp(Microsecond, Some(\"UTC\"))')"
        )
        note.events = int(found["num_deleted_rows"] or 0)
        note.save(update_fields=["events"])
        _tidied(table)
        return note.events


def compact(before: dt.date) -> int:
    """Join the small files of each business day before ``day``; returns how many files were joined."""
    with writing():
        table = opened()
        if table is None:
            return 0
        found = table.optimize.compact(partition_filters=[("day", "<", before.isoformat())])
        return int(found["numFilesRemoved"])


def tidy() -> int:
    """Delete files that no version of the table needs any more, those of killed exporters among them."""
    with writing():
        table = opened()
        return 0 if table is None else len(_tidied(table))


def release_month(month: dt.date) -> str:
    """Detach a month from the log when the lake has all of it; returns the detached table's name.

    Raises LakeFault when log and lake differ, or when events of the month are not yet in the lake.
    """
    first = month.replace(day=1)
    # A month of the log begins in UTC, a business day in the product's zone: a day more on both sides.
    begin, end = first - dt.timedelta(days=1), (first + dt.timedelta(days=32)).replace(day=1) + dt.timedelta(days=1)
    if differences := reconcile(begin, end):
        raise LakeFault(f"{len(differences)} days and kinds of {first:%Y-%m} differ between log and lake")
    if waiting := _waiting(first):
        raise LakeFault(f"{waiting} events of {first:%Y-%m} are not in the lake yet")
    return detach_month(first)


def _waiting(first: dt.date) -> int:
    batch = LakeBatch.objects.filter(number=committed(opened())).first()
    after = batch.last if batch else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_event WHERE at >= %s::timestamp AT TIME ZONE 'UTC'"
            " AND at < %s::timestamp AT TIME ZONE 'UTC' AND (xid, id) > (%s::xid8, %s)",
            [first, (first + dt.timedelta(days=32)).replace(day=1), str(after[0]), after[1]],
        )
        return int(cursor.fetchone()[0])


def _tidied(table: DeltaTable) -> list[str]:
    # Nobody else writes now, so files without a version are nobody's; readers open a version for one query.
    return table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
