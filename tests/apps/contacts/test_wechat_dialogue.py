"""Self-service on WeChat: the menu, functions that ask for what they need, binding an account, and the way to a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.channels import registry
from denghuo.apps.channels.actions import close_channel, sync_functions
from denghuo.apps.channels.models import FunctionUse
from denghuo.apps.channels.registry import Answer, Call, Card, Field, register_function
from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, Contact, Message
from denghuo.apps.contacts.outside.menus import publish_menu
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.events.testing import recorded
from tests.apps.contacts.outside_kit import NUMBER, PHONE, Phone, deliver, set_policy
from tests.apps.contacts.wechat_stub import Stub

CALLS: list[Call] = []


def _report(call: Call) -> Answer:
    CALLS.append(call)
    return Answer("已登记报修", (Card("报修", (("现象", call.inputs["what"]),)),), url="/p/abc/", reference="R1")


def _bill(call: Call) -> Answer:
    CALLS.append(call)
    return Answer(f"{call.inputs['month']:%Y-%m} 电费 86.40 元")


@pytest.fixture
def functions(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three functions of this test alone."""
    CALLS.clear()
    monkeypatch.setattr(registry, "FUNCTIONS", registry.FUNCTIONS)
    kept = dict(registry.FUNCTIONS)
    registry.FUNCTIONS.clear()
    choices = (("dark", "全部没电"), ("part", "部分没电"))
    register_function(
        "t_report", name="故障报修", summary="登记停电", group="report", handler=_report,
        fields=(Field("what", "现象", "choice", choices=choices), Field("where", "地点", "place"), Field("phone", "联系电话", "phone")),
        order=1,
    )  # fmt: skip
    register_function(
        "t_bill", name="电费查询", summary="查电费", group="query", handler=_bill, needs_account=True,
        fields=(Field("month", "月份", "month"),), order=2,
    )  # fmt: skip
    register_function(
        "t_new", name="新装办理", summary="办电", group="apply", handler=_bill, order=3,
        publish_to={"wechat": "assisted"}, modes=("assisted",),
    )  # fmt: skip
    sync_functions(Actor.system())
    yield
    registry.FUNCTIONS.clear()
    registry.FUNCTIONS.update(kept)
    from denghuo.apps.channels import catalog

    catalog.clear()


def test_the_list_is_offered_and_a_number_chooses(phone: Phone, functions: None) -> None:
    told = phone.says("菜单")
    assert "1. 故障报修" in told and "2. 电费查询" in told
    assert "1. 全部没电" in phone.says("1")
    assert not Contact.objects.exists()


def test_a_function_asks_for_one_thing_after_another_and_then_runs(phone: Phone, functions: None) -> None:
    assert "现象" in phone.does("CLICK", "fn:t_report")
    assert "可选值" in phone.says("不知道")  # the fault is told and the question asked again
    assert "地点" in phone.says("2")
    assert "联系电话" in phone.sends(
        "location", Location_X="31.17530398364597", Location_Y="121.531541859215", Label="某路 8 号"
    )
    told = phone.says(PHONE)
    assert "已登记报修" in told and "编号：R1" in told and "https://95598.example.cn/p/abc/" in told
    call = CALLS[0]
    assert (call.channel, call.inputs["what"], call.inputs["phone"]) == ("wechat", "part", PHONE)
    assert call.inputs["where"]["lat"] == pytest.approx(31.1774276, abs=1e-5)
    assert FunctionUse.objects.get().state == "done"
    assert not Contact.objects.exists()


def test_a_dialogue_can_be_left_and_runs_out(phone: Phone, functions: None, official: ChannelAccount) -> None:
    phone.does("CLICK", "fn:t_report")
    assert "已取消" in phone.says("取消")
    phone.does("CLICK", "fn:t_report")
    later = timezone.now() - dt.timedelta(seconds=1)
    set_policy("outside.dialogue_minutes", 0)
    with moment.held(later):
        pass
    assert "客服专员" in phone.says("2")  # no dialogue any more: it is said to people
    assert Contact.objects.count() == 1


def test_what_people_type_into_a_dialogue_is_sealed(phone: Phone, functions: None) -> None:
    phone.says("绑定")
    phone.says(NUMBER)
    assert NUMBER not in str(ChannelIdentity.objects.get().data)


