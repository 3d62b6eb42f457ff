"""The robot and the graph: facts with their sources, what must be asked first, and the approved answers besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.models import Message
from denghuo.apps.knowledge.models import Asked
from denghuo.core.http.limits import buckets
from tests.apps.assistant.test_robot_talks import Visitor
from tests.apps.contacts.outside_kit import set_policy
from tests.helpers.knowing import entry

SOURCES = "依据（知识图谱）"


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


@pytest.fixture
def visitor(org_tree: Any) -> Visitor:
    return Visitor(org_tree.county)


def choices(items: list[dict[str, Any]]) -> list[str]:
    return [label for row in items for label in row["data"].get("choices", [])]


def test_materials_for_a_place_are_told_with_their_sources(visitor: Visitor) -> None:
    told = visitor.told("北京居民过户要什么材料")
    assert "身份" in told
    assert SOURCES in told
    assert "是否解决" in told
    assert Asked.objects.get().outcome == "answer"


def test_a_price_of_a_named_place_is_told_and_no_other(visitor: Visitor) -> None:
    told = visitor.told("浙江居民峰谷电价多少")
    assert "0.568" in told and SOURCES in told
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    assert talk.answered == 1 and talk.codes == []
    marked = [row for row in Message.objects.filter(contact_id=visitor.id) if row.data.get("graph")]
    assert len(marked) == 1


def test_how_long_a_connection_takes_is_told(visitor: Visitor) -> None:
    told = visitor.told("高压新装多久")
    assert "工作日" in told and SOURCES in told


def test_who_asks_is_asked_first_and_the_question_remembered(visitor: Visitor) -> None:
    items = visitor.say("新装要多久")
    offered = choices(items)
    assert len(offered) >= 2 and SOURCES not in str(items)
    told = visitor.told(offered[0])
    assert SOURCES in told and "工作日" in told
    assert Asked.objects.count() == 1
    visitor.say("已解决")
    assert Asked.objects.get().solved is True


def test_the_answer_to_what_was_asked_back_may_be_a_number_or_free_words(visitor: Visitor) -> None:
    visitor.say("新装要多久")
    assert SOURCES in visitor.told("1")
    visitor.say("新装要多久")
    assert "22" in visitor.told("我们是高压的")


def test_a_new_question_instead_of_the_missing_word_is_answered_for_itself(visitor: Visitor) -> None:
    visitor.say("新装要多久")
    told = visitor.told("浙江居民峰谷电价多少")
    assert "0.568" in told and "新装" not in told


def test_a_report_instead_of_the_missing_word_begins_the_report(visitor: Visitor) -> None:
    visitor.say("新装要多久")
    assert "邻居" in visitor.told("我家没电了")
    assert json.loads(RobotTalk.objects.get(contact_id=visitor.id).state)["code"] == "fault_report"


def test_who_gives_up_is_let_go_and_who_wants_people_gets_them(visitor: Visitor) -> None:
    visitor.say("新装要多久")
    assert "取消" in visitor.told("算了")
    visitor.say("新装要多久")
    visitor.say("转人工")
    assert visitor.contact.state == ContactState.WAITING


def test_a_place_without_a_price_in_the_graph_gets_no_figure(visitor: Visitor) -> None:
    visitor.say("西藏居民第二档电价多少钱一度")
    said = Message.objects.filter(contact_id=visitor.id, sender="bot")
    assert not any(row.data.get("graph") for row in said)


def test_a_sure_answer_that_holds_everywhere_stays_word_for_word(visitor: Visitor) -> None:
    from denghuo.apps.knowledge.searching import ask

    text = "高压新装多久"
    set_policy("assistant.verbatim_at", 0.0)
    reply = ask(text, org=visitor.contact.org, by="bot", public_only=True, log=False)
    told = visitor.told(text)
    sure = reply.outcome == "answer" and not reply.hits[0].entry.varies
    assert (SOURCES not in told) is sure
    if sure:
        assert reply.hits[0].entry.answer in told


def test_the_answer_approved_for_exactly_this_question_is_told_before_the_graph(visitor: Visitor) -> None:
    text = "浙江居民峰谷电价多少"
    entry(code="q-exact", question=text, answer="峰谷电价以当地公布的为准。", varies=True)
    told = visitor.told(f"{text}？")
    assert "峰谷电价以当地公布的为准。" in told
    assert SOURCES not in told


def test_a_supervisor_takes_a_talk_over_from_its_page(visitor: Visitor, browser_for: Any, org_tree: Any) -> None:
    supervisor = browser_for("supervisor", org_tree.province)
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    page = supervisor.get(f"/staff/assistant/talks/{talk.pk}/").content.decode()
    assert "接管" in page
    answer = supervisor.post(f"/staff/assistant/talks/{talk.pk}/take-over/")
    assert answer.status_code == 302 and "/staff/desk/" in answer["Location"]
    contact = visitor.contact
    assert contact.state == ContactState.IN_SERVICE and contact.agent_id == supervisor.staff.pk
    assert visitor.say("我家没电了") == []
    again = supervisor.get(f"/staff/assistant/talks/{talk.pk}/").content.decode()
    assert "take-over" not in again
    assert supervisor.post(f"/staff/assistant/talks/{talk.pk}/take-over/").status_code == 302


def test_a_running_talk_is_taken_over_from_the_list_as_well(visitor: Visitor, browser_for: Any, org_tree: Any) -> None:
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    way = f'action="/staff/assistant/talks/{talk.pk}/take-over/"'
    supervisor = browser_for("supervisor", org_tree.province)
    assert way in supervisor.get("/staff/assistant/talks/").content.decode()
    assert way not in browser_for("planner", org_tree.province).get("/staff/assistant/talks/").content.decode()
    supervisor.post(f"/staff/assistant/talks/{talk.pk}/take-over/")
    assert way not in supervisor.get("/staff/assistant/talks/").content.decode()


def test_others_have_no_button_and_no_way_to_take_over(visitor: Visitor, browser_for: Any, org_tree: Any) -> None:
    talk = RobotTalk.objects.get(contact_id=visitor.id)
    planner = browser_for("planner", org_tree.province)
    page = planner.get(f"/staff/assistant/talks/{talk.pk}/")
    assert page.status_code == 200 and "take-over" not in page.content.decode()
    assert planner.post(f"/staff/assistant/talks/{talk.pk}/take-over/").status_code == 403
    assert visitor.contact.state == ContactState.BOT
