"""The planner's pages: a unit's month as a grid, the shift library, fairness."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce import tabs
from denghuo.apps.workforce.rosters import actions, own, reading, solution_card
from denghuo.apps.workforce.rosters.forms import AbsenceForm, DayForm, NeedForm, PeriodForm, ShiftForm
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod, SwapOffer, SwapState
from denghuo.apps.workforce.rosters.reading import APPROVE, PLAN, VIEW
from denghuo.core import events
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.formtools import add_refusal, once

LOG = 15


@require_GET
@staff_page(VIEW)
def rosters(request: HttpRequest) -> HttpResponse:
    """The month at hand of a unit, or the form for making one."""
    return _list(request, None)


@require_POST
@staff_page(PLAN)
def make(request: HttpRequest) -> HttpResponse:
    """Open a month's roster."""
    actor, unit = actor_of(request), unit_of(request)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    data = form.cleaned_data
    try:
        pk = once(request, actor, "roster.make", lambda: actions.make_period(actor, unit, **data).pk)
    except ActionError as error:
        add_refusal(form, error)
        return _list(request, form)
    return redirect("workforce:roster", pk)


@require_GET
@staff_page(VIEW)
def roster(request: HttpRequest, pk: int) -> HttpResponse:
    """A month: people by days."""
    return grid_page(request, reading.need_period(actor_of(request), pk, VIEW))


@require_POST
@staff_page(PLAN)
def set_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan a day by the form."""
    actor = actor_of(request)
    period = reading.need_period(actor, pk, PLAN)
    form = DayForm(request.POST, people=reading.people_of(period.org), shifts=reading.shifts_for(period.org))
    if not form.is_valid():
        return grid_page(request, period, day_form=form)
    data = form.cleaned_data
    try:
        actions.set_day(
            actor, pk, staff_id=data["staff"], day=data["day"], kind=data["kind"], shift_id=data["shift"],
            exception=data["exception"],
        )  # fmt: skip
    except ActionError as error:
        add_refusal(form, error)
        return grid_page(request, period, day_form=form)
    return redirect("workforce:roster", pk)


@require_POST
@staff_page(PLAN)
def change_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Clear, lock, unlock or move a planned day (``what``)."""
    actor = actor_of(request)
    staff_id, day = _number(request, "staff"), _day(request, "day")
    what = request.POST.get("what")

    def do() -> object:
        if what == "clear":
            return actions.clear_day(actor, pk, staff_id=staff_id, day=day)
        if what in ("lock", "unlock"):
            return actions.lock_day(actor, pk, staff_id=staff_id, day=day, locked=what == "lock")
        to_staff, to_day = _number(request, "to_staff"), _day(request, "to_day")
        return actions.move_day(actor, pk, staff_id=staff_id, day=day, to_staff_id=to_staff, to_day=to_day)

    return attempt(request, do, _("已保存"), reverse("workforce:roster", args=[pk]))


@require_POST
@staff_page(PLAN)
def set_need(request: HttpRequest, pk: int) -> HttpResponse:
    """Heads of a shift on a day."""
    actor = actor_of(request)
    period = reading.need_period(actor, pk, PLAN)
    form = NeedForm(request.POST, shifts=reading.shifts_for(period.org))
    if not form.is_valid():
        return grid_page(request, period, need_form=form)
    data = form.cleaned_data
    try:
        actions.set_need(actor, pk, day=data["day"], shift_id=data["shift"], heads=data["heads"])
    except ActionError as error:
        add_refusal(form, error)
        return grid_page(request, period, need_form=form)
    return redirect("workforce:roster", pk)


@require_POST
@staff_page(APPROVE)
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a month."""
    actor = actor_of(request)
    to = reverse("workforce:roster", args=[pk])
    return attempt(request, lambda: actions.publish(actor, pk), _("已发布，并已通知排班人员"), to)


@require_POST
@staff_page(PLAN)
def decide_swap(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse a swap."""
    actor = actor_of(request)
    approved = request.POST.get("approved") == "1"
    to = reverse("workforce:rosters")
    return attempt(request, lambda: own.decide_swap(actor, pk, approved=approved), _("已处理换班"), to)


@require_GET
@staff_page(VIEW)
def shifts(request: HttpRequest) -> HttpResponse:
    """The shift library."""
    return _library(request, None)


@require_POST
@staff_page(PLAN)
def save_shift(request: HttpRequest) -> HttpResponse:
    """Add or succeed a shift."""
    actor, unit = actor_of(request), unit_of(request)
    form = ShiftForm(request.POST)
    if not form.is_valid():
        return _library(request, form)
    data = form.cleaned_data
    meal = {"at": data.pop("break_at") or 0, "minutes": data.pop("break_minutes") or 0, "paid": False}
    breaks = [meal] if meal["minutes"] else []
    try:
        once(request, actor, "shift_type.save", lambda: actions.save_shift(actor, unit, breaks=breaks, **data).pk)
    except ActionError as error:
        add_refusal(form, error)
        return _library(request, form)
    return redirect(f"{reverse('workforce:shifts')}?unit={unit.pk}")


