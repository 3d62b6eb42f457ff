"""E-mail: read once from a real mailbox, threaded, answered through a real server; machines are not argued with."""

from __future__ import annotations

import email.message
import io
import uuid
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import ChannelAccount, Contact, InboundReceipt, Message, OutboundMessage
from denghuo.apps.contacts.outside.mail import fetch
from denghuo.apps.contacts.outside.probes import probe_of
from denghuo.apps.contacts.ports.email import threads
from denghuo.apps.contacts.ports.port import Retry
from denghuo.core import moment
from denghuo.core.actors import Actor
from tests.apps.contacts.mail_servers import PASSWORD, USER, Imap, Smtp
from tests.apps.contacts.outside_kit import deliver, make_account, run_jobs, set_policy

OURS = "service@dianli.example"
CUSTOMER = "li.wangshu@mail.example"


@pytest.fixture
def mailbox(org_tree: Any, imap: Imap, smtp: Smtp) -> ChannelAccount:
    settings = {
        "address": OURS, "display_name": "灯火电力客服", "imap_host": "127.0.0.1", "imap_port": imap.port,
        "imap_security": "none", "imap_user": USER, "smtp_host": "127.0.0.1", "smtp_port": smtp.port,
        "smtp_security": "none", "plus_addressing": True,
    }  # fmt: skip
    return make_account(org_tree.province, "email", "mail", settings, {"imap_password": PASSWORD})


def letter(text: str = "几点来电？", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.pop("From", f"李望舒 <{CUSTOMER}>")
    message["To"] = OURS
    message["Subject"] = headers.pop("Subject", "停电咨询")
    message["Message-ID"] = headers.pop("Message_ID", f"<{uuid.uuid4().hex}@mail.example>")
    message["Date"] = "Sun, 22 Nov 2026 08:00:00 +0800"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def take(box: ChannelAccount, imap: Imap, *messages: email.message.Message) -> None:
    imap.put(*(message.as_bytes() for message in messages))
    fetch(box.pk)
    box.refresh_from_db()


def said() -> list[str]:
    return list(Message.objects.filter(sender="customer").order_by("pk").values_list("text", flat=True))


# --- reading -------------------------------------------------------------------------------------------------------------


def test_a_letter_opens_a_conversation_and_its_sender_is_told_once(
    mailbox: ChannelAccount, imap: Imap, smtp: Smtp
) -> None:
    take(mailbox, imap, letter())
    contact = Contact.objects.get()
    assert (contact.channel, contact.handling, contact.subject) == ("email", "message", "停电咨询")
    assert (contact.visitor_name, said()) == ("李望舒", ["几点来电？"])
    run_jobs()
    ((to, receipt),) = smtp.got
    assert to == [CUSTOMER] and receipt["Auto-Submitted"] == "auto-replied"
    assert threads.subject_tag(contact.pk) in receipt["Subject"]
    assert b"Seen" in imap.flags()[0]


def test_letters_are_read_once_however_often_the_mailbox_is_looked_into(mailbox: ChannelAccount, imap: Imap) -> None:
    take(mailbox, imap, letter("一"), letter("二"))
    take(mailbox, imap, letter("三"))
    assert fetch(mailbox.pk) == 0
    assert said() == ["一", "二", "三"]


def test_after_the_mailbox_was_renumbered_nothing_is_read_twice_and_nothing_is_lost(
    mailbox: ChannelAccount, imap: Imap
) -> None:
    take(mailbox, imap, letter("一"), letter("二"))
    before = mailbox.progress["uidvalidity"]
    imap.renumber()
    take(mailbox, imap, letter("三"))
    assert mailbox.progress["uidvalidity"] != before
    assert sorted(said()) == sorted(["一", "二", "三"])


def test_two_letters_of_a_mailer_that_repeats_its_id_are_two_letters(mailbox: ChannelAccount, imap: Imap) -> None:
    take(mailbox, imap, letter("一", Message_ID="<same@mail.example>"), letter("二", Message_ID="<same@mail.example>"))
    assert said() == ["一", "二"]


def test_a_letter_that_cannot_be_read_does_not_hold_up_the_next(
    mailbox: ChannelAccount, imap: Imap, monkeypatch: pytest.MonkeyPatch
) -> None:
    imap.put(b"Subject: nobody\r\n\r\nno sender\r\n")
    take(mailbox, imap, letter("二"))
    assert said() == ["二"]
    assert mailbox.progress["passed_over"] == 1


@pytest.mark.parametrize("charset", ["gbk", "gb2312", "gb18030", "utf-8", ""])
def test_chinese_is_read_in_whatever_it_was_written(mailbox: ChannelAccount, imap: Imap, charset: str) -> None:
    text = "镕基路停电，请问何时来电？" if charset != "gb18030" else "㐱镕基路停电"
    written = text.encode(charset if charset not in {"gb2312", ""} else "gbk")  # mailers say gb2312 and write GBK
    kind = f"Content-Type: text/plain; charset={charset}\r\n" if charset else ""
    raw = (
        f"From: <{CUSTOMER}>\r\nTo: {OURS}\r\nMessage-ID: <{uuid.uuid4().hex}@x>\r\n{kind}"
        "Subject: =?gb2312?B?zaO159fJ0a8=?=\r\nContent-Transfer-Encoding: 8bit\r\nMIME-Version: 1.0\r\n\r\n"
    ).encode() + written
    imap.put(raw)
    fetch(mailbox.pk)
    assert said() == [text]
    assert Contact.objects.get().subject == "停电咨询"


def test_a_letter_of_html_alone_is_read_as_words(mailbox: ChannelAccount, imap: Imap) -> None:
    message = letter()
    message.set_content(
        "<html><head><style>p{}</style><script>alert(1)</script></head><body><p>几点<b>来电</b>&amp;送电？</p>"
        "<p>谢谢</p><img src=x onerror=alert(1)></body></html>",
        subtype="html",
    )
    take(mailbox, imap, message)
    assert said() == ["几点来电&送电？\n\n谢谢"]


def test_attachments_pass_the_checks_of_every_upload(mailbox: ChannelAccount, imap: Imap) -> None:
    held = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(held, "PNG")
    message = letter("见附件")
    message.add_attachment(held.getvalue(), maintype="image", subtype="png", filename="电表.png")
    message.add_attachment(b"MZ\x90\x00", maintype="application", subtype="octet-stream", filename="工具.exe")
    take(mailbox, imap, message)
    kept = Message.objects.get(kind="image")
    assert kept.file is not None and kept.file.name == "电表.png"
    assert "工具.exe" in Message.objects.get(audience="staff").text


def test_a_letter_that_is_too_large_is_taken_in_by_its_header(mailbox: ChannelAccount, imap: Imap) -> None:
    set_policy("email.max_bytes", 2000)
    take(mailbox, imap, letter("很长" * 2000), letter("短"))
    assert Contact.objects.get().subject == "停电咨询"
    assert said()[-1] == "短" and len(said()) == 2


# --- threads -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(
    mailbox: ChannelAccount, imap: Imap, smtp: Smtp, actor_for_role: Any, org_tree: Any
) -> tuple[Actor, Contact]:
    take(mailbox, imap, letter(Message_ID="<first@mail.example>"))
    run_jobs()
    smtp.got.clear()
    agent = actor_for_role("agent", org_tree.province)
    contact = actions.take_contact(agent, Contact.objects.get().pk)
    assert contact is not None
    return agent, contact


