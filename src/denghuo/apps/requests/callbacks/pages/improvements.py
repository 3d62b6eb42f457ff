"""Improvement items: the list, and one item with its course."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.callbacks import improvements
from denghuo.apps.requests.callbacks.choices import ImprovementClass, ImprovementState
from denghuo.apps.requests.callbacks.forms import AssignForm, MeasureForm
from denghuo.apps.requests.callbacks.models import ImprovementItem
from denghuo.apps.requests.models import CallBack
from denghuo.apps.requests.pages.common import free_text
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import units_under
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.states import Look, register_states

VIEW = "callback.view"

register_states(
    "improvement",
    {
        ImprovementState.OPEN: Look(ImprovementState.OPEN.label, "flag", "warn"),
        ImprovementState.ASSIGNED: Look(ImprovementState.ASSIGNED.label, "tools", "progress"),
        ImprovementState.VERIFIED: Look(ImprovementState.VERIFIED.label, "mood-smile", "ok"),
        ImprovementState.CLOSED: Look(ImprovementState.CLOSED.label, "checks", "muted"),
    },
)


class ImprovementTable(t.Table):
    """Items, the earliest due first."""

    number = t.Column(gettext_lazy("诉求编号"), value=lambda row, ctx: row.request.number, link="requests:improvement")
    state = t.StateColumn(gettext_lazy("状态"), kind="improvement")
    type = t.Column(gettext_lazy("业务类型"), value=lambda row, ctx: row.request.get_type_display())
    cause_class = t.Column(gettext_lazy("原因类别"), value=lambda row, ctx: row.get_cause_class_display())
    owner = t.Column(gettext_lazy("责任单位"), value=lambda row, ctx: row.owner.label if row.owner else None)
    org = t.Column(gettext_lazy("发生单位"), value=lambda row, ctx: row.org.label)
    due_on = t.Column(
        gettext_lazy("完成期限"), value=lambda row, ctx: f"{row.due_on:%Y-%m-%d}" if row.due_on else None, sort="due_on"
    )
    returns = t.NumberColumn(gettext_lazy("退回"), sort="returns")
    raised_at = t.TimeColumn(gettext_lazy("提出时间"), sort="raised_at")

    class Meta:
        name = "improvements"
        default_sort = "due_on"
        page_size = 30
        export = True
        filters = [
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=ImprovementState.choices),
            t.ChoiceFilter("cause_class", gettext_lazy("原因类别"), choices=ImprovementClass.choices),
        ]
        empty = (gettext_lazy("没有整改事项"), gettext_lazy("回访不满意时自动提出"))


def items_for(actor: Actor) -> QuerySet[ImprovementItem]:
    """Items that happened in, or belong to, the actor's units (index ``requests_improvement_state``)."""
    rows = ImprovementItem.objects.select_related("request", "org", "owner")
    paths = actor.paths_for(VIEW)
    if ROOT_PATH in paths:
        return rows
    if not paths:
        return rows.none()
    units = units_under(paths)
    return rows.filter(Q(org__in=units) | Q(owner__in=units))


@staff_page(VIEW)
def improvement_list(request: HttpRequest) -> HttpResponseBase:
    """What must change because customers were dissatisfied."""
    actor = actor_of(request)
    table = ImprovementTable(request, items_for(actor), actor=actor)
    return t.table_response(request, table, "requests/callbacks/improvements.html", {"tab": "improvements"})


@staff_page(VIEW)
def improvement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One item; ``do`` of a posted form says assign or measure."""
    actor = actor_of(request)
    item = items_for(actor).filter(pk=pk).first()
    if item is None:
        raise NotFound(_("没有这个整改事项"))
    what = request.POST.get("do", "")
    assign = AssignForm(request.POST if what == "assign" else None, item=item)
    measure = MeasureForm(request.POST if what == "measure" else None, initial={"measure": item.measure})
    form: Any = {"assign": assign, "measure": measure}.get(what)
    if form is not None and form.is_valid():
        act = improvements.assign_improvement if what == "assign" else improvements.note_measure
        try:
            once(request, actor, f"page.improvement.{what}:{pk}", lambda: act(actor, pk, **form.cleaned_data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已指派") if what == "assign" else _("整改措施已填报"))
            return redirect("requests:improvement", pk)
    owner = item.owner or item.org
    context = {
        "tab": "improvements",
        "item": item,
        "said": free_text(item.said, item.request, actor),
        "calls": CallBack.objects.filter(request=item.request).prefetch_related("tries").order_by("pk"),
        "assign": assign,
        "measure": measure,
        "may_assign": actor.can(improvements.MANAGE, item.org.path) and item.state in ("open", "assigned"),
        "may_measure": actor.can(improvements.WORK, owner.path) and item.state in ("assigned", "verified"),
        "may_close": actor.can(improvements.MANAGE, item.org.path) and item.state in ("assigned", "verified"),
        "live_topics": [f"request:{item.request_id}"],
    }
    return render(request, "requests/callbacks/improvement.html", context, status=422 if form is not None else 200)


@staff_page(improvements.MANAGE)
@require_POST
def improvement_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close it."""
    actor = actor_of(request)
    try:
        once(request, actor, f"page.improvement.close:{pk}", lambda: improvements.close_improvement(actor, pk).pk)
        messages.success(request, _("整改事项已关闭"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:improvement", pk)
