"""All channels at this moment."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.channels.board import SLOTS, ChannelNow
from denghuo.apps.channels.board import overview as channels_now
from denghuo.apps.channels.choices import channel_icon
from denghuo.apps.channels.pages.common import Scope, scope_of
from denghuo.apps.channels.places import VIEW
from denghuo.apps.channels.queries import channel_label
from denghuo.core import moment
from denghuo.web import durations

SPARK_HEIGHT = 30
SPARK_STEP = 4


@require_GET
@staff_page(VIEW)
def overview(request: HttpRequest) -> HttpResponse:
    """The cards of all channels; an HTMX call gets the moving part only."""
    scope = scope_of(request)
    now = moment.now()
    channels = channels_now(scope.actor, scope.unit, now)
    cards = [card_of(item, scope) for item in channels]
    context = scope.context() | {
        "cards": cards,
        "closed": [card for card in cards if not card["now"].is_open],
        "contacts": sum(item.contacts for item in channels),
        "uses": sum(item.figures.uses for item in channels),
        "waiting": sum(item.waiting for item in channels),
        "completion": _share(sum(item.figures.done for item in channels), sum(item.figures.ended for item in channels)),
        "hand_over": _share(
            sum(item.figures.handed_over for item in channels), sum(item.figures.ended for item in channels)
        ),
        "wide": True,
    }
    template = "channels/_cards.html" if getattr(request, "htmx", False) else "channels/overview.html"
    return render(request, template, context)


def card_of(item: ChannelNow, scope: Scope) -> dict[str, Any]:
    """One channel with what the card writes of it."""
    figures = item.figures
    return {
        "now": item,
        "code": item.channel,
        "label": channel_label(item.channel),
        "icon": channel_icon(item.channel),
        "url": scope.url("channel", item.channel),
        "completion": percent(figures.completion),
        "hand_over": percent(figures.hand_over),
        "median": durations.words(figures.median) if figures.median is not None else "—",
        "health_note": health_note(item),
        "spark": spark(item.volume),
        "spark_label": _("%(channel)s 今日每半小时进线量，合计 %(total)s，最多 %(most)s")
        % {"channel": channel_label(item.channel), "total": item.total, "most": max(item.volume, default=0)},
    }


def spark(volume: tuple[int, ...]) -> list[dict[str, int]]:
    """Bars of the half hours that had any, in a box of ``SLOTS * SPARK_STEP`` by ``SPARK_HEIGHT``."""
    most = max(volume, default=0)
    bars = []
    for place, count in enumerate(volume[:SLOTS]):
        if count:
            height = max(2, round(count / most * SPARK_HEIGHT))
            bars.append({"x": place * SPARK_STEP, "y": SPARK_HEIGHT - height, "height": height, "count": count})
    return bars


def health_note(item: ChannelNow) -> str:
    """What stands behind the health badge: the share of good looks and the last latency."""
    state = item.health
    if state.share is None:
        return _("还没有检测记录")
    return _("最近 %(looks)s 次检测成功 %(share)s，最近一次 %(ms)s 毫秒") % {
        "looks": state.looks,
        "share": percent(state.share),
        "ms": round(state.latency_ms or 0),
    }


def percent(share: float | None) -> str:
    """A share as text; "—" for none."""
    return "—" if share is None else f"{share * 100:.1f}%"


def _share(part: int, whole: int) -> str:
    return percent(part / whole if whole else None)
