"""From a draft to released information: review, plan, delay, change, and what is noticed when nobody reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.jobs import start_announced
from denghuo.apps.grid.models import Outage, OutageNotice
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import Event, timeline
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
HOUR, MINUTE, DAY = dt.timedelta(hours=1), dt.timedelta(minutes=1), dt.timedelta(days=1)
NINE = dt.datetime(2026, 6, 15, 1, 0, tzinfo=dt.UTC)  # 09:00 in the product's time zone, a Monday
SYSTEM = Actor.system("test")


@pytest.fixture
def dispatcher(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("dispatcher", org_tree.city)


@pytest.fixture
def reviewer(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("supervisor", org_tree.province)


def planned(actor: Actor, grid: Any, *, at: dt.datetime = NINE, ahead: dt.timedelta = 8 * DAY, **values: Any) -> Outage:
    """A planned outage at ``at`` entered ``ahead`` of it, released at once."""
    with moment.held(at - ahead):
        given = {"kind": "planned", "feeder": grid.feeder, "started_at": at, "expected_at": at + 7 * HOUR} | values
        return actions.open_outage(actor, **given)


def kinds(outage: Outage) -> list[str]:
    return [event.kind for event in timeline("outage", outage.pk)]


def test_a_draft_is_seen_by_nobody_outside_until_another_person_releases_it(
    dispatcher: Actor, reviewer: Actor, grid: Any
) -> None:
    with moment.held(NINE - 8 * DAY):
        draft = actions.draft_outage(
            dispatcher, kind="planned", feeder=grid.feeder, started_at=NINE, expected_at=NINE + HOUR, cause="检修"
        )
        assert actions.submit_outage(dispatcher, draft.pk).state == "submitted"
        assert queries.public_outages() == []
        assert queries.coming_outages(grid.transformers[0].pk) == []
        with moment.held(NINE):
            assert queries.outage_explaining(grid.transformers[0].pk) is None
        with refused(NotAllowed):
            actions.release_outage(dispatcher, draft.pk)
        released = actions.release_outage(reviewer, draft.pk)
        assert released.state == "announced"
        assert released.reviewed_by_id == reviewer.id
        assert queries.public_outages() == [released]
        assert actions.release_outage(reviewer, draft.pk).published_at == released.published_at
    assert kinds(draft) == ["outage.drafted", "outage.submitted", "outage.opened"]
    assert Event.objects.filter(kind="outage.opened").count() == 1


def test_a_draft_sent_back_is_mended_and_sent_again(dispatcher: Actor, reviewer: Actor, grid: Any) -> None:
    with moment.held(NINE - 8 * DAY):
        draft = actions.draft_outage(dispatcher, kind="planned", feeder=grid.feeder, started_at=NINE)
        actions.submit_outage(dispatcher, draft.pk)
        with refused(InvalidInput):
            actions.return_outage(reviewer, draft.pk, reason=" ")
        assert actions.return_outage(reviewer, draft.pk, reason="范围不清").state == "draft"
        one = [grid.transformers[0].pk]
        mended = actions.draft_outage(
            dispatcher, kind="temporary", feeder=grid.feeder, transformer_ids=one, started_at=NINE, outage_id=draft.pk
        )
        assert (mended.pk, mended.kind, mended.customers_out) == (draft.pk, "temporary", 100)
        assert list(mended.transformers.values_list("pk", flat=True)) == one
        actions.submit_outage(dispatcher, draft.pk)
        with refused(Conflict):
            actions.draft_outage(dispatcher, kind="planned", feeder=grid.feeder, started_at=NINE, outage_id=draft.pk)


def test_a_fault_goes_out_without_review(dispatcher: Actor, grid: Any) -> None:
    with moment.held(NINE):
        draft = actions.draft_outage(dispatcher, kind="fault", feeder=grid.feeder, started_at=NINE - HOUR)
        assert actions.submit_outage(dispatcher, draft.pk).state == "active"


@pytest.mark.parametrize(
    ("kind", "ahead", "confirmed", "met"),
    [
        # 计划停电 7 天: 168 h before 06-15 09:00 is 06-08 09:00.
        ("planned", 7 * DAY, None, True),
        ("planned", 7 * DAY - MINUTE, None, False),
        # 临时停电 24 h: the latest moment is 06-14 09:00.
        ("temporary", DAY, None, True),
        ("temporary", DAY - MINUTE, None, False),
        # 故障: confirmed 08:45, 15 min run out at 09:00; nobody confirmed: not judged.
        ("fault", dt.timedelta(0), -15 * MINUTE, True),
        ("fault", dt.timedelta(0), -16 * MINUTE, False),
        ("fault", dt.timedelta(0), None, None),
        # No rule is known for these.
        ("over_capacity", HOUR, None, None),
        ("orderly_use", HOUR, None, None),
    ],
)
def test_the_deadline_of_a_release_is_judged_and_kept(
    dispatcher: Actor, grid: Any, kind: str, ahead: dt.timedelta, confirmed: dt.timedelta | None, met: bool | None
) -> None:
    with moment.held(NINE - ahead):
        outage = actions.open_outage(
            dispatcher, kind=kind, feeder=grid.feeder, started_at=NINE,
            confirmed_at=NINE + confirmed if confirmed is not None else None,
        )  # fmt: skip
    notice = OutageNotice.objects.get(outage=outage, rule="publish")
    assert notice.met is met
    assert timeline("outage", outage.pk)[0].payload["notice_met"] is met


def test_restoration_and_changes_have_ten_minutes(dispatcher: Actor, grid: Any) -> None:
    # Restored 10:00, entered 10:10: the tenth minute still is in time. Change known 09:10, entered 09:21: one too late.
    with moment.held(NINE):
        outage = actions.open_outage(dispatcher, kind="fault", feeder=grid.feeder, started_at=NINE)
    with moment.held(NINE + 21 * MINUTE):
        actions.update_outage(dispatcher, outage.pk, cause="雷击", known_at=NINE + 10 * MINUTE)
    with moment.held(NINE + HOUR + 10 * MINUTE):
        actions.restore_outage(dispatcher, outage.pk, at=NINE + HOUR)
    assert dict(outage.notices.exclude(rule="publish").values_list("rule", "met")) == {"change": False, "restore": True}


def test_a_plan_begins_by_itself_but_is_certain_only_when_somebody_says_so(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE + MINUTE):
        start_announced()
        outage.refresh_from_db()
        assert (outage.state, outage.start_confirmed) == ("active", False)
        sure = actions.start_outage(dispatcher, outage.pk, at=NINE + MINUTE)
    assert (sure.start_confirmed, sure.started_at, sure.planned_start_at) == (True, NINE + MINUTE, NINE)
    assert kinds(outage)[-2:] == ["outage.started", "outage.start_confirmed"]
    with moment.held(NINE + HOUR):
        actions.start_outage(dispatcher, outage.pk, at=NINE + 30 * MINUTE)
    assert len(kinds(outage)) == 3


def test_a_late_start_or_stop_needs_its_cause(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE + HOUR):
        with refused(InvalidInput) as caught:
            actions.start_outage(dispatcher, outage.pk, at=NINE + 20 * MINUTE)
        assert "delay_cause" in caught.value.fields
        actions.start_outage(dispatcher, outage.pk, at=NINE + 20 * MINUTE, delay_cause="blocked")
    with moment.held(NINE + 8 * HOUR):
        with refused(InvalidInput):
            actions.restore_outage(dispatcher, outage.pk)
        actions.restore_outage(dispatcher, outage.pk, delay_cause="upper_grid")
    assert list(outage.delays.values_list("stage", "cause")) == [("start", "blocked"), ("stop", "upper_grid")]


def test_a_few_minutes_are_no_delay(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE + 7 * HOUR + 15 * MINUTE):
        actions.start_outage(dispatcher, outage.pk, at=NINE + 15 * MINUTE)
        actions.restore_outage(dispatcher, outage.pk)
    assert not outage.delays.exists()


def test_a_delay_told_ahead_moves_the_expectation_and_leaves_the_plan(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE - HOUR):
        late = actions.delay_outage(
            dispatcher, outage.pk, stage="start", cause="weather", until=NINE + 2 * HOUR, note="雷雨"
        )
    assert (late.started_at, late.planned_start_at, late.state) == (NINE + 2 * HOUR, NINE, "announced")
    with moment.held(NINE + HOUR):
        start_announced()
        outage.refresh_from_db()
        assert outage.state == "announced"
    with moment.held(NINE + 2 * HOUR):
        actions.start_outage(dispatcher, outage.pk, at=NINE + 2 * HOUR)  # explained before: no cause asked again
        with refused(Conflict):
            actions.delay_outage(dispatcher, outage.pk, stage="start", cause="other", until=NINE + 3 * HOUR)
        longer = actions.delay_outage(dispatcher, outage.pk, stage="stop", cause="unready", until=NINE + 9 * HOUR)
    assert (longer.expected_at, longer.planned_end_at) == (NINE + 9 * HOUR, NINE + 7 * HOUR)
    event = timeline("outage", outage.pk)[-1]
    assert (event.kind, event.payload["stage"], event.payload["cause"]) == ("outage.delayed", "stop", "unready")


def test_a_plan_only_the_clock_began_can_still_be_put_off(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE + 5 * MINUTE):
        start_announced()
        put_off = actions.delay_outage(dispatcher, outage.pk, stage="start", cause="customer", until=NINE + HOUR)
    assert put_off.state == "announced"


@pytest.mark.parametrize("until", [NINE - HOUR, NINE - 9 * DAY])
def test_a_delay_must_lie_after_what_was_expected(dispatcher: Actor, grid: Any, until: dt.datetime) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE - DAY), refused(InvalidInput) as caught:
        actions.delay_outage(dispatcher, outage.pk, stage="start", cause="weather", until=until)
    assert "until" in caught.value.fields


def test_an_announced_plan_is_moved_and_counts_its_changes(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE - DAY):
        with refused(InvalidInput) as caught:  # the end would lie before the new start
            actions.update_outage(dispatcher, outage.pk, started_at=NINE + DAY)
        assert "expected_at" in caught.value.fields
        moved = actions.update_outage(
            dispatcher, outage.pk, started_at=NINE + DAY, expected_at=NINE + DAY + HOUR, range_text="柳溪街道"
        )
    assert (moved.planned_start_at, moved.planned_end_at, moved.changes) == (NINE + DAY, NINE + DAY + HOUR, 1)
    assert timeline("outage", outage.pk)[-1].payload["fields"] == ["started_at", "expected_at", "range_text"]
    with moment.held(NINE + DAY):
        actions.start_outage(dispatcher, outage.pk)
        with refused(InvalidInput):
            actions.update_outage(dispatcher, outage.pk, started_at=NINE + 2 * DAY)


def overdue_events() -> list[tuple[str, dt.datetime]]:
    rows = Event.objects.filter(kind="outage.overdue").order_by("id")
    return [(row.payload["stage"], row.payload["due_at"]) for row in rows]


def test_a_start_and_a_stop_nobody_reports_are_noticed_once_each(dispatcher: Actor, grid: Any) -> None:
    outage = planned(dispatcher, grid)
    with moment.held(NINE + 9 * MINUTE):
        start_announced()
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)
    with moment.held(NINE + 11 * MINUTE):
        assert actions.watch_outages(SYSTEM) == (1, 0, 0)
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)
        actions.start_outage(dispatcher, outage.pk, at=NINE)
    with moment.held(NINE + 7 * HOUR + 11 * MINUTE):
        assert actions.watch_outages(SYSTEM) == (0, 1, 0)
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)
        actions.delay_outage(dispatcher, outage.pk, stage="stop", cause="blocked", until=NINE + 8 * HOUR)
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)
    with moment.held(NINE + 8 * HOUR + 11 * MINUTE):
        assert actions.watch_outages(SYSTEM) == (0, 1, 0)
    assert [stage for stage, _due in overdue_events()] == ["start", "stop", "stop"]


def test_customers_are_told_again_half_an_hour_before_a_temporary_outage(dispatcher: Actor, grid: Any) -> None:
    planned(dispatcher, grid, kind="temporary", ahead=2 * DAY)
    planned(dispatcher, grid, feeder=grid.feeder, transformer_ids=[grid.transformers[0].pk])  # no reminder for these
    with moment.held(NINE - 31 * MINUTE):
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)
    with moment.held(NINE - 30 * MINUTE):
        assert actions.watch_outages(SYSTEM) == (0, 0, 1)
        assert actions.watch_outages(SYSTEM) == (0, 0, 0)


def test_only_the_channels_chosen_show_it_and_the_desk_always_does(dispatcher: Actor, grid: Any) -> None:
    with moment.held(NINE):
        outage = actions.open_outage(dispatcher, kind="fault", feeder=grid.feeder, channels=["map"])
        assert outage.channels == ["desk", "map"]
        assert queries.public_outages() == []
        assert queries.public_outages(channel="map") == [outage]
        assert queries.outage_explaining(grid.transformers[0].pk) == outage
        with refused(InvalidInput) as caught:
            actions.open_outage(dispatcher, kind="fault", feeder=grid.feeder, channels=["radio"])
    assert "channels" in caught.value.fields


def test_outages_of_a_transformer_in_a_window_are_counted(dispatcher: Actor, grid: Any) -> None:
    first, second, third = (one.pk for one in grid.transformers)
    for days, ids in ((70, [first]), (50, [first, second]), (20, [first]), (1, [first, second])):
        with moment.held(NINE - days * DAY):
            outage = actions.open_outage(dispatcher, kind="fault", transformer_ids=ids)
            actions.restore_outage(dispatcher, outage.pk)
    planned(dispatcher, grid, at=NINE + DAY)  # has not begun
    with moment.held(NINE):
        assert queries.outages_in_window([first, second, third], NINE - 60 * DAY) == {first: 3, second: 2}
        repeated = queries.repeated_outages(dispatcher)
    assert [(one.pk, count) for one, count in repeated] == [(first, 3)]


def test_indices_follow_from_what_was_kept(dispatcher: Actor, grid: Any, org_tree: Any) -> None:
    kept = planned(dispatcher, grid)
    late = planned(dispatcher, grid, ahead=6 * DAY, transformer_ids=[grid.transformers[1].pk])
    off = planned(dispatcher, grid, transformer_ids=[grid.transformers[2].pk])
    with moment.held(NINE - DAY):
        actions.cancel_outage(dispatcher, off.pk, reason="改期")
    for outage, cause in ((kept, ""), (late, "weather")):
        begun = NINE if outage is kept else NINE + HOUR
        with moment.held(begun):
            actions.start_outage(dispatcher, outage.pk, at=begun, delay_cause=cause)
        with moment.held(NINE + 7 * HOUR):
            actions.restore_outage(dispatcher, outage.pk)
    with moment.held(NINE + DAY):
        found = queries.indices(("",), [org_tree.city, org_tree.other_city], NINE - 10 * DAY, NINE + DAY)
    assert found.total.publish_rate == pytest.approx(2 / 3)  # one of three was six days ahead
    assert found.total.plan_rate == pytest.approx(1 / 3)  # one late, one called off
    assert found.total.restore_rate == 1
    assert found.delays["start", "weather"] == 1
    assert sum(found.delays.values()) == 1
    (city, figures), (_other, none) = found.units
    assert (city, figures.plans, figures.cancelled, none.plans) == (org_tree.city, 3, 1, 0)
    assert none.plan_rate is None
