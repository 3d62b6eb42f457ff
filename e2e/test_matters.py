"""What requests are made of, changed in the browser: a flow from draft to release, a class found by its initials, a request
held and taken up again, the voltage at a meter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from e2e import walk
from e2e.browser import DESK, PHONE, Visitors

LOST = '\n[[states]]\ncode = "lost"\nlabel = "迷路"\nphase = "handling"\n'


def edition_of(page: Page) -> str:
    """The edition of its flow that the request on this page follows."""
    link = page.get_by_role("link", name=re.compile(r"流程 · 第 \d+ 版"))
    return link.get_attribute("href") or ""


def praise(ask: Callable[..., Any], town: Any) -> str:
    caller = town.callers(seed=7)[0]
    body = {
        "type": "praise", "channel": "web_form", "caller_name": caller["name"], "caller_phone": caller["phone"],
        "org_id": caller["org_id"], "address": "灯火路 1 号", "description": "师傅态度好",
    }  # fmt: skip
    return str(ask("/api/v1/requests", body)["number"])


def save_text(page: Page, change: Callable[[str], str]) -> None:
    box = page.get_by_role("textbox").first
    box.fill(change(box.input_value()))
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_load_state()


def test_a_flow_is_redrafted_checked_tried_and_released_and_only_new_requests_follow_it(
    visitor: Visitors, ask: Callable[..., Any], town: Any
) -> None:
    before = praise(ask, town)
    boss = visitor(DESK, "manager")
    was = edition_of(walk.open_request(boss, before))
    page = boss.go("/staff/catalogue/")
    row = page.get_by_role("row").filter(has_text="praise")
    row.get_by_role("link", name=re.compile("全公司 · 第")).click()
    page.get_by_role("button", name="由此版本起草").or_(page.get_by_role("link", name="继续编辑")).first.click()
    page.get_by_role("link", name="文本").click()
    save_text(page, lambda text: text.rstrip() + "\n" + LOST)
    expect(page.locator(".fl-problems")).to_contain_text("迷路")
    page.get_by_role("link", name="发布", exact=True).click()
    expect(page.get_by_role("button", name="发布", exact=True)).to_be_disabled()
    page.get_by_role("link", name="文本").click()
    save_text(page, lambda text: text.split(LOST.strip())[0])
    page.get_by_role("link", name="试运行").click()
    page.get_by_role("button", name="开始试运行").click()
    expect(page.get_by_text("试运行结果")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="发布", exact=True).click()
    page.get_by_role("button", name="发布", exact=True).click()
    page.locator("dialog[open] .btn-primary, dialog[open] .btn-danger").first.click()
    expect(page.locator("h1")).to_contain_text("表扬流程")
    expect(page.get_by_text("生效中").first).to_be_visible()
    assert edition_of(walk.open_request(boss, praise(ask, town))) != was
    assert edition_of(walk.open_request(boss, before)) == was


def test_an_agent_finds_the_class_by_its_initials_and_the_request_carries_it(
    visitor: Visitors, ask: Callable[..., Any], town: Any
) -> None:
    caller, agent = town.callers(seed=9)[0], visitor(DESK, "agent")
    number = walk.report_fault(visitor(PHONE), caller)
    page = walk.open_request(agent, number)
    picker = page.get_by_role("combobox").first
    picker.fill("lb")
    option = page.get_by_role("option").filter(has_text="漏保").first
    expect(option).to_be_visible()
    chosen = option.inner_text().splitlines()[0].strip()
    option.click()
    page.get_by_role("button", name="受理", exact=True).click()
    walk.state_is(agent, "已受理")
    expect(page.locator("main")).to_contain_text(chosen)


def test_a_request_is_held_and_taken_up_again_with_its_clocks(
    visitor: Visitors, ask: Callable[..., Any], town: Any
) -> None:
    caller, boss = town.callers(seed=13)[0], visitor(DESK, "supervisor")
    number = walk.report_fault(visitor(PHONE), caller)
    page = walk.open_request(boss, number)
    page.get_by_role("button", name="受理", exact=True).click()
    walk.state_is(boss, "已受理")
    page.locator("summary").filter(has_text="挂起").first.click()
    held = page.locator("form[action*='/handling/hold/']")
    held.locator("select").first.select_option("weather")
    held.locator("textarea").fill("雷雨，不能登杆")
    held.get_by_role("button", name="挂起").click()
    expect(page.locator("main")).to_contain_text("天气原因")
    page.locator("summary").filter(has_text="恢复").first.click()
    page.locator("form[action*='/handling/resume/'] button").first.click()
    expect(page.locator("form[action*='/handling/hold/']")).to_have_count(1)


def test_the_voltage_at_the_meter_is_one_click_away(visitor: Visitors) -> None:
    agent = visitor(DESK, "agent")
    page = agent.go("/staff/requests/?type=fault_report")
    page.locator("#table-requests tbody a").first.click()
    page.get_by_role("link", name="电压全景").click()
    expect(page.locator("h1")).to_contain_text("电压")
    expect(page.locator("main")).to_contain_text("GB/T 12325")
