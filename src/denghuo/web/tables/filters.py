"""Filters: each reads its own query parameters, narrows the queryset and draws one control of the filter bar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Text = str | Promise
Apply = Callable[[QuerySet[Any], Any], QuerySet[Any]]
LONGEST_SEARCH = 100  # characters; a longer text finds nothing and only costs time


class Filter:
    """Base: one named query parameter. Values that make no sense are ignored, never an error page."""

    template = ""
    name: str
    label: Text

    def params(self) -> tuple[str, ...]:
        """Query parameters that belong to this filter."""
        return (self.name,)

    def value(self, query: Mapping[str, str]) -> Any:
        """The chosen value, or None."""
        return query.get(self.name, "").strip() or None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """Narrow ``queryset`` to ``value`` (never None)."""
        raise NotImplementedError

    def control(self, query: Mapping[str, str]) -> dict[str, Any]:
        """Context of the control's template."""
        return {"filter": self, "value": self.value(query)}


class SearchFilter(Filter):
    """Free text; give ``fields`` (matched case-insensitively, contains) or ``apply(queryset, text)``."""

    template = "web/table/search.html"

    def __init__(self, name: str, label: Text, *, fields: Iterable[str] = (), apply: Apply | None = None) -> None:
        self.name, self.label, self.fields, self._apply = name, label, tuple(fields), apply

    def value(self, query: Mapping[str, str]) -> Any:
        return query.get(self.name, "").replace("\x00", "").strip()[:LONGEST_SEARCH] or None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if self._apply is not None:
            return self._apply(queryset, value)
        condition = Q()
        for field in self.fields:
            condition |= Q(**{f"{field}__icontains": value})
        return queryset.filter(condition)


class ChoiceFilter(Filter):
    """One of ``choices``: pairs, or a callable giving pairs at the time of the page."""

    template = "web/table/choice.html"

    def __init__(
        self,
        name: str,
        label: Text,
        *,
        choices: Iterable[tuple[Any, Text]] | Callable[[], Iterable[tuple[Any, Text]]],
        field: str = "",
        apply: Apply | None = None,
        any_label: Text = "",
    ) -> None:
        self.name, self.label, self._choices, self.any_label = name, label, choices, any_label
        self.field, self._apply = field or name, apply

    def choices(self) -> list[tuple[str, Text]]:
        given = self._choices() if callable(self._choices) else self._choices
        return [(str(value), label) for value, label in given]

    def value(self, query: Mapping[str, str]) -> Any:
        chosen = query.get(self.name, "")
        return chosen if chosen and chosen in {value for value, _label in self.choices()} else None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return self._apply(queryset, value) if self._apply else queryset.filter(**{self.field: value})

    def control(self, query: Mapping[str, str]) -> dict[str, Any]:
        return {**super().control(query), "choices": self.choices(), "any_label": self.any_label or _("全部")}


class BoolFilter(Filter):
    """A tick: on narrows, off does nothing."""

    template = "web/table/bool.html"

    def __init__(self, name: str, label: Text, *, field: str = "", apply: Apply | None = None) -> None:
        self.name, self.label, self.field, self._apply = name, label, field or name, apply

    def value(self, query: Mapping[str, str]) -> Any:
        return True if query.get(self.name) == "1" else None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return self._apply(queryset, value) if self._apply else queryset.filter(**{self.field: True})


class DateRangeFilter(Filter):
    """From and to, both days included, in local time. Parameters ``<name>_from`` and ``<name>_to``."""

    template = "web/table/dates.html"

    def __init__(self, name: str, label: Text, *, field: str = "") -> None:
        self.name, self.label, self.field = name, label, field or name

    def params(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to")

    def value(self, query: Mapping[str, str]) -> Any:
        start, end = (_day(query.get(name, "")) for name in self.params())
        return (start, end) if start or end else None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        start, end = value
        if start:
            queryset = queryset.filter(**{f"{self.field}__gte": _midnight(start)})
        if end:
            queryset = queryset.filter(**{f"{self.field}__lt": _midnight(end + dt.timedelta(days=1))})
        return queryset

    def control(self, query: Mapping[str, str]) -> dict[str, Any]:
        start, end = self.value(query) or (None, None)
        return {"filter": self, "start": start, "end": end, "names": self.params()}


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
