"""The books of the floor: a broken promise of the router is found, a kept one is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.loads import Load
from denghuo.apps.contacts.models import Contact, ContactLeg
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.apps.metrics import accounting, service_books
from denghuo.apps.metrics.service_books import Part, Span, Wait, beside, longest_idle, longest_overtaking, too_much
from denghuo.core import moment
from denghuo.core.actors import Actor

QUEUE = (1, "voice", 0)
OTHER = (2, "voice", 0)
ABLE = {QUEUE: {7}, OTHER: set[int]()}


def part(contact: int, begin: float, end: float, *, agent: int = 7, kind: str = "voice", **more: Any) -> Part:
    return Part(
        contact, agent, kind, more.get("how", "routed"), begin, more.get("free", end), end, more.get("ended", "served")
    )


def two_chats_or_one_call(_agent: int, load: Load, kind: str) -> bool:
    return load == (0, 0, 0) or (kind == "chat" and load[0] == 0 and load[1] < 2)


def test_a_second_call_at_the_same_agent_is_found() -> None:
    first, second = part(1, 0, 100), part(2, 50, 120)
    assert too_much([first, second], two_chats_or_one_call) == [second]
    assert beside(second, [first, second]) == [(1, "voice", 50)]


def test_calls_one_after_the_other_are_in_order() -> None:
    assert too_much([part(1, 0, 100), part(2, 100, 120)], two_chats_or_one_call) == []


def test_a_chat_being_written_up_takes_no_place() -> None:
    chats = [part(pk, pk, 100, kind="chat", free=10.0) for pk in (1, 2)]
    assert too_much([*chats, part(3, 20, 100, kind="chat")], two_chats_or_one_call) == []
    assert too_much([*chats, part(3, 9, 100, kind="chat")], two_chats_or_one_call) != []


def test_time_beside_an_idle_agent_is_measured() -> None:
    worst = longest_idle([Wait(1, QUEUE, 10, 40)], [Span(7, 0, 15), Span(7, 30, 60)], ABLE)
    assert (worst.seconds, worst.contact, worst.agent) == (10, 1, 7)


def test_an_agent_who_could_not_take_it_does_not_count() -> None:
    assert longest_idle([Wait(1, OTHER, 10, 40)], [Span(7, 0, 60)], ABLE).seconds == 0


def test_nobody_waits_beside_an_agent_who_becomes_free_later() -> None:
    assert longest_idle([Wait(1, QUEUE, 10, 40)], [Span(7, 40, 60)], ABLE).seconds == 0


def test_a_newcomer_served_before_one_who_came_back_is_found() -> None:
    parts = [part(1, 0, 20, ended="missed"), part(2, 26, 90), part(1, 90, 120)]
    back = Wait(1, QUEUE, 20, 90, returned=True)
    worst = longest_overtaking([back], parts, {1: QUEUE, 2: QUEUE})
    assert (worst.seconds, worst.contact) == (6, 1)
    assert longest_overtaking([back], parts, {1: QUEUE, 2: OTHER}).seconds == 0


def test_another_who_came_back_as_well_may_go_first() -> None:
    parts = [part(2, -30, -10, ended="declined"), part(1, 0, 20, ended="missed"), part(2, 26, 90), part(1, 90, 120)]
    assert longest_overtaking([Wait(1, QUEUE, 20, 90, returned=True)], parts, {1: QUEUE, 2: QUEUE}).seconds == 0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``at(30)``: business time is half a minute after the test began."""
    begun = moment.now() - dt.timedelta(minutes=10)

    def turn(seconds: float) -> None:
        now = begun + dt.timedelta(seconds=seconds)
        monkeypatch.setattr(moment, "now", lambda: now)

    turn(0)
    return turn


@pytest.fixture
def call(org_tree: Any, actor_for_role: Any) -> Callable[[], Contact]:
    def arrive() -> Contact:
        return actions.open_contact(
            Actor.system("ivr"), channel="voice", org=org_tree.county, caller_phone="13900001234", subject="咨询"
        )

    return arrive


@pytest.mark.django_db
def test_an_offer_left_ringing_comes_back_and_the_books_balance(
    at: Callable[[float], None], call: Callable[[], Contact], actor_for_role: Any, org_tree: Any
) -> None:
    agent = actor_for_role("agent", org_tree.province)
    mark = accounting.mark_now()
    contact = call()
    at(30)
    actions.sign_on(agent)
    at(32)
    pass_once()
    at(60)
    pass_once()  # nobody answered: back to its place
    at(70)
    actions.set_mode(agent, "ready")
    at(75)
    pass_once()
    actions.accept_offer(agent, contact.pk)
    at(200)
    actions.close_contact(agent, contact.pk, outcome="answered")
    books = service_books.service(mark)
    assert books["parts"] == 2
    assert books["too_much"] == []
    assert books["idle"] == {"seconds": 5.0, "contact": contact.pk, "agent": agent.id}
    assert books["most_at_once"]["voice"] == 1
    assert accounting.problems(mark) == {}
    assert accounting.summary(mark)["legs"] == {"routed/missed": 1, "routed/served": 1}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda leg: {"ended_at": None, "end": ""}, "ended contact that an agent still holds"),
        (lambda leg: {"end": "missed"}, "served contact without exactly one part that served it"),
    ],
)
def test_a_part_that_does_not_fit_its_conversation_is_found(
    call: Callable[[], Contact], actor_for_role: Any, org_tree: Any, spoil: Any, problem: str
) -> None:
    mark = accounting.mark_now()
    agent, contact = actor_for_role("agent", org_tree.province), call()
    actions.take_contact(agent, contact.pk)
    actions.close_contact(agent, contact.pk, outcome="answered")
    assert accounting.problems(mark) == {}
    leg = ContactLeg.objects.get(contact=contact)
    ContactLeg.objects.filter(pk=leg.pk).update(**spoil(leg))
    assert problem in accounting.problems(mark)


@pytest.mark.django_db
def test_two_agents_at_once_are_found(call: Callable[[], Contact], actor_for_role: Any, org_tree: Any) -> None:
    mark = accounting.mark_now()
    agent, contact = actor_for_role("agent", org_tree.province), call()
    actions.take_contact(agent, contact.pk)
    actions.close_contact(agent, contact.pk, outcome="answered")
    leg = ContactLeg.objects.get(contact=contact)
    assert leg.ended_at is not None
    other = actor_for_role("agent", org_tree.province)
    ContactLeg.objects.create(
        contact=contact, agent_id=other.id, how="routed", offered_at=leg.offered_at,
        ended_at=leg.ended_at + dt.timedelta(seconds=1), end="missed",
    )  # fmt: skip
    assert list(accounting.problems(mark)) == ["contact with two agents at once"]


@pytest.mark.django_db
def test_messages_held_in_another_order_than_sent_are_counted(
    call: Callable[[], Contact], actor_for_role: Any, org_tree: Any
) -> None:
    agent, contact = actor_for_role("agent", org_tree.province), call()
    actions.take_contact(agent, contact.pk)
    ids = ["00000000-0000-4000-8000-00000000000" + digit for digit in "123"]
    for client_id in ids:
        actions.post_message(agent, contact.pk, client_id=client_id, text="您好", sender="agent")
    assert accounting.delivered(ids, []) == {"messages": 3, "out_of_order": 0, "photos": 0}
    assert accounting.delivered([ids[2], ids[0], ids[1]], [])["out_of_order"] == 2
    assert accounting.delivered([*ids, "00000000-0000-4000-8000-000000000009"], [])["messages"] == 3
