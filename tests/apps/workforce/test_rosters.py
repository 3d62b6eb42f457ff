"""A month's roster: limits of working time, planning, publishing, wishes, swaps, the calendar feed."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.rosters import actions, own, reading, rules
from denghuo.apps.workforce.rosters.models import ShiftAssignment, SwapState, WishState
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline

LIMITS = rules.Limits(480, 2400, 9998, 60, 2160, 660, 6, 6, 3)
MONDAY = dt.date(2027, 3, 1)


def _duty(offset: int, start: int = 8, hours: int = 8, night: bool = False) -> rules.Duty:
    day = MONDAY + dt.timedelta(days=offset)
    begins = dt.datetime.combine(day, dt.time(start))
    return rules.Duty(day, begins, begins + dt.timedelta(hours=hours), hours * 60, night)


def _rules(*duties: rules.Duty, limits: rules.Limits = LIMITS) -> set[str]:
    return {one.rule for one in rules.check(duties, limits)}


def test_five_days_of_eight_hours_break_nothing() -> None:
    assert _rules(*(_duty(day) for day in range(5))) == set()


def test_a_late_shift_before_an_early_one_breaks_the_rest() -> None:
    assert _rules(_duty(0, start=16), _duty(1, start=8)) == {"rest"}
    assert _rules(_duty(0, start=13), _duty(1, start=8)) == set()


def test_a_week_without_a_day_off_and_a_seventh_day_running_are_told() -> None:
    assert _rules(*(_duty(day) for day in range(7))) == {"days_week", "days_running"}
    assert _rules(*(_duty(day) for day in range(2, 9))) == {"days_running"}


def test_a_fourth_night_running_is_refused_and_a_pause_starts_anew() -> None:
    nights = [_duty(day, start=22, hours=8, night=True) for day in (0, 1, 2, 3)]
    assert _rules(*nights) == {"nights_running"}
    assert _rules(*nights[:2], _duty(3, start=22, night=True), _duty(4, start=22, night=True)) == set()


def test_twelve_hours_need_comprehensive_hours() -> None:
    assert _rules(_duty(0, hours=12)) == {"day"}
    assert _rules(_duty(0, hours=12), limits=rules.Limits(*([*_plain(LIMITS)]), comprehensive=True)) == set()


def test_protected_people_get_neither_nights_nor_a_ninth_hour() -> None:
    protected = rules.Limits(*_plain(LIMITS), no_nights_until=MONDAY + dt.timedelta(days=1))
    assert _rules(_duty(0, hours=9), _duty(1, start=22, night=True), limits=protected) == {"day", "protected"}
    assert _rules(_duty(2, hours=9), limits=protected) == set()


def test_more_than_36_hours_of_overtime_in_a_month_are_told() -> None:
    days = [_duty(7 * week + day, hours=9) for week in range(4) for day in range(6)]
    assert _rules(*days) == {"overtime"}  # 4 × (54 − 40) = 56 hours


def test_night_hours_are_counted_over_midnight() -> None:
    assert rules.night_minutes(dt.time(22), 480) == 480
    assert rules.night_minutes(dt.time(15, 30), 480) == 90
    assert rules.night_minutes(dt.time(8), 480) == 0


def _plain(one: rules.Limits) -> tuple[int, ...]:
    return (
        one.day, one.week, one.month, one.overtime_day, one.overtime_month, one.rest, one.days_week,
        one.days_running, one.nights_running,
    )  # fmt: skip


@pytest.fixture
def world(org_tree: Any, make_staff: Any, frozen_now: None) -> SimpleNamespace:
    """Two agents, a planner, a manager, three shifts and the draft of March 2027."""
    org = org_tree.province
    Queue.objects.filter(org=org).first() or Queue.objects.create(
        org=org, code="T-roster", name="测试队列", channels=["phone"]
    )
    planner, manager = actor_for(make_staff("planner", org)), actor_for(make_staff("manager", org))
    one, two = make_staff("agent", org), make_staff("agent", org)
    shift = {
        code: actions.save_shift(planner, org, code=code, name=name, start=dt.time(start), minutes=minutes)
        for code, name, start, minutes in (("D", "白班", 8, 480), ("M", "中班", 16, 480), ("L", "长班", 8, 720))
    }
    period = actions.make_period(planner, org, month=MONDAY)
    return SimpleNamespace(
        org=org, planner=planner, manager=manager, one=one, two=two, period=period, shift=shift,
        agent=actor_for(one), other=actor_for(two),
    )  # fmt: skip


@pytest.fixture
def frozen_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 2027-02-20, noon."""
    from denghuo.core import moment

    monkeypatch.setattr(moment, "now", lambda: dt.datetime(2027, 2, 20, 4, tzinfo=dt.UTC))


