"""The parts two requests are compared by, and the weight of evidence they add up to.

Each part is a number from 0 (differs) to 1 (agrees) or unknown. A part that agrees adds its ``agree`` weight, one that
differs its ``differ`` weight (negative), in between linearly; an unknown one adds nothing. The sum goes through a logistic
curve, scaled so that agreement in every part is exactly 1. The score is therefore symmetric and never falls when a part rises.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from denghuo.engine.duplicates.addresses import address_similarity
from denghuo.engine.duplicates.words import text_similarity

EARTH_M: Final = 6_371_008.8
#: how far the trouble reaches, as callers say it
REACH: Final[Mapping[str, int]] = {"single": 0, "stairwell": 1, "building": 2, "neighbourhood": 3, "street": 4}
WIDE: Final = 3
SAME_FEEDER: Final = 0.4
#: when both say that a whole neighbourhood is dark, the fault sits higher up: the feeder counts more, the house less
SAME_FEEDER_WIDE: Final = 0.8
WIDE_STRETCH: Final = 5.0
WIDE_ADDRESS: Final = 0.7
#: callers name one trouble in different words: these go together
KIN: Final = (
    frozenset({"no_power", "partial"}),
    frozenset({"flicker", "low_voltage", "partial"}),
    frozenset({"no_power", "wire_down", "spark", "pole"}),
)
KIN_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a request. ``phone`` is any stable sign of the number, never the number itself."""

    at: dt.datetime
    type: str = ""
    customer: int | None = None
    account: int | None = None
    phone: str = ""
    address: str = ""
    transformer: int | None = None
    feeder: int | None = None
    lon: float | None = None
    lat: float | None = None
    phenomenon: str = ""
    class_code: str = ""
    scope: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """Log odds: ``bias`` before anything is known, ``agree`` and ``differ`` by part; ``half_life`` of the time gap by
    business type (``*`` for the others), ``near_m`` metres at which nearness has halved."""

    bias: float
    agree: Mapping[str, float]
    differ: Mapping[str, float]
    half_life_hours: Mapping[str, float]
    near_m: float


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison: ``value`` 0 to 1, ``weight`` the log odds it added, ``measure`` what was found (metres, hours)."""

    name: str
    value: float
    weight: float
    measure: float | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` 0 to 1 and the known parts, those that speak most for the same matter first."""

    value: float
    parts: tuple[Part, ...]

    @property
    def reasons(self) -> tuple[Part, ...]:
        """The parts that speak for it."""
        return tuple(part for part in self.parts if part.weight > 0)


Found = tuple[float, float | None] | None


def score(one: Facts, other: Facts, weights: Weights) -> Score:
    """Compare two requests. Raises KeyError when a part has no weight."""
    parts = []
    for name, compare in PARTS.items():
        found = compare(one, other, weights)
        if found is not None:
            value, measure = found
            parts.append(Part(name, value, _weight(name, value, weights), measure))
    best = weights.bias + sum(max(weights.agree[name], weights.differ[name]) for name in PARTS)
    total = weights.bias + sum(part.weight for part in parts)
    value = min(1.0, _logistic(total) / _logistic(best))
    return Score(value, tuple(sorted(parts, key=lambda part: (-part.weight, part.name))))


def _weight(name: str, value: float, weights: Weights) -> float:
    return weights.differ[name] + (weights.agree[name] - weights.differ[name]) * value


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))


def _caller(one: Facts, other: Facts, _w: Weights) -> Found:
    pairs = [(a, b) for a, b in ((one.account, other.account), (one.customer, other.customer)) if a and b]
    return (float(any(a == b for a, b in pairs)), None) if pairs else None


def _phone(one: Facts, other: Facts, _w: Weights) -> Found:
    return (float(one.phone == other.phone), None) if one.phone and other.phone else None


def _address(one: Facts, other: Facts, _w: Weights) -> Found:
    value = address_similarity(one.address, other.address)
    if value is None or (value < WIDE_ADDRESS and _wide(one, other)):
        return None
    return value, None


def _wide(one: Facts, other: Facts) -> bool:
    """Whether both say that a whole neighbourhood or more is without supply."""
    return min(REACH.get(one.scope, 0), REACH.get(other.scope, 0)) >= WIDE


def _supply(one: Facts, other: Facts, _w: Weights) -> Found:
    if not (one.type == other.type == "fault_report") or one.transformer is None or other.transformer is None:
        return None
    if one.transformer == other.transformer:
        return 1.0, 0.0
    near = one.feeder is not None and one.feeder == other.feeder
    share = SAME_FEEDER_WIDE if _wide(one, other) else SAME_FEEDER
    return (share, 1.0) if near else (0.0, None)


def _distance(one: Facts, other: Facts, weights: Weights) -> Found:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    metres = _metres(one.lon, one.lat, other.lon, other.lat)
    reach = weights.near_m * (WIDE_STRETCH if _wide(one, other) else 1.0)
    return float(0.5 ** (metres / reach)), metres


def _metres(lon: float, lat: float, lon2: float, lat2: float) -> float:
    a, b = math.radians(lat), math.radians(lat2)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, half)))


def _time(one: Facts, other: Facts, weights: Weights) -> Found:
    hours = abs((one.at - other.at).total_seconds()) / 3600
    by_type = weights.half_life_hours
    # The longer of the two lives, so that the order of the two does not matter.
    life = max(by_type.get(kind, by_type["*"]) for kind in (one.type, other.type))
    return float(0.5 ** (hours / life)), hours


def _matter(one: Facts, other: Facts, _w: Weights) -> Found:
    if one.type == other.type == "fault_report" and one.phenomenon and other.phenomenon:
        return _phenomena(one.phenomenon, other.phenomenon), None
    if one.type and other.type and one.type != other.type:
        return 0.0, None
    a, b = one.class_code.split("."), other.class_code.split(".")
    if not a[0] or not b[0]:
        return (0.5, None) if one.type and one.type == other.type else None
    same = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        same += 1
    return same / min(len(a), len(b)), None


def _phenomena(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return KIN_SHARE if any({one, other} <= group for group in KIN) else 0.0


def _scope(one: Facts, other: Facts, _w: Weights) -> Found:
    a, b = REACH.get(one.scope), REACH.get(other.scope)
    if a is None or b is None:
        return None
    if one.account is not None and one.account == other.account:
        return 1.0 - abs(a - b) / max(REACH.values()), None
    # Of two homes that both stand alone in the dark neither is about the other; both say the whole street: they are.
    return min(1.0, min(a, b) / WIDE), None


def _text(one: Facts, other: Facts, _w: Weights) -> Found:
    value = text_similarity(one.text, other.text)
    return None if value is None else (value, None)


#: name → comparison, in the order they are told
PARTS: Final[Mapping[str, Callable[[Facts, Facts, Weights], Found]]] = {
    "caller": _caller,
    "phone": _phone,
    "address": _address,
    "supply": _supply,
    "distance": _distance,
    "time": _time,
    "matter": _matter,
    "scope": _scope,
    "text": _text,
}
