"""The figures kept from events agree with the conversations, whatever happened to these."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.actions import opening
from denghuo.apps.contacts.models import Contact, Queue
from denghuo.apps.floor import figures
from denghuo.apps.floor.checking import differences
from denghuo.apps.floor.models import QueueSlot
from denghuo.core.actors import Actor
from denghuo.core.events import record, record_many
from denghuo.core.events.testing import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(floor: Any) -> Queue:
    return Queue.objects.create(
        code="q-second",
        name="专家",
        org=floor.org_tree.province,
        channels=["voice"],
        topics=["expert"],
        channel_class="voice",
    )


def a_mixed_day(floor: Any, clock: Any, second: Queue) -> None:
    """Answered, lost, declined, missed, transferred, put back, written as a form, left as a message, rated twice."""
    first, other = floor.agent(), floor.agent()
    for seconds in (5, 40, 2000):
        call = floor.call()
        clock.forward(seconds=seconds)
        floor.serve(call, first)
        clock.forward(seconds=90)
        actions.end_contact(first, call.pk)
        clock.forward(seconds=20)
        floor.finish(call, first)
    lost = floor.call("web_chat")
    clock.forward(seconds=3)
    actions.abandon_contact(floor.caller, lost.pk)
    passed = floor.serve(floor.call(), first)
    actions.transfer_contact(first, passed.pk, to_queue_id=second.pk)
    floor.serve(passed, other)
    floor.finish(passed, other)
    rung = floor.call()
    floor.offer(rung, first)
    actions.decline_offer(first, rung.pk, reason="误触")
    floor.serve(rung, other)
    actions.put_back(other, rung.pk, reason="需要专家")
    left = opening.Arrival(handling="message")
    actions.open_contact(floor.caller, channel="web_chat", org=floor.org_tree.county, arrival=left)
    pk = Contact.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1000
    form = {"pk": pk, "org": floor.org_tree.county, "channel": "web_form", "phone": "", "customer_id": None}
    record_many(opening.form_contact(floor.caller, **form, request_id=1, at=clock.now))
    floor.call()  # waits still


def test_after_a_mixed_day_every_figure_agrees_with_the_tables(floor: Any, clock: Any, second: Queue) -> None:
    a_mixed_day(floor, clock, second)
    drain()
    assert differences() == []
    by_queue = {row.queue_id: row for row in QueueSlot.objects.filter(transferred=1)}
    assert list(by_queue) == [floor.queue.pk]  # counted where it was handed on, not where it went


def test_a_figure_that_went_astray_is_named(floor: Any, clock: Any, second: Queue) -> None:
    a_mixed_day(floor, clock, second)
    drain()
    row = QueueSlot.objects.filter(answered__gt=0).first()
    assert row is not None
    QueueSlot.objects.filter(pk=row.pk).update(answered=row.answered + 1)
    (found,) = differences()
    assert "voice answered" in found


def test_forms_and_messages_left_do_not_lower_the_service_level(floor: Any, clock: Any, supervisor: Actor) -> None:
    floor.serve(floor.call(), floor.agent())
    arrival = opening.Arrival(handling="message")
    actions.open_contact(floor.caller, channel="web_chat", org=floor.org_tree.county, arrival=arrival)
    form = {"pk": 990001, "org": floor.org_tree.county, "channel": "web_form", "phone": "", "customer_id": None}
    record_many(opening.form_contact(floor.caller, **form, request_id=1, at=clock.now))
    drain()
    total = figures.board(supervisor).total
    assert (total.today.entered, total.today.service_level) == (1, 1.0)
    assert (total.now.waiting, total.now.callbacks) == (0, 1)


def test_a_rating_the_customer_changed_counts_once_with_its_last_score(
    floor: Any, clock: Any, supervisor: Actor
) -> None:
    agent = floor.agent()
    chat = floor.serve(floor.call("web_chat"), agent)
    floor.finish(chat, agent)
    for score in (2, 5):
        payload = {
            "score": score, "resolved": True, "queue_id": chat.queue_id, "channel": "web_chat", "agent_id": agent.id,
        }  # fmt: skip
        record(floor.caller, "contact.rated", chat, org=chat.org, payload=payload, at=clock.now)
        clock.forward(minutes=1)
    drain()
    today = figures.board(supervisor).total.today
    assert (today.rated, today.rating) == (1, 5.0)


def test_half_hours_without_anything_are_noughts_in_the_day(floor: Any, clock: Any, supervisor: Actor) -> None:
    floor.call()
    clock.forward(minutes=95)
    floor.call()
    drain()
    series = figures.day_series(supervisor, clock.now)
    assert [row["n_entered"] for row in series] == [1, 0, 0, 1]
    assert {b["slot"] - a["slot"] for a, b in itertools.pairwise(series)} == {dt.timedelta(minutes=30)}
