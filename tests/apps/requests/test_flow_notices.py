"""Who is told of a step, and what the notice box shows."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.urls import reverse

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.accounts.notices import notices_for, tell_staff, unread
from denghuo.apps.catalogue.actions import release, save_draft
from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.catalogue.flows.problems import findings
from denghuo.apps.catalogue.models import Flow
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.apps.requests import actions
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import consumers, log
from tests.apps.requests.world import World

TEXT = "{number}（{unit}，{type}）已{step}，现为{state}"


@pytest.fixture
def telling(org_tree: Any, system: Actor) -> None:
    """A county flow whose acceptance tells everybody it can."""
    document = copy.deepcopy(Flow.objects.get(code="fault_report", org=None).document)
    to = ("supervisor", "unit", "handler", "callback_agent", "customer")
    document["steps"][0]["notify"] = [{"to": one, "text": TEXT} for one in to]
    release(system, "flow", save_draft(system, "flow", code="fault_report", document=document, org=org_tree.county).pk)
    FLOWS.changed()
    consumers.run_once(["requests.notices"], below=log.own_horizon)


def deliver() -> None:
    for _twice in range(2):
        consumers.run_once(["requests.notices"], below=log.own_horizon)


def test_roles_and_the_handler_are_told_once_without_anything_personal(world: World, telling: None) -> None:
    made = world.accepted()
    deliver()
    rows = StaffNotice.objects.order_by("pk")
    assert [(row.role, row.staff_id) for row in rows] == [
        ("supervisor", None), ("dispatcher", None), ("", world.agent.id), ("callback_agent", None),
    ]  # fmt: skip
    assert rows[0].text == f"{made.number}（柳溪县公司，故障报修）已受理，现为已受理"
    assert "江小满" not in rows[0].text


def test_the_customer_is_told_where_the_account_is_bound(world: World, telling: None, org_tree: Any) -> None:
    via = ChannelAccount.objects.create(
        org=org_tree.province, channel=Channel.SMS, code="t-sms", name="短信", active=True
    )
    ChannelIdentity.objects.create(
        org=via.org,
        via=via,
        channel=Channel.SMS,
        external="13900001234",
        account=world.account,
        first_seen_at=moment.now(),
    )
    world.accepted()
    deliver()
    (out,) = OutboundMessage.objects.all()
    assert "现为已受理" in out.body["text"]


def test_a_notice_reaches_holders_of_the_role_over_the_unit_only(
    org_tree: Any, system: Actor, actor_for_role: Any
) -> None:
    here, there = actor_for_role("supervisor", org_tree.city), actor_for_role("supervisor", org_tree.other_city)
    tell_staff(system, org=org_tree.county, text="请督促", subject=("request", 1), role="supervisor")
    assert (unread(here), unread(there)) == (1, 0)
    assert list(notices_for(there)) == []
    with pytest.raises(ValueError, match="role or to a person"):
        tell_staff(system, org=org_tree.county, text="x", subject=("request", 1))


def test_opening_the_box_marks_it_read(org_tree: Any, system: Actor, browser_for: Any) -> None:
    browser = browser_for("supervisor", org_tree.city)
    tell_staff(system, org=org_tree.county, text="请督促到场", subject=("request", 7), role="supervisor")
    assert "1" in browser.get(reverse("accounts:notices-bell")).content.decode()
    shown = browser.get(reverse("accounts:notices")).content.decode()
    assert "请督促到场" in shown
    assert reverse("requests:detail", args=[7]) in shown
    assert "未读" not in browser.get(reverse("accounts:notices-bell")).content.decode()


def test_a_notice_on_a_step_that_tells_nobody_is_refused(db: None) -> None:
    document = copy.deepcopy(Flow.objects.get(code="fault_report", org=None).document)
    urge = next(step for step in document["steps"] if step["verb"] == "urge")
    urge["notify"] = [{"to": "supervisor", "text": "客户催办"}]
    assert {one.code for one in findings(document) if one.severe} == {"ignored"}


def test_a_step_that_breaches_tells_the_supervisor(world: World) -> None:
    from datetime import timedelta

    from denghuo.core.clocks.models import Clock
    from denghuo.core.clocks.sweeper import sweep_all

    made = world.submitted()
    actions.accept_request(world.agent, made.pk, fault_class="metering", area_type="urban")
    world.dispatch(made)
    consumers.run_once(["requests.automatic", "requests.notices"], below=log.own_horizon)
    clock = Clock.objects.get(subject_kind="request", subject_id=made.pk, kind="arrival.standard")
    sweep_all(clock.due_at + timedelta(minutes=1))
    consumers.run_once(["requests.automatic"], below=log.own_horizon)
    deliver()
    (row,) = StaffNotice.objects.all()
    assert row.role == "supervisor"
    assert made.number in row.text
