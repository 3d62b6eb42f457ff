"""One's own shifts on a phone: weeks, acknowledging, wishes, swaps, the calendar feed."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.workforce.rosters import feed, own, reading
from denghuo.apps.workforce.rosters.forms import WishForm
from denghuo.apps.workforce.rosters.models import (
    Acknowledgement,
    CalendarFeed,
    PeriodState,
    SwapOffer,
    SwapState,
    Wish,
    WishState,
)
from denghuo.apps.workforce.rosters.reading import WORK
from denghuo.core import moment
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import add_refusal, once

WEEKS = 5


@require_GET
@staff_page(WORK)
def mine(request: HttpRequest) -> HttpResponse:
    """One's published shifts of this week and the next ones."""
    return _page(request, None)


@require_POST
@staff_page(WORK)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a roster has been read."""
    actor = actor_of(request)
    return attempt(request, lambda: own.acknowledge(actor, pk), _("已确认"), reverse("workforce:mine"))


@require_POST
@staff_page(WORK)
def wish(request: HttpRequest) -> HttpResponse:
    """Wish a day off or a shift."""
    actor = actor_of(request)
    form = WishForm(request.POST, shifts=reading.shifts_for(_staff(request).org))
    if not form.is_valid():
        return _page(request, form)
    data = form.cleaned_data
    try:
        once(
            request, actor, "wish.make",
            lambda: own.wish(actor, day=data["day"], points=data["points"], shift_id=data["shift"]).pk,
        )  # fmt: skip
    except ActionError as error:
        add_refusal(form, error)
        return _page(request, form)
    messages.success(request, _("意愿已提交"))
    return redirect("workforce:mine")


@require_POST
@staff_page(WORK)
def withdraw_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a wish back."""
    actor = actor_of(request)
    return attempt(request, lambda: own.withdraw_wish(actor, pk), _("已撤回"), reverse("workforce:mine"))


@require_POST
@staff_page(WORK)
def offer(request: HttpRequest) -> HttpResponse:
    """Offer a shift to colleagues."""
    actor = actor_of(request)
    try:
        day = dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise NotFound() from None
    to = reverse("workforce:mine")
    return attempt(request, lambda: own.offer_swap(actor, day=day), _("已发起换班，等待同事接班"), to)


@require_POST
@staff_page(WORK)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a colleague's shift, or take one's own offer back."""
    actor = actor_of(request)
    to = reverse("workforce:mine")
    if request.POST.get("what") == "withdraw":
        return attempt(request, lambda: own.withdraw_swap(actor, pk), _("已撤回"), to)
    return attempt(request, lambda: own.take_swap(actor, pk), _("已登记接班，等待批准"), to)


@require_POST
@staff_page(WORK)
def make_feed(request: HttpRequest) -> HttpResponse:
    """A new private address, shown once; or none any more."""
    actor = actor_of(request)
    if request.POST.get("what") == "revoke":
        return attempt(request, lambda: own.revoke_feed(actor), _("已停用订阅地址"), reverse("workforce:mine"))
    url = request.build_absolute_uri(reverse("workforce:feed", args=[own.make_feed(actor)]))
    return _page(request, None, feed_url=url)


@require_GET
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The shifts of whoever made the address, 4 weeks back and all that is published ahead. No sign-in: the token is it."""
    row = CalendarFeed.objects.select_related("staff").filter(digest=own.digest(token), staff__is_active=True).first()
    if row is None:
        raise NotFound()
    today = reading.today()
    rows = reading.days_of([row.staff_id], today - dt.timedelta(weeks=4), today + dt.timedelta(days=366))
    body = feed.calendar_of(rows.exclude(period__state=PeriodState.DRAFT), moment.now())
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    response["Content-Disposition"] = 'inline; filename="shifts.ics"'
    return response


def _staff(request: HttpRequest) -> Staff:
    return Staff.objects.select_related("org").get(pk=actor_of(request).id)


def _page(request: HttpRequest, form: WishForm | None, feed_url: str = "") -> HttpResponse:
    staff, today = _staff(request), reading.today()
    monday = today - dt.timedelta(days=today.weekday())
    last = monday + dt.timedelta(days=7 * WEEKS - 1)
    rows = list(reading.days_of([staff.pk], monday, last).exclude(period__state=PeriodState.DRAFT))
    by_day = {row.day: row for row in rows}
    running = SwapOffer.objects.filter(giver=staff, state__in=[SwapState.OPEN, SwapState.TAKEN])
    swaps = {one.given_id: one for one in running}
    weeks = []
    for number in range(WEEKS):
        days = [monday + dt.timedelta(days=7 * number + one) for one in range(7)]
        cells = [
            {"day": day, "name": WEEKDAYS[day.weekday()], "row": (row := by_day.get(day)), "today": day == today,
             "swap": swaps.get(row.pk) if row else None, "ahead": day > today}
            for day in days
        ]  # fmt: skip
        hours = sum(found.minutes for day in days if day in by_day and (found := reading.duty_of(by_day[day]))) / 60
        if any(day in by_day for day in days):
            weeks.append({"first": days[0], "last": days[-1], "cells": cells, "hours": hours})
    said = set(Acknowledgement.objects.filter(staff=staff).values_list("period_id", flat=True))
    waiting = {row.period_id: row.period for row in rows if row.period_id not in said}
    next_month = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    wishes = Wish.objects.select_related("shift").filter(staff=staff, day__gte=today)
    context = {
        "weeks": weeks, "waiting": list(waiting.values()), "offers": own.offers_for(staff),
        "wishes": list(wishes.exclude(state=WishState.WITHDRAWN).order_by("day")), "next_month": next_month,
        "points_left": own.points_left(staff, next_month), "feed_url": feed_url,
        "has_feed": CalendarFeed.objects.filter(staff=staff).exists(),
        "form": form or WishForm(initial={"points": 10}, shifts=reading.shifts_for(staff.org)),
    }  # fmt: skip
    status = 422 if form is not None and form.errors else 200
    return render(request, "workforce/rosters/mine.html", context, status=status)
