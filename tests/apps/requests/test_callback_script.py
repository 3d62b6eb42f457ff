"""Call scripts: what is asked, where an answer leads, what it counts as; editions and their faults."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from denghuo.apps.catalogue import actions as catalogue
from denghuo.apps.requests import actions
from denghuo.apps.requests.callbacks.models import CallScript
from denghuo.apps.requests.callbacks.pages.scripts import written
from denghuo.apps.requests.callbacks.script import FOLDER, SCRIPTS, check, hear, parse, script_for
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from tests.apps.requests.test_loop import _call_all_day  # noqa: F401
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

SHIPPED = sorted(FOLDER.glob("*.toml"))


def document(code: str = "fault_report") -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{code}.toml").read_text("utf-8"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_script_is_without_fault_and_in_force(db: None, path: Any) -> None:
    told = tomllib.loads(path.read_text("utf-8"))
    assert check(told, None) == []
    assert {"source", "trust"} <= told.keys()
    assert SCRIPTS.in_force(told["code"]) is not None
    assert all(one.label_en and one.ask_en for one in parse(told).questions)


def test_branches_follow_the_answers() -> None:
    script = parse(document())
    codes = [one.code for one in script.path({"resolved": "no", "charged": "yes"})]
    assert "remains" in codes and "charged_what" in codes
    codes = [one.code for one in script.path({"resolved": "yes", "charged": "no"})]
    assert "remains" not in codes and "charged_what" not in codes


def test_an_answer_off_the_path_does_not_count() -> None:
    heard = hear(parse(document()), {"resolved": "yes", "remains": "again", "satisfaction": "neutral"}, complete=True)
    assert heard.answers == {"resolved": "yes", "satisfaction": "neutral"}
    assert (heard.resolved, heard.satisfaction, heard.arrival_honoured) == (True, "neutral", None)


def test_what_is_missing_or_unknown_is_named_at_its_question() -> None:
    with refused(InvalidInput) as caught:
        hear(parse(document()), {"resolved": "perhaps", "charged_what": "x" * 400}, complete=True)
    assert set(caught.value.fields) == {"q_resolved", "q_satisfaction"}
    assert hear(parse(document()), {"resolved": "no"}, complete=False).resolved is False


@pytest.mark.parametrize(("score", "counts"), [("5", "satisfied"), ("3", "neutral"), ("1", "dissatisfied")])
def test_a_figure_on_a_scale_counts_as_a_satisfaction(score: str, counts: str) -> None:
    heard = hear(parse(document("after_care")), {"resolved": "yes", "satisfaction": score}, complete=True)
    assert heard.satisfaction == counts


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("opening", {"opening": ""}),
    ("questions", {"questions": []}),
    ("questions.a.kind", {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": ""}]}),
    ("questions.a", {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": "song"}]}),
    ("questions.a", {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": "yes_no", "bind": "mood"}]}),
    ("questions.a", {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": "text", "bind": "resolved"}]}),
    ("questions.a", {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": "choice"}]}),
    (
        "questions.a",
        {"questions": [{"code": "a", "label": "甲", "ask": "甲？", "kind": "text", "when": {"b": ["yes"]}}]},
    ),
]


@pytest.mark.parametrize(("where", "change"), FAULTS)
def test_a_faulty_script_is_told_where(where: str, change: dict[str, Any]) -> None:
    assert where in {one.where for one in check({**document(), **change}, None)}


def test_a_script_written_out_reads_back_the_same() -> None:
    told = document()
    assert tomllib.loads(written(told)) == told


def test_a_released_edition_takes_over_and_what_was_recorded_keeps_its_own(world: World) -> None:
    made = world.reviewed()
    old_id, _script = script_for("fault_report", world.org, moment.now())
    plan = world.plan(made)
    actions.record_attempt(
        world.caller, plan.pk, outcome="answered", answers={"resolved": "yes", "satisfaction": "satisfied"},
        script_id=old_id,
    )  # fmt: skip
    editor = Actor.system("tests")
    draft = catalogue.save_draft(editor, "call_script", code="fault_report", document={**document(), "label": "新版"})
    new = catalogue.release(editor, "call_script", draft.pk)
    assert script_for("fault_report", world.org, moment.now())[0] == new.pk
    kept = CallBack.objects.get(pk=plan.pk)
    assert (kept.script_id, kept.satisfaction) == (old_id, "satisfied")
    assert CallScript.objects.get(pk=old_id).label == "故障抢修回访"


def test_a_faulty_draft_is_not_released(db: None) -> None:
    editor = Actor.system("tests")
    draft = catalogue.save_draft(editor, "call_script", code="general", document={"code": "general", "label": "坏"})
    with refused(InvalidInput) as caught:
        catalogue.release(editor, "call_script", draft.pk)
    assert "document" in caught.value.fields
