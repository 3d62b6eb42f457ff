"""The change feed: in commit order, nothing lost, nothing personal, nobody else's."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from denghuo.apps.accounts.actions import issue_token
from denghuo.apps.exchange import feed
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.events import Cursor, record
from tests.apps.requests.world import World

SYSTEM = Actor.system("test")


def note(org: Any, number: int) -> None:
    record(SYSTEM, "request.replied", ("request", number), org=org, payload={"unit_id": number, "round": 1})


def all_of(actor: Actor, **options: Any) -> list[dict[str, Any]]:
    found, after = [], ""
    while True:
        page = feed.read(actor, after=after, **options)
        found += page.events
        after = page.next
        if not page.more:
            return found


def test_events_come_as_cloudevents_in_the_order_of_the_log(world: World) -> None:
    request = world.accepted()
    events = all_of(SYSTEM, kinds=["request.*"])
    mine = [e for e in events if e["subject"] == f"request/{request.pk}"]
    assert [e["type"] for e in mine] == ["cn.denghuo.request.submitted", "cn.denghuo.request.accepted"]
    first = mine[0]
    assert (
        first["specversion"] == "1.0"
        and first["source"] == "/denghuo"
        and first["datacontenttype"] == "application/json"
    )
    assert first["data"]["number"] == request.number and first["time"].endswith("Z")
    assert first["orgpath"] == world.org.path


def test_no_person_is_in_the_feed(world: World) -> None:
    request = world.returned()
    from denghuo.apps.requests import actions

    actions.review_request(world.reviewer, request.pk, passed=False, reason="请联系江小满 13900001234 核实")
    text = json.dumps(all_of(SYSTEM), ensure_ascii=False)
    assert "request.sent_back" in text
    for secret in ("江小满", "13900001234", "河边路", world.agent.name, request.public_token):
        assert secret not in text


def test_text_in_a_payload_is_left_out_and_codes_stay() -> None:
    kept = feed.impersonal(
        {"reason": "客户要求", "why": "over_due", "number": "202611220000001", "n": 3, "tel": "13900001234",
         "at": "2026-01-31T08:30:00+08:00", "list": ["a", "中"], "crew_name": "抢修一班", "none": None}
    )  # fmt: skip
    assert kept == {
        "why": "over_due", "number": "202611220000001", "n": 3, "at": "2026-01-31T08:30:00+08:00",
        "crew_name": "抢修一班", "none": None,
    }  # fmt: skip


def test_a_reader_sees_only_the_units_and_kinds_it_may(org_tree: Any, actor_for_role: Any) -> None:
    note(org_tree.county, 1)
    note(org_tree.other_county, 2)
    record(SYSTEM, "crew.duty_changed", ("crew", 1), org=org_tree.county, payload=_empty("crew.duty_changed"))
    reader = actor_for_role("planner", org_tree.city)
    assert [e["subject"] for e in all_of(reader)] == ["request/1"]
    with pytest.raises(InvalidInput):
        feed.read(reader, kinds=["staff.created"])
    with pytest.raises(InvalidInput):
        feed.read(actor_for_role("crew_member", org_tree.team), kinds=["request.*"])


def _empty(kind: str) -> dict[str, Any]:
    from denghuo.core.events.kinds import KINDS

    samples: dict[Any, Any] = {int: 1, str: "x", bool: True, float: 1.0}
    return {name: samples.get(spec, None if "None" in str(spec) else []) for name, spec in KINDS[kind].fields.items()}


def test_a_reader_that_goes_on_from_next_gets_each_event_once(org_tree: Any) -> None:
    for number in range(1, 8):
        note(org_tree.county, number)
    seen, after = [], ""
    for _turn in range(4):
        page = feed.read(SYSTEM, after=after, kinds=["request.replied"], limit=2)
        seen += [e["subject"] for e in page.events]
        after = page.next
    assert seen == [f"request/{number}" for number in range(1, 8)]
    assert feed.read(SYSTEM, after=after, kinds=["request.replied"]).events == []
    note(org_tree.county, 8)
    assert [e["subject"] for e in feed.read(SYSTEM, after=after, kinds=["request.replied"]).events] == ["request/8"]


def test_reading_goes_on_past_events_of_others(org_tree: Any, actor_for_role: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(feed, "MOST_SCANNED", 60)
    for number in range(130):
        note(org_tree.other_county, number)
    note(org_tree.county, 999)
    reader, after, answers = actor_for_role("planner", org_tree.city), "", 0
    while True:
        page = feed.read(reader, after=after, limit=1)
        after, answers = page.next, answers + 1
        if page.events or not page.more:
            break
    assert page.events[0]["subject"] == "request/999" and answers > 1


@pytest.mark.parametrize("text", ["x", "1-", "-1", "1-2-3", "99999999999999999999999-1", "1-2-99999999999999"])
def test_a_cursor_that_is_none_is_refused_with_the_remedy(text: str, db: None) -> None:
    with pytest.raises(InvalidInput) as caught:
        feed.read(SYSTEM, after=text)
    assert "next" in caught.value.message


def test_a_cursor_older_than_kept_answers_410(org_tree: Any, make_staff: Any) -> None:
    note(org_tree.county, 1)
    staff = make_staff("planner", org_tree.city)
    from denghuo.apps.accounts.queries import actor_for

    raw = issue_token(actor_for(staff), staff, name="对接", hours=1)
    head = {"HTTP_AUTHORIZATION": f"Bearer {raw}"}
    old = feed.cursor_text(Cursor(5, 5), timezone.now() - timezone.timedelta(days=32))
    answer = Client().get("/api/v1/changes", {"after": old}, **head)
    assert answer.status_code == 410
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["code"] == "cursor_expired" and "after=now" in answer.json()["detail"]
    good = Client().get("/api/v1/changes", {"kinds": "request.*"}, **head)
    assert good.status_code == 200
    assert [e["subject"] for e in good.json()["events"]] == ["request/1"]
    listed = Client().get("/api/v1/changes/kinds", **head).json()
    assert {"request.submitted", "order.arrived"} <= {row["kind"] for row in listed}
    assert Client().get("/api/v1/changes").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_while_four_write_at_once(org_tree: Any) -> None:
    """Writers overlap and commit out of order; a reader that polls meanwhile and restarts from its cursor gets all."""
    each = 25
    gate = threading.Barrier(5)

    def write(writer: int) -> None:
        from django.db import transaction

        gate.wait()
        try:
            for turn in range(each):
                with transaction.atomic():
                    note(org_tree.county, writer * 1000 + turn)
                    if turn % 5 == writer % 5:  # somebody is slow to commit
                        with connection.cursor() as cursor:
                            cursor.execute("SELECT pg_sleep(0.02)")
        finally:
            connection.close()

    after = feed.read(SYSTEM, after="now").next
    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    gate.wait()
    seen: list[str] = []
    alive = True
    while True:
        alive = any(thread.is_alive() for thread in threads)
        page = feed.read(SYSTEM, after=after, kinds=["request.replied"], limit=7)
        seen += [e["subject"] for e in page.events]
        after = page.next
        if not alive and not page.more and len(seen) >= 4 * each:
            break
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == 4 * each
    for writer in range(1, 5):
        mine = [s for s in seen if s.startswith(f"request/{writer}0")]
        assert mine == sorted(mine, key=lambda s: int(s.split("/")[1]))
