"""Customers' web chat: what a dropped line, a reload, a crash or a slow finger may not do: lose, double or disorder."""

from __future__ import annotations

import io
import time
import uuid
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from denghuo.core.held import REFRESH_SECONDS
from e2e import walk
from e2e.browser import DESK, PHONE, Visitor, Visitors

SAID = "#chat [data-log] > li:not(.ch-system):not(.ch-pending) .ch-bubble"


@pytest.fixture
def agent(visitor: Visitors) -> Visitor:
    return visitor(DESK, "agent")


def chat_of(page: Page) -> int:
    """The conversation that this browser holds."""
    return int(page.evaluate("JSON.parse(localStorage.getItem('dh-chat:home')).id"))


def begin(customer: Visitor, agent: Visitor, text: str = "上个月电费怎么这么多？") -> int:
    """A customer comes in where no robot serves, so that every word is theirs or an agent's, and an agent takes them."""
    walk.people_only(customer)
    page = customer.go("/hall/chat/")
    page.get_by_role("radio", name="电费电价").check()
    page.get_by_label("先说说您的问题").fill(text)
    page.get_by_role("button", name="开始咨询").click()
    expect(page.get_by_role("heading", name="正在排队")).to_be_visible()
    number = chat_of(page)
    agent.post(f"/api/v1/contacts/{number}/take", {})
    expect(page.get_by_text("为您服务，请问有什么可以帮您")).to_be_visible()
    return number


def say(customer: Visitor, text: str) -> None:
    box = customer.page.get_by_role("textbox", name="消息")
    box.fill(text)
    box.press("Enter")


def reply(agent: Visitor, number: int, text: str) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": text, "sender": "agent"}
    agent.post(f"/api/v1/contacts/{number}/messages", body)


def said(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(SAID).all_inner_texts()]


def kept(agent: Visitor, number: int) -> list[str]:
    """What the server holds, as the agent reads it."""
    rows = agent.get(f"/api/v1/contacts/{number}/messages")["items"]
    return [row["text"] for row in rows if row["kind"] == "text"]


def test_nothing_is_lost_doubled_or_disordered_by_a_dropped_line_a_reload_or_a_crash(
    visitor: Visitors, agent: Visitor
) -> None:
    customer = visitor(PHONE)
    customer.tolerate("ERR_INTERNET_DISCONNECTED|net::ERR")
    number = begin(customer, agent, "第一句")
    reply(agent, number, "第二句")
    expect(customer.page.get_by_text("第二句")).to_be_visible()
    customer.context.set_offline(True)
    say(customer, "第四句")
    say(customer, "第五句")
    reply(agent, number, "第三句")
    customer.page.wait_for_timeout(500)
    assert kept(agent, number) == ["第一句", "第二句", "第三句"]
    customer.context.set_offline(False)
    expect(customer.page.locator(SAID)).to_have_count(5)
    assert said(customer.page) == kept(agent, number) == ["第一句", "第二句", "第三句", "第四句", "第五句"]
    customer.page.reload()
    expect(customer.page.locator(SAID)).to_have_count(5)
    say(customer, "第六句")
    expect(customer.page.locator(SAID)).to_have_count(6)
    # The tab dies while a message is written and another on its way; a new one goes on where it was.
    customer.context.set_offline(True)
    say(customer, "第八句")
    customer.page.close()
    customer.context.set_offline(False)
    reply(agent, number, "第七句")
    customer.page = customer.context.new_page()
    customer.listen(customer.page)
    page = customer.go("/hall/chat/")
    expect(page.locator(SAID)).to_have_count(8)
    assert said(page) == kept(agent, number)
    assert said(page)[5:] == ["第六句", "第七句", "第八句"]
    assert page.locator("#chat .ch-pending").count() == 0


