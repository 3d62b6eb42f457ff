"""Narrowing a table to a class and what lies below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import QuerySet

from denghuo.apps.catalogue.classes.widgets import ClassPicker
from denghuo.web.tables.filters import Apply, Filter, Text

PATH: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}")


class ClassFilter(Filter):
    """A class of the tree that ``tree(query)`` names ("" for none yet: the control is left out); ``apply`` narrows."""

    template = "catalogue/classes/_filter.html"

    def __init__(self, name: str, label: Text, *, tree: Callable[[Mapping[str, str]], str], apply: Apply) -> None:
        self.name, self.label, self._tree, self._apply = name, label, tree, apply

    def value(self, query: Mapping[str, str]) -> Any:
        chosen = query.get(self.name, "")
        return chosen if self._tree(query) and len(chosen) <= 80 and PATH.fullmatch(chosen) else None

    def apply(self, queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
        return self._apply(queryset, value)

    def control(self, query: Mapping[str, str]) -> dict[str, Any]:
        tree, value = self._tree(query), self.value(query)
        picker = ClassPicker(tree).render(self.name, value or "", {"id": f"filter-{self.name}"}) if tree else ""
        return {"filter": self, "value": value, "picker": picker}