def _plan(world: SimpleNamespace, staff: Any, offset: int, code: str = "D", **more: Any) -> ShiftAssignment:
    day = MONDAY + dt.timedelta(days=offset)
    return actions.set_day(
        world.planner, world.period.pk, staff_id=staff.pk, day=day, shift_id=world.shift[code].pk, **more
    )


def _publish(world: SimpleNamespace) -> None:
    actions.publish(world.manager, world.period.pk)


def test_a_day_that_breaks_the_law_is_refused_and_an_emergency_is_recorded(world: SimpleNamespace) -> None:
    with pytest.raises(InvalidInput) as refusal:
        _plan(world, world.one, 0, "L")
    assert "超过上限 9 小时" in refusal.value.fields["shift"][0]
    assert not ShiftAssignment.objects.exists()
    row = _plan(world, world.one, 0, "L", exception="台风抢修保电")
    assert row.exception == "台风抢修保电"
    assert [one.payload["rules"] for one in timeline("roster", world.period.pk) if "exception" in one.kind] == ["day"]


def test_a_locked_day_stays_until_it_is_unlocked(world: SimpleNamespace) -> None:
    _plan(world, world.one, 0)
    lock = {"staff_id": world.one.pk, "day": MONDAY}
    actions.lock_day(world.planner, world.period.pk, **lock, locked=True)
    with pytest.raises(Conflict):
        actions.clear_day(world.planner, world.period.pk, **lock)
    actions.lock_day(world.planner, world.period.pk, **lock, locked=False)
    actions.clear_day(world.planner, world.period.pk, **lock)
    assert not ShiftAssignment.objects.exists()


def test_a_shift_moves_to_a_free_day_and_not_onto_another(world: SimpleNamespace) -> None:
    _plan(world, world.one, 0)
    _plan(world, world.two, 0)
    asked = {"staff_id": world.one.pk, "day": MONDAY, "to_staff_id": world.two.pk}
    with pytest.raises(Conflict):
        actions.move_day(world.planner, world.period.pk, **asked, to_day=MONDAY)
    actions.move_day(world.planner, world.period.pk, **asked, to_day=MONDAY + dt.timedelta(days=1))
    assert set(ShiftAssignment.objects.values_list("staff_id", flat=True)) == {world.two.pk}


def test_a_typed_need_without_people_is_told_in_words(world: SimpleNamespace) -> None:
    actions.set_need(world.planner, world.period.pk, day=MONDAY, shift_id=world.shift["D"].pk, heads=2)
    _plan(world, world.one, 0)
    assert reading.cover(world.period, reading.grid(world.period)) == {MONDAY: ["白班缺 1 人"]}


