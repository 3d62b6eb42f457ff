"""The buttons of the automatic roster: start, stop, progress, absences, proposals."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce.rosters import jobs, making, reading, solution_card
from denghuo.apps.workforce.rosters.forms import AbsenceForm
from denghuo.apps.workforce.rosters.making import MAKE
from denghuo.apps.workforce.rosters.pages import grid_page
from denghuo.apps.workforce.rosters.reading import VIEW
from denghuo.apps.workforce.rosters.solution_models import RosterSolution
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import add_refusal, once


@require_POST
@staff_page(MAKE)
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the month filled by itself."""
    actor, to = actor_of(request), reverse("workforce:roster", args=[pk])
    return attempt(
        request, lambda: once(request, actor, "roster.start_making", lambda: jobs.start_making(actor, pk).pk),
        _("已开始自动排班，完成后写入排班表"), to,
    )  # fmt: skip


@require_POST
@staff_page(MAKE)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the run in hand."""
    actor, to = actor_of(request), reverse("workforce:roster", args=[pk])
    return attempt(request, lambda: jobs.stop(actor, pk), _("已要求取消，排班表保持原样"), to)


@require_GET
@staff_page(VIEW)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The run in hand, asked again every two seconds; when it is over the page is loaded anew."""
    actor = actor_of(request)
    period = reading.need_period(actor, pk)
    context = solution_card.run_in_hand(period) | {"may_make": actor.can(MAKE, period.org.path)}
    response = render(request, "workforce/rosters/_run.html", context)
    if context["run"] is None:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@staff_page(MAKE)
def adjust(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask how an absence is best made up for."""
    actor = actor_of(request)
    period = reading.need_period(actor, pk, MAKE)
    form = AbsenceForm(request.POST, people=reading.people_of(period.org))
    if not form.is_valid():
        return grid_page(request, period, absence_form=form)
    data = form.cleaned_data
    try:
        once(
            request, actor, "roster.start_adjusting",
            lambda: jobs.start_adjusting(
                actor, pk, staff_id=data["staff"], first=data["first"], last=data["last"], reason=data["reason"]
            ).pk,
        )  # fmt: skip
    except ActionError as error:
        add_refusal(form, error)
        return grid_page(request, period, absence_form=form)
    return redirect("workforce:roster", pk)


@require_POST
@staff_page(MAKE)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept or discard a proposal."""
    actor = actor_of(request)
    period_id = RosterSolution.objects.filter(pk=pk).values_list("period_id", flat=True).first()
    if period_id is None:
        raise NotFound()
    to = reverse("workforce:roster", args=[period_id])
    if request.POST.get("what") == "accept":
        return attempt(request, lambda: making.accept(actor, pk), _("已采纳；排班表已发布的，有变动的人会收到通知"), to)
    return attempt(request, lambda: making.discard(actor, pk), _("已放弃，排班表保持原样"), to)
