"""Working calendars: which versions there are, the month as it is worked, a new version with its effect."""

from __future__ import annotations

import calendar as months
import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests.calendar_forms import DAY_LABELS, CalendarForm, exception_lines, initial_of
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.limits import working_day
from denghuo.core import moment, policies
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.clocks.calendar_actions import set_calendar, shown_pairs
from denghuo.core.clocks.calendars import Pairs, calendar_for, office_rows
from denghuo.core.clocks.models import Clock, ClockState, WorkCalendar
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import units_under
from denghuo.engine.worktime import NeverWorks, WorkingCalendar
from denghuo.engine.worktime.calendar import DAY_NAMES
from denghuo.web.formtools import add_refusal, once

VIEW = ("policy.view", "policy.approve")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the grid. ``mark``: holiday, made_up, changed or ""."""

    date: dt.date
    inside: bool
    today: bool
    windows: list[str]
    hours: float
    mark: str


@staff_page(*VIEW)
def calendar_list(request: HttpRequest) -> HttpResponse:
    """All calendars with their versions, newest first; two queries."""
    today = timezone.localdate(moment.now())
    rows = list(WorkCalendar.objects.select_related("org").order_by("org__path", "name", "-valid_from"))
    running = _running(rows)
    shown = [
        {"row": row, "when": when(row, today), "week": week_of(row), "hours": _hours(row), "days": len(row.exceptions),
         "running": running.get(row.pk, 0)}
        for row in rows
    ]  # fmt: skip
    context = {"rows": shown, "can_set": actor_of(request).can_somewhere("policy.approve")}
    return render(request, "requests/clocks/calendars.html", context)


@staff_page(*VIEW)
def calendar_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: the month, the week, the dates that differ, what runs on it. htmx gets the month alone."""
    row = get_object_or_404(WorkCalendar.objects.select_related("org"), pk=pk)
    today = timezone.localdate(moment.now())
    first = month_of(request.GET.get("month", ""), today)
    context: dict[str, Any] = {"row": row, **grid_context(row.engine(), first, today)}
    if getattr(request, "htmx", False):
        return render(request, "requests/clocks/_month.html", context)
    actor = actor_of(request)
    others = WorkCalendar.objects.filter(name=row.name, org=row.org).order_by("-valid_from")
    context |= {
        "when": when(row, today),
        "week": week_of(row),
        "hours": _hours(row),
        "versions": [{"row": other, "when": when(other, today)} for other in others],
        "years": _by_year(row.exceptions),
        "this_year": str(today.year),
        "running": _running([row]).get(row.pk, 0),
        "can_set": actor.can("policy.approve", row.org.path if row.org else ROOT_PATH),
    }
    return render(request, "requests/clocks/calendar.html", context)


@staff_page("policy.approve")
def calendar_edit(request: HttpRequest) -> HttpResponse:
    """A new version, of ``?from=`` or of a new calendar; ``fill`` writes a year's holidays into the form."""
    actor = actor_of(request)
    base = WorkCalendar.objects.filter(pk=_number(request.GET.get("from", ""))).first()
    tomorrow = timezone.localdate(moment.now()) + dt.timedelta(days=1)
    form = _form(actor, request.POST if request.method == "POST" else None, initial_of(base, tomorrow))
    status = 200
    if request.method == "POST":
        valid, status = form.is_valid(), 422
        if year := _number(request.POST.get("fill", "")):
            if valid:
                form = _filled(actor, form, year)
            status = 200 if valid else 422
        elif valid and (made := _save(request, actor, form)):
            messages.success(request, _("已保存，到生效日期自动启用"))
            return redirect("requests:calendar", pk=made)
    context = {"form": form, "base": base, "years": [tomorrow.year, tomorrow.year + 1], "days": form.day_fields()}
    return render(request, "requests/clocks/calendar_edit.html", context, status=status)


@staff_page("policy.approve")
@require_POST
def calendar_preview(request: HttpRequest) -> HttpResponse:
    """HTMX: the month as typed, and when each type of request would be due now and then."""
    form = _form(actor_of(request), request.POST, {})
    for name in ("name", "label", "source"):  # words that may still be missing while the hours are being tried
        form.fields[name].required = False
    if not form.is_valid():
        return render(request, "requests/clocks/_preview.html", {"form": form})
    draft = form.draft()
    first = month_of(request.POST.get("month", ""), draft.valid_from)
    context: dict[str, Any] = {"row": draft, **grid_context(draft.engine(), first, timezone.localdate(moment.now()))}
    try:
        context |= {"effect": effect(draft), "from": draft.valid_from}
    except NeverWorks:
        form.add_error(None, _("一周里至少要有一个工作时段，否则时限永远走不完"))
        context["form"] = form
    return render(request, "requests/clocks/_preview.html", context)


