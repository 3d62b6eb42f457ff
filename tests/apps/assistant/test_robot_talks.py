"""The robot in the web chat: it answers once, fills in, makes requests, and gives the talk to people."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from denghuo.apps.assistant import dialogues, running
from denghuo.apps.assistant.choices import TalkResult
from denghuo.apps.assistant.jobs import sweep_silent
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.assistant.understanding import understand
from denghuo.apps.contacts import actions, robots
from denghuo.apps.contacts.choices import ContactState, Sender
from denghuo.apps.contacts.models import Contact, Message
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.requests.models import Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets

API = "/api/v1/chat"
PHONE = "13900001234"


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


class Visitor:
    """A customer in the chat who begins with the robot."""

    def __init__(self, org: Any, **more: Any) -> None:
        self.client, self.key, self.id = Client(), "", 0
        body = {"client_id": str(uuid.uuid4()), "org_id": org.pk, "begin": "robot", **more}
        answer = self.call("POST", "/contacts", body)
        assert answer.status_code == 201, answer.content
        self.body = answer.json()
        self.id, self.key = self.body["id"], self.body["access"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        data = "" if body is None else json.dumps(body)
        return self.client.generic(method, API + path, data, content_type="application/json", headers=headers)

    def say(self, text: str, client_id: uuid.UUID | None = None) -> list[dict[str, Any]]:
        """What is answered to ``text``."""
        body = {"client_id": str(client_id or uuid.uuid4()), "text": text}
        answer = self.call("POST", f"/contacts/{self.id}/messages", body)
        assert answer.status_code == 201, answer.content
        after = answer.json()["id"]
        return self.call("GET", f"/contacts/{self.id}/messages?after={after}").json()["items"]

    def told(self, text: str) -> str:
        return "\n".join(row["text"] for row in self.say(text))

    @property
    def state(self) -> str:
        return self.call("GET", f"/contacts/{self.id}").json()["state"]

    @property
    def contact(self) -> Contact:
        return Contact.objects.get(pk=self.id)


@pytest.fixture
def visitor(org_tree: Any) -> Visitor:
    return Visitor(org_tree.county)


def test_the_robot_greets_with_what_it_can_do(visitor: Visitor) -> None:
    assert visitor.body["state"] == "robot"
    items = visitor.call("GET", f"/contacts/{visitor.id}/messages").json()["items"]
    assert [row["sender"] for row in items] == ["bot"]
    assert "停电报修" in items[0]["data"]["choices"] and "转人工" in items[0]["text"]


def test_without_asking_for_it_the_chat_goes_to_people_as_ever(org_tree: Any) -> None:
    assert Visitor(org_tree.county, begin="queue").body["state"] == "waiting"


def test_a_fault_report_is_made_step_by_step_with_number_and_progress_link(visitor: Visitor) -> None:
    assert "邻居" in visitor.told("我家没电了")
    visitor.say("只有我家")
    visitor.say("柳溪县")
    visitor.say("松风路 18 号 3 栋")
    visitor.say("王小明")
    assert PHONE in visitor.told(f"我电话是{PHONE}")
    items = visitor.say("确认")
    made = Request.objects.get(contact_id=visitor.id)
    assert (made.type, made.phenomenon, made.caller_phone, made.scope) == ("fault_report", "no_power", PHONE, "single")
    card = next(row for row in items if row["data"].get("url"))
    assert made.number in card["text"] and made.public_token in card["data"]["url"]
    assert visitor.contact.request_id == made.pk


def test_nothing_is_made_before_the_customer_confirms(visitor: Visitor) -> None:
    for text in ("我家没电了", "只有我家", "柳溪县", "松风路 18 号 3 栋", "王小明", PHONE):
        visitor.say(text)
    assert not Request.objects.exists()


def test_a_correction_changes_what_was_given(visitor: Visitor) -> None:
    for text in ("我家没电了", "只有我家", "柳溪县", "松风路 18 号 3 栋", "王小明", "13900009999"):
        visitor.say(text)
    assert PHONE in visitor.told(f"不对，电话是{PHONE}")
    visitor.say("确认")
    assert Request.objects.get().caller_phone == PHONE


def test_an_approved_answer_is_told_word_for_word(visitor: Visitor, org_tree: Any) -> None:
    book = dialogues.book_of(dialogues.editions_of(org_tree.county))
    assert book is not None
    rows = StandardQuestion.objects.filter(active=True, public=True, varies=False, org=None).order_by("pk")
    least = book.main.limits.begin_at
    entry = next(row for row in rows if all(sure < least for _code, sure in understand(row.question, book).intents))
    items = visitor.say(entry.question)
    answers = [row["text"] for row in items]
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    if entry.answer not in answers:  # several entries come near: they are offered, and the one chosen is told
        offered = [label for row in items for label in row["data"].get("choices", [])]
        assert entry.question in offered, (entry.question, answers, talk.codes)
        answers = [row["text"] for row in visitor.say(entry.question)]
    assert entry.answer in answers


def test_a_person_can_be_had_at_any_time_and_reads_what_the_robot_learned(visitor: Visitor) -> None:
    visitor.say(f"我家没电了，电话{PHONE}")
    assert "转接" in visitor.told("转人工")
    contact = visitor.contact
    assert contact.state == ContactState.WAITING and contact.entered_at >= contact.opened_at
    card = Message.objects.get(contact=contact, audience="staff")
    lines = dict(card.data["lines"])
    assert lines["转接原因"] == "客户要求人工" and lines["电话"] == PHONE and lines["故障现象"] == "没有电"
    assert all(row["id"] != card.pk for row in visitor.call("GET", f"/contacts/{visitor.id}/messages").json()["items"])


def test_danger_gives_the_safety_text_and_goes_before_others(visitor: Visitor) -> None:
    told = visitor.told("门口电线断了掉在地上还冒火花")
    assert "8 米" in told
    assert visitor.contact.state == ContactState.WAITING and visitor.contact.priority < 0
    assert RobotTalk.objects.get(contact_id=visitor.id).reason == "danger"


def test_after_the_hand_over_the_robot_is_silent(visitor: Visitor, org_tree: Any) -> None:
    visitor.say("转人工")
    before = Message.objects.filter(contact_id=visitor.id, sender=Sender.BOT).count()
    assert visitor.say("我家没电了") == []
    with pytest.raises(ActionError) as refused:
        actions.robot_said(robots.actor(), visitor.id, client_id=uuid.uuid4(), text="我还在")
    assert refused.value.code == "not_holder"
    assert Message.objects.filter(contact_id=visitor.id, sender=Sender.BOT).count() == before


def test_no_agent_takes_what_the_robot_holds_but_by_taking_it_over(
    visitor: Visitor, actor_for_role: Any, org_tree: Any
) -> None:
    agent = actor_for_role("agent", org_tree.province)
    with pytest.raises(ActionError):
        actions.take_contact(agent, visitor.id)
    assert actions.take_contact(agent) is None
    taken = actions.take_over(agent, visitor.id)
    assert taken.state == ContactState.IN_SERVICE and taken.agent_id == agent.id
    assert visitor.say("在吗") == []


def test_a_message_that_comes_again_is_answered_once(visitor: Visitor) -> None:
    client_id = uuid.uuid4()
    first = visitor.say("我家没电了", client_id)
    again = visitor.say("我家没电了", client_id)
    assert [row["id"] for row in first] == [row["id"] for row in again]


class Killed(BaseException):
    """A process that ends in the middle."""


def test_killed_between_receiving_and_answering_the_message_sent_again_gets_exactly_one_answer(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id = uuid.uuid4()
    keep, kills = running.Turn.keep, [1]

    def dying(self: Any, **changes: Any) -> None:
        keep(self, **changes)
        if kills:
            kills.pop()
            raise Killed

    monkeypatch.setattr(running.Turn, "keep", dying)
    with pytest.raises(Killed):
        visitor.say("我家没电了", client_id)
    assert not Message.objects.filter(client_id=client_id).exists()
    visitor.say("我家没电了", client_id)
    said = Message.objects.filter(contact_id=visitor.id, sender=Sender.CUSTOMER)
    answers = Message.objects.filter(contact_id=visitor.id, sender=Sender.BOT, pk__gt=said.get().pk)
    assert answers.count() == 1


def test_a_robot_that_breaks_gives_the_customer_to_people(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "understand", lambda *_args: 1 / 0)
    visitor.say("我家没电了")
    assert visitor.contact.state == ContactState.WAITING
    assert Message.objects.filter(contact_id=visitor.id, text="我家没电了").exists()


def test_a_solved_talk_ends_without_anybody(visitor: Visitor) -> None:
    for text in ("我要表扬抢修师傅", "师傅冒雨修到两点", "柳溪县", "松风路营业厅附近", "王小明", PHONE, "确认", "再见"):
        visitor.say(text)
    contact, talk = visitor.contact, RobotTalk.objects.get(contact_id=visitor.id)
    assert (contact.state, contact.outcome) == (ContactState.CLOSED, "request_made")
    assert talk.result == TalkResult.REQUEST_MADE and contact.agent_id is None
    assert [event.kind for event in timeline("contact", contact.pk)].count("contact.closed") == 1


def test_the_customer_may_leave(visitor: Visitor) -> None:
    assert visitor.call("POST", f"/contacts/{visitor.id}/end").json()["state"] == "ended"
    assert visitor.contact.outcome == "left"


def test_a_customer_who_is_silent_is_let_go(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    assert sweep_silent() == 0
    later = moment.now() + dt.timedelta(hours=1)
    monkeypatch.setattr(moment, "now", lambda: later)
    assert sweep_silent() == 1 and sweep_silent() == 0
    assert visitor.contact.outcome == "no_reply"


def test_what_the_customer_gave_is_sealed_where_the_talk_is_kept(visitor: Visitor) -> None:
    from django.db import connection

    visitor.say(f"我家没电了，电话{PHONE}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM assistant_robottalk WHERE contact_id = %s", [visitor.id])
        held = str(cursor.fetchone()[0])
    assert PHONE not in held


def test_a_link_fills_in_the_form_and_holds_nothing_personal(visitor: Visitor) -> None:
    for text in ("我要装充电桩", "现在办理", "王小明"):
        visitor.say(text)
    items = visitor.say(PHONE)
    url = next(row["data"]["url"] for row in items if row["data"].get("url"))
    assert PHONE not in url and "王小明" not in url
    page = visitor.client.get(url, follow=True)
    assert page.status_code == 200
    assert Client().get(url[:-8] + "xxxxxxx/").status_code == 404


def test_only_the_product_speaks_as_the_robot(visitor: Visitor, actor_for_role: Any, org_tree: Any) -> None:
    agent = actor_for_role("agent", org_tree.province)
    with pytest.raises(ActionError):
        actions.post_message(agent, visitor.id, client_id=uuid.uuid4(), text="我是机器人", sender=Sender.BOT)
    with pytest.raises(ActionError):
        actions.hand_over(Actor.customer(), visitor.id, actions.HandOver("asked"))


def test_a_question_about_a_matter_is_answered_before_the_matter_is_begun(visitor: Visitor) -> None:
    visitor.say("家里停电了怎么报修")
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    assert talk.asked_ids, "the base was asked first"
