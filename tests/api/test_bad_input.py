"""Hostile, malformed and out-of-order input, written down case by case: each is refused with a typed error that names the
field, changes nothing, and what merely looks strange is accepted and kept as it was written."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.requests.models import Request
from denghuo.core.privacy import blind_index
from tests.api.conftest import Caller, assert_refused
from tests.apps.requests.world import World

LARGEST_KEY = (1 << 63) - 1


def ago(**amount: float) -> str:
    return (timezone.now() - dt.timedelta(**amount)).isoformat()


@pytest.fixture
def report(world: World) -> dict[str, Any]:
    """A fault report that is accepted as it stands."""
    return {
        "type": "fault_report", "channel": "web_form", "caller_name": "江小满", "caller_phone": "13900001234",
        "org_id": world.org.pk, "address": "柳溪县河边路 8 号", "phenomenon": "no_power", "scope": "single",
        "occurred_at": ago(minutes=10), "client_id": str(uuid.uuid4()),
    }  # fmt: skip


def test_the_plain_report_is_accepted(public: Caller, report: dict[str, Any]) -> None:
    assert public.post("/requests", report).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("caller_phone", "123"),
        ("caller_phone", "not a phone"),
        ("caller_phone", "１３９００００１２３４５６７８９０１２３４５６７８９"),
        ("caller_phone", "139-0000-123x"),
        ("caller_phone", ""),
        ("caller_phone", 13900001234.5),
        ("caller_name", ""),
        ("caller_name", " \t "),
        ("caller_name", "江" * 10_000),
        ("caller_name", "江\x00小满"),
        ("caller_name", "江\x1b[31m小满"),
        ("address", "路" * 10_000),
        ("description", "灯" * 10_000),
        ("phenomenon", "earthquake"),
        ("scope", ["single"]),
        ("type", "no such type"),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-02-30T08:00:00+08:00"),
        ("occurred_at", "2026-01-01T08:00:00"),
        ("occurred_at", "0001-01-01T00:00:00+14:00"),
        ("occurred_at", "9999-12-31T23:59:59-12:00"),
        ("lon", 500),
        ("lat", "NaN"),
        ("client_id", "not-a-uuid"),
        ("org_id", -1),
        ("org_id", LARGEST_KEY + 1),
        ("org_id", 10**400),
        ("org_id", 1.5),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_written(
    public: Caller, report: dict[str, Any], unchanged: Any, field: str, value: Any
) -> None:
    with unchanged():
        body = assert_refused(public.post("/requests", report | {field: value}))
    named = " ".join(body["errors"])
    assert field in named or (field in {"lon", "lat"} and {"lon", "lat", "place"} & set(body["errors"])), body["errors"]
    assert all(message for messages in body["errors"].values() for message in messages)


@pytest.mark.parametrize(
    "name", ["𠮷野家", "㛃小满", "江😀满", "买买提·吐尔逊", "O’Brien-Łukasz", "Ａlice", "龘𪚥", "e\u0301lise"]
)
def test_rare_characters_in_a_name_come_back_as_they_were_written(
    staff: Caller, report: dict[str, Any], name: str
) -> None:
    made = staff.post("/requests", report | {"caller_name": name, "channel": "voice"})
    assert made.status_code == 201, made.content
    request = Request.objects.get(client_id=report["client_id"])
    assert request.caller_name in {name, __import__("unicodedata").normalize("NFC", name)}
    page = staff.get(f"/requests/{request.pk}")
    assert request.caller_name in page.content.decode() or request.caller_name in json.dumps(
        page.json(), ensure_ascii=False
    )


@pytest.mark.parametrize(
    "phone", ["139 0000 1234", "+86 139-0000-1234", "１３９００００１２３４", "0571-88001234", "95598"]
)
def test_ways_of_writing_a_phone_number_are_understood(public: Caller, report: dict[str, Any], phone: str) -> None:
    answer = public.post("/requests", report | {"caller_phone": phone})
    if phone == "95598":
        assert answer.status_code in (201, 422)
        return
    assert answer.status_code == 201, answer.content
    assert Request.objects.filter(client_id=report["client_id"], caller_phone_bidx=blind_index("phone", phone)).exists()


@pytest.mark.parametrize(
    "number",
    [
        "",
        "1",
        "x" * 10_000,
        "33000\x0012345",
        "33000-12345'; DROP TABLE core_event;--",
        "٣٣٠٠٠١٢٣٤٥",
        "😀",
        "%",
        "\u202e543210003",
    ],
)
def test_an_account_number_that_is_none_finds_nothing(
    public: Caller, world: World, unchanged: Any, number: str
) -> None:
    with unchanged():
        assert_refused(
            public.post("/hall/find-account", {"number": number, "phone": "13900001234", "name": ""}), 404, 422, 429
        )


# --- the body itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"42",
        b'"text"',
        b'{"type": "fault_report",}',
        b'{"caller_name": "\xff\xfe"}',
        b"\xff\xfe\x00",
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"[" * 100_000,
        b'{"org_id": ' + b"9" * 5_000 + b"}",
        b'{"lon": NaN, "lat": Infinity}',
        b'{"type": "fault_report", "type": "praise"}',
        b'{"caller_name": "\\ud800"}',
    ],
    ids=[
        "empty", "cut off", "null", "list", "number", "text", "trailing comma", "broken utf-8", "no utf-8", "deep object", "deep list",
        "huge number", "nan", "doubled key", "lone surrogate",
    ],
)  # fmt: skip
def test_a_body_that_is_no_proper_document_is_refused(
    public: Caller, world: World, unchanged: Any, body: bytes
) -> None:
    with unchanged():
        assert_refused(public.post("/requests", body), 400, 422)


@pytest.mark.parametrize("where", ["caller_name", "description", "address"])
def test_a_lone_surrogate_never_reaches_the_database(
    public: Caller, report: dict[str, Any], unchanged: Any, where: str
) -> None:
    with unchanged():
        assert_refused(public.post("/requests", report | {where: "江\ud800满"}))


def test_a_doubled_key_means_its_last_value(public: Caller, report: dict[str, Any]) -> None:
    text = json.dumps(report)
    answer = public.post("/requests", '{"type": "praise", ' + text[1:])
    assert answer.status_code == 201
    assert answer.json()["type"] == "fault_report"


def test_a_huge_body_is_refused(public: Caller, world: World, unchanged: Any) -> None:
    with unchanged():
        assert_refused(
            public.post("/requests", b'{"description": "' + b"a" * (21 * 1024 * 1024) + b'"}'), 400, 413, 422
        )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "image/png"]
)
def test_another_content_type_makes_no_request(public: Caller, report: dict[str, Any], kind: str) -> None:
    answer = public.post("/requests", "type=praise", content_type=kind)
    assert_refused(answer, 400, 415, 422)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_is_not_offered_is_refused_with_the_list_of_those_that_are(
    public: Caller, world: World, method: str
) -> None:
    answer = public.send(method, "/requests")
    assert_refused(answer, 405)
    assert "POST" in answer["Allow"]


def test_an_address_that_is_none_is_a_problem_document(public: Caller, world: World) -> None:
    assert_refused(public.get("/no/such/thing"), 404)


# --- ids ---------------------------------------------------------------------------------------

IDS = [0, -1, LARGEST_KEY, LARGEST_KEY + 1, 10**30, "abc", "1e3", "%00", "１", "1.0", "../1"]


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize(
    "path", ["/requests/{}", "/orders/{}", "/contacts/{}", "/outages/{}", "/requests/{}/crew-suggestions"]
)
def test_an_id_that_no_row_has_is_not_found(staff: Caller, world: World, path: str, key: Any) -> None:
    assert_refused(staff.get(path.format(key)), 404, 422)


@pytest.mark.parametrize("key", IDS)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/requests/{}/accept", {"fault_class": "low_voltage", "area_type": "urban"}),
        ("/requests/{}/note", {"text": "备注"}),
        ("/orders/{}/depart", {}),
        ("/callbacks/{}/attempts", {"outcome": "no_answer"}),
        ("/crews/{}/position", {"lon": 120.0, "lat": 30.0}),
    ],
)
def test_a_write_to_an_id_that_no_row_has_changes_nothing(
    staff: Caller, world: World, unchanged: Any, path: str, body: dict[str, Any], key: Any
) -> None:
    with unchanged():
        assert_refused(staff.post(path.format(key), body), 404, 422)


@pytest.mark.parametrize("field", ["transformer_id", "version"])
@pytest.mark.parametrize("value", [-1, LARGEST_KEY + 1, 10**30, "x", 1.5])
def test_a_number_in_the_body_that_no_row_has_is_refused(
    staff: Caller, world: World, unchanged: Any, field: str, value: Any
) -> None:
    made = world.submitted()
    body = {"fault_class": "low_voltage", "area_type": "urban", field: value}
    with unchanged():
        assert_refused(staff.post(f"/requests/{made.pk}/accept", body), 404, 409, 422)


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=99999999999999999999", "limit=x", "cursor=%00", "cursor=xxxx", "org_id=1e9", "state=nope"],
)
def test_a_bad_query_never_breaks_the_list(staff: Caller, world: World, query: str) -> None:
    answer = staff.get(f"/requests?{query}")
    assert answer.status_code in (200, 422), answer.content
    if answer.status_code == 422:
        assert_refused(answer)


# --- time --------------------------------------------------------------------------------------


def test_a_fault_from_tomorrow_is_refused(public: Caller, report: dict[str, Any], unchanged: Any) -> None:
    with unchanged():
        body = assert_refused(public.post("/requests", report | {"occurred_at": ago(days=-1)}))
    assert "occurred_at" in body["errors"]


def test_accepting_before_it_was_told_is_refused(staff: Caller, world: World, unchanged: Any) -> None:
    made = world.submitted()
    body = {"fault_class": "low_voltage", "area_type": "urban", "at": ago(hours=2)}
    with unchanged():
        assert "at" in assert_refused(staff.post(f"/requests/{made.pk}/accept", body))["errors"]


# --- idempotency keys ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["short", "x" * 101, "with blank inside", "schlüssel-123", "a\tb-tabbed-key"])
def test_an_idempotency_key_of_the_wrong_form_is_refused(
    public: Caller, report: dict[str, Any], unchanged: Any, key: str
) -> None:
    with unchanged():
        body = assert_refused(public.post("/requests", report, **{"Idempotency-Key": key}))
    assert "Idempotency-Key" in body["errors"]


def test_the_same_key_again_gives_the_first_answer(public: Caller, report: dict[str, Any], unchanged: Any) -> None:
    first = public.post("/requests", report, **{"Idempotency-Key": "key-number-one"})
    with unchanged():
        again = public.post("/requests", report, **{"Idempotency-Key": "key-number-one"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()


def test_the_same_key_for_something_else_is_a_conflict(public: Caller, report: dict[str, Any], unchanged: Any) -> None:
    public.post("/requests", report, **{"Idempotency-Key": "key-number-two"})
    other = report | {"address": "柳溪县河边路 9 号", "client_id": str(uuid.uuid4())}
    with unchanged():
        body = assert_refused(public.post("/requests", other, **{"Idempotency-Key": "key-number-two"}), 409)
    assert body["code"] == "idempotency_mismatch"


# --- who calls ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer x", "Bearer \x00", "Basic YTpi", "Bearer " + "x" * 10_000]
)
def test_a_wrong_token_is_not_the_public(world: World, unchanged: Any, header: str) -> None:
    with unchanged():
        assert_refused(Caller().send("GET", "/requests", Authorization=header), 400, 401)


def test_the_public_may_not_read_the_list(public: Caller, world: World) -> None:
    assert_refused(public.get("/requests"), 401, 403)
