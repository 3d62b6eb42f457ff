"""Knowledge from the editor's first word to the customer's answer, in real browsers: written, passed by a second person,
found, withdrawn; brought in from a workbook; walked as a graph."""

from __future__ import annotations

import io
import re
import time
import uuid
from typing import Any
from urllib.parse import quote

from openpyxl import Workbook  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from e2e.browser import DESK, PHONE, Visitor, Visitors
from e2e.test_robot import begin, told

ASKED = "我妈腿脚不方便，你们大厅有没有轮椅借"
ANSWER = "可以。营业厅备有轮椅，在门口引导台登记即可免费借用，离开前归还。"


def write_entry(editor: Visitor, question: str) -> Page:
    """A standard question with other wordings, handed in for review."""
    page = editor.go("/staff/knowledge/new/")
    page.get_by_label("标准问").fill(question)
    page.get_by_label("答案").fill(ANSWER)
    page.get_by_label("相似问").fill("老人走不动路大厅能坐轮椅吗\n营业厅有没有轮椅借\n我妈腿脚不好去厅里有轮椅用不")
    page.get_by_label("场景").select_option("service")
    page.get_by_label("依据").fill("营业厅便民服务规定")
    page.get_by_label("可发给客户").check()
    page.get_by_role("button", name="保存并提交审核").click()
    expect(page.locator("h1")).to_have_text(question)
    return page


def asked_in(county: int) -> str:
    """Where somebody who lives in ``county`` asks."""
    return f"/hall/answers/?q={quote(ASKED)}&org={county}"


def until_found(person: Visitor, path: str, question: str) -> float:
    """Seconds until the public search tells of ``question``."""
    began = time.monotonic()
    while question not in person.context.request.get(person.base + path).text():
        assert time.monotonic() - began < 30, "published and never found"
        time.sleep(0.1)
    return time.monotonic() - began


def passed_and_published(boss: Visitor, path: str) -> None:
    """A second person reads it, passes it, and publishes it."""
    page = boss.go(path)
    page.get_by_role("button", name="审核通过").click()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_role("heading", name="客户看到的答案")).to_be_visible()


def withdrawn(boss: Visitor, path: str) -> None:
    page = boss.go(path)
    page.get_by_role("button", name="设为失效").click()
    page.locator("#dh-confirm [data-confirm-ok]").click()
    expect(page.get_by_role("button", name="设为失效")).to_have_count(0)


def workbook(mark: str) -> dict[str, Any]:
    """Three rows, the second without an answer."""
    book = Workbook()
    sheet = book.active
    sheet.append(["标准问", "答案", "相似问", "场景", "依据"])
    for place, (question, answer) in enumerate(
        [
            ("营业厅能给手机充电吗", "可以，大厅的便民台有充电线，请自带手机看管。"),
            ("营业厅有没有母婴室", ""),
            ("营业厅可以带宠物进去吗", "导盲犬可以进入；其他宠物请寄放在门口的寄存处。"),
        ]
    ):
        sheet.append([f"{question}（{mark}{place}）", answer, "大厅里行不行", "服务规定", "营业厅便民服务规定"])
    out = io.BytesIO()
    book.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": f"便民服务{mark}.xlsx", "mimeType": kind, "buffer": out.getvalue()}


def test_an_answer_passed_by_a_second_person_is_told_within_two_seconds_and_withdrawn_is_told_no_more(
    visitor: Visitors, town: Any
) -> None:
    path_of = asked_in(min(town.counties()))
    editor, boss, caller = visitor(DESK, "knowledge_editor"), visitor(DESK, "manager"), visitor(PHONE)
    question = f"营业厅可以借用轮椅吗（{uuid.uuid4().hex[:4]}）"
    page = write_entry(editor, question)
    path = page.url.removeprefix(editor.base)
    expect(page.get_by_text("须由另一位同事审核")).to_be_visible()
    expect(page.get_by_role("button", name="审核通过")).to_have_count(0)
    expect(caller.go(path_of).locator("main")).not_to_contain_text(question)
    chat = begin(caller)
    passed_and_published(boss, path)
    assert until_found(boss, path_of, question) < 2
    assert ANSWER in told(chat, ASKED)
    found = caller.go(path_of)
    expect(found.get_by_role("heading", name=question)).to_be_visible()
    expect(found.locator("main")).to_contain_text(ANSWER)
    withdrawn(boss, path)
    expect(caller.go(path_of).locator("main")).not_to_contain_text(question)


def test_a_faulty_row_of_a_workbook_is_shown_mended_and_becomes_a_draft_with_the_others(visitor: Visitors) -> None:
    editor = visitor(DESK, "knowledge_editor")
    mark = uuid.uuid4().hex[:4]
    page = editor.go("/staff/knowledge/imports/")
    page.locator("input[type=file]").set_input_files(workbook(mark))
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator(".kn-item")).to_have_count(3, timeout=60_000)
    wrong = page.locator(".kn-item-wrong")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text("母婴室")
    start = page.get_by_role("button", name=re.compile(r"导入 \d+ 条为草稿"))
    expect(start).to_be_disabled()
    wrong.get_by_text("修改或跳过").click()
    wrong.get_by_label("答案").fill("有，在大厅左侧，门上有标志，使用时请从里面上锁。")
    wrong.get_by_role("button", name="保存并重新检查").click()
    expect(wrong).to_have_count(0)
    page.reload()
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_text("已成草稿").first).to_be_visible(timeout=60_000)
    expect(page.locator(".kn-item .dh-badge").filter(has_text="已成草稿")).to_have_count(3)
    page.locator(".kn-item").filter(has_text="母婴室").get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("母婴室")
    expect(page.locator("main")).to_contain_text("门上有标志")
    expect(page.get_by_role("button", name="提交审核")).to_be_visible()


def test_the_graph_is_walked_to_a_neighbour_and_answers_a_question(visitor: Visitors) -> None:
    editor = visitor(DESK, "knowledge_editor")
    page = editor.go("/staff/knowledge/graph/")
    page.locator("main table tbody a").first.click()
    start = page.locator("h1").inner_text()
    neighbour = page.locator("#kg-list td a[href*='/graph/']").first
    name = neighbour.inner_text()
    neighbour.click()
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("#kg-list")).to_contain_text(start)
    page = editor.go("/staff/knowledge/graph/ask/")
    page.locator(".kg-rows a").first.click()
    expect(page.get_by_role("heading", name="回答")).to_be_visible()
    expect(page.locator(".kg-said")).not_to_be_empty()
    page.get_by_label("问题").fill("今天股票涨了吗")
    page.get_by_role("button", name="问", exact=True).click()
    expect(page.get_by_text("图谱不回答这一句")).to_be_visible()
