"""Counting, forecasting and staffing: what a planner gets from past counts."""

from __future__ import annotations

import datetime as dt
import io
import math

import numpy as np
import pytest
from django.utils import timezone

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand import actions, counting, importing, making, playing, reading, staffing
from denghuo.apps.workforce.demand.models import ForecastRun, IntervalCount, RequirementDay, RunKind
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.helpers.routing import queue as make_queue

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def voice(org_tree):
    return make_queue(org_tree.province, "w_voice", channels=["voice"], channel_class="voice")


def fill(queue: Queue, days: int = 28, level: int = 6) -> dt.date:
    """The same shape every day: ``level`` contacts in each half hour from eight to eight."""
    today = timezone.localdate(moment.now())
    rows = [
        IntervalCount(
            org=queue.org, queue=queue, start=counting.midnight(today - back * DAY) + slot * counting.HALF_HOUR,
            offered=level, answered=level - 1, abandoned=1, handle_seconds=200 * (level - 1),
        )
        for back in range(1, days + 1) for slot in range(16, 40)
    ]  # fmt: skip
    IntervalCount.objects.bulk_create(rows)
    return today


def forecast(actor, unit, **more):
    made = making.make(unit, RunKind.DAILY, days=2, **more)
    assert made is not None
    return actions.keep_forecast(actor, unit, made)


def test_a_steady_past_is_foretold_and_units_add_up(voice, org_tree, actor_for_role):
    today = fill(voice)
    second = make_queue(org_tree.province, "w_chat", channels=["web_chat"], channel_class="chat")
    fill(second, level=3)
    planner = actor_for_role("planner", org_tree.company)
    forecast(planner, org_tree.company)
    one, two, whole = (reading.days_of(org_tree.province, key, today, today)[0].mean for key in (voice, second, None))
    assert one[20] == pytest.approx(6, rel=0.15)
    assert one[:16].sum() == 0
    assert np.allclose(one + two, whole, atol=0.01)
    day = reading.days_of(org_tree.province, voice, today, today)[0]
    assert day.row.handle_seconds[20] == pytest.approx(200, abs=2)
    assert day.row.abandoned[20] == pytest.approx(1 / 6, abs=0.02)


def test_nothing_counted_makes_no_forecast(voice, org_tree):
    assert making.make(org_tree.company, RunKind.DAILY) is None


def test_a_correction_holds_for_its_hours_and_can_be_taken_back(voice, org_tree, actor_for_role):
    today = fill(voice)
    planner = actor_for_role("planner", org_tree.province)
    forecast(actor_for_role("planner", org_tree.company), org_tree.company)
    start = counting.midnight(today)
    before = reading.days_of(org_tree.province, voice, today, today)[0].mean.copy()
    row = actions.override(
        planner, voice.pk, starts=start + dt.timedelta(hours=10), ends=start + dt.timedelta(hours=11), factor=2.0,
        reason="检修告知短信",
    )  # fmt: skip
    after = reading.days_of(org_tree.province, voice, today, today)[0]
    assert np.allclose(after.mean[20:22], 2 * before[20:22])
    assert after.mean[22] == pytest.approx(before[22])
    unit = reading.days_of(org_tree.company, None, today, today)[0]
    assert unit.mean.sum() - unit.machine.sum() == pytest.approx(before[20:22].sum(), abs=0.01)
    actions.end_override(planner, row.pk)
    assert np.allclose(reading.days_of(org_tree.province, voice, today, today)[0].mean, before)
    with pytest.raises(Conflict):
        actions.end_override(planner, row.pk)


def test_a_correction_says_what_is_wrong_at_each_field(voice, org_tree, actor_for_role):
    planner, start = actor_for_role("planner", org_tree.province), moment.now()
    with pytest.raises(InvalidInput) as caught:
        actions.override(planner, voice.pk, starts=start, ends=start, reason="", factor=1.0, value=2.0)
    assert set(caught.value.fields) == {"ends", "factor", "reason"}
    with pytest.raises((NotAllowed, NotFound)):
        actions.override(
            actor_for_role("agent", org_tree.province), voice.pk, starts=start, ends=start + DAY, factor=1.0, reason="x"
        )


def test_a_storm_marked_as_past_does_not_raise_the_forecast(voice, org_tree, actor_for_role):
    today = fill(voice)
    storm = counting.midnight(today - 7 * DAY)
    IntervalCount.objects.filter(queue=voice, start__gte=storm, start__lt=storm + DAY).update(offered=60)
    planner = actor_for_role("planner", org_tree.company)
    actions.add_driver(planner, org_tree.company, kind="storm", name="雷暴", starts=storm, ends=storm + DAY)
    forecast(planner, org_tree.company)
    assert reading.days_of(org_tree.province, voice, today, today)[0].mean[20] < 7.5


