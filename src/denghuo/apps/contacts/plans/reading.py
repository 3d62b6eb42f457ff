"""Which plan is in force, and whether a queue is open."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from functools import lru_cache

import chinese_calendar
from django.utils import timezone

from denghuo.apps.accounts.models import Skill
from denghuo.apps.contacts.models import Queue, QueuePlan
from denghuo.apps.contacts.plans.checking import parse
from denghuo.apps.contacts.plans.definition import ALWAYS, CALENDAR, WEEK, WINDOWS, Hours, Plan
from denghuo.core import policies
from denghuo.core.clocks.calendars import calendar_for, china_holidays
from denghuo.core.clocks.models import WorkCalendar
from denghuo.core.errors import InvalidInput
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.worktime import WorkingCalendar

logger = logging.getLogger("denghuo.routing")


def standing_plan(org: OrgUnit | None = None) -> Plan:
    """The plan of conversations without a queue, and of queues without a plan: policy ``routing.default_plan``."""
    value = policies.get("routing.default_plan", org)
    return Plan(
        language_level=int(value.get("language_level", 0)),
        base_points=float(value.get("base_points", 0)),
        ageing_per_minute=float(value.get("ageing_per_minute", 1)),
        target_seconds=int(value.get("target_seconds", 20)),
        affinity_seconds=int(value.get("affinity_seconds", 0)),
    )


def row_in_force(queue: Queue, at: dt.datetime) -> QueuePlan | None:
    """The stored plan that has begun last (index ``contacts_plan_in_force``)."""
    return queue.plans.filter(valid_from__lte=at).order_by("-valid_from", "-pk").first()


def plan_in_force(queue: Queue | None, at: dt.datetime) -> Plan:
    """The plan of ``queue`` at ``at``; the standing plan for no queue, or one that was never planned."""
    row = row_in_force(queue, at) if queue else None
    return _stored(row) if row else standing_plan(queue.org if queue else None)


def plans_in_force(queues: Iterable[Queue], at: dt.datetime) -> dict[int, Plan]:
    """The plans of many queues by queue id, one query (index ``contacts_plan_in_force``)."""
    queues = list(queues)
    rows = QueuePlan.objects.filter(queue__in=queues, valid_from__lte=at)
    found = {row.queue_id: row for row in rows.order_by("queue_id", "-valid_from", "-pk").distinct("queue_id")}
    return {queue.pk: _stored(found[queue.pk]) if queue.pk in found else standing_plan(queue.org) for queue in queues}


def _stored(row: QueuePlan) -> Plan:
    """A stored plan was checked when it was set. One that is no longer readable must not stop the router: it is
    logged, and the standing plan holds."""
    try:
        return _parsed(row.pk, repr(row.definition), row)
    except InvalidInput as error:
        logger.error("plan %s of queue %s cannot be read: %s", row.pk, row.queue_id, sorted(error.fields))
        return standing_plan()


_kept: dict[int, tuple[str, Plan]] = {}


def _parsed(pk: int, text: str, row: QueuePlan) -> Plan:
    known = _kept.get(pk)
    if known is None or known[0] != text:
        if len(_kept) > 500:
            _kept.clear()
        known = _kept[pk] = text, parse(row.definition)
    return known[1]


def checked(definition: object, org: OrgUnit) -> Plan:
    """A definition about to be set for a queue of ``org``: also its skills and its calendar must exist."""
    return parse(
        definition,
        skills=set(Skill.objects.values_list("code", flat=True)),
        calendars=set(calendars_of(org)),
    )


def calendars_of(org: OrgUnit) -> dict[str, str]:
    """Names and labels of the working calendars that hold for ``org``."""
    rows = WorkCalendar.objects.filter(org__in=org.ancestor_ids()) | WorkCalendar.objects.filter(org=None)
    return {row.name: row.label for row in rows.order_by("name", "valid_from")}


def queue_open(queue: Queue | None, at: dt.datetime) -> tuple[bool, str]:
    """Whether the queue is served at ``at``, and what to say when it is not (in the reader's language, may be "")."""
    if queue is None:
        return True, ""
    plan = plan_in_force(queue, at)
    open_now = queue.active and is_open(plan.hours, queue.org, at)
    return open_now, "" if open_now else str(plan.announcements.closed)


def is_open(hours: Hours, org: OrgUnit, at: dt.datetime) -> bool:
    """Whether ``at`` lies in the hours of a unit. A calendar that has been taken away counts as always open: nobody
    is turned away by a missing row."""
    if hours.mode == WINDOWS:
        return _weekly(_frozen(hours), hours.closed_on_holidays, timezone.localdate(at).year).is_working(at)
    if hours.mode == CALENDAR:
        row = calendar_for(org, hours.calendar, timezone.localdate(at))
        return row is None or row.engine().is_working(at)
    return hours.mode == ALWAYS


def _frozen(hours: Hours) -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(tuple((str(a), str(b)) for a, b in hours.windows.get(day, ())) for day in WEEK)


@lru_cache(maxsize=256)
def _weekly(windows: tuple[tuple[tuple[str, str], ...], ...], holidays: bool, year: int) -> WorkingCalendar:
    """Windows of the week; with ``holidays`` public holidays are free and make-up days are worked like a Monday."""
    weekly = dict(zip(WEEK, windows, strict=True))
    exceptions: dict[str, list[tuple[str, str]]] = {}
    if holidays:
        worked = next((list(weekly[day]) for day in WEEK if weekly[day]), [])
        for entry in china_holidays(range(year - 1, year + 2)):
            exceptions |= {date.isoformat(): [] for date in (*entry.holidays, *_named_weekends(entry.year))}
            exceptions |= {date.isoformat(): worked for date in entry.makeup_days}
    return WorkingCalendar.from_json(weekly, exceptions)


def _named_weekends(year: int) -> list[dt.date]:
    """Saturdays and Sundays that belong to a public holiday, as far as the yearly notice is in the data."""
    days = (dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(366))
    weekends = [day for day in days if day.year == year and day.weekday() >= 5]
    try:
        found = [day for day in weekends if chinese_calendar.get_holiday_detail(day) != (True, None)]
        return [day for day in found if chinese_calendar.is_holiday(day)]
    except NotImplementedError:
        return []
