"""Closing channels, opening them, and what customers are told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.template import Context, Template

from denghuo.apps.channels import actions
from denghuo.apps.channels.models import ChannelStatus
from denghuo.apps.channels.queries import announcement_for, channel_open
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.testing import recorded

TOLD = "系统维护，请拨打 95598"


def test_a_channel_is_open_until_somebody_closes_it(service: Any, system: Any) -> None:
    assert channel_open("web_chat") == (True, "")
    with recorded("channel.closed") as events:
        actions.close_channel(system, channel="web_chat", org=None, announcement=TOLD, reason="数据库升级")
    assert channel_open("web_chat") == (False, TOLD)
    assert channel_open("wechat") == (True, "")
    assert events.one.payload == {"channel": "web_chat", "until": None, "waiting": 0, "running": 0}
    actions.open_channel(system, channel="web_chat", org=None)
    assert channel_open("web_chat") == (True, "")


def test_closed_above_is_closed_below_and_only_above_can_open_it(service: Any, system: Any, org_tree: Any) -> None:
    actions.close_channel(system, channel="web_chat", org=org_tree.province, announcement=TOLD)
    assert announcement_for("web_chat", org_tree.team) == TOLD
    assert channel_open("web_chat")[0], "customers whose place is unknown are not in the province"
    with pytest.raises(Conflict, match="上级"):
        actions.open_channel(system, channel="web_chat", org=org_tree.city)
    with pytest.raises(Conflict, match="已经开放"):
        actions.open_channel(system, channel="sms", org=org_tree.city)


def test_a_city_closes_its_own_counter_only(service: Any, actor_for_role: Any, org_tree: Any) -> None:
    actor = actor_for_role("manager", org_tree.city)
    actions.close_channel(actor, channel="counter", org=org_tree.city, announcement=TOLD)
    assert not channel_open("counter", org_tree.county)[0]
    assert channel_open("counter", org_tree.other_county)[0]
    with pytest.raises(NotAllowed):
        actions.close_channel(actor, channel="counter", org=org_tree.other_city, announcement=TOLD)
    with pytest.raises(NotAllowed):
        actions.close_channel(actor, channel="counter", org=None, announcement=TOLD)


def test_the_time_of_return_is_told_and_opens_the_channel(service: Any, system: Any) -> None:
    until = moment.now() + dt.timedelta(hours=2)
    actions.close_channel(system, channel="sms", org=None, announcement=TOLD, until=until)
    assert announcement_for("sms").startswith(TOLD) and "预计" in announcement_for("sms")
    assert actions.reopen_due(system) == 0
    ChannelStatus.objects.filter(channel="sms").update(closed_until=moment.now() - dt.timedelta(seconds=1))
    assert channel_open("sms")[0], "open at the minute, whether or not the timer has run"
    with recorded("channel.opened") as events:
        assert actions.reopen_due(system) == 1
    assert events.one.payload == {"channel": "sms", "by_timer": True}
    assert ChannelStatus.objects.get(channel="sms").state == "open"


def test_closing_again_changes_the_words_and_keeps_when_it_began(service: Any, system: Any) -> None:
    first = actions.close_channel(system, channel="sms", org=None, announcement=TOLD)
    second = actions.close_channel(system, channel="sms", org=None, announcement="仍在维护")
    assert second.pk == first.pk and second.closed_at == first.closed_at
    assert announcement_for("sms") == "仍在维护"


def test_what_is_wrong_with_a_closing_is_told_at_the_field(service: Any, system: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.close_channel(
            system, channel="sms", org=None, announcement="", until=moment.now() - dt.timedelta(minutes=1),
            reason="长" * 201,
        )  # fmt: skip
    assert set(caught.value.fields) == {"announcement", "until", "reason"}
    assert not ChannelStatus.objects.exists()
    with pytest.raises(NotFound):
        actions.close_channel(system, channel="fax", org=None, announcement=TOLD)


def test_pages_of_other_apps_show_the_announcement_and_the_tiles(service: Any, system: Any) -> None:
    page = Template('{% load channels %}{% channel_announcement "web_form" %}{% function_tiles "web_form" %}')
    assert TOLD not in page.render(Context()) and "电费查询" in page.render(Context())
    actions.close_channel(system, channel="web_form", org=None, announcement=TOLD)
    actions.switch_function_off(system, code="bill", org=None, announcement="账务系统升级")
    drawn = page.render(Context())
    assert TOLD in drawn and "账务系统升级" in drawn and "<a " not in drawn.split("dh-hall-tiles")[1]
