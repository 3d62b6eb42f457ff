"""Months of the event log: made ahead of time, and taken away whole when retention says so."""

from __future__ import annotations

import datetime as dt
import re

from django.db import connection
from django.utils import timezone

_PARTITION = re.compile(r"^core_event_y(\d{4})m(\d{2})$")
MONTHS_AHEAD = 3


def ensure_partitions(months: int = MONTHS_AHEAD, since: dt.date | None = None) -> list[str]:
    """Make the partitions from ``since`` (default: this month) to ``months`` months ahead; returns the new ones.

    Call it with an early ``since`` before loading history. Safe to call at any time and from several processes. Rows
    that already fell into the DEFAULT partition are moved to their month. Months are counted in UTC.
    """
    today = timezone.now().astimezone(dt.UTC).date()
    month = min(since or today, today).replace(day=1)
    made: list[str] = []
    end = (today.year * 12 + today.month - 1) + months
    with connection.cursor() as cursor:
        while month.year * 12 + month.month - 1 <= end:
            cursor.execute("SELECT core_event_month(%s)", [month])
            name = cursor.fetchone()[0]
            if name:
                made.append(str(name))
            month = (month + dt.timedelta(days=32)).replace(day=1)
    return made


def partitions() -> list[tuple[str, dt.date]]:
    """Attached months as (table, first day), oldest first; the DEFAULT partition is not among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'core_event'::regclass"
        )
        names = [str(row[0]) for row in cursor.fetchall()]
    found = [(name, match) for name in names if (match := _PARTITION.match(name))]
    return sorted(((name, dt.date(int(m[1]), int(m[2]), 1)) for name, m in found), key=lambda pair: pair[1])


def detach_month(month: dt.date) -> str:
    """Take one whole month out of the log; returns the table's name, which now stands alone.

    This is how retention works: the log itself refuses UPDATE and DELETE. The detached table keeps its rows and can be
    exported and dropped by whoever owns the database. Raises ValueError for the current month, a month to come, or one
    that is not attached.
    """
    first = month.replace(day=1)
    if first >= timezone.now().astimezone(dt.UTC).date().replace(day=1):
        raise ValueError("only past months can be detached")
    for name, day in partitions():
        if day == first:
            with connection.cursor() as cursor:
                cursor.execute(f'ALTER TABLE core_event DETACH PARTITION "{name}"')
            return name
    raise ValueError(f"no partition holds {first:%Y-%m}")