def test_required_heads_meet_the_target_and_one_fewer_does_not(voice, org_tree, actor_for_role):
    today = fill(voice, level=20)
    planner = actor_for_role("planner", org_tree.company)
    forecast(planner, org_tree.company)
    rows = staffing.make([voice], today, today)
    assert actions.keep_requirements(planner, org_tree.company, rows) == 1
    row = RequirementDay.objects.get(queue=voice, day=today)
    busy = 24
    assert row.service_level[busy] >= row.targets["service_level"]
    assert row.rostered[busy] > row.heads[busy] > 1
    fewer = {name: row.beside["fewer"][name][busy] for name in ("service_level", "abandoned", "occupancy")}
    assert (
        fewer["service_level"] < row.targets["service_level"] or fewer["abandoned"] > row.targets["abandoned"]
        or fewer["occupancy"] > row.targets["occupancy"]
    )  # fmt: skip
    actions.keep_requirements(planner, org_tree.company, staffing.make([voice], today, today))
    assert RequirementDay.objects.filter(queue=voice).count() == 1


def test_more_contacts_lower_the_service_in_a_what_if(voice):
    flat = np.where((np.arange(48) >= 16) & (np.arange(48) < 40), 40.0, 0.0)
    base = playing.Plan(flat, np.full(48, 200.0), np.where(flat > 0, 7.0, 0.0), 120.0, 20.0)
    other = playing.changed(base, {"volume": 30})
    found = playing.compare(voice, base, other, spread=0.05, replications=20, seed=3)
    assert found["difference"]["service_level"][2] < 0 < found["difference"]["lost"][1]
    assert found == playing.compare(voice, base, other, spread=0.05, replications=20, seed=3)
    same = playing.compare(voice, base, base, spread=0.05, replications=20, seed=3)
    assert same["difference"]["service_level"] == [0.0, 0.0, 0.0]


def test_a_call_back_keeps_customers_who_would_hang_up_and_absence_costs_service(voice):
    flat = np.where((np.arange(48) >= 16) & (np.arange(48) < 40), 40.0, 0.0)
    base = playing.Plan(flat, np.full(48, 200.0), np.where(flat > 0, 5.0, 0.0), 120.0, 20.0)
    offered = playing.changed(base, {"callback_after": 30, "callback_accepted": 60})
    found = playing.compare(voice, base, offered, spread=0.05, replications=20, seed=3)
    assert found["difference"]["lost"][2] < 0 < found["other"]["called_back"][1]
    fewer = playing.compare(voice, base, playing.changed(base, {"absence": 20}), spread=0.05, replications=20, seed=3)
    assert fewer["difference"]["service_level"][2] < 0


def test_an_agent_holds_as_many_chats_in_a_what_if_as_the_table_says(org_tree):
    chats = make_queue(org_tree.province, "w_chat", channels=["web_chat"], channel_class="chat")
    flat = np.where((np.arange(48) >= 16) & (np.arange(48) < 40), 20.0, 0.0)
    plan = playing.Plan(flat, np.full(48, 600.0), np.where(flat > 0, 4.0, 0.0), 300.0, 60.0)
    centre = playing.centre_of(chats, plan, 0.0)
    assert centre.groups[0].capacity[1] == 3
    found = playing.compare(chats, plan, playing.changed(plan, {"heads": 1}), spread=0.0, replications=10, seed=1)
    # 20 chats of ten minutes in half an hour are 6.7 at a time: four agents could not hold them one by one
    assert found["base"]["abandoned"][0] < 0.2
    assert found["difference"]["service_level"][0] > 0


def test_stopping_a_what_if_stops_it(voice):
    flat = np.full(48, 5.0)
    plan = playing.Plan(flat, np.full(48, 200.0), np.full(48, 2.0), 120.0, 20.0)

    def stop(_steps: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        playing.compare(voice, plan, plan, spread=0.0, replications=20, seed=3, advance=stop)


def test_contacts_are_counted_once_however_often(voice, org_tree):
    from denghuo.apps.contacts.models import Contact

    at = counting.floor(moment.now()) - dt.timedelta(hours=2)
    for number in range(3):
        Contact.objects.create(
            org=org_tree.county, channel="voice", queue=voice, opened_at=at + dt.timedelta(minutes=number),
            state="abandoned", closed_at=at + dt.timedelta(minutes=9),
        )  # fmt: skip
    counting.count_contacts()
    counting.count_contacts()
    row = IntervalCount.objects.get()
    assert (row.start, row.offered, row.abandoned, row.answered) == (at, 3, 3, 0)


def test_a_file_is_checked_line_by_line(voice):
    text = (
        "queue,start,offered,answered,abandoned,handle_seconds\nw_voice,2026-01-05 08:30,12,11,1,2200\n"
        "nobody,2026-01-05 08:30,1,1,0,5\nw_voice,2026-01-05 08:40,1,1,0,5\nw_voice,2026-01-05 08:30,1,1,0,5\n"
        "w_voice,2026-01-05 09:00,2,2,1,5\nw_voice,2026-01-05 09:30,x,,,\n"
    )
    found = importing.check(io.BytesIO(text.encode()), [voice])
    assert [line for line, _why in found.faults] == [3, 4, 5, 6, 7]
    assert [row["offered"] for row in found.rows] == [12]


def test_a_run_tells_what_it_learned_from(voice, org_tree, actor_for_role):
    today = fill(voice)
    run = forecast(actor_for_role("planner", org_tree.company), org_tree.company)
    assert ForecastRun.objects.get(pk=run.pk).learned_from == today - 28 * DAY
    assert math.isclose(sum(run.rows.filter(queue=voice).first().weights.values()), 1.0, abs_tol=0.01)
