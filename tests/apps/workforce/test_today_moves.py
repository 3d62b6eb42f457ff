"""The rest of the day simulated, moves that help, and what applying one writes."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.contacts.models import AgentProfile
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment, ShiftType
from denghuo.apps.workforce.today import jobs, moves, projecting, reading
from denghuo.apps.workforce.today.candidates import candidates
from denghuo.apps.workforce.today.centre import changed, floor_of
from denghuo.apps.workforce.today.models import Move, MoveKind, MoveState, Outlook
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.models import Event
from denghuo.engine import simulation
from tests.apps.workforce.running import AT, TODAY, running_day

pytestmark = pytest.mark.django_db
MANY = 20


@pytest.fixture
def day(org_tree: Any, make_staff: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(moment, "now", lambda: AT)
    return running_day(org_tree.province, make_staff)


def made(day: Any, kind: str) -> Move:
    """The look ahead's recommendation of a kind."""
    jobs.look_ahead(day.org.pk)
    return Move.objects.get(kind=kind, state=MoveState.PROPOSED)


def test_heads_of_the_rest_of_the_day_follow_the_roster_with_its_breaks(day: Any) -> None:
    floor = floor_of(day.org)
    assert floor is not None and floor.now.at == 11 * 12
    heads = [sum(group.heads[step] for group in floor.centre.groups) for step in range(288)]
    # five early people but at the meal from ten to half past, both shifts together from two to half past two
    assert (heads[8 * 12], heads[10 * 12], heads[13 * 12], heads[14 * 12], heads[15 * 12]) == (5, 0, 5, 10, 5)
    assert sum(floor.centre.queues[0].contacts) == pytest.approx(24 * 36)


def test_somebody_who_has_not_come_is_left_out_of_the_rest_of_the_day(day: Any) -> None:
    from denghuo.apps.contacts.models import AgentStateSpan

    AgentStateSpan.objects.filter(staff=day.early[0]).delete()
    floor = floor_of(day.org)
    assert floor is not None and floor.missing == {day.early[0].pk}
    assert sum(group.heads[13 * 12] for group in floor.centre.groups) == 4


def test_the_projection_is_the_engines_own_and_worse_while_people_are_few(day: Any) -> None:
    floor = floor_of(day.org)
    assert floor is not None
    base = projecting.play(floor, floor.centre, MANY, 7)
    size = base.outcomes[0].replications
    own = simulation.rest_of_day(floor.centre, floor.now, size, 70)
    assert (own.table == base.outcomes[0].table).all()
    rows = {row["slot"]: row for row in base.half_hours()}
    assert min(rows) == 22
    busy, calm = rows[25]["level"], rows[28]["level"]
    assert busy[2] < calm[1] and busy[0] < 0.7 < calm[0]
    assert busy[1] < busy[0] < busy[2]


def test_without_a_forecast_nothing_is_projected(day: Any) -> None:
    from denghuo.apps.workforce.demand.models import ForecastDay

    ForecastDay.objects.all().delete()
    assert floor_of(day.org) is None
    jobs.look_ahead(day.org.pk)
    assert not Outlook.objects.exists()


def test_standby_and_training_are_recommended_with_an_effect_that_is_certain(day: Any) -> None:
    jobs.look_ahead(day.org.pk)
    kept = {row.kind: row for row in Move.objects.all()}
    assert {MoveKind.CALL_IN, MoveKind.RECALL} <= set(kept)
    assert MoveKind.RELEASE not in kept
    call = kept[MoveKind.CALL_IN]
    assert call.people.get().staff == day.standby
    assert call.starts == AT + dt.timedelta(minutes=30)
    assert call.effect["level"][1] > 0 or call.effect["lost"][2] < 0
    assert call.effect["after"][0] - call.effect["before"][0] == pytest.approx(call.effect["level"][0], abs=1e-4)


def test_a_later_look_ahead_takes_the_place_of_open_recommendations(day: Any) -> None:
    first = made(day, MoveKind.CALL_IN)
    second = made(day, MoveKind.CALL_IN)
    first.refresh_from_db()
    assert (first.state, second.state) == (MoveState.LAPSED, MoveState.PROPOSED)


