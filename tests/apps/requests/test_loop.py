"""From acceptance to the file: marks of the crew, review, call-back, rework, ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.requests import actions
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack, Request, RequestNote
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from denghuo.core.policies.models import PolicyValue
from tests.apps.requests.world import NOTE, World
from tests.helpers.refusals import refused


def fresh(request: Request) -> Request:
    return Request.objects.get(pk=request.pk)


def live_clocks(request: Request) -> set[str]:
    rows = Clock.objects.filter(subject_kind="request", subject_id=request.pk, state="running")
    return set(rows.values_list("kind", flat=True))


def set_policy(key: str, value: Any) -> None:
    from denghuo.core.policies import clear_cache

    PolicyValue.objects.filter(key=key, org=None).update(value=value)
    clear_cache()


@pytest.fixture(autouse=True)
def _call_all_day(db: None) -> None:
    """Tests run at any hour."""
    set_policy("callback.hours", {"from": "00:00", "to": "23:59"})
    set_policy("callback.noon_rest", {"from": "12:00", "to": "12:00"})


def test_the_whole_loop_ends_in_the_file_with_every_step_on_the_record(world: World) -> None:
    made = world.reviewed()
    world.call(made)
    done = fresh(made)
    assert (done.state, done.satisfaction, done.cause) == ("archived", "satisfied", "equipment")
    assert world.kinds(made) == [
        "request.submitted", "request.accepted", "request.dispatched", "request.progressed", "request.returned",
        "request.review_passed", "request.callback_due", "request.callback_attempted", "request.callback_done",
        "request.archived",
    ]  # fmt: skip
    assert live_clocks(made) == set()
    times = [getattr(done, name) for name in (
        "submitted_at", "accepted_at", "dispatched_at", "arrived_at", "returned_at", "reviewed_at", "archived_at",
    )]  # fmt: skip
    assert times == sorted(times)


def test_the_arrival_clocks_stop_and_the_restoration_clock_starts_at_the_arrival(world: World) -> None:
    made = world.dispatched()
    assert live_clocks(made) == {"arrival.mean", "arrival.standard"}
    world.arrive(made)
    assert live_clocks(made) == {"restore.mean"}
    world.finish(made)
    assert live_clocks(made) == {"review"}


def test_a_second_arrival_is_told_but_moves_no_clock(world: World) -> None:
    made = world.dispatched()
    first = world.arrive(made).arrived_at
    world.arrive(made)
    assert fresh(made).arrived_at == first


def test_supply_back_before_the_crew_came_is_a_restoration_in_time(world: World) -> None:
    made = world.dispatched()
    world.arrive(made)
    world.finish(made, restored_at=fresh(made).accepted_at)
    clock = Clock.objects.get(subject_kind="request", subject_id=made.pk, kind="restore.mean")
    assert clock.state == "met"


Step = Callable[[World, Request], Any]
WRONG_STATE: list[tuple[str, Step]] = [
    ("submitted", lambda w, r: w.dispatch(r)),
    ("submitted", lambda w, r: w.arrive(r)),
    ("submitted", lambda w, r: w.finish(r)),
    ("submitted", lambda w, r: actions.review_request(w.reviewer, r.pk, passed=True)),
    ("submitted", lambda w, r: actions.reclassify_request(w.agent, r.pk, urgency="urgent", reason="急")),
    ("accepted", lambda w, r: w.arrive(r)),
    ("accepted", lambda w, r: actions.mark_progress(w.crew, r.pk, order_id=1, step="departed")),
    ("accepted", lambda w, r: actions.mark_withdrawn(w.crew, r.pk, order_id=1, reason="换班")),
    ("accepted", lambda w, r: actions.review_request(w.reviewer, r.pk, passed=True)),
    ("accepted", lambda w, r: actions.unmerge_request(w.agent, r.pk, reason="不是一回事")),
    ("accepted", lambda w, r: actions.archive_request(w.agent, r.pk, reason="无需处理")),
    ("accepted", lambda w, r: actions.answer_request(w.agent, r.pk, answer="已恢复")),
    ("accepted", lambda w, r: actions.assign_handling(w.reviewer, r.pk)),
    ("dispatched", lambda w, r: w.dispatch(r)),
    ("dispatched", lambda w, r: w.finish(r)),
    ("dispatched", lambda w, r: actions.merge_request(w.agent, r.pk, w.accepted().pk, "同一故障")),
    ("returned", lambda w, r: w.arrive(r)),
    ("returned", lambda w, r: actions.cancel_request(w.agent, r.pk, reason="客户要求")),
    ("reviewed", lambda w, r: actions.review_request(w.reviewer, r.pk, passed=True)),
    ("reviewed", lambda w, r: actions.urge_request(w.agent, r.pk)),
    ("reviewed", lambda w, r: w.dispatch(r)),
]


@pytest.mark.parametrize(("state", "step"), WRONG_STATE)
def test_a_step_out_of_turn_is_refused_and_changes_nothing(world: World, state: str, step: Step) -> None:
    made = getattr(world, state)()
    before = (fresh(made).version, len(timeline("request", made.pk)))
    with refused(Conflict) as caught:
        step(world, made)
    assert len(caught.value.message) > 8
    assert (fresh(made).version, len(timeline("request", made.pk))) == before


NO_RIGHT: list[tuple[str, Step]] = [
    ("returned", lambda w, r: actions.review_request(w.caller, r.pk, passed=True)),
    ("accepted", lambda w, r: actions.cancel_request(w.caller, r.pk, reason="试试")),
    ("accepted", lambda w, r: actions.merge_request(w.crew, r.pk, w.accepted().pk, "同一故障")),
    ("accepted", lambda w, r: actions.note_request(w.crew, r.pk, text="备注")),
    ("accepted", lambda w, r: actions.urge_request(w.crew, r.pk)),
    ("accepted", lambda w, r: actions.cancel_request(Actor.customer(), r.pk, reason="试试", token="wrong")),
    ("accepted", lambda w, r: actions.urge_request(Actor.customer(), r.pk)),
    ("reviewed", lambda w, r: actions.take_callback(w.agent)),
    ("reviewed", lambda w, r: actions.archive_request(w.reviewer, r.pk, reason="无需处理")),
]


@pytest.mark.parametrize(("state", "step"), NO_RIGHT)
def test_a_step_without_the_right_is_refused(world: World, state: str, step: Step) -> None:
    made = getattr(world, state)()
    with refused(NotAllowed):
        step(world, made)


LATE = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)
EARLY = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("at", [LATE, EARLY])
def test_times_out_of_order_are_refused_by_name(world: World, at: dt.datetime) -> None:
    made = world.accepted()
    with refused(InvalidInput) as caught:
        actions.mark_dispatched(world.crew, made.pk, order_id=1, at=at)
    assert list(caught.value.fields) == ["at"]
    world.dispatch(made)
    with refused(InvalidInput) as caught:
        actions.mark_arrived(world.crew, made.pk, order_id=1, at=at)
    assert list(caught.value.fields) == ["at"]
    world.arrive(made)
    with refused(InvalidInput) as caught:
        world.finish(made, at=at)
    assert list(caught.value.fields) == ["at"]
    with refused(InvalidInput) as caught:
        world.finish(made, restored_at=at)
    assert list(caught.value.fields) == ["restored_at"]


def test_a_return_without_cause_and_result_is_refused(world: World) -> None:
    made = world.dispatched()
    world.arrive(made)
    with refused(InvalidInput) as caught:
        world.finish(made, cause="", result=" ")
    assert {"cause", "result"} == caught.value.fields.keys()


def test_a_late_message_of_an_early_arrival_withdraws_the_breach(world: World) -> None:
    from denghuo.core.clocks.sweeper import sweep

    made = world.accepted()
    dispatched = world.dispatch(made)
    sweep(moment.now() + dt.timedelta(hours=2))
    actions.mark_arrived(world.crew, made.pk, order_id=1, at=dispatched.dispatched_at)
    clock = Clock.objects.get(subject_kind="request", subject_id=made.pk, kind="arrival.standard")
    assert (clock.state, clock.breached_at) == ("met", None)


def test_a_withdrawn_order_leaves_the_arrival_clocks_running(world: World) -> None:
    made = world.dispatched()
    actions.mark_withdrawn(world.crew, made.pk, order_id=1, reason="车辆故障")
    assert fresh(made).state == "accepted"
    assert live_clocks(made) == {"dispatch", "arrival.mean", "arrival.standard"}
    world.dispatch(made)
    assert fresh(made).state == "dispatched"


def test_a_reviewer_sends_back_with_a_reason_that_hides_phone_numbers(world: World) -> None:
    made = world.returned()
    with refused(InvalidInput) as caught:
        actions.review_request(world.reviewer, made.pk, passed=False)
    assert "reason" in caught.value.fields
    actions.review_request(world.reviewer, made.pk, passed=False, reason="照片不清，请联系 13900001234 重拍")
    assert fresh(made).state == "dispatched"
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.sent_back"]
    assert "13900001234" not in event.payload["reason"]
    assert RequestNote.objects.get(pk=event.payload["note_id"]).text.endswith("重拍")
    world.finish(made)
    assert actions.review_request(world.reviewer, made.pk, passed=True).state == "callback"


def test_a_dissatisfied_customer_brings_rework_and_a_second_call(world: World) -> None:
    made = world.reviewed()
    world.complain(made)
    again = fresh(made)
    assert (again.state, again.round, again.satisfaction) == ("rework", 2, "dissatisfied")
    assert live_clocks(made) == {"rework"}
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.rework_required"]
    assert event.payload["round"] == 2
    world.work_again(made)
    world.call(made)
    assert fresh(made).state == "archived"
    assert list(CallBack.objects.filter(request=made).order_by("round").values_list("round", "state")) == [
        (1, "done"), (2, "done"),
    ]  # fmt: skip


def test_unresolved_counts_as_dissatisfied_even_when_polite(world: World) -> None:
    made = world.reviewed()
    world.call(made, resolved=False, satisfaction="satisfied", note=NOTE)
    assert fresh(made).state == "rework"


def test_after_the_last_round_a_supervisor_must_decide(world: World) -> None:
    made = world.reviewed()
    for _round in range(2):
        world.complain(made)
        world.work_again(made)
    world.complain(made)
    stuck = fresh(made)
    assert (stuck.state, stuck.supervised, stuck.round) == ("rework", True, 4)
    assert world.kinds(made)[-1] == "request.escalated"
    assert world.kinds(made).count("request.rework_required") == 2
    actions.archive_request(world.agent, made.pk, reason="客户诉求超出供电服务范围")
    assert fresh(made).state == "archived"


def test_rework_not_under_supervision_cannot_be_filed_away(world: World) -> None:
    made = world.reviewed()
    world.complain(made)
    with refused(Conflict):
        actions.archive_request(world.agent, made.pk, reason="算了")


def test_not_reached_three_times_is_written_down_and_filed(world: World) -> None:
    made = world.reviewed()
    for outcome in ("no_answer", "busy"):
        plan = world.call(made, outcome=outcome)
        assert plan.state == "pending"
        assert plan.holder_id is None
        assert plan.not_before >= moment.now() + dt.timedelta(minutes=14)
    plan = world.call(made, outcome="powered_off")
    assert (plan.state, plan.attempts) == ("unreachable", 3)
    assert fresh(made).state == "archived"
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.archived"]
    assert event.payload["how"] == "unreachable"


def test_a_customer_who_refuses_to_be_asked_is_not_rated(world: World) -> None:
    made = world.reviewed()
    world.call(made, outcome="refused")
    assert (fresh(made).state, fresh(made).satisfaction) == ("archived", "not_rated")


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ("outcome", {"outcome": "telepathy"}),
        ("resolved", {"outcome": "answered", "satisfaction": "satisfied"}),
        ("satisfaction", {"outcome": "answered", "resolved": True, "satisfaction": ""}),
        ("satisfaction", {"outcome": "answered", "resolved": True, "satisfaction": "ecstatic"}),
        ("note", {"outcome": "answered", "resolved": True, "satisfaction": "dissatisfied"}),
        ("note", {"outcome": "no_answer", "note": "长" * 10_000}),
        ("outcome", {"outcome": "no_answer", "resolved": True}),
        ("at", {"outcome": "no_answer", "at": EARLY}),
        ("at", {"outcome": "no_answer", "at": LATE}),
    ],
)
def test_a_wrong_record_of_a_call_is_refused_by_field(world: World, field: str, answer: dict[str, Any]) -> None:
    plan = world.plan(world.reviewed())
    with refused(InvalidInput) as caught:
        actions.record_attempt(world.caller, plan.pk, **answer)
    assert field in caught.value.fields
    assert CallBack.objects.get(pk=plan.pk).attempts == 0


def test_two_callers_never_get_the_same_plan(world: World, actor_for_role: Any, org_tree: Any) -> None:
    other = actor_for_role("callback_agent", org_tree.city)
    first, second = world.reviewed(), world.reviewed()
    mine, theirs = actions.take_callback(world.caller), actions.take_callback(other)
    assert mine is not None
    assert theirs is not None
    assert {mine.request_id, theirs.request_id} == {first.pk, second.pk}
    assert actions.take_callback(world.caller) == mine
    with refused(Conflict):
        actions.record_attempt(other, mine.pk, outcome="no_answer")


def test_what_somebody_took_and_forgot_is_free_again(world: World, actor_for_role: Any, org_tree: Any) -> None:
    other = actor_for_role("callback_agent", org_tree.city)
    world.reviewed()
    held = actions.take_callback(world.caller)
    assert held is not None
    assert actions.take_callback(other) is None
    CallBack.objects.filter(pk=held.pk).update(held_at=moment.now() - dt.timedelta(minutes=16))
    assert actions.take_callback(other) == held
    actions.release_callback(other, held.pk)
    assert actions.take_callback(world.caller) == held


def test_a_plan_of_another_city_is_not_offered(world: World, actor_for_role: Any, org_tree: Any) -> None:
    world.reviewed()
    assert actions.take_callback(actor_for_role("callback_agent", org_tree.other_city)) is None


def test_recording_without_taking_or_twice_is_refused(world: World) -> None:
    made = world.reviewed()
    plan = CallBack.objects.get(request=made)
    with refused(Conflict):
        actions.record_attempt(world.caller, plan.pk, outcome="no_answer")
    world.call(made)
    with refused(Conflict):
        actions.record_attempt(world.caller, plan.pk, outcome="no_answer")
    with refused(NotFound):
        actions.record_attempt(world.caller, 99_999_999, outcome="no_answer")


@pytest.mark.parametrize(
    ("clock", "opens"),
    [
        ("07:59", "08:00"),
        ("08:00", "08:00"),
        ("11:59", "11:59"),
        ("12:00", "14:00"),
        ("20:59", "20:59"),
        ("21:00", "+08:00"),
        ("23:30", "+08:00"),
    ],
)
def test_customers_are_not_called_at_night_or_at_noon(world: World, clock: str, opens: str) -> None:
    set_policy("callback.hours", {"from": "08:00", "to": "21:00"})
    set_policy("callback.noon_rest", {"from": "12:00", "to": "14:00"})
    shanghai = dt.timezone(dt.timedelta(hours=8))

    def on(day: int, text: str) -> dt.datetime:
        return dt.datetime.combine(dt.date(2026, 3, day), dt.time.fromisoformat(text), shanghai)

    wanted = on(5, opens[1:]) if opens.startswith("+") else on(4, opens)
    assert next_opening(on(4, clock), world.org) == wanted


def test_nobody_gets_a_plan_outside_calling_hours(world: World) -> None:
    world.reviewed()
    later = (moment.now() + dt.timedelta(minutes=30)).astimezone(dt.timezone(dt.timedelta(hours=8)))
    set_policy("callback.hours", {"from": later.strftime("%H:%M"), "to": "23:59"})
    if later.strftime("%H:%M") > "00:30":
        assert actions.take_callback(world.caller) is None


def test_praise_is_answered_on_the_spot_and_needs_no_call(world: World) -> None:
    made = world.submitted(type="praise", phenomenon="", scope="", occurred_at=None, description="师傅态度很好")
    actions.answer_request(world.agent, made.pk, answer="已转达，谢谢您")
    assert fresh(made).state == "archived"
    assert live_clocks(made) == set()
    assert CallBack.objects.get(request=made).skipped == "answered"


def test_a_complaint_is_never_answered_away(world: World) -> None:
    made = world.submitted(type="complaint", phenomenon="", scope="", occurred_at=None, description="乱收费")
    with refused(Conflict):
        actions.answer_request(world.agent, made.pk, answer="知道了")


def test_a_complaint_goes_to_the_unit_and_back_through_review_to_the_call(world: World) -> None:
    made = world.accepted(type="complaint", phenomenon="", scope="", occurred_at=None, description="乱收费")
    actions.assign_handling(world.reviewer, made.pk)
    actions.contact_customer(world.agent, made.pk)
    assert live_clocks(made) == {"handling"}
    actions.reply_request(world.reviewer, made.pk, result="已退费并致歉")
    actions.review_request(world.reviewer, made.pk, passed=False, reason="缺退费凭证")
    assert fresh(made).state == "handling"
    actions.reply_request(world.reviewer, made.pk, result="已退费并致歉，附凭证")
    actions.review_request(world.reviewer, made.pk, passed=True)
    world.complain(made)
    actions.assign_handling(world.reviewer, made.pk)
    actions.reply_request(world.reviewer, made.pk, result="上门说明")
    actions.review_request(world.reviewer, made.pk, passed=True)
    world.call(made)
    assert fresh(made).state == "archived"


def test_the_customer_cancels_with_their_own_token(world: World) -> None:
    made = world.accepted()
    actions.cancel_request(Actor.customer(), made.pk, reason="已经来电", token=made.public_token)
    assert fresh(made).state == "cancelled"
    assert live_clocks(made) == set()
    with refused(Conflict):
        actions.note_request(Actor.customer(), made.pk, text="还有", token=made.public_token)


def test_with_the_crew_on_site_nothing_is_cancelled(world: World) -> None:
    made = world.dispatched()
    world.arrive(made)
    with refused(Conflict):
        actions.cancel_request(world.agent, made.pk, reason="客户要求")


def test_an_urge_before_the_promised_time_is_explained(world: World) -> None:
    made = world.dispatched()
    answer = actions.urge_request(Actor.customer(), made.pk, token=made.public_token)
    assert not answer.recorded
    assert answer.promised_at is not None
    assert fresh(made).urges == 0


def test_urges_are_counted_spaced_and_end_in_supervision(world: World) -> None:
    made = world.dispatched()
    assert actions.urge_request(world.agent, made.pk, text="家有老人", insist=True).recorded
    with refused(Conflict) as caught:
        actions.urge_request(world.agent, made.pk, insist=True)
    assert caught.value.code == "urge_too_soon"
    Request.objects.filter(pk=made.pk).update(urged_at=moment.now() - dt.timedelta(hours=1))
    actions.urge_request(world.agent, made.pk, insist=True)
    assert fresh(made).supervised
    Request.objects.filter(pk=made.pk).update(urged_at=moment.now() - dt.timedelta(hours=1))
    with refused(Conflict) as caught:
        actions.urge_request(world.agent, made.pk, insist=True)
    assert caught.value.code == "urge_limit"


def test_supervision_because_of_urges_does_not_stop_the_first_rework(world: World) -> None:
    made = world.dispatched()
    Request.objects.filter(pk=made.pk).update(supervised=True)
    world.arrive(made)
    world.finish(made)
    actions.review_request(world.reviewer, made.pk, passed=True)
    world.complain(made)
    assert "request.rework_required" in world.kinds(made)


def test_notes_are_kept_sealed_and_out_of_the_events(world: World) -> None:
    made = world.accepted()
    note = actions.note_request(world.agent, made.pk, text="客户另有电话 13800009999")
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "request.note_added"]
    assert event.payload == {"note_id": note.pk, "note_kind": "remark"}
    assert note.text.endswith("13800009999")
    for bad in ("", "x" * 301, "a\x00b"):
        with refused(InvalidInput):
            actions.note_request(world.agent, made.pk, text=bad)
