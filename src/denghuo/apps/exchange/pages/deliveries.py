"""Screens of the deliveries: what went out, what became of it, and dead letters."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.exchange.actions import deliveries as actions
from denghuo.apps.exchange.choices import DeliveryCause, DeliveryState
from denghuo.apps.exchange.models import Delivery
from denghuo.apps.exchange.pages.common import MANAGE, VIEW, refused
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import units_under
from denghuo.web import tables as t

MOST_AT_ONCE = 500


def visible(actor: Actor) -> QuerySet[Delivery]:
    """Deliveries of subscriptions the actor may see, without their bodies."""
    rows = Delivery.objects.select_related("subscription__org").defer("body", "subscription__secrets")
    paths = actor.paths_for(VIEW)
    return rows if ROOT_PATH in paths else rows.filter(subscription__org__in=units_under(paths))


class DeliveryTable(t.Table):
    """Deliveries, newest first (index ``exchange_delivery_newest`` within a subscription)."""

    message_id = t.Column(gettext_lazy("消息编号"), link="exchange:delivery", css="dh-mono text-nowrap")
    subscription = t.Column(gettext_lazy("订阅"), value=lambda row, ctx: row.subscription.name, css="text-nowrap")
    kind = t.Column(gettext_lazy("事件类型"), css="dh-mono", sort="kind")
    cause = t.Column(gettext_lazy("来由"), value=lambda row, ctx: row.get_cause_display())
    state = t.StateColumn(gettext_lazy("状态"), kind="webhook", sort="state")
    attempts = t.NumberColumn(gettext_lazy("尝试次数"), sort="attempts")
    last_status = t.NumberColumn(gettext_lazy("应答码"))
    created_at = t.TimeColumn(gettext_lazy("创建时间"), sort="created_at")
    ended_at = t.TimeColumn(gettext_lazy("结束时间"), sort="ended_at", relative=True)
    error = t.Column(gettext_lazy("原因"), clip=True)

    class Meta:
        name = "deliveries"
        default_sort = "-created_at"
        page_size = 50
        export = True
        export_permission = VIEW
        filters = [
            t.SearchFilter("q", gettext_lazy("消息编号"), apply=lambda rows, text: rows.filter(message_id=text)),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=DeliveryState.choices),
            t.ChoiceFilter("cause", gettext_lazy("来由"), choices=DeliveryCause.choices),
            t.DateRangeFilter("created_at", gettext_lazy("创建时间")),
        ]
        empty = (gettext_lazy("没有推送记录"), gettext_lazy("订阅的事件发生后会列在这里"))


@require_GET
@staff_page(VIEW)
def listing(request: HttpRequest) -> HttpResponseBase:
    """What went out and what waits."""
    actor = actor_of(request)
    rows = visible(actor)
    wanted = request.GET.get("subscription", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 18:
        rows = rows.filter(subscription_id=int(wanted))
    table = DeliveryTable(request, rows, actor=actor)
    return t.table_response(request, table, "exchange/deliveries.html", {"tab": "deliveries", "wide": True})


def delivery_of(actor: Actor, pk: int) -> Delivery:
    """A delivery the actor may see. Raises NotFound."""
    row = visible(actor).defer(None).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这条推送"))
    return row


@require_GET
@staff_page(VIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: its payload and every attempt."""
    actor = actor_of(request)
    row = delivery_of(actor, pk)
    context = {
        "row": row, "payload": json.dumps(json.loads(row.body), ensure_ascii=False, indent=2),
        "tries": list(reversed(row.tries)), "mine": actor.can(MANAGE, row.subscription.org.path),
        "tab": "dead" if row.state == DeliveryState.DEAD else "deliveries",
    }  # fmt: skip
    return render(request, "exchange/delivery.html", context)


@require_POST
@staff_page(MANAGE)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send one again, under its old number."""
    try:
        made = actions.repeat(actor_of(request), pk)
    except ActionError as error:
        return refused(request, error, "exchange:delivery", pk)
    messages.success(request, _("已重新进入推送队列"))
    return redirect("exchange:delivery", made.pk)


@require_GET
@staff_page(VIEW)
def dead(request: HttpRequest) -> HttpResponse:
    """Dead letters, the latest first (partial index ``exchange_delivery_dead``)."""
    return render(request, "exchange/dead.html", _dead(request))


def _dead(request: HttpRequest, **more: Any) -> dict[str, Any]:
    actor = actor_of(request)
    rows = visible(actor).filter(state=DeliveryState.DEAD).order_by("-ended_at", "-pk")
    shown = list(rows[: MOST_AT_ONCE + 1])
    return {
        "rows": shown[:MOST_AT_ONCE], "more": len(shown) > MOST_AT_ONCE, "most": MOST_AT_ONCE,
        "may_manage": actor.can_somewhere(MANAGE), "tab": "dead", "chosen": set(), **more,
    }  # fmt: skip


@require_POST
@staff_page(MANAGE)
def settle_dead(request: HttpRequest) -> HttpResponse:
    """Send the chosen dead letters again, or put them aside with a reason."""
    actor = actor_of(request)
    ids = {int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit() and len(text) < 18}
    reason = request.POST.get("reason", "")
    try:
        if request.POST.get("verb") == "drop":
            count = actions.drop_dead(actor, ids, reason=reason)
            messages.success(request, _("已丢弃 %(count)s 条死信") % {"count": count})
        else:
            count = actions.retry_dead(actor, ids)
            messages.success(request, _("%(count)s 条死信已重新进入推送队列") % {"count": count})
    except ActionError as error:
        context = _dead(request, chosen=ids, reason=reason, refusal=error.message)
        return render(request, "exchange/dead.html", context, status=error.status)
    return redirect("exchange:dead")
