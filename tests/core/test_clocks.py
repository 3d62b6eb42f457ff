"""Clocks: started, paused, warned, breached and stopped, each told of once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from denghuo.core.actors import Actor
from denghuo.core.clocks import actions, batch
from denghuo.core.clocks.actions import NewClock
from denghuo.core.clocks.models import Clock, ClockState, WorkCalendar
from denghuo.core.clocks.reading import clock_state, clocks_for, clocks_for_many, live_clock
from denghuo.core.clocks.sweeper import sweep
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events import Event, timeline
from denghuo.core.policies import KEYS, PolicyKey, PolicyMissing, clear_cache
from denghuo.core.policies.models import PolicyValue

CN = ZoneInfo("Asia/Shanghai")
T0 = dt.datetime(2026, 9, 28, 9, 0, tzinfo=CN)  # a Monday
MINUTE = dt.timedelta(minutes=1)
ME = Actor(kind="staff", id=7, name="李工")
SUBJECT = ("request", 12)


def after(minutes: float) -> dt.datetime:
    return T0 + minutes * MINUTE


@pytest.fixture
def org(org_tree: Any) -> Any:
    return org_tree.county


@pytest.fixture
def office(org_tree: Any) -> WorkCalendar:
    pairs = [["08:30", "12:00"], ["13:30", "17:30"]]
    return WorkCalendar.objects.create(
        org=org_tree.company,
        name="office",
        label="行政班",
        windows=dict.fromkeys(["mon", "tue", "wed", "thu", "fri"], pairs),
        exceptions={"2026-10-01": [], "2026-10-02": []},
        valid_from=dt.date(2026, 1, 1),
    )


def begin(org: Any, minutes: int = 60, **more: Any) -> Clock:
    more = {"kind": "arrival.standard", "subject": SUBJECT, "at": T0, "warn_ratio": 0.75, **more}
    return actions.start(ME, org=org, budget=minutes * MINUTE, **more)


def kinds() -> list[str]:
    return [event.kind for event in timeline(*SUBJECT)]


def test_a_clock_says_when_it_is_due_and_when_to_warn(org: Any) -> None:
    clock = begin(org)
    assert (clock.warn_at, clock.due_at) == (after(45), after(60))
    event = timeline(*SUBJECT)[0]
    assert event.kind == "clock.started"
    assert event.payload["due_at"] == after(60).isoformat()
    assert "request:12" in event.topics


@pytest.mark.parametrize(("unit", "seconds"), [("minutes", 2700), ("seconds", 45)])
def test_the_budget_may_come_from_a_policy(org: Any, unit: str, seconds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEYS, "clock.test", PolicyKey("clock.test", unit, "测试时限"))
    value = PolicyValue.objects.create(key="clock.test", valid=TimestamptzRange(T0, None), value=45, source="测试")
    clear_cache()
    clock = actions.start(ME, "test", SUBJECT, org, policy="clock.test", at=T0)
    assert (clock.budget_seconds, clock.policy_key, clock.policy_value_id) == (seconds, "clock.test", value.pk)
    assert clock.warn_seconds == round(seconds * 0.75)  # the shipped clock.warn_ratio
    assert timeline(*SUBJECT)[0].payload["policy_value_id"] == value.pk


def test_the_budget_may_differ_by_category(org: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KEYS, "clock.test", PolicyKey("clock.test", "minutes_by", "测试时限"))
    value = {"urban": 45, "rural": 90}
    PolicyValue.objects.create(key="clock.test", valid=TimestamptzRange(T0, None), value=value, source="测试")
    clear_cache()
    assert actions.start(ME, "a", SUBJECT, org, policy="clock.test", part="rural", at=T0).due_at == after(90)
    with pytest.raises(PolicyMissing, match="remote"), transaction.atomic():
        actions.start(ME, "b", SUBJECT, org, policy="clock.test", part="remote", at=T0)
    with pytest.raises(PolicyMissing), transaction.atomic():
        actions.start(ME, "c", SUBJECT, org, policy="clock.test", part="urban", at=T0 - MINUTE)
    assert Clock.objects.count() == 1


@pytest.mark.parametrize(("minutes", "level"), [(0, "ok"), (44, "ok"), (45, "warn"), (60, "warn"), (60.1, "breached")])
def test_the_chip_shows_how_near_the_limit_is(org: Any, minutes: float, level: str) -> None:
    reading = clock_state(begin(org), after(minutes))
    assert reading.level == level
    assert reading.elapsed + reading.remaining == reading.budget
    assert reading.elapsed == minutes * MINUTE
    assert reading.fraction == pytest.approx(minutes / 60)


def test_warning_and_breach_fire_once_each(org: Any) -> None:
    begin(org)
    assert sweep(after(44)) == (0, 0)
    assert sweep(after(45)) == (1, 0)
    assert sweep(after(50)) == (0, 0)
    assert sweep(after(60)) == (0, 0)  # exactly at the limit is still in time
    assert sweep(after(61)) == (0, 1)
    assert sweep(after(90)) == (0, 0)
    assert kinds() == ["clock.started", "clock.warned", "clock.breached"]
    assert Clock.objects.get().breached_at == after(60)


def test_a_sweeper_that_was_down_reports_the_breach_and_no_false_warning(org: Any) -> None:
    begin(org)
    assert sweep(after(120)) == (0, 1)
    assert sweep(after(121)) == (0, 0)
    assert Clock.objects.get().warned_at is None


@pytest.mark.parametrize(
    ("minutes", "outcome", "state"), [(59, "met", "met"), (60, "met", "met"), (61, "breached", "breached_stopped")]
)
@pytest.mark.parametrize("swept", [False, True])
def test_the_outcome_does_not_depend_on_the_sweeper(
    org: Any, minutes: int, outcome: str, state: str, swept: bool
) -> None:
    clock = begin(org)
    if swept:
        sweep(after(62))  # it may even come before the news of the arrival
    assert actions.stop(ME, clock, at=after(minutes)) == outcome
    clock.refresh_from_db()
    assert clock.state == state
    assert (clock.breached_at is not None) == (outcome == "breached")
    assert sweep(after(300)) == (0, 0)
    breaches = Counter(kinds())["clock.breached"]
    assert breaches == (1 if swept or outcome == "breached" else 0)
    stopped = timeline(*SUBJECT)[-1]
    assert stopped.payload["outcome"] == outcome
    assert stopped.payload["breach_withdrawn"] == (swept and outcome == "met")
    assert clock.changes.filter(what="corrected").exists() == (swept and outcome == "met")


def test_a_pause_stops_the_count_and_resuming_gives_back_what_was_left(org: Any) -> None:
    clock = begin(org)
    clock = actions.pause(ME, clock, "等待客户配合", at=after(20))
    assert clock_state(clock, after(500)).remaining == 40 * MINUTE
    assert clock_state(clock, after(500)).level == "paused"
    assert sweep(after(500)) == (0, 0)
    clock = actions.resume(ME, clock, at=after(100))
    assert (clock.warn_at, clock.due_at) == (after(125), after(140))  # 25 and 40 minutes left at 100
    assert clock.paused_seconds == 80 * 60
    assert actions.stop(ME, clock, at=after(140)) == "met"
    assert kinds() == ["clock.started", "clock.paused", "clock.resumed", "clock.stopped"]
    assert [c.what for c in clock.changes.all()] == ["paused", "resumed"]
    assert clock.changes.get(what="paused").reason == "等待客户配合"


def test_pausing_too_late_still_tells_of_the_breach(org: Any) -> None:
    clock = actions.pause(ME, begin(org), "等待", at=after(70))
    assert clock.breached_at == after(60)
    assert actions.stop(ME, clock, at=after(80)) == "breached"
    assert kinds() == ["clock.started", "clock.breached", "clock.paused", "clock.stopped"]


def test_office_hours_carry_a_clock_over_night_and_holiday(org: Any, office: WorkCalendar) -> None:
    # Wednesday 30 Sep 16:30 + 2 h: 1 h to 17:30, Thursday and Friday are holidays, Monday 5 Oct 08:30–09:30.
    start = dt.datetime(2026, 9, 30, 16, 30, tzinfo=CN)
    clock = begin(org, 120, at=start, calendar=office)
    assert clock.due_at == dt.datetime(2026, 10, 5, 9, 30, tzinfo=CN)
    # Paused from Monday 08:45 (75 min used) over lunch to 14:00: 45 min left → 14:45.
    clock = actions.pause(ME, clock, "等待", at=dt.datetime(2026, 10, 5, 8, 45, tzinfo=CN))
    assert clock.spent == 75 * MINUTE
    clock = actions.resume(ME, clock, at=dt.datetime(2026, 10, 5, 14, 0, tzinfo=CN))
    assert clock.due_at == dt.datetime(2026, 10, 5, 14, 45, tzinfo=CN)
    reading = clock_state(clock, dt.datetime(2026, 10, 5, 14, 30, tzinfo=CN))
    assert (reading.elapsed, reading.remaining) == (105 * MINUTE, 15 * MINUTE)


def test_recomputing_moves_the_limit_and_keeps_the_old_one(org: Any) -> None:
    clock = begin(org)
    sweep(after(61))
    clock = actions.recompute(ME, clock, 120 * MINUTE, "改判为农村", at=after(70))
    assert (clock.due_at, clock.warn_at) == (after(120), after(90))
    assert (clock.breached_at, clock.warned_at) == (None, None)
    change = clock.changes.get()
    assert change.before["breached_at"] is not None and change.before["budget_seconds"] == 3600
    assert change.after["budget_seconds"] == 7200
    assert sweep(after(121)) == (0, 1)  # the new limit fires in its own right
    assert actions.stop(ME, clock, at=after(130)) == "breached"


def test_cutting_the_budget_below_what_is_used_breaches_at_once(org: Any) -> None:
    clock = actions.recompute(ME, begin(org), 20 * MINUTE, "改判为紧急", at=after(30))
    assert clock.due_at == after(20)
    assert sweep(after(30)) == (0, 1)


def test_cutting_the_budget_during_a_pause_breaches_when_counting_goes_on(org: Any) -> None:
    clock = actions.pause(ME, begin(org), "等待", at=after(30))
    clock = actions.recompute(ME, clock, 20 * MINUTE, "改判为紧急", at=after(35))
    clock = actions.resume(ME, clock, at=after(40))
    assert sweep(after(41)) == (0, 1)
    assert actions.stop(ME, clock, at=after(42)) == "breached"
    assert Counter(kinds())["clock.breached"] == 1


def test_cancelling_ends_it_without_an_outcome_but_not_without_its_breach(org: Any) -> None:
    clock = actions.cancel(ME, begin(org), "客户撤销", at=after(10))
    assert (clock.state, clock.breached_at) == (ClockState.CANCELLED, None)
    late = actions.cancel(ME, begin(org), "客户撤销", at=after(90))
    assert late.breached_at == after(60)
    assert sweep(after(999)) == (0, 0)
    assert clock_state(late, after(999)).level == "cancelled"


def test_one_kind_of_clock_runs_once_on_a_subject(org: Any) -> None:
    clock = begin(org)
    with pytest.raises(Conflict) as error, transaction.atomic():
        begin(org)
    assert error.value.code == "clock_running"
    actions.stop(ME, clock, at=after(1))
    begin(org, at=after(2))
    assert len(clocks_for(SUBJECT)) == 2
    assert live_clock(SUBJECT, "arrival.standard").started_at == after(2)  # type: ignore[union-attr]


def test_wrong_order_and_missing_reasons_are_refused_by_field(org: Any) -> None:
    clock = begin(org)
    with pytest.raises(InvalidInput) as error, transaction.atomic():
        actions.stop(ME, clock, at=after(-1))
    assert list(error.value.fields) == ["at"] and "09:00:00" in error.value.fields["at"][0]
    with pytest.raises(InvalidInput) as error, transaction.atomic():
        actions.pause(ME, clock, "  ", at=after(1))
    assert list(error.value.fields) == ["reason"]
    with pytest.raises(InvalidInput) as error, transaction.atomic():
        actions.stop(ME, clock, at=dt.datetime(2026, 9, 28, 10))
    assert list(error.value.fields) == ["at"]
    for wrong in (dt.timedelta(0), -MINUTE, dt.timedelta(days=40_000)):
        with pytest.raises(InvalidInput), transaction.atomic():
            actions.recompute(ME, clock, wrong, "x", at=after(1))
    with pytest.raises(Conflict), transaction.atomic():
        actions.resume(ME, clock, at=after(1))
    actions.stop(ME, clock, at=after(1))
    for again in (
        lambda: actions.stop(ME, clock),
        lambda: actions.pause(ME, clock, "x"),
        lambda: actions.cancel(ME, clock, "x"),
        lambda: actions.recompute(ME, clock, MINUTE, "x"),
    ):
        with pytest.raises(Conflict), transaction.atomic():
            again()


def test_many_clocks_start_in_few_statements(org: Any) -> None:
    wanted = [
        NewClock(f"kind{n}", ("request", m), org, budget=60 * MINUTE, warn_ratio=0.5, at=T0)
        for n in range(4)
        for m in range(25)
    ]
    with CaptureQueriesContext(connection) as queries:
        clocks = actions.start_many(ME, wanted)
    assert len(clocks) == 100 and all(clock.pk for clock in clocks)
    assert len([q for q in queries if 'INSERT INTO "core_clock"' in q["sql"]]) == 1
    assert len(queries) < 10  # with its savepoint, the policies and the events; not one statement a clock
    assert Event.objects.filter(kind="clock.started").count() == 100
    by_request = clocks_for_many("request", range(26))
    assert len(by_request[3]) == 4 and by_request[25] == []


def test_a_sweep_takes_no_more_than_its_limit_and_the_oldest_first(org: Any) -> None:
    for n in range(5):
        begin(org, 10 + n, kind=f"k{n}")
    assert sweep(after(60), limit=2) == (0, 2)
    assert set(Clock.objects.exclude(breached_at=None).values_list("kind", flat=True)) == {"k0", "k1"}
    assert sweep(after(60)) == (0, 3)


def test_the_sweeper_reads_only_the_small_indexes(org: Any) -> None:
    from denghuo.core.clocks.sweeper import BREACH, WARN

    ended = [
        Clock(
            subject_kind="request", subject_id=number, kind="k", family="field", org=org, started_at=T0,
            budget_seconds=60, warn_seconds=30, counting_from=T0, due_at=T0, warn_at=T0, state="met", stopped_at=T0, breached_at=T0, warned_at=T0,
        )
        for number in range(1, 3001)
    ]  # fmt: skip
    Clock.objects.bulk_create(ended)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_clock")  # with three thousand ended clocks the planner has a reason to choose
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement, index in ((BREACH, "core_clock_to_breach"), (WARN, "core_clock_to_warn")):
            cursor.execute("EXPLAIN " + statement, {"now": T0, "limit": 10})
            assert index in "\n".join(row[0] for row in cursor.fetchall())


def test_all_clocks_of_a_subject_end_together_with_the_callers_events(org: Any) -> None:
    wanted = [NewClock(k, SUBJECT, org, budget=60 * MINUTE, warn_ratio=0.5, at=T0) for k in ("a", "b", "c")]
    with transaction.atomic():
        events = batch.begin(ME, wanted)
        assert [event.kind for event in events] == ["clock.started"] * 3
        assert kinds() == []  # the caller writes them with its own
        ended = batch.end(ME, SUBJECT, {"a"}, after(61))
        assert [event.kind for event in ended] == ["clock.breached", "clock.stopped"]
        dropped = batch.drop(ME, SUBJECT, None, "客户撤销", after(10))
        assert [event.payload["clock_kind"] for event in dropped] == ["b", "c"]
        assert batch.end(ME, SUBJECT, None, after(90)) == []
    states = dict(Clock.objects.values_list("kind", "state"))
    assert states == {"a": "breached_stopped", "b": "cancelled", "c": "cancelled"}
