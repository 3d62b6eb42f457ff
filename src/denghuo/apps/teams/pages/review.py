"""What a week came to, against the one before; and what is to be done better."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.teams import actions, figures
from denghuo.apps.teams import forms as f
from denghuo.apps.teams.access import MANAGE, VIEW, WORK
from denghuo.apps.teams.actions.moving import percent
from denghuo.apps.teams.choices import OPEN_TASKS, ItemState, MarkKind, PlanState
from denghuo.apps.teams.models import ImprovementItem, WeekPlan
from denghuo.apps.teams.pages.board import signed
from denghuo.apps.teams.pages.common import ONE_WEEK, Scope, need_team, scope_of
from denghuo.core import moment
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.formtools import add_refusal, once

#: indicator, whether more is better (None: neither), whether it is a rate
SHOWN = (
    ("completion", True, True), ("planned_rate", True, True), ("on_day", True, True), ("saturation", None, True),
    ("points", True, False), ("marks", True, False), ("performance", True, False), ("carried", False, False),
    ("temporary", None, False),
)  # fmt: skip


def labels() -> dict[str, tuple[str, str]]:
    """Name and formula of each indicator."""
    return {
        "completion": (_("完成率"), _("完成的任务数 ÷ 除取消外的任务数，结转计为未完成")),
        "planned_rate": (_("计划工作率"), _("完成的计划任务数 ÷ 完成的任务数")),
        "on_day": (_("当日完成率"), _("在计划日或之前完成的任务数 ÷ 完成的任务数")),
        "saturation": (_("班组饱和度"), _("本周全部当量 ÷ 全体人员可用当量")),
        "points": (_("完成当量"), _("完成任务的工作当量合计，分")),
        "marks": (_("质量分"), _("质量加减分合计，分")),
        "performance": (_("绩效得分"), _("完成当量 + 质量分")),
        "carried": (_("结转"), _("结转到下周的任务数，项")),
        "temporary": (_("临时任务"), _("计划下达后增加的任务数，含工单，项")),
    }


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def review(request: HttpRequest) -> HttpResponse:
    """The review of a week. POST closes it."""
    scope = scope_of(request)
    if scope.team is None:
        return render(request, "teams/review.html", scope.context("review"))
    team, form = scope.team, f.ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            once(
                request, scope.actor, "team.review",
                lambda: actions.review_week(scope.actor, team, scope.monday, **form.cleaned_data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("本周已评价，指标已留存"))
            return redirect(scope.url("review"))
    context = _context(scope, team) | {"form": form, "item_form": f.ItemForm(team, auto_id="item_%s")}
    return render(request, "teams/review.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@staff_page(MANAGE)
def add_item(request: HttpRequest) -> HttpResponse:
    """Add an improvement item."""
    scope = scope_of(request, MANAGE)
    team = need_team(scope)
    form = f.ItemForm(team, request.POST, auto_id="item_%s")
    if form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, scope.actor, "team.item",
                lambda: actions.add_improvement(
                    scope.actor, team, scope.monday, text=data["text"], owner_id=data["owner"].pk, due=data["due"]
                ).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("改进项已登记"))
            return redirect(scope.url("review"))
    context = _context(scope, team) | {"form": f.ReviewForm(), "item_form": form}
    return render(request, "teams/review.html", context, status=422)


@require_POST
@staff_page(MANAGE, WORK)
def close_item(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what came of an item."""
    actor = actor_of(request)
    state, outcome = request.POST.get("state", ""), request.POST.get("outcome", "")
    phone = request.POST.get("from") == "phone"
    return attempt(
        request,
        lambda: once(
            request, actor, f"team.item:{pk}",
            lambda: actions.close_improvement(actor, pk, state=state, outcome=outcome).pk,
        ),
        _("改进项已办结"),
        "/field/week/" if phone else scope_of(request).url("review"),
    )  # fmt: skip


def _context(scope: Scope, team: OrgUnit) -> dict[str, Any]:
    week = figures.read_week(team, scope.monday)
    plan = (
        WeekPlan.objects.select_related("review__reviewed_by", "released_by")
        .filter(org=team, monday=scope.monday)
        .first()
    )
    kept = getattr(plan, "review", None) if plan else None
    found = kept.figures if kept else figures.indicators(week)
    earlier = figures.indicators(figures.read_week(team, scope.monday - ONE_WEEK))
    items = list(
        ImprovementItem.objects.select_related("owner", "plan").filter(org=team, plan__monday__lte=scope.monday)
        .exclude(plan__monday__lt=scope.monday, state__in=[ItemState.DONE, ItemState.DROPPED]).order_by("due", "pk")
    )  # fmt: skip
    today = timezone.localdate(moment.now())
    lost = [
        {"task": task, "label": MarkKind(mark.kind).label, "points": signed(mark.points), "bad": mark.points < 0,
         "reason": mark.reason}
        for task in week.tasks for mark in task.marks.all()
    ]  # fmt: skip
    return scope.context("review") | {
        "plan": plan, "plan_state": plan.state if plan else PlanState.DRAFT, "review": kept,
        "rows": [_compared(name, found.get(name), earlier.get(name), better, rate) for name, better, rate in SHOWN],
        "people": [one | {"percent": percent(one["saturation"]), "marks_text": signed(one["marks"])} for one in figures.by_person(week)],
        "items": [{"item": one, "late": one.state == ItemState.OPEN and one.due < today, "mine": one.owner_id == scope.actor.id} for one in items],
        "marked": sorted(lost, key=lambda one: not one["bad"]),
        "left": sum(1 for one in week.tasks if one.state in OPEN_TASKS and one.order_id is None),
        "may_review": scope.may_manage and kept is None and plan is not None and plan.state == PlanState.RELEASED,
    }  # fmt: skip


def _compared(name: str, now: Any, then: Any, better: bool | None, rate: bool) -> dict[str, Any]:
    """A row of the table: this week, last week, the difference with its direction and whether that is good."""
    label, formula = labels()[name]
    change = None if now is None or then is None else round(now - then, 3)
    text = "—" if change is None else _("%(n)s 个百分点") % {"n": f"{change * 100:+.0f}"} if rate else f"{change:+g}"
    good = None if not change or better is None else (change > 0) == better
    return {
        "label": label, "formula": formula, "now": _text(now, rate), "then": _text(then, rate),
        "change": _("持平") if change == 0 else text, "up": bool(change and change > 0), "down": bool(change and change < 0),
        "tone": "muted" if good is None else "ok" if good else "warn",
    }  # fmt: skip


def _text(value: Any, rate: bool) -> str:
    return "—" if value is None else percent(value) if rate else f"{value:g}"
