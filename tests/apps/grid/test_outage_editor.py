"""Entering outage information in the browser: preview while typing, draft, review, delay, indices."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.grid import actions
from denghuo.apps.grid.models import FeederSection, Outage, Transformer
from denghuo.core import moment
from denghuo.core.actors import Actor
from tests.apps.grid.homes import home

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def local(at: dt.datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def dispatcher(browser_for: Callable[..., Client], org_tree: Any) -> Client:
    return browser_for("dispatcher", org_tree.city)


@pytest.fixture
def reviewer(browser_for: Callable[..., Client], org_tree: Any) -> Client:
    return browser_for("supervisor", org_tree.province)


@pytest.fixture
def section(grid: Any) -> FeederSection:
    """A switch with the first two transformers behind it."""
    made = FeederSection.objects.create(feeder=grid.feeder, code="K1", name="01号分段开关", position=1)
    Transformer.objects.filter(pk__in=[one.pk for one in grid.transformers[:2]]).update(section=made)
    return made


def entry(grid: Any, **values: Any) -> dict[str, Any]:
    start = timezone.now() + 8 * DAY
    return {
        "kind": "planned", "feeder": grid.feeder.pk, "started_at": local(start), "expected_at": local(start + 4 * HOUR),
        "cause": "检修", "channels": ["map", "web_hall"], "idempotency_key": str(uuid.uuid4()),
    } | values  # fmt: skip


def preview(client: Client, data: dict[str, Any]) -> str:
    answer = client.post("/staff/outages/preview/", data)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_preview_counts_households_and_judges_the_deadline_while_typing(
    dispatcher: Client, grid: Any, section: FeederSection, org_tree: Any
) -> None:
    home(grid.transformers[0], org_tree.county, tags=("life_support",))
    text = preview(dispatcher, entry(grid, sections=[section.pk]))
    assert "300 户" in text  # 100 + 200 behind the switch
    assert "1 户" in text
    assert "时限内" in text
    assert "须审核" in text
    late = preview(dispatcher, entry(grid, started_at=local(timezone.now() + 2 * DAY)))
    assert "已超时限" in late
    assert "600 户" in late  # nothing ticked: the whole feeder
    assert not Outage.objects.exists()


def test_the_preview_forgives_what_is_not_filled_in_yet(dispatcher: Client, grid: Any) -> None:
    assert "选择范围后" in preview(dispatcher, {})
    assert "选择范围后" in preview(dispatcher, {"kind": "storm", "started_at": "gestern", "feeder": "x"})
    assert "填写故障点确认时间后起算" in preview(dispatcher, {"kind": "fault"})


def test_the_preview_warns_of_an_outage_that_is_there_already(dispatcher: Client, system: Actor, grid: Any) -> None:
    known = actions.open_outage(
        system, kind="planned", feeder=grid.feeder, started_at=timezone.now() + 8 * DAY + HOUR,
        expected_at=timezone.now() + 8 * DAY + 2 * HOUR,
    )  # fmt: skip
    assert known.number in preview(dispatcher, entry(grid))


@pytest.mark.django_db(transaction=True)
def test_a_plan_goes_from_draft_over_review_to_the_public(
    dispatcher: Client, reviewer: Client, grid: Any, section: FeederSection
) -> None:
    made = dispatcher.post("/staff/outages/new/", entry(grid, sections=[section.pk], do="draft"))
    outage = Outage.objects.get()
    page = f"/staff/outages/{outage.pk}/"
    assert (made.url, outage.state, outage.transformers.count()) == (page, "draft", 2)
    form = dispatcher.get(f"{page}edit/").content.decode()
    assert "检修" in form
    dispatcher.post(f"{page}edit/", entry(grid, cause="增容", transformers=[grid.transformers[2].pk], do="draft"))
    assert dispatcher.post(f"{page}submit/").status_code == 302
    assert dispatcher.post(f"{page}release/").status_code == 403
    assert reviewer.post(f"{page}return/", {"reason": ""}).status_code == 422
    assert "待审核" in reviewer.get("/staff/outages/?state=submitted").content.decode()
    assert reviewer.post(f"{page}release/").status_code == 302
    outage.refresh_from_db()
    assert (outage.state, outage.cause, outage.customers_out) == ("announced", "增容", 300)
    assert "增容" in Client().get("/hall/outages/").content.decode()


def test_sending_a_plan_hands_it_in_for_review(dispatcher: Client, grid: Any) -> None:
    assert dispatcher.post("/staff/outages/new/", entry(grid)).status_code == 302
    assert Outage.objects.get().state == "submitted"
    assert "检修" not in Client().get("/hall/outages/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_cut_for_arrears_is_entered_by_account_number(
    dispatcher: Client, reviewer: Client, grid: Any, org_tree: Any
) -> None:
    owing = home(grid.transformers[0], org_tree.county)
    data = entry(grid, kind="arrears", feeder="", accounts=f"{owing.number}，3300000000")
    bad = dispatcher.post("/staff/outages/new/", data)
    assert bad.status_code == 422
    assert "查不到户号 3300000000" in bad.content.decode()
    assert owing.number in bad.content.decode()
    good = data | {"accounts": owing.number, "idempotency_key": str(uuid.uuid4())}
    assert dispatcher.post("/staff/outages/new/", good).status_code == 302
    outage = Outage.objects.get()
    assert reviewer.post(f"/staff/outages/{outage.pk}/release/").status_code == 302
    outage.refresh_from_db()
    assert list(outage.accounts.values_list("account_id", flat=True)) == [owing.pk]
    assert outage.channels == ["desk"]
    assert "欠费" not in Client().get("/hall/outages/").content.decode()
    assert Client().get("/api/v1/outages").json()["items"] == []


@pytest.mark.django_db(transaction=True)
def test_a_late_start_is_confirmed_with_its_cause_on_the_page(dispatcher: Client, system: Actor, grid: Any) -> None:
    start = timezone.now() - HOUR
    with moment.held(start - 8 * DAY):
        outage = actions.open_outage(system, kind="planned", feeder=grid.feeder, started_at=start)
    page = f"/staff/outages/{outage.pk}/"
    data = {"started_at": local(timezone.now()), "delay_cause": ""}
    refused = dispatcher.post(f"{page}start/", data)
    assert refused.status_code == 422
    assert "请选择延迟原因" in refused.content.decode()
    assert dispatcher.post(f"{page}start/", data | {"delay_cause": "blocked"}).status_code == 302
    text = dispatcher.get(page).content.decode()
    assert "施工受阻" in text
    delay = {"stage": "stop", "cause": "weather", "until": local(timezone.now() + 3 * HOUR), "note": "暴雨"}
    assert dispatcher.post(f"{page}delay/", delay).status_code == 302
    assert "暴雨" in dispatcher.get(page).content.decode()


def test_the_indices_page_counts_and_refuses_a_period_that_runs_backwards(
    dispatcher: Client, system: Actor, grid: Any
) -> None:
    with moment.held(timezone.now() - 8 * DAY):
        actions.open_outage(system, kind="planned", feeder=grid.feeder, started_at=timezone.now() + HOUR)
    text = dispatcher.get("/staff/outages/indices/").content.decode()
    assert "100%" in text
    assert "柳溪县公司" in text
    backwards = dispatcher.get("/staff/outages/indices/?from=2026-02-02&to=2026-02-01")
    assert backwards.status_code == 422
    assert "开始日期晚于结束日期" in backwards.content.decode()


def test_the_request_form_is_told_of_a_cut_instead_of_a_fault(
    browser_for: Callable[..., Client], system: Actor, grid: Any, org_tree: Any
) -> None:
    owing = home(grid.transformers[0], org_tree.county)
    actions.open_outage(system, kind="arrears", account_ids=[owing.pk])
    agent = browser_for("agent", org_tree.province)
    text = agent.post("/staff/filings/here/", {"account_number": owing.number}).content.decode()
    assert "欠费停电" in text
    assert "不按故障报修登记" in text
    assert "欠费停电" not in agent.post("/staff/filings/here/", {"account_number": "1"}).content.decode()