@require_POST
@staff_page(PLAN)
def retire_shift(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a shift out of the library."""
    actor = actor_of(request)
    return attempt(request, lambda: actions.retire_shift(actor, pk), _("已停用"), reverse("workforce:shifts"))


@require_GET
@staff_page(VIEW)
def fairness(request: HttpRequest) -> HttpResponse:
    """Nights, weekends and hours over the last three months."""
    context = context_of(request, "fairness")
    if context["unit"]:
        last = reading.today()
        first = (last - dt.timedelta(days=90)).replace(day=1)
        context |= {"rows": reading.fairness(context["unit"], first, last), "first": first, "last": last}
    return render(request, "workforce/rosters/fairness.html", context)


def context_of(request: HttpRequest, here: str, unit: OrgUnit | None = None) -> dict[str, Any]:
    """What the planner's pages share: tabs, units to choose from, what the actor may do."""
    actor = actor_of(request)
    units = reading.units_of(actor)
    asked = (request.GET if request.method == "GET" else request.POST).get("unit")
    unit = unit or next((one for one in units if str(one.pk) == asked), units[0] if units else None)
    return {
        "tabs": tabs.strip(actor, here), "units": units, "unit": unit, "wide": True,
        "may_plan": unit is not None and actor.can(PLAN, unit.path),
        "may_approve": unit is not None and actor.can(APPROVE, unit.path),
        "live_topics": [actions.topic(unit)] if unit else [],
    }  # fmt: skip


def unit_of(request: HttpRequest) -> OrgUnit:
    """The unit a form is about. Raises NotFound for one the actor does not see."""
    unit = next((one for one in reading.units_of(actor_of(request)) if str(one.pk) == request.POST.get("unit")), None)
    if unit is None:
        raise NotFound()
    return unit


def _list(request: HttpRequest, form: PeriodForm | None) -> HttpResponse:
    context = context_of(request, "rosters")
    unit = context["unit"]
    if unit is not None:
        swaps = SwapOffer.objects.filter(state=SwapState.TAKEN, given__period__org__path__startswith=unit.path)
        context |= {
            "periods": list(RosterPeriod.objects.filter(org=unit).order_by("-first")[:24]),
            "swaps": list(swaps.select_related("given__shift", "giver", "taker").order_by("given__day")[:50]),
            "form": form or PeriodForm(initial={"month": reading.today()}),
        }  # fmt: skip
    return render(request, "workforce/rosters/list.html", context, status=_status(form))


def _library(request: HttpRequest, form: ShiftForm | None) -> HttpResponse:
    context = context_of(request, "shifts")
    context |= {"shifts": reading.shifts_for(context["unit"]) if context["unit"] else [], "form": form or ShiftForm()}
    return render(request, "workforce/rosters/shifts.html", context, status=_status(form))


def grid_page(
    request: HttpRequest, period: RosterPeriod, *, day_form: DayForm | None = None, need_form: NeedForm | None = None,
    absence_form: AbsenceForm | None = None,
) -> HttpResponse:  # fmt: skip
    """The month as a page, with the forms as they were sent."""
    context = context_of(request, "rosters", period.org)
    people, shifts = reading.grid(period), reading.shifts_for(period.org)
    lacking = reading.cover(period, people)
    days = [period.first + dt.timedelta(days=one) for one in range((period.last - period.first).days + 1)]
    head = [
        {"day": day, "name": WEEKDAYS_ABBR[day.weekday()], "off": day.weekday() >= 5, "lacks": lacking.get(day)}
        for day in days
    ]
    rows = [
        {"person": one, "cells": [{"day": day, "row": one.days.get(day), "broken": one.broken.get(day)} for day in days]}
        for one in people
    ]  # fmt: skip
    initial = {"staff": request.GET.get("staff"), "day": request.GET.get("day"), "kind": "work"}
    context |= {
        "period": period, "head": head, "rows": rows, "lacking": sorted(lacking.items()),
        "broken": sum(len(texts) for one in people for texts in one.broken.values()),
        "acknowledged": period.acknowledged.count(), "planned": sum(bool(one.days) for one in people),
        "is_draft": period.state == PeriodState.DRAFT, "log": list(events.timeline("roster", period.pk))[-LOG:][::-1],
        "day_form": day_form or DayForm(initial=initial, people=[one.staff for one in people], shifts=shifts),
        "need_form": need_form or NeedForm(initial={"day": period.first}, shifts=shifts), "shifts": shifts,
    }  # fmt: skip
    context |= solution_card.context(request, period, absence_form, [one.staff for one in people])
    return render(
        request, "workforce/rosters/roster.html", context, status=_status(day_form or need_form or absence_form)
    )


def _status(form: Form | None) -> int:
    return 422 if form is not None and form.errors else 200


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound()
    return int(text)


def _day(request: HttpRequest, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(request.POST.get(name, ""))
    except ValueError:
        raise NotFound() from None
