"""What a prediction goes by: the levels of a report's factors, as text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.models import WarningLevel, WeatherHour
from denghuo.core import policies

STAGES: Final = ("accept", "arrive", "restore")
#: before classification, and after it; the first two of each make cases alike
INTAKE: Final = ("phenomenon", "area", "hour", "load", "weather", "unit")
ACCEPTED: Final = ("class", "area", "class_area", "detail", "phenomenon", "urgency", "hour", "load", "weather", "unit")
ALIKE: Final = {"intake": ("phenomenon", "area"), "accepted": ("class", "area")}
FACTORS: Final = {"intake": INTAKE, "accepted": ACCEPTED}
UNKNOWN: Final = "unknown"
PLAIN: Final = "plain"
ALARMING: Final = (WarningLevel.ORANGE, WarningLevel.RED)


@dataclass(frozen=True, slots=True)
class Bands:
    """The limits of the bands, read once for many cases."""

    hours: Mapping[str, float]
    load: Mapping[str, float]
    weather: Mapping[str, float]

    @classmethod
    def in_force(cls, at: dt.datetime | None = None) -> Bands:
        return cls(
            *(policies.get(f"prediction.{name}", None, at) for name in ("hours", "load", "weather")),
        )

    def hour_of(self, at: dt.datetime) -> str:
        """The part of the day in local time."""
        local = timezone.localtime(at)
        return _band(self.hours, local.hour + local.minute / 60)

    def load_of(self, open_now: int, crews: int) -> str:
        """By open fault reports for each crew of the unit."""
        return _band(self.load, open_now / max(crews, 1))

    def weather_of(self, hour: WeatherHour | None) -> str:
        """The worst of: orange or red warning, wind, rain, heat, frost; else plain; unknown without a record."""
        if hour is None:
            return UNKNOWN
        if hour.warning in ALARMING:
            return "warning"
        limits = self.weather
        for name, value in (("wind", hour.wind), ("rain", hour.rain), ("hot", hour.temperature)):
            if value is not None and name in limits and value >= limits[name]:
                return name
        if hour.temperature is not None and "cold" in limits and hour.temperature <= limits["cold"]:
            return "cold"
        return PLAIN


def _band(starts: Mapping[str, float], value: float) -> str:
    """The name of the last band that starts at or below ``value``; below all, the one that starts last (a day goes round)."""
    ranked = sorted(starts.items(), key=lambda item: item[1])
    return next((name for name, start in reversed(ranked) if start <= value), ranked[-1][0])


def levels_of(request: Request, *, at: dt.datetime, load: str, weather: str, bands: Bands, path: str) -> dict[str, str]:
    """Every factor of a report at ``at``. The unit is the city (third place of the org path): counties are too small to
    learn from by themselves."""
    kind, area = request.fault_class or UNKNOWN, request.area_type or UNKNOWN
    return {
        "phenomenon": request.phenomenon or UNKNOWN,
        "class": kind,
        "area": area,
        "class_area": f"{kind}/{area}",
        "detail": request.class_code or kind,
        "urgency": request.urgency,
        "hour": bands.hour_of(at),
        "load": load,
        "weather": weather,
        "unit": "".join(f"{part}." for part in path.split(".")[:3] if part),
    }


def picked(levels: Mapping[str, str], part: str) -> tuple[str, ...]:
    """The levels a fitted part reads, in its order."""
    return tuple(levels[name] for name in FACTORS[part])
