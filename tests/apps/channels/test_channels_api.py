"""The REST endpoints of channels and functions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from denghuo.apps.channels import actions
from denghuo.apps.channels.models import FunctionUse
from denghuo.apps.channels.registry import register_account_resolver

API = "/api/v1"


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(f"{API}{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def public(service: Any, org_tree: Any) -> Client:
    return Client()


def test_anybody_reads_what_a_channel_offers(public: Client, system: Any) -> None:
    menu = public.get(f"{API}/functions?channel=web_chat").json()
    assert menu["open"] and [item["code"] for item in menu["functions"]] == ["visit", "bill"]
    bill = menu["functions"][1]
    assert bill["fields"][0]["type"] == "month" and bill["fields"][1]["choices"] == [
        ["small", "小户"],
        ["large", "大户"],
    ]
    actions.close_channel(system, channel="web_chat", org=None, announcement="维护")
    assert public.get(f"{API}/functions?channel=web_chat").json()["announcement"] == "维护"
    assert public.get(f"{API}/functions?channel=fax").status_code == 404


def test_anybody_runs_a_function_once_per_key(public: Client) -> None:
    body = {"channel": "web_chat", "inputs": {"month": "2026-01"}}
    first = post(public, "/functions/bill/run", body, **{"Idempotency-Key": "run-000000001"}).json()
    second = post(public, "/functions/bill/run", body, **{"Idempotency-Key": "run-000000001"}).json()
    assert first == second and first["state"] == "done" and "86.40" in first["plain"]
    assert FunctionUse.objects.count() == 1


def test_wrong_inputs_come_back_as_a_problem_with_fields(public: Client) -> None:
    answer = post(public, "/functions/bill/run", {"channel": "web_chat", "inputs": {"month": "x"}})
    assert answer.status_code == 422 and set(answer.json()["errors"]) == {"month"}
    assert post(public, "/functions/bill/run", {"channel": "web_chat", "colour": 1}).status_code == 422
    assert post(public, "/functions/nothing/run", {"channel": "web_chat"}).status_code == 404


def test_the_public_names_an_account_only_by_proof(public: Client, service: Any) -> None:
    body = {"channel": "web_chat", "inputs": {"month": "2026-01"}}
    refused = post(public, "/functions/bill/run", body | {"account_id": 5})
    assert refused.status_code == 422 and "account_ref" in refused.json()["errors"]["account_id"][0]
    from denghuo.apps.channels import registry

    kept = list(registry._resolvers)
    register_account_resolver(lambda ref: 5 if ref == "good" else None)
    try:
        assert post(public, "/functions/bill/run", body | {"account_ref": "bad"}).status_code == 422
        assert post(public, "/functions/bill/run", body | {"account_ref": "good"}).status_code == 200
    finally:
        registry._resolvers[:] = kept
    assert service.calls[-1].account_id == 5


def test_too_many_runs_from_one_address_are_slowed(public: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from denghuo.core.http.limits import buckets

    buckets.clear()
    monkeypatch.setattr("denghuo.apps.channels.api.policies.get", lambda key, *rest: 2)
    body = {"channel": "web_chat", "inputs": {"month": "2026-01"}}
    assert [post(public, "/functions/bill/run", body).status_code for _turn in range(3)] == [200, 200, 429]
    buckets.clear()


def test_staff_see_channels_and_managers_close_and_publish(public: Client, browser_for: Any, org_tree: Any) -> None:
    assert public.get(f"{API}/channels").status_code == 401
    assert browser_for("agent", org_tree.city).get(f"{API}/channels").status_code == 403
    manager = browser_for("manager", org_tree.province)
    rows = {row["channel"]: row for row in manager.get(f"{API}/channels").json()}
    assert rows["voice"]["is_open"] and len(rows["voice"]["volume"]) == 48
    here = {"org_id": org_tree.city.pk}
    closed = post(manager, "/channels/voice/close", here | {"announcement": "线路维护"})
    assert closed.json()["state"] == "closed"
    rows = manager.get(f"{API}/channels?org_id={org_tree.city.pk}").json()
    assert not next(row for row in rows if row["channel"] == "voice")["is_open"]
    assert post(manager, "/channels/voice/open", here).json()["state"] == "open"
    assert post(manager, "/channels/voice/open", here).status_code == 409
    assert post(manager, "/functions/bill/publish", {"channel": "sms"}).json()["state"] == "published"
    off = post(manager, "/functions/bill/off", {"announcement": "升级"}).json()
    assert set(off["channels"]) >= {"sms", "wechat"}
    assert post(manager, "/functions/bill/on", {"channel": "sms"}).json()["channels"] == ["sms"]
    assert post(manager, "/channels/voice/close", {"announcement": "", "org_id": 10**9}).status_code == 422


def test_supervisors_close_nothing(service: Any, browser_for: Any, org_tree: Any) -> None:
    client = browser_for("supervisor", org_tree.province)
    answer = post(client, "/channels/voice/close", {"announcement": "线路维护", "org_id": org_tree.city.pk})
    assert answer.status_code == 403
