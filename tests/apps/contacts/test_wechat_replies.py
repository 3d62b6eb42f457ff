"""What goes out to WeChat: an agent's words, once, within the platform's rules, and what the agent is told otherwise."""

from __future__ import annotations

import datetime as dt
import io
import threading
import uuid
from typing import Any

import pytest
from django.db import connection, connections
from PIL import Image

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.actions.outbox import claim_outbound, end_attempt, queue_outbound, retry_outbound
from denghuo.apps.contacts.jobs import sweep_outbound
from denghuo.apps.contacts.models import ChannelAccount, Contact, Message, OutboundMessage
from denghuo.apps.contacts.outside import sending
from denghuo.apps.contacts.outside.probes import probe_of
from denghuo.apps.contacts.ports.port import Retry
from denghuo.apps.contacts.ports.wechat.client import WeChatClient
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events.testing import drain, recorded
from tests.apps.contacts.outside_kit import OPENID, Phone, deliver, run_jobs, set_policy
from tests.apps.contacts.wechat_stub import Stub

SEND = "/cgi-bin/message/custom/send"


def png() -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def agent(actor_for_role: Any, org_tree: Any) -> Actor:
    return actor_for_role("agent", org_tree.province)


@pytest.fixture
def served(phone: Phone, agent: Actor) -> Contact:
    """A conversation that the agent has taken."""
    phone.says("家里停电了")
    taken = actions.take_contact(agent)
    assert taken is not None
    return taken


def say(agent: Actor, contact: Contact, text: str, **more: Any) -> Message:
    return actions.post_message(agent, contact.pk, client_id=uuid.uuid4(), text=text, sender="agent", **more)


def texts(stub: Stub) -> list[str]:
    return [sent["text"]["content"] for sent in stub.sent if sent["msgtype"] == "text"]


def test_an_agents_words_reach_the_customer_once_and_in_order(served: Contact, agent: Actor, stub: Stub) -> None:
    for text in ("您好", "请问户号是多少？", "我马上为您查"):
        say(agent, served, text)
    with recorded("outbound.ended") as events:
        deliver()
    assert texts(stub) == ["您好", "请问户号是多少？", "我马上为您查"]
    assert {sent["touser"] for sent in stub.sent} == {OPENID}
    assert [event.payload["state"] for event in events] == ["sent"] * 3
    deliver()
    assert len(stub.sent) == 3


def test_whispers_and_the_customers_own_words_stay_inside(
    served: Contact, agent: Actor, phone: Phone, stub: Stub
) -> None:
    say(agent, served, "他家欠费吗", audience="staff")
    phone.says("喂？")
    deliver()
    assert texts(stub) == []


def test_a_picture_is_uploaded_and_sent(served: Contact, agent: Actor, stub: Stub) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from denghuo.core.files.actions import store

    kept = store(agent, SimpleUploadedFile("图.png", png()), client_id=uuid.uuid4(), subject=served, org=served.org)
    say(agent, served, "", content=actions.Content(kind="image", file=kept))
    deliver()
    assert stub.sent[0]["msgtype"] == "image"
    assert stub.media[stub.sent[0]["image"]["media_id"]][1].startswith((b"\x89PNG", b"\xff\xd8"))


def test_a_picture_the_customer_sent_is_fetched_checked_and_shown(phone: Phone, stub: Stub) -> None:
    stub.media["media-1"] = ("image/png", png())
    phone.sends("image", MediaId="media-1", PicUrl="http://example.cn/x")
    sent = Message.objects.get(kind="image")
    assert sent.file is None
    with recorded("contact.message_changed") as events:
        run_jobs()
    sent.refresh_from_db()
    assert sent.file is not None and sent.file.kind == "image" and sent.data["media"] == "stored"
    assert events.one.payload["message_id"] == sent.pk


def test_a_file_that_is_gone_or_harmful_is_told_to_the_staff(phone: Phone, stub: Stub) -> None:
    stub.media["bad"] = ("image/png", b"MZ not a picture at all")
    phone.sends("image", MediaId="gone")
    phone.sends("image", MediaId="bad")
    run_jobs()
    notices = Message.objects.filter(audience="staff", kind="notice")
    assert notices.count() == 2
    assert set(Message.objects.filter(kind="image").values_list("data__media", flat=True)) == {"lost"}


def test_a_long_text_goes_out_in_pieces(served: Contact, agent: Actor, stub: Stub) -> None:
    text = "\n".join(f"第 {n} 条：" + "办理须知" * 6 for n in range(50))
    say(agent, served, text)
    deliver()
    assert len(texts(stub)) > 1
    assert "\n".join(texts(stub)) == text


# --- faults --------------------------------------------------------------------------------------------------------------


def test_a_token_that_lost_its_force_is_renewed_and_the_message_goes_out(
    served: Contact, agent: Actor, stub: Stub
) -> None:
    say(agent, served, "一")
    deliver()
    stub.renew()
    say(agent, served, "二")
    deliver()
    assert texts(stub) == ["一", "二"]
    assert OutboundMessage.objects.filter(message__text="二").get().attempts == 1
    assert stub.force_count == 0  # the ordinary way gave another token


