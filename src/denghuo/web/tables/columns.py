"""Columns: what a cell shows on the page and what it says in an export."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html

from denghuo.web import clocks, durations, states
from denghuo.web.templatetags.denghuo import badge, rel_time, stamp, state_badge

if TYPE_CHECKING:
    from denghuo.web.tables.table import Context

Text = str | Promise
Value = Callable[[Any, "Context"], Any]


class Column:
    """A column of text.

    ``value(row, ctx)`` gives the cell's value (default: attribute of the column's name, dots follow
    relations). ``sort`` names the database field, or a tuple of fields, to order by. ``link`` is a url
    name that takes the row's key, or ``callable(row) -> url``. ``template`` draws the cell itself.
    ``export=False`` keeps the column out of files; ``clip`` cuts long text on the page.
    """

    _created = 0

    def __init__(
        self,
        label: Text,
        *,
        value: Value | None = None,
        sort: str | tuple[str, ...] = "",
        link: str | Callable[[Any], str] | None = None,
        template: str = "",
        export: bool = True,
        clip: bool = False,
        align: str = "",
        css: str = "",
    ) -> None:
        Column._created += 1
        self.order = Column._created
        self.name = ""
        self.label = label
        self._value = value
        self.sort = (sort,) if isinstance(sort, str) and sort else tuple(sort)
        self.link = link
        self.template = template
        self.export = export
        self.css = " ".join(
            part for part in (css, "dh-clip" if clip else "", "dh-end" if align == "end" else "") if part
        )

    def value(self, row: Any, ctx: Context) -> Any:
        """The plain value of the cell."""
        if self._value is not None:
            return self._value(row, ctx)
        found: Any = row
        for part in self.name.split("__"):
            found = getattr(found, part, None)
            if found is None:
                return None
        return found() if callable(found) else found

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        """HTML of the value, without the link."""
        if self.template:
            return render_to_string(
                self.template, {"row": row, "value": value, "ctx": ctx, "column": self}, ctx.request
            )
        return "—" if value is None or value == "" else value

    def cell(self, row: Any, ctx: Context) -> Any:
        """HTML of the whole cell."""
        drawn = self.draw(self.value(row, ctx), row, ctx)
        url = self.url(row)
        return format_html('<a href="{}">{}</a>', url, drawn) if url else drawn

    def url(self, row: Any) -> str:
        """Address behind the cell, "" when there is none."""
        if not self.link:
            return ""
        return self.link(row) if callable(self.link) else reverse(self.link, args=[row.pk])

    def plain(self, row: Any, ctx: Context) -> Any:
        """The value for a file: text, number, date or None."""
        value = self.value(row, ctx)
        if isinstance(value, dt.datetime):
            return timezone.localtime(value).replace(tzinfo=None)
        if isinstance(value, dt.timedelta):
            return durations.words(value)
        if value is None or isinstance(value, int | float | Decimal | dt.date):
            return value
        return str(value)


class NumberColumn(Column):
    """Figures, aligned at the end; ``digits`` after the point."""

    def __init__(self, label: Text, *, digits: int = 0, **options: Any) -> None:
        super().__init__(label, align="end", **options)
        self.digits = digits

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        if value is None or self.template:
            return super().draw(value, row, ctx)
        return f"{value:,.{self.digits}f}"


class StateColumn(Column):
    """A state of the machine ``kind`` as a badge; in files its label."""

    def __init__(self, label: Text, *, kind: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.kind = kind

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        return state_badge(self.kind, value) if value else "—"

    def plain(self, row: Any, ctx: Context) -> Any:
        value = self.value(row, ctx)
        return str(states.look_of(self.kind, str(value)).label) if value else None


class BadgeColumn(Column):
    """A badge drawn from ``look(value, row) -> (text, tone, icon)``; None draws nothing."""

    def __init__(
        self, label: Text, *, look: Callable[[Any, Any], tuple[Text, str, str] | None], **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.look = look

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        found = self.look(value, row)
        return badge(*found) if found else "—"

    def plain(self, row: Any, ctx: Context) -> Any:
        found = self.look(self.value(row, ctx), row)
        return str(found[0]) if found else None


class TimeColumn(Column):
    """A moment: full local time, or with ``relative`` how long ago."""

    def __init__(self, label: Text, *, relative: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.relative = relative

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        return rel_time(value) if self.relative else stamp(value)


class ClockColumn(Column):
    """A clock chip; in files the remaining or overdue time in words."""

    def draw(self, value: Any, row: Any, ctx: Context) -> Any:
        if not value:
            return "—"
        return render_to_string("web/components/clock.html", clocks.chip(value))

    def plain(self, row: Any, ctx: Context) -> Any:
        found = clocks.chip(self.value(row, ctx))
        if not found["present"]:
            return None
        return f"{found['look'].label} {found['text']}".strip()
