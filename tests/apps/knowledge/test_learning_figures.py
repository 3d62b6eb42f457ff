"""Rates of answers are counted right and told with their uncertainty; the pages show them to those who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from denghuo.apps.knowledge.actions.asking import digest_of
from denghuo.apps.knowledge.learning import gathering, rates
from denghuo.apps.knowledge.learning.grouping import groups, likeness, medoid
from denghuo.apps.knowledge.learning.measuring import Result, better_share, figures, surely_better
from denghuo.apps.knowledge.learning.wilson import Share
from denghuo.apps.knowledge.models import Asked, AskedHit, QuestionCluster, StandardQuestion
from denghuo.core import moment
from denghuo.core.actors import Actor
from tests.helpers.query_counts import counted

ROOT = "/staff/knowledge/learning/"
HOUR = dt.timedelta(hours=1)


def test_the_interval_is_wilsons() -> None:
    """Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662, 0 of 20 gives 0 to 0.1611."""
    assert Share(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert Share(0, 20).interval == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert Share(0, 0).interval is None and Share(0, 0).span == ""


def test_groups_are_average_linked_and_complete() -> None:
    alike = np.array([[1, 0.9, 0.1], [0.9, 1, 0.2], [0.1, 0.2, 1]], dtype=np.float32)
    assert groups(alike, 0.5) == [[0, 1], [2]]
    assert medoid(alike, [0, 1, 2]) == 1
    same = likeness(["怎么交电费", "怎么交电费", "天上的云"])
    assert same[0, 1] == pytest.approx(1.0, abs=1e-5) and same[0, 2] < 0.1


def test_the_frozen_figures_of_a_known_case() -> None:
    found = [Result((1, 2), "answer"), Result((3, 2), "choices"), Result((), "refuse"), Result((1,), "answer")]
    told = figures(found, [1, 2, None, None])
    assert (told.first, told.five, told.mrr) == (0.5, 1.0, 0.75)
    assert (told.refused, told.lost, told.answered, told.overall) == (0.5, 0.0, 0.5, 0.5)


def test_a_difference_is_sure_only_when_it_is() -> None:
    before = np.zeros(100, dtype=bool)
    clear, even = before.copy(), np.zeros(100, dtype=bool)
    clear[:20] = True
    assert better_share(before, clear, resamples=500) > 0.99
    assert better_share(before, even, resamples=500) == 0.0
    worse = ~before
    assert better_share(worse, clear, resamples=500) == 0.0


def test_answers_are_not_bought_with_wrong_refusals() -> None:
    before, after = np.zeros(100, dtype=bool), np.zeros(100, dtype=bool)
    refuse = np.arange(100) >= 70
    before[refuse] = True
    after[:60] = True
    assert better_share(before, after, resamples=300) > 0.9
    assert not surely_better(before, after, refuse, sure=0.9, resamples=300)
    after[refuse] = True
    assert surely_better(before, after, refuse, sure=0.9, resamples=300)


def put(
    entry: StandardQuestion, outcome: str = "answer", *, place: int = 1, text: str = "电费怎么交", **more: Any
) -> Asked:
    fields = {"by": "customer", "at": moment.now() - HOUR, "text": text, "digest": digest_of(text)} | more
    row = Asked.objects.create(outcome=outcome, **fields)
    AskedHit.objects.create(asked=row, question=entry, place=place, score=0.8, shown=True)
    return row


@pytest.mark.django_db
def test_an_answer_is_counted_once_for_each_question_it_was_told_to() -> None:
    entry = StandardQuestion.objects.get(code="pay.ways")
    other = StandardQuestion.objects.get(code="pay.refund")
    put(entry, solved=True)
    put(entry, solved=False, transferred=True)
    put(entry, "choices", chosen=entry, solved=True)
    put(entry, "choices", chosen=other, dissatisfied=True)
    put(entry, "answer", by="editor", solved=True)
    now = moment.now()
    found = rates.rates(rates.asked_in(Asked.objects.all(), now - 2 * HOUR, now))
    rate = found[entry.pk]
    assert (rate.hits, rate.shown, rate.chosen, rate.told) == (4, 4, 1, 3)
    assert (rate.solved, rate.judged, rate.transferred, rate.dissatisfied) == (2, 3, 1, 0)
    assert found[other.pk].dissatisfied == 1


@pytest.mark.django_db
def test_the_robot_the_public_and_the_agents_are_told_apart() -> None:
    entry = StandardQuestion.objects.get(code="pay.ways")
    put(entry, by="bot")
    put(entry, by="agent")
    put(entry, by="agent")
    sides = rates.by_side(Asked.objects.all())
    assert {name: side["n"] for name, side in sides.items()} == {"public": 0, "robot": 1, "agent": 2}


def test_one_bad_word_does_not_lead_the_list() -> None:
    once = rates.Rate(1, told=1, judged=1, solved=0)
    often = rates.Rate(2, told=30, judged=30, solved=6)
    assert [one.entry_id for one in rates.worst_solved([once, often], 1)] == [2, 1]


@pytest.fixture
def loaded(system: Any) -> tuple[StandardQuestion, Asked]:
    entry = StandardQuestion.objects.get(code="pay.ways")
    for n in range(4):
        put(entry, solved=n > 0, transferred=n == 0)
    put(entry, "choices", place=1, text="楼道里充电瓶行不行", by="bot")
    row = put(entry, "refuse", text="楼道里能不能充电瓶")
    put(entry, "refuse", text="楼道里给电瓶充电行不行")
    gathering.gather(system)
    gathering.group(system)
    return entry, row


@pytest.mark.django_db
def test_every_page_opens_for_the_editor(loaded: Any, browser_for: Any, org_tree: Any) -> None:
    entry, row = loaded
    browser = browser_for("knowledge_editor", org_tree.company)
    cluster = QuestionCluster.objects.get()
    pages = (
        "",
        "questions/",
        f"questions/{row.pk}/",
        "answers/",
        "answers/?list=solve&side=robot",
        f"answers/{entry.pk}/",
    )
    work = ("gaps/", f"gaps/{cluster.pk}/", f"gaps/{cluster.pk}/near/?q=充电", "training/", "frozen/")
    for page in (*pages, *work):
        answer = browser.get(ROOT + page)
        assert answer.status_code == 200, page
    assert cluster.title in browser.get(ROOT + "gaps/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["questions", "gaps", "answers"])
def test_lists_make_as_many_queries_however_long_they_are(
    loaded: Any, browser_for: Any, org_tree: Any, page: str
) -> None:
    browser = browser_for("knowledge_editor", org_tree.company)
    browser.get(f"{ROOT}{page}/")
    with counted(f"pages.knowledge.learning.{page}"):
        browser.get(f"{ROOT}{page}/")
    for number, code in enumerate(("pay.refund", "pay.account")):
        entry = StandardQuestion.objects.filter(code=code).first() or loaded[0]
        put(entry, text=f"另一个问题{number}", org=org_tree.county, solved=True)
        put(entry, "choices", text=f"又一个问题{number}", chosen=entry, org=org_tree.city)
        put(entry, "refuse", text=f"第{number}种没人答的说法")
    gathering.gather(Actor.system("test"))
    gathering.group(Actor.system("test"))
    with counted(f"pages.knowledge.learning.{page}"):
        browser.get(f"{ROOT}{page}/")


@pytest.mark.django_db
def test_agents_are_kept_out(browser_for: Any) -> None:
    assert browser_for("agent").get(ROOT).status_code == 403


@pytest.mark.django_db
def test_every_figure_leads_to_its_rows(loaded: Any, browser_for: Any, org_tree: Any) -> None:
    entry, _row = loaded
    browser = browser_for("knowledge_editor", org_tree.company)
    for query, n in (("result=solved", 3), ("result=transferred", 1), (f"entry={entry.pk}&result=judged", 4)):
        answer = browser.get(f"{ROOT}questions/?{query}&export=csv")
        assert len(answer.getvalue().decode("utf-8-sig").strip().splitlines()) == n + 1, query


@pytest.mark.django_db
def test_questions_of_other_provinces_are_not_shown(browser_for: Any, org_tree: Any) -> None:
    entry = StandardQuestion.objects.get(code="pay.ways")
    put(entry, text="别的城市的提问呀", org=org_tree.other_county)
    put(entry, text="本市的提问呀", org=org_tree.county)
    page = browser_for("supervisor", org_tree.city).get(ROOT + "questions/").content.decode()
    assert "本市的提问呀" in page and "别的城市的提问呀" not in page


@pytest.mark.django_db
def test_a_refused_new_question_keeps_what_was_typed(loaded: Any, browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("knowledge_editor", org_tree.company)
    cluster = QuestionCluster.objects.get()
    data = {"do": "new", "question": "楼道能充电瓶吗", "scene": "safety", "answer": "不能，有火灾危险。", "source": ""}
    answer = browser.post(f"{ROOT}gaps/{cluster.pk}/decide/", data)
    assert answer.status_code == 422 and "不能，有火灾危险。" in answer.content.decode()
    answer = browser.post(f"{ROOT}gaps/{cluster.pk}/decide/", data | {"source": "消防法第二十八条"})
    assert answer.status_code == 302
    made = StandardQuestion.objects.get(question="楼道能充电瓶吗")
    assert not made.active and made.revisions.get().state == "draft"


@pytest.mark.django_db
def test_ignoring_from_the_page_closes_the_group(loaded: Any, browser_for: Any, org_tree: Any) -> None:
    browser = browser_for("knowledge_editor", org_tree.company)
    cluster = QuestionCluster.objects.get()
    browser.post(f"{ROOT}gaps/{cluster.pk}/decide/", {"do": "ignore", "reason": ""})
    cluster.refresh_from_db()
    assert cluster.state == "open"
    browser.post(f"{ROOT}gaps/{cluster.pk}/decide/", {"do": "ignore", "reason": "属于消防"})
    cluster.refresh_from_db()
    assert cluster.state == "done"
