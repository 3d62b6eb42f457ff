"""Exceptions: what is open, what was done about it, and the limits that raise them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.floor import actions, figures, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor.choices import ExceptionKind, Level
from denghuo.apps.floor.models import FloorException, FloorThreshold
from denghuo.apps.floor.pages.board import EXCEPTION_WORDS, about, measured, open_exceptions, shown_exceptions
from denghuo.apps.floor.threshold_forms import ThresholdForm
from denghuo.core import moment
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal

PERMISSION = figures.PERMISSION
CONTROL = "floor.control"


class ExceptionTable(t.Table):
    """Exceptions, newest first."""

    raised_at = t.TimeColumn(gettext_lazy("发生时间"), sort="raised_at")
    level = t.StateColumn(gettext_lazy("级别"), kind="floor_level")
    kind = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.get_kind_display())
    subject = t.Column(gettext_lazy("对象"), value=lambda row, ctx: about(row))
    value = t.Column(gettext_lazy("数值"), value=lambda row, ctx: measured(row))
    lasted = t.Column(
        gettext_lazy("持续"), template="floor/live/_lasted.html",
        value=lambda row, ctx: (row.ended_at or moment.now()) - row.raised_at,
    )  # fmt: skip
    note = t.Column(gettext_lazy("处置"), template="floor/live/_seen.html", value=lambda row, ctx: row.note)

    class Meta:
        name = "exceptions"
        default_sort = "-raised_at"
        page_size = 50
        export = True
        empty = (gettext_lazy("没有异常"), gettext_lazy("出现异常会自动列在这里"))
        filters = (
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=ExceptionKind.choices),
            t.ChoiceFilter("level", gettext_lazy("级别"), choices=Level.choices),
            t.BoolFilter("open", gettext_lazy("只看未解除"), apply=lambda qs, _on: qs.filter(ended_at=None)),
            t.SearchFilter(
                "q", gettext_lazy("人员或处置"),
                apply=lambda qs, text: qs.filter(Q(staff__display_name__icontains=text) | Q(note__icontains=text)),
            ),
            t.DateRangeFilter("raised_at", gettext_lazy("日期")),
        )  # fmt: skip


@require_GET
@staff_page(PERMISSION)
def exceptions(request: HttpRequest) -> HttpResponseBase:
    """Open ones as cards to see to; all of them as a table."""
    actor = actor_of(request)
    paths = actor.paths_for(PERMISSION)
    context = {
        "at": moment.now(),
        "open": shown_exceptions(open_exceptions(actor)),
        "may_control": actor.can_somewhere(CONTROL),
        "paths": paths,
        "words": EXCEPTION_WORDS,
        "live_topics": [f"floor:{path}" for path in paths],
    }
    if getattr(request, "htmx", False) and request.GET.get("part") == "open":
        return render(request, "floor/live/_open.html", context)
    rows = FloorException.objects.visible_to(actor, PERMISSION)
    rows = rows.select_related("org", "staff", "queue", "threshold__queue", "acknowledged_by")
    table = ExceptionTable(request, rows, actor=actor, live=context["live_topics"])
    return t.table_response(request, table, "floor/live/exceptions.html", context)


@require_POST
@staff_page(CONTROL)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody sees to it."""
    actor, note = actor_of(request), request.POST.get("note", "")
    here = reverse("floor:exceptions")
    return attempt(request, lambda: actions.acknowledge(actor, pk, note=note), _("已记录处置"), here)


@require_GET
@staff_page(PERMISSION)
def thresholds(request: HttpRequest) -> HttpResponse:
    """The limits, unit by unit."""
    actor = actor_of(request)
    rows = FloorThreshold.objects.visible_to(actor, PERMISSION).select_related("org", "queue")
    found: list[Any] = list(rows.order_by("org__path", "measure", "pk"))
    measures = figures.Measures(moment.now())
    for row in found:
        row.value_now = measures.value(row.measure, row.org, row.queue_id) if row.active else None
    context = {"rows": found, "may_control": actor.can_somewhere(CONTROL)}
    return render(request, "floor/live/thresholds.html", context)


@require_http_methods(["GET", "POST"])
@staff_page(CONTROL)
def threshold(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make, change or remove a limit."""
    actor, row = actor_of(request), None
    if pk is not None:
        row = FloorThreshold.objects.visible_to(actor, CONTROL).filter(pk=pk).first()
        if row is None:
            raise NotFound(_("没有这条越限规则"))
        if "remove" in request.POST:
            back = reverse("floor:thresholds")
            return attempt(request, lambda: actions.remove_threshold(actor, row.pk), _("已删除"), back)
    form = ThresholdForm(actor, request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_threshold(actor, pk, org=form.cleaned_data["org"], data=form.data_of())
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("越限规则已保存，立即生效"))
            return redirect("floor:thresholds")
    context = {"form": form, "row": row}
    return render(request, "floor/live/threshold.html", context, status=422 if request.method == "POST" else 200)