def say(served: tuple[Actor, Contact], text: str) -> OutboundMessage:
    actions.post_message(served[0], served[1].pk, client_id=uuid.uuid4(), text=text, sender="agent")
    deliver()
    return OutboundMessage.objects.filter(message__text=text).get()


def test_an_agents_answer_stands_in_the_customers_thread(served: Any, smtp: Smtp) -> None:
    row = say(served, "预计今晚八点前来电。")
    ((to, sent),) = smtp.got
    assert to == [CUSTOMER]
    assert sent["In-Reply-To"] == "<first@mail.example>" and "<first@mail.example>" in sent["References"]
    assert sent["Subject"].startswith("Re: 停电咨询")
    assert sent["Auto-Submitted"] is None
    assert sent.get_content().strip() == "预计今晚八点前来电。"
    assert sent["Message-ID"] == row.provider_ref
    assert f"+c{served[1].pk}-" in sent["Reply-To"]


@pytest.mark.parametrize("mark", ["message-id", "subject", "address"])
def test_an_answer_comes_back_to_its_conversation_by_any_of_our_marks(
    served: Any, mailbox: ChannelAccount, imap: Imap, smtp: Smtp, mark: str
) -> None:
    say(served, "预计今晚八点前来电。")
    sent = smtp.got[0][1]
    reply = letter("谢谢\n\n在 2026年11月22日 灯火电力客服 写道：\n> 预计今晚八点前来电。", Subject="别的主题")
    if mark == "message-id":
        reply["In-Reply-To"] = sent["Message-ID"]
    elif mark == "subject":
        reply.replace_header("Subject", f"回复：{sent['Subject']}")
        reply["In-Reply-To"] = "<changed@mail.example>"
    else:
        reply.replace_header("To", sent["Reply-To"])
        reply["In-Reply-To"] = "<changed@mail.example>"
    take(mailbox, imap, reply)
    assert Contact.objects.count() == 1
    assert said()[-1] == "谢谢"


