"""Whatever is done to a clock, in whatever order: its identities hold, and each limit is told of once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from denghuo.core.actors import Actor
from denghuo.core.clocks import actions
from denghuo.core.clocks.models import Clock, ClockState, WorkCalendar
from denghuo.core.clocks.reading import clock_state
from denghuo.core.clocks.sweeper import sweep_all
from denghuo.core.events import timeline

CN = ZoneInfo("Asia/Shanghai")
ME = Actor.system("test")
SUBJECT = ("request", 12)
START = dt.datetime(2026, 9, 28, 9, 0, tzinfo=CN)  # a Monday
MINUTE = dt.timedelta(minutes=1)
WINDOWS = [(510, 720), (810, 1050)]  # 08:30-12:00, 13:30-17:30 in minutes of the day

steps = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "budget", "sweep", "wait"]), st.integers(0, 400), st.integers(1, 900)
    ),
    max_size=12,
)


@pytest.fixture
def office(org_tree: Any) -> WorkCalendar:
    pairs = [["08:30", "12:00"], ["13:30", "17:30"]]
    return WorkCalendar.objects.create(
        org=org_tree.company, name="o", label="o", valid_from=dt.date(2026, 1, 1), exceptions={"2026-10-01": []},
        windows=dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], pairs),
    )  # fmt: skip


def works(at: dt.datetime, on_office: bool) -> bool:
    """Whether the minute from ``at`` on is working time: slow and obvious."""
    if not on_office:
        return True
    minute = at.hour * 60 + at.minute
    return at.weekday() < 5 and at.date() != dt.date(2026, 10, 1) and any(a <= minute < b for a, b in WINDOWS)


class Reference:
    """The clock counted minute by minute."""

    def __init__(self, on_office: bool) -> None:
        self.on_office, self.now, self.used, self.held = on_office, START, 0, False
        self.used_at: list[tuple[dt.datetime, int]] = [(START, 0)]  # after each minute: how many are used up

    def wait(self, minutes: int) -> None:
        for _ in range(minutes):
            self.used += works(self.now, self.on_office) and not self.held
            self.now += MINUTE
            self.used_at.append((self.now, self.used))

    def passed(self, budget: int) -> dt.datetime | None:
        """When ``budget`` minutes had been used up; None: not yet."""
        return next((at for at, used in self.used_at if used >= budget), None)


@pytest.mark.parametrize("on_office", [False, True])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(budget=st.integers(1, 900), plan=steps)
def test_a_clock_agrees_with_counting_the_minutes(
    org_tree: Any, office: WorkCalendar, on_office: bool, budget: int, plan: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        _run(org_tree.county, office if on_office else None, budget, plan)
        transaction.set_rollback(True)


def _run(org: Any, calendar: WorkCalendar | None, budget: int, plan: list[tuple[str, int, int]]) -> None:
    reference, limits_set = Reference(calendar is not None), 1
    clock = actions.start(
        ME, "k", SUBJECT, org, budget=budget * MINUTE, at=START, calendar=calendar, warn_ratio=0.75
    )  # fmt: skip
    for verb, minutes, amount in plan:
        reference.wait(minutes)
        now = reference.now
        if verb == "pause" and not reference.held:
            actions.pause(ME, clock, "等待", at=now)
            reference.held = True
        elif verb == "resume" and reference.held:
            actions.resume(ME, clock, at=now)
            reference.held = False
        elif verb == "budget":
            actions.recompute(ME, clock, amount * MINUTE, "改判", at=now)
            budget, limits_set = amount, limits_set + 1
        elif verb == "sweep":
            sweep_all(now)
        clock = Clock.objects.select_related("calendar").get(pk=clock.pk)
        _agrees(clock, reference, budget)
        told = Counter(event.kind for event in timeline(*SUBJECT))
        assert told["clock.breached"] <= limits_set and told["clock.warned"] <= limits_set
    _ends(clock, reference, budget)


def _agrees(clock: Clock, reference: Reference, budget: int) -> None:
    now = reference.now
    reading = clock_state(clock, now)
    assert reading.elapsed == reference.used * MINUTE
    assert reading.elapsed + reading.remaining == reading.budget == budget * MINUTE
    passed = reference.passed(budget)
    if clock.state == ClockState.RUNNING:
        assert clock.warn_at <= clock.due_at
        if passed is None:
            assert clock.due_at > now and clock.breached_at is None
        elif reference.used > budget:
            assert clock.due_at == passed
    if clock.breached_at is not None:
        assert clock.breached_at == passed


def _ends(clock: Clock, reference: Reference, budget: int) -> None:
    """The outcome is the same whether or not a sweep comes first, and nothing is told twice."""
    before = Counter(event.kind for event in timeline(*SUBJECT))["clock.breached"]
    sweep_all(reference.now)
    swept = Counter(event.kind for event in timeline(*SUBJECT))["clock.breached"]
    late = reference.used > budget
    outcome = actions.stop(ME, clock, at=reference.now)
    if reference.used != budget:  # used up exactly: late when a rest has followed, which the golden table works through
        assert outcome == ("breached" if late else "met")
    after = Counter(event.kind for event in timeline(*SUBJECT))["clock.breached"]
    assert swept - before <= 1 and after - swept <= (0 if swept > before else 1)
    assert sweep_all(reference.now + dt.timedelta(days=400)) == (0, 0)
