"""Reads of safety on site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from denghuo.apps.safety.choices import AlarmStage, TrackerKind, ZoneKind
from denghuo.apps.safety.models import FeedState, SafetyAlarm, SafetyZone, Tracker
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.privacy.masking import mask

VIEW, LOCATE = "safety.view", "safety.locate"


def open_alarms(actor: Actor) -> QuerySet[SafetyAlarm]:
    """What is open, calls for help first, then the latest (index ``safety_alarm_open``)."""
    rows = SafetyAlarm.objects.visible_to(actor, VIEW).exclude(stage=AlarmStage.CLOSED)
    return rows.select_related("org", "tracker__wearer", "crew", "zone", "acknowledged_by").order_by("-at", "-pk")


def zones_in_force(actor: Actor, now: dt.datetime) -> QuerySet[SafetyZone]:
    """Zones that hold now (index ``safety_zone_until``)."""
    rows = SafetyZone.objects.visible_to(actor, VIEW).filter(valid_from__lte=now)
    return rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now)).select_related("crew").order_by("pk")


def trackers_on_map(actor: Actor, now: dt.datetime) -> list[Tracker]:
    """Devices whose place is known and lately told, people only for who may locate them (index ``safety_tracker_org``);
    people on site first, at most ``safety.map_trackers``."""
    since = now - dt.timedelta(hours=policies.get("safety.late_hours"))
    located = Tracker.objects.visible_to(actor, LOCATE).values("pk")
    rows = Tracker.objects.visible_to(actor, VIEW).filter(active=True, positioned_at__gt=since)
    rows = rows.filter(~Q(kind=TrackerKind.PERSON) | Q(pk__in=located)).select_related("wearer", "crew")
    return list(rows.order_by("-on_site_since", "-positioned_at")[: policies.get("safety.map_trackers")])


def person_on_site(actor: Actor) -> int:
    """People watched at this moment."""
    rows = Tracker.objects.visible_to(actor, VIEW).filter(active=True, kind=TrackerKind.PERSON)
    return rows.filter(on_site_since__isnull=False).count()


def wearer_name(tracker: Tracker) -> str:
    """Who wears it, masked: the dispatcher calls the crew, not the person out of a list."""
    return mask("name", tracker.wearer.display_name) if tracker.wearer is not None else ""


def title_of(tracker: Tracker) -> str:
    """A device as lists and maps call it."""
    parts = [tracker.name or tracker.code, wearer_name(tracker), tracker.crew.name if tracker.crew else ""]
    return " · ".join(part for part in parts if part)


def freshness(tracker: Tracker, now: dt.datetime) -> str:
    """``fresh``, ``stale``, ``silent`` or ``off``."""
    if not tracker.active:
        return "off"
    if tracker.heard_at is None:
        return "silent"
    patience = dt.timedelta(minutes=policies.get("safety.silence_minutes", tracker.org))
    return "fresh" if now - tracker.heard_at <= patience else "stale"


def asked_of(staff_id: int) -> list[SafetyAlarm]:
    """Open alarms of the person's own devices, what asks them first (index ``safety_alarm_open``)."""
    rows = SafetyAlarm.objects.exclude(stage=AlarmStage.CLOSED).filter(tracker__wearer_id=staff_id)
    return list(rows.select_related("tracker", "zone").order_by("stage", "-at"))


def feed_health() -> dict[str, Any]:
    """How the feed stands: ``state`` is off (never ran), ok, away (no broker) or dead (no process), with its row."""
    row = FeedState.objects.filter(name="mqtt").first()
    if row is None or row.beat_at is None:
        return {"state": "off", "row": row}
    patience = dt.timedelta(seconds=policies.get("safety.feed_patience_seconds"))
    if timezone.now() - row.beat_at > patience:
        return {"state": "dead", "row": row}
    return {"state": "ok" if row.connected else "away", "row": row}


def shapes(zones: Iterable[SafetyZone], url: Any) -> list[dict[str, Any]]:
    """Zones as the map draws them; ``url(zone)`` opens one."""
    return [
        {"id": zone.pk, "name": zone.name, "kind": str(zone.kind), "label": f"{zone.name} · {ZoneKind(zone.kind).label}",
         "url": url(zone), **zone.shape}
        for zone in zones if zone.has_ground
    ]  # fmt: skip
