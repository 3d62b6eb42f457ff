"""A table taken into the graph: what is wrong stands at its row, nothing holds before a second person has seen it."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest

from denghuo.apps.knowledge.choices import ImportStage
from denghuo.apps.knowledge.graph import queries
from denghuo.apps.knowledge.graph.imports import actions, sheet
from denghuo.apps.knowledge.imports.found import Unreadable
from denghuo.apps.knowledge.models import GraphEntity, GraphRelation, KnowledgeImport
from denghuo.core import sheets
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.jobs import progress
from tests.helpers.refusals import refused

pytestmark = pytest.mark.django_db
TABLE = """名称,类型,属性,从,关系,到,条件,依据
屋顶租赁协议,材料,须出示原件=是,,,,,并网须知
滑板桩受理时限,时限限值,数值=2；单位=工作日,,,,,并网须知
怪东西,妖怪,,,,,,并网须知
屋顶租赁协议,材料,,,,,,并网须知
,,,过户,需要材料,屋顶租赁协议,租用屋顶,并网须知
,,,过户,需要材料,没有的材料,,并网须知
,,,屋顶租赁协议,需要材料,过户,,并网须知
,,,过户,听说,屋顶租赁协议,,并网须知
"""


@pytest.fixture
def editor(actor_for_role: Any, org_tree: Any) -> Any:
    return actor_for_role("knowledge_editor", org_tree.company)


@pytest.fixture
def reviewer(actor_for_role: Any, org_tree: Any) -> Any:
    return actor_for_role("manager", org_tree.company)


def uploaded(actor: Any, text: str = TABLE) -> KnowledgeImport:
    client = uuid.uuid4()
    return actions.upload(actor, client_id=client, name="图谱.csv", chunks=[text.encode()], org=None)


def problems(batch: KnowledgeImport) -> dict[int, list[tuple[str, str]]]:
    rows = batch.items.order_by("place")
    return {item.place: [(code, weight) for code, weight, _text in item.problems] for item in rows if item.problems}


def carried_out(batch: KnowledgeImport) -> KnowledgeImport:
    actions.take_in(batch.pk, progress("导入"))
    batch.refresh_from_db()
    return batch


def test_every_fault_stands_at_its_row_and_rows_may_speak_of_each_other(editor: Any) -> None:
    batch = uploaded(editor)
    assert problems(batch) == {
        4: [("kind", "error")],
        5: [("name", "error")],
        7: [("tail", "error")],
        8: [("head", "error")],
        9: [("relation", "error")],
    }
    texts = {item.place: item.problems[0][2] for item in batch.items.all() if item.problems}
    assert "没有的材料" in texts[7]
    assert "第 2 行" in texts[5]


def test_nothing_holds_before_another_person_has_looked_it_over(
    editor: Any, reviewer: Any, actor_for_role: Any, org_tree: Any
) -> None:
    agent = actor_for_role("agent", org_tree.county)
    batch = uploaded(editor)
    with refused(Conflict) as caught:
        actions.start(reviewer, batch.pk)
    assert "有错误" in caught.value.message
    actions.mend(editor, batch.pk, 7, {"tail": "屋顶租赁协议", "condition": "自有屋顶"}, skip=False)
    assert 7 not in problems(batch)
    assert actions.skip_wrong(editor, batch.pk) == 4
    with refused(Conflict) as caught:
        actions.start(editor, batch.pk)
    assert "另一位同事" in caught.value.message
    with refused(NotAllowed):
        actions.start(agent, batch.pk)
    assert not GraphEntity.objects.filter(name="屋顶租赁协议").exists()
    actions.start(reviewer, batch.pk)
    assert carried_out(batch).state == ImportStage.DONE
    made = GraphEntity.objects.get(name="屋顶租赁协议")
    assert (made.kind, made.attributes, made.org) == ("material", {"original": True}, None)
    limit = GraphEntity.objects.get(name="滑板桩受理时限")
    assert limit.attributes == {"value": 2, "unit": "工作日"}
    said = GraphRelation.objects.filter(tail=made, state="confirmed").order_by("condition")
    assert {one.condition for one in said} == {"租用屋顶", "自有屋顶"}
    assert batch.items.filter(content__has_key="made").count() == 4
    assert any(edge.tail == made.pk for edge in queries.view().network.edges())


def test_what_the_graph_holds_already_is_skipped_and_a_changed_entity_is_changed(editor: Any, reviewer: Any) -> None:
    actions.start(reviewer, uploaded(editor, "名称,类型,别名,依据\n试用材料乙,材料,旧叫法,试用\n").pk)
    carried_out(KnowledgeImport.objects.get())
    same = uploaded(editor, "名称,类型,别名,依据\n试用材料乙,材料,旧叫法,试用\n")
    assert problems(same) == {2: [("same", "warn")]}
    with refused(Conflict) as caught:
        actions.start(reviewer, same.pk)
    assert "没有要导入" in caught.value.message
    changed = uploaded(editor, "名称,类型,别名,依据\n试用材料乙,材料,新叫法,试用\n")
    assert problems(changed) == {2: [("like", "warn")]}
    actions.start(reviewer, changed.pk)
    carried_out(changed)
    row = GraphEntity.objects.get(name="试用材料乙")
    assert (row.aliases, row.version) == (["新叫法"], 2)


def test_what_is_exported_comes_back_as_nothing_new(editor: Any) -> None:
    heads = list(sheet.HEADS.values())
    rows = list(sheet.rows(editor))
    entities = [row for row in rows if row[0]][:25]
    statements = [row for row in rows if row[heads.index("从")]][:25]
    assert len(entities) == len(statements) == 25
    file = io.BytesIO()
    sheets.write(file, "xlsx", heads, entities + statements)
    batch = actions.upload(editor, client_id=uuid.uuid4(), name="a.xlsx", chunks=[file.getvalue()], org=None)
    found = problems(batch)
    wrong = {place: told for place, told in found.items() if any(weight == "error" for _code, weight in told)}
    assert wrong == {}
    same = sum(told == [("same", "warn")] for told in found.values())
    assert same >= 45


def test_a_table_without_the_columns_says_which_are_needed() -> None:
    with pytest.raises(Unreadable, match="名称、类型"):
        sheet.read("标准问,答案\na,b\n".encode())


def test_the_screens_show_the_rows_mend_them_and_let_a_reviewer_decide(browser_for: Any, org_tree: Any) -> None:
    editor = browser_for("knowledge_editor", org_tree.company)
    page = editor.get("/staff/knowledge/graph/imports/").content.decode()
    assert "下载 Excel 模板" in page
    file = io.BytesIO(TABLE.encode())
    file.name = "图谱.csv"
    answer = editor.post("/staff/knowledge/graph/imports/", {"file": file, "org": "", "source": ""})
    assert answer.status_code == 302, answer.content.decode()[:500]
    path = answer["Location"]
    page = editor.get(path).content.decode()
    assert page.count("kn-item-wrong") == 5
    assert "须由另一位" not in page, "first the faults"
    answer = editor.post(f"{path}rows/4/?show=wrong", {"kind": "材料"})
    assert answer.content.decode().count("kn-item-wrong") == 4
    assert editor.post(f"{path}skip-wrong/").status_code == 302
    assert "须由另一位" in editor.get(path).content.decode()
    assert editor.post(f"{path}start/").status_code in {302, 403}
    boss = browser_for("manager", org_tree.company)
    assert "复核通过" in boss.get(path).content.decode()
    assert boss.post(f"{path}rows/4/", {"kind": "材料"}).status_code == 403
    assert boss.post(f"{path}start/").status_code == 302
    assert KnowledgeImport.objects.get().state == ImportStage.RUNNING
    bad = io.BytesIO(b"a,b\n1,2\n")
    bad.name = "x.csv"
    refusal = editor.post("/staff/knowledge/graph/imports/", {"file": bad, "org": "", "source": "须知"})
    assert refusal.status_code == 422
    assert "名称、类型" in refusal.content.decode()
    assert "须知" in refusal.content.decode()
    assert editor.get("/staff/knowledge/graph/imports/template/").status_code == 200
    assert "图谱.csv" not in editor.get("/staff/knowledge/imports/").content.decode()
