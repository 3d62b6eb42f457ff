"""Campaigns: the list with its progress, one campaign with its calls, making and changing one."""

from __future__ import annotations

import datetime as dt
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
from denghuo.apps.requests.callbacks import campaigns
from denghuo.apps.requests.callbacks.choices import CampaignState
from denghuo.apps.requests.callbacks.forms import CampaignForm
from denghuo.apps.requests.callbacks.machine import phase_of
from denghuo.apps.requests.choices import CallBackState, RequestType
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once
from denghuo.web.states import Look, register_states

DAYS_SHOWN = 30

register_states(
    "campaign",
    {
        CampaignState.DRAFT: Look(CampaignState.DRAFT.label, "pencil", "neutral"),
        CampaignState.PREPARING: Look(CampaignState.PREPARING.label, "loader-2", "progress"),
        CampaignState.RUNNING: Look(CampaignState.RUNNING.label, "player-play", "info"),
        CampaignState.PAUSED: Look(CampaignState.PAUSED.label, "player-pause", "warn"),
        CampaignState.FINISHED: Look(CampaignState.FINISHED.label, "circle-check", "ok"),
        CampaignState.CANCELLED: Look(CampaignState.CANCELLED.label, "ban", "muted"),
    },
)


class CampaignTable(t.Table):
    """Campaigns, newest first."""

    name = t.Column(gettext_lazy("任务"), link="requests:campaign")
    state = t.StateColumn(gettext_lazy("状态"), kind="campaign")
    org = t.Column(gettext_lazy("范围"), value=lambda row, ctx: row.org.label)
    priority = t.NumberColumn(gettext_lazy("优先级"), sort="priority")
    planned = t.NumberColumn(gettext_lazy("应回访"), sort="planned")
    progress = t.Column(
        gettext_lazy("进度"), value=lambda row, ctx: row, template="requests/callbacks/_bar.html", export=False
    )
    done = t.NumberColumn(gettext_lazy("已回访"), value=lambda row, ctx: row.done)
    unreachable = t.NumberColumn(gettext_lazy("未接通"), value=lambda row, ctx: row.unreachable)
    unhappy = t.NumberColumn(gettext_lazy("不满意"), value=lambda row, ctx: row.unhappy)
    made_at = t.TimeColumn(gettext_lazy("创建时间"), sort="made_at")

    class Meta:
        name = "campaigns"
        default_sort = "-made_at"
        page_size = 30
        export = True
        filters = [t.ChoiceFilter("state", gettext_lazy("状态"), choices=CampaignState.choices)]
        empty = (
            gettext_lazy("还没有回访任务"),
            gettext_lazy("灾后关怀、专项抽查等可建成任务，由坐席或机器人按优先级拨打"),
        )


class CallTable(t.Table):
    """The calls of one campaign."""

    number = t.Column(
        gettext_lazy("诉求编号"),
        value=lambda row, ctx: row.request.number,
        link=lambda row: f"/staff/requests/{row.request_id}/",
    )
    phase = t.StateColumn(
        gettext_lazy("状态"), kind="callback_phase", value=lambda row, ctx: str(phase_of(row, moment.now()))
    )
    type = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.request.get_type_display())
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.request.org.label)
    attempts = t.NumberColumn(gettext_lazy("已拨打"), sort="attempts")
    satisfaction = t.StateColumn(gettext_lazy("满意度"), kind="satisfaction")
    not_before = t.TimeColumn(gettext_lazy("最早回访"), sort="not_before")
    done_at = t.TimeColumn(gettext_lazy("完成时间"), sort="done_at")

    class Meta:
        name = "campaign-calls"
        default_sort = "not_before"
        page_size = 50
        export = True
        filters = [t.ChoiceFilter("state", gettext_lazy("状态"), choices=CallBackState.choices)]
        empty = (gettext_lazy("没有回访"), gettext_lazy("启动任务后在这里看到每一通"))


