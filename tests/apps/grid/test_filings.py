"""Matters filed ahead: handed in, reviewed, seen by agents in their place and time, withdrawn, suspended."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.choices import MatterType
from denghuo.apps.grid.models import ServiceFiling
from denghuo.apps.requests.choices import RequestType
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
SCRIPT = "施工短时停电，约一小时内恢复"


@pytest.fixture
def dispatcher(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("dispatcher", org_tree.city)


@pytest.fixture
def reviewer(actor_for_role: Callable[..., Actor], org_tree: Any) -> Actor:
    return actor_for_role("supervisor", org_tree.province)


def filed(actor: Actor, org: Any, **values: Any) -> ServiceFiling:
    now = moment.now()
    given = {
        "org_id": org.pk, "title": "电缆沟施工", "reason": "works", "starts_at": now - HOUR, "ends_at": now + DAY,
        "script": SCRIPT,
    }  # fmt: skip
    return actions.file_matter(actor, **given | values)


def test_agents_see_it_only_after_another_person_approved_it(dispatcher: Actor, reviewer: Actor, org_tree: Any) -> None:
    filing = filed(dispatcher, org_tree.county)
    assert queries.filings_for(org=org_tree.county) == []
    with refused(NotAllowed):
        actions.review_filing(dispatcher, filing.pk, passed=True)
    actions.review_filing(reviewer, filing.pk, passed=True)
    assert queries.filings_for(org=org_tree.county) == [filing]
    assert queries.filings_for(org=org_tree.team) == [filing]  # it covers what lies below its unit
    assert queries.filings_for(org=org_tree.other_county) == []
    assert queries.filings_for(org=org_tree.county, at=filing.ends_at) == []
    actions.withdraw_filing(dispatcher, filing.pk, note="提前完工")
    assert queries.filings_for(org=org_tree.county) == []
    assert [event.kind for event in timeline("service_filing", filing.pk)] == [
        "filing.submitted", "filing.approved", "filing.withdrawn",
    ]  # fmt: skip


def test_one_for_some_transformers_concerns_nobody_else(
    dispatcher: Actor, reviewer: Actor, grid: Any, org_tree: Any
) -> None:
    first, second, _third = grid.transformers
    near = filed(dispatcher, org_tree.county, transformer_ids=[first.pk])
    wide = filed(dispatcher, org_tree.county, title="全县保电", reason="supply_security")
    for one in (near, wide):
        actions.review_filing(reviewer, one.pk, passed=True)
    assert queries.filings_for(transformer_id=first.pk, org=org_tree.county) == [near, wide]
    assert queries.filings_for(transformer_id=second.pk, org=org_tree.county) == [wide]


def test_a_returned_filing_says_why_and_is_handed_in_again(dispatcher: Actor, reviewer: Actor, org_tree: Any) -> None:
    filing = filed(dispatcher, org_tree.county)
    with refused(InvalidInput):
        actions.review_filing(reviewer, filing.pk, passed=False)
    assert actions.review_filing(reviewer, filing.pk, passed=False, note="口径不全").state == "returned"
    again = filed(dispatcher, org_tree.county, script="补充口径", filing_id=filing.pk)
    assert (again.pk, again.state, again.script) == (filing.pk, "submitted", "补充口径")
    with refused(Conflict):
        filed(dispatcher, org_tree.county, filing_id=filing.pk)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"ends_at": dt.timedelta(hours=-2)}, "ends_at"),
        ({"ends_at": dt.timedelta(days=120)}, "ends_at"),
        ({"script": " "}, "script"),
        ({"reason": "holiday"}, "reason"),
        ({"request_types": ["everything"]}, "request_types"),
        ({"transformer_ids": [10**12]}, "transformer_ids"),
        ({"org_id": 10**12}, "org_id"),
    ],
)
def test_what_is_wrong_is_told_by_field(dispatcher: Actor, org_tree: Any, values: dict[str, Any], field: str) -> None:
    given = {name: moment.now() + v if isinstance(v, dt.timedelta) else v for name, v in values.items()}
    with refused(InvalidInput) as caught:
        filed(dispatcher, org_tree.county, **given)
    assert field in caught.value.fields


def test_a_unit_that_filed_an_untruth_may_not_file_for_a_while(
    dispatcher: Actor, reviewer: Actor, org_tree: Any
) -> None:
    with refused(InvalidInput):
        actions.suspend_filing(reviewer, org_id=org_tree.city.pk, days=93, reason="报备不实")
    with moment.held(moment.now() - 31 * DAY):
        actions.suspend_filing(reviewer, org_id=org_tree.city.pk, days=30, reason="报备不实")
    with moment.held(moment.now() - 2 * DAY), refused(NotAllowed):
        filed(dispatcher, org_tree.county)
    assert filed(dispatcher, org_tree.county).state == "submitted"


def test_the_types_a_filing_names_are_those_of_requests() -> None:
    assert list(MatterType.choices) == list(RequestType.choices)


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_files_a_supervisor_approves_an_agent_reads(
    browser_for: Callable[..., Client], org_tree: Any, grid: Any
) -> None:
    mine, other = browser_for("dispatcher", org_tree.city), browser_for("supervisor", org_tree.province)
    agent = browser_for("agent", org_tree.province)
    now = moment.now()
    data = {
        "title": "分段开关更换", "reason": "works", "org": org_tree.county.pk, "feeder": grid.feeder.pk,
        "transformers": [grid.transformers[0].pk], "starts_at": (now - HOUR).strftime("%Y-%m-%dT%H:%M"),
        "ends_at": (now - 2 * HOUR).strftime("%Y-%m-%dT%H:%M"), "script": SCRIPT, "answers": "on",
        "request_types": ["fault_report"], "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    bad = mine.post("/staff/filings/new/", data)
    assert bad.status_code == 422
    assert SCRIPT in bad.content.decode()  # nothing typed is lost
    data["ends_at"] = (now + DAY).strftime("%Y-%m-%dT%H:%M")
    answer = mine.post("/staff/filings/new/", data | {"idempotency_key": str(uuid.uuid4())})
    filing = ServiceFiling.objects.get()
    assert answer.url == f"/staff/filings/{filing.pk}/"
    assert other.post(f"{answer.url}review/", {"do": "return"}).status_code == 422
    assert other.post(f"{answer.url}review/", {"do": "pass"}).status_code == 302
    assert "生效中" in mine.get(answer.url).content.decode()
    assert "分段开关更换" in mine.get("/staff/filings/?now=1").content.decode()
    here = f"/staff/filings/here/?transformer={grid.transformers[0].pk}"
    assert SCRIPT in agent.get(here).content.decode()
    assert SCRIPT not in agent.get(f"{here}&type=praise").content.decode()
    assert agent.post(f"{answer.url}withdraw/", {"note": "x"}).status_code == 403
    assert mine.post(f"{answer.url}withdraw/", {"note": "完工"}).status_code == 302
    assert SCRIPT not in agent.get(here).content.decode()


def test_a_program_files_and_reviews(client: Client, bearer: dict[str, str], reviewer: Actor, org_tree: Any) -> None:
    now = moment.now()
    body = {
        "org_id": org_tree.county.pk, "title": "保电", "reason": "supply_security", "script": SCRIPT,
        "starts_at": now.isoformat(), "ends_at": (now + DAY).isoformat(),
    }  # fmt: skip
    key = {"Idempotency-Key": str(uuid.uuid4())}
    made = client.post("/api/v1/outage-filings", body, "application/json", headers=bearer | key)
    assert made.status_code == 201, made.content
    again = client.post("/api/v1/outage-filings", body, "application/json", headers=bearer | key)
    assert again.json() == made.json()
    pk = made.json()["id"]
    actions.review_filing(reviewer, pk, passed=True)
    found = client.get("/api/v1/outage-filings?in_force=true", headers=bearer).json()["items"]
    assert [one["id"] for one in found] == [pk]
    gone = client.post(f"/api/v1/outage-filings/{pk}/withdraw", {"note": "结束"}, "application/json", headers=bearer)
    assert gone.json()["state"] == "withdrawn"
    bad = client.post("/api/v1/outage-filings", body | {"surplus": 1}, "application/json", headers=bearer)
    assert bad.status_code == 422
