"""The requests API as callers meet it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.models import Staff
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.http.limits import buckets
from tests.apps.requests.test_loop import _call_all_day  # noqa: F401
from tests.apps.requests.world import World

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


def api(client: Client, method: str, path: str, body: Any = None, **headers: str) -> Any:
    extra = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    return getattr(client, method)(f"/api/v1{path}", **extra, headers=headers or None)


@pytest.fixture
def staff_api(world: World) -> Send:
    """``staff_api(actor, "post", path, body)`` as the person behind an actor."""

    def send(actor: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
        client = Client()
        client.force_login(Staff.objects.get(pk=actor.id))
        return api(client, method, path, body, **headers)

    return send


def report(**changes: Any) -> dict[str, Any]:
    body = {
        "type": "fault_report", "channel": "web_form", "caller_name": "江小满", "caller_phone": "13900001234",
        "account_number": "3300012345", "phenomenon": "no_power", "scope": "single", "occurred_at": moment.now().isoformat(),
    }  # fmt: skip
    return body | changes


def test_the_public_reports_and_follows_without_signing_in(world: World, client: Client) -> None:
    made = api(client, "post", "/requests", report())
    assert made.status_code == 201, made.content
    body = made.json()
    assert Request.objects.get(number=body["number"]).account_id == world.account.pk
    seen = api(client, "get", f"/progress/{body['token']}").json()
    assert seen["state"] == "submitted"
    assert [step["status"] for step in seen["steps"]][:2] == ["current", "todo"]
    text = json.dumps(seen, ensure_ascii=False)
    assert "13900001234" not in text
    assert "江小满" not in text
    assert "河边路 8 号" not in text


def test_an_account_number_with_another_phone_is_not_linked(world: World, client: Client) -> None:
    refusal = api(client, "post", "/requests", report(caller_phone="13900009999"))
    assert refusal.status_code == 422
    assert list(refusal.json()["errors"]) == ["account_number"]
    made = api(
        client, "post", "/requests", report(caller_phone="13900009999", org_id=world.org.pk, address="河边路 9 号")
    )
    assert made.status_code == 201
    assert Request.objects.get().account_id is None


def test_the_same_key_again_gives_the_same_answer_and_one_request(world: World, client: Client) -> None:
    body, key = report(), str(uuid.uuid4())
    first = api(client, "post", "/requests", body, **{"Idempotency-Key": key})
    again = api(client, "post", "/requests", body, **{"Idempotency-Key": key})
    assert first.json() == again.json()
    assert Request.objects.count() == 1
    other = api(client, "post", "/requests", body | {"scope": "building"}, **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("caller_phone", {"caller_phone": "abc"}),
        ("occurred_at", {"occurred_at": "yesterday"}),
        ("occurred_at", {"occurred_at": "2026-01-01T00:00:00"}),
        ("occurred_at", {"occurred_at": "2999-01-01T00:00:00+08:00"}),
        ("description", {"description": "长" * 10_000}),
        ("client_id", {"client_id": "not-a-uuid"}),
        ("account_ref", {"account_ref": "forged"}),
        ("lon", {"lon": 1e9, "lat": 0}),
        ("org_id", {"account_number": "", "org_id": 2**70, "address": "x"}),
        ("hacker", {"hacker": 1}),
    ],
)
def test_bad_input_is_a_problem_document_that_names_the_field(
    world: World, client: Client, field: str, changes: dict[str, Any]
) -> None:
    answer = api(client, "post", "/requests", report(**changes))
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert field in answer.json()["errors"]
    assert Request.objects.count() == 0


def test_the_public_may_not_reach_what_staff_reach(world: World, client: Client) -> None:
    made = world.submitted()
    assert api(client, "get", "/requests").status_code == 401
    assert api(client, "get", f"/requests/{made.pk}").status_code == 401
    assert api(client, "post", f"/requests/{made.pk}/accept", {}).status_code == 401
    assert api(client, "post", "/requests", report(account_id=world.account.pk)).status_code == 403
    assert api(client, "get", "/progress/guess").status_code == 404


def test_public_submissions_are_limited_per_address(world: World, client: Client) -> None:
    codes = [api(client, "post", "/requests", report(type="nonsense")).status_code for _ in range(25)]
    assert codes[0] == 422
    last = api(client, "post", "/requests", report())
    assert last.status_code == 429
    assert int(last["Retry-After"]) >= 1


def test_the_loop_by_api(world: World, staff_api: Send, client: Client) -> None:
    made = api(client, "post", "/requests", report()).json()
    pk = made["id"]
    accepted = staff_api(
        world.agent, "post", f"/requests/{pk}/accept", {"fault_class": "low_voltage", "area_type": "urban"}
    )
    assert accepted.status_code == 200, accepted.content
    request = Request.objects.get(pk=pk)
    world.dispatch(request)
    world.arrive(request)
    assert api(client, "post", f"/progress/{made['token']}/urge", {"text": ""}).status_code == 200
    world.finish(request)
    assert staff_api(world.reviewer, "post", f"/requests/{pk}/review", {"passed": True}).json()["state"] == "callback"
    plan = staff_api(world.caller, "post", "/callbacks/next").json()
    assert plan["request"]["number"] == made["number"]
    assert plan["request"]["caller_phone"] == "13900001234"
    done = staff_api(
        world.caller, "post", f"/callbacks/{plan['id']}/attempts",
        {"outcome": "answered", "resolved": True, "satisfaction": "satisfied", "arrival_honoured": True},
    )  # fmt: skip
    assert done.status_code == 200, done.content
    assert staff_api(world.caller, "post", "/callbacks/next").status_code == 204
    seen = api(client, "get", f"/progress/{made['token']}").json()
    assert seen["state"] == "archived"
    assert {step["status"] for step in seen["steps"]} == {"done"}
    page = staff_api(world.agent, "get", f"/requests/{pk}").json()
    assert page["timeline"][0]["kind"] == "request.submitted"
    assert page["steps"] == ["reopen"]
    assert ["到达（平均承诺）", "met"] in [c for e in page["timeline"] for c in e["clocks"]]


def test_a_step_out_of_turn_is_409_and_says_what_is_possible(world: World, staff_api: Send) -> None:
    made = world.accepted()
    answer = staff_api(world.reviewer, "post", f"/requests/{made.pk}/review", {"passed": True})
    assert answer.status_code == 409
    assert "派单" in answer.json()["detail"]


def test_pages_of_the_list_neither_skip_nor_repeat(world: World, staff_api: Send) -> None:
    numbers = [world.submitted().number for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        query = f"/requests?limit=2&order=oldest{f'&cursor={cursor}' if cursor else ''}"
        page = staff_api(world.agent, "get", query).json()
        seen += [item["number"] for item in page["items"]]
        world.submitted()
        cursor = page["next"]
        if cursor is None or len(seen) >= 5:
            break
    assert seen[:5] == numbers
    assert staff_api(world.agent, "get", "/requests?cursor=rubbish").status_code == 422


def test_the_list_keeps_to_the_units_of_the_reader(
    world: World, staff_api: Send, actor_for_role: Any, org_tree: Any
) -> None:
    world.submitted()
    stranger = actor_for_role("agent", org_tree.other_city)
    assert staff_api(stranger, "get", "/requests").json()["items"] == []
    assert staff_api(stranger, "get", f"/requests/{Request.objects.get().pk}").status_code == 404


def test_the_list_is_searched_by_number_phone_and_account(world: World, staff_api: Send) -> None:
    made = world.submitted()
    world.submitted(caller_phone="13900005678", account_id=None, org_id=world.org.pk, address="别处")
    for text in (made.number, "13900001234", "3300012345"):
        found = staff_api(world.agent, "get", f"/requests?q={text}").json()["items"]
        assert [item["number"] for item in found] == [made.number]
    assert staff_api(world.agent, "get", "/requests?q=nothing").json()["items"] == []


def test_what_an_outage_explains_is_suggested_for_merging(world: World, staff_api: Send) -> None:
    from denghuo.apps.grid.models import Outage

    outage = Outage.objects.create(org=world.org, number="T-O1", kind="fault", started_at=moment.now())
    outage.transformers.add(world.transformer)
    first = world.accepted()
    outage.refresh_from_db()
    assert outage.master_request_id == first.pk
    second = world.submitted()
    rows = {row["id"]: row for row in staff_api(world.agent, "get", "/requests?state=submitted").json()["items"]}
    assert rows[second.pk]["suggested_master_id"] == first.pk
    merged = staff_api(world.agent, "post", f"/requests/{second.pk}/merge", {"master_id": first.pk})
    assert merged.json()["state"] == "merged"
