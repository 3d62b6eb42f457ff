"""The pages of channel management."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from denghuo.apps.channels import actions
from denghuo.apps.channels.models import ChannelPublication, ChannelStatus, ServiceFunction
from denghuo.apps.channels.queries import published
from tests.helpers.query_counts import counted

HTMX = {"HX-Request": "true"}
ALL = ("/staff/channels/", "/staff/channels/functions/", "/staff/channels/functions/bill/", "/staff/channels/wechat/")


@pytest.fixture
def manager(service: Any, browser_for: Any, org_tree: Any) -> Client:
    client: Client = browser_for("manager", org_tree.province)
    return client


@pytest.mark.parametrize(
    ("path", "name"), list(zip(ALL, ("overview", "functions", "function", "channel"), strict=True))
)
def test_a_page_shows_with_few_statements(manager: Client, warm: None, path: str, name: str) -> None:
    manager.get(path)
    with counted(f"pages.channels.{name}"):
        page = manager.get(path)
    assert page.status_code == 200


@pytest.mark.parametrize("path", ALL)
def test_those_who_look_see_no_controls_and_others_see_nothing(
    service: Any, browser_for: Any, org_tree: Any, path: str
) -> None:
    page = browser_for("supervisor", org_tree.city).get(path)
    assert page.status_code == 200 and "关闭并公告" not in page.content.decode()
    assert browser_for("agent", org_tree.city).get(path).status_code == 403
    assert "/sign-in/" in Client().get(path).headers["Location"]


def test_the_moving_part_comes_alone(manager: Client) -> None:
    part = manager.get("/staff/channels/", headers=HTMX).content.decode()
    assert "<html" not in part and "在线客服" in part and "<svg" in part


def test_the_matrix_publishes_withdraws_and_pauses(manager: Client) -> None:
    url = "/staff/channels/functions/bill/on/sms/"
    assert "发布到此渠道" in manager.get(url, headers=HTMX).content.decode()
    done = manager.post(url, {"step": "publish", "mode": "assisted"}, headers=HTMX)
    assert done.status_code == 204 and done.headers["HX-Redirect"] == "/staff/channels/functions/"
    assert published("sms")[0].mode == "assisted"
    refused = manager.post(url, {"step": "off", "announcement": ""}, headers=HTMX)
    assert refused.status_code == 422 and "请填写给客户看的公告" in refused.content.decode()
    manager.post(url, {"step": "off", "announcement": "短信平台升级"}, headers=HTMX)
    assert published("sms")[0].paused and not published("wechat")[0].paused
    manager.post(url, {"step": "on"}, headers=HTMX)
    assert not published("sms")[0].paused
    manager.post(url, {"step": "withdraw"})
    assert published("sms") == []
    again = manager.post(url, {"step": "withdraw"}, headers=HTMX)
    assert again.status_code == 422 and "无需撤下" in again.content.decode()


def test_a_pause_can_cover_all_channels(manager: Client) -> None:
    manager.post(
        "/staff/channels/functions/bill/on/wechat/", {"step": "off", "announcement": "升级", "everywhere": "1"}
    )
    assert published("wechat")[0].paused and published("web_form")[0].paused


def test_a_citys_manager_works_on_the_city_and_can_go_back(service: Any, browser_for: Any, org_tree: Any) -> None:
    client = browser_for("manager", org_tree.city)
    url = "/staff/channels/functions/bill/on/wechat/"
    client.post(url, {"step": "withdraw"})
    assert published("wechat", org_tree.county) == [] and len(published("wechat")) == 1
    assert "本单位单独设置" in client.get("/staff/channels/functions/").content.decode()
    client.post(url, {"step": "inherit"})
    assert len(published("wechat", org_tree.county)) == 1
    assert client.get(f"/staff/channels/?unit={org_tree.other_city.pk}").status_code == 404


def test_closing_tells_what_happens_asks_for_words_and_loses_none(manager: Client) -> None:
    page = manager.get("/staff/channels/web_chat/").content.decode()
    assert "关闭后会发生什么" in page and "2 项功能暂停受理" in page
    refused = manager.post(
        "/staff/channels/web_chat/close/", {"announcement": "维护中", "until": "2001-01-01T08:00", "reason": "升级甲"}
    )
    text = refused.content.decode()
    assert refused.status_code == 422 and "须晚于现在" in text and "维护中" in text and "升级甲" in text
    manager.post("/staff/channels/web_chat/close/", {"announcement": "维护中，请拨打 95598"})
    assert ChannelStatus.objects.get(channel="web_chat").state == "closed"
    assert "维护中，请拨打 95598" in manager.get("/staff/channels/").content.decode()
    page = manager.get("/staff/channels/web_chat/").content.decode()
    assert "恢复开放" in page and "渠道关闭" in page
    manager.post("/staff/channels/web_chat/open/")
    assert ChannelStatus.objects.get(channel="web_chat").state == "open"


def test_the_order_is_changed_by_one_step(manager: Client) -> None:
    manager.post("/staff/channels/web_chat/order/", {"function": "bill", "step": "up"})
    assert [item.code for item in published("web_chat")] == ["bill", "visit"]


def words(**changes: str) -> dict[str, str]:
    return {"version": "1", "hours_from": "", "hours_to": "", "daily_limit": ""} | changes


def test_words_and_rules_are_edited_and_their_versions_shown(manager: Client) -> None:
    url = "/staff/channels/functions/bill/"
    done = manager.post(url, words(title_zh="查电费", daily_limit="5", hours_from="08:00", hours_to="20:00"))
    assert done.status_code == 302
    row = ServiceFunction.objects.get(code="bill")
    assert row.rules == {"hours": {"from": "08:00", "to": "20:00"}, "daily_limit": 5}
    page = manager.get(url).content.decode()
    assert "第 2 版" in page and "<ins>查电费</ins>" in page and "08:00–20:00" in page
    late = manager.post(url, words(title_zh="查账单"))
    assert late.status_code == 422 and "刷新后再改" in late.content.decode() and "查账单" in late.content.decode()
    wrong = manager.post(url, words(version="2", hours_from="08:00"))
    assert wrong.status_code == 422 and "起止时刻" in wrong.content.decode()


def test_the_preview_follows_what_is_typed_and_saves_nothing(manager: Client) -> None:
    url = "/staff/channels/functions/bill/preview/"
    part = manager.post(url, words(title_zh="查<b>电费", guidance_zh="报户号"), headers=HTMX).content.decode()
    assert "【查&lt;b&gt;电费】" in part and "报户号" in part and "月份" in part
    part = manager.post(url, words(title_en="Bills", preview_language="en"), headers=HTMX).content.decode()
    assert "【Bills】" in part
    assert ServiceFunction.objects.get(code="bill").version == 1


def test_only_who_manages_all_provinces_edits_words(service: Any, browser_for: Any, org_tree: Any) -> None:
    client = browser_for("manager", org_tree.city)
    url = "/staff/channels/functions/bill/"
    assert 'name="title_zh"' not in client.get(url).content.decode()
    assert client.post(url, words(title_zh="甲")).status_code in (403, 422)
    assert ServiceFunction.objects.get(code="bill").version == 1


def test_unknown_functions_channels_and_steps_are_not_found(manager: Client) -> None:
    for path in (
        "/staff/channels/fax/",
        "/staff/channels/functions/nothing/",
        "/staff/channels/functions/bill/on/fax/",
    ):
        assert manager.get(path).status_code == 404
    assert manager.post("/staff/channels/functions/bill/on/sms/", {"step": "burn"}).status_code == 404
    assert manager.post("/staff/channels/functions/bill/on/sms/", {"step": "inherit"}).status_code == 404


def test_sending_the_same_form_twice_publishes_once(manager: Client) -> None:
    given = {"step": "publish", "mode": "assisted", "idempotency_key": "1f0e4c76-63a5-4b11-9d5d-3d1f5a3c2b10"}
    for _turn in range(2):
        manager.post("/staff/channels/functions/bill/on/sms/", given)
    assert ChannelPublication.objects.filter(channel="sms", function__code="bill").count() == 1


def test_an_empty_registry_says_what_to_expect(manager: Client) -> None:
    from denghuo.apps.channels.registry import FUNCTIONS

    FUNCTIONS.clear()
    assert "还没有登记服务功能" in manager.get("/staff/channels/functions/").content.decode()
    assert "没有发布功能" in manager.get("/staff/channels/wechat/").content.decode()


def test_a_paused_channel_function_shows_its_announcement_in_the_cell(manager: Client, system: Any) -> None:
    actions.switch_function_off(system, code="bill", org=None, channel="wechat", announcement="账务升级")
    assert "账务升级" in manager.get("/staff/channels/functions/bill/on/wechat/").content.decode()
