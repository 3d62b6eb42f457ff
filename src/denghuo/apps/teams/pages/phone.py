"""On the phone: my tasks of the week."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.teams import actions, figures, words
from denghuo.apps.teams.access import WORK
from denghuo.apps.teams.actions.moving import percent
from denghuo.apps.teams.choices import OPEN_TASKS, ItemState, TaskState
from denghuo.apps.teams.models import ImprovementItem, TeamTask, week_of
from denghuo.apps.teams.pages.board import signed
from denghuo.apps.teams.pages.common import ONE_WEEK, read_week
from denghuo.core import moment
from denghuo.core.http import actor_of
from denghuo.web.formtools import once


@require_GET
@staff_page(WORK)
def week(request: HttpRequest) -> HttpResponse:
    """The reader's tasks by day, with their points and load; ``?week=`` chooses the week."""
    actor, monday = actor_of(request), read_week(request.GET.get("week", ""))
    days = figures.days_of(monday)
    rows = list(
        TeamTask.objects.filter(shares__staff_id=actor.id, day__range=(days[0], days[-1]))
        .exclude(state=TaskState.CANCELLED)
        .select_related("org", "order")
        .prefetch_related("marks", "shares__staff")
        .order_by("day", "start", "pk")
    )
    cards = [_card(one, actor.id) for one in rows]
    today = timezone.localdate(moment.now())
    context = {
        "days": [{"date": day, "today": day == today, "cards": [c for c in cards if c["task"].day == day]} for day in days],
        "any": bool(cards), "week": week_of(monday), "monday": monday, "sunday": days[-1],
        "previous": week_of(monday - ONE_WEEK), "following": week_of(monday + ONE_WEEK),
        "items": ImprovementItem.objects.filter(owner_id=actor.id, state=ItemState.OPEN).order_by("due")[:20],
    } | _sums(request, cards, days)  # fmt: skip
    return render(request, "teams/my_week.html", context)


def _card(task: TeamTask, staff_id: int | None) -> dict[str, Any]:
    share = next((one.share for one in task.shares.all() if one.staff_id == staff_id), 0.0)
    marks = [
        {"label": one.get_kind_display(), "points": signed(one.points), "bad": one.points < 0}
        for one in task.marks.all()
    ]
    return {
        "task": task, "speciality": words.speciality_look(task.speciality, task.org),
        "type": words.names("teams.type_names", task.org).get(task.type, task.type), "marks": marks,
        "points": round(task.points * share, 2), "marked": sum(one.points for one in task.marks.all()) * share,
        "open": task.state in OPEN_TASKS,
        "others": [one.staff.display_name for one in task.shares.all() if one.staff_id != staff_id],
    }  # fmt: skip


def _sums(request: HttpRequest, cards: list[dict[str, Any]], days: tuple[dt.date, ...]) -> dict[str, Any]:
    """What the week comes to for the reader."""
    team = Staff.objects.select_related("org").get(pk=actor_of(request).id).org
    person = next((one for one in figures.read_people(team, days) if one.staff.pk == actor_of(request).id), None)
    counted = [one for one in cards if one["task"].state in figures.COUNTED]
    done = [one for one in cards if one["task"].state == TaskState.DONE]
    load = sum(one["points"] for one in counted)
    rate = figures.ratio(load, person.total_capacity) if person else None
    return {
        "done": len(done), "total": len(counted), "done_points": round(sum(one["points"] for one in done), 1),
        "marks": signed(round(sum(one["marked"] for one in cards), 2)), "saturation": percent(rate),
        "load_value": min(rate or 0, 1.5), "level": figures.level(rate, team),
    }  # fmt: skip


@require_POST
@staff_page(WORK)
def step(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin or finish an own task."""
    actor, what = actor_of(request), request.POST.get("step", "")
    if what not in ("start", "finish"):
        raise Http404
    result, checked = request.POST.get("result", ""), request.POST.get("safety_checked") == "on"

    def run() -> int:
        if what == "start":
            return int(actions.start_task(actor, pk).pk)
        return int(actions.finish_task(actor, pk, result=result, safety_checked=checked).pk)

    done = _("已开工") if what == "start" else _("任务已完成")
    week = read_week(request.POST.get("week", ""))
    return attempt(
        request, lambda: once(request, actor, f"team.my.{what}:{pk}", run), done, f"/field/week/?week={week_of(week)}"
    )
