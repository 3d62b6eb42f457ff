"""Taking in documents: what is recognised, what is said of it, and that nothing wrong slips in or is lost."""

from __future__ import annotations

import io
import uuid
from typing import Any

import docx
import pytest

from denghuo.apps.knowledge import actions
from denghuo.apps.knowledge.actions import checking, importing
from denghuo.apps.knowledge.choices import ImportStage, Life, PairState
from denghuo.apps.knowledge.diffing import compare
from denghuo.apps.knowledge.duplicates import Wording, dice, features, find_alike
from denghuo.apps.knowledge.imports import reading, sheet
from denghuo.apps.knowledge.imports.found import Unreadable
from denghuo.apps.knowledge.markdown import linked_entries, render
from denghuo.apps.knowledge.models import BaseCheck, DuplicatePair, KnowledgeImport, StandardQuestion
from denghuo.core import sheets
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.jobs import progress
from tests.helpers.refusals import refused

MARKDOWN = """# 电动滑板充电

## 滑板充一次电多少钱
每次约 3 元。

相似问：滑板充电费用；充滑板贵不贵
依据：试用价目

## 滑板可以在楼道充电吗
答：不可以。
反例问：
- 汽车在楼道充电
"""


def lines_found(data: bytes, format: str) -> list[tuple[str, str]]:
    return [(one.question, one.answer) for one in reading.read(data, format)]


def test_markdown_headings_are_questions_and_named_lines_find_their_fields() -> None:
    first, second = reading.read(MARKDOWN.encode(), "md")
    assert (first.question, first.answer) == ("滑板充一次电多少钱", "每次约 3 元。")
    assert (first.similar, first.more["source"]) == (["滑板充电费用", "充滑板贵不贵"], "试用价目")
    assert (second.answer, second.negative) == ("不可以。", ["汽车在楼道充电"])
    assert second.context == "电动滑板充电"


def test_questions_without_headings_are_known_by_their_marks() -> None:
    text = "问：几点上班？\n答：八点。\n2、周末休息吗？\n不休息。\n"
    assert lines_found(text.encode("gb18030"), "md") == [("几点上班？", "八点。"), ("周末休息吗？", "不休息。")]


