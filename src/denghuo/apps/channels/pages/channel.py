"""One channel: open or closed, what stands on it and in which order, how it answers, what happened to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.channels import actions, board, queries
from denghuo.apps.channels.actions.opening import at_work
from denghuo.apps.channels.choices import Channel, StatusState, channel_icon
from denghuo.apps.channels.forms import ClosingForm
from denghuo.apps.channels.models import ChannelProbe, ChannelPublication, ChannelStatus
from denghuo.apps.channels.pages.common import Scope, entries_of, history, scope_of
from denghuo.apps.channels.pages.overview import card_of
from denghuo.apps.channels.places import MANAGE, VIEW
from denghuo.core.errors import ActionError
from denghuo.web.formtools import add_refusal, once

PROBES_SHOWN = 12


@require_GET
@staff_page(VIEW)
def channel(request: HttpRequest, code: str) -> HttpResponse:
    """The channel's page; an HTMX call gets the part with the figures."""
    scope = scope_of(request)
    context = _context(scope, _known(code))
    if getattr(request, "htmx", False):
        return render(request, "channels/_channel_now.html", context)
    return render(request, "channels/channel.html", context | {"form": _closing_form(scope, context["own"])})


@require_POST
@staff_page(MANAGE)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Close the channel, or change the announcement of a closed one."""
    scope, form = scope_of(request), ClosingForm(request.POST)
    code = _known(code)
    if form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request, scope.actor, f"channel.close:{code}",
                lambda: actions.close_channel(scope.actor, channel=code, org=scope.unit, **data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("%(channel)s已关闭，公告已发布") % {"channel": queries.channel_label(code)})
            return redirect(scope.url("channel", code))
    return render(request, "channels/channel.html", _context(scope, code) | {"form": form}, status=422)


@require_POST
@staff_page(MANAGE)
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Open the channel again."""
    scope, code = scope_of(request), _known(code)
    return attempt(
        request,
        lambda: actions.open_channel(scope.actor, channel=code, org=scope.unit),
        _("%(channel)s已恢复开放") % {"channel": queries.channel_label(code)},
        scope.url("channel", code),
    )


@require_POST
@staff_page(MANAGE)
def order(request: HttpRequest, code: str) -> HttpResponse:
    """Move one function up or down in the order of the channel."""
    scope, code = scope_of(request), _known(code)
    codes = [item.code for item in queries.published(code, scope.unit)]
    name, step = request.POST.get("function", ""), request.POST.get("step", "")
    if name in codes:
        place = codes.index(name)
        other = place + (-1 if step == "up" else 1)
        if 0 <= other < len(codes):
            codes[place], codes[other] = codes[other], codes[place]
    return attempt(
        request,
        lambda: actions.reorder(scope.actor, channel=code, org=scope.unit, codes=codes),
        _("次序已调整"),
        scope.url("channel", code),
    )


def _known(code: str) -> str:
    if code not in Channel.values:
        raise Http404
    return code


def _closing_form(scope: Scope, row: ChannelStatus | None) -> ClosingForm | None:
    """Empty while the channel is open; with the present words while it is closed."""
    if not scope.may_manage:
        return None
    if row is None or row.state != StatusState.CLOSED:
        return ClosingForm()
    return ClosingForm(
        initial={
            "announcement": row.announcement,
            "announcement_en": row.announcement_en,
            "until": row.closed_until,
            "reason": row.reason,
        }
    )


def _context(scope: Scope, code: str) -> dict[str, Any]:
    now = next(item for item in board.overview(scope.actor, scope.unit) if item.channel == code)
    waiting, running = at_work(code, scope.unit)
    statuses = list(ChannelStatus.objects.filter(channel=code))
    own = next((row for row in statuses if row.org_id == (scope.unit.pk if scope.unit else None)), None)
    publications = list(ChannelPublication.objects.filter(channel=code).values_list("pk", flat=True))
    events = history({"channel_status": [row.pk for row in statuses], "channel_publication": publications})
    return scope.context() | {
        "code": code,
        "label": queries.channel_label(code),
        "icon": channel_icon(code),
        "card": card_of(now, scope),
        "now": now,
        "own": own,
        "closed_here": own is not None and own.state == StatusState.CLOSED and not now.is_open,
        "functions": queries.published(code, scope.unit),
        "other_channels": [
            {"label": queries.channel_label(name), "icon": channel_icon(name)}
            for name in Channel.values
            if name not in (code, Channel.TRANSFER) and queries.channel_open(name, scope.unit)[0]
        ],
        "waiting": waiting,
        "running": running,
        "probes": ChannelProbe.objects.filter(channel=code).order_by("-at", "-pk")[:PROBES_SHOWN],
        "events": entries_of(events),
    }
