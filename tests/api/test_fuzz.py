"""Generated input on every operation of the API, as the public and as staff with every business role.

Whatever comes in: no server error, answers as the document says, refusals as problem documents, and after a refusal
the business tables are as they were. Examples are few and always the same, so that a run is short and repeatable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from denghuo.config.api import api
from denghuo.config.wsgi import application
from denghuo.core.http.limits import buckets
from tests.api.conftest import Caller, counts
from tests.apps.requests.world import World

SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
SCHEMA.app = application
COMMON: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}
# Staff reach the code behind the door: edge cases of every field (the explicit examples) and some random ones.
STAFF = settings(max_examples=5, phases=[Phase.explicit, Phase.generate], **COMMON)
PUBLIC = settings(max_examples=4, phases=[Phase.generate], **COMMON)


@pytest.fixture(autouse=True)
def _connection_stays() -> Iterator[None]:
    """The server is called inside the test's own transaction; as Django's test client does, keep its connection."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def check(case: Any, headers: dict[str, str]) -> None:
    """One generated call and everything that must hold for its answer."""
    buckets.clear()  # a refusal for haste would hide what the input does
    before = counts()
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])
    if answer.status_code < 400:
        case.validate_response(answer, checks=[content_type_conformance])
        return
    kind = answer.headers.get("content-type", [""])[0]
    assert kind.startswith("application/problem+json"), (answer.status_code, kind)
    assert counts() == before, f"{case.method} {case.path} was refused with {answer.status_code} and changed something"


@SCHEMA.parametrize()
@STAFF
def test_staff_get_an_answer_or_a_typed_refusal(case: Any, staff: Caller, world: World) -> None:
    check(case, {"Authorization": f"Bearer {staff.token}"})


@SCHEMA.parametrize()
@PUBLIC
def test_the_public_gets_an_answer_or_a_typed_refusal(case: Any, world: World) -> None:
    check(case, {})
