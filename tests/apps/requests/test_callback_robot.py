"""A robot on the other side of the API: leases, heartbeats, results, and the rules it is held to."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.models import Staff
from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks.robot import CallRobot, Report
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets
from tests.apps.requests.test_loop import _call_all_day, fresh, set_policy  # noqa: F401
from tests.apps.requests.world import NOTE, World

HAPPY = {"resolved": "yes", "satisfaction": "satisfied"}


class Refused(Exception):
    """What the API refused, as its problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}")
        self.status, self.code, self.errors = status, problem.get("code"), problem.get("errors", {})


class Stub:
    """A speech platform reduced to its calls."""

    def __init__(self, staff: Staff) -> None:
        self.client = Client()
        self.client.force_login(staff)
        self.scripts: dict[int, int] = {}
        self.key = uuid.uuid4

    def _send(self, method: str, path: str, body: Mapping[str, Any], key: str) -> Any:
        answer = getattr(self.client, method)(
            f"/api/v1{path}", data=json.dumps(body), content_type="application/json", headers={"Idempotency-Key": key}
        )
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer.json()

    def lease(self, count: int, key: str = "") -> Sequence[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = self._send(
            "post", "/callbacks/lease", {"count": count}, key or str(self.key())
        )["items"]
        self.scripts |= {item["id"]: item["script"]["id"] for item in items}
        return items

    def heartbeat(self, call_back_id: int, lease: uuid.UUID) -> dt.datetime:
        body = self._send("post", f"/callbacks/{call_back_id}/heartbeat", {"lease": str(lease)}, str(self.key()))
        return dt.datetime.fromisoformat(body["expires_at"])

    def report(self, call_back_id: int, lease: uuid.UUID, report: Report, key: str = "") -> None:
        body = {
            "lease": str(lease), "script_id": self.scripts[call_back_id], "outcome": report.outcome,
            "answers": dict(report.answers), "note": report.note,
            "ask_at": report.ask_at.isoformat() if report.ask_at else None,
        }  # fmt: skip
        self._send("put", f"/callbacks/{call_back_id}/result", body, key or str(self.key()))


@pytest.fixture
def machine(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("callback_robot", org_tree.city)
    return actor


@pytest.fixture
def stub(machine: Actor) -> Stub:
    buckets.clear()
    return Stub(Staff.objects.get(pk=machine.id))


def lease_of(item: Mapping[str, Any]) -> uuid.UUID:
    return uuid.UUID(item["lease"])


def test_a_robot_leases_calls_with_their_script_and_number(world: World, stub: Stub) -> None:
    robot: CallRobot = stub
    made = world.reviewed()
    (item,) = stub.lease(5)
    assert (item["number"], item["phone"], item["attempt"]) == (made.number, "13900001234", 1)
    assert item["script"]["questions"][0]["code"] == "resolved"
    assert item["script"]["questions"][1]["when"] == {"resolved": ["no"]}
    assert robot.lease(5) == []
    plan = CallBack.objects.get()
    assert plan.holder_kind == "robot"
    (event,) = [e for e in timeline("request", made.pk) if e.kind == "callback.taken"]
    assert event.payload["by"] == "robot"


def test_what_a_robot_reports_has_the_consequences_of_a_call_by_a_person(world: World, stub: Stub) -> None:
    happy, angry = world.reviewed(), world.reviewed()
    for item in stub.lease(5):
        good = item["number"] == happy.number
        answers = HAPPY if good else {"resolved": "no", "remains": "again", "satisfaction": "dissatisfied"}
        stub.report(item["id"], lease_of(item), Report("answered", answers, "" if good else NOTE))
    assert (fresh(happy).state, fresh(happy).satisfaction) == ("archived", "satisfied")
    assert (fresh(angry).state, fresh(angry).round) == ("rework", 2)
    assert json.loads(CallBack.objects.get(request=angry).answers)["remains"] == "again"


def test_saying_the_same_twice_counts_once(world: World, stub: Stub) -> None:
    world.reviewed()
    key = str(uuid.uuid4())
    first = stub.lease(1, key)
    assert stub.lease(1, key) == first
    (item,) = first
    done = str(uuid.uuid4())
    for _time in range(2):
        stub.report(item["id"], lease_of(item), Report("no_answer", {}), done)
    assert CallBack.objects.get().attempts == 1


def test_a_robot_that_falls_silent_loses_its_call_and_cannot_report_it_any_more(
    world: World, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.reviewed()
    (item,) = stub.lease(1)
    real, now = moment.now, moment.now()
    monkeypatch.setattr(moment, "now", lambda: now + dt.timedelta(minutes=4))
    until = stub.heartbeat(item["id"], lease_of(item))
    assert abs(until - moment.now() - dt.timedelta(minutes=5)) < dt.timedelta(seconds=1)
    monkeypatch.setattr(moment, "now", lambda: now + dt.timedelta(minutes=8))
    assert actions.take_callback(world.caller) is None
    monkeypatch.setattr(moment, "now", lambda: now + dt.timedelta(minutes=10))
    assert actions.take_callback(world.caller) is not None
    with pytest.raises(Refused) as caught:
        stub.report(item["id"], lease_of(item), Report("answered", HAPPY))
    assert (caught.value.status, CallBack.objects.get().attempts) == (409, 0)
    monkeypatch.setattr(moment, "now", real)


def test_a_lease_that_is_not_ones_own_is_refused(world: World, stub: Stub) -> None:
    world.reviewed()
    (item,) = stub.lease(1)
    for act in (
        lambda: stub.heartbeat(item["id"], uuid.uuid4()),
        lambda: stub.report(item["id"], uuid.uuid4(), Report("answered", HAPPY)),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert (caught.value.status, caught.value.code) == (409, "lease_lost")


def test_complaints_second_rounds_sensitive_customers_and_other_languages_are_left_to_people(
    world: World, stub: Stub
) -> None:
    sensitive, second, foreign = world.reviewed(), world.reviewed(), world.reviewed()
    Request.objects.filter(pk=sensitive.pk).update(sensitive=True)
    CallBack.objects.filter(request=second).update(round=2)
    CallBack.objects.filter(request=foreign).update(language="粤语")
    assert stub.lease(5) == []
    set_policy("callback.robot_types", ["complaint"])
    world.reviewed()
    assert stub.lease(5) == []


def test_no_calls_outside_calling_hours(world: World, stub: Stub) -> None:
    from django.utils import timezone

    world.reviewed()
    now = timezone.localtime(moment.now())
    start = (now + dt.timedelta(hours=2)).strftime("%H:%M")
    end = (now + dt.timedelta(hours=2, minutes=30)).strftime("%H:%M")
    if start > end:
        start, end = "00:10", "00:20"
    set_policy("callback.hours", {"from": start, "to": end})
    assert stub.lease(5) == []


def test_answers_that_the_script_does_not_know_are_refused_by_question(world: World, stub: Stub) -> None:
    world.reviewed()
    (item,) = stub.lease(1)
    with pytest.raises(Refused) as caught:
        stub.report(item["id"], lease_of(item), Report("answered", {"resolved": "perhaps"}))
    assert caught.value.status == 422
    assert {"q_resolved", "q_satisfaction"} <= set(caught.value.errors)


def test_an_agent_does_not_lease_and_a_robot_does_not_use_the_desk(world: World, stub: Stub, machine: Actor) -> None:
    world.reviewed()
    agent = Stub(Staff.objects.get(pk=world.caller.id))
    with pytest.raises(Refused) as caught:
        agent.lease(1)
    assert caught.value.status == 403
    assert stub.client.get("/staff/callbacks/").status_code == 403
    with pytest.raises(Refused) as caught:
        stub.lease(500)
    assert (caught.value.status, list(caught.value.errors)) == (422, ["count"])