def test_enough_people_are_sent_home_rather_than_kept(org_tree: Any, make_staff: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(moment, "now", lambda: AT)
    day = running_day(org_tree.province, make_staff, early=12, late=12, level=12.0)
    release = made(day, MoveKind.RELEASE)
    assert release.effect["after"][1] >= release.effect["target"]
    assert release.detail["minutes"] < 0
    one = release.people.get() if release.people.count() == 1 else release.people.order_by("staff_id").first()
    assert one is not None
    moves.apply_move(_planner(day), release.pk)
    row = ShiftAssignment.objects.select_related("shift").get(staff=one.staff, day=TODAY)
    assert row.shift is not None and row.shift.minutes == 330  # six to half past eleven
    ends = {line.staff.pk: line.planned[-1].end for line in reading.lines(day.org, TODAY)}
    assert ends[one.staff_id] == (midnight(TODAY) + dt.timedelta(hours=11, minutes=30)).timestamp()


def test_calling_in_writes_the_roster_day_tells_the_agent_and_is_logged(day: Any, actor_for_role: Any) -> None:
    move = made(day, MoveKind.CALL_IN)
    planner = actor_for_role("planner", day.org)
    moves.apply_move(planner, move.pk, reason="十二点排队")
    move.refresh_from_db()
    assert (move.state, move.decided_by_id, move.reason) == (MoveState.APPLIED, planner.id, "十二点排队")
    assert ShiftAssignment.objects.get(staff=day.standby, day=TODAY).kind == DayKind.WORK
    texts = list(StaffNotice.objects.filter(staff=day.standby).values_list("text", flat=True))
    assert any("请今天 11:30 到岗" in text for text in texts)
    event = Event.objects.get(kind="move.applied")
    assert (event.actor_id, event.payload["people"], event.payload["move_kind"]) == (planner.id, 1, "call_in")
    with pytest.raises(Conflict) as caught:
        moves.apply_move(planner, move.pk)
    assert caught.value.code == "decided"


def test_taking_a_move_back_restores_the_day(day: Any, actor_for_role: Any) -> None:
    move, planner = made(day, MoveKind.CALL_IN), actor_for_role("planner", day.org)
    moves.apply_move(planner, move.pk)
    moves.undo_move(planner, move.pk)
    row = ShiftAssignment.objects.get(staff=day.standby, day=TODAY)
    assert (row.kind, row.shift) == (DayKind.STANDBY, day.shifts["S"])
    with pytest.raises(Conflict):
        moves.undo_move(planner, move.pk)


def extension(day: Any, minutes: int = 60) -> Move:
    """The first early person an hour longer, as a look ahead would recommend it."""
    end = midnight(TODAY) + dt.timedelta(hours=14, minutes=30)
    until = end + dt.timedelta(minutes=minutes)
    move = Move.objects.create(
        org=day.org, day=TODAY, kind=MoveKind.EXTEND, starts=end, ends=until, made_at=AT, detail={"minutes": minutes}
    )
    move.people.create(staff=day.early[0], starts=end, ends=until)
    return move


def test_an_extension_is_overtime_on_the_roster_and_hidden_from_the_library(day: Any, actor_for_role: Any) -> None:
    moves.apply_move(actor_for_role("planner", day.org), extension(day).pk)
    row = ShiftAssignment.objects.select_related("shift").get(staff=day.early[0], day=TODAY)
    assert row.shift is not None and (row.shift.minutes, row.shift.paid_minutes) == (570, 540)
    assert set(ShiftType.objects.filter(retired_at=None).values_list("code", flat=True)) == {"E", "L", "S"}


def test_an_extension_over_the_limit_of_overtime_is_refused_and_changes_nothing(day: Any, actor_for_role: Any) -> None:
    move, planner = extension(day, 120), actor_for_role("planner", day.org)
    with pytest.raises(InvalidInput) as caught:
        moves.apply_move(planner, move.pk)
    assert day.early[0].display_name in caught.value.fields["shift"][0]
    assert ShiftAssignment.objects.get(staff=day.early[0], day=TODAY).shift == day.shifts["E"]
    assert not ShiftType.objects.filter(code__contains="~").exists()
    moves.apply_move(planner, move.pk, exception="台风抢修")
    assert ShiftAssignment.objects.get(staff=day.early[0], day=TODAY).exception == "台风抢修"


def test_a_changed_roster_makes_a_recommendation_stale(day: Any, actor_for_role: Any) -> None:
    move = extension(day)
    ShiftAssignment.objects.filter(staff=day.early[0], day=TODAY).update(shift=day.shifts["S"])
    with pytest.raises(Conflict) as caught:
        moves.apply_move(actor_for_role("planner", day.org), move.pk)
    assert caught.value.code == "changed"


def test_a_locked_day_is_left_alone(day: Any, actor_for_role: Any) -> None:
    move = extension(day)
    ShiftAssignment.objects.filter(staff=day.early[0], day=TODAY).update(locked=True)
    with pytest.raises(Conflict) as caught:
        moves.apply_move(actor_for_role("planner", day.org), move.pk)
    assert caught.value.code == "locked"


def test_only_those_who_may_act_act_and_others_do_not_even_learn_of_it(
    day: Any, actor_for_role: Any, org_tree: Any
) -> None:
    move = extension(day)
    with pytest.raises(NotFound):
        moves.apply_move(actor_for_role("agent", day.org), move.pk)
    with pytest.raises((NotAllowed, NotFound)):
        moves.apply_move(actor_for_role("planner", org_tree.city), move.pk)
    with pytest.raises(NotFound):
        moves.decline_move(actor_for_role("planner", day.org), 10**9)


def test_nobody_is_recommended_whom_the_law_forbids_to_stay(day: Any, make_staff: Any) -> None:
    # eleven hours of rest to tomorrow's six o'clock shift leave until seven in the evening: an hour more is no problem;
    # a night from nine o'clock today makes it one
    for one in day.early:
        ShiftAssignment.objects.create(
            period=day.period, staff=one, day=TODAY + dt.timedelta(days=1), shift=_early_tomorrow(day)
        )
    floor = floor_of(day.org)
    assert floor is not None
    base = projecting.play(floor, floor.centre, MANY, 3)
    assert MoveKind.EXTEND not in {one.kind for one in candidates(floor, base)}


def _early_tomorrow(day: Any) -> ShiftType:
    found, _made = ShiftType.objects.get_or_create(
        org=day.org, code="D", defaults={"name": "D", "start": dt.time(1, 45), "minutes": 300}
    )
    return found


def test_people_kept_for_calls_get_their_chats_back_when_the_time_is_over(
    day: Any, actor_for_role: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    AgentProfile.objects.create(staff=day.early[0], org=day.org, capacity={"voice": 1, "chat": 2})
    until = AT + dt.timedelta(hours=2)
    move = Move.objects.create(
        org=day.org,
        day=TODAY,
        kind=MoveKind.SHIFT_CHANNEL,
        starts=AT,
        ends=until,
        made_at=AT,
        detail={"channel": "voice"},
    )
    move.people.create(staff=day.early[0], starts=AT, ends=until)
    moves.apply_move(actor_for_role("planner", day.org), move.pk)
    assert AgentProfile.objects.get(staff=day.early[0]).capacity == {"voice": 1, "chat": 0}
    assert moves.channel_moves_over() == []
    monkeypatch.setattr(moment, "now", lambda: until + dt.timedelta(minutes=1))
    jobs.watch()
    assert AgentProfile.objects.get(staff=day.early[0]).capacity == {"voice": 1, "chat": 2}
    assert moves.channel_moves_over() == []


def test_a_move_changes_the_centre_only_between_its_hours(day: Any) -> None:
    floor = floor_of(day.org)
    assert floor is not None
    code = floor.group_of[day.early[0].pk]
    after = changed(floor.centre, [projecting.Change(None, code, 140, 150)])
    heads = [two - one for one, two in zip(floor.centre.groups[0].heads, after.groups[0].heads, strict=True)]
    assert [step for step, more in enumerate(heads) if more] == list(range(140, 150))


def _planner(day: Any) -> Any:
    from denghuo.core.actors import Actor

    return Actor.system("test")
