"""Whether what a device sensed is dangerous, by the limits in force for its unit."""

from __future__ import annotations

from denghuo.apps.safety.choices import AlarmKind
from denghuo.apps.safety.feed.payload import Sensed
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

METRES = ("m", "米", "")


def dangerous(sensed: Sensed, org: OrgUnit) -> bool:
    """A call for help and a fall always are. A device's own verdict holds. Else the value is compared with
    ``safety.near_voltage_metres`` and ``safety.gas_limits``; what has no limit is taken for danger."""
    if sensed.kind in (AlarmKind.SOS, AlarmKind.FALL):
        return True
    if sensed.alarm is not None:
        return sensed.alarm
    if sensed.value is None:
        return True
    if sensed.kind == AlarmKind.NEAR_VOLTAGE:
        needed = policies.get("safety.near_voltage_metres", org).get(sensed.kv)
        return needed is None or sensed.unit not in METRES or sensed.value < needed
    return _gas(sensed.substance, sensed.unit, sensed.value, policies.get("safety.gas_limits", org))


def _gas(substance: str, unit: str, value: float, limits: dict[str, float]) -> bool:
    if substance == "o2":
        low, high = limits.get(f"o2_low:{unit}"), limits.get(f"o2_high:{unit}")
        return (
            (low is None and high is None) or (low is not None and value < low) or (high is not None and value > high)
        )
    limit = limits.get(f"{substance}:{unit}")
    return limit is None or value >= limit
