"""A roster made by itself: lawful, covering what it can, saying why not, honouring wishes; and adjusted with few changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("highspy", reason="the extra 'roster' is not installed")

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.rosters import actions, jobs, making, own, reading, rule_actions, rules, source, words
from denghuo.apps.workforce.rosters.models import DayKind, RosterPeriod, ShiftAssignment
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, SolutionKind, SolutionState
from denghuo.core import moment, policies
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from denghuo.core.jobs import Cancelled
from denghuo.core.jobs.models import JobProgress, JobState
from tests.helpers.routing import queue as make_queue

MONDAY = dt.date(2027, 3, 1)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _frozen_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2027-02-20, noon."""
    monkeypatch.setattr(moment, "now", lambda: dt.datetime(2027, 2, 20, 4, tzinfo=dt.UTC))


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Policies of the solver; nobody is held to a standard number of days unless a test says so."""
    given: dict[str, float] = {"weight_days": 0, "seconds": 60, "adjust_seconds": 60}
    get = policies.get

    def chosen(key: str, *rest: Any, **more: Any) -> Any:
        name = key.removeprefix("workforce.solver.")
        return given[name] if name != key and name in given else get(key, *rest, **more)

    monkeypatch.setattr(policies, "get", chosen)
    return given


@pytest.fixture
def world(org_tree: Any, make_staff: Callable[..., Any], weights: dict[str, float]) -> SimpleNamespace:
    """Four agents, a planner, a day, a middle and a night shift, and a roster of one week."""
    org = org_tree.province
    queue = make_queue(org, "m_voice")
    planner, manager = actor_for(make_staff("planner", org)), actor_for(make_staff("manager", org))
    people = [make_staff("agent", org) for _number in range(4)]
    shift = {
        code: actions.save_shift(planner, org, code=code, name=name, start=dt.time(start), minutes=minutes)
        for code, name, start, minutes in (("D", "白班", 8, 480), ("M", "中班", 16, 360), ("N", "夜班", 0, 480))
    }
    period = RosterPeriod.objects.create(org=org, first=MONDAY, last=MONDAY + 6 * DAY, made_at=moment.now())
    return SimpleNamespace(
        org=org, queue=queue, planner=planner, manager=manager, people=people, shift=shift, period=period
    )


def need(
    world: SimpleNamespace, *days: int, begin: int = 8, end: int = 16, heads: int = 1, queue: Queue | None = None
) -> None:
    """Heads a queue needs between two full hours."""
    zeros = [0.0] * SLOTS
    for offset in days:
        rostered = [heads if begin * 2 <= slot < end * 2 else 0 for slot in range(SLOTS)]
        RequirementDay.objects.create(
            org=world.org, queue=queue or world.queue, day=MONDAY + offset * DAY, made_at=moment.now(), contacts=zeros,
            handling=zeros, heads=rostered, rostered=rostered, bound=[0] * SLOTS, service_level=zeros, answer=zeros,
            abandoned=zeros, occupancy=zeros,
        )  # fmt: skip


def made(world: SimpleNamespace) -> RosterSolution:
    """The planner starts the job, a worker runs it."""
    solution = jobs.start_making(world.planner, world.period.pk)
    jobs.make_roster(solution_id=solution.pk)
    solution.refresh_from_db()
    return solution


def working(world: SimpleNamespace, offset: int) -> list[tuple[int, str]]:
    """(person, code of shift) of a day's work."""
    rows = ShiftAssignment.objects.filter(day=MONDAY + offset * DAY, kind=DayKind.WORK).select_related("shift")
    return sorted((row.staff_id, row.shift.code) for row in rows if row.shift)


def broken(world: SimpleNamespace) -> list[rules.Broken]:
    """What the platform's check finds in everybody's days."""
    found = []
    for staff in world.people:
        until = reading.protected_until([staff.pk]).get(staff.pk)
        rows = reading.days_of([staff.pk], MONDAY - 30 * DAY, MONDAY + 60 * DAY)
        duties = [work for row in rows if (work := reading.duty_of(row))]
        found += rules.check(duties, reading.limits(world.period, until))
    return found


def put(world: SimpleNamespace, number: int, offset: int, code: str = "D", **more: Any) -> ShiftAssignment:
    """Plan a day by hand."""
    shift = None if more.get("kind") == DayKind.LEAVE else world.shift[code].pk
    return actions.set_day(
        world.planner,
        world.period.pk,
        staff_id=world.people[number].pk,
        day=MONDAY + offset * DAY,
        shift_id=shift,
        **more,
    )