def effect(draft: WorkCalendar) -> list[dict[str, Any]]:
    """When a request accepted at nine on the first day would be due, by type: on the version in force and on ``draft``."""
    start = dt.datetime.combine(draft.valid_from, dt.time(9), tzinfo=timezone.get_current_timezone())
    now = calendar_for(draft.org, draft.name, draft.valid_from)
    found = []
    for code, days in policies.get("clock.handling.days", draft.org, start).items():
        if code not in RequestType.values:
            continue
        then = draft.engine().add_working(start, days * working_day(draft))
        before = now.engine().add_working(start, days * working_day(now)) if now else start + dt.timedelta(days=days)
        found.append({"label": RequestType(code).label, "days": days, "before": before, "then": then})
    return sorted(found, key=lambda row: (row["days"], str(row["label"])))


def grid_context(engine: WorkingCalendar, first: dt.date, today: dt.date) -> dict[str, Any]:
    """The weeks of a month, Monday first, and the months beside it."""
    weeks = [
        [_day(engine, date, first, today) for date in week]
        for week in months.Calendar().monthdatescalendar(first.year, first.month)
    ]
    worked = [day for week in weeks for day in week if day.inside and day.windows]
    return {
        "weeks": weeks,
        "first": first,
        "before": (first - dt.timedelta(days=1)).replace(day=1),
        "after": (first + dt.timedelta(days=32)).replace(day=1),
        "day_labels": list(DAY_LABELS.values()),
        "worked_days": len(worked),
        "worked_hours": sum(day.hours for day in worked),
    }


def _day(engine: WorkingCalendar, date: dt.date, first: dt.date, today: dt.date) -> Day:
    windows = engine.windows_on(date)
    usual = engine.weekly[date.weekday()]
    mark = ""
    if date in engine.exceptions and windows != usual:
        mark = "holiday" if not windows else "made_up" if not usual else "changed"
    hours = sum(window.end - window.start for window in windows) / 60
    shown = ["-".join(window.pair()) for window in windows]
    return Day(date, date.month == first.month, date == today, shown, hours, mark)


def month_of(text: str, default: dt.date) -> dt.date:
    """The first day of ``2026-10``; nonsense gives the month of ``default``."""
    try:
        return dt.date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return default.replace(day=1)


def when(row: WorkCalendar, today: dt.date) -> str:
    """coming, now or past."""
    if row.valid_from > today:
        return "coming"
    return "past" if row.valid_to is not None and row.valid_to <= today else "now"


def week_of(row: WorkCalendar) -> list[tuple[str, str]]:
    """The week in words, equal days together: 周一至周五 08:30-12:00 13:30-17:30."""
    groups: list[list[Any]] = []
    for day in DAY_NAMES:
        text = shown_pairs(row.windows.get(day, []))
        if groups and groups[-1][2] == text:
            groups[-1][1] = day
        else:
            groups.append([day, day, text])
    return [(_span(a, b), text) for a, b, text in groups]


def _span(first: str, last: str) -> str:
    if first == last:
        return str(DAY_LABELS[first])
    return _("%(first)s至%(last)s") % {"first": DAY_LABELS[first], "last": DAY_LABELS[last]}


def _by_year(exceptions: dict[str, Pairs]) -> list[tuple[str, str, int]]:
    years = sorted({date[:4] for date in exceptions}, reverse=True)
    by_year = [(year, {d: p for d, p in exceptions.items() if d[:4] == year}) for year in years]
    return [(year, exception_lines(dates), len(dates)) for year, dates in by_year]


def _hours(row: WorkCalendar) -> float:
    week = row.engine().weekly
    return sum(window.end - window.start for windows in week for window in windows) / 60


def _running(rows: list[WorkCalendar]) -> dict[int, int]:
    found = Clock.objects.filter(Q(state=ClockState.RUNNING), calendar__in=rows).order_by()
    return dict(found.values_list("calendar").annotate(n=Count("pk")))


def _form(actor: Actor, data: Any, initial: dict[str, Any]) -> CalendarForm:
    paths = actor.paths_for("policy.approve")
    return CalendarForm(data, units=units_under(paths).order_by("path"), company=ROOT_PATH in paths, initial=initial)


def _filled(actor: Actor, form: CalendarForm, year: int) -> CalendarForm:
    """The form with the year's holidays and make-up days in it; the latter work like the longest day of the week."""
    pairs = max(form.windows.values(), key=len)
    _windows, dates, notes = office_rows(pairs, [year])
    kept = {date: windows for date, windows in form.parsed.items() if not date.startswith(str(year))}
    data = form.data.copy()
    data["exceptions"] = exception_lines({**kept, **dates})
    if notes:
        data["source"] = "；".join(filter(None, [data.get("source", ""), *notes]))[:300]
    again = _form(actor, data, {})
    again.is_valid()
    return again


def _save(request: HttpRequest, actor: Actor, form: CalendarForm) -> int | None:
    data = form.cleaned_data

    def act() -> int:
        row = set_calendar(
            actor, data["name"], org=form.unit(), label=data["label"], windows=form.windows, exceptions=form.parsed,
            valid_from=data["valid_from"], source=data["source"],
        )  # fmt: skip
        return int(row.pk)

    try:
        return int(once(request, actor, "page.calendar", act))
    except ActionError as error:
        refused: Form = form
        add_refusal(refused, error)
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
