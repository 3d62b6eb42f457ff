"""The callback of an official account: who may speak, what is understood, and that nothing happens twice."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import ChannelIdentity, Contact, InboundReceipt, Message, OutboundMessage
from denghuo.apps.contacts.outside import receiving
from denghuo.apps.contacts.ports.wechat import crypto, xml
from denghuo.apps.contacts.ports.wechat.messages import pieces
from denghuo.engine.geo import distance_km
from tests.apps.contacts.outside_kit import OPENID, Phone, run_jobs, set_policy
from tests.apps.contacts.wechat_stub import AES_KEY, APP_ID, TOKEN, Stub, message, seal, sha1, unseal

# --- who may speak -------------------------------------------------------------------------------------------------------


def test_the_platform_is_answered_its_own_word_when_the_address_is_set(official: Any) -> None:
    query = {"signature": sha1(TOKEN, "1700000000", "77"), "timestamp": "1700000000", "nonce": "77", "echostr": "4711"}
    assert Client().get("/hooks/wechat/service/", query).content == b"4711"


@pytest.mark.parametrize("wrong", [{"signature": "0" * 40}, {"nonce": "other"}, {"timestamp": ""}])
def test_a_call_that_the_platform_did_not_sign_is_refused(stub: Stub, official: Any, wrong: dict[str, str]) -> None:
    query, body = stub.signed(message(OPENID, "text", stub.number(), Content="你好"), **wrong)
    assert Client().post(f"/hooks/wechat/service/?{query}", body, content_type="text/xml").status_code == 403
    assert not Contact.objects.exists()


def test_an_account_that_is_switched_off_or_unknown_does_not_exist(stub: Stub, official: Any) -> None:
    query, body = stub.signed(message(OPENID, "text", stub.number(), Content="你好"))
    assert Client().post(f"/hooks/wechat/other/?{query}", body, content_type="text/xml").status_code == 404
    official.active = False
    official.save()
    assert Client().post(f"/hooks/wechat/service/?{query}", body, content_type="text/xml").status_code == 404


@pytest.mark.parametrize("mode", ["plain", "compatible", "safe"])
def test_a_message_is_understood_and_answered_in_the_mode_it_came_in(stub: Stub, official: Any, mode: str) -> None:
    official.settings["mode"] = mode
    official.save()
    assert "客服" in Phone(stub, mode=mode).says("家里停电了")
    assert Message.objects.get(sender="customer").text == "家里停电了"


def test_in_safe_mode_a_plain_message_is_refused(stub: Stub, official: Any) -> None:
    official.settings["mode"] = "safe"
    official.save()
    assert Phone(stub).push(message(OPENID, "text", stub.number(), Content="x")).status_code == 400


def test_in_compatible_mode_the_plain_copy_beside_the_seal_is_not_believed(stub: Stub, official: Any) -> None:
    real = message(OPENID, "text", stub.number(), Content="真的")
    query, body = stub.signed(real, "compatible")
    forged = body.replace("真的".encode(), "假的".encode())
    Client().post(f"/hooks/wechat/service/?{query}", forged, content_type="text/xml")
    assert Message.objects.get(sender="customer").text == "真的"


def test_a_sealed_message_for_another_account_is_refused(stub: Stub, official: Any) -> None:
    inside = seal(message(OPENID, "text", 1, Content="x"), app_id="wxother")
    query, _body = stub.signed(b"", msg_signature=sha1(TOKEN, "1", "2", inside), encrypt_type="aes", timestamp="1", nonce="2", signature=sha1(TOKEN, "1", "2"))  # fmt: skip
    body = f"<xml><Encrypt><![CDATA[{inside}]]></Encrypt></xml>".encode()
    assert Client().post(f"/hooks/wechat/service/?{query}", body, content_type="text/xml").status_code == 400


def test_a_changed_seal_does_not_open() -> None:
    sealed = crypto.seal(b"<xml/>", AES_KEY, APP_ID)
    for changed in (sealed[:-8], "A" * len(sealed), "", "!!"):
        with pytest.raises(crypto.BadSeal):
            crypto.unseal(changed, AES_KEY, APP_ID)
    assert unseal(sealed) == (b"<xml/>", APP_ID)
    assert crypto.unseal(seal("灯火".encode()), AES_KEY, APP_ID).decode() == "灯火"


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><xml><FromUserName>&a;</FromUserName></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
        b"<xml>" + b"<a>" * 30 + b"</a>" * 30 + b"</xml>",
        b"<xml><a></xml>",
        b"no xml",
        b"<xml>" + b"<a/>" * 600 + b"</xml>",
    ],
)
def test_xml_that_could_do_harm_is_not_read(body: bytes) -> None:
    with pytest.raises(xml.BadXml):
        xml.parse(body)


def test_text_that_ends_a_section_stays_text() -> None:
    text = "a]]><b>&amp;\x00灯火"
    assert xml.parse(xml.build({"Content": text}).encode())["Content"] == "a]]><b>&amp;灯火"


# --- what is understood --------------------------------------------------------------------------------------------------


def test_the_first_message_opens_a_conversation_and_the_next_ones_join_it(phone: Phone) -> None:
    assert "客服专员" in phone.says("电费怎么突然高了")
    assert phone.says("上个月才 80 块") == ""
    contact = Contact.objects.get()
    assert (contact.channel, contact.state, contact.handling) == ("wechat", "waiting", "live")
    assert contact.identity is not None and contact.identity.external == OPENID
    said = [(m.sender, m.text) for m in Message.objects.order_by("pk")]
    assert said[0] == ("customer", "电费怎么突然高了")
    assert said[-1] == ("customer", "上个月才 80 块")


def test_an_ended_conversation_is_not_continued(phone: Phone, actor_for_role: Any, org_tree: Any) -> None:
    phone.says("第一件事")
    agent = actor_for_role("agent", org_tree.province)
    first = actions.take_contact(agent)
    assert first is not None
    actions.close_contact(agent, first.pk, outcome="answered")
    phone.says("第二件事")
    assert Contact.objects.count() == 2
    assert Contact.objects.order_by("-pk").first().state == "waiting"  # type: ignore[union-attr]


def test_a_place_is_attached_where_it_is_not_where_the_map_app_shows_it(phone: Phone) -> None:
    phone.says("电线掉下来了")
    phone.sends(
        "location", Location_X="31.17530398364597", Location_Y="121.531541859215", Scale="15", Label="某路 8 号"
    )
    sent = Message.objects.get(kind="location")
    assert sent.text == "某路 8 号"
    assert distance_km(sent.data["lon"], sent.data["lat"], 121.5272106, 31.1774276) * 1000 < 1


def test_a_recognised_voice_message_can_be_read(phone: Phone) -> None:
    phone.sends("voice", MediaId="voice-1", Format="amr", Recognition="我家跳闸了")
    sent = Message.objects.get(sender="customer")
    assert (sent.kind, sent.text, sent.data["media"]) == ("voice", "我家跳闸了", "pending")


@pytest.mark.parametrize(
    ("kind", "members", "stored", "text"),
    [
        ("link", {"Title": "停电公告", "Description": "周三", "Url": "https://example.cn/1"}, "text", "停电公告\n周三\nhttps://example.cn/1"),
        ("shortvideo", {"MediaId": "v1", "ThumbMediaId": "t1"}, "file", ""),
        ("strange", {}, "text", "[strange]"),
    ],
)  # fmt: skip
def test_every_kind_of_message_reaches_the_agent(
    phone: Phone, kind: str, members: dict[str, str], stored: str, text: str
) -> None:
    phone.sends(kind, **members)
    sent = Message.objects.get(sender="customer")
    assert (sent.kind, sent.text) == (stored, text)


def test_a_message_with_control_signs_and_of_any_length_is_kept(phone: Phone) -> None:
    long = "停电" * 1500
    phone.says("\u202e" + long)
    kept = [m.text for m in Message.objects.filter(sender="customer").order_by("pk")]
    assert "".join(kept) == long


@pytest.mark.parametrize("missing", ["FromUserName", "MsgType"])
def test_a_push_without_what_identifies_it_is_refused(stub: Stub, official: Any, missing: str) -> None:
    body = message(OPENID, "text", 1, Content="x").decode()
    start, end = body.index(f"<{missing}>"), body.index(f"</{missing}>") + len(missing) + 3
    assert Phone(stub).push((body[:start] + body[end:]).encode()).status_code == 400


# --- once ----------------------------------------------------------------------------------------------------------------


def test_three_pushes_of_one_message_are_one_message_with_one_answer(phone: Phone) -> None:
    first = phone.says("家里停电了")
    assert first
    assert [phone.answer(phone.last) for _repeat in range(2)] == [first, first]
    assert Contact.objects.count() == 1
    assert Message.objects.filter(sender="customer").count() == 1
    assert InboundReceipt.objects.count() == 1


def test_two_pushes_of_one_event_are_one_event(phone: Phone) -> None:
    welcome = phone.does("subscribe", CreateTime="1763800000")
    assert "菜单" in welcome
    assert phone.answer(phone.last) == welcome
    assert ChannelIdentity.objects.get().subscribed
    assert InboundReceipt.objects.count() == 1


def test_when_dealing_takes_too_long_the_answer_comes_as_a_message_of_its_own(phone: Phone, stub: Stub) -> None:
    set_policy("wechat.passive_seconds", 0)
    assert phone.says("家里停电了") == ""
    assert phone.answer(phone.last) == ""  # a repeat gets the same
    run_jobs()
    assert [sent["text"]["content"] for sent in stub.sent] == [OutboundMessage.objects.get().body["text"]]
    assert "客服专员" in stub.sent[0]["text"]["content"]


def test_what_breaks_in_the_middle_leaves_nothing_and_the_repeat_succeeds(
    phone: Phone, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.client.raise_request_exception = False
    body = message(OPENID, "text", stub.number(), Content="家里停电了")
    with monkeypatch.context() as patch:
        patch.setattr(receiving, "settle", lambda *a, **k: 1 / 0)
        assert phone.push(body).status_code == 500
    assert not InboundReceipt.objects.exists() and not Contact.objects.exists()
    assert phone.push(body).status_code == 200
    assert Message.objects.filter(sender="customer").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_platform_that_loses_patience_gets_one_answer_to_its_repeats(
    stub: Stub, official: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over real HTTP: the first push is still worked on when the platform repeats it; the repeat waits for its end."""
    stub.acted(OPENID)
    begun, go_on, waiting = threading.Event(), threading.Event(), receiving.say

    def slowly(*arguments: Any, **named: Any) -> Any:
        begun.set()
        assert go_on.wait(10)
        return waiting(*arguments, **named)

    monkeypatch.setattr(receiving, "say", slowly)
    body = message(OPENID, "text", stub.number(), Content="家里停电了")
    got: list[list[str]] = []
    url = f"{live_server.url}/hooks/wechat/service/"
    first = threading.Thread(target=lambda: got.append(stub.push(url, body, timeout=0.4, tries=1)))
    first.start()
    assert begun.wait(10)
    first.join()  # the platform has hung up on the first push, which is still being worked on
    second = threading.Thread(target=lambda: got.append(stub.push(url, body, timeout=10, tries=1)))
    second.start()
    go_on.set()
    second.join()
    assert got[0] == [""]
    assert "客服专员" in got[1][0]
    assert Message.objects.filter(sender="customer").count() == 1


def test_the_passive_answer_is_quick(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    """No figure is asserted: it goes into the test log, for people to compare."""
    phone.says("你好")
    times = []
    for number in range(20):
        began = time.perf_counter()
        phone.says(f"第 {number} 句")
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    logging.getLogger("tests.wechat").warning("passive answer: median %.1f ms, worst %.1f ms", times[10], times[-1])
    assert len(times) == 20


def test_a_long_answer_is_cut_at_lines_within_the_platforms_bytes() -> None:
    text = "\n".join(f"第 {n} 行：" + "电" * 30 for n in range(80))
    parts = pieces(text)
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert "\n".join(parts) == text
    assert pieces("短") == ["短"]
