"""Unanswered questions come to an editor once, in groups, and what the editor decides is remembered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.knowledge.actions import Draft
from denghuo.apps.knowledge.actions.asking import digest_of
from denghuo.apps.knowledge.learned import release_model
from denghuo.apps.knowledge.learning import deciding, frozen, gathering, jobs, mining, sources, training
from denghuo.apps.knowledge.learning.following import follow_contacts, mark_contact
from denghuo.apps.knowledge.learning.mining import proposed, question_in
from denghuo.apps.knowledge.learning.sources import Said, Source, Told
from denghuo.apps.knowledge.models import (
    Asked,
    FrozenCase,
    LearnedModel,
    QuestionCluster,
    Revision,
    StandardQuestion,
    TrainingRun,
    TypedAnswer,
    UnknownQuestion,
)
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.jobs.progressing import Progress

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
GONE = ("电动三轮车的电瓶能不能在楼道里充电", "电动三轮车电瓶可以在楼道充电吗", "楼道里给电动三轮车电瓶充电行不行")
OTHER = ("无人机能不能帮忙检查高压铁塔", "可不可以用无人机检查高压铁塔")


def ask_row(text: str, **more: Any) -> Asked:
    fields = {"by": "customer", "outcome": "refuse", "at": moment.now() - HOUR} | more
    return Asked.objects.create(text=text, digest=digest_of(text), **fields)


def group_all(system: Actor) -> None:
    gathering.gather(system)
    gathering.group(system)


@pytest.fixture
def editor(actor_for_role: Any, org_tree: Any) -> Actor:
    return actor_for_role("knowledge_editor", org_tree.company)


def test_like_questions_share_a_group_and_unlike_ones_do_not(system: Actor, db: None) -> None:
    for text in (*GONE, *OTHER):
        ask_row(text)
    group_all(system)
    of = {row.text: row.cluster_id for row in UnknownQuestion.objects.all()}
    assert len({of[text] for text in GONE}) == 1 and of[GONE[0]] is not None
    assert of[OTHER[0]] == of[OTHER[1]] != of[GONE[0]]


def test_a_group_keeps_its_number_when_a_question_joins(system: Actor) -> None:
    for text in GONE[:2]:
        ask_row(text)
    group_all(system)
    before = QuestionCluster.objects.get()
    ask_row(GONE[2])
    group_all(system)
    after = QuestionCluster.objects.get()
    assert (after.pk, after.size, after.times) == (before.pk, 3, 3)


def test_gathering_twice_counts_each_question_once(system: Actor) -> None:
    for _n in range(3):
        ask_row(GONE[0])
    group_all(system)
    group_all(system)
    row = UnknownQuestion.objects.get()
    assert row.times == 3 and sum(row.weeks.values()) == 3


def test_what_the_asker_may_still_choose_or_was_solved_is_left_alone(system: Actor) -> None:
    ask_row(GONE[0], outcome="choices", at=moment.now())
    ask_row(GONE[1], outcome="choices", solved=True)
    ask_row(OTHER[0], by="editor")
    ask_row("你好", outcome="refuse")
    assert gathering.gather(system) == 0


def test_an_answer_that_did_not_help_counts_as_unanswered(system: Actor) -> None:
    ask_row(GONE[0], outcome="answer", solved=False)
    assert gathering.gather(system) == 1


def test_an_ignored_wording_never_comes_back(system: Actor, editor: Actor) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    cluster = QuestionCluster.objects.get()
    deciding.ignore(editor, cluster.pk, "与用电无关")
    assert Asked.objects.filter(dealt_with="ignored").count() == 3
    again = ask_row(GONE[0])
    group_all(system)
    again.refresh_from_db()
    assert again.dealt_with == "ignored" and not QuestionCluster.objects.filter(state="open").exists()


def test_ignoring_needs_a_reason_and_the_right_to_edit(system: Actor, editor: Actor, actor_for_role: Any) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    cluster = QuestionCluster.objects.get()
    with pytest.raises(InvalidInput) as refused:
        deciding.ignore(editor, cluster.pk, " ")
    assert "reason" in refused.value.fields
    with pytest.raises(NotAllowed):
        deciding.ignore(actor_for_role("agent"), cluster.pk, "与用电无关")


def test_a_new_question_is_a_draft_with_the_chosen_wordings(system: Actor, editor: Actor) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    cluster = QuestionCluster.objects.get()
    chosen = list(cluster.members.filter(text__in=GONE[:2]).values_list("pk", flat=True))
    draft = Draft(
        scene="safety", question="楼道里可以给电瓶充电吗", answer="不可以。", similar=GONE[:2], source="消防法"
    )
    revision = deciding.make_new(editor, cluster.pk, draft, members=chosen)
    assert revision.state == "draft" and not revision.entry.active
    assert set(revision.content["similar"]) == set(GONE[:2])
    cluster.refresh_from_db()
    assert (cluster.state, cluster.size) == ("open", 1)


def test_wordings_go_into_the_next_draft_and_what_is_published_stays(system: Actor, editor: Actor) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    entry = StandardQuestion.objects.get(code="outage.report")
    before = list(entry.similar)
    deciding.add_wordings(editor, QuestionCluster.objects.get().pk, entry.pk)
    entry.refresh_from_db()
    content = Revision.objects.get(entry=entry, state="draft").content
    assert entry.similar == before and set(GONE) <= set(content["similar"])


def test_a_negative_wording_leaves_the_similar_ones(system: Actor, editor: Actor) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    cluster, entry = QuestionCluster.objects.get(), StandardQuestion.objects.get(code="outage.report")
    keys = list(cluster.members.values_list("pk", flat=True))
    deciding.add_wordings(editor, cluster.pk, entry.pk, members=keys[:1])
    deciding.add_wordings(editor, cluster.pk, entry.pk, members=keys[1:], negative=True)
    content = Revision.objects.get(entry=entry, state="draft").content
    assert len(set(GONE) & set(content["negative"])) == 2 and len(set(GONE) & set(content["similar"])) == 1


def test_a_group_can_be_split_and_put_together_again(system: Actor, editor: Actor) -> None:
    for text in GONE:
        ask_row(text)
    group_all(system)
    cluster = QuestionCluster.objects.get()
    one = cluster.members.first()
    other = deciding.split(editor, cluster.pk, [one.pk])
    assert (other.size, QuestionCluster.objects.get(pk=cluster.pk).size) == (1, 2)
    deciding.move(editor, other.pk, [one.pk], cluster.pk)
    assert QuestionCluster.objects.get(pk=other.pk).state == "done"
    assert QuestionCluster.objects.get(pk=cluster.pk).size == 3
    with pytest.raises(Conflict):
        deciding.split(editor, cluster.pk, list(cluster.members.values_list("pk", flat=True)))


def test_old_texts_are_forgotten_and_decisions_remembered(system: Actor, editor: Actor) -> None:
    for text in (*GONE, *OTHER):
        ask_row(text)
    group_all(system)
    decided = UnknownQuestion.objects.get(text=GONE[0]).cluster
    deciding.ignore(editor, decided.pk, "与用电无关")
    gathering.forget(system, before=moment.now() + HOUR)
    assert not UnknownQuestion.objects.exclude(text="").exists()
    assert UnknownQuestion.objects.get(digest=digest_of(GONE[0])).decision == "ignored"
    assert not UnknownQuestion.objects.filter(digest=digest_of(OTHER[0])).exists()


def test_a_bad_rating_marks_the_questions_of_the_conversation_once(system: Actor) -> None:
    row, other = ask_row(GONE[0], contact_id=7, by="bot"), ask_row(GONE[1], contact_id=8)

    class Happened:
        kind, subject_id, payload = "contact.rated", 7, {"score": 2, "resolved": None}

    follow_contacts(Happened())  # type: ignore[arg-type]
    row.refresh_from_db()
    other.refresh_from_db()
    assert row.dissatisfied and not other.dissatisfied
    assert mark_contact(system, 7, dissatisfied=True) == 0


def test_a_hand_over_marks_what_the_robot_was_asked(system: Actor) -> None:
    robot, agent = ask_row(GONE[0], contact_id=7, by="bot"), ask_row(GONE[1], contact_id=7, by="agent")
    assert mark_contact(system, 7, transferred=True) == 1
    robot.refresh_from_db()
    agent.refresh_from_db()
    assert robot.transferred and not agent.transferred


def test_a_good_rating_marks_nothing(system: Actor) -> None:
    row = ask_row(GONE[0], contact_id=7)

    class Happened:
        kind, subject_id, payload = "contact.rated", 7, {"score": 5, "resolved": True}

    follow_contacts(Happened())  # type: ignore[arg-type]
    row.refresh_from_db()
    assert not row.dissatisfied


@pytest.fixture
def talks(monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    told: list[Told] = []
    source = Source(
        "contact",
        "会话",
        lambda after, limit: [one for one in told if one.subject_id > after][:limit],
        lambda after: sum(one.subject_id > after for one in told),
    )
    monkeypatch.setattr(sources, "_sources", {"contact": source})
    return told


def test_questions_in_conversations_that_find_nothing_become_gaps(talks: list[Told], system: Actor) -> None:
    reply = "您好，楼道内不允许充电，请到集中充电点。"
    known = Said("家里没电了怎么办", "已为您登记报修，请稍候。")
    strange = Said("我的电话13900001111，火星上的缆车票怎么买", reply)
    talks += [Told(n, moment.now(), None, (known, strange)) for n in (1, 2)]
    jobs.find_gaps()
    row = UnknownQuestion.objects.get(origin="contact")
    assert "13900001111" not in row.text and "缆车票" in row.text and row.times == 2
    assert TypedAnswer.objects.get(unknown=row).times == 2
    assert [one.text for one in proposed([row.pk], 2)] == [reply]
    jobs.find_gaps()
    row.refresh_from_db()
    assert row.times == 2


def test_only_sentences_that_ask_are_looked_up() -> None:
    assert question_in("好的，谢谢。") == ""
    assert question_in("我家在柳溪。电表为什么不转？谢谢") == "电表为什么不转？"


def test_the_frozen_set_names_entries_that_exist_and_is_not_taught(db: None) -> None:
    cases = frozen.shipped()
    codes = set(StandardQuestion.objects.values_list("code", flat=True))
    wordings = {digest_of(text) for row in StandardQuestion.objects.all() for text in row.questions}
    assert len(cases) >= 120 and sum(not case["code"] for case in cases) >= 30
    assert {case["code"] for case in cases if case["code"]} <= codes
    digests = [digest_of(case["text"]) for case in cases]
    assert len(set(digests)) == len(digests) and not wordings & set(digests)
    assert FrozenCase.objects.filter(shipped=True).count() == len(cases)


def test_a_case_without_such_an_entry_is_refused_with_the_remedy(editor: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        frozen.add_case(editor, "电表坏了", "meter.nothing")
    assert "code" in refused.value.fields
    row = frozen.add_case(editor, "电表坏了打13900001111找谁", "")
    assert "13900001111" not in row.text


def _small_base() -> None:
    StandardQuestion.objects.exclude(scene__in=["outage", "price", "pay"]).update(active=False)


def test_training_keeps_a_measured_candidate_and_only_a_better_one_is_released(
    system: Actor, actor_for_role: Any, org_tree: Any
) -> None:
    _small_base()
    manager = actor_for_role("manager", org_tree.company)
    run = TrainingRun.objects.create(kind="ranker", asked_at=moment.now())
    model = training.run(system, run.pk, Progress(None, None))
    assert model is not None
    card = model.card
    assert card["frozen"]["n"] >= 30 and set(card["before"]) == set(card["after"])
    assert 0 < card["before"]["first"] <= 1 and card["trained_on"]["questions"] > 50
    better = card["frozen"] | {"before": 0.5, "after": 0.6}
    model.card = card | {"better": False, "frozen": better}
    model.save()
    with pytest.raises(Conflict) as refusal:
        release_model(manager, model.pk)
    assert refusal.value.code == "not_better", "a higher figure that may be chance is not enough"
    model.card = card | {"better": True, "frozen": better}
    model.save()
    release_model(manager, model.pk)
    model.refresh_from_db()
    assert model.state == "released"


@pytest.mark.parametrize(
    ("kind", "told", "passes"),
    [
        ("ranker", {"better": True}, True),
        ("ranker", {"better": False}, False),
        ("ranker", {}, False),
        ("intent", {"better": False}, False),
        ("intent", {}, True),
        ("class", {}, True),
    ],
)
def test_one_rule_releases_a_model_and_both_pages_show_it(
    browser_for: Any, org_tree: Any, kind: str, told: dict[str, Any], passes: bool
) -> None:
    frozen_figures = {"set": "测评集", "n": 50, "measure": "处理正确的比例", "before": 0.8, "after": 0.9}
    row = LearnedModel.objects.create(
        kind=kind, number=1, artifact=b"", card={"frozen": frozen_figures, **told}, trained_at=moment.now()
    )
    page = browser_for("manager", org_tree.province)
    for path in ("models", "learning/models"):
        url = f"/staff/knowledge/{path}/{row.pk}/"
        shown = page.get(url).content.decode()
        assert (f"{url}release/" in shown) is passes
        assert ("不能发布" in shown) is not passes
        if not passes:
            page.post(f"{url}release/")
            row.refresh_from_db()
            assert row.state == "candidate"


def test_chosen_answers_teach_and_the_frozen_set_does_not(db: None) -> None:
    entry = StandardQuestion.objects.get(code="outage.report")
    ask_row("黑灯瞎火了找你们", chosen=entry)
    ask_row("这个没帮上忙", chosen=entry, solved=False)
    case = FrozenCase.objects.filter(active=True).first()
    Asked.objects.create(text=case.text, digest=case.digest, by="bot", outcome="choices", chosen=entry, at=moment.now())
    pairs = training.feedback({case.digest})
    assert pairs == [("黑灯瞎火了找你们", {entry.pk})]


def test_too_few_conversations_train_no_intents(system: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_labels", {"intent": lambda: iter([("没电了", "fault_report")])})
    run = TrainingRun.objects.create(kind="intent", asked_at=moment.now())
    assert training.run(system, run.pk, Progress(None, None)) is None
    run.refresh_from_db()
    assert run.state == "done" and run.note


def test_a_second_training_waits_for_the_first(editor: Actor) -> None:
    training.ask_training(editor, "ranker")
    with pytest.raises(Conflict):
        training.ask_training(editor, "ranker")


def test_only_the_product_gathers(editor: Actor) -> None:
    for act in (gathering.gather, gathering.group):
        with pytest.raises(NotAllowed):
            act(editor)
    with pytest.raises(NotAllowed):
        mining.take_portion(editor, "contact", [])