def test_publishing_tells_people_and_settles_wishes(world: SimpleNamespace) -> None:
    off = own.wish(world.agent, day=MONDAY + dt.timedelta(days=1), points=60)
    early = own.wish(world.agent, day=MONDAY, points=40, shift_id=world.shift["M"].pk)
    with pytest.raises(InvalidInput):
        own.wish(world.agent, day=MONDAY + dt.timedelta(days=2), points=1)
    _plan(world, world.one, 0)
    with pytest.raises(NotAllowed):
        actions.publish(world.planner, world.period.pk)
    _publish(world)
    off.refresh_from_db()
    early.refresh_from_db()
    assert (off.state, early.state) == (WishState.MET, WishState.MISSED)
    assert StaffNotice.objects.filter(staff=world.one, subject_kind="roster").count() == 1
    own.acknowledge(world.agent, world.period.pk)
    _plan(world, world.one, 0, "M")
    assert world.period.acknowledged.count() == 0
    assert StaffNotice.objects.filter(staff=world.one, subject_kind="roster").count() == 2


def test_a_swap_is_checked_and_changes_hands_when_approved(world: SimpleNamespace) -> None:
    _plan(world, world.one, 1)
    _plan(world, world.two, 0, "M")
    _publish(world)
    swap = own.offer_swap(world.agent, day=MONDAY + dt.timedelta(days=1))
    with pytest.raises(InvalidInput) as refusal:
        own.take_swap(world.other, swap.pk)
    assert "只隔 8 小时" in refusal.value.fields["swap"][0]
    actions.clear_day(world.planner, world.period.pk, staff_id=world.two.pk, day=MONDAY)
    own.take_swap(world.other, swap.pk)
    assert own.decide_swap(world.planner, swap.pk, approved=True).state == SwapState.APPROVED
    assert ShiftAssignment.objects.get().staff_id == world.two.pk


def test_fairness_counts_published_weekends_only(world: SimpleNamespace) -> None:
    _plan(world, world.one, 5)
    asked = (world.org, MONDAY, MONDAY + dt.timedelta(days=30))
    assert all(one.weekends == 0 for one in reading.fairness(*asked))
    _publish(world)
    assert next(one.weekends for one in reading.fairness(*asked)) == 1


def test_other_units_do_not_see_the_roster(world: SimpleNamespace, org_tree: Any, make_staff: Any) -> None:
    stranger = actor_for(make_staff("planner", org_tree.other_city))
    with pytest.raises(NotFound):
        reading.need_period(stranger, world.period.pk)


def test_the_calendar_feed_holds_published_shifts_until_revoked(world: SimpleNamespace, client: Any) -> None:
    _plan(world, world.one, 0)
    url = reverse("workforce:feed", args=[own.make_feed(world.agent)])
    assert b"VEVENT" not in client.get(url).content
    _publish(world)
    body = client.get(url).content.decode()
    assert "DTSTART:20270301T000000Z" in body
    assert "SUMMARY:白班 上班" in body
    own.revoke_feed(world.agent)
    assert client.get(url).status_code == 404


def test_pages_show_the_month_and_keep_what_was_typed(
    world: SimpleNamespace, browser_for: Any, make_staff: Any
) -> None:
    _plan(world, world.one, 0)
    planner = browser_for("planner", world.org)
    for name, args in (("rosters", ()), ("roster", (world.period.pk,)), ("shifts", ()), ("fairness", ())):
        assert planner.get(reverse(f"workforce:{name}", args=args)).status_code == 200, name
    sent = {"staff": world.one.pk, "day": "2027-03-02", "kind": "work", "shift": world.shift["L"].pk}
    answer = planner.post(reverse("workforce:roster-day", args=[world.period.pk]), sent)
    assert answer.status_code == 422
    assert "超过上限" in answer.content.decode()
    assert 'value="2027-03-02"' in answer.content.decode()


def test_an_agent_sees_shifts_once_published_and_acknowledges(world: SimpleNamespace, browser_for: Any) -> None:
    _plan(world, world.one, 0)
    mine = browser_for(staff=world.one)
    assert "白班 <span" not in mine.get(reverse("workforce:mine")).content.decode()
    _publish(world)
    page = mine.get(reverse("workforce:mine")).content.decode()
    assert "我已知晓" in page
    mine.post(reverse("workforce:mine-acknowledge", args=[world.period.pk]))
    assert "我已知晓" not in mine.get(reverse("workforce:mine")).content.decode()
