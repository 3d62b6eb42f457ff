"""The screens and endpoints of the search."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from denghuo.apps.knowledge.models import Asked, SearchProcess
from denghuo.core.http.limits import buckets
from tests.helpers.knowing import entry

pytestmark = pytest.mark.django_db
TRIP = "空气开关总是跳闸怎么处理"


@pytest.fixture(autouse=True)
def _limits() -> None:
    buckets.clear()


def test_an_editor_tries_a_question_as_somebody_elsewhere_and_sees_why(browser_for: Any, org_tree: Any) -> None:
    editor = browser_for("knowledge_editor", org_tree.province)
    page = editor.get("/staff/knowledge/search/", {"q": TRIP, "org": org_tree.county.pk}).content.decode()
    assert "有把握，直接回答第一条" in page
    assert "词语相同" in page
    assert not Asked.objects.exists()
    assert SearchProcess.objects.get().entries > 300
    bad = editor.get("/staff/knowledge/search/", {"q": "问" * 201})
    assert bad.status_code == 422
    assert "问" * 201 in bad.content.decode()
    assert editor.post("/staff/knowledge/search/fill/").status_code == 302
    assert editor.get("/staff/knowledge/search/health/").status_code == 200


def test_other_units_are_not_searched_by_staff_of_one(browser_for: Any, org_tree: Any) -> None:
    agent = browser_for("agent", org_tree.city)
    answer = agent.get("/api/v1/knowledge/search", {"q": TRIP, "org_id": org_tree.other_county.pk})
    assert answer.status_code == 404
    assert agent.get("/staff/knowledge/search/", {"q": TRIP, "org": org_tree.other_county.pk}).status_code == 422


def test_the_public_gets_an_answer_says_it_helped_and_is_sent_to_people_when_there_is_none(client: Client) -> None:
    page = client.get("/hall/answers/", {"q": TRIP}).content.decode()
    row = Asked.objects.get()
    assert (row.by, row.outcome) == ("customer", "answer")
    assert "有用" in page
    sign = page.split('name="asked" value="')[1].split('"')[0]
    assert "谢谢" in client.post("/hall/answers/feedback/", {"asked": sign, "useful": "yes"}).content.decode()
    row.refresh_from_db()
    assert row.solved is True
    unhelpful = client.post("/hall/answers/feedback/", {"asked": sign, "useful": "no"}).content.decode()
    assert "95598" in unhelpful
    assert client.post("/hall/answers/feedback/", {"asked": "1:x", "useful": "no"}).status_code == 404
    refusal = client.get("/hall/answers/", {"q": "帮我写一首关于月亮的诗"}).content.decode()
    assert "这个问题没有现成的答案" in refusal
    assert "在线问客服" in refusal
    long = client.get("/hall/answers/", {"q": "问" * 201})
    assert long.status_code == 422
    assert "问" * 201 in long.content.decode()


def test_a_choice_that_is_opened_is_noted(client: Client) -> None:
    for number in range(4):
        entry(code=f"q-like-{number}", question=f"空中飞车充电桩第{number}号怎么收费")
    page = client.get("/hall/answers/", {"q": "空中飞车充电桩怎么收费"})
    text = page.content.decode()
    assert "您想问的是哪一个" in text
    link = text.split('class="ks-choices"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(link).status_code == 302
    assert Asked.objects.get().chosen is not None


def test_who_names_no_place_is_offered_the_places_that_answer_differently(client: Client, org_tree: Any) -> None:
    text = "空中飞车充电怎么收费"
    entry(code="q-local", question=text, answer="本区每次 9 元。", org=org_tree.county)
    page = client.get("/hall/answers/", {"q": text}).content.decode()
    assert "这个问题各地答案不同" in page and "没有现成的答案" not in page
    assert "9 元" not in page
    link = page.split('id="ks-d"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    there = client.get(link).content.decode()
    assert "本区每次 9 元。" in there and "这个问题各地答案不同" not in there


def test_the_public_may_not_ask_without_end(client: Client, system: Any) -> None:
    statuses = [client.get("/hall/answers/", {"q": TRIP}).status_code for _ in range(40)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_the_api_tells_outcome_hits_and_takes_feedback(client: Client, browser_for: Any, org_tree: Any) -> None:
    agent = browser_for("agent", org_tree.city)
    asked = agent.post(
        "/api/v1/knowledge/search", {"text": TRIP, "org_id": org_tree.county.pk}, content_type="application/json"
    ).json()
    assert asked["outcome"] == "answer"
    assert asked["hits"][0]["code"] == "outage.trip"
    told = agent.post(
        f"/api/v1/knowledge/search/{asked['asked_id']}/feedback",
        {"entry_id": asked["hits"][0]["entry_id"], "solved": True},
        content_type="application/json",
    ).json()
    assert told == {"chosen": asked["hits"][0]["entry_id"], "solved": True, "transferred": False, "dissatisfied": False}
    anybody = client.post("/api/v1/knowledge/answers", {"text": TRIP}, content_type="application/json").json()
    assert anybody["hits"][0]["question"] == TRIP
    word = {"asked": anybody["asked"], "solved": False}
    assert client.post("/api/v1/knowledge/answers/feedback", word, content_type="application/json").status_code == 200
    assert client.get("/api/v1/knowledge/search", {"q": TRIP}).status_code == 401
    crew = browser_for("crew_member", org_tree.team)
    assert crew.get("/api/v1/knowledge/search", {"q": TRIP}).status_code == 403