@staff_page(campaigns.VIEW)
def campaign_list(request: HttpRequest) -> HttpResponseBase:
    """The calls every round requires, as a campaign that never ends, and the others below."""
    actor = actor_of(request)
    since = timezone.localtime(moment.now()) - dt.timedelta(days=DAYS_SHOWN)
    table = CampaignTable(request, campaigns.with_progress(campaigns.visible(actor)), actor=actor)
    mandatory = campaigns.mandatory_progress(actor, since)
    context = {
        "tab": "campaigns",
        "mandatory": mandatory,
        "mandatory_ended": mandatory["total"] - mandatory["pending"],
        "priority": policies.get("callback.priority"),
        "days": DAYS_SHOWN,
        "may_manage": actor.can_somewhere(campaigns.MANAGE),
        "may_call": actor.can_somewhere("callback.call"),
    }
    return t.table_response(request, table, "requests/callbacks/campaigns.html", context)


@staff_page(campaigns.VIEW)
def campaign_page(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One campaign: its filter, how far it is, its calls."""
    actor = actor_of(request)
    row = campaigns.with_progress(campaigns.visible(actor)).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个回访任务"))
    calls = CallBack.objects.filter(campaign=row).select_related("request__org", "holder")
    table = CallTable(request, calls, actor=actor)
    job = JobProgress.objects.filter(pk=row.job_id).first() if row.state == CampaignState.PREPARING else None
    context = {
        "tab": "campaigns",
        "row": row,
        "job": job,
        "types": [RequestType(one).label for one in row.types],
        "may_manage": actor.can(campaigns.MANAGE, row.org.path),
        "may_call": actor.can_somewhere("callback.call"),
        "live_topics": [f"campaign:{row.pk}"],
    }
    return t.table_response(request, table, "requests/callbacks/campaign.html", context)


@staff_page(campaigns.MANAGE)
def campaign_form(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Making a campaign, or changing one that has not been started."""
    actor = actor_of(request)
    row = campaigns.visible(actor).filter(pk__in=[pk]).first() if pk is not None else None
    if pk is not None and row is None:
        raise NotFound(_("没有这个回访任务"))
    paths = actor.paths_for(campaigns.MANAGE)
    initial = CampaignForm.initial_of(row) if row is not None else {}
    form = CampaignForm(request.POST or None, paths=paths, initial=initial)
    if request.method == "POST" and form.is_valid():
        org = OrgUnit.objects.get(pk=form.cleaned_data["org_id"])
        try:
            saved = once(
                request, actor, f"page.campaign:{pk}",
                lambda: campaigns.save_campaign(actor, pk, org=org, draft=form.draft()).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("任务已保存，核对后启动"))
            return redirect("requests:campaign", saved)
    status = 422 if form.errors else 200
    context = {"tab": "campaigns", "form": form, "row": row}
    return render(request, "requests/callbacks/campaign_form.html", context, status=status)


@staff_page(campaigns.MANAGE)
@require_POST
def campaign_do(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """start, pause, resume or cancel."""
    actor = actor_of(request)
    steps: dict[str, Any] = {
        "start": (lambda: campaigns.start_campaign(actor, pk), _("任务已启动，正在生成回访")),
        "pause": (lambda: campaigns.pause_campaign(actor, pk), _("任务已暂停")),
        "resume": (lambda: campaigns.pause_campaign(actor, pk, resume=True), _("任务已恢复")),
        "cancel": (lambda: campaigns.cancel_campaign(actor, pk), _("任务已取消，未拨打的不再拨打")),
    }
    if what not in steps:
        raise NotFound()
    act, said = steps[what]
    try:
        once(request, actor, f"page.campaign.{what}:{pk}", lambda: act().pk)
        messages.success(request, said)
    except ActionError as error:
        messages.error(request, error.message)
    return redirect("requests:campaign", pk)
