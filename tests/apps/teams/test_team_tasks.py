"""Tasks of a team: points, people, moves, plans, reviews."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.teams import actions, figures
from denghuo.apps.teams.choices import TaskState
from denghuo.apps.teams.models import TeamTask
from denghuo.apps.teams.points import catalogue_points
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.apps.teams.kit import FRIDAY, MONDAY, THURSDAY, TODAY, Kit

pytestmark = pytest.mark.django_db


def test_points_follow_type_conditions_distance_and_helpers(kit: Kit) -> None:
    # 2.5 × (1 + 0.2 + 0.3) + (9 − 5) km × 0.03, and a second pair of hands for 60 % more
    found = catalogue_points(kit.team, TODAY, type="defect", conditions=["height", "night"], distance_km=9, people=2)
    assert found.total == pytest.approx((2.5 * 1.5 + 4 * 0.03) * 1.6, abs=0.005)
    assert sum(line.points for line in found.lines) == pytest.approx(found.total, abs=0.02)
    assert catalogue_points(kit.team, TODAY, type="defect", conditions=[], distance_km=4, people=1).total == 2.5


def test_two_people_share_the_points_and_the_load(kit: Kit) -> None:
    task = kit.task(kit.fitter_staff, kit.hand_staff)
    week = figures.read_week(kit.team, MONDAY)
    loads = {one.staff.pk: one.total_load for one in week.people}
    assert loads[kit.fitter_staff.pk] == loads[kit.hand_staff.pk] == round(task.points / 2, 2) == 0.8
    person = week.person(kit.fitter_staff.pk)
    assert person is not None
    assert person.total_capacity == 48  # five days of eight hours and two half days
    assert person.saturation == round(0.8 / 48, 3)


def test_who_is_away_gives_no_capacity_and_takes_no_task(kit: Kit) -> None:
    actions.set_absence(kit.leader, kit.team, staff_id=kit.hand_staff.pk, kind="leave", first=THURSDAY, last=FRIDAY)
    week = figures.read_week(kit.team, MONDAY)
    person = week.person(kit.hand_staff.pk)
    assert person is not None
    assert person.total_capacity == 32
    task = kit.task()
    seen = actions.preview_move(kit.leader, task.pk, day=THURSDAY, staff_id=kit.hand_staff.pk)
    assert not seen.allowed
    assert "请假" in seen.why
    with pytest.raises(InvalidInput) as error:
        actions.move_task(kit.leader, task.pk, day=THURSDAY, staff_id=kit.hand_staff.pk)
    assert "请假" in error.value.fields["staff_id"][0]
    with pytest.raises(InvalidInput):
        actions.set_absence(kit.leader, kit.team, staff_id=kit.hand_staff.pk, kind="rest", first=FRIDAY, last=None)


def test_a_move_says_the_load_before_and_after_and_does_just_that(kit: Kit) -> None:
    task = kit.task(kit.fitter_staff, type="hall_duty", title="营业厅值班")
    seen = actions.preview_move(
        kit.leader, task.pk, day=THURSDAY, staff_id=kit.hand_staff.pk, from_staff_id=kit.fitter_staff.pk
    )
    changes = {one.staff_id: (one.before, one.after) for one in seen.changes}
    assert changes == {kit.fitter_staff.pk: (round(4 / 48, 3), 0.0), kit.hand_staff.pk: (0.0, round(4 / 48, 3))}
    done = actions.move_task(
        kit.leader, task.pk, day=THURSDAY, staff_id=kit.hand_staff.pk, from_staff_id=kit.fitter_staff.pk, version=1
    )
    assert done.changes == seen.changes
    week = figures.read_week(kit.team, MONDAY)
    assert {one.staff.pk: one.saturation for one in week.people}[kit.hand_staff.pk] == changes[kit.hand_staff.pk][1]
    moved = timeline("team_task", task.pk)[-1]
    assert (moved.kind, moved.payload["staff_ids"]) == ("team.task_moved", [kit.hand_staff.pk])
    with pytest.raises(Conflict) as error:  # somebody else's older sight of it
        actions.move_task(kit.leader, task.pk, day=FRIDAY, staff_id=None, version=1)
    assert error.value.code == "stale"


def test_work_that_needs_a_skill_goes_only_to_who_has_it(kit: Kit) -> None:
    task = kit.task(type="meter_change", title="换表")
    seen = actions.preview_move(kit.leader, task.pk, day=TODAY, staff_id=kit.hand_staff.pk)
    assert seen.why == "缺少技能：计量装表"
    assert actions.preview_move(kit.leader, task.pk, day=TODAY, staff_id=kit.fitter_staff.pk).allowed
    with pytest.raises(InvalidInput) as error:
        kit.task(kit.hand_staff, type="meter_change", title="换表")
    assert "计量装表" in error.value.fields["staff_ids"][0]


def test_the_past_and_the_finished_do_not_move(kit: Kit) -> None:
    task = kit.task(kit.hand_staff)
    with pytest.raises(Conflict):
        actions.move_task(kit.leader, task.pk, day=MONDAY, staff_id=kit.hand_staff.pk)
    actions.finish_task(kit.hand, task.pk, safety_checked=True)
    with pytest.raises(Conflict):
        actions.move_task(kit.leader, task.pk, day=FRIDAY, staff_id=kit.hand_staff.pk)


def test_only_the_leader_plans_and_only_the_worker_works(kit: Kit, actor_for_role: Any, org_tree: Any) -> None:
    task = kit.task(kit.hand_staff)
    stranger = actor_for_role("crew_leader", org_tree.other_team)
    for actor in (kit.hand, stranger):
        with pytest.raises(NotAllowed):
            actions.move_task(actor, task.pk, day=FRIDAY, staff_id=None)
        with pytest.raises(NotAllowed):
            actions.create_task(actor, kit.team, type="stock", title="清点", day=TODAY)
    with pytest.raises(NotAllowed):
        actions.start_task(kit.fitter, task.pk)
    assert actions.start_task(kit.hand, task.pk).state == TaskState.STARTED


def test_no_safety_talk_costs_points_and_the_leaders_own_are_capped(kit: Kit) -> None:
    task = kit.task(kit.fitter_staff, type="meter_change", title="换表")
    with pytest.raises(InvalidInput):
        actions.mark_task(kit.leader, task.pk, points=0.5, reason="主动")
    actions.finish_task(kit.fitter, task.pk, result="已换 8 块")
    assert [(one.kind, one.points) for one in task.marks.all()] == [("safety_missing", -0.5)]
    actions.mark_task(kit.leader, task.pk, points=0.6, reason="主动消除隐患")
    with pytest.raises(InvalidInput) as error:
        actions.mark_task(kit.leader, task.pk, points=0.6, reason="再加")
    assert "±1" in error.value.fields["points"][0]
    assert figures.indicators(figures.read_week(kit.team, MONDAY))["marks"] == pytest.approx(0.1)


def test_a_week_is_released_carried_over_and_reviewed(kit: Kit) -> None:
    done, open_task = kit.task(kit.hand_staff), kit.task(kit.fitter_staff, day=THURSDAY)
    kit.task(title="无人认领")
    with pytest.raises(Conflict) as error:
        actions.release_plan(kit.leader, kit.team, MONDAY)
    assert error.value.code == "unassigned"
    actions.cancel_task(kit.leader, TeamTask.objects.get(title="无人认领").pk, reason="重复")
    assert actions.release_plan(kit.leader, kit.team, MONDAY).released_tasks == 2
    late = kit.task(kit.hand_staff, title="临时走访")
    assert (done.source, late.source) == ("planned", "temporary")
    for task in (done, late):
        actions.finish_task(kit.hand, task.pk, safety_checked=True)
    with pytest.raises(Conflict):
        actions.review_week(kit.leader, kit.team, MONDAY)
    with moment.held(moment.now() + dt.timedelta(days=3)):
        with pytest.raises(Conflict) as error:
            actions.review_week(kit.leader, kit.team, MONDAY)
        assert error.value.code == "open_tasks"
        (new,) = actions.carry_over(kit.leader, kit.team, MONDAY)
        assert actions.carry_over(kit.leader, kit.team, MONDAY) == []
        assert (new.day, new.carried_from_id, new.source) == (MONDAY + dt.timedelta(days=7), open_task.pk, "planned")
        review = actions.review_week(kit.leader, kit.team, MONDAY, remarks="巡视结转一项")
        assert review.figures["completion"] == round(2 / 3, 3)
        assert review.figures["planned_rate"] == 0.5
        assert review.figures["carried"] == 1
        with pytest.raises(Conflict) as error:
            actions.change_task(kit.leader, done.pk, conditions=["rain"], distance_km=None)
        assert error.value.code == "week_reviewed"
        item = actions.add_improvement(
            kit.leader, kit.team, MONDAY, text="巡视提前", owner_id=kit.hand_staff.pk, due=MONDAY + dt.timedelta(days=9)
        )
        with pytest.raises(NotAllowed):
            actions.close_improvement(kit.fitter, item.pk, state="done", outcome="已改")
        assert actions.close_improvement(kit.hand, item.pk, state="done", outcome="已改到周一").closed_at
