"""The parts that tests of the whole API stand on: a small county with one of everything, and callers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from denghuo.core.http.limits import buckets
from tests.apps.requests.world import World, build

ROLES = ("agent", "callback_agent", "supervisor", "dispatcher", "crew_leader", "manager", "data_steward")
# What a refused call may write all the same: failed sign-ins are counted, that is their point.
UNTOUCHED = (
    "requests_request", "requests_callback", "requests_callbackattempt", "requests_requestnote", "contacts_contact", "contacts_message",
    "core_clock", "core_clockchange", "core_storedfile", "core_idempotencykey", "field_workorder", "field_orderphoto", "grid_outage",
    "accounts_apitoken",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nobody_called_yet() -> None:
    """Rates are counted in the memory of the process; tests must not use up each other's."""
    buckets.clear()


@pytest.fixture
def world(org_tree: Any, actor_for_role: Any) -> World:
    return build(org_tree, actor_for_role)


@dataclass
class Caller:
    """Calls the API as one person, or as the public; a crash of the server is an answer 500, not an exception."""

    token: str = ""
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """``body``: bytes or text go as they are, anything else as JSON."""
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        kind = headers.pop("content_type", "application/json")
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = "" if body is None else content
        return self.client.generic(method, f"/api/v1{path}", data, content_type=kind, headers=known | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def get(self, path: str) -> Any:
        return self.send("GET", path)


@pytest.fixture
def public() -> Caller:
    return Caller()


@pytest.fixture
def staff(org_tree: Any, make_staff: Any) -> Caller:
    """Somebody with every business role in the whole company."""
    from denghuo.apps.accounts.actions import issue_token
    from denghuo.apps.accounts.models import Role, RoleGrant
    from denghuo.core.actors import Actor
    from tests.conftest import LONG_AGO

    person = make_staff("agent", org_tree.company)
    for role in Role.objects.filter(code__in=ROLES[1:]):
        RoleGrant.objects.create(staff=person, role=role, org=org_tree.company, valid_from=LONG_AGO)
    return Caller(token=issue_token(Actor.system("test"), person, name="test", hours=1))


def counts() -> tuple[int, ...]:
    """Rows of everything a call could change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in UNTOUCHED))
        return tuple(cursor.fetchone())


def assert_refused(answer: Any, *statuses: int) -> dict[str, Any]:
    """A typed refusal: a problem document with code and words, and an untouched database is for the caller to check."""
    assert answer.status_code in (statuses or (422,)), (answer.status_code, answer.content[:300])
    assert answer["Content-Type"].startswith("application/problem+json"), answer["Content-Type"]
    body: dict[str, Any] = answer.json()
    assert body["status"] == answer.status_code
    assert body["code"]
    assert body["title"] or body["detail"]
    return body


@pytest.fixture
def unchanged() -> Any:
    """A block that must leave the business tables as they were."""

    class Block:
        def __enter__(self) -> None:
            self.before = counts()

        def __exit__(self, *error: Any) -> None:
            if error == (None, None, None):
                assert counts() == self.before

    make: Callable[[], Any] = Block
    return make
