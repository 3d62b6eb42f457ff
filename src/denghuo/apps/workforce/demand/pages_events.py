"""What moves the contacts, and counts from a file."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce.demand import actions, importing
from denghuo.apps.workforce.demand.common import ONE_DAY, Scope, scope_of, today
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.forms import DriverForm, FileForm
from denghuo.apps.workforce.demand.models import DriverEvent
from denghuo.apps.workforce.demand.reading import PLAN, VIEW
from denghuo.core.errors import ActionError
from denghuo.core.scoping.models import units_under
from denghuo.core.sheets import SheetError
from denghuo.web.formtools import add_refusal, once

SALT: Final = "workforce.counts"
SHOWN_DAYS: Final = 90
LARGEST: Final = 5 * 1024 * 1024
HOUR: Final = 3600


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def events(request: HttpRequest) -> HttpResponse:
    """Events of the last ninety days and those to come; a form for a new one."""
    scope = scope_of(request)
    choices = [(str(one.pk), one.label) for one in scope.queues]
    form = DriverForm(request.POST or None, queues=choices, initial=_initial(scope))
    if request.method == "POST" and scope.unit is not None and form.is_valid():
        unit, data = scope.unit, form.cleaned_data
        try:
            once(request, scope.actor, "forecast.add_driver", lambda: actions.add_driver(
                scope.actor, unit, kind=data["kind"], name=data["name"], starts=data["starts"], ends=data["ends"],
                strength=data["strength"], queue_id=int(data["queue"]) if data["queue"] else None).pk)  # fmt: skip
            messages.success(request, _("已登记；下一次预测起计入"))
            return redirect(scope.url("events"))
        except ActionError as error:
            add_refusal(form, error)
    rows: list[DriverEvent] = []
    if scope.unit is not None:
        since = midnight(today() - SHOWN_DAYS * ONE_DAY)
        found = DriverEvent.objects.select_related("org", "queue").filter(
            org__in=units_under((scope.unit.path,)), removed_at=None, ends__gte=since
        )
        rows = list(found.order_by("-starts")[:200])
    context = scope.context("events") | {"rows": rows, "form": form, "now": midnight(today())}
    return render(request, "workforce/demand/events.html", context, status=422 if form.errors else 200)


def _initial(scope: Scope) -> dict[str, Any]:
    start = midnight(scope.day)
    return {"starts": start + dt.timedelta(hours=8), "ends": start + dt.timedelta(hours=18)}


@require_POST
@staff_page(PLAN)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an event back."""
    scope = scope_of(request)
    return attempt(
        request, lambda: once(
            request, scope.actor, f"forecast.remove_driver:{pk}", lambda: actions.remove_driver(scope.actor, pk).pk
        ), _("已删除；下一次预测起不再计入"), scope.url("events"),
    )  # fmt: skip


@require_GET
@staff_page(PLAN)
def file_page(request: HttpRequest) -> HttpResponse:
    """Choose a file of counts."""
    scope = scope_of(request)
    context = scope.context("import") | {"form": FileForm(), "columns": importing.COLUMNS}
    return render(request, "workforce/demand/import.html", context)


@require_POST
@staff_page(PLAN)
def check_file(request: HttpRequest) -> HttpResponse:
    """Show what the file would write, and its faults by line. Nothing is written."""
    scope = scope_of(request)
    form = FileForm(request.POST, request.FILES)
    context = scope.context("import") | {"form": form, "columns": importing.COLUMNS}
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > LARGEST:
                raise SheetError(_("文件过大，最多 5 MB，请分几个文件"))
            found = importing.check(file.file, scope.queues)
            if not found.lines:
                raise SheetError(_("文件里没有数据：第一行应为列名，从第二行起为数据"))
            names = {queue.pk: queue.label for queue in scope.queues}
            context |= {
                "checked": found, "faults": found.faults[: importing.SHOWN],
                "sample": [row | {"name": names[row["queue_id"]]} for row in found.rows[: importing.SHOWN]],
            }  # fmt: skip
            if found.rows and not found.faults:
                rows = [row | {"start": row["start"].isoformat()} for row in found.rows]
                context["packed"] = signing.dumps([scope.actor.id, rows], salt=SALT, compress=True)
        except SheetError as error:
            form.add_error("file", str(error))
    bad = bool(form.errors) or bool(context.get("faults"))
    return render(request, "workforce/demand/import.html", context, status=422 if bad else 200)


@require_POST
@staff_page(PLAN)
def write_file(request: HttpRequest) -> HttpResponse:
    """Write the rows that were shown."""
    scope = scope_of(request)
    try:
        by, rows = signing.loads(request.POST.get("packed", ""), salt=SALT, max_age=HOUR)
    except signing.BadSignature:
        by, rows = None, []
    if by != scope.actor.id or scope.unit is None or not rows:
        messages.error(request, _("核对的结果已过期，请重新选择文件"))
        return redirect(scope.url("import"))
    rows = [row | {"start": dt.datetime.fromisoformat(row["start"])} for row in rows]
    unit = scope.unit
    return attempt(
        request, lambda: actions.import_counts(scope.actor, unit, rows),
        _("已导入 %(n)d 行，重新预测后计入") % {"n": len(rows)}, scope.url("forecast"),
    )  # fmt: skip
