"""The weather by hour: reading it for a place and time, and taking it in."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from denghuo.apps.requests.prediction.models import WarningLevel, WeatherHour
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.events import record
from denghuo.core.measured import csv_rows
from denghuo.core.scoping.models import OrgUnit

COLUMNS: Final = ("org", "at", "temperature", "wind", "rain", "warning")
NUMBERS: Final = {"temperature": (-60.0, 60.0), "wind": (0.0, 100.0), "rain": (0.0, 300.0)}
LABELS: Final = {field.name: field.verbose_name for field in WeatherHour._meta.fields}
MOST_ROWS: Final = 100_000
SHOWN_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class Skies:
    """Weather records of a stretch of time, ready to be asked often."""

    hours: Mapping[int, Sequence[WeatherHour]]
    longest: dt.timedelta

    @classmethod
    def between(cls, since: dt.datetime, until: dt.datetime) -> Skies:
        """One query (unique index of org and hour)."""
        longest = dt.timedelta(hours=policies.get("prediction.weather_hours"))
        found: dict[int, list[WeatherHour]] = defaultdict(list)
        for row in WeatherHour.objects.filter(at__range=(since - longest, until)).order_by("org_id", "at"):
            found[row.org_id].append(row)
        return cls(found, longest)

    def over(self, path: str, at: dt.datetime) -> WeatherHour | None:
        """The latest record at or before ``at``, not older than the policy allows, of the nearest unit upward."""
        for unit in reversed([int(part) for part in path.split(".") if part]):
            rows = self.hours.get(unit, ())
            place = bisect_right(rows, at, key=lambda row: row.at)
            if place and rows[place - 1].at >= at - self.longest:
                return rows[place - 1]
        return None


@action("prediction.keep_weather")
def keep_weather(actor: Actor, rows: Iterable[Mapping[str, Any]], *, source: str = "") -> int:
    """Keep weather records; one of the same unit and hour is replaced. Gives how many hours were kept.

    Each row: ``org`` (code of a unit), ``at`` (aware; cut to the full hour), ``temperature`` ℃, ``wind`` m/s, ``rain``
    mm/h, ``warning`` (blue, yellow, orange, red or empty); what is missing is unknown. All or nothing: raises InvalidInput
    naming every row at fault, NotAllowed outside the actor's units.
    """
    given = list(rows)
    if len(given) > MOST_ROWS:
        raise InvalidInput({"rows": _("一次最多 %(n)s 行，请分批导入") % {"n": MOST_ROWS}})
    units = {unit.code: unit for unit in OrgUnit.objects.filter(code__in={str(row.get("org", "")) for row in given})}
    for unit in units.values():
        actor.require("prediction.manage", unit.path)
    faults: list[str] = []
    kept: dict[tuple[int, dt.datetime], WeatherHour] = {}
    for number, row in enumerate(given, 1):
        made = _weather_hour(number, row, units, source, faults)
        if made is not None:
            kept[made.org_id, made.at] = made
    if not given:
        faults.append(_("文件中没有数据行，请按样例填写"))
    if faults:
        more = (
            [_("……另有 %(n)s 处，请先改正以上各行") % {"n": len(faults) - SHOWN_FAULTS}]
            if len(faults) > SHOWN_FAULTS
            else []
        )
        raise InvalidInput({"rows": faults[:SHOWN_FAULTS] + more})
    WeatherHour.objects.bulk_create(
        kept.values(),
        update_conflicts=True,
        unique_fields=["org", "at"],
        update_fields=["temperature", "wind", "rain", "warning", "source"],
        batch_size=1000,
    )
    root = next(iter(units.values()))
    record(actor, "prediction.weather_kept", root, org=root, payload={"hours": len(kept), "units": len(units)})
    return len(kept)


def _weather_hour(
    number: int, row: Mapping[str, Any], units: Mapping[str, OrgUnit], source: str, faults: list[str]
) -> WeatherHour | None:
    def fault(text: str) -> None:
        faults.append(_("第 %(n)s 行：%(text)s") % {"n": number, "text": text})

    before = len(faults)
    unit = units.get(str(row.get("org", "")).strip())
    if unit is None:
        fault(_("没有编码为“%(code)s”的单位") % {"code": str(row.get("org", ""))[:32]})
    at = _hour(row.get("at"))
    if at is None:
        fault(_("时间请写成 2026-01-31 08:00"))
    elif at > moment.now():
        fault(_("时间晚于现在；这里只收实况，不收预报"))
    values = {name: _number(row.get(name), name, fault) for name in NUMBERS}
    warning = str(row.get("warning") or "").strip()
    if warning not in WarningLevel.values:
        fault(_("预警请填 blue、yellow、orange、red 或留空"))
    if len(faults) > before or unit is None or at is None:
        return None
    return WeatherHour(org=unit, at=at, warning=warning, source=source[:60], **values)


def _hour(value: Any) -> dt.datetime | None:
    try:
        at = value if isinstance(value, dt.datetime) else parse_datetime(str(value or "").strip())
    except ValueError:
        return None
    if at is None:
        return None
    at = at if at.tzinfo else timezone.make_aware(at)
    return at.replace(minute=0, second=0, microsecond=0)


def _number(value: Any, name: str, fault: Any) -> float | None:
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    low, high = NUMBERS[name]
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        label = LABELS[name]
        fault(_("%(label)s应为 %(low)g 到 %(high)g 之间的数字") % {"label": label, "low": low, "high": high})
        return None
    return number


def rows_of_csv(content: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file in UTF-8 or GB 18030 with the heads of :data:`COLUMNS`. Raises InvalidInput (file)."""
    return csv_rows(content, ("org", "at"))
