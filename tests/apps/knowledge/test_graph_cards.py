"""The graph's answer above what the search finds: for the public, for editors, beside a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts import actions
from denghuo.apps.knowledge.models import Asked
from denghuo.core.actors import Actor
from denghuo.core.http.limits import buckets

pytestmark = pytest.mark.django_db
ASKED = "浙江居民峰谷电价多少"


@pytest.fixture(autouse=True)
def _limits() -> None:
    buckets.clear()


def test_the_public_reads_facts_with_their_sources_and_the_question_counts_as_answered(client: Client) -> None:
    page = client.get("/hall/answers/", {"q": ASKED}).content.decode()
    assert "知识图谱" in page and "0.568" in page and "ks-facts" in page
    assert "这个问题没有现成的答案" not in page
    assert Asked.objects.get().outcome != "refuse"


def test_the_public_is_asked_for_what_is_missing_and_led_on(client: Client) -> None:
    page = client.get("/hall/answers/", {"q": "新装要多久"}).content.decode()
    links = page.split('class="ks-options"')[1].split("</ul>")[0].split('href="')[1:]
    assert len(links) >= 2
    follow = links[0].split('"')[0].replace("&amp;", "&")
    assert "ks-facts" in client.get(f"/hall/answers/{follow}").content.decode()


def test_a_question_the_graph_does_not_take_shows_no_card(client: Client) -> None:
    assert "ks-graph" not in client.get("/hall/answers/", {"q": "空气开关总是跳闸怎么处理"}).content.decode()


def test_an_editor_sees_the_card_in_the_try_out_and_nothing_is_kept(browser_for: Any, org_tree: Any) -> None:
    editor = browser_for("knowledge_editor", org_tree.province)
    page = editor.get("/staff/knowledge/search/", {"q": ASKED}).content.decode()
    assert "ks-graph" in page and "0.568" in page and "来源" in page.split("ks-facts")[1]
    assert not Asked.objects.exists()


def test_an_agent_can_put_the_graph_s_sentence_into_the_reply(browser_for: Any, org_tree: Any) -> None:
    agent = browser_for("agent", org_tree.city)
    made = actions.open_contact(Actor.system("t"), channel="voice", org=org_tree.county, caller_phone="13900001234")
    actions.take_contact(actor_for(agent.staff), made.pk)
    address = f"/staff/desk/{made.pk}/panel/knowledge/"
    page = agent.get(address, {"q": ASKED}).content.decode()
    assert "知识图谱" in page and "0.568" in page.split('data-insert="')[1].split('"')[0]
    asks = agent.get(address, {"q": "新装要多久", "results": "1"}).content.decode()
    assert "先问清楚" in asks and "hx-get" in asks


def test_the_hall_and_the_closed_chat_lead_to_the_answers(client: Client) -> None:
    assert 'href="/hall/answers/"' in client.get("/").content.decode()
    assert 'href="/hall/answers/"' in client.get("/hall/chat/").content.decode()
