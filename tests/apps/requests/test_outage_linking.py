"""Reports made before an outage was known are put to it when it is released; cuts of one account explain its reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.grid import actions as grid
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events.testing import drain

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)
SYSTEM = Actor.system("test")


def released(world: Any, **values: Any) -> Any:
    given = {"kind": "fault", "transformer_ids": [world.transformer.pk], "started_at": moment.now() - 20 * MINUTE}
    outage = grid.open_outage(SYSTEM, **given | values)
    drain(["requests.outage_linking"])
    outage.refresh_from_db()
    return outage


def linked(request: Request) -> int | None:
    return Request.objects.values_list("outage_id", flat=True).get(pk=request.pk)


def test_open_reports_behind_it_are_linked_and_the_first_accepted_leads(world: Any) -> None:
    waiting, first, second = world.submitted(), world.accepted(), world.accepted()
    outage = released(world)
    assert [linked(one) for one in (waiting, first, second)] == [outage.pk] * 3
    assert outage.master_request_id == first.pk
    assert world.kinds(second)[-1] == "request.outage_linked"
    second.refresh_from_db()
    assert second.master_id is None  # merging stays a person's decision
    drain(["requests.outage_linking"])
    assert world.kinds(second).count("request.outage_linked") == 1


def test_what_came_long_before_or_is_another_matter_is_left_alone(world: Any) -> None:
    with moment.held(moment.now() - 70 * MINUTE):
        old = world.submitted()
    other = world.submitted(type="consulting", phenomenon="", scope="", description="咨询峰谷电价")
    over = world.reviewed()
    released(world)
    assert [linked(one) for one in (old, other, over)] == [None] * 3


def test_a_plan_that_has_not_begun_explains_nothing_yet(world: Any) -> None:
    report = world.submitted()
    released(world, kind="planned", started_at=moment.now() + dt.timedelta(days=8))
    assert linked(report) is None


def test_a_report_of_an_account_in_arrears_is_explained_by_its_cut(world: Any) -> None:
    cut = grid.open_outage(
        SYSTEM, kind="arrears", account_ids=[world.account.pk], started_at=moment.now() - 30 * MINUTE
    )
    report = world.accepted()
    assert linked(report) == cut.pk
    cut.refresh_from_db()
    assert cut.master_request_id is None


def test_a_cut_entered_afterwards_finds_the_report_of_its_account_only(world: Any) -> None:
    report = world.submitted()
    cut = released(world, kind="arrears", transformer_ids=(), account_ids=[world.account.pk])
    assert linked(report) == cut.pk
