"""One reading against what is known of its device: believed or not, and which borders it crosses."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from denghuo.apps.safety.choices import TrackerKind
from denghuo.apps.safety.feed.memory import Zones
from denghuo.apps.safety.feed.payload import Place
from denghuo.apps.safety.models import Tracker
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.safety import Crossing, FenceState, Fix, PathState, accept, follow


@dataclass(frozen=True, slots=True)
class Rules:
    """The policies of a unit that every reading needs. Speeds in metres a second by kind of device."""

    ahead: dt.timedelta
    late: dt.timedelta
    vaguest: float
    speeds: dict[str, float]
    jumps: int
    border: int


def rules_for(org: OrgUnit) -> Rules:
    """The rules in force for a unit now."""
    return Rules(
        ahead=dt.timedelta(seconds=policies.get("time.future_tolerance_seconds", org)),
        late=dt.timedelta(hours=policies.get("safety.late_hours", org)),
        vaguest=policies.get("safety.accuracy_metres", org),
        speeds={kind: kmh / 3.6 for kind, kmh in policies.get("safety.speed_kmh", org).items()},
        jumps=max(1, policies.get("safety.jump_readings", org)),
        border=max(1, policies.get("safety.border_readings", org)),
    )


def follow_fix(tracker: Tracker, place: Place, rules: Rules, zones: Zones) -> tuple[bool, list[Crossing]]:
    """Judge a reading and move the tracker (in memory) by it; gives whether it was believed, and the crossings."""
    if place.accuracy > rules.vaguest:
        return False, []
    fix = Fix(place.lon, place.lat, place.accuracy, place.at.timestamp())
    state, believed = accept(
        path_of(tracker), fix, fastest=rules.speeds.get(tracker.kind, 1e9), needed=rules.jumps
    )  # fmt: skip
    tracker.strange = _strange(state)
    if not believed:
        return False, []
    tracker.lon, tracker.lat, tracker.accuracy, tracker.positioned_at = place.lon, place.lat, place.accuracy, place.at
    if tracker.kind == TrackerKind.SENSOR:
        return True, []
    before = FenceState(frozenset(tracker.inside), {int(zone): n for zone, n in tracker.doubts.items()})
    near = zones.concerning(tracker, place.lon, place.lat, place.at, before.inside)
    after, crossings = follow(before, near, place.lon, place.lat, accuracy=place.accuracy, needed=rules.border)
    tracker.inside = sorted(after.inside)
    tracker.doubts = {str(zone): n for zone, n in after.doubts.items()}
    return True, crossings


def path_of(tracker: Tracker) -> PathState:
    """What the engine remembers of a tracker's way."""
    if tracker.lon is None or tracker.lat is None or tracker.positioned_at is None:
        return PathState()
    last = Fix(tracker.lon, tracker.lat, tracker.accuracy or 0.0, tracker.positioned_at.timestamp())
    odd = tracker.strange
    if not odd:
        return PathState(last)
    return PathState(last, Fix(odd["lon"], odd["lat"], odd["accuracy"], odd["at"]), odd["agreeing"])


def _strange(state: PathState) -> dict[str, float | int]:
    odd = state.strange
    if odd is None:
        return {}
    return {"lon": odd.lon, "lat": odd.lat, "accuracy": odd.accuracy, "at": odd.at, "agreeing": state.agreeing}
