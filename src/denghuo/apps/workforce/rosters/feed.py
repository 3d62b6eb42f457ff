"""Shifts as an iCalendar object (RFC 5545)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from denghuo.apps.workforce.rosters.models import ShiftAssignment


def calendar_of(rows: Iterable[ShiftAssignment], now: dt.datetime) -> bytes:
    """A calendar of days with a shift; times in UTC, lines folded at 75 octets (RFC 5545, 3.1)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Denghuo//Roster//ZH", "CALSCALE:GREGORIAN"]
    for row in rows:
        if row.shift is None:
            continue
        starts = timezone.make_aware(dt.datetime.combine(row.day, row.shift.start))
        ends = starts + dt.timedelta(minutes=row.shift.minutes)
        title = f"{row.shift.name} {row.get_kind_display()}"
        lines += [
            "BEGIN:VEVENT", f"UID:shift-{row.staff_id}-{row.day:%Y%m%d}@denghuo", f"DTSTAMP:{_utc(now)}",
            f"DTSTART:{_utc(starts)}", f"DTEND:{_utc(ends)}", f"SUMMARY:{_escaped(title)}", "END:VEVENT",
        ]  # fmt: skip
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _utc(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for char in "\\;,":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    parts, current = [], b""
    for char in line:
        raw = char.encode()
        if len(current) + len(raw) > 75:
            parts.append(current)
            current = b" "
        current += raw
    return b"\r\n".join([*parts, current]) + b"\r\n"
