"""Indices of outage information: in time, to household, as planned, late and why; repeated outages."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import charts, queries
from denghuo.apps.grid.choices import DelayCause, DelayStage
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgKind, OrgUnit

DAYS = 30
MOST_DAYS = 400
STEP_DOWN = {OrgKind.COMPANY: OrgKind.CITY, OrgKind.PROVINCE: OrgKind.CITY, OrgKind.CITY: OrgKind.COUNTY}


@require_GET
@staff_page("grid.view")
def indices_page(request: HttpRequest) -> HttpResponse:
    """The figures of a period, by unit, with the delays drawn and listed."""
    actor = actor_of(request)
    first, last, fault = period(request.GET.get("from", ""), request.GET.get("to", ""))
    unit = unit_of(actor, request.GET.get("org", ""))
    paths = (unit.path,) if unit else actor.paths_for("grid.view")
    zone = timezone.get_current_timezone()
    since = dt.datetime.combine(first, dt.time(), zone)
    until = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    found = queries.indices(paths, units_below(paths, unit), since, until)
    context = {
        "found": found,
        "units": [pair for pair in found.units if pair[1].released or pair[1].plans],
        "from": first,
        "to": last,
        "fault": fault,
        "unit": unit,
        "choices": unit_choices(actor),
        "chart": charts.delays(found.delays),
        "late_total": sum(found.delays.values()),
        "delays": [
            (label, [found.delays[stage, cause] for stage in DelayStage.values]) for cause, label in DelayCause.choices
        ],
        "stages": [label for _code, label in DelayStage.choices],
        "repeated": queries.repeated_outages(actor),
        "repeated_days": policies.get("outage.repeated_days"),
        "repeated_times": policies.get("outage.repeated_times"),
        "on_time": policies.get("outage.on_time_minutes"),
        "enough": policies.get("outage.household_share"),
        "tab": "indices",
        "wide": True,
    }
    return render(request, "grid/indices.html", context, status=422 if fault else 200)


def period(first: str, last: str) -> tuple[dt.date, dt.date, str]:
    """Two days as typed, the last thirty by default, and what is wrong with them ("" when nothing is)."""
    today = timezone.localtime(moment.now()).date()
    usual = today - dt.timedelta(days=DAYS - 1), today
    if not first and not last:
        return *usual, ""
    try:
        begin = dt.date.fromisoformat(first) if first else usual[0]
        end = dt.date.fromisoformat(last) if last else today
    except ValueError:
        return *usual, _("日期格式不对，请从日历中选择")
    if begin > end:
        return *usual, _("开始日期晚于结束日期，请调换")
    if (end - begin).days > MOST_DAYS:
        return *usual, _("一次最多统计 %(days)s 天，请缩短期间") % {"days": MOST_DAYS}
    return begin, end, ""


def unit_of(actor: Actor, wanted: str) -> OrgUnit | None:
    """The unit named by its id, of those the actor sees; None otherwise."""
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    unit = OrgUnit.objects.filter(pk=int(wanted)).first()
    return unit if unit is not None and actor.can("grid.view", unit.path) else None


def units_below(paths: tuple[str, ...], unit: OrgUnit | None) -> list[OrgUnit]:
    """The units to compare: cities of a province, counties of a city, a county alone."""
    top = unit or OrgUnit.objects.filter(path__in=paths).order_by("path").first()
    wanted = STEP_DOWN.get(OrgKind(top.kind), OrgKind.COUNTY) if top else OrgKind.CITY
    rows = OrgUnit.objects.filter(kind=wanted).order_by("path")
    return [row for row in rows if any(row.path.startswith(path) for path in paths)]


def unit_choices(actor: Actor) -> list[OrgUnit]:
    """Cities and counties the actor sees."""
    rows = OrgUnit.objects.filter(kind__in=(OrgKind.CITY, OrgKind.COUNTY)).order_by("path")
    return [row for row in rows if actor.can("grid.view", row.path)]
