"""Confidential and anonymous requests: who is not in the know reads nothing, anywhere."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.models import Staff
from denghuo.apps.exchange.exporting import selected
from denghuo.apps.exchange.models import ExportJob
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.handling import actions as h
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.privacy import masked
from tests.apps.requests.handling_kit import COMPLAINT, handled, refused
from tests.apps.requests.test_loop import _call_all_day, fresh  # noqa: F401
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db
SECRET = "所长长期私接路灯线用电"
TIP = {**COMPLAINT, "type": "tip_off", "description": SECRET}


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=actor.id))
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/staff/requests/", "/staff/requests/?state=submitted", "/staff/requests/?q=13900001234", "/staff/requests/?q={number}",
        "/staff/requests/?format=csv", "/staff/requests/{pk}/", "/staff/requests/{pk}/handling/", "/staff/requests/{pk}/class/",
        "/staff/requests/{pk}/flow/", "/staff/requests/{pk}/answers/", "/staff/requests/{pk}/priority/",
        "/staff/requests/waiting/", "/staff/requests/watched/", "/api/v1/requests", "/api/v1/requests?q=13900001234",
        "/api/v1/requests/{pk}",
    ],
)  # fmt: skip
def test_an_agent_of_the_same_city_who_is_not_in_the_know_reads_it_nowhere(
    world: World, boss: Actor, path: str
) -> None:
    made = world.submitted(**TIP, confidential=True)
    h.supervise_request(boss, made.pk, text="专人核查")
    found = browser(world.agent).get(path.format(pk=made.pk, number=made.number))
    body = found.content.decode()
    told = [word for word in (SECRET, "江小满", made.public_token) if word in body]
    assert not told, f"{path} tells {told}"
    assert "{pk}" not in path or found.status_code == 404


@pytest.mark.parametrize("verb", ["accept", "note", "urge", "cancel", "answer", "escalate", "private", "split"])
def test_nor_can_they_work_on_it_by_guessing_its_key(world: World, verb: str) -> None:
    made = world.submitted(**TIP, confidential=True)
    bodies: dict[str, dict[str, Any]] = {
        "accept": {}, "note": {"text": "看看"}, "urge": {"text": ""}, "cancel": {"reason": "误"}, "answer": {"answer": "好"},
        "escalate": {"text": "看看"}, "private": {"confidential": False, "reason": "看看"},
        "split": {"parts": [{"type": "opinion", "description": "慢"}], "reason": "看看"},
    }  # fmt: skip
    answer = browser(world.agent).post(
        f"/api/v1/requests/{made.pk}/{verb}", data=json.dumps(bodies[verb]), content_type="application/json"
    )
    assert answer.status_code in {403, 404}, answer.content
    assert SECRET not in answer.content.decode()
    assert fresh(made).version == made.version


def test_who_is_in_the_know_works_on_it_and_the_list_says_confidential(world: World, boss: Actor) -> None:
    made = world.submitted(**TIP, confidential=True)
    page = browser(boss).get(f"/staff/requests/{made.pk}/").content.decode()
    assert SECRET in page
    assert "保密" in page
    actions.accept_request(boss, made.pk)
    assert made.pk in {row.pk for row in queries.request_list(boss)}
    assert [row.pk for row in queries.open_from_phone(world.agent, "13900001234")] == []


def test_the_boss_of_another_city_is_not_in_the_know(world: World, org_tree: Any, actor_for_role: Any) -> None:
    made = world.submitted(**TIP, confidential=True)
    other = actor_for_role("supervisor", org_tree.other_city)
    with pytest.raises(NotFound):
        queries.detail(other, made.pk)
    assert masked(made, "caller_phone", other) == "****"


def test_personal_data_of_it_is_hidden_even_from_roles_that_see_customers(world: World, boss: Actor) -> None:
    made = world.submitted(**TIP, confidential=True)
    assert masked(made, "caller_name", world.agent) == masked(made, "caller_phone", world.agent) == "****"
    assert masked(made, "caller_name", boss) == "江小满"


def test_no_file_that_goes_out_has_it(world: World, boss: Actor) -> None:
    secret, plain = world.submitted(**TIP, confidential=True), world.submitted(**TIP)
    day = moment.now()
    job = ExportJob(
        org=world.org,
        since=day.replace(hour=0, minute=0),
        until=day + (day - day.replace(year=day.year - 1)),
        filters={},
    )
    rows = set(selected(job).values_list("pk", flat=True))
    assert secret.pk not in rows
    assert plain.pk in rows


def test_a_confidential_matter_is_not_called_about(world: World, boss: Actor) -> None:
    made = world.submitted(**TIP, confidential=True)
    actions.accept_request(boss, made.pk)
    actions.assign_handling(boss, made.pk)
    actions.reply_request(boss, made.pk, result="已查实")
    actions.review_request(boss, made.pk, passed=True)
    assert fresh(made).state == "archived"
    assert not CallBack.objects.filter(state="pending").exists()


def test_marking_later_hides_it_at_once_and_only_the_initiated_take_it_back(world: World, boss: Actor) -> None:
    made = handled(world)
    h.keep_private(world.agent, made.pk, confidential=True, reason="客户怕被打击报复")
    with pytest.raises(NotFound):
        queries.detail(world.agent, made.pk)
    with pytest.raises(NotFound):
        h.keep_private(world.agent, made.pk, confidential=False, reason="看看")
    h.keep_private(boss, made.pk, confidential=False, reason="客户同意公开")
    assert queries.detail(world.agent, made.pk).request.pk == made.pk
    told = [event.payload for event in timeline("request", made.pk) if event.kind == "request.kept_private"]
    assert [row["confidential"] for row in told] == [True, False]


def test_an_anonymous_caller_leaves_neither_name_nor_phone_and_is_not_called(world: World) -> None:
    made = world.submitted(**TIP, anonymous=True)
    assert (made.caller_name, made.caller_phone, made.customer_id) == ("", "", None)
    row = world.submitted(**TIP, anonymous=True, caller_name="", caller_phone="")
    actions.accept_request(world.agent, row.pk)
    actions.assign_handling(world.reviewer, row.pk)
    actions.reply_request(world.reviewer, row.pk, result="已查实")
    actions.review_request(world.reviewer, row.pk, passed=True)
    assert (fresh(row).state, CallBack.objects.get(request=row).skipped) == ("archived", "anonymous")


def test_anonymity_given_later_wipes_the_name_for_good(world: World, boss: Actor) -> None:
    made = handled(world)
    h.keep_private(world.agent, made.pk, anonymous=True, reason="客户要求匿名")
    assert (fresh(made).caller_name, fresh(made).caller_phone) == ("", "")
    with refused(Conflict, code="name_gone"):
        h.keep_private(boss, made.pk, anonymous=False, reason="要联系")


@pytest.mark.parametrize("mark", ["anonymous", "confidential"])
def test_a_fault_needs_a_caller_who_can_be_reached(world: World, mark: str) -> None:
    with refused(InvalidInput, **{mark: "须能联系客户"}):
        world.submitted(**{mark: True})
    with refused(Conflict, code="wrong_type"):
        h.keep_private(world.agent, world.accepted().pk, **{mark: True}, reason="客户要求")
    assert Request.objects.filter(**{mark: True}).count() == 0


def test_the_public_may_tell_without_a_name_and_in_confidence(world: World) -> None:
    data = {
        "type": "tip_off", "description": SECRET, "org_id": world.org.pk, "address": "柳溪县河边路", "anonymous": "on",
        "confidential": "on", "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    answer = Client().post("/hall/matter/", data)
    assert answer.status_code == 302, answer.content.decode()
    made = Request.objects.get()
    assert (made.confidential, made.anonymous, made.caller_name) == (True, True, "")
    assert Client().get(answer["Location"]).status_code == 200  # their own page still tells them how it goes


def test_who_does_not_ask_for_anonymity_must_be_reachable(world: World) -> None:
    data = {"type": "tip_off", "description": SECRET, "org_id": world.org.pk, "address": "柳溪县河边路"}
    assert Client().post("/hall/matter/", data).status_code == 422
    assert not Request.objects.exists()
