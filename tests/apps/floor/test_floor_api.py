"""The floor by the API: queues, agents, exceptions, and seeing to one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from denghuo.apps.contacts import actions as contacts
from denghuo.apps.floor.models import FloorException
from denghuo.apps.floor.watching import watch_once
from denghuo.core.events.testing import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def watching(floor: Any, browser_for: Any, org_tree: Any) -> Any:
    """A supervisor's browser."""
    return browser_for("supervisor", org_tree.company)


def test_queues_say_who_waits_and_how_the_day_goes(floor: Any, clock: Any, watching: Any) -> None:
    floor.serve(floor.call(), floor.agent())
    floor.call()
    clock.forward(seconds=42)
    drain()
    found = watching.get("/api/v1/floor/queues").json()
    row = next(item for item in found["items"] if item["queue_id"] == floor.queue.pk)
    assert (row["code"], row["waiting"], row["in_service"], row["longest_wait_seconds"]) == ("q-test", 1, 1, 42.0)
    assert row["today"] == found["total"]["today"]
    assert (row["today"]["entered"], row["today"]["service_level"], row["today"]["rating"]) == (2, 0.5, None)
    assert found["agents"] == {"busy": 1}


def test_agents_say_what_they_do_since_when_and_what_is_in_hand(floor: Any, clock: Any, watching: Any) -> None:
    busy, idle = floor.agent(), floor.agent("break")
    floor.serve(floor.call("web_chat"), busy)
    clock.forward(seconds=75)
    items = {item["staff_id"]: item for item in watching.get("/api/v1/floor/agents").json()["items"]}
    assert (items[busy.id]["state"], items[busy.id]["seconds"], items[busy.id]["in_hand"]) == (
        "busy",
        75.0,
        {"web_chat": 1},
    )
    only = watching.get("/api/v1/floor/agents?state=break").json()["items"]
    assert [item["staff_id"] for item in only] == [idle.id]


def _three(floor: Any, clock: Any) -> list[int]:
    for _ in range(3):
        agent, call = floor.agent(), floor.call()
        floor.offer(call, agent)
        contacts.decline_offer(agent, call.pk, reason="误触")
        clock.forward(seconds=1)
    drain()
    return list(FloorException.objects.order_by("-pk").values_list("pk", flat=True))


def test_exceptions_are_listed_filtered_and_paged(floor: Any, clock: Any, watching: Any) -> None:
    pks = _three(floor, clock)

    def ids(query: str) -> list[int]:
        return [item["id"] for item in watching.get(f"/api/v1/floor/exceptions?{query}").json()["items"]]

    assert ids("") == ids("open=true") == pks
    assert ids("limit=2") == pks[:2]
    assert ids(f"before={pks[1]}") == pks[2:]
    assert ids("kind=long_talk") == ids("level=alarm") == ids("open=false") == ids("acknowledged=true") == []
    assert ids("kind=missed_offers&level=warning&acknowledged=false") == pks
    assert watching.get("/api/v1/floor/exceptions?kind=mood").status_code == 422
    assert watching.get("/api/v1/floor/exceptions?limit=0").status_code == 422


def test_an_exception_is_seen_to_once_and_sending_twice_is_harmless(floor: Any, clock: Any, watching: Any) -> None:
    pk = _three(floor, clock)[0]
    address = f"/api/v1/floor/exceptions/{pk}/acknowledge"

    def post(key: str, note: str = "已联系坐席") -> Any:
        body = json.dumps({"note": note})
        return watching.post(address, body, content_type="application/json", headers={"Idempotency-Key": key})

    first = post("a3f1c1de-0001-4000-8000-000000000001")
    assert (first.status_code, first.json()["note"]) == (200, "已联系坐席")
    assert post("a3f1c1de-0001-4000-8000-000000000001").json() == first.json()
    assert post("a3f1c1de-0001-4000-8000-000000000002").status_code == 409
    assert post("a3f1c1de-0001-4000-8000-000000000003", "长" * 201).status_code in (409, 422)
    assert (
        watching.post(
            "/api/v1/floor/exceptions/99999999/acknowledge", "{}", content_type="application/json"
        ).status_code
        == 404
    )


def test_who_may_not_watch_is_refused_and_who_watches_elsewhere_sees_nothing(
    floor: Any, clock: Any, browser_for: Any, org_tree: Any
) -> None:
    pk = _three(floor, clock)[0]
    watch_once()
    crew = browser_for("crew_leader", org_tree.county)
    for name in ("queues", "agents", "exceptions"):
        assert crew.get(f"/api/v1/floor/{name}").status_code == 403
    stranger = browser_for("supervisor", org_tree.other_city)
    assert stranger.get("/api/v1/floor/exceptions").json()["items"] == []
    assert stranger.get("/api/v1/floor/agents").json()["items"] == []
    refused = stranger.post(f"/api/v1/floor/exceptions/{pk}/acknowledge", "{}", content_type="application/json")
    assert refused.status_code == 403
