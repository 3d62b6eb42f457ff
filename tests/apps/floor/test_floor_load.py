"""A large floor costs no more statements than a small one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.choices import AgentMode, AgentState, ContactState
from denghuo.apps.contacts.models import AgentSession, Contact, Message
from denghuo.apps.floor import actions
from denghuo.apps.floor.models import FloorException
from denghuo.apps.floor.watching import watch_once
from denghuo.core.events.testing import drain
from tests.helpers.query_counts import CONTROL, counted

pytestmark = pytest.mark.django_db


def crowd(floor: Any, clock: Any, agents: int, chats: int) -> None:
    """``agents`` at work on ``chats`` conversations, each with a customer who has said something; half past every limit."""
    org, now = floor.org_tree.county, clock.now
    people = Staff.objects.bulk_create(
        Staff(username=f"crowd{n}", employee_no=f"C{n:05}", display_name=f"坐席{n}", org=org) for n in range(agents)
    )
    AgentSession.objects.bulk_create(
        AgentSession(
            staff=one,
            org=org,
            mode=AgentMode.READY,
            mode_since=now,
            state=AgentState.BUSY,
            state_since=now,
            seen_at=timezone.now(),
        )
        for one in people
    )
    rows = Contact.objects.bulk_create(
        Contact(
            channel="web_chat", org=org, queue=floor.queue, state=ContactState.IN_SERVICE, agent=people[n % agents],
            opened_at=now, entered_at=now, taken_at=now, served_at=now - dt.timedelta(seconds=3600 * (n % 2)),
        )
        for n in range(chats)
    )  # fmt: skip
    Message.objects.bulk_create(
        Message(
            contact=row, client_id=uuid.uuid4(), sender="customer", text="在吗", at=now - dt.timedelta(seconds=300 * n)
        )
        for row in rows
        for n in (1, 0)
    )


def statements(captured: CaptureQueriesContext) -> int:
    return sum(not query["sql"].startswith(CONTROL) for query in captured.captured_queries)


def test_watching_300_agents_and_500_conversations_is_a_bounded_number_of_statements(
    floor: Any, clock: Any, supervisor: Any, org_tree: Any
) -> None:
    for measure, value in (("waiting", 0), ("longest_wait", 5), ("connect_rate", 90), ("occupancy", 10)):
        comparison = "below" if measure == "connect_rate" else "above"
        data = {"measure": measure, "comparison": comparison, "value": value, "for_seconds": 0, "level": "warning"}
        actions.set_threshold(supervisor, org=org_tree.province, data=data)
    crowd(floor, clock, agents=300, chats=500)
    with CaptureQueriesContext(connection) as quiet:
        raised, _ended = watch_once()
    kinds = Counter(FloorException.objects.values_list("kind", flat=True))
    assert (raised, kinds) == (250, {"long_talk": 250})  # every second chat is too long
    AgentSession.objects.update(seen_at=timezone.now() - dt.timedelta(minutes=5))
    with CaptureQueriesContext(connection) as silent:
        raised, _ended = watch_once()
    assert raised == 300  # no desk has been heard of
    AgentSession.objects.update(seen_at=timezone.now())
    Contact.objects.update(served_at=clock.now)
    with CaptureQueriesContext(connection) as over:
        assert watch_once() == (0, 550)
    assert max(statements(quiet), statements(silent), statements(over)) <= 16


@pytest.mark.parametrize("size", [2, 30])
def test_board_seats_and_exceptions_take_the_same_statements_for_few_and_for_many(
    floor: Any, clock: Any, browser_for: Any, org_tree: Any, size: int
) -> None:
    crowd(floor, clock, agents=size, chats=2 * size)
    clock.forward(seconds=120)
    watch_once()
    drain()
    assert FloorException.objects.count() >= size
    browser = browser_for("supervisor", org_tree.company)
    pages = {"live": "board", "seats": "seats", "exceptions": "exceptions", "thresholds": "thresholds"}
    for path, name in pages.items():
        browser.get(f"/staff/floor/{path}/")  # policies and permissions are in memory from here on
        with counted(f"pages.floor.{name}"):
            assert browser.get(f"/staff/floor/{path}/").status_code == 200