def test_a_made_roster_covers_every_need_within_the_law_and_is_proven_best(world: SimpleNamespace) -> None:
    need(world, *range(7), heads=2)
    solution = made(world)
    assert (solution.state, solution.unmet, solution.feasible) == (SolutionState.WRITTEN, [], True)
    assert all([code for _who, code in working(world, offset)] == ["D", "D"] for offset in range(7))
    assert broken(world) == []
    assert ShiftAssignment.objects.filter(period=world.period).count() == 14
    assert solution.gap is not None
    assert solution.gap < 0.0005
    assert words.quality(solution) == "已证明是按现有规则和权重能排出的最好的班"
    event = next(one for one in timeline("roster", world.period.pk) if one.kind == "roster.filled")
    assert event.payload == {"solution_id": solution.pk, "days": 14, "short": 0}


def test_locked_days_leave_training_and_standby_stay_and_training_serves_no_need(world: SimpleNamespace) -> None:
    need(world, 0, 1, heads=2)
    locked = put(world, 0, 0, "M")
    actions.lock_day(world.planner, world.period.pk, staff_id=world.people[0].pk, day=MONDAY, locked=True)
    put(world, 1, 0, kind=DayKind.LEAVE)
    put(world, 2, 0, kind=DayKind.TRAINING)
    put(world, 2, 1, kind=DayKind.STANDBY)
    put(world, 3, 5)
    solution = made(world)
    rows = {(row.staff_id, row.day): row for row in ShiftAssignment.objects.select_related("shift")}
    assert rows[world.people[0].pk, MONDAY].pk == locked.pk
    assert rows[world.people[1].pk, MONDAY].kind == DayKind.LEAVE
    assert rows[world.people[2].pk, MONDAY].kind == DayKind.TRAINING
    assert rows[world.people[2].pk, MONDAY + DAY].kind == DayKind.STANDBY
    assert (world.people[3].pk, MONDAY + 5 * DAY) not in rows, "an unlocked day that nobody needs is taken away"
    assert [(one["day"], one["missing"]) for one in solution.unmet] == [("2027-03-01", 1)]
    assert broken(world) == []


def test_a_need_nobody_can_serve_is_told_with_the_limit_that_keeps_each(world: SimpleNamespace) -> None:
    need(world, 0, heads=4)
    put(world, 1, 0, kind=DayKind.LEAVE)
    put(world, 2, 0, kind=DayKind.LEAVE)
    solution = made(world)
    (row,) = words.unmet(solution.unmet)
    assert (row["day"], row["what"], row["missing"]) == (MONDAY, "08:00–16:00", 2)
    assert row["why"] == "能上的人都到了上限：2 人休假、备班或当天已定休息"


def test_a_need_outside_every_shift_says_that_the_library_has_none(world: SimpleNamespace) -> None:
    actions.retire_shift(world.planner, world.shift["N"].pk)
    need(world, 0, begin=2, end=4, heads=1)
    row = words.unmet(made(world).unmet)[0]
    assert (row["what"], row["why"]) == ("02:00–04:00", "班次库里没有覆盖这个时段的班次")


def test_the_small_hours_are_the_night_shift_of_the_evening_before(world: SimpleNamespace) -> None:
    late = actions.save_shift(world.planner, world.org, code="X", name="通宵", start=dt.time(22), minutes=480)
    actions.retire_shift(world.planner, world.shift["N"].pk)
    world.shift["X"] = late
    for offset in (0, 3, 7):
        need(world, offset, begin=0, end=6, heads=1)
    need(world, 5, begin=0, end=6, heads=5)
    solution = made(world)
    assert [len([code for _who, code in working(world, offset) if code == "X"]) for offset in range(7)] == [
        0, 0, 1, 0, 4, 0, 1,
    ]  # fmt: skip
    first, second = words.unmet(solution.unmet)
    assert (first["day"], first["what"]) == (MONDAY, "00:00–06:00")
    assert first["why"] == "只有前一天的夜班能覆盖，须在上一张排班表里安排"
    assert (second["day"], second["missing"]) == (MONDAY + 4 * DAY, 1)
    assert second["what"].endswith("次日06:00")
    assert second["why"] == "能上的人都已在班"


