"""Lists of tasks, a new one, and one task with its sum of points and its marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.teams import actions, words
from denghuo.apps.teams import forms as f
from denghuo.apps.teams.access import MANAGE, VIEW, WORK, may_see, tasks_seen, works_on
from denghuo.apps.teams.choices import OPEN_TASKS, MarkKind, PlanState, TaskSource, TaskState
from denghuo.apps.teams.models import TeamTask, WeekPlan, monday_of, week_of
from denghuo.apps.teams.pages.board import signed
from denghuo.apps.teams.pages.common import need_team, scope_of
from denghuo.apps.teams.points import catalogue_points
from denghuo.core import moment
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.events import timeline
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.timeline import from_events


def _named(key: str, attr: str) -> Callable[[Any, Any], str]:
    def value(row: Any, ctx: Any) -> str:
        code = getattr(row, attr)
        return words.names(key).get(code, code)

    return value


def _marks(row: Any, ctx: Any) -> str:
    return signed(round(sum(mark.points for mark in row.marks.all()), 2))


class TaskTable(t.Table):
    """Tasks of all teams the reader watches."""

    day = t.Column(gettext_lazy("日期"), value=lambda row, ctx: row.day.isoformat(), sort="day", css="dh-num")
    team = t.Column(gettext_lazy("班组"), value=lambda row, ctx: row.org.label, sort="org__path")
    speciality = t.Column(gettext_lazy("专业"), value=_named("teams.specialities", "speciality"), sort="speciality")
    type = t.Column(gettext_lazy("任务类型"), value=_named("teams.type_names", "type"), sort="type")
    title = t.Column(gettext_lazy("任务"), link="teams:task", sort="title", clip=True)
    people = t.Column(
        gettext_lazy("执行人"), value=lambda row, ctx: _("、").join(one.staff.display_name for one in row.shares.all())
    )
    source = t.Column(gettext_lazy("来源"), value=lambda row, ctx: row.get_source_display(), sort="source")
    state = t.StateColumn(gettext_lazy("状态"), kind="team_task", sort="state")
    points = t.NumberColumn(gettext_lazy("工作当量"), digits=2, sort="points")
    marks = t.Column(gettext_lazy("质量分"), value=_marks, align="end")

    class Meta:
        name = "team-tasks"
        default_sort = "-day"
        page_size = 50
        export = True
        filters = (
            t.SearchFilter("q", gettext_lazy("任务、地点"), fields=("title", "place")),
            t.ChoiceFilter(
                "speciality", gettext_lazy("专业"), choices=lambda: words.names("teams.specialities").items()
            ),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=TaskState.choices),
            t.ChoiceFilter("source", gettext_lazy("来源"), choices=TaskSource.choices),
            t.DateRangeFilter("day", gettext_lazy("日期")),
            t.BoolFilter(
                "lost",
                gettext_lazy("只看扣分的"),
                apply=lambda rows, _value: rows.filter(pk__in=rows.filter(marks__points__lt=0).values("pk")),
            ),
        )
        empty = (gettext_lazy("没有任务"), gettext_lazy("换个筛选条件，或到周计划看板新建任务"))


@require_GET
@staff_page(VIEW)
def task_list(request: HttpRequest) -> HttpResponseBase:
    """All tasks the reader may see; ``?team=`` keeps to one team."""
    scope = scope_of(request)
    rows = tasks_seen(scope.actor).select_related("org").prefetch_related("shares__staff", "marks")
    if request.GET.get("team") and scope.team is not None:
        rows = rows.filter(org=scope.team)
    table = TaskTable(request, rows, actor=scope.actor)
    return t.table_response(request, table, "teams/tasks.html", scope.context("tasks") | {"wide": True})


@require_http_methods(["GET", "POST"])
@staff_page(MANAGE)
def new(request: HttpRequest) -> HttpResponse:
    """Write a task for the team."""
    scope = scope_of(request, MANAGE)
    team = need_team(scope)
    today = timezone.localdate(moment.now())
    day = f.day_of(request.GET.get("day", "")) or max(today, scope.monday)
    form = f.TaskForm(team, request.POST or None, initial={"day": day})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        data["staff_ids"] = [one.pk for one in data["staff_ids"]]
        try:
            once(request, scope.actor, "team.create", lambda: actions.create_task(scope.actor, team, **data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("任务已加入看板"))
            return redirect(scope.url("board", week=monday_of(data["day"])))
    context = scope.context("board") | {"form": form, "back": scope.url("board")}
    return render(request, "teams/new.html", context, status=422 if request.method == "POST" else 200)


def found_task(request: HttpRequest, pk: int) -> TeamTask:
    """The task with its people and marks. Raises NotFound for one that is not the reader's."""
    rows = TeamTask.objects.select_related("org", "order", "request", "made_by", "carried_from")
    task = rows.prefetch_related("shares__staff", "marks__by").filter(pk=pk).first()
    if task is None or not may_see(actor_of(request), task):
        raise NotFound(_("没有这项任务"))
    return task


