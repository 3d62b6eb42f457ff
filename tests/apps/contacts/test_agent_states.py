"""Agents sign on and off, pause and return; what the floor sees follows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.agent_time import agent_day
from denghuo.apps.contacts.models import AgentSession, AgentStateSpan, Seat
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.models import Event
from denghuo.core.http.limits import buckets
from tests.helpers import routing as floor
from tests.helpers.refusals import refused


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Business time that stands at noon (local) until ``clock(seconds)`` moves it."""
    now = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)

    def go(seconds: float) -> None:
        nonlocal now
        now += dt.timedelta(seconds=seconds)

    monkeypatch.setattr(moment, "now", lambda: now)
    return go


def test_signing_on_makes_ready_and_again_changes_nothing(org_tree: Any) -> None:
    one = floor.person(org_tree.city)
    first = actions.sign_on(one)
    assert (first.state, first.mode) == ("ready", "ready")
    actions.set_mode(one, "break")
    assert actions.sign_on(one).mode == "break"
    assert AgentSession.objects.count() == 1
    floor.check()


def test_only_those_who_may_work_as_agents_sign_on(org_tree: Any, actor_for_role: Any) -> None:
    with refused(NotAllowed):
        actions.sign_on(actor_for_role("inspector", org_tree.city))


def test_a_seat_that_somebody_sits_on_is_refused(org_tree: Any) -> None:
    seat = Seat.objects.create(org=org_tree.city, code="A01", room="一厅", row=1, column=1)
    actions.sign_on(floor.person(org_tree.city), seat_id=seat.pk)
    other = floor.person(org_tree.city)
    with refused(Conflict) as caught:
        actions.sign_on(other, seat_id=seat.pk)
    assert "A01" in caught.value.message
    with refused(InvalidInput):
        actions.sign_on(other, seat_id=seat.pk + 1)


def test_signing_off_with_work_in_hand_is_refused_with_the_remedy(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    call = floor.arrive(org_tree.county)
    pass_once()
    with refused(Conflict) as caught:
        actions.sign_off(one)
    assert "先接听或拒接" in caught.value.message
    actions.accept_offer(one, call.pk)
    with refused(Conflict) as caught:
        actions.sign_off(one)
    assert "转交他人" in caught.value.message
    actions.close_contact(one, call.pk, outcome="answered")
    assert actions.sign_off(one).state == "logged_out"
    floor.check()


def test_a_pause_chosen_during_a_call_begins_when_the_call_is_written_up(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    call = floor.arrive(org_tree.county)
    pass_once()
    actions.accept_offer(one, call.pk)
    change = actions.set_mode(one, "break")
    assert (change.pending, change.session.state, change.session.next_mode) == (True, "busy", "break")
    actions.end_contact(one, call.pk)
    assert AgentSession.objects.get().state == "wrap_up"
    actions.close_contact(one, call.pk, outcome="answered")
    assert (AgentSession.objects.get().state, AgentSession.objects.get().next_mode) == ("break", "")
    floor.check()


def test_a_pause_taken_back_during_the_call_never_begins(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    call = floor.arrive(org_tree.county)
    pass_once()
    actions.accept_offer(one, call.pk)
    actions.set_mode(one, "break")
    actions.set_mode(one, "ready")
    actions.close_contact(one, call.pk, outcome="answered")
    assert AgentSession.objects.get().state == "ready"


def test_more_pause_than_allowed_is_permitted_noted_and_told(org_tree: Any, clock: Any) -> None:
    one = floor.agent(org_tree.city)
    assert not actions.set_mode(one, "break").over
    clock(31 * 60)
    actions.set_mode(one, "ready")
    clock(60)
    change = actions.set_mode(one, "break")
    assert change.over
    assert (round(change.used_minutes), change.allowed_minutes) == (31, 30)
    told = Event.objects.get(kind="agent.allowance_used_up")
    assert told.payload == {"staff_id": one.id, "mode": "break", "used_minutes": 31, "allowed_minutes": 30}


def test_time_per_state_today_adds_up_from_the_spans(org_tree: Any, clock: Any) -> None:
    one = floor.agent(org_tree.city)
    today = timezone.localdate(moment.now())
    clock(600)
    actions.set_mode(one, "meal")
    clock(1800)
    actions.set_mode(one, "ready")
    clock(300)
    times = agent_day(one.id, today)
    assert (times["ready"], times["meal"]) == (900, 1800)
    assert agent_day(one.id, today - dt.timedelta(days=1)) == {}
    spans = AgentStateSpan.objects.filter(staff_id=one.id).count()
    assert spans == 4
    floor.check()


def test_a_supervisor_changes_a_state_with_a_reason_that_is_kept(org_tree: Any, actor_for_role: Any) -> None:
    one = floor.agent(org_tree.city)
    chief = actor_for_role("supervisor", org_tree.city)
    with refused(InvalidInput) as caught:
        actions.supervise_mode(chief, one.id, "training", "  ")
    assert "reason" in caught.value.fields
    with refused(NotAllowed):
        actions.supervise_mode(actor_for_role("supervisor", org_tree.other_city), one.id, "training", "培训")
    with refused(NotFound):
        actions.supervise_mode(chief, chief.id, "training", "培训")
    actions.supervise_mode(chief, one.id, "training", "新系统培训")
    span = AgentStateSpan.objects.get(staff_id=one.id, ended_at=None)
    assert (span.state, span.reason, span.changed_by_id) == ("training", "新系统培训", chief.id)
    event = Event.objects.filter(kind="agent.state_changed").latest("id")
    assert event.payload["by_other"] is True
    assert "新系统培训" not in str(event.payload)
    floor.check()


def test_a_desk_says_that_it_lives_and_learns_that_it_was_signed_off(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    AgentSession.objects.update(seen_at=timezone.now() - dt.timedelta(hours=1))
    assert actions.heartbeat(one) is True
    assert timezone.now() - AgentSession.objects.get().seen_at < dt.timedelta(minutes=1)
    actions.supervise_mode(floor.SYSTEM, one.id, "logged_out", "下班")
    assert actions.heartbeat(one) is False


def test_an_agent_who_is_full_cannot_pull_another(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    first, second = floor.arrive(org_tree.county), floor.arrive(org_tree.county)
    actions.take_contact(one, first.pk)
    with refused(Conflict) as caught:
        actions.take_contact(one, second.pk)
    assert caught.value.code == "no_room"
    floor.check()


def test_a_profile_says_how_much_one_takes(org_tree: Any, actor_for_role: Any) -> None:
    chief = actor_for_role("supervisor", org_tree.city)
    one = floor.agent(org_tree.city)
    with refused(InvalidInput) as caught:
        actions.set_profile(chief, one.id, capacity={"chat": 99, "fax": 1}, echelon=-1)
    assert set(caught.value.fields) == {"capacity", "capacity.chat", "echelon"}
    actions.set_profile(chief, one.id, capacity={"chat": 1})
    floor.queue(org_tree.city, "chat", channels=["web_chat"], channel_class="chat")
    for _ in range(2):
        floor.arrive(org_tree.county, channel="web_chat")
    assert pass_once().offered == 1
