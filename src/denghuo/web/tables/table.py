"""The table itself: reads the address, narrows, orders and cuts the queryset once, and hands rows to the template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise

from denghuo.web.tables import paging
from denghuo.web.tables.columns import Column
from denghuo.web.tables.filters import Filter

if TYPE_CHECKING:
    from denghuo.core.actors import Actor

Text = str | Promise


@dataclass(frozen=True)
class Context:
    """What a cell may need besides its row."""

    request: HttpRequest
    actor: Actor | None
    table: Table


@dataclass(frozen=True)
class Cell:
    """One drawn cell."""

    column: Column
    html: Any


@dataclass(frozen=True)
class Row:
    """One drawn row; ``url`` opens it from the keyboard."""

    object: Any
    url: str
    cells: list[Cell]


@dataclass(frozen=True)
class Header:
    """One column head; ``url`` sorts by it, ``direction`` is the present order ("" when it is not the sorted one)."""

    column: Column
    url: str
    direction: str


class Options:
    """``class Meta`` of a table with its defaults."""

    name: str = "table"
    default_sort: str = ""
    page_size: int = 50
    paging: str = "pages"
    filters: Sequence[Filter] = ()
    export: bool = False
    export_permission: str = ""
    live: Sequence[str] = ()
    empty: tuple[Text, Text] | None = None
    cards: bool = True


class Table:
    """Subclass with columns and a ``Meta``; instantiate with request, queryset and actor for one page.

    The address holds the whole state: ``sort=-created_at``, ``page=3`` (or ``after=<cursor>``) and the filters' own
    parameters, so a link, a reload and the back button show the same rows. The queryset must be scoped already.
    """

    columns: ClassVar[list[Column]] = []
    meta: ClassVar[type[Options]] = Options

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        found = {column.name: column for column in cls.columns}
        for name, value in list(vars(cls).items()):
            if isinstance(value, Column):
                value.name = name
                found[name] = value
                delattr(cls, name)  # a column may be called "page" or "url" without hiding the table's own
        cls.columns = sorted(found.values(), key=lambda column: column.order)
        given = vars(cls).get("Meta")
        if given is not None:
            base = cls.meta
            own = {key: value for key, value in vars(given).items() if not key.startswith("_")}
            unknown = [key for key in own if not hasattr(Options, key)]
            if unknown:
                raise TypeError(f"{cls.__name__}.Meta has unknown options: {', '.join(unknown)}")
            cls.meta = type("Meta", (base,), own)

    def __init__(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Any],
        *,
        actor: Actor | None = None,
        path: str = "",
        live: Sequence[str] | None = None,
    ) -> None:
        self.request = request
        self.actor = actor
        self.path = path or request.path
        self.queryset = queryset
        self.live = " ".join(self.meta.live if live is None else live)
        self.context = Context(request, actor, self)

    # --- state from the address ------------------------------------------------------------------

    @property
    def dom_id(self) -> str:
        return f"table-{self.meta.name}"

    @property
    def may_export(self) -> bool:
        """Whether this actor may take the rows away as a file."""
        if not self.meta.export:
            return False
        needed = self.meta.export_permission
        return not needed or (self.actor is not None and self.actor.can_somewhere(needed))

    @cached_property
    def sort(self) -> tuple[str, bool]:
        """(column name, descending) in force; ("", False) when neither address nor Meta names a sortable column."""
        sortable = {column.name for column in self.columns if column.sort}
        for wanted in (self.request.GET.get("sort", ""), self.meta.default_sort):
            name = wanted.removeprefix("-")
            if name in sortable:
                return name, wanted.startswith("-")
        return "", False

    @cached_property
    def keys(self) -> list[tuple[str, bool]]:
        """(database field, descending) pairs to order by, made unique by the primary key."""
        name, descending = self.sort
        fields = next((column.sort for column in self.columns if column.name == name), ())
        keys = [(field.removeprefix("-"), descending != field.startswith("-")) for field in fields]
        if not keys:
            keys = [(field.removeprefix("-"), field.startswith("-")) for field in self._declared_order()]
        if all(field not in ("pk", "id") for field, _desc in keys):
            keys.append(("pk", keys[-1][1] if keys else True))
        return keys

    def _declared_order(self) -> list[str]:
        given = self.queryset.query.order_by or self.meta.default_sort
        if isinstance(given, str):
            return [given] if given and self._is_field(given.removeprefix("-")) else []
        return [str(field) for field in given if isinstance(field, str) and field != "?"]

    def _is_field(self, name: str) -> bool:
        try:
            self.queryset.model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        return True

    @cached_property
    def filtered(self) -> models.QuerySet[Any]:
        """All rows that pass the filters, ordered."""
        queryset = self.queryset
        for filter_ in self.meta.filters:
            value = filter_.value(self.request.GET)
            if value is not None:
                queryset = filter_.apply(queryset, value)
        return queryset.order_by(*[("-" if descending else "") + field for field, descending in self.keys])

    @property
    def active_filters(self) -> int:
        return sum(1 for filter_ in self.meta.filters if filter_.value(self.request.GET) is not None)

    @cached_property
    def page(self) -> paging.Page:
        if self.meta.paging == "keyset":
            return paging.by_key(self.filtered, self.meta.page_size, self.keys, self.request.GET.get("after", ""))
        return paging.by_number(self.filtered, self.meta.page_size, self.request.GET.get("page", ""))

    # --- for the template --------------------------------------------------------------------------

    @cached_property
    def rows(self) -> list[Row]:
        return [self.row(item) for item in self.page.rows]

    def row(self, item: Any) -> Row:
        cells = [Cell(column, column.cell(item, self.context)) for column in self.columns]
        return Row(item, self.row_url(item), cells)

    def row_url(self, item: Any) -> str:
        """Address that opens the row: the first linked column's; override for another."""
        return next((column.url(item) for column in self.columns if column.link), "")

    def headers(self) -> Iterator[Header]:
        name, descending = self.sort
        for column in self.columns:
            if not column.sort:
                yield Header(column, "", "")
                continue
            current = column.name == name
            turn = f"-{column.name}" if current and not descending else column.name
            direction = ("descending" if descending else "ascending") if current else ""
            yield Header(column, self.url(sort=turn, page=None, after=None), direction)

    def controls(self) -> list[tuple[str, dict[str, Any]]]:
        """(template, context) of each filter."""
        return [(filter_.template, filter_.control(self.request.GET)) for filter_ in self.meta.filters]

    def kept_params(self) -> list[tuple[str, str]]:
        """Parameters that a change of filter keeps (the sort, and whatever belongs to the page itself)."""
        own = {name for filter_ in self.meta.filters for name in filter_.params()} | {"page", "after", "export"}
        return [(name, value) for name, values in self.request.GET.lists() if name not in own for value in values]

    def url(self, **changes: str | None) -> str:
        """This page's address with parameters changed; None removes one."""
        query: QueryDict = self.request.GET.copy()
        query.pop("export", None)
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value
        encoded = query.urlencode()
        return f"{self.path}?{encoded}" if encoded else self.path

    @property
    def here(self) -> str:
        return self.url()

    @property
    def clear_url(self) -> str:
        own = {name for filter_ in self.meta.filters for name in filter_.params()}
        return self.url(**dict.fromkeys([*own, "page", "after"]))

    @property
    def page_links(self) -> list[tuple[int | None, str]]:
        return [(number, self.url(page=str(number)) if number else "") for number in self.page.numbers]

    @property
    def _page_param(self) -> str:
        return "after" if self.meta.paging == "keyset" else "page"

    @property
    def previous_url(self) -> str:
        return self.url(**{self._page_param: self.page.previous}) if self.page.previous else ""

    @property
    def next_url(self) -> str:
        return self.url(**{self._page_param: self.page.next}) if self.page.next else ""

    @property
    def csv_url(self) -> str:
        return self.url(export="csv", page=None, after=None)

    @property
    def xlsx_url(self) -> str:
        return self.url(export="xlsx", page=None, after=None)
