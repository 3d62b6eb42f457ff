"""Refusals: the same facts for pages and programs."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path as url_path
from django_htmx.middleware import HtmxDetails
from ninja import NinjaAPI, Schema
from pydantic import Field

from denghuo.core import errors as e
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of
from denghuo.core.http.api import REMEDIES, install_handlers
from denghuo.core.http.middleware import ActionErrorMiddleware


class Body(Schema):
    name: str = Field(max_length=3)
    count: int = Field(ge=1, default=1)


@pytest.fixture
def api() -> NinjaAPI:
    made = NinjaAPI(urls_namespace="errors-test")
    install_handlers(made)
    return made


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(e.NotSignedIn(), 401, "not_signed_in"), (e.NotAllowed(), 403, "not_allowed"), (e.NotFound(), 404, "not_found"), (e.Conflict(), 409, "conflict"),
     (e.InvalidInput({"a": "b"}), 422, "invalid_input"), (e.TooManyRequests(), 429, "too_many_requests"), (e.Conflict(code="stale"), 409, "stale")],
)  # fmt: skip
def test_each_refusal_is_a_problem_document(error: e.ActionError, status: int, code: str) -> None:
    body = error.problem()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:denghuo:problem:{code}")
    assert body["title"]
    assert body["detail"]
    json.dumps(body)


def test_fields_have_lists_of_messages_and_the_first_is_the_summary() -> None:
    error = e.InvalidInput({"phone": "号码不对", "name": ["缺少", "过长"]})
    assert error.fields == {"phone": ["号码不对"], "name": ["缺少", "过长"]}
    assert (error.message, error.problem()["errors"]) == ("号码不对", error.fields)


def test_lazy_texts_in_fields_become_words() -> None:
    from django.utils.translation import gettext_lazy

    assert e.InvalidInput({"a": gettext_lazy("此项必填，请补充")}).fields == {"a": ["此项必填，请补充"]}


def test_messages_speak_the_users_language() -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        assert e.NotFound().message == "没有找到"


def test_a_limit_says_when_to_come_back(api: NinjaAPI) -> None:
    @api.get("/busy")
    def busy(request: HttpRequest) -> None:
        raise e.TooManyRequests(retry_after=42)

    answer = call(api, "GET", "/busy")
    assert (answer.status_code, answer["Retry-After"]) == (429, "42")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["retry_after"] == 42


def call(api: NinjaAPI, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Any:
    """One call to an operation of ``api`` through the whole product."""
    addresses = types.ModuleType("errors_test_urls")
    addresses.urlpatterns = [url_path("api/", api.urls)]  # type: ignore[attr-defined]
    content = raw if raw is not None else json.dumps(body).encode()
    with override_settings(ROOT_URLCONF=addresses):
        return Client().generic(method, f"/api{path}", content, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "field", "word"),
    [({}, "name", "必填"), ({"name": "abcd"}, "name", "最多 3"), ({"name": 1}, "name", "文字"), ({"name": "a", "count": "x"}, "count", "整数"),
     ({"name": "a", "count": 0}, "count", "不得小于 1")],
)  # fmt: skip
def test_what_the_schema_refuses_names_field_and_remedy(api: NinjaAPI, body: Any, field: str, word: str) -> None:
    @api.post("/thing")
    def thing(request: HttpRequest, body: Body) -> None: ...

    answer = call(api, "POST", "/thing", body)
    errors = json.loads(answer.content)["errors"]
    assert answer.status_code == 422
    assert list(errors) == [field]
    assert word in errors[field][0]


@pytest.mark.parametrize("raw", [b"{", b"", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"name": "a"' + b"[" * 5000])
def test_what_is_not_json_is_refused_not_an_error_of_ours(api: NinjaAPI, raw: bytes) -> None:
    @api.post("/thing")
    def thing(request: HttpRequest, body: Body) -> None: ...

    answer = call(api, "POST", "/thing", raw=raw)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_every_remedy_is_translatable_text() -> None:
    assert all(any("\u4e00" <= char <= "\u9fff" for char in text) for text in REMEDIES.values())


# --- pages -------------------------------------------------------------------------------------------


def handled(error: Exception, **headers: str) -> HttpResponse | None:
    request = RequestFactory().get("/staff/x/?a=1", **{f"HTTP_{k}": v for k, v in headers.items()})
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return ActionErrorMiddleware(lambda request: HttpResponse()).process_exception(request, error)


def test_a_page_shows_the_refusal_with_its_status(db: None) -> None:
    for error in (e.NotAllowed("甲"), e.NotFound("乙"), e.Conflict("丙"), e.TooManyRequests("丁")):
        answer = handled(error)
        assert answer is not None
        assert answer.status_code == error.status
        assert error.message in answer.content.decode()


def test_a_part_of_a_page_becomes_a_toast_and_stays_as_it_is() -> None:
    answer = handled(e.Conflict("当前状态不允许"), HX_REQUEST="true")
    assert answer is not None
    assert answer.status_code == 409
    assert answer["HX-Reswap"] == "none"
    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "当前状态不允许"


def test_who_is_not_signed_in_goes_to_sign_in_and_comes_back() -> None:
    answer = handled(e.NotSignedIn())
    assert answer is not None
    assert answer["Location"] == "/staff/sign-in/?next=%2Fstaff%2Fx%2F%3Fa%3D1"
    part = handled(e.NotSignedIn(), HX_REQUEST="true", HX_CURRENT_URL="http://testserver/staff/y/")
    assert part is not None
    assert part["HX-Redirect"] == "/staff/sign-in/?next=%2Fstaff%2Fy%2F"


def test_other_errors_are_left_alone() -> None:
    assert handled(ValueError("x")) is None


def test_a_request_without_actor_is_not_signed_in() -> None:
    request = RequestFactory().get("/")
    for actor in (None, "someone"):
        request.actor = actor  # type: ignore[attr-defined]
        with pytest.raises(e.NotSignedIn):
            actor_of(request)
    request.actor = Actor.system()  # type: ignore[attr-defined]
    assert actor_of(request).kind == "system"


@pytest.mark.parametrize("number", ["9223372036854775808", "1" * 40])
def test_a_number_no_row_can_have_is_not_found(db: None, number: str) -> None:
    request = RequestFactory().get(f"/staff/x/{number}/")
    gate = ActionErrorMiddleware(lambda request: HttpResponse())
    page = gate.process_view(request, None, (), {"pk": int(number)})
    assert page is not None
    assert page.status_code == 404
    api = gate.process_view(RequestFactory().get(f"/api/v1/x/{number}"), None, (), {"pk": number})
    assert api is not None
    assert json.loads(api.content)["code"] == "not_found"
    assert gate.process_view(request, None, (), {"pk": 9223372036854775807, "key": "x"}) is None
