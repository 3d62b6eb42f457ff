"""The screens of those who look after the outside channels."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.core.actors import Actor
from denghuo.core.events.models import Event
from tests.apps.contacts.outside_kit import NUMBER, OPENID, PHONE, Phone, run_jobs
from tests.apps.contacts.wechat_stub import AES_KEY, SECRET, Stub

WECHAT = {
    "name": "服务号", "code": "city", "active": "on", "app_id": "wx1", "app_secret": SECRET, "token": "t", "mode": "safe",
    "aes_key": AES_KEY, "api_base": "https://api.weixin.qq.com", "public_url": "", "welcome": "",
}  # fmt: skip


@pytest.fixture
def keeper(browser_for: Any, org_tree: Any) -> Any:
    return browser_for("system_admin", org_tree.province)


def test_an_account_is_made_and_its_secrets_are_never_shown(keeper: Any, org_tree: Any) -> None:
    got = keeper.post("/staff/outside/accounts/new/wechat/", {**WECHAT, "org": org_tree.city.pk})
    assert got.status_code == 302
    made = ChannelAccount.objects.get()
    assert (made.org, made.secret("app_secret"), made.setting("mode")) == (org_tree.city, SECRET, "safe")
    event = Event.objects.get(kind="channel.account_changed")
    assert event.payload == {"channel": "wechat", "active": True, "what": "made"}
    page = keeper.get(f"/staff/outside/accounts/{made.pk}/").content.decode()
    assert SECRET not in page and AES_KEY not in page and "已设置" in page
    assert "/hooks/wechat/city/" in page


def test_a_secret_left_empty_keeps_the_one_that_is_held(keeper: Any, org_tree: Any, official: ChannelAccount) -> None:
    sent = {**WECHAT, "org": org_tree.province.pk, "app_secret": "", "token": "", "aes_key": "", "name": "新名字"}
    assert keeper.post(f"/staff/outside/accounts/{official.pk}/", sent).status_code == 302
    official.refresh_from_db()
    assert (official.name, official.secret("app_secret")) == ("新名字", SECRET)


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"aes_key": ""}, "aes_key", "必须填写"), ({"aes_key": "short"}, "aes_key", "43 位"),
        ({"api_base": "ftp://x"}, "api_base", "完整网址"), ({"code": "有 空格"}, "code", "小写字母"),
        ({"app_id": ""}, "app_id", "必填"), ({"name": ""}, "name", "必填"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    keeper: Any, org_tree: Any, changes: dict[str, str], field: str, told: str
) -> None:
    got = keeper.post("/staff/outside/accounts/new/wechat/", {**WECHAT, "org": org_tree.city.pk, **changes})
    assert got.status_code == 422
    assert any(told in text for text in got.context["form"].errors[field])
    if field != "name":
        assert "服务号" in got.content.decode()
    assert not ChannelAccount.objects.exists()


def test_a_code_is_used_once(keeper: Any, org_tree: Any, official: ChannelAccount) -> None:
    got = keeper.post("/staff/outside/accounts/new/wechat/", {**WECHAT, "org": org_tree.city.pk, "code": "service"})
    assert got.status_code == 422 and "已被使用" in got.content.decode()


def test_the_overview_shows_traffic_and_health(keeper: Any, phone: Phone, stub: Stub) -> None:
    phone.says("家里停电了")
    page = keeper.get("/staff/outside/").content.decode()
    assert "未检测" in page and "/hooks/wechat/service/" in page
    keeper.post(f"/staff/outside/accounts/{ChannelAccount.objects.get().pk}/probe/")
    assert "连接正常" in keeper.get("/staff/outside/").content.decode()


def test_a_trial_message_goes_out(keeper: Any, official: ChannelAccount, stub: Stub) -> None:
    stub.acted(OPENID)
    got = keeper.post(f"/staff/outside/accounts/{official.pk}/trial/", {"address": OPENID, "text": "测试"})
    assert got.status_code == 302
    run_jobs()
    assert stub.sent[0]["text"]["content"] == "测试"
    wrong = keeper.post(f"/staff/outside/accounts/{official.pk}/trial/", {"address": "", "text": "留住我"})
    assert wrong.status_code == 422 and "留住我" in wrong.content.decode()


def test_the_menu_is_published_from_the_page(keeper: Any, official: ChannelAccount, stub: Stub) -> None:
    keeper.post(f"/staff/outside/accounts/{official.pk}/menu/")
    assert stub.menu is not None
    stub.errors["/cgi-bin/menu/create"] = [48001]
    got = keeper.post(f"/staff/outside/accounts/{official.pk}/menu/", follow=True)
    assert "48001" in got.content.decode()


def test_what_was_given_up_is_found_and_sent_again(keeper: Any, official: ChannelAccount, stub: Stub) -> None:
    row = queue_outbound(Actor.system(), via=official, address=OPENID, body={"kind": "text", "text": "一"})
    run_jobs()
    page = keeper.get("/staff/outside/outbound/?state=dead").content.decode()
    assert "45015" in page and OPENID not in page and OPENID[-4:] in page
    assert "45015" not in keeper.get("/staff/outside/outbound/?state=sent").content.decode()
    stub.acted(OPENID)
    keeper.post(f"/staff/outside/outbound/{row.pk}/retry/")
    run_jobs()
    assert OutboundMessage.objects.get().state == "sent"


def test_bindings_are_shown_masked_and_can_be_undone(keeper: Any, phone: Phone, account: Any) -> None:
    for text in ("绑定", NUMBER, PHONE):
        phone.says(text)
    page = keeper.get("/staff/outside/identities/?bound=1").content.decode()
    assert "李**" in page and NUMBER not in page and OPENID not in page and "李望舒" not in page
    keeper.post(f"/staff/outside/identities/{ChannelIdentity.objects.get().pk}/unbind/")
    assert ChannelIdentity.objects.get().account is None


@pytest.mark.parametrize("path", ["", "accounts/new/wechat/", "outbound/", "identities/"])
def test_agents_have_no_business_there(browser_for: Any, org_tree: Any, path: str) -> None:
    assert browser_for("agent", org_tree.province).get(f"/staff/outside/{path}").status_code == 403


def test_another_units_account_does_not_exist(browser_for: Any, org_tree: Any, official: ChannelAccount) -> None:
    stranger = browser_for("system_admin", org_tree.city)
    assert stranger.get(f"/staff/outside/accounts/{official.pk}/").status_code == 404
    assert official.name not in stranger.get("/staff/outside/").content.decode()
    assert stranger.post(f"/staff/outside/accounts/{official.pk}/probe/").status_code == 404
