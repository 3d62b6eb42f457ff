"""The call-back desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.callbacks.comparing import sides_of
from denghuo.apps.requests.callbacks.forms import CallForm
from denghuo.apps.requests.callbacks.machine import Phase, phase_of
from denghuo.apps.requests.callbacks.script import SCRIPTS, Script, local, script_for
from denghuo.apps.requests.models import CallBack, Request
from denghuo.apps.requests.pages.common import act_or_say, person_of
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import once


class CallBackTable(t.Table):
    """Plans that wait, the next due first."""

    number = t.Column(
        gettext_lazy("诉求编号"),
        value=lambda row, ctx: row.request.number,
        link=lambda row: f"/staff/requests/{row.request_id}/",
    )
    phase = t.StateColumn(
        gettext_lazy("状态"), kind="callback_phase", value=lambda row, ctx: str(phase_of(row, moment.now()))
    )
    campaign = t.Column(
        gettext_lazy("来源"), value=lambda row, ctx: row.campaign.name if row.campaign else _("派发工单")
    )
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.request.org.label)
    round = t.Column(gettext_lazy("轮次"), value=lambda row, ctx: row.round)
    attempts = t.Column(gettext_lazy("已拨打"), value=lambda row, ctx: row.attempts, sort="attempts")
    not_before = t.TimeColumn(gettext_lazy("最早回访"), sort="not_before")
    holder = t.Column(gettext_lazy("正在回访"), value=lambda row, ctx: row.holder.display_name if row.holder else "—")

    class Meta:
        name = "callbacks"
        default_sort = "not_before"
        page_size = 30
        export = True
        empty = (gettext_lazy("没有待回访的客户"), gettext_lazy("审核通过后，客户会排到这里"))


@staff_page("callback.call")
def desk(request: HttpRequest, form: CallForm | None = None) -> HttpResponseBase:
    """The plan in hand, if any, and the list of what waits."""
    actor = actor_of(request)
    current = queries.held_by(actor)
    live = [f"floor:{path}" for path in actor.paths_for("callback.call")]
    table = CallBackTable(request, queries.callback_queue(actor), actor=actor, live=live)
    context: dict[str, Any] = queries.callback_counts(actor) | {"current": current, "live_topics": live, "tab": "desk"}
    if current is not None:
        context |= _current(current, actor, form)
    response = t.table_response(request, table, "requests/staff/callbacks.html", context)
    if form is not None:
        response.status_code = 422
    return response


def form_for(plan: CallBack, data: Any = None) -> CallForm:
    """The form of a plan under the script it was begun with (its key is in ``data``), or the one in force now."""
    code = plan.campaign.script_code if plan.campaign is not None else ""
    script_id, script = script_for(str(plan.request.type), plan.request.org, moment.now(), code)
    begun = str(data.get("script_id", "")) if data is not None else ""
    if begun.isdigit() and int(begun) != script_id and any(row.id == int(begun) for row in SCRIPTS.rows()):
        script_id, script = int(begun), SCRIPTS.get(int(begun))
    return CallForm(data, script_id=script_id, script=script, org=plan.request.org)


def worked_of(r: Request) -> Request:
    """What was done stands with the request that the crew worked on."""
    return r if r.result or r.master is None else r.master


def _current(current: CallBack, actor: Actor, form: CallForm | None) -> dict[str, Any]:
    r = current.request
    form = form or form_for(current)
    return {
        "r": r,
        "worked": worked_of(r),
        "round_text": _("第 %(n)s 轮") % {"n": current.round},
        "tries_text": _("已拨打 %(n)s / %(most)s 次")
        % {"n": current.attempts, "most": policies.get("callback.max_attempts", r.org)},
        "person": person_of(current.request, actor),
        "tries": list(current.tries.all()),
        "draft": f"callback-{current.pk}-{current.attempts}",
        "form": form,
        "asked": _asked(form, worked_of(r)),
        "script": _spoken(form.script),
        "in_call": phase_of(current, moment.now()) == Phase.IN_CALL,
        "sides": sides_of(worked_of(r), str(form.data.get("note", "")), form.answers()),
        "chosen": form.data.getlist("aspects") if hasattr(form.data, "getlist") else [],
    }


def _asked(form: CallForm, worked: Request) -> list[dict[str, Any]]:
    """The questions with their wording filled in."""
    arrived = timezone.localtime(worked.arrived_at).strftime("%H:%M") if worked.arrived_at else ""
    rows = []
    for item in form.questions():
        question = item["question"]
        say = local(question.ask, question.ask_en)
        if "{arrived}" in say and not arrived:
            continue  # nobody recorded an arrival that could be confirmed
        rows.append(item | {"say": say.replace("{arrived}", arrived)})
    return rows


def _spoken(script: Script) -> dict[str, str]:
    return {
        "label": local(script.label, script.label_en),
        "opening": local(script.opening, script.opening_en),
        "closing": local(script.closing, script.closing_en),
        "closing_unhappy": local(script.closing_unhappy, script.closing_unhappy_en),
    }


@staff_page("callback.call")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """The next customer who is due; of one campaign when asked for."""
    actor = actor_of(request)
    campaign = request.POST.get("campaign", "")
    try:
        plan = actions.take_callback(actor, campaign_id=int(campaign) if campaign.isdigit() else None)
    except ActionError as error:
        messages.error(request, error.message)
        return redirect("requests:callbacks")
    if plan is None:
        messages.info(request, _("现在没有到时间的回访；夜间和午休时段不打扰客户"))
    return redirect("requests:callbacks")


@staff_page("callback.call")
@require_POST
def dial(request: HttpRequest, pk: int) -> HttpResponse:
    """The agent dials now."""

    def act(actor: Actor) -> str:
        actions.dial_callback(actor, pk)
        return _("已开始拨打")

    return act_or_say(request, pk, "page.dial", act, then="requests:callbacks")


@staff_page("callback.call")
@require_POST
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Both accounts side by side while the agent writes; changes nothing."""
    plan = queries.callback_of(actor_of(request), pk)
    form = form_for(plan, request.POST)
    sides = sides_of(worked_of(plan.request), request.POST.get("note", ""), form.answers())
    context = {"sides": sides, "chosen": request.POST.getlist("aspects"), "worked": worked_of(plan.request)}
    return render(request, "requests/callbacks/_compare.html", context)


@staff_page("callback.call")
@require_POST
def attempt(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What happened on this call."""
    actor = actor_of(request)
    form = form_for(queries.callback_of(actor, pk), request.POST)
    if form.is_valid():
        data = form.data_for_action()
        try:
            once(request, actor, f"page.attempt:{pk}", lambda: actions.record_attempt(actor, pk, **data).pk)
        except ActionError as error:
            form.refuse(error)
        else:
            messages.success(request, _("回访已记录"))
            return redirect("requests:callbacks")
    held = queries.held_by(actor)
    if held is None or held.pk != pk:
        messages.error(request, _("这条回访已不在您手中，可能已超时放回或已记录"))
        return redirect("requests:callbacks")
    return desk(request, form=form)


@staff_page("callback.call")
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it back for somebody else."""

    def act(actor: Any) -> str:
        actions.release_callback(actor, pk)
        return _("已放回队列")

    return act_or_say(request, pk, "page.release", act, then="requests:callbacks")
