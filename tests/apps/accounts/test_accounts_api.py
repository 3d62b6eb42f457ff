"""Signing in through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.models import ApiToken
from tests.conftest import PASSWORD, MakeStaff, OrgTree


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=headers)


def test_a_password_gives_a_token_that_tells_who_one_is(make_staff: MakeStaff, org_tree: OrgTree) -> None:
    staff = make_staff("dispatcher", org_tree.city)
    answer = post(Client(), "/session", {"username": staff.username, "password": PASSWORD})
    assert answer.status_code == 201
    body = answer.json()
    assert body["staff"]["grants"] == [{"role": "dispatcher", "org_path": org_tree.city.path}]
    me = Client().get("/api/v1/me", headers={"authorization": f"Bearer {body['token']}"})
    assert me.status_code == 200
    assert me.json()["username"] == staff.username
    assert "order.dispatch" in me.json()["permissions"]
    assert body["token"] not in str(ApiToken.objects.values())


def test_signing_out_ends_the_token(make_staff: MakeStaff) -> None:
    token = post(Client(), "/session", {"username": make_staff("agent").username, "password": PASSWORD}).json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert Client().delete("/api/v1/session", headers=bearer).status_code == 204
    assert Client().get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer \u00e9"])
def test_wrong_credentials_are_a_problem_document(db: None, header: str) -> None:
    answer = Client().get("/api/v1/me", headers={"authorization": header})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_no_credentials_are_401(db: None) -> None:
    assert Client().get("/api/v1/me").status_code == 401


def test_a_wrong_password_is_401_and_a_lock_429_with_retry_after(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    answers = [post(Client(), "/session", {"username": staff.username, "password": "no"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert answers[-1].json()["code"] == "locked"
    assert int(answers[-1]["Retry-After"]) == 900


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "username"), ({"username": "a"}, "password"), ({"username": "", "password": "x"}, "username"),
     ({"username": "a" * 10000, "password": "x"}, "username"), ({"username": ["a"], "password": "x"}, "username")],
)  # fmt: skip
def test_bad_input_names_the_field(db: None, body: Any, field: str) -> None:
    answer = post(Client(), "/session", body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_a_session_may_read_but_writes_only_with_the_csrf_token(make_staff: MakeStaff) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("agent"))
    assert client.get("/api/v1/me").status_code == 200
    refused = client.delete("/api/v1/session")
    assert refused.status_code == 403
    assert refused.json()["code"] == "csrf_failed"
    client.get("/staff/account/")
    token = client.cookies["csrftoken"].value
    assert client.delete("/api/v1/session", headers={"x-csrftoken": token}).status_code == 204


def test_roles_with_a_second_factor_are_told_what_is_missing(make_staff: MakeStaff) -> None:
    answer = post(Client(), "/session", {"username": make_staff("audit_admin").username, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "totp_setup_required")


def test_the_demo_session_exists_in_demonstrations_only(make_staff: MakeStaff, settings: Any) -> None:
    staff = make_staff("agent")
    settings.DEMO = False
    assert post(Client(), "/demo/session", {"username": staff.username}).json()["code"] == "demo_only"
    settings.DEMO = True
    assert post(Client(), "/demo/session", {"username": staff.username}).status_code == 201
    assert post(Client(), "/demo/session", {"username": "nobody"}).status_code == 404
