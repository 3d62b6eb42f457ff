"""The robot before the people: it tells approved answers, makes requests, and gives the talk to an agent who reads what it
learned; and the assist beside the agent."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, expect

from e2e.browser import PHONE, Visitor, Visitors
from e2e.test_desk import AgentDesk, customer, desk_of, quiet  # noqa: F401

PHONE_NUMBER = "13900002468"
BOT = "#chat [data-log] > li.ch-bot"


def approved(scene: str, code: str) -> str:
    """The answer as it was shipped and reviewed."""
    text = (files("denghuo.apps.knowledge") / "seed" / f"{scene}.toml").read_text("utf-8")
    return str(next(row["answer"] for row in tomllib.loads(text)["question"] if row["code"] == code)).strip()


def begin(customer: Visitor) -> Page:  # noqa: F811
    """Into the chat, where the robot greets."""
    page = customer.go("/hall/chat/")
    page.get_by_role("button", name="开始咨询").click()
    expect(page.locator(BOT).first).to_contain_text("转人工")
    return page


def told(page: Page, text: str) -> str:
    """What the robot answers to ``text``, all of it: its next turn is there when the last one has grown."""
    before = page.locator(BOT).count()
    box = page.get_by_role("textbox", name="消息")
    box.fill(text)
    box.press("Enter")
    expect(page.locator(BOT).nth(before)).to_be_visible()
    return "\n".join(page.locator(BOT).all_inner_texts()[before:])


def test_a_question_in_plain_words_gets_the_approved_answer_word_for_word(visitor: Visitors) -> None:
    page = begin(visitor(PHONE))
    told(page, "电费晚交几天要罚多少钱呀")
    expect(page.locator(f"{BOT} .ch-bubble").filter(has_text=approved("bill", "late-fee"))).to_have_count(1)


def test_a_fault_is_reported_to_the_robot_which_asks_confirms_and_gives_number_and_progress(
    visitor: Visitors,
) -> None:
    caller = visitor(PHONE)
    page = begin(caller)
    assert "邻居" in told(page, f"我家停电了，电话{PHONE_NUMBER}")
    say_until_confirmed(page)
    told(page, "确认")
    card = page.locator(BOT).filter(has=page.locator("a.ch-go")).last
    expect(card).to_be_visible()
    number = re.search(r"\b[A-Z]*\d{8,}[-\d]*", card.inner_text())
    assert number, card.inner_text()
    with page.context.expect_page() as opened:
        card.locator("a.ch-go").click()
    progress = opened.value
    expect(progress.locator("main")).to_contain_text(number.group())


def say_until_confirmed(page: Page) -> None:
    """Answer what the robot asks, whatever the order, until it reads back what it understood; the phone was told before."""
    answers = {"邻居": "只有我家", "县或区|区县": "映霁区", "地址": "松风路18号3栋2单元501", "称呼|姓名": "王小明"}
    for _turn in range(8):
        last = page.locator(BOT).last.inner_text()
        if "请核对" in last:
            assert PHONE_NUMBER in last
            return
        told(page, next(reply for asked, reply in answers.items() if re.search(asked, last)))
    raise AssertionError("the robot never asked to confirm")


def test_who_asks_for_people_waits_and_the_agent_reads_what_the_robot_learned(visitor: Visitors, desk_of: Any) -> None:  # noqa: F811
    caller = visitor(PHONE)
    page = begin(caller)
    told(page, f"我家停电了，电话{PHONE_NUMBER}")
    page.get_by_role("button", name="转人工", exact=True).first.click()
    expect(page.locator("[data-wait-title]")).to_be_visible()
    desk: AgentDesk = desk_of()
    desk.answer()
    card = desk.page.locator("#dk-messages li").filter(has_text="智能客服转接摘要")
    expect(card).to_contain_text("客户要求人工")
    expect(card).to_contain_text("没有电")
    expect(card).to_contain_text(PHONE_NUMBER)
    desk.write("您好，我是客服，马上为您登记")
    desk.settled("您好，我是客服，马上为您登记")
    expect(page.get_by_text("马上为您登记")).to_be_visible()
    expect(page.get_by_text("智能客服转接摘要")).to_have_count(0)  # what the staff read is not for the customer


def test_not_understood_three_times_in_a_row_the_customer_goes_to_people(visitor: Visitors) -> None:
    page = begin(visitor(PHONE))
    told(page, "红烧肉怎么做好吃")
    told(page, "英语单词怎么背")
    told(page, "股票涨了没有")
    expect(page.locator("[data-wait-title]")).to_be_visible()
    page.get_by_role("button", name="取消排队").click()  # nobody waits for the next test's agent
