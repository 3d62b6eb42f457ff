"""The fault analysis: a period's figures with charts, the rows behind every figure, and all of it as a workbook."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from openpyxl import Workbook  # type: ignore[import-untyped]

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid.decision import charts, figures
from denghuo.apps.grid.pages.indices import period, unit_choices, unit_of, units_below
from denghuo.apps.grid.tables import OutageTable
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.core.sheets import XLSX_TYPE, sheet_cell
from denghuo.web import tables as t

DAYS = 365
TITLES = {
    "voltage": gettext_lazy("电压等级"),
    "equipment": gettext_lazy("设备类型"),
    "cause": gettext_lazy("故障原因"),
    "area": gettext_lazy("单位"),
    "month": gettext_lazy("月份"),
    "device": gettext_lazy("设备"),
}


@dataclass(frozen=True)
class Asked:
    """The period and units asked for, and what is wrong with them ("" when nothing is)."""

    first: dt.date
    last: dt.date
    since: dt.datetime
    until: dt.datetime
    unit: OrgUnit | None
    paths: Sequence[str]
    units: list[OrgUnit]
    fault: str


def asked(request: HttpRequest, actor: Actor) -> Asked:
    """What a page or program asks for; the last twelve months of all its units by default."""
    begin, end = request.GET.get("from", ""), request.GET.get("to", "")
    first, last, fault = period(begin, end)
    if not begin and not end:
        first = last - dt.timedelta(days=DAYS - 1)
    unit = unit_of(actor, request.GET.get("org", ""))
    paths = (unit.path,) if unit else actor.paths_for("grid.view")
    zone = timezone.get_current_timezone()
    since = dt.datetime.combine(first, dt.time(), zone)
    until = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return Asked(first, last, since, until, unit, paths, units_below(paths, unit), fault)


@require_GET
@staff_page("grid.view")
def decision_page(request: HttpRequest) -> HttpResponseBase:
    """Figures, charts and repeated devices; ``?export=xlsx`` gives them as a workbook."""
    actor = actor_of(request)
    ask = asked(request, actor)
    found = figures.figures(ask.paths, ask.units, ask.since, ask.until)
    again = figures.repeated(ask.paths)
    if request.GET.get("export") == "xlsx" and not ask.fault:
        return _workbook(found, again, ask)
    shown = [(name, TITLES[name], found.by[name]) for name in figures.DIMENSIONS]
    context = {
        "ask": ask, "found": found, "shown": shown, "again": again, "choices": unit_choices(actor),
        "months": charts.months(found.by["month"]), "voltage": charts.bars(found.by["voltage"]),
        "equipment": charts.bars(found.by["equipment"]), "cause": charts.bars(found.by["cause"]),
        "repeated_times": policies.get("decision.repeated_times"),
        "repeated_days": policies.get("decision.repeated_days"),
        "repeated_from": timezone.localtime(moment.now()).date() - dt.timedelta(days=policies.get("decision.repeated_days")),
        "query": _query(ask), "tab": "decision", "wide": True,
    }  # fmt: skip
    return render(request, "grid/decision.html", context, status=422 if ask.fault else 200)


@require_GET
@staff_page("grid.view")
def decision_rows(request: HttpRequest) -> HttpResponseBase:
    """The faults behind one figure: ``by`` a dimension (or device), ``value`` of it."""
    actor = actor_of(request)
    ask = asked(request, actor)
    name, value = request.GET.get("by", ""), request.GET.get("value", "").replace("\x00", "")
    rows = figures.of_cell(figures.faults(ask.paths, ask.since, ask.until), name, value, ask.units)
    if rows is None:
        raise NotFound(_("没有这一类故障"))
    table = OutageTable(request, rows.select_related("org", "feeder"), actor=actor)
    context = {
        "ask": ask, "title": TITLES[name], "value": _value(name, value, ask), "tab": "decision", "wide": True,
        "query": _query(ask),
    }  # fmt: skip
    return t.table_response(request, table, "grid/decision_rows.html", context)


def _value(name: str, value: str, ask: Asked) -> str:
    if name == "area":
        return next((unit.label for unit in ask.units if str(unit.pk) == value), figures._label(name, figures.UNSORTED))
    if name == "device":
        from denghuo.apps.grid.models import SupplyDevice

        return SupplyDevice.objects.filter(pk=int(value)).values_list("name", flat=True).first() or value
    return figures._label(name, value)


def _query(ask: Asked) -> str:
    unit = f"&org={ask.unit.pk}" if ask.unit else ""
    return f"from={ask.first:%Y-%m-%d}&to={ask.last:%Y-%m-%d}{unit}"


def _workbook(found: figures.Figures, again: list[figures.Repeated], ask: Asked) -> HttpResponse:
    book = Workbook(write_only=True)
    heads = [_("故障次数"), _("平均时长（分钟）"), _("影响户数"), _("停电时户数")]
    for name in figures.DIMENSIONS:
        sheet = book.create_sheet(str(TITLES[name]))
        sheet.append([str(TITLES[name]), *heads])
        for cell in [*found.by[name], found.whole]:
            mean = round(cell.mean_minutes, 1) if cell.mean_minutes is not None else None
            values = [cell.label, cell.faults, mean, cell.customers, round(cell.customer_hours, 1)]
            sheet.append([sheet_cell(sheet, value) for value in values])
    sheet = book.create_sheet(_("重复故障设备"))
    sheet.append([_("设备"), _("设备编码"), _("设备类型"), _("馈线"), _("单位"), _("次数"), _("最近一次")])
    for one in again:
        row = one.device
        last = f"{timezone.localtime(one.last):%Y-%m-%d %H:%M}"
        values = [row.name, row.code, row.get_kind_display(), row.feeder.name, row.org.label, one.times, last]
        sheet.append([sheet_cell(sheet, value) for value in values])
    out = io.BytesIO()
    book.save(out)
    response = HttpResponse(out.getvalue(), content_type=XLSX_TYPE)
    response["Content-Disposition"] = f'attachment; filename="faults-{ask.first:%Y%m%d}-{ask.last:%Y%m%d}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
