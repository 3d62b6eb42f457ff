"""The board with the plan: who waits, what each crew does when, and what the planner would change."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field.pages.writing import done, once, refused
from denghuo.apps.field.planning import actions, areas, jobs, queries
from denghuo.apps.field.planning.models import DispatchPlan
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.states import Look, register_states

PERMISSION = actions.PERMISSION

register_states(
    "plan",
    {
        "shown": Look(gettext_lazy("仅供查看"), "eye", "muted"),
        "proposed": Look(gettext_lazy("待确认"), "help-circle", "warn"),
        "accepted": Look(gettext_lazy("已采用"), "circle-check", "ok"),
        "rejected": Look(gettext_lazy("未采用"), "circle-x", "muted"),
        "superseded": Look(gettext_lazy("已被新计划取代"), "history", "muted"),
    },
)
register_states(
    "plan_mode",
    {
        "manual": Look(gettext_lazy("人工"), "user", "muted"),
        "suggested": Look(gettext_lazy("建议"), "bulb", "info"),
        "automatic": Look(gettext_lazy("自动"), "robot", "progress"),
    },
)


@staff_page(PERMISSION)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The board of one area; ``?area=`` chooses it, the first of the actor's otherwise."""
    actor = actor_of(request)
    choices = areas.areas_for(actor)
    area = _chosen(request.GET.get("area"), choices)
    context: dict[str, Any] = {"areas": choices, "area": area, "wide": True, "words": _words()}
    if area is not None:
        context |= queries.board(actor, area) | _live(area)
    return render(request, "field/board.html", context)


@staff_page(PERMISSION)
@require_GET
def moving(request: HttpRequest, pk: int) -> HttpResponse:
    """All of the board that changes, for live refresh."""
    area = _area(actor_of(request), pk)
    return render(request, "field/board_plan.html", queries.board(actor_of(request), area) | {"fragment": True})


@staff_page(PERMISSION)
@require_POST
def watch(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody looks at the board: its plan is kept fresh for a while, and made now if there is none that is recent."""
    actor = actor_of(request)
    area = _area(actor, pk)
    actions.watch(actor, area)
    jobs.ask(area, cause="watched")
    return HttpResponse(status=204)


@staff_page(PERMISSION)
@require_POST
def replan(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the plan anew now; the page hears of it when it is there."""
    area = _area(actor_of(request), pk)
    jobs.ask(area, cause=jobs.ASKED)
    return done(request, _("正在重算，新计划会自动显示"), _url(area))


@staff_page(PERMISSION)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Send what the plan says."""
    actor = actor_of(request)
    url = _url(_of_plan(pk))
    try:
        answer = once(request, actor, "plan.accept", lambda: _counts(actions.accept_plan(actor, pk)))
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    text = _("已采用：派出 %(sent)s 单，改派 %(moved)s 单") % answer
    if answer["skipped"]:
        text += _("；%(skipped)s 单因情况已变未动") % answer
    return done(request, text, url)


@staff_page(PERMISSION)
@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave everything as it is, with the reason."""
    actor, reason = actor_of(request), request.POST.get("reason", "")
    url = _url(_of_plan(pk))
    try:
        once(request, actor, "plan.reject", lambda: {"id": actions.reject_plan(actor, pk, reason=reason).pk})
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, _("未采用该计划，原因已记录"), url)


def _words() -> dict[str, str]:
    """Texts of the script that draws the chart."""
    return {
        "late": _("迟 {n} 分"), "now": _("现在"), "first": _("最前"), "last": _("最后"), "before": _("在 {n} 之前"),
        "begin": _("预计开始"), "arrive": _("预计到达"), "done": _("预计完成"), "promised": _("承诺时间"), "km": _("路程"),
        "none": _("没有承诺时间"), "kilometres": _("{n} 公里"), "crew": _("班组"), "frozen": _("在途或在现场，不能移动"),
        "locked": _("已锁定班组"), "emergency": _("应急"), "changed": _("有变动"), "asking": _("正在计算代价…"),
        "refused": _("不能移到这里：{n}"), "cost": _("移到这里：{n}"), "here": _("预计 {n} 开始"), "failed": _("没有成功，请刷新后再试"),
        "pinned": _("已移动并锁定，其余工单正在重排"), "unlocked": _("已解除锁定，正在重排"), "stops": _("{n} 单"), "idle": _("没有安排"),
        "waiting": _("未派"), "comma": _("，"), "stop": _("；"), "manual": _("人工"), "suggested": _("建议"), "automatic": _("自动"), "drive": _("路上"),
    }  # fmt: skip


def _counts(plan: DispatchPlan) -> dict[str, int]:
    return {name: len(keys) for name, keys in plan.body["done"].items()}


def _of_plan(pk: int) -> OrgUnit:
    plan = DispatchPlan.objects.select_related("org").filter(pk=pk).first()
    if plan is None:
        raise NotFound(_("没有这个派单计划"))
    return plan.org


def _chosen(text: str | None, choices: list[OrgUnit]) -> OrgUnit | None:
    return next((unit for unit in choices if str(unit.pk) == text), choices[0] if choices else None)


def _area(actor: Actor, pk: int) -> OrgUnit:
    """An area of the actor's. Raises NotFound."""
    area = next((unit for unit in areas.areas_for(actor) if unit.pk == pk), None)
    if area is None:
        raise NotFound(_("没有这个单位，或不在您的管辖范围"))
    return area


def _live(area: OrgUnit) -> dict[str, Any]:
    return {"live": f"floor:{area.path}", "live_topics": [f"floor:{area.path}"]}


def _url(area: OrgUnit) -> str:
    return f"{reverse('field:board')}?area={area.pk}"
