"""Which functions customers find on which channel, and who may change that."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.channels import actions, catalog
from denghuo.apps.channels.models import ChannelPublication, ServiceFunction
from denghuo.apps.channels.queries import published
from denghuo.core import moment
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.testing import recorded


def codes(channel: str, org: Any = None, audience: str | None = None) -> list[str]:
    return [item.code for item in published(channel, org, audience)]


def test_functions_come_in_the_order_of_tiles(service: Any) -> None:
    assert codes("web_chat") == ["visit", "bill"]
    assert codes("web_form") == ["bill"]
    assert codes("transfer") == []


def test_a_business_does_not_see_what_is_for_residents(service: Any) -> None:
    assert codes("web_chat", audience="enterprise") == ["bill"]


def test_publishing_adds_and_withdrawing_takes_away(service: Any, system: Any) -> None:
    with recorded("function.published") as events:
        row = actions.publish(system, code="bill", channel="sms", org=None, mode="assisted")
    assert codes("sms") == ["bill"] and published("sms")[0].mode == "assisted"
    assert events.one.payload == {"function": "bill", "channels": ["sms"], "mode": "assisted"}
    assert events.one.subject_id == row.pk
    actions.withdraw_publication(system, code="bill", channel="sms", org=None)
    assert codes("sms") == []
    with pytest.raises(Conflict):
        actions.withdraw_publication(system, code="bill", channel="sms", org=None)


def test_a_city_can_differ_from_the_rest_and_go_back(service: Any, system: Any, org_tree: Any) -> None:
    actions.withdraw_publication(system, code="bill", channel="wechat", org=org_tree.city)
    assert codes("wechat", org_tree.county) == []
    assert codes("wechat", org_tree.other_county) == ["bill"] == codes("wechat")
    actions.publish(system, code="bill", channel="wechat", org=org_tree.county, mode="assisted")
    assert published("wechat", org_tree.team)[0].mode == "assisted"
    actions.inherit_publication(system, code="bill", channel="wechat", org=org_tree.county)
    assert codes("wechat", org_tree.team) == []
    actions.inherit_publication(system, code="bill", channel="wechat", org=org_tree.city)
    assert codes("wechat", org_tree.county) == ["bill"]
    with pytest.raises(Conflict):
        actions.inherit_publication(system, code="bill", channel="wechat", org=org_tree.city)


def test_a_period_shows_the_function_only_inside_it(service: Any, system: Any) -> None:
    now = moment.now()
    actions.publish(system, code="bill", channel="sms", org=None, valid_from=now + dt.timedelta(hours=1))
    assert codes("sms") == []
    actions.publish(system, code="bill", channel="sms", org=None, valid_to=now + dt.timedelta(hours=1))
    assert codes("sms") == ["bill"]
    with pytest.raises(InvalidInput) as caught:
        actions.publish(system, code="bill", channel="sms", org=None, valid_from=now, valid_to=now)
    assert set(caught.value.fields) == {"valid_to"}


def test_switched_off_everywhere_it_stays_in_view_with_the_announcement(service: Any, system: Any) -> None:
    with recorded("function.switched_off") as events:
        rows = actions.switch_function_off(
            system, code="bill", org=None, announcement="系统升级，请拨打 95598", announcement_en="Upgrade, call 95598"
        )
    item = published("wechat")[0]
    assert item.paused and item.announcement == "系统升级，请拨打 95598"
    assert set(events.one.payload["channels"]) == {row.channel for row in rows} >= {"wechat", "web_form", "voice"}
    actions.switch_function_on(system, code="bill", org=None, channel="wechat")
    assert not published("wechat")[0].paused and published("web_form")[0].paused
    actions.switch_function_on(system, code="bill", org=None)
    assert not published("web_form")[0].paused
    with pytest.raises(Conflict):
        actions.switch_function_on(system, code="bill", org=None)


def test_a_pause_ends_by_itself(service: Any, system: Any) -> None:
    until = moment.now() + dt.timedelta(minutes=5)
    actions.switch_function_off(system, code="bill", org=None, channel="wechat", announcement="升级", until=until)
    assert published("wechat")[0].paused
    ChannelPublication.objects.filter(channel="wechat").update(paused_until=moment.now() - dt.timedelta(seconds=1))
    assert not published("wechat")[0].paused


def test_an_announcement_is_wanted_and_the_return_must_lie_ahead(service: Any, system: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.switch_function_off(
            system, code="bill", org=None, announcement=" ", until=moment.now() - dt.timedelta(hours=1)
        )
    assert set(caught.value.fields) == {"announcement", "until"}
    with pytest.raises(Conflict):
        actions.switch_function_off(system, code="bill", org=None, channel="email", announcement="升级")


def test_the_order_of_a_channel_can_be_changed(service: Any, system: Any, org_tree: Any) -> None:
    actions.reorder(system, channel="web_chat", org=None, codes=["bill"])
    assert codes("web_chat") == ["bill", "visit"]
    actions.reorder(system, channel="web_chat", org=org_tree.city, codes=["visit", "bill"])
    assert codes("web_chat", org_tree.county) == ["visit", "bill"]
    assert codes("web_chat", org_tree.other_city) == ["bill", "visit"]
    with pytest.raises(InvalidInput):
        actions.reorder(system, channel="web_chat", org=None, codes=["bill", "bill"])


def test_a_function_without_page_cannot_go_into_the_web_hall(service: Any, system: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.publish(system, code="visit", channel="web_form", org=None)
    assert set(caught.value.fields) == {"code"}
    with pytest.raises(InvalidInput):
        actions.publish(system, code="visit", channel="sms", org=None, mode="self_service")
    with pytest.raises(InvalidInput) as caught:
        actions.publish(system, code="bill", channel="transfer", org=None)
    assert set(caught.value.fields) == {"channel"}


def test_unknown_functions_and_channels_are_told_apart_from_forbidden_ones(service: Any, system: Any) -> None:
    with pytest.raises(NotFound):
        actions.publish(system, code="nothing", channel="sms", org=None)
    with pytest.raises(NotFound):
        actions.publish(system, code="bill", channel="fax", org=None)


@pytest.mark.parametrize("role", ["supervisor", "inspector", "knowledge_editor", "agent"])
def test_those_who_only_look_change_nothing(service: Any, actor_for_role: Any, org_tree: Any, role: str) -> None:
    actor = actor_for_role(role, org_tree.province)
    with pytest.raises(NotAllowed):
        actions.publish(actor, code="bill", channel="sms", org=org_tree.province)


def test_a_citys_manager_sets_the_city_and_nothing_above(service: Any, actor_for_role: Any, org_tree: Any) -> None:
    actor = actor_for_role("manager", org_tree.city)
    actions.publish(actor, code="bill", channel="sms", org=org_tree.city)
    assert codes("sms", org_tree.county) == ["bill"] and codes("sms") == []
    for org in (org_tree.province, org_tree.other_city, None):
        with pytest.raises(NotAllowed):
            actions.publish(actor, code="bill", channel="sms", org=org)


def test_who_manages_all_provinces_sets_what_they_share(service: Any, actor_for_role: Any, org_tree: Any) -> None:
    actor = actor_for_role("manager", org_tree.province)
    actions.publish(actor, code="bill", channel="sms", org=None)
    assert codes("sms") == ["bill"]


def test_readers_are_served_from_memory(service: Any, warm: None, django_assert_num_queries: Any) -> None:
    catalog.clear()
    with django_assert_num_queries(2):
        published("wechat")
    with django_assert_num_queries(0):
        published("wechat")
        published("web_chat")


def test_edited_words_reach_customers_in_their_language(service: Any, system: Any, rf: Any) -> None:
    from django.utils import translation

    with recorded("function.edited") as events:
        row = actions.edit_function(
            system, "bill", texts={"zh": {"title": "查电费"}, "en": {"title": "Bills"}}, version=1
        )
    assert row.version == 2 and events.one.payload["changed"] == ["title_zh", "title_en"]
    assert published("wechat")[0].title == "查电费" and published("wechat")[0].summary == "查每月电费"
    with translation.override("en"):
        assert published("wechat")[0].title == "Bills"
    actions.edit_function(system, "bill", texts={"zh": {"title": ""}})
    assert published("wechat")[0].title == "电费查询"


def test_two_editors_do_not_overwrite_each_other(service: Any, system: Any) -> None:
    actions.edit_function(system, "bill", texts={"zh": {"title": "甲"}}, version=1)
    with pytest.raises(Conflict) as caught:
        actions.edit_function(system, "bill", texts={"zh": {"title": "乙"}}, version=1)
    assert caught.value.code == "version_conflict"


def test_every_fault_of_an_edit_is_told_at_its_field(service: Any, system: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.edit_function(
            system, "bill", texts={"zh": {"title": "长" * 21}}, rules={"daily_limit": 0, "hours": {"from": "8"}}
        )
    assert set(caught.value.fields) == {"title_zh", "daily_limit", "hours"}
    assert ServiceFunction.objects.get(code="bill").version == 1


def test_earlier_versions_of_the_words_are_kept(service: Any, system: Any) -> None:
    actions.edit_function(system, "bill", texts={"zh": {"title": "甲"}})
    actions.edit_function(system, "bill", texts={"zh": {"title": "乙"}})
    kept = ServiceFunction.objects.get(code="bill").events.order_by("pgh_id")
    assert [row.texts.get("zh", {}).get("title") for row in kept] == [None, "甲", "乙"]
