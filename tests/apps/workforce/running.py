"""A running day at eleven o'clock, short of people until the late shift comes at two."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.contacts.models import AgentStateSpan
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.models import SLOTS, ForecastDay, ForecastRun, RunKind
from denghuo.apps.workforce.rosters.models import DayKind, PeriodState, RosterPeriod, ShiftAssignment, ShiftType
from tests.helpers.routing import queue as make_queue

TODAY = dt.date(2027, 3, 3)  # a Wednesday
AT = midnight(TODAY) + dt.timedelta(hours=11)


def shift(org: Any, code: str, start: dt.time, minutes: int = 510) -> ShiftType:
    """A shift of the library with an unpaid meal after four hours."""
    breaks = [{"at": 240, "minutes": 30, "paid": False}] if minutes > 270 else []
    return ShiftType.objects.create(org=org, code=code, name=code, start=start, minutes=minutes, breaks=breaks)


def expect(queue: Any, level: float, handling: float = 300.0) -> None:
    """A forecast for today: ``level`` contacts in each half hour from eight to eight."""
    run = ForecastRun.objects.create(org=queue.org, kind=RunKind.INTRADAY, made_at=AT, first=TODAY, days=1)
    mean = [level if 16 <= slot < 40 else 0.0 for slot in range(SLOTS)]
    ForecastDay.objects.create(
        run=run,
        org=queue.org,
        queue=queue,
        day=TODAY,
        mean=mean,
        low=mean,
        high=mean,
        handle_seconds=[handling] * SLOTS,
    )


def running_day(org: Any, make_staff: Any, *, early: int = 5, late: int = 5, level: float = 36.0) -> SimpleNamespace:
    """Early people (6:00–14:30) at work since six, late people from 14:00, one on standby, one in training.

    36 calls of five minutes a half hour are six people's work, so five are too few until the late ones come.
    """
    queue = make_queue(org, "t_voice", channels=["voice"], channel_class="voice")
    expect(queue, level)
    shifts = {
        "E": shift(org, "E", dt.time(6)),
        "L": shift(org, "L", dt.time(14), 480),
        "S": shift(org, "S", dt.time(10)),
    }
    period = RosterPeriod.objects.create(
        org=org, first=TODAY.replace(day=1), last=TODAY.replace(day=31), state=PeriodState.PUBLISHED, made_at=AT
    )
    wanted = (
        [("E", DayKind.WORK)] * early + [("L", DayKind.WORK)] * late + [("S", DayKind.STANDBY), ("S", DayKind.TRAINING)]
    )
    people, rows = [], []
    for code, kind in wanted:
        one = make_staff("agent", org)
        people.append(one)
        rows.append(ShiftAssignment.objects.create(period=period, staff=one, day=TODAY, shift=shifts[code], kind=kind))
        if code == "E":
            began = midnight(TODAY) + dt.timedelta(hours=6)
            AgentStateSpan.objects.create(staff=one, org=org, state=AgentState.READY, started_at=began)
    return SimpleNamespace(
        org=org, queue=queue, shifts=shifts, period=period, people=people, rows=rows, early=people[:early],
        standby=people[-2], training=people[-1],
    )  # fmt: skip
