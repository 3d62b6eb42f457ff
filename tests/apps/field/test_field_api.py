"""The field over HTTP: the whole life of an order, keys, refusals, what is hidden."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.actions import issue_token
from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.field.models import OrderPhoto, WorkOrder
from denghuo.core.actions.models import IdempotencyKey
from denghuo.core.moment import now
from tests.apps.field.site import Site, kinds, picture

pytestmark = pytest.mark.django_db


class Caller:
    """A bearer of a token."""

    def __init__(self, staff: Staff) -> None:
        self.client = Client()
        self.token = issue_token(actor_for(staff), staff, "test", 1)

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        return self._checked(self.client.get(f"/api/v1{path}", query, headers=self._headers(None)), status)

    def post(self, path: str, body: Any = None, status: int = 200, key: str | None = "") -> Any:
        # An empty key means a fresh one: the test's own transaction must live on after a refusal.
        key = str(uuid.uuid4()) if key == "" else key
        answer = self.client.post(
            f"/api/v1{path}",
            json.dumps(body if body is not None else {}),
            "application/json",
            headers=self._headers(key),
        )
        return self._checked(answer, status)

    def upload(self, path: str, fields: dict[str, Any], status: int = 201) -> Any:
        return self._checked(self.client.post(f"/api/v1{path}", fields, headers=self._headers(None)), status)

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self.token}"}
        return headers | ({"Idempotency-Key": key} if key else {})

    @staticmethod
    def _checked(answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content.decode()[:500]
        return answer.json()


@pytest.fixture
def crew(site: Site) -> Caller:
    return Caller(site.worker_staff)


@pytest.fixture
def desk(site: Site, make_staff: Any) -> Caller:
    return Caller(make_staff("dispatcher", site.org_tree.city))


def test_an_order_lives_its_life_over_http(site: Site, crew: Caller, desk: Caller) -> None:
    request = site.accepted()
    best = desk.get(f"/requests/{request.pk}/crew-suggestions")["items"][0]
    assert best["crew_id"] == site.crew.pk
    assert best["reasons"]
    order = desk.post("/orders", {"request_id": request.pk, "crew_id": best["crew_id"], "note": "先停后验"}, 201)
    assert (order["state"], order["number"]) == ("sent", f"{request.number}-1")
    mine = crew.get("/orders", mine=True, open=True)["items"]
    assert [row["id"] for row in mine] == [order["id"]]
    assert mine[0]["person"] == {"name": "江小满", "phone": "13900001234", "address": "柳溪县河边路 8 号"}
    path = f"/orders/{order['id']}"
    assert crew.post(f"{path}/accept")["state"] == "accepted"
    assert crew.post(f"{path}/depart", {"at": now().isoformat()})["state"] == "departed"
    assert crew.post(f"/crews/{site.crew.pk}/position", {"lon": 120.1, "lat": 30.1})["state"] == "departed"
    assert crew.post(f"{path}/arrive", {"lon": 120.1, "lat": 30.1})["state"] == "arrived"
    for kind in ("before", "signature"):
        photo = crew.upload(f"{path}/photos", {"client_id": str(uuid.uuid4()), "kind": kind, "file": picture()})
        assert photo["kind"] == kind
    done = crew.post(f"{path}/finish", {"cause": "equipment", "result": "已恢复", "restored_at": now().isoformat()})
    assert done["state"] == "finished"
    assert done["cause"] == "equipment"
    assert crew.get("/orders", mine=True, open=True)["items"] == []
    assert desk.get("/orders", state="finished")["items"][0]["id"] == order["id"]


def test_the_same_key_again_gives_the_order_and_a_step_without_it_is_a_conflict(site: Site, crew: Caller) -> None:
    order, key = site.sent(), str(uuid.uuid4())
    assert crew.post(f"/orders/{order.pk}/accept", key=key)["state"] == "accepted"
    assert crew.post(f"/orders/{order.pk}/accept", key=key)["state"] == "accepted"
    assert kinds(order) == ["order.created", "order.accepted"]
    problem = crew.post(f"/orders/{order.pk}/accept", status=409)
    assert (problem["code"], problem["state"]) == ("order_state", "accepted")
    assert crew.post(f"/orders/{order.pk}/depart", key=key, status=409)["code"] == "idempotency_mismatch"


def test_what_is_remembered_under_a_key_holds_no_personal_data(site: Site, crew: Caller) -> None:
    crew.post(f"/orders/{site.sent().pk}/accept")
    remembered = " ".join(str(row.response) for row in IdempotencyKey.objects.all())
    assert "江小满" not in remembered
    assert "13900001234" not in remembered
    assert "河边路" not in remembered


def test_a_dispatch_sent_twice_makes_one_order(site: Site, desk: Caller) -> None:
    body, key = {"request_id": site.accepted().pk, "crew_id": site.crew.pk}, str(uuid.uuid4())
    assert desk.post("/orders", body, 201, key)["id"] == desk.post("/orders", body, 201, key)["id"]
    assert WorkOrder.objects.count() == 1


def test_another_crew_neither_sees_nor_works_the_order(site: Site, make_staff: Any) -> None:
    order = site.sent()
    stranger = Caller(make_staff("crew_member", site.org_tree.team_b))
    assert stranger.get(f"/orders/{order.pk}", 404)["code"] == "not_found"
    assert stranger.get("/orders")["items"] == []
    assert stranger.post(f"/orders/{order.pk}/accept", status=403)["code"] == "not_allowed"
    watcher = Caller(make_staff("inspector", site.org_tree.city))
    seen = watcher.get(f"/orders/{order.pk}")
    assert seen["person"] == {"name": "江**", "phone": "139****1234", "address": "柳溪县河边路****"}


def test_without_signing_in_nothing_is_told(site: Site, client: Client) -> None:
    for path in ("/orders", f"/orders/{site.sent().pk}", "/crews"):
        assert client.get(f"/api/v1{path}").status_code == 401


def test_withdrawing_and_sending_another_crew(site: Site, desk: Caller) -> None:
    order = site.sent()
    assert list(desk.post(f"/orders/{order.pk}/withdraw", {"reason": ""}, 422)["errors"]) == ["reason"]
    second = desk.post(f"/orders/{order.pk}/redispatch", {"crew_id": site.other_crew.pk, "reason": "更近"}, 201)
    assert second["crew_id"] == site.other_crew.pk
    assert desk.get(f"/orders/{order.pk}")["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("accept", {"at": "2026-01-01T08:00:00"}, {"at"}),
        ("accept", {"at": "yesterday"}, {"at"}),
        ("arrive", {"lon": "east"}, {"lon"}),
        ("finish", {"cause": 5}, {"cause"}),
        ("withdraw", {"reason": "x" * 5000}, {"reason"}),
    ],
)
def test_bad_bodies_name_the_field(site: Site, crew: Caller, path: str, body: dict[str, Any], fields: set[str]) -> None:
    problem = crew.post(f"/orders/{site.sent().pk}/{path}", body, 422)
    assert problem["errors"].keys() == fields


@pytest.mark.parametrize("key", [0, 2**63, 10**30, "x"])
def test_impossible_keys_are_refused_not_crashed_on(crew: Caller, key: Any) -> None:
    answer = crew.client.get(f"/api/v1/orders/{key}", headers={"Authorization": f"Bearer {crew.token}"})
    assert answer.status_code in (404, 422)


def test_an_upload_repeated_keeps_one_photo_and_a_wrong_one_none(site: Site, crew: Caller) -> None:
    order, client_id = site.arrived(), str(uuid.uuid4())
    path, fields = f"/orders/{order.pk}/photos", {"client_id": client_id, "kind": "scene"}
    first = crew.upload(path, fields | {"file": picture()})
    assert crew.upload(path, fields | {"file": picture()})["id"] == first["id"]
    assert crew.upload(path, {"kind": "scene", "file": picture()}, 422)["errors"].keys() == {"client_id"}
    assert OrderPhoto.objects.count() == 1


def test_a_long_list_comes_in_pages_that_fit_together(site: Site, desk: Caller) -> None:
    made = [site.sent().pk for _ in range(5)]
    seen: list[int] = []
    before: dict[str, int] = {}
    while True:
        page = desk.get("/orders", limit=2, **before)
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == sorted(made, reverse=True)


def test_a_list_of_orders_takes_a_fixed_number_of_queries(
    site: Site, crew: Caller, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        site.sent()
    crew.get("/orders", mine=True, open=True)
    with django_assert_max_num_queries(7):  # token, grants, own crew, orders; for their turn: crew, area, plan
        assert len(crew.get("/orders", mine=True, open=True)["items"]) == 6


def test_crews_with_what_they_do(site: Site, desk: Caller) -> None:
    site.arrived()
    crews = {row["id"]: row for row in desk.get("/crews")["items"]}
    assert (crews[site.crew.pk]["state"], crews[site.crew.pk]["open_orders"]) == ("arrived", 1)
    assert crews[site.other_crew.pk]["state"] == "free"
    off = desk.post(f"/crews/{site.other_crew.pk}/duty", {"on_duty": False})
    assert off["state"] == "off"
