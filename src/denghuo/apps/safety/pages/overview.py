"""The present: who is where, what is open, whether the feed lives."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import looks, queries
from denghuo.apps.safety.choices import URGENT, AlarmStage
from denghuo.apps.safety.models import SafetyAlarm, Tracker
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.web.states import look_of

VIEW = "safety.view"
SHOWN = 30  # alarms beside the map; the list has the rest


def points(actor: Actor, alarms: list[SafetyAlarm]) -> list[dict[str, Any]]:
    """Devices as pins: what they are by shape and icon, whether they are in trouble by icon, colour and words."""
    now = moment.now()
    worst: dict[int, SafetyAlarm] = {}
    for alarm in alarms:
        worst.setdefault(alarm.tracker_id, alarm)
    return [_pin(tracker, worst.get(tracker.pk), now) for tracker in queries.trackers_on_map(actor, now)]


def _pin(tracker: Tracker, alarm: SafetyAlarm | None, now: Any) -> dict[str, Any]:
    look, state = look_of("tracker_kind", tracker.kind), queries.freshness(tracker, now)
    words = [queries.title_of(tracker), str(look_of("tracker", state).label)]
    icon, tone, url = look.icon, look.tone if state == "fresh" else "muted", ""
    if alarm is not None:
        trouble = look_of("safety_alarm_kind", alarm.kind)
        icon, tone, url = trouble.icon, trouble.tone, reverse("safety:alarm", args=[alarm.pk])
        words.insert(0, str(trouble.label))
    return {
        "id": f"tracker-{tracker.pk}", "lat": tracker.lat, "lng": tracker.lon, "icon": icon, "tone": tone,
        "label": " · ".join(words), "url": url, "square": tracker.kind != "person", "front": alarm is not None,
    }  # fmt: skip


def _pressing(alarm: SafetyAlarm) -> tuple[int, bool]:
    """What waits for the dispatcher before what waits for somebody else; calls for help first. The latest first stays."""
    order = (AlarmStage.RAISED, AlarmStage.ASKED, AlarmStage.ACKNOWLEDGED)
    return order.index(AlarmStage(alarm.stage)), alarm.kind not in URGENT


def context_of(actor: Actor) -> dict[str, Any]:
    """What the page and its moving parts show."""
    now = moment.now()
    alarms = list(queries.open_alarms(actor)[:500])
    zones = list(queries.zones_in_force(actor, now))
    calling = sorted(alarms, key=_pressing)
    return {
        "rows": [{"alarm": alarm, "who": queries.title_of(alarm.tracker)} for alarm in calling[:SHOWN]],
        "more": max(0, len(alarms) - SHOWN),
        "raised": sum(alarm.stage == AlarmStage.RAISED for alarm in alarms),
        "asked": sum(alarm.stage == AlarmStage.ASKED for alarm in alarms),
        "people": queries.person_on_site(actor),
        "points": points(actor, alarms),
        "zones": queries.shapes(zones, lambda zone: reverse("safety:zone", args=[zone.pk])),
        "feed": queries.feed_health(),
        "may_handle": actor.can_somewhere("safety.handle"),
        "may_manage": actor.can_somewhere("safety.manage"),
        "may_locate": actor.can_somewhere("safety.locate"),
    }


@staff_page(VIEW)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Map, open alarms, feed."""
    actor = actor_of(request)
    paths = actor.paths_for(VIEW)
    context = context_of(actor) | {
        "tab": "home", "wide": True, "live": " ".join(f"floor:{path}" for path in paths),
        "live_topics": [f"floor:{path}" for path in paths], "kinds": legend(),
    }  # fmt: skip
    return render(request, "safety/home.html", context)


@staff_page(VIEW)
@require_GET
def now_part(request: HttpRequest) -> HttpResponse:
    """Figures and alarms, for live refresh."""
    return render(request, "safety/_now.html", context_of(actor_of(request)))


@staff_page(VIEW)
@require_GET
def map_part(request: HttpRequest) -> HttpResponse:
    """What moves on the map; devices move without events, so the page asks every few seconds."""
    return render(request, "safety/_map_data.html", context_of(actor_of(request)))


def legend() -> list[dict[str, Any]]:
    """What pins and grounds mean."""
    return [
        {"label": _("人员"), "tone": "info", "icon": "user"}, {"label": _("车辆"), "tone": "progress", "icon": "truck"},
        {"label": _("传感器"), "tone": "neutral", "icon": "broadcast"},
        {"label": _("久未更新"), "tone": "muted", "icon": "clock-exclamation"},
        {"label": _("有告警"), "tone": "danger", "icon": "urgent"},
    ]  # fmt: skip


__all__ = ["home", "looks", "map_part", "now_part"]