def test_an_account_is_bound_by_its_number_and_the_holders_phone(phone: Phone, account: Any) -> None:
    assert "用电户号" in phone.says("绑定")
    assert "格式" in phone.says("123")
    assert "手机号" in phone.says(NUMBER)
    with recorded("identity.changed") as events:
        told = phone.says(PHONE)
    assert "绑定成功" in told and NUMBER not in told
    identity = ChannelIdentity.objects.get()
    assert (identity.account, identity.customer, identity.org) == (account, account.customer, account.org)
    assert events.one.payload == {"channel": "wechat", "what": "bound", "bound": True, "subscribed": True}
    phone.says("停电了")
    contact = Contact.objects.get()
    assert (contact.customer, contact.account, contact.org) == (account.customer, account, account.org)


def test_a_wrong_phone_binds_nothing_and_tries_are_limited(phone: Phone, account: Any) -> None:
    set_policy("hall.find.per_account_hour", 2)
    for _try in range(2):
        phone.says("绑定")
        phone.says(NUMBER)
        assert "不匹配" in phone.says("13900009999")
    phone.says("绑定")
    phone.says(NUMBER)
    assert "频繁" in phone.says(PHONE)
    assert ChannelIdentity.objects.get().account is None


def test_binding_in_the_middle_of_a_conversation_tells_the_agent_who_it_is(phone: Phone, account: Any) -> None:
    phone.says("家里停电了")
    phone.does("CLICK", "sys:bind")
    phone.says(NUMBER)
    phone.says(PHONE)
    contact = Contact.objects.get()
    assert contact.customer == account.customer


def test_a_binding_is_undone_by_the_customer_and_by_staff_who_may(
    phone: Phone, account: Any, actor_for_role: Any, org_tree: Any
) -> None:
    for text in ("绑定", NUMBER, PHONE):
        phone.says(text)
    assert phone.says("解绑") == "已解除绑定"
    identity = ChannelIdentity.objects.get()
    assert identity.account is None and identity.org == org_tree.province
    for text in ("绑定", NUMBER, PHONE):
        phone.says(text)
    from denghuo.apps.contacts.actions.outside import unbind_identity

    with pytest.raises(NotAllowed):
        unbind_identity(actor_for_role("agent", org_tree.province), identity.pk)
    unbind_identity(actor_for_role("system_admin", org_tree.province), identity.pk)
    identity.refresh_from_db()
    assert identity.account is None


def test_a_function_that_needs_an_account_binds_first_and_then_goes_on(
    phone: Phone, functions: None, account: Any
) -> None:
    assert "核对户号" in phone.says("电费查询")
    phone.says(NUMBER)
    told = phone.says(PHONE)
    assert "绑定成功" in told and "月份" in told
    assert phone.says("2026年3月") == "2026-03 电费 86.40 元"
    assert CALLS[0].account_id == account.pk


def test_what_people_handle_is_handed_to_people(phone: Phone, functions: None) -> None:
    told = phone.does("CLICK", "fn:t_new")
    assert "客服专员" in told
    assert Contact.objects.get().state == "waiting"


@pytest.mark.parametrize("way", ["text", "menu"])
def test_a_person_can_be_asked_for(phone: Phone, way: str) -> None:
    told = phone.says("人工") if way == "text" else phone.does("CLICK", "sys:agent")
    assert "客服专员" in told
    assert Contact.objects.get().state == "waiting"


def test_the_agent_sees_what_the_product_answered_and_it_is_not_sent_twice(
    phone: Phone, functions: None, actor_for_role: Any, org_tree: Any, stub: Stub
) -> None:
    phone.says("家里停电了")
    actions.take_contact(actor_for_role("agent", org_tree.province))
    told = phone.does("CLICK", "fn:t_report")
    assert Message.objects.filter(sender="system", text=told).exists()
    deliver()
    assert stub.sent == []


def test_a_closed_channel_says_why_and_takes_no_conversation(phone: Phone, official: ChannelAccount) -> None:
    close_channel(Actor.system(), channel="wechat", org=None, announcement="系统升级，请拨打 95598")
    assert "系统升级" in phone.says("家里停电了")
    assert not Contact.objects.exists()


def test_following_by_a_scanned_code_starts_its_function(phone: Phone, functions: None) -> None:
    assert "现象" in phone.does("subscribe", "qrscene_fn:t_report")


def test_the_menu_is_made_from_what_is_published(official: ChannelAccount, functions: None, stub: Stub) -> None:
    publish_menu(Actor.system(), official.pk)
    assert stub.menu is not None
    keys = [entry["key"] for column in stub.menu["button"] for entry in column["sub_button"]]
    assert keys == ["fn:t_bill", "fn:t_report", "fn:t_new", "sys:bind", "sys:agent"]
