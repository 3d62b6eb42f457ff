"""Is it time for reserves? Queue length, connect rate, contacts against the forecast and weather warnings against policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Sum
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.contacts.models import AgentProfile, EchelonActivation, Queue
from denghuo.apps.floor.choices import Measure
from denghuo.apps.floor.figures import Measures
from denghuo.apps.floor.models import QueueSlot
from denghuo.apps.requests.prediction.models import WarningLevel, WeatherHour
from denghuo.apps.workforce.demand.counting import HALF_HOUR, floor, slot_of
from denghuo.apps.workforce.demand.reading import days_of
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit

NEWEST_WEATHER: Final = dt.timedelta(hours=2)  # a warning is written for whole hours: the present and the one before

Cause = dict[str, Any]


def units() -> list[OrgUnit]:
    """Units to watch: those that own a queue answered on the spot and have reserves, none below another."""
    queues = Queue.objects.filter(active=True).exclude(channel_class=ChannelClass.DEFERRED).select_related("org")
    owners = sorted({queue.org for queue in queues}, key=lambda org: (len(org.path), org.path))
    paths = list(AgentProfile.objects.filter(echelon__gt=0).values_list("org__path", flat=True).distinct())
    found: list[OrgUnit] = []
    for org in owners:
        inside = any(org.path.startswith(top.path) for top in found)
        if not inside and any(path.startswith(org.path) for path in paths):
            found.append(org)
    return found


def figures(unit: OrgUnit) -> dict[str, float | str | None]:
    """What is held against the thresholds now; None where there is nothing to say yet."""
    at = moment.now()
    measures = Measures(at)
    came, expected = _last_half_hour(unit, at)
    connect = measures.value(Measure.CONNECT_RATE, unit, None)
    fewest = int(policies.get("workforce.emergency.fewest", unit))
    enough = came >= fewest
    return {
        "waiting": measures.value(Measure.WAITING, unit, None),
        "connect_rate": connect / 100 if connect is not None and enough else None,
        "over_forecast": came / expected if expected > 0 and enough else None,
        "came": came, "expected": expected, "warning": warning_of(unit, at),
    }  # fmt: skip


def causes(unit: OrgUnit, now: Mapping[str, float | str | None]) -> list[Cause]:
    """Thresholds broken: each names what, its value, its limit and the highest echelon it asks for."""
    waiting, connect, over = (
        policies.get(f"workforce.emergency.{name}", unit) for name in ("waiting", "connect_rate", "over_forecast")
    )
    found = []
    for name, table, above in (
        ("waiting", waiting, True),
        ("connect_rate", connect, False),
        ("over_forecast", over, True),
    ):
        value = now[name]
        if isinstance(value, float):
            found += _hit(name, value, table, above)
    colour = now["warning"]
    level = int(policies.get("workforce.emergency.warning", unit).get(colour, 0)) if colour else 0
    if level:
        found.append({"what": "warning", "value": colour, "limit": None, "echelon": level})
    return found


def _hit(name: str, value: float, table: Mapping[str, float], above: bool) -> list[Cause]:
    """The highest echelon whose limit is reached; keys that are no number are passed over."""
    reached = [
        (int(key), limit)
        for key, limit in table.items()
        if key.isascii() and key.isdigit() and (value >= limit if above else value < limit)
    ]
    if not reached:
        return []
    echelon, limit = max(reached)
    return [{"what": name, "value": round(value, 4), "limit": limit, "echelon": echelon}]


def _last_half_hour(unit: OrgUnit, at: dt.datetime) -> tuple[float, float]:
    """Contacts of the last complete half hour, and how many were expected (unique index ``floor_slot_once``)."""
    begin = floor(at) - HALF_HOUR
    rows = QueueSlot.objects.filter(slot=begin, org__path__startswith=unit.path)
    rows = rows.exclude(queue__channel_class=ChannelClass.DEFERRED)
    came = float(rows.aggregate(n=Sum("entered"))["n"] or 0)
    day, slot = slot_of(begin)
    found = days_of(unit, None, day, day)
    return came, float(found[0].mean[slot]) if found else 0.0


def warning_of(unit: OrgUnit, at: dt.datetime) -> str:
    """The gravest warning in force for the unit, a unit below or above it (unique index of unit and hour)."""
    rows = WeatherHour.objects.filter(at__gt=at - NEWEST_WEATHER, at__lte=at).exclude(warning="")
    colours = {
        colour
        for path, colour in rows.values_list("org__path", "warning")
        if path.startswith(unit.path) or unit.path.startswith(path)
    }
    order = [WarningLevel.RED, WarningLevel.ORANGE, WarningLevel.YELLOW, WarningLevel.BLUE]
    return next((str(one) for one in order if one in colours), "")


def called_in(unit: OrgUnit) -> EchelonActivation | None:
    """The highest activation in force that covers the unit."""
    rows = EchelonActivation.objects.filter(ended_at=None, org__in=unit.ancestor_ids()).select_related(
        "org", "started_by"
    )
    return rows.order_by("-echelon").first()


def reserves(unit: OrgUnit, echelon: int) -> list[int]:
    """Active staff of the echelons 1 to ``echelon`` at the unit and below."""
    rows = AgentProfile.objects.filter(echelon__gte=1, echelon__lte=echelon, org__path__startswith=unit.path)
    return list(rows.filter(staff__is_active=True).order_by("echelon", "staff_id").values_list("staff_id", flat=True))


def words(cause: Cause) -> str:
    """A cause in words."""
    value, limit = cause["value"], cause["limit"]
    if cause["what"] == "warning":
        return _("气象%(colour)s") % {"colour": WarningLevel(str(value)).label}
    if cause["what"] == "waiting":
        return _("排队 %(value)d 个，达到 %(limit)d 个") % {"value": value, "limit": limit}
    if cause["what"] == "connect_rate":
        return _("接通率 %(value).1f%%，低于 %(limit).0f%%") % {"value": 100 * value, "limit": 100 * limit}
    return _("来量为预测的 %(value).1f 倍，达到 %(limit).1f 倍") % {"value": value, "limit": limit}


__all__ = ["called_in", "causes", "figures", "reserves", "units", "warning_of", "words"]
