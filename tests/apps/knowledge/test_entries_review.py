"""From draft to publication: who may do what, and what the public is told meanwhile."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.knowledge import actions, queries
from denghuo.apps.knowledge.actions.writing import mark_of
from denghuo.apps.knowledge.choices import Life, Stage
from denghuo.apps.knowledge.models import EditLock, Revision, StandardQuestion
from denghuo.apps.knowledge.sync import sync_knowledge
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.held import clear_all
from denghuo.core.policies.actions import set_value
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db


def draft(**changes: Any) -> actions.Draft:
    wanted = {
        "scene": "price", "question": "空中飞车充电怎么收费", "answer": "按当地标准每次 8 元。", "source": "试用价目",
        "similar": ("飞车充一次多少钱",), "trust": "K",
    }  # fmt: skip
    return actions.Draft(**{**wanted, **changes})


@pytest.fixture
def people(actor_for_role: Any, org_tree: Any) -> Any:
    """An editor who writes, another who looks it over, the manager who publishes."""

    class People:
        writer = actor_for_role("knowledge_editor", org_tree.province)
        reader = actor_for_role("knowledge_editor", org_tree.province)
        manager = actor_for_role("manager", org_tree.province)
        org = org_tree.province

    return People()


def published(people: Any, **changes: Any) -> StandardQuestion:
    entry = actions.write_draft(people.writer, draft(**changes), org=people.org).entry
    return through(people, entry.pk)


def through(people: Any, pk: int) -> StandardQuestion:
    actions.submit(people.writer, pk)
    actions.review(people.reader, pk, passed=True)
    actions.publish(people.manager, pk)
    return StandardQuestion.objects.select_related("org").get(pk=pk)


def told(people: Any, text: str = "空中飞车充电怎么收费") -> list[str]:
    return [row.answer for row in queries.in_force(people.org).filter(question=text)]


def test_nothing_of_a_draft_is_told_before_it_is_published(people: Any) -> None:
    entry = actions.write_draft(people.writer, draft(), org=people.org).entry
    assert (entry.life, entry.active, told(people)) == (Life.DRAFT, False, [])
    actions.submit(people.writer, entry.pk)
    actions.review(people.reader, entry.pk, passed=True)
    assert told(people) == []
    row = actions.publish(people.manager, entry.pk)
    assert told(people) == ["按当地标准每次 8 元。"]
    assert (row.state, row.entry.version) == (Stage.PUBLISHED, 1)
    assert {"knowledge.written", "knowledge.submitted", "knowledge.reviewed", "knowledge.published"} <= {
        event.kind for event in timeline("standard_question", entry.pk)
    }


def test_an_edit_of_what_is_published_changes_nothing_until_it_is_published_too(people: Any) -> None:
    entry = published(people)
    actions.write_draft(people.writer, draft(answer="每次 9 元。"), entry_id=entry.pk)
    assert told(people) == ["按当地标准每次 8 元。"]
    entry = through(people, entry.pk)
    assert (told(people), entry.version) == (["每次 9 元。"], 2)
    states = dict(entry.revisions.values_list("number", "state"))
    assert states == {1: Stage.SUPERSEDED, 2: Stage.PUBLISHED}
    assert entry.revisions.get(number=1).content["answer"] == "按当地标准每次 8 元。"


def test_the_author_does_not_pass_their_own_work_unless_the_centre_says_so(people: Any) -> None:
    entry = actions.write_draft(people.writer, draft(), org=people.org).entry
    actions.submit(people.writer, entry.pk)
    with refused(NotAllowed):
        actions.review(people.writer, entry.pk, passed=True)
    with refused(NotAllowed):
        actions.write_entry(people.writer, draft(question="另一问"), org=people.org)
    alone(people)
    actions.review(people.writer, entry.pk, passed=True)
    actions.publish(people.writer, entry.pk)
    assert told(people)


def alone(people: Any) -> None:
    from denghuo.core.actors import Actor

    set_value(
        Actor.system("test"), "knowledge.four_eyes", False, org=people.org, valid_from=dt.datetime(2022, 1, 1, tzinfo=dt.UTC),
        source="试", trust="D", note="试",
    )  # fmt: skip
    clear_all()


def test_an_editor_cannot_publish_and_an_agent_cannot_review(people: Any, actor_for_role: Any) -> None:
    entry = actions.write_draft(people.writer, draft(), org=people.org).entry
    with refused(Conflict):
        actions.publish(people.manager, entry.pk)
    actions.submit(people.writer, entry.pk)
    with refused(NotAllowed):
        actions.review(actor_for_role("agent"), entry.pk, passed=True)
    actions.review(actor_for_role("supervisor", people.org), entry.pk, passed=True)
    with refused(NotAllowed):
        actions.publish(people.reader, entry.pk)


def test_what_is_given_back_says_what_to_mend_and_can_be_handed_in_again(people: Any) -> None:
    entry = actions.write_draft(people.writer, draft(), org=people.org).entry
    actions.submit(people.writer, entry.pk)
    with refused(Conflict):
        actions.write_draft(people.writer, draft(answer="改"), entry_id=entry.pk)
    with refused(InvalidInput) as caught:
        actions.review(people.reader, entry.pk, passed=False)
    assert "note" in caught.value.fields
    row = actions.review(people.reader, entry.pk, passed=False, note="请写明依据的条款")
    assert (row.state, row.review_note) == (Stage.DRAFT, "请写明依据的条款")
    actions.write_draft(people.writer, draft(answer="改"), entry_id=entry.pk)
    assert actions.submit(people.writer, entry.pk).state == Stage.IN_REVIEW
    assert actions.take_back(people.writer, entry.pk).state == Stage.DRAFT


def test_a_late_editor_is_told_and_overwrites_nothing(people: Any) -> None:
    row = actions.write_draft(people.writer, draft(), org=people.org)
    seen = mark_of(row.entry, row)
    actions.write_draft(people.reader, draft(answer="第二人"), entry_id=row.entry_id, seen=seen)
    with refused(Conflict) as caught:
        actions.write_draft(people.writer, draft(answer="第一人又改"), entry_id=row.entry_id, seen=seen)
    assert caught.value.code == "version_conflict"
    assert Revision.objects.get(pk=row.pk).content["answer"] == "第二人"


def test_what_begins_later_waits_for_its_day_while_the_present_answer_stands(people: Any, monkeypatch: Any) -> None:
    entry = published(people)
    day = queries.today() + dt.timedelta(days=10)
    actions.write_draft(people.writer, draft(answer="新价", valid_from=day), entry_id=entry.pk)
    actions.submit(people.writer, entry.pk)
    actions.review(people.reader, entry.pk, passed=True)
    assert actions.publish(people.manager, entry.pk).state == Stage.SCHEDULED
    assert told(people) == ["按当地标准每次 8 元。"]
    from denghuo.core.actors import Actor

    assert actions.publish_due(Actor.system("test")) == 0
    monkeypatch.setattr("denghuo.apps.knowledge.actions.reviewing.today", lambda: day)
    assert actions.publish_due(Actor.system("test")) == 1
    entry.refresh_from_db()
    assert (entry.answer, entry.version) == ("新价", 2)


def test_an_old_version_comes_back_as_a_new_draft(people: Any) -> None:
    entry = published(people)
    actions.write_draft(people.writer, draft(answer="错误的改动"), entry_id=entry.pk)
    through(people, entry.pk)
    row = actions.restore_version(people.writer, entry.pk, 1)
    assert (row.number, row.state, row.restored_from) == (3, Stage.DRAFT, 1)
    assert told(people) == ["错误的改动"]
    with refused(Conflict):
        actions.restore_version(people.writer, entry.pk, 1)
    through(people, entry.pk)
    assert told(people) == ["按当地标准每次 8 元。"]


def test_a_wrong_answer_is_pulled_down_at_once_and_a_last_day_is_a_version(people: Any) -> None:
    entry = published(people)
    actions.expire_entry(people.writer, entry.pk, last_day=queries.today())
    entry.refresh_from_db()
    assert (entry.version, entry.revisions.get(state=Stage.PUBLISHED).content["valid_to"]) == (
        2, queries.today().isoformat(),
    )  # fmt: skip
    actions.expire_entry(people.manager, entry.pk)
    entry.refresh_from_db()
    assert (entry.life, told(people)) == (Life.WITHDRAWN, [])


def test_a_draft_given_up_leaves_what_is_published(people: Any) -> None:
    entry = published(people)
    actions.write_draft(people.writer, draft(answer="改"), entry_id=entry.pk)
    actions.drop_draft(people.writer, entry.pk)
    assert told(people) == ["按当地标准每次 8 元。"]
    assert actions.write_draft(people.writer, draft(answer="再改"), entry_id=entry.pk).number == 3
    fresh = actions.write_draft(people.writer, draft(question="另一问"), org=people.org).entry
    actions.drop_draft(people.writer, fresh.pk)
    fresh.refresh_from_db()
    assert fresh.life == Life.WITHDRAWN


def test_one_edits_at_a_time_and_whoever_takes_over_is_on_record(people: Any) -> None:
    entry = published(people)
    assert actions.hold(people.writer, entry.pk).holder_id == people.writer.id
    assert actions.hold(people.reader, entry.pk).holder_id == people.writer.id
    assert actions.hold(people.reader, entry.pk, take_over=True).holder_id == people.reader.id
    assert "knowledge.taken_over" in {event.kind for event in timeline("standard_question", entry.pk)}
    EditLock.objects.update(seen_at=dt.datetime(2022, 1, 1, tzinfo=dt.UTC))
    assert actions.hold(people.writer, entry.pk).holder_id == people.writer.id
    actions.let_go(people.writer, entry.pk)
    assert not EditLock.objects.exists()


def test_colleagues_comment_answer_and_resolve(people: Any, actor_for_role: Any) -> None:
    entry = published(people)
    first = actions.comment(people.reader, entry.pk, "价目过时了吧？")
    actions.comment(people.writer, entry.pk, "已核对，仍有效", parent_id=first.pk)
    assert actions.resolve_comment(people.writer, first.pk).resolved_by_id == people.writer.id
    with refused(Conflict):
        actions.resolve_comment(people.reader, first.pk)
    with refused(NotAllowed):
        actions.comment(actor_for_role("agent"), entry.pk, "？")


def test_the_review_cycle_begins_anew_when_somebody_confirms(people: Any) -> None:
    entry = published(people, review_months=6)
    assert entry.next_review_on is not None
    StandardQuestion.objects.filter(pk=entry.pk).update(next_review_on=queries.today() - dt.timedelta(days=1))
    assert actions.confirm_current(people.reader, entry.pk).next_review_on == entry.next_review_on


def test_an_article_may_be_long_and_a_short_answer_may_not(people: Any) -> None:
    with refused(InvalidInput) as caught:
        actions.write_draft(people.writer, draft(answer="长" * 2001), org=people.org)
    assert "answer" in caught.value.fields
    made = actions.write_draft(people.writer, draft(answer="长" * 20000, kind="article"), org=people.org)
    assert made.content["kind"] == "article"


def test_what_ships_is_published_as_version_one_and_a_new_shipment_is_the_next() -> None:
    row = StandardQuestion.objects.get(code="outage.trip")
    assert row.revisions.get().state == Stage.PUBLISHED
    StandardQuestion.objects.filter(pk=row.pk).update(answer="旧")
    assert sync_knowledge() == 1
    row.refresh_from_db()
    assert (row.version, row.revisions.get(state=Stage.PUBLISHED).content["answer"]) == (2, row.answer)


def test_what_the_whole_company_shares_is_edited_from_the_top(actor_for_role: Any, org_tree: Any) -> None:
    shared = StandardQuestion.objects.get(code="price.tiers")
    top = actor_for_role("knowledge_editor", org_tree.company)
    assert actions.write_draft(top, draft(question=shared.question), entry_id=shared.pk).number == 2
    assert told_by_code(shared.code) != "按当地标准每次 8 元。"


def told_by_code(code: str) -> str:
    return StandardQuestion.objects.get(code=code).answer


def test_a_refused_late_edit_keeps_the_typed_text_and_shows_both(browser_for: Any, org_tree: Any, people: Any) -> None:
    row = actions.write_draft(people.writer, draft(), org=people.org)
    seen = mark_of(row.entry, row)
    actions.write_draft(people.reader, draft(answer="第二人写的"), entry_id=row.entry_id, seen=seen)
    browser = browser_for("knowledge_editor", org_tree.province)
    typed = {
        "kind": "qa", "scene": "price", "question": "空中飞车充电怎么收费", "answer": "第一人写的", "source": "试用价目",
        "trust": "K", "public": "on", "review_months": "12", "seen": seen,
    }  # fmt: skip
    late = browser.post(f"/staff/knowledge/{row.entry_id}/write/", typed)
    page = late.content.decode()
    assert late.status_code == 422
    assert "第一人写的" in page
    assert "<del>" in page
    mark = mark_of(row.entry, Revision.objects.get(pk=row.pk))
    assert browser.post(f"/staff/knowledge/{row.entry_id}/write/", typed | {"override": mark}).status_code == 302
    assert Revision.objects.get(pk=row.pk).content["answer"] == "第一人写的"