def test_a_token_that_is_refused_although_it_is_the_latest_is_renewed_by_force(
    official: ChannelAccount, stub: Stub
) -> None:
    client = WeChatClient(official)
    stub.errors["/cgi-bin/get_api_domain_ip"] = [40001]
    client.ask("/cgi-bin/get_api_domain_ip")
    assert stub.force_count == 1


def test_when_the_platform_is_busy_it_is_tried_again_later(served: Contact, agent: Actor, stub: Stub) -> None:
    stub.errors[SEND] = [-1, 503]
    say(agent, served, "一")
    say(agent, served, "二")
    deliver()
    first = OutboundMessage.objects.order_by("pk")[0]
    assert (first.state, first.attempts, texts(stub)) == ("failed", 1, [])
    assert 5 < (first.next_at - moment.now()).total_seconds() < 11
    for _attempt in range(2):
        OutboundMessage.objects.filter(state__in=["failed", "queued"]).update(
            next_at=moment.now() - dt.timedelta(minutes=1)
        )
        sweep_outbound()
        run_jobs()
    assert texts(stub) == ["一", "二"]  # the second waited for the first


def test_after_the_last_attempt_the_agent_is_told(served: Contact, agent: Actor, stub: Stub) -> None:
    set_policy("outbound.attempts", 2)
    stub.errors[SEND] = [503, 503]
    say(agent, served, "一")
    deliver()
    OutboundMessage.objects.update(next_at=moment.now())
    with recorded("outbound.ended") as events:
        run_jobs(early=True)
    assert events.one.payload["state"] == "dead"
    notice = Message.objects.get(contact=served, audience="staff")
    assert notice.sender == "system" and "已尝试 2 次" in notice.text


@pytest.mark.parametrize("code", [45015, 45047, 43004, 48001])
def test_what_the_platform_will_never_take_is_given_up_at_once(
    served: Contact, agent: Actor, stub: Stub, code: int
) -> None:
    stub.errors[SEND] = [code]
    say(agent, served, "一")
    deliver()
    row = OutboundMessage.objects.get()
    assert (row.state, row.attempts) == ("dead", 1)
    assert str(code) in Message.objects.get(contact=served, audience="staff").text


def test_more_than_the_permitted_number_of_replies_is_not_even_tried(served: Contact, agent: Actor, stub: Stub) -> None:
    for number in range(6):
        say(agent, served, f"第 {number} 条")
    deliver()
    assert len(texts(stub)) == 5
    assert OutboundMessage.objects.get(state="dead").error.startswith("客户最近没有互动")
    assert sum(path == SEND for path, _body in stub.calls) == 5


def test_after_the_customer_speaks_again_there_are_new_replies(
    served: Contact, agent: Actor, phone: Phone, stub: Stub
) -> None:
    for number in range(5):
        say(agent, served, f"第 {number} 条")
    deliver()
    phone.says("还在吗")
    say(agent, served, "在的")
    deliver()
    assert texts(stub)[-1] == "在的"


def test_to_those_who_left_nothing_is_sent(served: Contact, agent: Actor, phone: Phone, stub: Stub) -> None:
    phone.does("unsubscribe")
    assert Message.objects.filter(contact=served, audience="staff", data__code="unsubscribed").exists()
    say(agent, served, "您好")
    deliver()
    assert texts(stub) == []
    assert "取消关注" in OutboundMessage.objects.get().error


def test_a_waiting_conversation_of_somebody_who_left_is_given_up(phone: Phone) -> None:
    phone.says("家里停电了")
    phone.does("unsubscribe")
    assert Contact.objects.get().state == "abandoned"


# --- once, whatever dies -------------------------------------------------------------------------------------------------


def test_one_attempt_is_made_by_one_worker(served: Contact, agent: Actor, official: ChannelAccount) -> None:
    row = queue_outbound(Actor.system(), via=official, identity=served.identity, body={"kind": "text", "text": "一"})
    lease = dt.timedelta(seconds=60)
    first = claim_outbound(Actor.system(), row.pk, lease=lease)
    assert first is not None
    assert claim_outbound(Actor.system(), row.pk, lease=lease) is None
    # Its worker dies; when the lease is over another attempt begins, and the dead one's late word changes nothing.
    OutboundMessage.objects.filter(pk=row.pk).update(next_at=moment.now() - lease)
    assert sending.overdue(10) == [row.pk]
    second = claim_outbound(Actor.system(), row.pk, lease=lease)
    assert second is not None and second.attempts == 2
    assert end_attempt(Actor.system(), row.pk, 1, state="dead", error="x") is None
    assert end_attempt(Actor.system(), row.pk, 2, state="sent") is not None
    row.refresh_from_db()
    assert row.state == "sent"


def test_a_lost_job_is_made_up_for(served: Contact, agent: Actor, stub: Stub) -> None:
    say(agent, served, "一")
    drain(["contacts.outside"])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    OutboundMessage.objects.update(next_at=moment.now() - dt.timedelta(seconds=30))
    sweep_outbound()
    run_jobs()
    assert texts(stub) == ["一"]


