"""Corrections: where ticket and customer did not agree."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.callbacks import corrections
from denghuo.apps.requests.callbacks.choices import Aspect, CorrectionState
from denghuo.apps.requests.callbacks.comparing import sides_of
from denghuo.apps.requests.callbacks.forms import CorrectionForm
from denghuo.apps.requests.callbacks.models import Correction
from denghuo.apps.requests.pages.callbacks import worked_of
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
    "correction",
    {
        CorrectionState.OPEN: Look(CorrectionState.OPEN.label, "pencil", "warn"),
        CorrectionState.CORRECTED: Look(CorrectionState.CORRECTED.label, "eye-check", "info"),
        CorrectionState.CLOSED: Look(CorrectionState.CLOSED.label, "circle-check", "ok"),
    },
)


def aspects_of(row: Correction) -> str:
    """The aspects in words."""
    return str(_("、")).join(str(Aspect(one).label) for one in row.aspects)


class CorrectionTable(t.Table):
    """Corrections, the earliest due first."""

    number = t.Column(gettext_lazy("诉求编号"), value=lambda row, ctx: row.request.number, link="requests:correction")
    state = t.StateColumn(gettext_lazy("状态"), kind="correction")
    aspects = t.Column(gettext_lazy("不一致之处"), value=lambda row, ctx: aspects_of(row))
    org = t.Column(gettext_lazy("责任单位"), value=lambda row, ctx: row.org.label)
    due_at = t.TimeColumn(gettext_lazy("更正期限"), sort="due_at")
    returns = t.NumberColumn(gettext_lazy("退回"), sort="returns")
    opened_at = t.TimeColumn(gettext_lazy("提出时间"), sort="opened_at")

    class Meta:
        name = "corrections"
        default_sort = "due_at"
        page_size = 30
        export = True
        filters = [t.ChoiceFilter("state", gettext_lazy("状态"), choices=CorrectionState.choices)]
        empty = (gettext_lazy("没有待更正的工单"), gettext_lazy("回访中确认工单内容与客户表述不一致时，会退到这里"))


def corrections_for(actor: Actor) -> QuerySet[Correction]:
    """Corrections of the actor's units (index ``requests_correction_open`` serves the open ones)."""
    rows = Correction.objects.select_related("request__org", "request__master", "org", "call_back")
    paths = actor.paths_for(VIEW)
    if ROOT_PATH in paths:
        return rows
    return rows.filter(org__in=units_under(paths)) if paths else rows.none()


@staff_page(VIEW)
def correction_list(request: HttpRequest) -> HttpResponseBase:
    """What units must correct."""
    actor = actor_of(request)
    table = CorrectionTable(request, corrections_for(actor), actor=actor)
    return t.table_response(request, table, "requests/callbacks/corrections.html", {"tab": "corrections"})


@staff_page(VIEW)
def correction_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Both accounts side by side, and the unit's answer."""
    actor = actor_of(request)
    row = corrections_for(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这条更正"))
    worked = worked_of(row.request)
    form = CorrectionForm(request.POST or None, initial={"result": row.request.result or worked.result})
    if request.method == "POST" and form.is_valid():
        try:
            once(
                request, actor, f"page.correction:{pk}",
                lambda: corrections.correct_account(actor, pk, **form.cleaned_data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已提交，等待回访坐席确认"))
            return redirect("requests:correction", pk)
    said = free_text(row.said, row.request, actor)
    context = {
        "tab": "corrections",
        "row": row,
        "worked": worked,
        "aspects": aspects_of(row),
        "sides": sides_of(worked, said, {}),
        "form": form,
        "may_correct": row.state == CorrectionState.OPEN and actor.can(corrections.MAKE, row.org.path),
        "may_settle": row.state == CorrectionState.CORRECTED and actor.can(corrections.SETTLE, row.org.path),
    }
    return render(request, "requests/callbacks/correction.html", context, status=422 if form.errors else 200)


@staff_page(corrections.SETTLE)
@require_POST
def correction_settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept what the unit wrote, or send it back."""
    actor = actor_of(request)
    accepted = request.POST.get("accepted") == "1"
    try:
        once(
            request, actor, f"page.correction.settle:{pk}",
            lambda: corrections.settle_correction(actor, pk, accepted=accepted).pk,
        )  # fmt: skip
        messages.success(request, _("更正已确认") if accepted else _("已退回责任单位再次更正"))
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:correction", pk)