def test_a_picture_a_rating_and_the_record_to_take_along(visitor: Visitors, agent: Visitor) -> None:
    customer = visitor(PHONE)
    number = begin(customer, agent)
    page = customer.page
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "orange").save(out, "JPEG")
    picker = page.locator("#chat [data-file]")
    picker.set_input_files({"name": "电表.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    expect(page.get_by_role("img", name="电表.jpg")).to_be_visible()
    picker.set_input_files({"name": "病毒.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"})
    expect(page.get_by_role("alert").filter(has_text="不支持这种文件")).to_be_visible()
    picker.set_input_files({"name": "假.jpg", "mimeType": "image/jpeg", "buffer": b"hello world"})
    expect(page.locator("#chat .ch-failed")).to_be_visible()
    customer.tolerate("status of 422")
    page.get_by_role("button", name="删除").click()
    agent.post(f"/api/v1/contacts/{number}/close", {"outcome": "answered"})
    expect(page.get_by_role("heading", name="服务已结束")).to_be_visible()
    page.get_by_role("radio", name="非常满意").check()
    page.get_by_role("radio", name="已解决").check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_text("感谢评价")).to_be_visible()
    link = page.get_by_role("link", name="纯文本")
    text = customer.context.request.get(customer.base + str(link.get_attribute("href"))).text()
    assert "上个月电费怎么这么多？" in text
    page.reload()
    expect(page.get_by_role("radio", name="非常满意")).to_be_checked()
    page.get_by_role("button", name="重新咨询").click()
    expect(page.get_by_role("button", name="开始咨询")).to_be_visible()


def test_who_will_not_wait_is_called_back_in_their_place(visitor: Visitors) -> None:
    customer = visitor(PHONE)
    page = customer.go("/hall/chat/")
    page.get_by_role("button", name="开始咨询").click()
    page.get_by_role("button", name="转人工", exact=True).first.click()
    page.get_by_role("button", name="请回电给我").click()
    page.get_by_label("回呼号码").fill("13900007777")
    page.get_by_role("button", name="请回电", exact=True).click()
    expect(page.get_by_role("heading", name="已登记回呼")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="已登记回呼")).to_be_visible()


def test_a_closed_chat_takes_a_message(visitor: Visitors) -> None:
    admin, customer = visitor(DESK, "sysadmin"), visitor(PHONE)

    def turn(what: str, **form: Any) -> None:
        admin.go("/staff/channels/")
        token = admin.page.evaluate("window.Denghuo.csrf()")
        answer = admin.context.request.post(
            f"{admin.base}/staff/channels/web_chat/{what}/", form=form,
            headers={"X-CSRFToken": token, "Referer": admin.base},
        )  # fmt: skip
        assert answer.ok, answer.text()[:500]
        time.sleep(REFRESH_SECONDS + 0.5)  # until every web process has read it: the page and what it asks may meet two

    turn("close", announcement="系统升级，请留言", announcement_en="Upgrading, please leave a message")
    try:
        page = customer.go("/hall/chat/")
        notice = page.locator("[data-closed-text]")
        expect(notice).to_be_visible()
        expect(notice).to_have_text("系统升级，请留言")
        page.get_by_label("留言内容").fill("电表不转了")
        page.locator("#id_phone").fill("13900006666")
        page.get_by_role("button", name="提交留言").click()
        expect(page.get_by_role("heading", name="留言已收到")).to_be_visible()
        expect(page.get_by_text("电表不转了").first).to_be_visible()
    finally:
        turn("open")


def test_another_site_embeds_the_chat_with_one_line(visitor: Visitors) -> None:
    customer = visitor(DESK)
    page = customer.go("/hall/chat/demo/")
    page.get_by_role("button", name="在线客服").click()
    frame = page.frame_locator("iframe[title='在线客服']")
    frame.get_by_role("button", name="开始咨询").click()
    frame.get_by_role("button", name="转人工", exact=True).first.click()
    expect(frame.get_by_role("heading", name="正在排队")).to_be_visible()
    frame.get_by_role("button", name="收起").click()
    expect(page.locator("iframe")).to_be_hidden()
    page.get_by_role("button", name="在线客服").click()
    frame.get_by_role("button", name="取消排队").click()
    expect(frame.get_by_role("heading", name="您已取消排队")).to_be_visible()
