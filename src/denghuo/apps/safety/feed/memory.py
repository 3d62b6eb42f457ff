"""Zones in force as the engine wants them, kept in the process while they do not change."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.db.models.functions import Extract

from denghuo.apps.safety.choices import ZoneSubjects
from denghuo.apps.safety.models import SafetyZone, Tracker
from denghuo.engine.safety import Circle, Polygon, Shape, Zone, ZoneIndex

logger = logging.getLogger("denghuo.safety")


def shape_of(zone: SafetyZone) -> Shape:
    """The ground of a zone."""
    if zone.ring:
        return Polygon(tuple((float(x), float(y)) for x, y in zone.ring))
    if zone.lon is None or zone.lat is None or zone.radius is None:
        raise ValueError("a zone without corners needs a centre and a radius")
    return Circle(zone.lon, zone.lat, zone.radius)


@dataclass
class Zones:
    """Zones that hold now, held lately or will hold, found by place. Read anew when any of them changed."""

    stamp: tuple[int, object] | None = None
    by_id: dict[int, SafetyZone] = field(default_factory=dict)
    index: ZoneIndex = field(default_factory=lambda: ZoneIndex([]))

    def refresh(self, since: dt.datetime) -> None:
        """Read what held at ``since`` or later. A sum over the times of change, not the latest of them, is compared:
        a change that commits late is seen too (index ``safety_zone_until``)."""
        rows = SafetyZone.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=since))
        found = rows.aggregate(n=Count("pk"), changed=Sum(Extract("changed_at", "epoch")))
        stamp = (found["n"], found["changed"])
        if stamp == self.stamp:
            return
        self.by_id = {zone.pk: zone for zone in rows.select_related("org")}
        self.index = ZoneIndex([one for zone in self.by_id.values() if (one := _drawn(zone)) is not None])
        self.stamp = stamp

    def concerning(
        self, tracker: Tracker, lon: float, lat: float, at: dt.datetime, inside: Iterable[int]
    ) -> list[Zone]:
        """Zones near a place, or known to hold the tracker, that are in force at ``at`` and meant for it."""
        return [zone for zone in self.index.near(lon, lat, inside) if _meant(self.by_id[zone.id], tracker, at)]


def _drawn(zone: SafetyZone) -> Zone | None:
    """The zone for the engine. One that cannot be drawn must not stop the feed for all others."""
    try:
        return Zone(zone.pk, shape_of(zone))
    except (ValueError, TypeError):
        logger.exception("safety zone %s has no ground and is left out", zone.pk)
        return None


def _meant(zone: SafetyZone, tracker: Tracker, at: dt.datetime) -> bool:
    if at < zone.valid_from or (zone.valid_until is not None and at >= zone.valid_until):
        return False
    if zone.crew_id is not None and zone.crew_id != tracker.crew_id:
        return False
    return zone.subjects == ZoneSubjects.ALL or str(zone.subjects) == str(tracker.kind)
