"""Asking the base: the right answer, in force there and then, found by the very next search, and logged without names."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.actions.asking import forget_asked, note_chosen, note_result
from denghuo.apps.knowledge.models import Asked, AskedHit, StandardQuestion
from denghuo.apps.knowledge.searching import ask
from denghuo.apps.knowledge.searching.elsewhere import places_for
from denghuo.apps.knowledge.searching.tokens import asked_of, token_of
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed, NotFound
from tests.helpers.knowing import entry
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
QUESTION = "空中飞车充电怎么收费"


def told(text: str, **given: Any) -> list[str]:
    return [hit.entry.code for hit in ask(text, by="editor", log=False, **{"org": None, **given}).found]


def test_a_wording_of_the_base_is_answered_and_nonsense_is_refused() -> None:
    reply = ask("空气开关总是跳闸怎么处理", org=None, by="customer")
    assert reply.outcome == "answer"
    assert reply.hits[0].entry.code == "outage.trip"
    assert reply.confidence == reply.hits[0].score
    for text in ("红烧肉怎么做", "？？！！", "帮我写一首关于月亮的诗"):
        assert ask(text, org=None, by="customer", log=False).outcome == "refuse", text
    assert ask("   ", org=None, by="customer").asked_id is None


def test_everyday_questions_are_refused_by_words_alone() -> None:
    for text in ("英语单词怎么背", "股票涨了没有", "帮我写首诗", "今天天气怎么样", "红烧肉怎么做好吃"):
        assert ask(text, org=None, by="customer", log=False).outcome == "refuse", text


def test_a_question_approved_word_for_word_is_answered_unless_two_answers_have_it() -> None:
    entry(code="q-one", question=QUESTION, similar=[])
    for number in range(5):  # so like it that by likeness alone there would be a choice
        entry(code=f"q-like-{number}", question=f"{QUESTION}呀{number}", similar=[])
    reply = ask(f"{QUESTION}？", org=None, by="customer", log=False)
    assert (reply.outcome, reply.exact, [hit.entry.code for hit in reply.hits]) == ("answer", True, ["q-one"])
    assert not ask(f"请问{QUESTION}", org=None, by="customer", log=False).exact
    entry(code="q-two", question=QUESTION, similar=[])
    assert not ask(QUESTION, org=None, by="customer", log=False).exact


def test_who_names_no_place_learns_which_places_have_an_answer_of_their_own(org_tree: Any) -> None:
    assert places_for(QUESTION) == []
    shared = entry(code="q-shared", question=QUESTION)
    assert places_for(QUESTION) == []
    today = queries.today()
    local = entry(code="q-local", question=QUESTION, org=org_tree.city, base=shared)
    entry(code="q-other", question=f"{QUESTION}呢", org=org_tree.other_county)
    entry(code="q-inner", question=QUESTION, org=org_tree.county, public=False)
    past = {"valid_from": today - dt.timedelta(days=9), "valid_to": today - dt.timedelta(days=1)}
    entry(code="q-ended", question=f"{QUESTION}啊", org=org_tree.county, **past)
    assert places_for(QUESTION) == sorted([org_tree.city, org_tree.other_county], key=lambda unit: unit.path)
    assert places_for("红烧肉怎么做好吃") == [] == places_for("  ")
    assert told(QUESTION) == [code for code in told(QUESTION) if code not in ("q-local", "q-other")]
    StandardQuestion.objects.filter(pk=local.pk).update(active=False)
    assert places_for(QUESTION) == [org_tree.other_county]


def test_what_is_published_is_found_by_the_next_search_and_what_ends_is_not() -> None:
    assert told(QUESTION)[:1] != ["q-flying"]
    made = entry(code="q-flying", question=QUESTION)
    assert told(QUESTION)[0] == "q-flying"
    StandardQuestion.objects.filter(pk=made.pk).update(question="水下飞船停泊收费吗", similar=[])
    assert told("水下飞船停泊收费吗")[0] == "q-flying"
    StandardQuestion.objects.filter(pk=made.pk).update(active=False)
    assert "q-flying" not in told("水下飞船停泊收费吗")


def test_what_is_rolled_back_is_found_no_more() -> None:
    with transaction.atomic():
        entry(code="q-gone", question=QUESTION)
        assert told(QUESTION)[0] == "q-gone"
        transaction.set_rollback(True)
    assert "q-gone" not in told(QUESTION)
    entry(code="q-here", question=QUESTION)
    assert told(QUESTION)[0] == "q-here"


def test_place_and_day_are_filtered_before_ranking(org_tree: Any) -> None:
    shared = entry(code="q-shared", question=QUESTION)
    for number in range(30):  # better known elsewhere: none of them may take the place of what holds here
        entry(code=f"q-far-{number}", question=f"{QUESTION}第{number}种", org=org_tree.other_city)
    local = entry(code="q-local", question=QUESTION, org=org_tree.city, base=shared)
    assert told(QUESTION, org=org_tree.county)[0] == "q-local"
    assert "q-shared" not in told(QUESTION, org=org_tree.county)
    assert told(QUESTION)[0] == "q-shared"
    assert not [code for code in told(QUESTION, org=org_tree.county) if code.startswith("q-far")]
    today = queries.today()
    StandardQuestion.objects.filter(pk=local.pk).update(valid_from=today + dt.timedelta(days=2))
    assert told(QUESTION, org=org_tree.county)[0] == "q-shared"
    later = moment.now() + dt.timedelta(days=3)
    assert told(QUESTION, org=org_tree.county, at=later)[0] == "q-local"


def test_the_public_is_told_only_what_may_be_sent_to_customers() -> None:
    entry(code="q-inner", question=QUESTION, public=False)
    assert "q-inner" in told(QUESTION)
    assert "q-inner" not in told(QUESTION, public_only=True)


def test_a_search_reads_two_rows_sets_and_a_logged_one_writes_two() -> None:
    ask("停电", org=None, by="editor", log=False)
    with CaptureQueriesContext(connection) as captured:
        ask("空开老跳怎么办", org=None, by="editor", log=False)
    assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) == 2
    with CaptureQueriesContext(connection) as captured:
        ask("空开老跳怎么办", org=None, by="agent")
    assert len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]) == 4


def test_the_log_holds_what_was_found_and_shown_but_no_personal_data(org_tree: Any) -> None:
    text = "我姓王电话13900001234，户号3300012345，空气开关总是跳闸怎么处理"
    reply = ask(text, org=org_tree.county, by="customer", channel="web")
    row = Asked.objects.get(pk=reply.asked_id)
    assert "13900001234" not in row.text
    assert "3300012345" not in row.text
    assert (row.by, row.channel, row.org_id, row.outcome) == ("customer", "web", org_tree.county.pk, reply.outcome)
    hits = list(AskedHit.objects.filter(asked=row).order_by("place"))
    assert [hit.question_id for hit in hits] == [hit.entry.pk for hit in reply.found]
    assert [hit.question_id for hit in hits if hit.shown] == [hit.entry.pk for hit in reply.hits]
    agents = ask("空气开关总是跳闸怎么处理", org=None, by="agent")
    assert all(AskedHit.objects.filter(asked_id=agents.asked_id).values_list("shown", flat=True))


def test_what_came_of_a_question_is_kept_and_only_from_whom_it_concerns(actor_for_role: Any, system: Any) -> None:
    reply = ask("空气开关总是跳闸怎么处理", org=None, by="customer")
    customer, number = Actor.customer(), reply.asked_id
    assert asked_of(token_of(number)) == number
    with refused(NotFound):
        asked_of(token_of(number) + "x")
    note_chosen(customer, number, reply.hits[0].entry.pk)
    assert note_result(customer, number, solved=True).solved is True
    hidden = entry(code="q-never-shown")
    with refused(NotFound):
        note_chosen(customer, number, hidden.pk)
    with refused(InvalidInput):
        note_result(customer, number)
    with refused(NotAllowed):
        note_result(actor_for_role("crew_member"), number, solved=False)
    assert note_result(actor_for_role("agent"), number, transferred=True).transferred
    Asked.objects.filter(pk=number).update(at=moment.now() - dt.timedelta(days=3))
    with refused(NotFound):
        note_result(customer, number, solved=False)


def test_a_customer_cannot_rate_what_an_agent_asked() -> None:
    reply = ask("空气开关总是跳闸怎么处理", org=None, by="agent")
    with refused(NotFound):
        note_result(Actor.customer(), reply.asked_id, solved=True)


def test_old_questions_lose_their_text_and_keep_their_figures(system: Any) -> None:
    old, new = (ask("空气开关总是跳闸怎么处理", org=None, by="customer").asked_id for _ in range(2))
    Asked.objects.filter(pk=old).update(at=moment.now() - dt.timedelta(days=400))
    before = moment.now() - dt.timedelta(days=180)
    assert forget_asked(system, before=before) == 1
    assert forget_asked(system, before=before) == 0
    assert Asked.objects.get(pk=old).text == ""
    assert AskedHit.objects.filter(asked_id=old).exists()
    assert Asked.objects.get(pk=new).text