@pytest.mark.django_db(transaction=True)
def test_many_workers_that_need_a_token_ask_for_one(official: ChannelAccount, stub: Stub) -> None:
    got: list[str] = []

    def work() -> None:
        try:
            got.append(WeChatClient(ChannelAccount.objects.get(pk=official.pk)).token())
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(got)) == 1 and len(got) == 6
    assert sum(path == "/cgi-bin/stable_token" for path, _body in stub.calls) == 1


def test_a_dead_message_can_be_taken_up_again_by_those_who_may(
    served: Contact, agent: Actor, stub: Stub, actor_for_role: Any, org_tree: Any
) -> None:
    stub.errors[SEND] = [45047]
    say(agent, served, "一")
    deliver()
    row = OutboundMessage.objects.get()
    with pytest.raises(NotAllowed):
        retry_outbound(agent, row.pk)
    keeper = actor_for_role("system_admin", org_tree.province)
    retry_outbound(keeper, row.pk)
    run_jobs()
    assert texts(stub) == ["一"]
    with pytest.raises(Conflict):
        retry_outbound(keeper, row.pk)


# --- the rest of the platform --------------------------------------------------------------------------------------------


def test_a_template_notice_is_sent_once_and_its_report_is_kept(
    served: Contact, official: ChannelAccount, stub: Stub, phone: Phone
) -> None:
    body = {
        "kind": "template",
        "template_id": "T1",
        "data": {"thing1": "计划停电"},
        "url": "https://95598.example.cn/o/1",
    }
    row = queue_outbound(Actor.system(), via=official, identity=served.identity, body=body)
    run_jobs()
    row.refresh_from_db()
    assert (row.state, row.provider_ref) == ("sent", "200000")
    phone.does("TEMPLATESENDJOBFINISH", MsgID="200000", Status="success")
    row.refresh_from_db()
    assert row.delivery == "delivered"


def test_the_end_of_a_conversation_is_told_and_a_digit_rates_it(
    served: Contact, agent: Actor, stub: Stub, phone: Phone
) -> None:
    actions.end_contact(agent, served.pk)
    actions.close_contact(agent, served.pk, outcome="answered")
    deliver()
    assert [text for text in texts(stub) if "评分" in text] == texts(stub) and len(texts(stub)) == 1
    assert phone.says("5") == "感谢您的评价"
    assert served.rating.score == 5
    assert Contact.objects.count() == 1


def test_the_probe_says_whether_the_platform_takes_our_credentials(official: ChannelAccount, stub: Stub) -> None:
    assert probe_of("wechat")() == "service"
    official.refresh_from_db()
    assert official.healthy is True
    official.secrets = official.secrets.replace("0123456789abcdef0123", "wrong")
    official.access_token = ""
    official.save()
    with pytest.raises(RuntimeError, match="40125"):
        probe_of("wechat")()
    stub.close()
    with pytest.raises(RuntimeError):
        probe_of("wechat")()


def test_network_faults_are_to_be_tried_again(official: ChannelAccount) -> None:
    official.settings["api_base"] = "http://127.0.0.1:9"
    with pytest.raises(Retry):
        WeChatClient(official).ask("/cgi-bin/get_api_domain_ip")


def test_nothing_personal_is_in_events_and_nothing_secret_in_the_open(
    served: Contact, agent: Actor, official: ChannelAccount
) -> None:
    from denghuo.core.events.models import Event

    say(agent, served, "您好")
    deliver()
    for event in Event.objects.all():
        assert OPENID not in str(event.payload)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM contacts_channelaccount a")
        held = cursor.fetchone()[0]
    assert official.secret("app_secret") not in held and official.secret("token") not in held
    official.refresh_from_db()
    assert official.access_token and official.access_token not in held


def test_a_secret_may_come_from_the_environment(official: ChannelAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    official.secrets = json.dumps({"app_secret": "env:WX_SECRET_FOR_TEST"})
    monkeypatch.setenv("WX_SECRET_FOR_TEST", "from outside")
    assert official.secret("app_secret") == "from outside"


def test_what_is_said_on_the_phone_is_not_sent_to_anybody(agent: Actor, org_tree: Any) -> None:
    chat = actions.open_contact(agent, channel="voice", org=org_tree.county, caller_phone="13900001234")
    actions.take_contact(agent)
    say(agent, chat, "您好")
    deliver()
    assert not OutboundMessage.objects.exists()


def test_a_voice_message_of_a_phone_is_kept(phone: Phone, stub: Stub) -> None:
    stub.media["voice-1"] = ("image/amr", b"#!AMR\n" + b"\x3c" * 64)  # the name the stub gives it claims a picture
    phone.sends("voice", MediaId="voice-1", Format="amr")
    run_jobs()
    kept = Message.objects.get(kind="voice").file
    assert kept is not None and (kept.kind, kept.content_type) == ("audio", "audio/amr")