def test_a_word_file_gives_headings_and_tables() -> None:
    document = docx.Document()
    document.add_heading("滑板怎么充电", 2)
    document.add_paragraph("用原装充电器。")
    table = document.add_table(rows=2, cols=2)
    for place, text in enumerate(("问题", "答案", "滑板坏了找谁", "找厂家。")):
        table.cell(place // 2, place % 2).text = text
    file = io.BytesIO()
    document.save(file)
    assert reading.format_of(file.getvalue(), "a.docx") == "docx"
    assert lines_found(file.getvalue(), "docx") == [("滑板怎么充电", "用原装充电器。"), ("滑板坏了找谁", "找厂家。")]


def test_a_table_without_the_columns_and_an_old_file_say_what_to_do() -> None:
    with pytest.raises(Unreadable, match="标准问"):
        reading.read("名称,说明\na,b\n".encode(), "csv")
    with pytest.raises(Unreadable, match="另存"):
        reading.format_of(b"\xd0\xcf\x11\xe0aaaa", "a.doc")
    with pytest.raises(Unreadable):
        reading.read(b"%PDF-1.4 broken", "pdf")


def test_changes_are_shown_by_the_word_and_give_both_texts_back() -> None:
    old, new = "每次 45 分钟内到达，农村 90 分钟。", "每次 30 分钟内到达，农村 90 分钟。"
    pieces = compare(old, new)
    assert [(p.how, p.text) for p in pieces if p.how != "same"] == [("gone", "45"), ("new", "30")]
    assert "".join(p.text for p in pieces if p.how != "new") == old
    assert "".join(p.text for p in pieces if p.how != "gone") == new


def test_an_article_carries_no_html_of_its_writer() -> None:
    html = render("# 标题\n\n<script>x</script> [a](javascript:alert(1))\n\n|a|\n|-|\n|1|\n")
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<table" in html
    assert linked_entries("看 [这条](/hall/answers/12/) 和 [那条](https://x.test/hall/answers/13/)") == {12, 13}


def test_no_pair_above_the_threshold_is_missed() -> None:
    texts = [
        "停电了怎么报修",
        "停电怎么报修",
        "停电了怎么报修呢",
        "电费怎么交",
        "电费在哪里交",
        "报修停电怎么办",
        "交电费怎么交",
    ]
    wordings = [Wording(place, text) for place, text in enumerate(texts)]
    for threshold in (0.4, 0.6, 0.8, 1.0):
        quick = {(one.first, one.second) for one in find_alike(wordings, threshold)}
        slow = {
            (a, b) for a in range(len(texts)) for b in range(a + 1, len(texts))
            if dice(features(texts[a]), features(texts[b])) >= threshold
        }  # fmt: skip
        assert quick == slow


@pytest.fixture
def editor(actor_for_role: Any, org_tree: Any) -> Any:
    return actor_for_role("knowledge_editor", org_tree.province)


def uploaded(editor: Any, org: Any, data: bytes, name: str, **more: Any) -> KnowledgeImport:
    row = importing.upload(editor, client_id=uuid.uuid4(), name=name, chunks=[data], org=org, **more)
    importing.read_in(row.pk, progress("x"))
    row.refresh_from_db()
    return row


@pytest.mark.django_db
def test_a_file_is_previewed_mended_and_taken_in_as_drafts(editor: Any, org_tree: Any) -> None:
    text = MARKDOWN + "\n## 滑板客服电话\n请打 13900000000。\n"
    row = uploaded(editor, org_tree.province, text.encode(), "滑板.md")
    assert (row.state, row.items.count(), row.data) == (ImportStage.READY, 3, None)
    faults = {item.place: {one[0] for one in item.problems if one[1] == "error"} for item in row.items.all()}
    assert faults == {1: set(), 2: {"source"}, 3: {"source", "answer"}}
    with refused(Conflict):
        importing.start_import(editor, row.pk)
    assert not StandardQuestion.objects.filter(question__contains="滑板").exists()
    importing.mend_item(editor, row.pk, 2, {"source": "安全规定"}, skip=False)
    importing.mend_item(editor, row.pk, 3, {}, skip=True)
    importing.start_import(editor, row.pk)
    importing.take_in(row.pk, progress("x"))
    row.refresh_from_db()
    made = StandardQuestion.objects.filter(question__contains="滑板")
    assert (row.state, {entry.life for entry in made}, made.count()) == (ImportStage.DONE, {Life.DRAFT}, 2)


@pytest.mark.django_db
def test_a_file_nothing_is_found_in_fails_with_a_reason_and_a_wrong_one_is_refused(editor: Any, org_tree: Any) -> None:
    row = uploaded(editor, org_tree.province, "只有一段话".encode(), "a.txt")
    assert (row.state, bool(row.note)) == (ImportStage.FAILED, True)
    with refused(InvalidInput) as caught:
        uploaded(editor, org_tree.province, b"\x89PNG....", "a.png")
    assert "file" in caught.value.fields


@pytest.mark.django_db
def test_what_was_exported_comes_back_unchanged_or_as_a_new_version(actor_for_role: Any, org_tree: Any) -> None:
    editor = actor_for_role("knowledge_editor", org_tree.company)
    rows = StandardQuestion.objects.filter(code__in=["outage.trip", "price.tiers"]).order_by("code")
    cells = list(sheet.sheet_rows(rows))
    place = list(sheet.HEADS).index("answer")
    cells[1][place] = "改过的答案。"
    file = io.BytesIO()
    sheets.write(file, "xlsx", list(sheet.HEADS.values()), cells)
    row = uploaded(editor, None, file.getvalue(), "导出.xlsx")
    first, second = row.items.all()
    assert (first.skipped, first.problems[0][0]) == (True, "same")
    assert (second.skipped, second.wrong) == (False, False)
    importing.start_import(editor, row.pk)
    importing.take_in(row.pk, progress("x"))
    entry = StandardQuestion.objects.get(code="price.tiers")
    assert entry.answer != "改过的答案。"
    assert entry.revisions.get(state="draft").content["answer"] == "改过的答案。"


@pytest.mark.django_db
def test_duplicates_are_found_decided_once_and_merged_as_a_draft(system: Any, org_tree: Any) -> None:
    draft = actions.Draft(
        scene="price", question="滑板充电多少钱一次", answer="3 元。", source="试", similar=("甲乙丙丁",)
    )
    one = actions.write_entry(system, draft, org=org_tree.province)
    other = actions.write_entry(
        system, actions.Draft(scene="price", question="滑板坏了", answer="修。", source="试",
                              similar=("滑板充电多少钱一次呢",)), org=org_tree.province,
    )  # fmt: skip
    check = BaseCheck.objects.create(kind="duplicates", started_at="2026-01-01T00:00:00Z")
    checking.run(check.pk, progress("x"))
    pair = DuplicatePair.objects.get(left=one, right=other)
    checking.merge_wordings(system, pair.pk, keep="left")
    assert other.revisions.get(state="draft").content["similar"] == []
    again = BaseCheck.objects.create(kind="duplicates", started_at="2026-01-02T00:00:00Z")
    checking.run(again.pk, progress("x"))
    assert DuplicatePair.objects.get(left=one, right=other).state == PairState.MERGED


@pytest.mark.django_db
def test_screens_of_the_editor_open_and_cost_few_statements(browser_for: Any, org_tree: Any, system: Any) -> None:
    from tests.helpers.query_counts import counted

    made = actions.write_entry(
        system,
        actions.Draft(scene="price", question="滑板充电多少钱", answer="3 元。", source="试"),
        org=org_tree.province,
    )
    editor = browser_for("knowledge_editor", org_tree.province)
    actions.write_draft(
        system, actions.Draft(scene="price", question="滑板充电多少钱", answer="4 元。", source="试"), entry_id=made.pk
    )
    editor.get("/staff/knowledge/")
    with counted("pages.knowledge.list"):
        assert editor.get("/staff/knowledge/").status_code == 200
    editor.get(f"/staff/knowledge/{made.pk}/")  # templates are read and small tables held before anything is counted
    with counted("pages.knowledge.entry"):
        page = editor.get(f"/staff/knowledge/{made.pk}/").content.decode()
    assert "<del>" in page
    assert "<ins>" in page
    for path in (
        "view/mine/", "view/review/", "view/publish/", "view/expiring/", "view/due/", "view/ended/", "new/",
        f"{made.pk}/write/", f"{made.pk}/compare/", "imports/", "health/", "health/lost/", "health/links/", "health/unused/",
        "duplicates/", "export/", "imports/template/",
    ):  # fmt: skip
        assert editor.get(f"/staff/knowledge/{path}").status_code == 200, path
    assert editor.post(f"/staff/knowledge/{made.pk}/hold/").status_code == 200
    assert editor.post("/staff/knowledge/bulk/", {"verb": "submit", "pick": [made.pk]}).status_code == 302
    assert made.revisions.get(state="in_review")


@pytest.mark.django_db
def test_an_entry_goes_from_draft_to_publication_over_rest(browser_for: Any, org_tree: Any) -> None:
    editor = browser_for("knowledge_editor", org_tree.province)
    reader = browser_for("knowledge_editor", org_tree.province)
    manager = browser_for("manager", org_tree.province)
    body = {
        "scene": "price", "question": "滑板充电多少钱", "answer": "3 元。", "source": "试", "org_id": org_tree.province.pk,
    }  # fmt: skip
    root = "/api/v1/knowledge/entries"
    made = editor.post(root, body, content_type="application/json").json()
    pk = made["entry_id"]
    assert editor.post(root, body | {"source": ""}, content_type="application/json").status_code == 422
    assert editor.post(f"{root}/{pk}/submit", {}, content_type="application/json").json()["state"] == "in_review"
    refusal = editor.post(f"{root}/{pk}/review", {"passed": True}, content_type="application/json")
    assert refusal.status_code == 403
    reader.post(f"{root}/{pk}/review", {"passed": True}, content_type="application/json")
    assert manager.post(f"{root}/{pk}/publish", {}, content_type="application/json").json()["state"] == "published"
    assert editor.get(f"{root}/{pk}").json()["state"] == "in_force"
    assert [one["number"] for one in editor.get(f"{root}/{pk}/versions").json()] == [1]
    assert editor.get(f"{root}?q=滑板").json()["total"] == 1
    ended = editor.post(f"{root}/{pk}/withdraw", {}, content_type="application/json").json()
    assert ended["state"] == "withdrawn"
