"""The call-back desk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.forms import AttemptForm
from denghuo.apps.requests.models import CallBack
from denghuo.apps.requests.pages.common import act_or_say, person_of
from denghuo.core import policies
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once


class CallBackTable(t.Table):
    """Plans that wait, the next due first."""

    number = t.Column(
        gettext_lazy("诉求编号"),
        value=lambda row, ctx: row.request.number,
        link=lambda row: f"/staff/requests/{row.request_id}/",
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
def desk(request: HttpRequest, form: AttemptForm | None = None) -> HttpResponse:
    """The plan in hand, if any, and the list of what waits."""
    actor = actor_of(request)
    current = queries.held_by(actor)
    live = [f"floor:{path}" for path in actor.paths_for("callback.call")]
    table = CallBackTable(request, queries.callback_queue(actor), actor=actor, live=live)
    context: dict[str, Any] = queries.callback_counts(actor) | {
        "current": current,
        "form": form or AttemptForm(),
        "live_topics": live,
    }
    if current is not None:
        context |= _current(current, actor)
    return t.table_response(request, table, "requests/staff/callbacks.html", context)


def _current(current: CallBack, actor: Any) -> dict[str, Any]:
    r = current.request
    return {
        "r": r,
        # What was done stands with the request that the crew worked on.
        "worked": r if r.result or r.master is None else r.master,
        "round_text": _("第 %(n)s 轮") % {"n": current.round},
        "tries_text": _("已拨打 %(n)s / %(most)s 次")
        % {"n": current.attempts, "most": policies.get("callback.max_attempts", r.org)},
        "person": person_of(current.request, actor),
        "tries": list(current.tries.order_by("pk")),
        "draft": f"callback-{current.pk}-{current.attempts}",
    }


@staff_page("callback.call")
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """The next customer who is due."""
    actor = actor_of(request)
    try:
        plan = actions.take_callback(actor)
    except ActionError as error:
        messages.error(request, error.message)
        return redirect("requests:callbacks")
    if plan is None:
        messages.info(request, _("现在没有到时间的回访；夜间和午休时段不打扰客户"))
    return redirect("requests:callbacks")


@staff_page("callback.call")
@require_POST
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened on this call."""
    actor = actor_of(request)
    form = AttemptForm(request.POST)
    if not form.is_valid():
        return desk(request, form=form)
    data = form.cleaned_data
    try:
        once(request, actor, f"page.attempt:{pk}", lambda: actions.record_attempt(actor, pk, **data).pk)
    except ActionError as error:
        add_refusal(form, error)
        return desk(request, form=form)
    messages.success(request, _("回访已记录"))
    return redirect("requests:callbacks")


@staff_page("callback.call")
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it back for somebody else."""

    def act(actor: Any) -> str:
        actions.release_callback(actor, pk)
        return _("已放回队列")

    return act_or_say(request, pk, "page.release", act, then="requests:callbacks")
