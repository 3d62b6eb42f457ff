"""Registered events as the engine reads them: hours nothing is learned from, and drivers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from denghuo.apps.workforce.demand.counting import HALF_HOUR, midnight
from denghuo.apps.workforce.demand.models import SLOTS, DriverEvent, DriverKind
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.forecasting import Driver

#: our kind -> the engine's
ENGINE_KIND: Final = {
    DriverKind.CAMPAIGN: "campaign",
    DriverKind.OUTAGE: "outage",
    DriverKind.WARNING: "warning",
    DriverKind.HOLIDAY: "campaign",
}


@dataclass(frozen=True)
class Events:
    """The events of a span, to be asked for one queue or unit at a time."""

    rows: Sequence[DriverEvent]

    def of(self, org: OrgUnit, queue_id: int | None) -> list[DriverEvent]:
        """Events of the unit, of those above and below it; of one queue alone only for that queue and whole units."""
        return [
            one for one in self.rows
            if (one.org.path.startswith(org.path) or org.path.startswith(one.org.path))
            and (one.queue_id is None or queue_id is None or one.queue_id == queue_id)
        ]  # fmt: skip

    def abnormal(self, org: OrgUnit, queue_id: int | None, first: dt.date, days: int) -> npt.NDArray[np.bool_]:
        """True (days x half hours) in hours that will not repeat."""
        mask = np.zeros(days * SLOTS, dtype=np.bool_)
        for one in self.of(org, queue_id):
            if one.abnormal:
                mask[_span(one, first, days)] = True
        return mask.reshape(days, SLOTS)

    def drivers(self, org: OrgUnit, queue_id: int | None, first: dt.date, days: int) -> tuple[Driver, ...]:
        """One driver for each kind that occurs, its strength by half hour over history and days ahead."""
        found: dict[str, npt.NDArray[np.float64]] = {}
        for one in self.of(org, queue_id):
            if one.abnormal:
                continue
            values = found.setdefault(one.kind, np.zeros(days * SLOTS))
            values[_span(one, first, days)] += one.strength
        return tuple(
            Driver(kind, ENGINE_KIND[DriverKind(kind)], values)
            for kind, values in sorted(found.items())
            if values.any()
        )


def read(unit: OrgUnit, first: dt.date, until: dt.date) -> Events:
    """Events of the unit, those above and below it that touch ``first`` .. ``until`` (index ``workforce_driver_starts``)."""
    rows = DriverEvent.objects.select_related("org", "queue").filter(
        removed_at=None, starts__lt=midnight(until), ends__gt=midnight(first)
    )
    return Events([one for one in rows.order_by("starts", "pk") if _related(one.org, unit)])


def _related(one: OrgUnit, unit: OrgUnit) -> bool:
    return one.path.startswith(unit.path) or unit.path.startswith(one.path)


def _span(one: DriverEvent, first: dt.date, days: int) -> slice:
    start = midnight(first)
    begin = int((one.starts - start) // HALF_HOUR)
    end = int(-((start - one.ends) // HALF_HOUR))
    return slice(max(0, min(begin, days * SLOTS)), max(0, min(end, days * SLOTS)))


def on_day(events: Events, org: OrgUnit, queue_id: int | None, day: dt.date) -> list[dict[str, Any]]:
    """Events that touch a day, for its chart: name, kind, first and last half hour."""
    found = []
    for one in events.of(org, queue_id):
        span = _span(one, day, 1)
        if span.stop > span.start:
            found.append({"event": one, "from": span.start, "to": span.stop})
    return found