@require_http_methods(["GET", "POST"])
@staff_page(VIEW, WORK)
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task. POST does the step the form names."""
    actor, item = actor_of(request), found_task(request, pk)
    forms: dict[str, Form] = {
        "mark": f.MarkForm(), "cancel": f.CancelForm(), "finish": f.FinishForm(),
        "change": f.ConditionsForm(
            item.org, initial={"conditions": item.conditions, "distance_km": item.distance_km}
        ),
        "move": f.MoveForm(item.org, initial={"staff": _first(item), "day": item.day}), "start": Form(),
    }  # fmt: skip
    if request.method == "POST":
        step = request.POST.get("step", "")
        if step not in forms:
            raise Http404
        form = _bound(step, item, request)
        forms[step] = form
        if form.is_valid():
            try:
                once(request, actor, f"team.task.{step}:{pk}", lambda: _do(request, item, step, form.cleaned_data))
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("已保存"))
                return redirect("teams:task", pk=pk)
    context = _task_context(request, item) | {"forms": forms}
    return render(request, "teams/task.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@staff_page(MANAGE)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """The form for moving a card by keyboard, for the board's dialog."""
    item = found_task(request, pk)
    actor_of(request).require(MANAGE, item.org.path)
    held = next((one for one in item.shares.all() if str(one.staff_id) == request.GET.get("from")), None)
    person = held.staff_id if held else _first(item)
    form = f.MoveForm(item.org, initial={"staff": person, "day": item.day, "from_staff": person if held else None})
    return render(request, "teams/_move.html", {"task": item, "form": form, "several": item.shares.count() > 1})


def _first(item: TeamTask) -> int | None:
    return next((one.staff_id for one in item.shares.all()), None)


def _bound(step: str, item: TeamTask, request: HttpRequest) -> Form:
    if step == "change":
        return f.ConditionsForm(item.org, request.POST)
    if step == "move":
        return f.MoveForm(item.org, request.POST)
    kinds: dict[str, type[Form]] = {"mark": f.MarkForm, "cancel": f.CancelForm, "finish": f.FinishForm}
    return kinds.get(step, Form)(request.POST)


def _do(request: HttpRequest, item: TeamTask, step: str, data: dict[str, Any]) -> int:
    actor = actor_of(request)
    if step == "mark":
        return int(actions.mark_task(actor, item.pk, **data).pk)
    if step == "cancel":
        return int(actions.cancel_task(actor, item.pk, **data).pk)
    if step == "start":
        return int(actions.start_task(actor, item.pk).pk)
    if step == "finish":
        return int(actions.finish_task(actor, item.pk, **data).pk)
    if step == "change":
        return int(actions.change_task(actor, item.pk, **data).pk)
    staff = data["staff"].pk if data["staff"] else None
    actions.move_task(actor, item.pk, day=data["day"], staff_id=staff, from_staff_id=data["from_staff"])
    return item.pk


def _task_context(request: HttpRequest, item: TeamTask) -> dict[str, Any]:
    actor = actor_of(request)
    manages = actor.can(MANAGE, item.org.path)
    plan = WeekPlan.objects.filter(org=item.org, monday=monday_of(item.day)).first()
    closed = plan is not None and plan.state == PlanState.REVIEWED
    own = item.order_id is None
    shares = list(item.shares.all())
    marks = [
        {"label": MarkKind(one.kind).label, "points": signed(one.points), "bad": one.points < 0, "mark": one}
        for one in item.marks.all()
    ]
    total = catalogue_points(
        item.org, item.day, type=item.type, conditions=item.conditions, distance_km=item.distance_km,
        people=max(len(shares), 1),
    )  # fmt: skip
    conditions = words.names("teams.condition_names", item.org)
    return {
        "task": item, "manages": manages, "shares": [_share(item, one) for one in shares], "marks": marks,
        "marks_total": signed(round(sum(one.points for one in item.marks.all()), 2)), "sum": total,
        "performance": round(item.points + sum(one.points for one in item.marks.all()), 2),
        "speciality": words.speciality_look(item.speciality, item.org),
        "type_name": words.names("teams.type_names", item.org).get(item.type, item.type),
        "condition_names": [conditions.get(code, code) for code in item.conditions],
        "open": item.state in OPEN_TASKS, "own": own, "closed": closed,
        "may_work": own and item.state in OPEN_TASKS and (manages or works_on(actor, item)),
        "may_mark": manages and not closed and item.state == TaskState.DONE,
        "may_change": manages and not closed and item.state not in (TaskState.CANCELLED, TaskState.CARRIED),
        "may_move": manages and not closed and item.state in OPEN_TASKS,
        "may_cancel": manages and own and item.state in OPEN_TASKS,
        "events": from_events(timeline("team_task", item.pk)),
        "board_url": f"{reverse('teams:board')}?team={item.org_id}&week={week_of(item.day)}" if actor.can(VIEW, item.org.path) else reverse("teams:my-week"),
        "order_seen": item.order_id is not None and (actor.can("field.view", item.org.path) or works_on(actor, item)),
    }  # fmt: skip


def _share(item: TeamTask, one: Any) -> dict[str, Any]:
    return {
        "name": one.staff.display_name,
        "percent": f"{one.share * 100:.0f}%",
        "points": round(item.points * one.share, 2),
    }
