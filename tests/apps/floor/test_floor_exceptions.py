"""What is out of the ordinary is raised once, in time, and ends when it is over."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.models import AgentSession, PhraseRule
from denghuo.apps.floor import actions
from denghuo.apps.floor.models import FloorException, FloorThreshold
from denghuo.apps.floor.watching import watch_once
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events.testing import drain, recorded

pytestmark = pytest.mark.django_db


def open_kinds() -> list[str]:
    return sorted(FloorException.objects.filter(ended_at=None).values_list("kind", flat=True))


def test_a_talk_that_is_too_long_is_raised_within_a_turn_of_the_watcher_and_once(floor: Any, clock: Any) -> None:
    agent = floor.agent()
    call = floor.serve(floor.call(), agent)
    limit = policies.get("floor.long_talk_seconds")
    clock.forward(seconds=limit)
    assert watch_once() == (0, 0)
    clock.forward(seconds=1)
    with recorded("floor.exception_raised") as events:
        assert watch_once() == (1, 0)
        assert watch_once() == (0, 0)
    assert events.one.payload["exception_kind"] == "long_talk"
    row = FloorException.objects.get()
    assert (row.value, row.limit, row.staff_id, row.contact_id) == (limit + 1, limit, agent.id, call.pk)
    contacts.end_contact(agent, call.pk)
    assert watch_once() == (0, 1)
    assert open_kinds() == []


def test_wrap_up_break_silence_and_slow_reply_each_have_their_limit(floor: Any, clock: Any) -> None:
    writer, idler, silent, chatter = floor.agent(), floor.agent(), floor.agent(), floor.agent()
    wrap = floor.serve(floor.call(), writer)
    contacts.end_contact(writer, wrap.pk)
    floor.set_mode(idler, "break")
    chat = floor.serve(floor.call("web_chat"), chatter)
    floor.say(chat, "有人吗？")
    clock.forward(seconds=901)
    AgentSession.objects.filter(staff_id=silent.id).update(seen_at=timezone.now() - dt.timedelta(seconds=46))
    watch_once()
    assert open_kinds() == ["long_break", "long_wrap_up", "silent_desk", "slow_reply"]
    floor.say(chat, "在的，请讲", sender="agent", by=chatter)
    floor.finish(wrap, writer)
    floor.set_mode(idler, "ready")
    AgentSession.objects.update(seen_at=timezone.now())
    watch_once()
    assert open_kinds() == []


def test_an_agent_taken_out_for_missing_offers_shows_until_they_are_back(floor: Any, clock: Any) -> None:
    agent = floor.agent()
    call = floor.call()
    floor.offer(call, agent)
    contacts.decline_offer(agent, call.pk, reason="误触")
    drain()
    assert open_kinds() == ["missed_offers"]
    watch_once()
    assert open_kinds() == ["missed_offers"]
    floor.set_mode(agent, "ready")
    watch_once()
    assert open_kinds() == []


def test_a_forbidden_phrase_is_raised_and_ends_with_the_conversation(floor: Any) -> None:
    PhraseRule.objects.create(pattern="你去投诉好了", kind="forbidden", said_by="agent", advice="非常抱歉")
    phrases.forget()
    agent = floor.agent()
    chat = floor.serve(floor.call("web_chat"), agent)
    floor.say(chat, "不满意你去投诉好了", sender="agent", by=agent)
    drain()
    row = FloorException.objects.get()
    assert (row.kind, row.level, row.staff_id, row.contact_id) == ("forbidden_phrase", "alarm", agent.id, chat.pk)
    floor.finish(chat, agent)
    drain()
    assert open_kinds() == []
    phrases.forget()


def test_the_same_words_from_the_customer_are_no_forbidden_phrase(floor: Any) -> None:
    PhraseRule.objects.create(pattern="你去投诉好了", kind="forbidden", said_by="agent")
    phrases.forget()
    agent = floor.agent()
    chat = floor.serve(floor.call("web_chat"), agent)
    floor.say(chat, "你去投诉好了，他们这么说的")
    drain()
    assert FloorException.objects.filter(kind="forbidden_phrase").count() == 0
    phrases.forget()


def threshold(supervisor: Actor, org_tree: Any, **data: Any) -> FloorThreshold:
    whole = {"measure": "waiting", "comparison": "above", "value": 1, "for_seconds": 30, "level": "alarm"} | data
    return actions.set_threshold(supervisor, org=org_tree.province, data=whole)


def test_a_limit_must_be_broken_for_its_time_before_it_is_raised(
    floor: Any, clock: Any, supervisor: Actor, org_tree: Any
) -> None:
    row = threshold(supervisor, org_tree, echelon=1)
    first, _second = floor.call(), floor.call()
    assert watch_once() == (0, 0)
    clock.forward(seconds=29)
    assert watch_once() == (0, 0)
    clock.forward(seconds=1)
    assert watch_once() == (1, 0)
    raised = FloorException.objects.get()
    assert (raised.threshold_id, raised.value, raised.limit, raised.level) == (row.pk, 2, 1, "alarm")
    contacts.abandon_contact(floor.caller, first.pk)
    assert watch_once() == (0, 1)
    floor.call()
    watch_once()
    assert open_kinds() == []  # its time begins anew


def test_a_limit_on_a_share_says_nothing_before_there_is_a_base(
    floor: Any, clock: Any, supervisor: Actor, org_tree: Any
) -> None:
    threshold(supervisor, org_tree, measure="connect_rate", comparison="below", value=90, for_seconds=0)
    assert watch_once() == (0, 0)
    lost = floor.call()
    clock.forward(seconds=60)
    contacts.abandon_contact(floor.caller, lost.pk)
    drain()
    assert watch_once() == (1, 0)


def test_an_exception_is_seen_to_once_and_by_those_who_may(
    floor: Any, clock: Any, supervisor: Actor, org_tree: Any, actor_for_role: Any
) -> None:
    threshold(supervisor, org_tree, for_seconds=0, value=0)
    floor.call()
    watch_once()
    row = FloorException.objects.get()
    with pytest.raises(NotAllowed):
        actions.acknowledge(floor.agent(), row.pk, note="看到了")
    seen = actions.acknowledge(supervisor, row.pk, note="已通知二线支援")
    assert (seen.acknowledged_by_id, seen.note) == (supervisor.id, "已通知二线支援")
    with pytest.raises(Conflict):
        actions.acknowledge(supervisor, row.pk)
    assert watch_once() == (0, 0)


@pytest.mark.parametrize(
    ("field", "data"),
    [
        ("measure", {"measure": "mood"}),
        ("value", {"value": -1}),
        ("value", {"measure": "connect_rate", "value": 120}),
        ("for_seconds", {"for_seconds": 100000}),
        ("echelon", {"echelon": 12}),
        ("queue_id", {"queue_id": 999999}),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_at_its_field(
    supervisor: Actor, org_tree: Any, field: str, data: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        threshold(supervisor, org_tree, **data)
    assert list(refused.value.fields) == [field]


def test_the_row_of_cards_outlives_the_last_exception(org_tree: Any, browser_for: Any) -> None:
    """Else a refresh would take the row, not the card in it, for what is over, and a note begun there would not say so."""
    browser = browser_for("supervisor", org_tree.company)
    part = browser.get("/staff/floor/exceptions/?part=open", headers={"HX-Request": "true"}).content.decode()
    assert '<div class="fl-cards" data-row="cards"></div>' in part, "empty to the letter, so that it takes no room"
    assert "现场没有未解除的异常" in part


def test_the_supervisor_sees_open_exceptions_sees_to_one_and_sets_a_limit_on_the_pages(
    floor: Any, clock: Any, supervisor: Actor, org_tree: Any, browser_for: Any
) -> None:
    threshold(supervisor, org_tree, for_seconds=0, value=0, message="请通知二线支援")
    floor.call()
    watch_once()
    browser = browser_for("supervisor", org_tree.company)
    page = browser.get("/staff/floor/exceptions/").content.decode()
    assert "请通知二线支援" in page
    row = FloorException.objects.get()
    browser.post(f"/staff/floor/exceptions/{row.pk}/acknowledge/", {"note": "已通知"})
    assert "已通知" in browser.get("/staff/floor/exceptions/").content.decode()
    data = {
        "org": org_tree.province.pk,
        "measure": "connect_rate",
        "comparison": "below",
        "value": "150",
        "level": "alarm",
    }
    refused = browser.post("/staff/floor/thresholds/new/", data | {"for_seconds": "300"})
    assert refused.status_code == 422
    assert "0 到 100 之间" in refused.content.decode()
    saved = browser.post("/staff/floor/thresholds/new/", data | {"for_seconds": "300", "value": "85", "active": "on"})
    assert saved.status_code == 302
    assert FloorThreshold.objects.filter(measure="connect_rate", value=85, for_seconds=300).exists()
    assert "接通率" in browser.get("/staff/floor/thresholds/").content.decode()


def test_the_board_page_shows_queues_teams_and_the_day(floor: Any, clock: Any, org_tree: Any, browser_for: Any) -> None:
    agent = floor.agent()
    floor.serve(floor.call(), agent)
    floor.call()
    clock.forward(seconds=75)
    drain()
    browser = browser_for("supervisor", org_tree.company)
    page = browser.get("/staff/floor/live/").content.decode()
    assert "报修" in page
    assert "1:15" in page
    assert browser.get(f"/staff/floor/live/?queue={floor.queue.pk}").status_code == 200
    assert browser.get("/staff/floor/live/", headers={"HX-Request": "true"}).status_code == 200


def test_a_customer_whose_mood_falls_is_raised_and_a_contented_one_is_not(floor: Any) -> None:
    calm, angry = floor.serve(floor.call("web_chat"), floor.agent()), floor.serve(floor.call("web_chat"), floor.agent())
    for text in ("你好，想查一下电费", "好的，谢谢", "明白了，非常感谢"):
        floor.say(calm, text)
    for text in ("你好，我家停电了", "等了三个小时还没人来，太慢了", "你们太不负责任了，非常气愤，我要投诉"):
        floor.say(angry, text)
    drain()
    rows = FloorException.objects.filter(kind="sentiment_drop")
    assert [row.contact_id for row in rows] == [angry.pk]
    assert FloorException.objects.filter(contact_id=calm.pk).count() == 0
