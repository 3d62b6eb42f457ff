"""The week on one board: people down, days across, tasks of every speciality as cards."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.teams import actions, figures, sheets, words
from denghuo.apps.teams.access import MANAGE, VIEW
from denghuo.apps.teams.actions.moving import percent
from denghuo.apps.teams.choices import OPEN_TASKS, AbsenceKind, PlanState, TaskState
from denghuo.apps.teams.figures import Person, Week
from denghuo.apps.teams.models import WeekPlan
from denghuo.apps.teams.pages.common import Scope, need_team, scope_of
from denghuo.core import events, moment, policies
from denghuo.core.sheets import XLSX_TYPE
from denghuo.web.formtools import once
from denghuo.web.states import look_of


@require_GET
@staff_page(VIEW)
def board(request: HttpRequest) -> HttpResponse:
    """The board; ``?team=&week=`` choose what is shown."""
    scope = scope_of(request)
    context = scope.context("board") | {"wide": True}
    if scope.team is not None:
        context |= week_context(scope) | {"live_topics": [f"team:{scope.team.pk}"]}
    return render(request, "teams/board.html", context)


@require_GET
@staff_page(VIEW)
def moving(request: HttpRequest) -> HttpResponse:
    """All of the board that changes, for live refresh and after a drag."""
    scope = scope_of(request)
    need_team(scope)
    return render(request, "teams/_week.html", scope.context("board") | week_context(scope))


@require_POST
@staff_page(MANAGE)
def release(request: HttpRequest) -> HttpResponse:
    """Release the week's plan."""
    scope = scope_of(request, MANAGE)
    team = need_team(scope)
    return attempt(
        request,
        lambda: once(
            request, scope.actor, "team.release", lambda: actions.release_plan(scope.actor, team, scope.monday).pk
        ),
        _("周计划已下达，执行人可在手机上看到"),
        scope.url("board"),
    )


@require_POST
@staff_page(MANAGE)
def carry(request: HttpRequest) -> HttpResponse:
    """Carry the week's open tasks over."""
    scope = scope_of(request, MANAGE)
    team = need_team(scope)
    return attempt(
        request,
        lambda: once(
            request,
            scope.actor,
            "team.carry",
            lambda: [one.pk for one in actions.carry_over(scope.actor, team, scope.monday)],
        ),
        _("未完成的任务已结转"),
        scope.url("board"),
    )


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest) -> HttpResponseBase:
    """The week as a workbook: tasks, then people with their figures and how each figure is made."""
    scope = scope_of(request)
    team = need_team(scope)
    week = figures.read_week(team, scope.monday)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
    rows = sheets.write_week(file, week, scope.week)
    payload = {"table": "team-week", "format": "xlsx", "rows": rows, "filters": ["team", "week"]}
    events.record(scope.actor, "table.exported", ("staff", scope.actor.id or 0), org=None, payload=payload)
    file.seek(0)
    name = f"team-{team.code}-{scope.week}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)


def week_context(scope: Scope) -> dict[str, Any]:
    """The board's rows and figures."""
    team = need_team(scope)
    week = figures.read_week(team, scope.monday)
    plan = WeekPlan.objects.filter(org=team, monday=scope.monday).first()
    cards = _cards(week)
    found = figures.indicators(week)
    today = timezone.localdate(moment.now())
    return {
        "plan": plan,
        "plan_state": plan.state if plan else PlanState.DRAFT,
        "editable": scope.may_manage and (plan is None or plan.state != PlanState.REVIEWED),
        "days": [_day(day, today) for day in week.days],
        "rows": [_row(week, None, cards), *(_row(week, person, cards) for person in week.people)],
        "figures": found,
        "figure_tiles": tiles(found, week),
        "open_tasks": sum(1 for one in week.tasks if one.state in OPEN_TASKS and one.order_id is None),
        "specialities": sorted({(card["speciality"]["label"], card["speciality"]["icon"]) for card in cards.values()}),
        "limits": {
            "low": percent(policies.get("teams.saturation_low", team)),
            "high": percent(policies.get("teams.saturation_high", team)),
        },
    }  # fmt: skip


def tiles(found: dict[str, Any], week: Week) -> list[dict[str, Any]]:
    """The figures in front of the board, with their level in words."""
    level = figures.level(found["saturation"], week.team)
    look = look_of("team_load", level)
    return [
        {"label": _("班组饱和度"), "value": percent(found["saturation"]), "note": look.label, "tone": look.tone},
        {"label": _("计划工作率"), "value": percent(found["planned_rate"]), "note": _("完成的任务中计划内的比例")},
        {"label": _("完成率"), "value": percent(found["completion"]), "note": f"{found['done']} / {found['tasks']}"},
        {
            "label": _("完成当量"),
            "value": f"{found['points']:g}",
            "note": _("质量分 %(marks)s") % {"marks": signed(found["marks"])},
        },
        {"label": _("临时任务"), "value": found["temporary"], "note": _("项，含工单")},
    ]


def signed(value: float) -> str:
    """Points with their sign, 0 without."""
    return f"{value:+g}" if value else "0"


def _day(day: dt.date, today: dt.date) -> dict[str, Any]:
    return {
        "date": day,
        "iso": day.isoformat(),
        "label": date_format(day, "D"),
        "today": day == today,
        "past": day < today,
    }


def _cards(week: Week) -> dict[int, dict[str, Any]]:
    names = words.names("teams.type_names", week.team)
    looks = {one.speciality: words.speciality_look(one.speciality, week.team) for one in week.tasks}
    found = {}
    for task in week.tasks:
        if task.state == TaskState.CANCELLED:
            continue
        marks = sum(mark.points for mark in task.marks.all())
        people = [share.staff for share in task.shares.all()]
        found[task.pk] = {
            "task": task, "type": names.get(task.type, task.type), "speciality": looks[task.speciality],
            "marks": signed(round(marks, 2)) if marks else "", "bad": marks < 0, "people": people,
            "url": reverse("teams:task", args=[task.pk]),
            "movable": task.state in OPEN_TASKS, "order": task.order,
        }  # fmt: skip
    return found


def _row(week: Week, person: Person | None, cards: dict[int, dict[str, Any]]) -> dict[str, Any]:
    key = person.staff.pk if person else None
    cells = []
    for day in week.days:
        tasks = [
            cards[task.pk]
            for task in week.tasks
            if task.day == day and task.pk in cards
            and (any(share.staff_id == key for share in task.shares.all()) if key else not task.shares.all())
        ]  # fmt: skip
        cells.append(
            {
                "iso": day.isoformat(), "date": day, "cards": tasks,
                "away": AbsenceKind(person.away[day]).label if person and day in person.away else "",
                "load": round(person.load.get(day, 0.0), 1) if person else None,
                "capacity": round(person.capacity[day], 1) if person else None,
            }
        )  # fmt: skip
    if person is None:
        return {"key": "", "name": _("未分配"), "cells": cells, "points": round(week.unassigned, 1), "person": None}
    level = figures.level(person.saturation, week.team)
    return {
        "key": key, "name": person.staff.display_name, "person": person, "cells": cells, "level": level,
        "percent": percent(person.saturation), "tone": look_of("team_load", level).tone,
        "value": min(person.saturation or 0, 1.5), "points": person.total_load, "capacity": person.total_capacity,
    }  # fmt: skip