def test_a_stranger_cannot_write_into_a_conversation(served: Any, mailbox: ChannelAccount, imap: Imap) -> None:
    pk = served[1].pk
    forged = letter("我是别人", From="other@mail.example", Subject=f"Re: x [#{pk}-000000000000]")
    genuine = letter("我也是别人", From="third@mail.example", Subject=f"Re: x {threads.subject_tag(pk)}")
    take(mailbox, imap, forged, genuine)
    assert set(Message.objects.filter(contact_id=pk, sender="customer").values_list("text", flat=True)) == {
        "几点来电？"
    }
    assert Contact.objects.count() == 3


def test_a_forged_mark_names_nothing() -> None:
    assert threads.contact_of(["<dh.1.2.000000000000@x>"], "[#2-000000000000]", ["a+c2-000000000000@x"]) is None
    assert threads.contact_of([threads.message_id(1, 2, "x")], "", []) == 2


# --- machines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}, {"List_Id": "<x.example>"},
        {"Subject": "自动回复: 我在休假"},
    ],
)  # fmt: skip
def test_a_machine_is_neither_answered_nor_served(
    mailbox: ChannelAccount, imap: Imap, smtp: Smtp, headers: dict[str, str]
) -> None:
    take(mailbox, imap, letter("我在休假", **headers))
    run_jobs()
    assert not Contact.objects.exists() and smtp.got == []
    assert InboundReceipt.objects.count() == 1


def test_an_absence_notice_is_shown_to_the_agent_alone(
    served: Any, mailbox: ChannelAccount, imap: Imap, smtp: Smtp
) -> None:
    take(mailbox, imap, letter("我在休假，下周一回来", Auto_Submitted="auto-replied"))
    notice = Message.objects.get(contact=served[1], audience="staff")
    assert "下周一" in notice.text
    deliver()
    assert smtp.got == []


def test_our_own_mail_is_not_taken_for_a_customers(mailbox: ChannelAccount, imap: Imap) -> None:
    take(mailbox, imap, letter("x", From=f"灯火 <{OURS}>"), letter("y", From="<service+c1-abc@dianli.example>"))
    assert not Contact.objects.exists()


def test_two_machines_that_do_not_say_so_fall_silent(mailbox: ChannelAccount, imap: Imap, smtp: Smtp) -> None:
    for _number in range(6):
        take(mailbox, imap, letter("收到您的来信"))
        run_jobs()
        from denghuo.apps.contacts.actions.opening import abandon_contact

        abandon_contact(Actor.system(), Contact.objects.get(state="waiting").pk)
    assert len(smtp.got) == 3


def bounce(of: str, action: str = "failed") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nReturn-Path: <>\r\nTo: service@dianli.example\r\nSubject: Undelivered\r\n"
        f"Message-ID: <{uuid.uuid4().hex}@mx.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nsorry\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {CUSTOMER}\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {of}\r\nSubject: x\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.parametrize(("action", "told"), [("failed", True), ("delayed", False)])
def test_a_returned_letter_is_told_to_the_agent(
    served: Any, mailbox: ChannelAccount, imap: Imap, action: str, told: bool
) -> None:
    row = say(served, "预计今晚八点前来电。")
    imap.put(bounce(row.provider_ref, action))
    fetch(mailbox.pk)
    row.refresh_from_db()
    assert (row.delivery == "undelivered") is told
    assert Message.objects.filter(contact=served[1], audience="staff", text__contains="退回").exists() is told
    assert Contact.objects.count() == 1


def test_a_report_on_somebody_elses_mail_is_ignored(mailbox: ChannelAccount, imap: Imap) -> None:
    imap.put(bounce("<other@elsewhere.example>"))
    fetch(mailbox.pk)
    assert not Contact.objects.exists() and mailbox.progress.get("passed_over") is None


# --- sending -------------------------------------------------------------------------------------------------------------


def test_a_server_that_is_busy_gets_the_same_letter_again(served: Any, smtp: Smtp) -> None:
    smtp.plan = ["451 try later"]
    row = say(served, "一")
    assert row.state == "failed"
    OutboundMessage.objects.filter(pk=row.pk).update(next_at=moment.now())
    run_jobs(early=True)
    row.refresh_from_db()
    assert row.state == "sent" and smtp.got[0][1]["Message-ID"] == row.provider_ref


def test_an_address_that_does_not_exist_is_told_to_the_agent(served: Any, smtp: Smtp) -> None:
    smtp.refuse[CUSTOMER] = "550 no such user"
    row = say(served, "一")
    assert row.state == "dead" and "550" in row.error
    assert Message.objects.filter(contact=served[1], audience="staff").exists()


def test_a_mailbox_that_does_not_answer_is_found_by_the_probe(mailbox: ChannelAccount) -> None:
    assert probe_of("email")() == "mail"
    mailbox.settings["imap_port"] = 9
    mailbox.save()
    with pytest.raises(RuntimeError):
        probe_of("email")()
    with pytest.raises(Retry):
        fetch(mailbox.pk)
