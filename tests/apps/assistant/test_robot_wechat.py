"""The robot on WeChat: answers travel with the answer to the push, choices have numbers, people are one word away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.contacts.choices import ContactState, Sender
from denghuo.apps.contacts.models import Contact, Message, OutboundMessage
from denghuo.apps.requests.models import Request
from denghuo.core.http.limits import buckets
from tests.apps.contacts.outside_kit import Phone, deliver, official, phone, set_policy, stub

__all__ = ["official", "phone", "stub"]


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


def test_the_robot_answers_at_once_and_numbers_its_choices(phone: Phone) -> None:
    told = phone.says("我家没电了")
    assert "邻居" in told and "1. 只有我家" in told
    assert "哪个县或区" in phone.says("1")
    assert Contact.objects.get().state == ContactState.BOT


def test_what_the_robot_said_is_not_sent_a_second_time(phone: Phone) -> None:
    phone.says("我家没电了")
    deliver()
    assert not OutboundMessage.objects.exists()
    assert Message.objects.filter(sender=Sender.BOT).count() == 1
    assert not Message.objects.filter(sender=Sender.SYSTEM).exists()


def test_a_report_is_made_from_start_to_end(phone: Phone) -> None:
    for text in ("我家没电了", "1", "柳溪县", "松风路 18 号", "王小明", "13900001234"):
        phone.says(text)
    told = phone.says("确认")
    made = Request.objects.get()
    assert made.number in told and made.channel == "wechat"


def test_one_word_leads_to_people_and_the_robot_is_silent_from_then_on(phone: Phone) -> None:
    phone.says("我家没电了")
    assert phone.says("人工")
    contact = Contact.objects.get()
    assert contact.state == ContactState.WAITING
    before = Message.objects.filter(sender=Sender.BOT, audience="everyone").count()
    phone.says("只有我家")
    assert Message.objects.filter(sender=Sender.BOT, audience="everyone").count() == before
    assert RobotTalk.objects.get().result == "handed_over"


def test_asking_for_people_first_never_meets_the_robot(phone: Phone) -> None:
    phone.says("人工")
    assert not RobotTalk.objects.exists() and not Contact.objects.filter(state=ContactState.BOT).exists()


def test_by_policy_the_channel_is_people_s_alone(phone: Phone) -> None:
    set_policy("assistant.channels", ["web_chat"])
    phone.says("我家没电了")
    assert Contact.objects.get().state == ContactState.WAITING


def test_who_asks_for_people_hears_the_robot_s_own_words_once(phone: Phone) -> None:
    phone.says("我家没电了")
    assert "会一并转给专员" in phone.says("人工")
    said = Message.objects.filter(text__contains="会一并转给专员")
    assert [row.sender for row in said] == [Sender.BOT]


@pytest.mark.parametrize("word", ["0", "客服"])
def test_other_words_for_people_lead_out_of_the_robot_s_hands_too(phone: Phone, word: str) -> None:
    phone.says("我家没电了")
    assert "会一并转给专员" in phone.says(word)
    assert Contact.objects.get().state == ContactState.WAITING


def test_the_menu_s_key_for_people_leads_out_of_the_robot_s_hands(phone: Phone) -> None:
    phone.says("我家没电了")
    assert "会一并转给专员" in phone.does("CLICK", "sys:agent")
    assert Contact.objects.get().state == ContactState.WAITING


def test_what_the_graph_must_know_first_is_asked_with_numbers(phone: Phone) -> None:
    told = phone.says("新装要多久")
    assert "1. " in told
    assert "依据（知识图谱）" in phone.says("1")
