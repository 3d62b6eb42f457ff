"""The calendar the product ships with: office hours of the whole company, with the public holidays of China."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db import connections
from django.utils import timezone

from denghuo.core.clocks.calendars import office_rows
from denghuo.core.clocks.models import WorkCalendar

OFFICE: Final = "office"
LABEL: Final = "行政办公"
PAIRS: Final = [["08:30", "12:00"], ["13:30", "17:30"]]
BEGINNING: Final = dt.date(2020, 1, 1)
SOURCE: Final = "随产品发布：周一至周五 08:30-12:00、13:30-17:30（本系统推定），节假日与调休按国务院办公厅放假安排"


def sync_calendars() -> int:
    """Write the office calendar when there is none, and bring its holidays up to next year; gives how many rows changed.

    A version that a person has set is never touched, nor is one that has ended. Run after every migrate.
    """
    years = range(BEGINNING.year, timezone.localdate().year + 2)
    windows, exceptions, notes = office_rows(PAIRS, years)
    source = "；".join([SOURCE, *notes])[:300]
    same = WorkCalendar.objects.filter(org=None, name=OFFICE)
    if not same.exists():
        WorkCalendar.objects.create(
            org=None,
            name=OFFICE,
            label=LABEL,
            windows=windows,
            exceptions=exceptions,
            valid_from=BEGINNING,
            source=source,
        )
        return 1
    row = same.filter(valid_from=BEGINNING, valid_to=None, source__startswith=SOURCE).first()
    if row is None or (row.exceptions == exceptions and row.source == source):
        return 0
    row.exceptions, row.source = exceptions, source
    row.save()
    return 1


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration."""
    if using == "default" and WorkCalendar._meta.db_table in connections[using].introspection.table_names():
        sync_calendars()
