"""Who is called, when, and what each result of dialling leads to."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks.machine import TABLE, Phase, phase_of
from denghuo.apps.requests.callbacks.planning import drawn
from denghuo.apps.requests.callbacks.wishes import wish_call
from denghuo.apps.requests.hours import is_open, next_opening, windows
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.apps.requests.test_loop import _call_all_day, fresh, set_policy  # noqa: F401
from tests.apps.requests.world import NOTE, World
from tests.helpers.refusals import refused

COMPLAINT = {"type": "complaint", "phenomenon": "", "scope": "", "occurred_at": None, "description": "乱收费"}
MINUTE = dt.timedelta(minutes=1)


def day(hour: int, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime(2026, 3, 2, hour, minute))


def replied(world: World, **changes: Any) -> Request:
    """A matter that is no fault, up to its review."""
    made = world.accepted(**{**COMPLAINT, **changes})
    actions.assign_handling(world.reviewer, made.pk)
    return actions.reply_request(world.reviewer, made.pk, result="已核实处理")


def reviewed(world: World, request: Request) -> CallBack:
    actions.review_request(world.reviewer, request.pk, passed=True)
    return CallBack.objects.get(request=request)


# --- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["complaint", "tip_off", "service_request", "opinion"])
def test_complaints_tip_offs_and_the_like_are_called(world: World, type_: str) -> None:
    plan = reviewed(world, replied(world, type=type_))
    assert (plan.state, plan.skipped) == ("pending", "")


def test_what_must_be_called_is_called_whatever_the_sample(world: World) -> None:
    set_policy("callback.share", {"*": 0.0})
    set_policy("callback.types", ["opinion"])
    assert reviewed(world, replied(world)).state == "pending"
    assert reviewed(world, replied(world, type="opinion")).skipped == "sampled_out"
    assert reviewed(world, replied(world, type="suggestion")).skipped == "type"


@pytest.mark.parametrize(("mark", "reason"), [("anonymous", "anonymous"), ("confidential", "confidential")])
def test_marks_spare_the_caller_and_the_reason_is_kept(world: World, mark: str, reason: str) -> None:
    made = replied(world)
    Request.objects.filter(pk=made.pk).update(**{mark: True})
    plan = reviewed(world, made)
    assert (plan.state, plan.skipped, fresh(made).state) == ("cancelled", reason, "archived")
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "callback.skipped"]
    assert event.payload["why"] == reason


def test_a_unit_may_call_confidential_matters_by_policy(world: World) -> None:
    set_policy("callback.exempt", ["anonymous"])
    made = replied(world)
    Request.objects.filter(pk=made.pk).update(confidential=True)
    assert reviewed(world, made).state == "pending"


def test_one_merged_caller_who_wants_no_answer_is_spared_and_the_others_are_called(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    wish_call(world.agent, child.pk, no_reply=True)
    world.dispatch(master)
    world.arrive(master)
    world.finish(master)
    actions.review_request(world.reviewer, master.pk, passed=True)
    assert (fresh(master).state, fresh(child).state) == ("callback", "archived")
    assert CallBack.objects.get(request=child).skipped == "no_reply"


def test_a_master_who_wants_no_answer_does_not_keep_the_others_from_being_called(world: World) -> None:
    master, child = world.accepted(), world.accepted()
    actions.merge_request(world.agent, child.pk, master.pk)
    wish_call(world.agent, master.pk, no_reply=True)
    world.dispatch(master)
    world.arrive(master)
    world.finish(master)
    actions.review_request(world.reviewer, master.pk, passed=True)
    assert (fresh(master).state, fresh(child).state) == ("archived", "callback")


def test_answered_on_the_call_is_written_down_as_the_reason(world: World) -> None:
    made = world.submitted(**{**COMPLAINT, "type": "consulting"})
    actions.answer_request(world.agent, made.pk, answer="已告知电价")
    assert CallBack.objects.get(request=made).skipped == "answered"


def test_a_sample_is_drawn_the_same_each_time_and_in_proportion() -> None:
    part = sum(drawn(pk, 0.3) for pk in range(1, 10_001))
    assert 2_900 < part < 3_100
    assert all(drawn(pk, 1.0) for pk in range(1, 100)) and not any(drawn(pk, 0.0) for pk in range(1, 100))


# --- when -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hours(db: None) -> None:
    set_policy("callback.hours", {"from": "08:00", "to": "21:00"})
    set_policy("callback.noon_rest", {"from": "12:00", "to": "14:00"})


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (day(7, 59), day(8)), (day(8), day(8)), (day(11, 59), day(11, 59)), (day(12), day(14)), (day(13, 59), day(14)),
        (day(20, 59), day(20, 59)), (day(21), day(8) + dt.timedelta(days=1)), (day(23), day(8) + dt.timedelta(days=1)),
    ],
)  # fmt: skip
def test_nobody_is_called_at_night_or_at_noon(hours: None, at: dt.datetime, opens: dt.datetime) -> None:
    assert next_opening(at) == opens
    assert is_open(at) is (at == opens)


def test_the_hours_a_customer_asked_for_narrow_ours_and_never_widen_them(hours: None) -> None:
    evening = (dt.time(18), dt.time(22))
    assert windows(None, day(9), evening) == [(dt.time(18), dt.time(21))]
    assert next_opening(day(9), None, evening) == day(18)
    night = (dt.time(22), dt.time(23))
    assert next_opening(day(9), None, night) == day(9)
    assert not is_open(day(22, 30), None, night)


def test_a_wish_is_kept_by_the_plan(world: World) -> None:
    made = world.returned()
    later = moment.now() + dt.timedelta(days=2)
    wish_call(Actor.customer(), made.pk, token=made.public_token, not_before=later)
    actions.review_request(world.reviewer, made.pk, passed=True)
    plan = CallBack.objects.get(request=made)
    assert plan.not_before == later
    assert phase_of(plan, moment.now()) == Phase.PLANNED
    assert actions.take_callback(world.caller) is None


def test_a_plan_is_given_out_only_in_the_hours_asked_for(world: World) -> None:
    world.reviewed()
    local = timezone.localtime(moment.now()).time()
    soon = (dt.datetime.combine(dt.date(2026, 1, 1), local) + 2 * MINUTE).time()
    late = dt.time(23, 59, 59)
    if soon < local:
        pytest.skip("the minute before midnight")
    CallBack.objects.update(window_from=soon, window_to=late)
    assert actions.take_callback(world.caller) is None
    CallBack.objects.update(window_from=dt.time.min, window_to=late)
    assert actions.take_callback(world.caller) is not None


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("not_before", {"not_before": dt.datetime(2120, 1, 1, tzinfo=dt.UTC)}),
        ("window_to", {"window_from": dt.time(18), "window_to": dt.time(9)}),
        ("window_to", {"window_from": dt.time(18)}),
    ],
)
def test_a_wish_we_cannot_keep_is_refused_at_its_field(world: World, field: str, wish: dict[str, Any]) -> None:
    with refused(InvalidInput) as caught:
        wish_call(world.agent, world.accepted().pk, **wish)
    assert list(caught.value.fields) == [field]


def test_a_wish_needs_the_right_or_the_customers_token(world: World) -> None:
    made = world.accepted()
    for actor, token in ((world.crew, None), (Actor.customer(), "wrong"), (Actor.customer(), None)):
        with refused(NotAllowed):
            wish_call(actor, made.pk, no_reply=True, token=token)


def test_an_agent_puts_a_call_off_to_the_time_the_customer_named(world: World) -> None:
    made = world.reviewed()
    plan = CallBack.objects.get(request=made)
    later = moment.now() + dt.timedelta(hours=30)
    actions.reschedule_callback(world.caller, plan.pk, not_before=later)
    assert CallBack.objects.get(pk=plan.pk).not_before == later
    with refused(InvalidInput):
        actions.reschedule_callback(world.caller, plan.pk, not_before=moment.now() - MINUTE)


# --- taking, dialling -------------------------------------------------------------------------------------------------


def test_taking_and_putting_back_are_on_the_record(world: World) -> None:
    made = world.reviewed()
    plan = actions.take_callback(world.caller)
    assert plan is not None
    actions.take_callback(world.caller)
    actions.release_callback(world.caller, plan.pk)
    told = [e.kind for e in timeline("request", made.pk) if e.kind.startswith("callback.")]
    assert told == ["callback.taken", "callback.released"]


def test_dialling_marks_the_call_as_going_on_and_putting_back_ends_it(world: World) -> None:
    world.reviewed()
    plan = actions.take_callback(world.caller)
    assert plan is not None
    dialled = actions.dial_callback(world.caller, plan.pk)
    assert phase_of(dialled, moment.now()) == Phase.IN_CALL
    assert phase_of(actions.release_callback(world.caller, plan.pk), moment.now()) == Phase.DUE


def test_a_dialling_outside_calling_hours_is_refused_and_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reviewed()
    plan = actions.take_callback(world.caller)
    assert plan is not None
    now = timezone.localtime(moment.now())
    away = (now + dt.timedelta(hours=3)).time().replace(second=0, microsecond=0)
    end = (now + dt.timedelta(hours=4)).time().replace(second=0, microsecond=0)
    if away > end:
        away, end = dt.time(0, 1), dt.time(0, 2)
    set_policy("callback.hours", {"from": f"{away:%H:%M}", "to": f"{end:%H:%M}"})
    for act in (
        lambda: actions.dial_callback(world.caller, plan.pk),
        lambda: actions.record_attempt(world.caller, plan.pk, outcome="no_answer"),
    ):
        with refused(Conflict) as caught:
            act()
        assert caught.value.code == "closed_hours"
    assert CallBack.objects.get(pk=plan.pk).attempts == 0


def test_what_must_come_first_comes_first(world: World) -> None:
    first, second = world.reviewed(), world.reviewed()
    CallBack.objects.filter(request=second).update(priority=1)
    plan = actions.take_callback(world.caller)
    assert plan is not None and plan.request_id == second.pk != first.pk


def test_the_table_knows_every_phase_and_leads_nowhere_else() -> None:
    assert set(TABLE) == set(Phase)
    assert not TABLE[Phase.DONE] and not TABLE[Phase.REWORK] and not TABLE[Phase.CANCELLED]


# --- results ----------------------------------------------------------------------------------------------------------


def test_asked_for_another_time_counts_as_no_attempt_until_it_is_asked_too_often(world: World) -> None:
    made = world.reviewed()
    for number in (1, 2):
        when = moment.now() + dt.timedelta(hours=number)
        plan = world.call(made, outcome="later", ask_at=when)
        assert (plan.attempts, plan.postponed, plan.not_before) == (0, number, when)
    plan = world.call(made, outcome="later", ask_at=moment.now() + dt.timedelta(hours=1))
    assert (plan.attempts, plan.postponed, plan.state) == (1, 2, "pending")


@pytest.mark.parametrize("hours", [None, -1, 24 * 30])
def test_another_time_must_be_one_to_come(world: World, hours: int | None) -> None:
    made = world.reviewed()
    ask_at = None if hours is None else moment.now() + dt.timedelta(hours=hours)
    with refused(InvalidInput) as caught:
        world.call(made, outcome="later", ask_at=ask_at)
    assert list(caught.value.fields) == ["ask_at"]


def test_a_wrong_number_waits_for_the_unit_and_is_due_once_it_is_mended(world: World) -> None:
    made = world.reviewed()
    plan = world.call(made, outcome="wrong_number")
    assert phase_of(plan, moment.now()) == Phase.NUMBER
    assert plan.not_before > moment.now() + dt.timedelta(hours=3)
    with refused(InvalidInput) as caught:
        actions.supply_number(world.agent, plan.pk, phone="12")
    assert list(caught.value.fields) == ["phone"]
    mended = actions.supply_number(world.agent, plan.pk, phone="139 0000 7788")
    assert fresh(made).caller_phone == "13900007788"
    assert phase_of(mended, moment.now()) == Phase.DUE
    assert "callback.number_supplied" in world.kinds(made)
    with refused(Conflict):
        actions.supply_number(world.agent, plan.pk, phone="13900007788")


def test_another_language_is_noted_for_who_calls_next(world: World) -> None:
    made = world.reviewed()
    with refused(InvalidInput) as caught:
        world.call(made, outcome="language", language="克林贡语")
    assert "language" in caught.value.fields
    assert world.call(made, outcome="language", language="粤语").language == "粤语"


def test_hung_up_midway_keeps_what_was_said_and_tries_again(world: World) -> None:
    made = world.reviewed()
    plan = world.call(made, outcome="partly", resolved=True)
    assert (plan.state, plan.resolved, plan.attempts) == ("pending", True, 1)
    plan = world.call(made, outcome="no_answer")
    assert (plan.state, plan.resolved) == ("pending", True)
    plan = world.call(made, outcome="partly", resolved=True)
    assert (plan.state, plan.satisfaction, fresh(made).state) == ("done", "not_rated", "archived")


def test_hung_up_after_saying_that_nothing_works_goes_to_rework_at_once(world: World) -> None:
    made = world.reviewed()
    world.call(made, outcome="partly", resolved=False, note=NOTE)
    assert fresh(made).state == "rework"


def test_a_unit_may_give_a_result_another_effect(world: World) -> None:
    set_policy("callback.effects", {"busy": "close"})
    made = world.reviewed()
    assert world.call(made, outcome="busy").state == "done"
    assert fresh(made).state == "archived"
