"""The helper beside the agent, in real browsers: suggestions while a customer types and when they have written, taken,
edited or waved away; the next step, requests solved before, and the form that fills itself."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e import walk
from e2e.browser import DESK, PHONE, Visitor, Visitors
from e2e.test_desk import AgentDesk, customer, desk_of, quiet  # noqa: F401

PHONE_NUMBER = "13900002468"


def begin(caller: Visitor) -> Locator:
    """Into the web chat where people serve; gives the box one writes in."""
    walk.people_only(caller)
    page = caller.go("/hall/chat/")
    page.get_by_label("先说说您的问题").fill("你好")
    page.get_by_role("button", name="开始咨询").click()
    expect(page.get_by_role("heading", name="正在排队")).to_be_visible()
    return page.get_by_role("textbox", name="消息")


def offers(page: Page) -> Locator:
    """Answers suggested for what was sent."""
    return page.locator("[data-assist] > .pn-part .pn-offers li")


def rates(boss: Visitor) -> list[int]:
    """Of the answers suggested so far: taken as they were, edited, not taken."""
    page = boss.go("/staff/assistant/assist/?days=7")
    row = page.locator("section:has(#ar-kinds) tr").filter(has_text="推荐答案")
    cells = row.locator("td").all_inner_texts() if row.count() else ["0"] * 4
    return [int(one) for one in cells[1:4]]


def test_what_fits_is_offered_while_a_customer_types_and_the_agent_takes_edits_or_waves_it_away(
    visitor: Visitors,
    desk_of: Any,  # noqa: F811
) -> None:
    boss, caller = visitor(DESK, "supervisor"), visitor(PHONE)
    before = rates(boss)
    box = begin(caller)
    desk: AgentDesk = desk_of()
    desk.answer()
    page = desk.page
    page.locator("#dk-tab-assist").click()
    expect(caller.page.get_by_text("客服可提前看到您正在输入的内容")).to_be_visible()
    box.press_sequentially("电费晚交几天要罚多少", delay=15)
    early = page.locator("[data-typed]")
    expect(early).to_contain_text("输入中")
    expect(early.locator(".pn-offers li").first).to_contain_text("违约金")
    assert "晚交" not in " ".join(page.locator("#dk-messages .dk-bubble").all_inner_texts())
    box.press_sequentially("钱")
    box.press("Enter")
    desk.sees("电费晚交几天要罚多少钱")
    expect(early).to_be_empty()
    offers(page).first.get_by_role("button", name=re.compile("采用")).click()
    text = page.locator("#dk-text")
    expect(text).to_have_value(re.compile("违约金"))
    text.press("End")
    text.press_sequentially("，请尽快交清")
    text.press("Enter")  # edited
    desk.settled("请尽快交清")
    box.fill("家里空开老是跳闸怎么办")
    box.press("Enter")
    expect(offers(page).first).to_contain_text("跳闸")
    offers(page).first.get_by_role("button", name=re.compile("采用")).click()
    expect(text).to_have_value(re.compile("漏电|开关|负荷"))
    text.press("Enter")  # as it was
    expect(page.locator("#dk-messages li.dk-out")).to_have_count(0)
    box.fill("电费可以怎么交")
    box.press("Enter")
    expect(offers(page).first).to_contain_text("交")
    unfit = offers(page).first
    key = str(unfit.get_attribute("data-offer"))
    unfit.get_by_role("button", name="不合适").click()
    expect(page.locator(f"[data-offer='{key}']")).to_have_count(0)
    desk.finish()
    for _again in range(20):  # outcomes follow the log of events
        taken, edited, ignored = (now - was for now, was in zip(rates(boss), before, strict=True))
        if (taken, edited) == (1, 1):
            break
        boss.page.wait_for_timeout(250)
    assert (taken, edited) == (1, 1)
    assert ignored >= 1


def test_the_next_step_requests_solved_before_and_the_form_are_there_for_a_report(
    desk_of: Any,  # noqa: F811
    customer: Any,  # noqa: F811
) -> None:
    desk: AgentDesk = desk_of()
    caller = customer("停电")
    caller.say(f"我家没电了，电话 {PHONE_NUMBER}")
    desk.answer()
    page = desk.page
    page.locator("#dk-tab-assist").click()
    lacking = page.locator("[data-missing]")
    expect(lacking).to_contain_text("只有您一家没电")
    step = page.locator("section[data-offer^='step:']")
    said = step.locator(".pn-say").inner_text()
    step.get_by_role("button", name=re.compile("采用")).click()
    expect(page.locator("#dk-text")).to_have_value(said)
    page.locator("#dk-text").press("Enter")
    desk.settled(said)
    expect(step.locator(".pn-say")).not_to_have_text(said)  # on to the next
    expect(page.locator("[data-offer^='similar:']").first).to_contain_text("处理结果")
    row = page.locator("[data-offer^='slot:']").filter(has_text="电话")
    row.get_by_role("button", name="填入表单").click()
    form = page.locator("#dk-request form")
    expect(form.get_by_label("联系电话")).to_have_value(PHONE_NUMBER)
    form.get_by_label("影响范围").select_option("single")
    page.locator("#dk-tab-assist").click()
    expect(lacking).not_to_contain_text("只有您一家没电")  # the form holds it; the next of the scene is asked
    expect(lacking).to_contain_text("焦糊味")
