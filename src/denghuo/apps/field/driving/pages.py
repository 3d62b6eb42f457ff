"""The page of learned driving times: one row a city, what its model errs by, and how far off the straight line is."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field.driving import jobs
from denghuo.apps.field.driving.models import DrivingModel, DrivingState, Journey
from denghuo.apps.field.pages.writing import once
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.web.states import Look, register_states

SHOWN = 60  # cities on one page: more than any province has

register_states(
    "driving_model",
    {
        "in_force": Look(gettext_lazy("使用中"), "circle-check", "ok"),
        "candidate": Look(gettext_lazy("候选"), "help-circle", "warn"),
        "retired": Look(gettext_lazy("已停用"), "history", "muted"),
    },
)


@require_GET
@staff_page("field.view", "order.dispatch")
def overview(request: HttpRequest) -> HttpResponse:
    """Models of the actor's cities; an HTMX call gets the moving part."""
    template = "field/driving/_models.html" if getattr(request, "htmx", False) else "field/driving/models.html"
    return render(request, template, _context(actor_of(request)))


@require_POST
@staff_page("crew.manage")
def fit(request: HttpRequest) -> HttpResponse:
    """Fit the actor's cities now, in the background."""
    actor = actor_of(request)
    cities = list(_cities(actor, "crew.manage").values_list("pk", flat=True))
    if cities:
        once(request, actor, "driving.fit", lambda: jobs.start_fit(actor, cities))
        messages.success(request, _("已开始学习，进度见下方"))
    else:
        messages.error(request, _("您管辖的城市还没有行车记录"))
    return redirect("field:driving")


def _cities(actor: Actor, permission: str) -> QuerySet[OrgUnit]:
    with_journeys = Journey.objects.visible_to(actor, permission).order_by().values("org").distinct()
    return OrgUnit.objects.filter(pk__in=with_journeys)


def _context(actor: Actor) -> dict[str, Any]:
    counted = dict(
        Journey.objects.visible_to(actor, "field.view").order_by().values("org").annotate(n=Count("pk"))
        .values_list("org", "n")
    )  # fmt: skip
    latest = (
        DrivingModel.objects.filter(org__in=counted)
        .order_by("org_id", "-fitted_at")
        .distinct("org_id")
        .defer("document")
    )
    newest = {row.org_id: row for row in latest}
    used = DrivingModel.objects.filter(org__in=counted, state=DrivingState.IN_FORCE).defer("document")
    in_force = {row.org_id: row for row in used}
    cities = OrgUnit.objects.filter(pk__in=counted).order_by("code")[:SHOWN]
    since = moment.now() - dt.timedelta(days=1)
    job = JobProgress.objects.filter(label=jobs.label(), updated_at__gte=since).order_by("-created_at").first()
    return {
        "rows": [_row(city, counted[city.pk], in_force.get(city.pk), newest.get(city.pk)) for city in cities],
        "least": policies.get("driving.min_journeys"),
        "job": job,
        "busy": job is not None and job.state in (JobState.WAITING, JobState.RUNNING),
        "may_manage": actor.can_somewhere("crew.manage"),
        "wide": True,
    }


def _row(city: OrgUnit, journeys: int, used: DrivingModel | None, newest: DrivingModel | None) -> dict[str, Any]:
    model = used or newest
    report = model.report if model else {}
    return {
        "city": city,
        "journeys": journeys,
        "model": model,
        "waiting": newest is not None and used is not None and newest.pk != used.pk,
        "straight": _share(report.get("straight")),
        "error": _share(report.get("error")),
        "inside": _share(report.get("inside")),
        "tested": report.get("n"),
        "unit": OrgKind(city.kind).label,
    }


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"
