"""Two ways to page: numbers with a count that stops early, and keyset for long lists that keep moving."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

COUNT_CAP = 10_000  # beyond it the page says "10000+"; counting further would cost more than it tells


@dataclass(frozen=True)
class Page:
    """Rows of one page and where its neighbours are (query values, None when there is none)."""

    rows: list[Any]
    number: int | None
    last: int | None
    total: int | None
    capped: bool
    previous: str | None
    next: str | None
    first_row: int | None

    @property
    def last_row(self) -> int | None:
        return None if self.first_row is None else self.first_row + len(self.rows) - 1

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to offer; None marks a gap."""
        if self.number is None or self.last is None:
            return []
        wanted = sorted({1, self.last, *range(max(1, self.number - 1), min(self.last, self.number + 1) + 1)})
        shown: list[int | None] = []
        for number in wanted:
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(None)
            shown.append(number)
        return shown


def by_number(queryset: QuerySet[Any], size: int, asked: str) -> Page:
    """Cut page ``asked`` (text from the address). Out of range goes to the nearest page that exists."""
    counted = queryset.order_by()[: COUNT_CAP + 1].count()
    capped = counted > COUNT_CAP
    total = min(counted, COUNT_CAP)
    last = max(1, -(-total // size))
    number = min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 9 else 1
    start = (number - 1) * size
    rows = list(queryset[start : start + size])
    return Page(
        rows=rows,
        number=number,
        last=last,
        total=total,
        capped=capped,
        previous=str(number - 1) if number > 1 else None,
        next=str(number + 1) if number < last else None,
        first_row=start + 1 if rows else None,
    )


def by_key(queryset: QuerySet[Any], size: int, keys: list[tuple[str, bool]], asked: str) -> Page:
    """Cut the page after or before a cursor.

    ``keys`` are (field, descending) pairs ending in a unique field, none of them null. ``asked`` is a cursor
    made by this function; one that cannot be read gives the first page.
    """
    backwards, values = _decode(asked, len(keys))
    ordered = queryset.order_by(*_ordering(keys, backwards))
    if values is not None:
        try:
            ordered = ordered.filter(_beyond(keys, values, backwards))
            rows = list(ordered[: size + 1])
        except (ValidationError, ValueError, TypeError):
            return by_key(queryset, size, keys, "")
    else:
        rows = list(ordered[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, values is not None)
    return Page(
        rows=rows,
        number=None,
        last=None,
        total=None,
        capped=False,
        previous=_encode("b", rows[0], keys) if rows and has_previous else None,
        next=_encode("a", rows[-1], keys) if rows and has_next else None,
        first_row=None,
    )


def _ordering(keys: list[tuple[str, bool]], backwards: bool) -> list[str]:
    return [("-" if descending != backwards else "") + field for field, descending in keys]


def _beyond(keys: list[tuple[str, bool]], values: list[Any], backwards: bool) -> Q:
    """(a, b) beyond (x, y) spelled out, because the directions may differ."""
    condition = Q()
    for index, (field, descending) in enumerate(keys):
        equal = {earlier: values[at] for at, (earlier, _desc) in enumerate(keys[:index])}
        operator = "lt" if descending != backwards else "gt"
        condition |= Q(**equal, **{f"{field}__{operator}": values[index]})
    return condition


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, Model):
        return value.pk
    return str(value) if isinstance(value, Decimal) else value


def _follow(row: Any, field: str) -> Any:
    for part in field.split("__"):
        row = getattr(row, part)
    return row


def _encode(direction: str, row: Any, keys: list[tuple[str, bool]]) -> str:
    text = json.dumps([direction, *[_plain(_follow(row, field)) for field, _desc in keys]], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> tuple[bool, list[Any] | None]:
    if not cursor or len(cursor) > 600:
        return False, None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        return False, None
    scalar = isinstance(found, list) and all(isinstance(item, str | int | float) for item in found)
    if not scalar or len(found) != length + 1 or found[0] not in ("a", "b"):
        return False, None
    return found[0] == "b", found[1:]
