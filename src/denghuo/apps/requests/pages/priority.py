"""The priority of a request, with its parts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import queries
from denghuo.apps.requests.models import OPEN_STATES
from denghuo.apps.requests.priority import Priority, priorities, priority
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t


@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX fragment of the request's page: total and parts; three queries."""
    row = queries.visible(actor_of(request)).select_related("org").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    found = priority(row) if row.state in OPEN_STATES else None
    return render(request, "requests/clocks/_priority.html", {"r": row, "p": found})


def of_row(row: Any, ctx: t.Context) -> Priority | None:
    """The priority of a row of a table; those of the whole page are found together when the first is asked for."""
    held = ctx.table.__dict__.setdefault("_priorities", {})
    if row.pk not in held:
        held |= dict.fromkeys(item.pk for item in ctx.table.page.rows)
        held |= priorities(ctx.table.page.rows)
    found = held.get(row.pk)
    return found if isinstance(found, Priority) else None


def column_value(row: Any, ctx: t.Context) -> float | None:
    """The total, for a column."""
    found = of_row(row, ctx)
    return found.total if found else None
