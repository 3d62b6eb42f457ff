"""One view helper: the whole page, only the table for a reload in place, or a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from denghuo.core.errors import NotAllowed
from denghuo.web.tables.export import export
from denghuo.web.tables.table import Table

FRAGMENT = "web/table/table.html"


def table_response(
    request: HttpRequest, table: Table, template: str, context: dict[str, Any] | None = None
) -> HttpResponseBase:
    """Answer a list page.

    ``?export=csv|xlsx`` gives a file (NotAllowed without the right to export); an HTMX request aimed at the table
    gives the table alone; anything else renders ``template`` with ``table`` in its context.
    """
    kind = request.GET.get("export", "")
    if kind in ("csv", "xlsx"):
        if not table.may_export:
            raise NotAllowed(_("您没有导出这张表的权限，请联系安全管理员"))
        return export(table, kind)
    given = {**(context or {}), "table": table}
    partial = request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == table.dom_id
    response = render(request, FRAGMENT if partial else template, given)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
