"""Handing over the shift."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor import record_forms as forms
from denghuo.apps.floor.choices import (
    HandoverState,
    MatterState,
)
from denghuo.apps.floor.models import Handover
from denghuo.apps.floor.pages.records.common import (
    READERS,
    WRITE,
    list_page,
    org_of,
    readable,
    tabs_of,
)
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once


class HandoverTable(t.Table):
    """Hand-overs, newest first."""

    begun_at = t.TimeColumn(gettext_lazy("开始"), sort="begun_at", link="floor:handover")
    shift = t.Column(gettext_lazy("班次"), link="floor:handover")
    org = t.Column(gettext_lazy("单位"), value=org_of)
    given_by = t.Column(gettext_lazy("交班人"), value=lambda row, ctx: row.given_by.display_name)
    received_by = t.Column(
        gettext_lazy("接班人"), value=lambda row, ctx: row.received_by.display_name if row.received_by else None
    )
    open_matters = t.NumberColumn(gettext_lazy("未办结事项"), value=lambda row, ctx: row.open_matters)
    state = t.StateColumn(gettext_lazy("状态"), kind="handover")

    class Meta:
        name = "handovers"
        default_sort = "-begun_at"
        page_size = 30
        export = True
        empty = (gettext_lazy("还没有交接班记录"), gettext_lazy("点“开始交班”写第一张交接单"))
        filters = (
            t.SearchFilter("q", gettext_lazy("情况或事项"), apply=lambda rows, text: rows.filter(
                Q(summary__icontains=text) | Q(pk__in=rows.filter(matters__text__icontains=text).values("pk"))
            )),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=HandoverState.choices),
            t.DateRangeFilter("begun_at", gettext_lazy("日期")),
        )  # fmt: skip


@require_GET
@staff_page(*READERS)
def handovers(request: HttpRequest) -> HttpResponseBase:
    """The hand-over book."""
    actor = actor_of(request)
    rows = readable(Handover, actor).select_related("org", "given_by", "received_by")
    rows = rows.annotate(open_matters=Count("matters", filter=Q(matters__state=MatterState.OPEN)))
    new = {"url": reverse("floor:handover-begin"), "label": _("开始交班")}
    return list_page(request, HandoverTable(request, rows, actor=actor), "handovers", title=_("交接班"), new=new)


@require_http_methods(["GET", "POST"])
@staff_page(WRITE)
def handover_begin(request: HttpRequest) -> HttpResponse:
    """Begin a hand-over; straight on to its page."""
    actor = actor_of(request)
    form = forms.BeginHandoverForm(actor, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = once(request, actor, "handover.begin", lambda: actions.begin_handover(actor, **form.cleaned_data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            return redirect("floor:handover", made)
    context = {
        "form": form, "title": _("开始交班"), "tabs": tabs_of(actor, "handovers"), "back": reverse("floor:handovers"),
        "draft": "",
    }  # fmt: skip
    return render(request, "floor/records/form.html", context, status=422 if request.method == "POST" else 200)


def _handover(request: HttpRequest, pk: int) -> Handover:
    rows = readable(Handover, actor_of(request)).select_related("org", "given_by", "received_by")
    row: Handover | None = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这张交接单"))
    return row


@require_GET
@staff_page(*READERS)
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    """One hand-over: summary, figures, matters, and what can be done with it."""
    row = _handover(request, pk)
    return render(request, "floor/records/handover.html", _handover_context(request, row))


def _handover_context(request: HttpRequest, row: Handover, **more: Any) -> dict[str, Any]:
    actor = actor_of(request)
    may_write = actor.can(WRITE, row.org.path)
    matters = row.matters.select_related("done_by").annotate(
        moved=Exists(Handover.objects.filter(matters__carried_from=OuterRef("pk")))
    )
    return {
        "row": row,
        "tabs": tabs_of(actor, "handovers"),
        "matters": matters,
        "may_write": may_write and row.state == HandoverState.DRAFT,
        "may_add": may_write and row.state != HandoverState.RECEIVED,
        "may_end": may_write,
        "may_receive": may_write and row.state == HandoverState.GIVEN and row.given_by_id != actor.id,
        "summary_form": forms.SummaryForm(initial={"summary": row.summary}),
        "matter_form": forms.MatterForm(),
        "figures": _figures(row.figures),
    } | more


def _figures(kept: dict[str, Any]) -> list[tuple[str, str]]:
    labels = (
        ("waiting", _("排队数"), "{:.0f}"),
        ("longest_wait", _("最长等待"), _("%s 秒").replace("%s", "{:.0f}")),
        ("service_level", _("服务水平"), "{:.1f}%"),
        ("connect_rate", _("接通率"), "{:.1f}%"),
        ("abandonment", _("放弃率"), "{:.1f}%"),
        ("ready_agents", _("就绪坐席"), "{:.0f}"),
        ("exceptions", _("未解除异常"), "{:.0f}"),
    )
    return [(label, "—" if kept.get(name) is None else form.format(kept[name])) for name, label, form in labels if kept]


@require_POST
@staff_page(WRITE)
def handover_write(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the summary; with ``give``, hand over at once."""
    actor, row = actor_of(request), _handover(request, pk)
    form = forms.SummaryForm(request.POST)
    if form.is_valid():
        try:
            actions.write_handover(actor, pk, summary=form.cleaned_data["summary"])
            if "give" in request.POST:
                actions.give_handover(actor, pk)
            messages.success(request, _("已交班，等待接班人确认") if "give" in request.POST else _("已保存"))
            return redirect("floor:handover", pk)
        except ActionError as error:
            add_refusal(form, error)
    context = _handover_context(request, row, summary_form=form)
    return render(request, "floor/records/handover.html", context, status=422)


@require_POST
@staff_page(WRITE)
def handover_matter(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an open matter."""
    actor, row = actor_of(request), _handover(request, pk)
    form = forms.MatterForm(request.POST)
    if form.is_valid():
        matter = actions.Matter(form.cleaned_data["text"], due_at=form.cleaned_data["due_at"])
        try:
            once(request, actor, "handover.add_matter", lambda: actions.add_matter(actor, pk, matter).pk)
            return redirect("floor:handover", pk)
        except ActionError as error:
            add_refusal(form, error)
    context = _handover_context(request, row, matter_form=form)
    return render(request, "floor/records/handover.html", context, status=422)


@require_POST
@staff_page(WRITE)
def matter_end(request: HttpRequest, pk: int, matter: int) -> HttpResponse:
    """A matter is done."""
    actor = actor_of(request)
    _handover(request, pk)
    result = request.POST.get("result", "")
    return attempt(
        request,
        lambda: actions.end_matter(actor, matter, result=result),
        _("事项已办结"),
        reverse("floor:handover", args=[pk]),
    )


@require_POST
@staff_page(WRITE)
def handover_receive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over."""
    actor = actor_of(request)
    _handover(request, pk)
    remark = request.POST.get("remark", "")
    here = reverse("floor:handover", args=[pk])
    return attempt(request, lambda: actions.receive_handover(actor, pk, remark=remark), _("已接班"), here)
