"""Figures of the overview: from uses, from the events of conversations, from probes."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args, get_origin

import pytest

from denghuo.apps.channels import actions, jobs
from denghuo.apps.channels.board import overview
from denghuo.apps.channels.health import health
from denghuo.apps.channels.models import ChannelProbe, ChannelTally, ContactAtChannel, FunctionUse
from denghuo.apps.channels.probes import ProbeFailed, register_probe
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events import get_kind, record
from denghuo.core.events.testing import drain, recorded, verify_replay
from tests.helpers.query_counts import counted

CUSTOMER = Actor(kind="customer", id=None, name="customer", ip="192.0.2.1")


def tell(kind: str, contact: int, org: Any, **payload: Any) -> None:
    """Record an event of a conversation; fields that channels do not read get an empty value of their type."""
    filled = {name: payload.get(name, _empty(spec)) for name, spec in get_kind(kind).fields.items()}
    record(Actor.system("test"), kind, ("contact", contact), org=org, payload=filled)


def _empty(spec: Any) -> Any:
    return None if type(None) in get_args(spec) else (get_origin(spec) or spec)()


def opened(contact: int, org: Any, channel: str = "web_chat", state: str = "waiting") -> None:
    tell("contact.opened", contact, org, channel=channel, state=state)


def of(channels: Any, code: str) -> Any:
    return next(item for item in channels if item.channel == code)


def test_waiting_and_served_follow_the_events_of_conversations(service: Any, system: Any, org_tree: Any) -> None:
    for contact in (1, 2, 3):
        opened(contact, org_tree.county)
    tell("contact.taken", 2, org_tree.county)
    tell("contact.abandoned", 3, org_tree.county)
    drain(["channels.contacts"])
    now = of(overview(system), "web_chat")
    assert (now.contacts, now.waiting, now.in_service, now.abandoned) == (3, 1, 1, 1)
    assert now.total == 3 and now.oldest_wait is not None
    tell("contact.closed", 2, org_tree.county)
    drain(["channels.contacts"])
    assert of(overview(system), "web_chat").in_service == 0


def test_the_projection_can_be_rebuilt_from_the_log(service: Any, org_tree: Any) -> None:
    opened(1, org_tree.county)
    opened(2, org_tree.city, "voice", "in_service")
    tell("contact.abandoned", 1, org_tree.county)

    def kept() -> list[Any]:
        return [
            list(ChannelTally.objects.order_by("pk").values_list("channel", "measure", "count", "org_id")),
            list(ContactAtChannel.objects.values_list("contact_id", "channel", "waiting")),
        ]

    def clear() -> None:
        ChannelTally.objects.all().delete()
        ContactAtChannel.objects.all().delete()

    found = verify_replay("channels.contacts", kept, clear)
    assert len(found[0]) == 3 and found[1] == [(2, "voice", False)]


def test_shares_are_of_uses_that_ended_and_the_median_of_those_that_led_somewhere(
    service: Any, system: Any, org_tree: Any
) -> None:
    def use(state: str, seconds: float) -> None:
        end = None if state == "started" else moment.now()
        FunctionUse.objects.create(
            function="bill", channel="wechat", org=org_tree.city, mode="self_service", actor_kind="customer",
            state=state, started_at=moment.now() - dt.timedelta(seconds=1), ended_at=end,
            seconds=None if end is None else seconds,
        )  # fmt: skip

    for state, seconds in (("done", 10), ("done", 30), ("handed_over", 50), ("abandoned", 900), ("started", 0)):
        use(state, seconds)
    figures = of(overview(system), "wechat").figures
    assert (figures.uses, figures.ended, figures.running) == (5, 4, 1)
    assert (figures.completion, figures.hand_over, figures.median) == (0.5, 0.25, 30)


def test_a_use_inside_a_conversation_is_not_counted_twice_in_the_volume(
    service: Any, system: Any, org_tree: Any
) -> None:
    opened(1, org_tree.city)
    drain(["channels.contacts"])
    actions.run_function(CUSTOMER, channel="web_chat", code="bill", inputs={"month": "2026-01"}, contact_id=1)
    actions.run_function(CUSTOMER, channel="web_chat", code="bill", inputs={"month": "2026-01"})
    now = of(overview(system), "web_chat")
    assert now.figures.uses == 2 and now.total == 2


def test_a_city_sees_its_own_figures(service: Any, actor_for_role: Any, org_tree: Any) -> None:
    actions.run_function(CUSTOMER, channel="wechat", code="bill", org=org_tree.county, inputs={"month": "2026-01"})
    here = actor_for_role("supervisor", org_tree.city)
    there = actor_for_role("supervisor", org_tree.other_city)
    assert of(overview(here, org_tree.city), "wechat").figures.uses == 1
    assert of(overview(there, org_tree.other_city), "wechat").figures.uses == 0
    assert of(overview(here, org_tree.county_b), "wechat").figures.uses == 0


def test_the_overview_costs_the_same_however_much_there_is(
    service: Any, warm: None, system: Any, org_tree: Any
) -> None:
    opened(1, org_tree.city)
    drain(["channels.contacts"])
    overview(system)
    with counted("channels.overview"):
        overview(system)


def test_a_channel_goes_down_after_several_failures_and_comes_back(service: Any, system: Any, no_probes: Any) -> None:
    broken = True

    def probe() -> str:
        if broken:
            raise ProbeFailed("接口无应答")
        return "HTTP 200"

    register_probe("wechat", "gateway", probe)
    assert health()["wechat"].state == "unknown"
    jobs.probe_channels()
    assert health()["wechat"].state == "unsteady"
    with recorded("channel.unhealthy", "channel.recovered") as events:
        for _turn in range(3):
            jobs.probe_channels()
        broken = False
        jobs.probe_channels()
    assert [event.kind for event in events] == ["channel.unhealthy", "channel.recovered"]
    state = health()["wechat"]
    assert state.state == "ok" and state.share == pytest.approx(1 / 5)
    assert ChannelProbe.objects.filter(detail="接口无应答").count() == 4


def test_a_slow_channel_is_told_from_a_good_one(service: Any) -> None:
    now = moment.now()
    ChannelProbe.objects.create(channel="sms", name="gateway", at=now, ok=True, latency_ms=9000)
    ChannelProbe.objects.create(channel="email", name="gateway", at=now, ok=True, latency_ms=20)
    assert (health()["sms"].state, health()["email"].state) == ("slow", "ok")


def test_our_own_pages_are_really_opened(service: Any) -> None:
    from denghuo.apps.channels.probes import page_probe

    assert "200" in page_probe("/healthz")()
    with pytest.raises(ProbeFailed, match="404"):
        page_probe("/no-such-page/")()


def test_uses_nobody_goes_on_with_are_booked_as_given_up(service: Any, org_tree: Any) -> None:
    old = actions.start_use(CUSTOMER, code="bill", channel="web_form", org=org_tree.city)
    fresh = actions.start_use(CUSTOMER, code="bill", channel="web_form", org=org_tree.city)
    FunctionUse.objects.filter(pk=old.pk).update(started_at=moment.now() - dt.timedelta(hours=2))
    jobs.run_timers()
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, fresh.state) == ("abandoned", "started")


def test_old_results_are_forgotten(service: Any, org_tree: Any) -> None:
    long_ago = moment.now() - dt.timedelta(days=1000)
    ChannelProbe.objects.create(channel="sms", name="gateway", at=long_ago, ok=True, latency_ms=1)
    actions.run_function(CUSTOMER, channel="wechat", code="bill", inputs={"month": "2026-01"})
    FunctionUse.objects.update(started_at=long_ago)
    jobs.forget_old()
    assert not ChannelProbe.objects.exists() and not FunctionUse.objects.exists()