def test_a_queue_that_asks_for_a_skill_gets_people_who_have_it(world: SimpleNamespace) -> None:
    from denghuo.apps.accounts.models import Skill, StaffSkill

    skill = Skill.objects.first()
    assert skill is not None
    special = make_queue(world.org, "m_special", {"required": {skill.code: 3}})
    StaffSkill.objects.create(staff=world.people[2], skill=skill, level=3)
    StaffSkill.objects.create(staff=world.people[1], skill=skill, level=2)
    need(world, 0, 1, queue=special)
    assert made(world).unmet == []
    assert [who for who, _code in working(world, 0) + working(world, 1)] == [world.people[2].pk] * 2
    ShiftAssignment.objects.all().delete()
    StaffSkill.objects.all().delete()
    rows = words.unmet(made(world).unmet)
    assert {row["why"] for row in rows} == {"没有具备所需技能的人"}
    assert {row["skill"] for row in rows} == {skill.label}


def test_days_without_a_forecast_take_the_latest_same_weekday_and_typed_needs_go_before_it(
    world: SimpleNamespace,
) -> None:
    RosterPeriod.objects.filter(pk=world.period.pk).update(last=MONDAY + 13 * DAY)
    need(world, -7, heads=1)
    need(world, 0, heads=2)
    actions.set_need(world.planner, world.period.pk, day=MONDAY + 8 * DAY, shift_id=world.shift["M"].pk, heads=1)
    need(world, 1, heads=1)
    made(world)
    assert [len(working(world, offset)) for offset in (0, 1, 2, 7, 8)] == [2, 1, 0, 2, 1]
    assert [code for _who, code in working(world, 8)] == ["M"]


def test_wishes_are_honoured_by_their_points(world: SimpleNamespace) -> None:
    need(world, 0, heads=3)
    first, second = actor_for(world.people[0]), actor_for(world.people[1])
    own.wish(first, day=MONDAY, points=10)
    own.wish(second, day=MONDAY, points=90)
    own.wish(second, day=MONDAY + DAY, points=10, shift_id=world.shift["M"].pk)
    made(world)
    assert world.people[1].pk not in [who for who, _code in working(world, 0)]
    assert world.people[0].pk in [who for who, _code in working(world, 0)]
    assert working(world, 1) == [(world.people[1].pk, "M")]


def test_nights_go_to_those_who_had_fewest_in_the_months_before(world: SimpleNamespace) -> None:
    before = RosterPeriod.objects.create(
        org=world.org, first=dt.date(2027, 2, 1), last=dt.date(2027, 2, 28), state="published", made_at=moment.now()
    )
    for number, nights in ((0, 3), (1, 3), (2, 0), (3, 0)):
        for offset in range(4):
            ShiftAssignment.objects.create(
                period=before, staff=world.people[number], day=dt.date(2027, 2, 1) + 2 * offset * DAY,
                shift=world.shift["N" if offset < nights else "D"],
            )  # fmt: skip
    need(world, 1, 2, 4, 5, begin=0, end=6)
    solution = made(world)
    given = [who for offset in range(7) for who, code in working(world, offset) if code == "N"]
    assert solution.unmet == []
    assert sorted(given) == sorted([world.people[2].pk, world.people[3].pk] * 2)


def test_protected_people_get_no_nights(world: SimpleNamespace) -> None:
    for staff in world.people[:3]:
        actions.limit_nights(world.planner, world.period.pk, staff_id=staff.pk, until=MONDAY + 20 * DAY)
    need(world, 1, 4, begin=0, end=6)
    made(world)
    assert [who for offset in (1, 4) for who, _code in working(world, offset)] == [world.people[3].pk] * 2


def test_rest_runs_and_weeks_hold_across_both_borders_of_the_period(world: SimpleNamespace) -> None:
    early = RosterPeriod.objects.create(
        org=world.org, first=dt.date(2027, 2, 1), last=MONDAY - DAY, state="published", made_at=moment.now()
    )
    late = RosterPeriod.objects.create(
        org=world.org, first=MONDAY + 7 * DAY, last=MONDAY + 27 * DAY, made_at=moment.now()
    )
    for staff in world.people:
        ShiftAssignment.objects.create(period=early, staff=staff, day=MONDAY - DAY, shift=world.shift["M"])
        ShiftAssignment.objects.create(period=late, staff=staff, day=MONDAY + 7 * DAY, shift=world.shift["N"])
    need(world, 0, heads=1)
    need(world, 6, begin=16, end=22, heads=1)
    solution = made(world)
    assert broken(world) == []
    assert [words.unmet([row])[0]["why"] for row in solution.unmet] == ["能上的人都到了上限：4 人两班之间休息不够"] * 2


