"""One pass of the router: who is rung, who waits, what comes back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import AgentSession, Contact, ContactLeg
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.core import moment
from denghuo.core.http.limits import buckets
from tests.helpers import routing as floor


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """``travel(seconds)`` moves business time on; the wall stands still."""
    passed = dt.timedelta()

    def go(seconds: float) -> None:
        nonlocal passed
        passed += dt.timedelta(seconds=seconds)

    monkeypatch.setattr(moment, "now", lambda: timezone.now() + passed)
    return go


def again(contact: Contact) -> Contact:
    return Contact.objects.get(pk=contact.pk)


def test_a_waiting_call_rings_at_the_ready_agent_who_has_the_skill(org_tree: Any) -> None:
    floor.queue(org_tree.city, "fault_voice", {"required": {"fault": 2}})
    floor.agent(org_tree.city, {"billing": 5})
    able = floor.agent(org_tree.city, {"fault": 3})
    call = floor.arrive(org_tree.county)
    passed = pass_once()
    assert (passed.waiting, passed.offered) == (1, 1)
    assert (again(call).state, again(call).offered_to_id) == ("offered", able.id)
    leg = ContactLeg.objects.get(contact=call)
    assert leg.parts["reason"] == "plan"
    floor.check()


def test_agents_of_another_city_are_not_rung(org_tree: Any) -> None:
    floor.queue(org_tree.city, "fault_voice")
    floor.agent(org_tree.other_city)
    call = floor.arrive(org_tree.county)
    pass_once()
    assert again(call).state == "waiting"
    helper = floor.agent(org_tree.province)
    pass_once()
    assert again(call).offered_to_id == helper.id


def test_a_call_without_a_queue_goes_to_whoever_may_take_it(org_tree: Any) -> None:
    stranger, local = floor.agent(org_tree.other_city), floor.agent(org_tree.city)
    call, far = floor.arrive(org_tree.county), floor.arrive(org_tree.other_county)
    pass_once()
    assert (again(call).offered_to_id, again(far).offered_to_id) == (local.id, stranger.id)


def test_the_ladder_opens_with_time(org_tree: Any, travel: Any) -> None:
    floor.queue(
        org_tree.city,
        "fault_voice",
        {"required": {"fault": 3}, "ladder": [{"after_seconds": 60, "lower": {"fault": 1}}]},
    )
    learner = floor.agent(org_tree.city, {"fault": 1})
    call = floor.arrive(org_tree.county)
    passed = pass_once()
    assert again(call).state == "waiting"
    assert passed.next_at == pytest.approx(again(call).entered_at.timestamp() + 60, abs=0.01)
    travel(61)
    pass_once()
    assert again(call).offered_to_id == learner.id
    assert ContactLeg.objects.get(contact=call).parts["step"] == 1


def test_reserves_come_when_they_are_called_in_and_after_the_regular_floor(org_tree: Any) -> None:
    floor.queue(org_tree.city, "fault_voice")
    reserve = floor.agent(org_tree.city, echelon=2)
    call = floor.arrive(org_tree.county)
    pass_once()
    assert again(call).state == "waiting"
    called = actions.activate_echelon(floor.SYSTEM, org=org_tree.other_city, echelon=3, reason="台风")
    pass_once()
    assert again(call).state == "waiting", "another city's reserves were called"
    actions.activate_echelon(floor.SYSTEM, org=org_tree.city, echelon=2, reason="台风")
    pass_once()
    assert again(call).offered_to_id == reserve.id
    regular, second = floor.agent(org_tree.city), floor.arrive(org_tree.county)
    pass_once()
    assert again(second).offered_to_id == regular.id
    assert actions.release_echelon(floor.SYSTEM, called.pk).ended_at is not None


def test_an_unanswered_offer_returns_to_the_head_and_stops_the_agent(org_tree: Any, travel: Any) -> None:
    sleeper = floor.agent(org_tree.city)
    first = floor.arrive(org_tree.county)
    pass_once()
    older = floor.arrive(org_tree.county, at=moment.now() - dt.timedelta(minutes=5))
    travel(21)
    passed = pass_once()
    assert passed.expired == 1
    assert (again(first).state, again(first).missed_offers) == ("waiting", 1)
    assert AgentSession.objects.get(staff_id=sleeper.id).state == "missed"
    awake = floor.agent(org_tree.city)
    pass_once()
    assert again(first).offered_to_id == awake.id, "the returned one comes before one who waited longer"
    assert again(older).state == "waiting"
    actions.set_mode(sleeper, "ready")
    pass_once()
    assert again(older).offered_to_id == sleeper.id
    floor.check()


def test_a_chat_agent_gets_three_chats_and_no_call_beside_them(org_tree: Any) -> None:
    floor.queue(org_tree.city, "chat", channels=["web_chat"], channel_class="chat")
    one = floor.agent(org_tree.city)
    chats = [floor.arrive(org_tree.county, channel="web_chat") for _ in range(4)]
    pass_once()
    assert [again(chat).state for chat in chats] == ["offered"] * 3 + ["waiting"]
    for chat in chats[:3]:
        actions.accept_offer(one, chat.pk)
    call = floor.arrive(org_tree.county)
    pass_once()
    assert again(call).state == "waiting"
    for chat in chats[:3]:
        actions.end_contact(one, chat.pk)
    pass_once()
    assert sorted([again(call).state, again(chats[3]).state]) == ["offered", "waiting"], (
        "writing up chats takes no place"
    )
    floor.check()


def test_writing_up_a_call_keeps_the_next_call_away(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    calls = [floor.arrive(org_tree.county) for _ in range(2)]
    pass_once()
    actions.accept_offer(one, calls[0].pk)
    actions.end_contact(one, calls[0].pk)
    pass_once()
    assert again(calls[1]).state == "waiting"
    actions.close_contact(one, calls[0].pk, outcome="answered")
    pass_once()
    assert again(calls[1]).offered_to_id == one.id


def test_english_is_asked_for_until_the_ladder_drops_it(org_tree: Any, travel: Any) -> None:
    plan = {"required": {"fault": 1}, "ladder": [{"after_seconds": 30, "drop_language": True}]}
    floor.queue(org_tree.city, "fault_voice", plan)
    plain = floor.agent(org_tree.city, {"fault": 5})
    call = floor.arrive(org_tree.county, arrival=actions.Arrival(language="en"))
    pass_once()
    assert again(call).state == "waiting"
    travel(31)
    pass_once()
    assert again(call).offered_to_id == plain.id


def test_a_silent_desk_gets_nothing_and_is_signed_off_in_the_end(org_tree: Any) -> None:
    gone = floor.agent(org_tree.city)
    call = floor.arrive(org_tree.county)
    pass_once()
    AgentSession.objects.filter(staff_id=gone.id).update(seen_at=timezone.now() - dt.timedelta(seconds=60))
    assert pass_once().silent == 1
    assert again(call).state == "waiting"
    assert ContactLeg.objects.get(contact=call).end == "missed"
    actions.set_mode(gone, "ready")
    AgentSession.objects.filter(staff_id=gone.id).update(seen_at=timezone.now() - dt.timedelta(seconds=400))
    pass_once()
    session = AgentSession.objects.get(staff_id=gone.id)
    assert (session.mode, session.reason) == ("logged_out", "坐席桌面失去联系")
    assert again(call).state == "waiting"
    floor.check()


def test_a_call_back_keeps_its_place_and_waits_for_its_time(org_tree: Any, travel: Any) -> None:
    floor.queue(org_tree.city, "fault_voice")
    one = floor.agent(org_tree.city)
    later = moment.now() + dt.timedelta(minutes=10)
    arrival = actions.Arrival(handling="callback", callback_phone="13900005678", not_before=later)
    back = floor.arrive(org_tree.county, arrival=arrival)
    pass_once()
    assert again(back).state == "waiting"
    travel(601)
    pass_once()
    assert again(back).offered_to_id == one.id
    floor.check()


def test_more_units_than_the_engine_has_skills_are_still_all_served(org_tree: Any) -> None:
    from denghuo.core.scoping.models import OrgUnit

    units = [
        OrgUnit.objects.create(kind="county", code=f"many{n}", name=f"县{n}", parent=org_tree.city) for n in range(90)
    ]
    agents = [floor.agent(unit) for unit in units]
    calls = [floor.arrive(unit) for unit in units]
    passed = pass_once()
    assert passed.offered == 90
    assert [again(call).offered_to_id for call in calls] == [one.id for one in agents]
    floor.check()


def test_a_decision_that_the_world_has_overtaken_is_left_to_the_next_pass(org_tree: Any) -> None:
    one = floor.agent(org_tree.city)
    first, second = floor.arrive(org_tree.county), floor.arrive(org_tree.county)
    offer = actions.Offer(first.pk, one.id, {}, (0, 0, 0))
    actions.take_contact(one, second.pk)
    assert actions.offer_many(floor.SYSTEM, [offer]) == []
    assert again(first).state == "waiting"
    floor.check()
