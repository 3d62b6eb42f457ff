"""Forecasts and required heads over REST."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from ninja import Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.workforce.demand import reading
from denghuo.apps.workforce.demand.models import RequirementDay
from denghuo.apps.workforce.demand.staffing import requirements
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import BIGGEST_KEY, actor_of
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["workforce"], auth=StaffAuth())
MOST_DAYS = 62


class ForecastDayOut(Schema):
    """A day by half hour (48 numbers each): contacts expected with corrections, their range, seconds a contact takes."""

    day: dt.date
    mean: list[float]
    low: list[float]
    high: list[float]
    handle_seconds: list[float]
    abandoned: list[float]
    made_at: dt.datetime


class RequirementDayOut(Schema):
    """Heads by half hour (48 numbers each): at work, rostered with shrinkage; ``bound``: the target they hang on (1 service
    level, 2 answer, 3 abandoned, 4 occupancy, 5 fewest, 6 deadline)."""

    queue_id: int
    queue: str
    day: dt.date
    heads: list[int]
    rostered: list[int]
    bound: list[int]
    service_level: list[float]
    made_at: dt.datetime


def _span(first: dt.date, last: dt.date) -> None:
    if last < first or (last - first).days >= MOST_DAYS:
        raise InvalidInput({"last": f"1 – {MOST_DAYS} d"})


@router.get("/workforce/forecast", response=list[ForecastDayOut])
def forecast(
    request: HttpRequest, first: dt.date, last: dt.date,
    queue: int | None = Query(None, ge=1, le=BIGGEST_KEY), unit: int | None = Query(None, ge=1, le=BIGGEST_KEY),
) -> list[ForecastDayOut]:  # fmt: skip
    """The forecast in force of a queue, or of a unit with everything below it, ``first`` to ``last``."""
    actor = actor_of(request)
    _span(first, last)
    if queue is not None:
        one = reading.need_queue(actor, queue)
        found = reading.days_of(one.org, one, first, last)
    else:
        units = reading.units_of(actor)
        chosen: OrgUnit | None = next((each for each in units if unit is None or each.pk == unit), None)
        if chosen is None:
            raise NotFound()
        found = reading.days_of(chosen, None, first, last)
    return [
        ForecastDayOut(
            day=day.day, mean=_round(day.mean), low=_round(day.low), high=_round(day.high),
            handle_seconds=day.row.handle_seconds, abandoned=day.row.abandoned, made_at=day.row.run.made_at,
        )
        for day in found
    ]  # fmt: skip


@router.get("/workforce/requirements", response=list[RequirementDayOut])
def required(
    request: HttpRequest, first: dt.date, last: dt.date, queue: int | None = Query(None, ge=1, le=BIGGEST_KEY)
) -> list[RequirementDayOut]:
    """Heads by queue and day, ``first`` to ``last``: of one queue, or of all the caller may see."""
    actor = actor_of(request)
    _span(first, last)
    if queue is not None:
        keys = [reading.need_queue(actor, queue).pk]
    else:
        keys = [one.pk for top in reading.units_of(actor) for one in reading.queues_under(top)]
    rows: list[RequirementDay] = list(requirements(keys, first, last).values())
    return [
        RequirementDayOut(
            queue_id=row.queue_id, queue=row.queue.code, day=row.day, heads=row.heads, rostered=row.rostered,
            bound=row.bound, service_level=row.service_level, made_at=row.made_at,
        )
        for row in sorted(rows, key=lambda each: (each.day, each.queue_id))
    ]  # fmt: skip


def _round(values: object) -> list[float]:
    return [round(float(value), 3) for value in values]  # type: ignore[attr-defined]