def test_somebody_whose_kept_days_break_a_limit_already_stays_and_counts(world: SimpleNamespace) -> None:
    put(world, 0, 0, "M")
    put(world, 0, 1, "D", exception="抢修保电")
    actions.lock_day(world.planner, world.period.pk, staff_id=world.people[0].pk, day=MONDAY, locked=True)
    need(world, 1, heads=2)
    solution = made(world)
    assert solution.left_out == [world.people[0].pk]
    assert len(working(world, 1)) == 2
    assert solution.unmet == []


def test_days_of_work_are_near_the_standard_for_everybody(world: SimpleNamespace, weights: dict[str, float]) -> None:
    weights["weight_days"] = 10
    need(world, *range(7), heads=1)
    made(world)
    counts = [ShiftAssignment.objects.filter(staff=staff).count() for staff in world.people]
    assert counts == [5, 5, 5, 5], "a week of forty hours"
    assert broken(world) == []


def test_a_roster_changed_or_published_meanwhile_is_not_written_over(world: SimpleNamespace) -> None:
    need(world, 0, heads=2)
    for change in (lambda: put(world, 0, 3), lambda: actions.publish(world.manager, world.period.pk)):
        solution = jobs.start_making(world.planner, world.period.pk)
        fill = making.fill

        def late(*args: Any, change: Callable[[], Any] = change, fill: Any = fill) -> Any:
            change()
            return fill(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(making, "fill", late)
            jobs.make_roster(solution_id=solution.pk)
        solution.refresh_from_db()
        assert solution.state == SolutionState.REFUSED
        assert "没有写入" in solution.note
        assert working(world, 0) == []
    with pytest.raises(Conflict):
        jobs.start_making(world.planner, world.period.pk)


def test_a_plan_that_breaks_a_limit_is_never_written(world: SimpleNamespace) -> None:
    solution = jobs.start_making(world.planner, world.period.pk)
    now = source.read(world.period, reading.today())
    RosterSolution.objects.filter(pk=solution.pk).update(seen=now.seen)
    who = world.people[0].pk
    plan = {(who, MONDAY): world.shift["M"].pk, (who, MONDAY + DAY): world.shift["D"].pk}
    with pytest.raises(Conflict) as refusal:
        making.fill(world.planner, solution.pk, plan, {})
    assert refusal.value.code == "unlawful"
    assert not ShiftAssignment.objects.exists()


def test_cancelling_leaves_the_period_untouched(world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    need(world, *range(7), heads=2)
    kept = put(world, 0, 3)
    solution = jobs.start_making(world.planner, world.period.pk)

    class Stopped:
        done = 0

        def advance(self, steps: int = 1) -> None:
            raise Cancelled()

    monkeypatch.setattr(jobs, "progress", lambda *_args: Stopped())
    with pytest.raises(Cancelled):
        jobs.make_roster(solution_id=solution.pk)
    solution.refresh_from_db()
    assert solution.state == SolutionState.CANCELLED
    assert list(ShiftAssignment.objects.values_list("pk", flat=True)) == [kept.pk]


def test_one_run_at_a_time_and_a_waiting_one_is_cancelled_at_once(world: SimpleNamespace) -> None:
    solution = jobs.start_making(world.planner, world.period.pk)
    with pytest.raises(Conflict) as refusal:
        jobs.start_making(world.planner, world.period.pk)
    assert refusal.value.code == "running"
    jobs.stop(world.planner, world.period.pk)
    solution.refresh_from_db()
    assert solution.state == SolutionState.CANCELLED
    assert JobProgress.objects.get(pk=solution.job_id).state == JobState.CANCELLED
    jobs.make_roster(solution_id=solution.pk)
    assert not ShiftAssignment.objects.exists()
    assert jobs.start_making(world.planner, world.period.pk).pk != solution.pk


def test_only_planners_of_the_unit_may_make_rosters(
    world: SimpleNamespace, org_tree: Any, make_staff: Callable[..., Any]
) -> None:
    with pytest.raises(NotAllowed):
        jobs.start_making(actor_for(make_staff("supervisor", world.org)), world.period.pk)
    with pytest.raises(NotFound):
        jobs.start_making(actor_for(make_staff("planner", org_tree.other_city)), world.period.pk)
    assert not RosterSolution.objects.exists()


# Absences


def adjusted(world: SimpleNamespace, number: int, first: int, last: int) -> RosterSolution:
    solution = jobs.start_adjusting(
        world.planner, world.period.pk, staff_id=world.people[number].pk, first=MONDAY + first * DAY,
        last=MONDAY + last * DAY, reason="家事",
    )  # fmt: skip
    jobs.adjust_roster(solution_id=solution.pk)
    solution.refresh_from_db()
    return solution


def test_an_absence_is_made_up_for_with_the_fewest_changes_once_accepted(world: SimpleNamespace) -> None:
    need(world, *range(5), heads=1)
    for offset in range(5):
        put(world, 0, offset)
    put(world, 1, 6)
    actions.publish(world.manager, world.period.pk)
    StaffNotice.objects.all().delete()
    solution = adjusted(world, 0, 1, 2)
    assert solution.state == SolutionState.PROPOSED
    assert len(solution.changes) == 4, "two days off and two stand-ins"
    assert [who for who, _code in working(world, 1)] == [world.people[0].pk], "nothing is written before it is accepted"
    making.accept(world.planner, solution.pk)
    for offset in range(5):
        people = [who for who, _code in working(world, offset)]
        assert len(people) == 1
        assert (people == [world.people[0].pk]) == (offset not in (1, 2))
    leave = ShiftAssignment.objects.filter(staff=world.people[0], kind=DayKind.LEAVE)
    assert sorted(leave.values_list("day", flat=True)) == [MONDAY + DAY, MONDAY + 2 * DAY]
    told = set(StaffNotice.objects.filter(subject_kind="roster").values_list("staff_id", flat=True))
    assert told == {who for who, _day, _before, _after in solution.changes}
    assert broken(world) == []
    with pytest.raises(Conflict):
        making.accept(world.planner, solution.pk)


def test_a_discarded_proposal_changes_nothing_and_an_outdated_one_is_refused(world: SimpleNamespace) -> None:
    need(world, 0, heads=1)
    put(world, 0, 0)
    solution = adjusted(world, 0, 0, 0)
    put(world, 1, 5)
    with pytest.raises(Conflict) as refusal:
        making.accept(world.planner, solution.pk)
    assert refusal.value.code == "changed"
    making.discard(world.planner, solution.pk)
    assert working(world, 0) == [(world.people[0].pk, "D")]
    assert not StaffNotice.objects.exists()


def test_an_absence_in_the_past_or_on_a_locked_day_is_refused_at_its_field(world: SimpleNamespace) -> None:
    put(world, 0, 0)
    actions.lock_day(world.planner, world.period.pk, staff_id=world.people[0].pk, day=MONDAY, locked=True)
    with pytest.raises(InvalidInput) as refusal:
        adjusted(world, 0, 0, 1)
    assert "锁定" in refusal.value.fields["first"][0]
    with pytest.raises(InvalidInput) as refusal:
        adjusted(world, 0, 3, 2)
    assert set(refusal.value.fields) == {"last"}
    assert not RosterSolution.objects.filter(kind=SolutionKind.ADJUST).exists()


# Local rules


def test_a_hard_local_rule_holds_and_a_retired_one_no_longer(world: SimpleNamespace) -> None:
    need(world, *range(5), heads=1)
    rule = rule_actions.save_rule(
        world.planner, world.org, kind="avoid_shift", parameters={"shifts": ["D"]}, active_from=MONDAY,
        people=[one.pk for one in world.people[:3]],
    )  # fmt: skip
    made(world)
    assert {who for offset in range(5) for who, _code in working(world, offset)} == {world.people[3].pk}
    rule_actions.retire_rule(world.planner, rule.pk)
    rule_actions.save_rule(
        world.planner, world.org, kind="max_shifts_of_kind", parameters={"shifts": ["D"], "most": 1, "per": "week"},
        active_from=MONDAY,
    )  # fmt: skip
    solution = made(world)
    assert sum(len(working(world, offset)) for offset in range(5)) == 4
    (row,) = words.unmet(solution.unmet)
    assert row["why"] == "能上的人都到了上限：4 人某类班次的上限"


def test_a_person_whom_hard_rules_leave_no_lawful_line_is_named_and_nothing_is_written(world: SimpleNamespace) -> None:
    need(world, 0, heads=1)
    rule_actions.save_rule(
        world.planner, world.org, kind="require_shift_count", parameters={"shifts": ["D"], "least": 7}, active_from=MONDAY,
        people=[world.people[2].pk],
    )  # fmt: skip
    solution = made(world)
    assert solution.state == SolutionState.REFUSED
    assert world.people[2].display_name in solution.note
    assert not ShiftAssignment.objects.exists()


def test_a_hard_rule_between_people_that_cannot_hold_is_told(world: SimpleNamespace) -> None:
    young, old = world.people[0].pk, world.people[1].pk
    put(world, 0, 0)
    actions.lock_day(world.planner, world.period.pk, staff_id=young, day=MONDAY, locked=True)
    put(world, 1, 0, kind=DayKind.LEAVE)
    parameters = {"newcomer": young, "mentor": old}
    rule_actions.save_rule(world.planner, world.org, kind="pair_with_mentor", parameters=parameters, active_from=MONDAY)
    solution = made(world)
    assert (solution.state, solution.feasible) == (SolutionState.WRITTEN, False)
    assert [(rule, day) for rule, _who, day in solution.broken] == [("pair_with_mentor", "2027-03-01")]
    assert broken(world) == []


EVERY_KIND: dict[str, dict[str, Any]] = {
    "max_shifts_of_kind": {"shifts": [], "most": 5, "per": "month"},
    "require_shift_count": {"shifts": ["D"], "least": 1, "most": 9},
    "min_run": {"shifts": ["D"], "least": 2},
    "max_run": {"shifts": [], "most": 4},
    "weekends_off": {"least": 1},
    "whole_weekend": {},
    "no_isolated_day": {},
    "rotation_forward": {"order": ["D", "M", "N"]},
    "avoid_succession": {"first": "M", "second": ""},
    "after_nights_rest": {"after": 2, "rest": 2},
    "nights_fair": {},
    "holiday_fair": {},
    "fixed_pattern": {"pattern": ["D", "班", "*", "休"], "from": dt.date(2027, 3, 2)},
    "avoid_shift": {"shifts": ["N"], "weekdays": [5, 6]},
    "pair_with_mentor": {"newcomer": 0, "mentor": 1},
    "same_team_together": {"team": [0, 1]},
    "not_together": {"team": [0, 1, 2], "most": 2},
}


@pytest.mark.parametrize("kind", sorted(EVERY_KIND))
def test_every_kind_of_rule_is_kept_told_in_words_and_understood_by_the_solver(
    world: SimpleNamespace, kind: str
) -> None:
    from denghuo.apps.workforce.rosters.rule_kinds import KINDS

    assert set(EVERY_KIND) == set(KINDS)
    given = {
        name: world.people[value].pk if name in ("newcomer", "mentor")
        else [world.people[one].pk for one in value] if name == "team" else value
        for name, value in EVERY_KIND[kind].items()
    }  # fmt: skip
    need(world, 0, 1, heads=2)
    row = rule_actions.save_rule(
        world.planner, world.org, kind=kind, parameters=given, active_from=MONDAY,
        weight=5.0 if KINDS[kind].soft else None,
    )  # fmt: skip
    words.rule(row, {one.pk: one for one in world.people})
    solution = made(world)
    assert solution.state == SolutionState.WRITTEN
    assert broken(world) == []


def test_a_wrong_parameter_is_told_at_its_field(world: SimpleNamespace) -> None:
    for kind, parameters, field in (
        ("min_run", {"shifts": ["X"], "least": 2}, "shifts"), ("min_run", {"shifts": ["D"], "least": 99}, "least"),
        ("weekends_off", {}, "least"), ("fixed_pattern", {"pattern": ["Q"], "from": MONDAY}, "pattern"),
        ("pair_with_mentor", {"newcomer": world.people[0].pk, "mentor": world.people[0].pk}, "mentor"),
        ("require_shift_count", {"least": 3, "most": 1}, "most"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refusal:
            rule_actions.save_rule(world.planner, world.org, kind=kind, parameters=parameters, active_from=MONDAY)
        assert set(refusal.value.fields) == {field}, kind
    with pytest.raises(InvalidInput) as refusal:
        rule_actions.save_rule(world.planner, world.org, kind="nights_fair", parameters={}, active_from=MONDAY)
    assert set(refusal.value.fields) == {"weight"}
