"""The team's people: what they can do, and when they are away."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.teams import actions
from denghuo.apps.teams import forms as f
from denghuo.apps.teams.access import MANAGE, VIEW, people_of
from denghuo.apps.teams.models import Absence
from denghuo.apps.teams.pages.common import scope_of
from denghuo.core import moment
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.web.formtools import add_refusal, once

SHOWN_DAYS = 31


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def people(request: HttpRequest) -> HttpResponse:
    """Skills and absences. POST enters an absence."""
    scope = scope_of(request)
    team = scope.team
    if team is None:
        return render(request, "teams/people.html", scope.context("people"))
    form = f.AbsenceForm(team, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, scope.actor, "team.absence",
                lambda: actions.set_absence(
                    scope.actor, team, staff_id=data["staff"].pk, kind=data["kind"], first=data["first"], last=data["last"]
                ).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("离岗已登记；已安排的任务请到看板调整"))
            return redirect(scope.url("people"))
    since = timezone.localdate(moment.now()) - dt.timedelta(days=SHOWN_DAYS)
    context = scope.context("people") | {
        "form": form,
        "people": people_of(team).select_related("crew_membership__crew").prefetch_related("skills__skill"),
        "absences": Absence.objects.select_related("staff").filter(org=team, last__gte=since).order_by("-first", "-pk"),
    }
    return render(request, "teams/people.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@staff_page(MANAGE)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an absence back."""
    actor = actor_of(request)
    return attempt(
        request,
        lambda: once(request, actor, f"team.absence_end:{pk}", lambda: actions.end_absence(actor, pk)),
        _("离岗登记已取消"),
        scope_of(request).url("people"),
    )
