"""The agent's desk in real browsers: ringing, talking, losing the line, handing on, writing up."""

from __future__ import annotations

import contextlib
import json
import re
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from denghuo.demo.drill.platform import Platform
from e2e.browser import DESK, PHONE, Visitor, Visitors

LINE = r"ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_CONNECTION|ERR_FAILED|ERR_ABORTED"


class Customer:
    """Somebody who writes in the web chat, at the public addresses."""

    def __init__(self, ask: Callable[..., Any], org_id: int, subject: str) -> None:
        self.ask = ask
        body = {"channel": "web_chat", "org_id": org_id, "subject": subject, "client_id": str(uuid.uuid4())}
        made = ask("/api/v1/contacts", body)
        self.id, self.access = made["id"], made["access"]

    def say(self, text: str) -> None:
        body = {"client_id": str(uuid.uuid4()), "text": text, "sender": "customer", "access": self.access}
        self.ask(f"/api/v1/contacts/{self.id}/messages", body)

    def read(self) -> list[str]:
        """What they see, the notices of the house left out."""
        items = self.ask(f"/api/v1/contacts/{self.id}/messages?access={self.access}")["items"]
        return [row["text"] for row in items if row["sender"] != "system"]


class AgentDesk:
    """An agent before their desk."""

    def __init__(self, person: Visitor) -> None:
        self.person = person
        self.page: Page = person.go("/staff/desk/")
        self.come()

    def come(self) -> None:
        """Sign on, or say that one is back."""
        page = self.page
        sign_on = page.locator("#dk-sign-on")
        if sign_on.is_visible():
            sign_on.click()
        expect(page.locator("#dk-mode")).to_be_visible()
        if page.locator("#dk-me").get_attribute("data-state") == "missed":
            self.mode("就绪")
        expect(page.locator("#dk-me")).not_to_have_attribute("data-state", "missed")

    def mode(self, label: str) -> None:
        self.page.locator("#dk-mode > summary").click()
        self.page.locator("#dk-mode").get_by_role("button", name=label).click()

    def answer(self) -> None:
        """Take what rings, by key."""
        expect(self.page.locator(".dk-offer").first).to_be_visible()
        self.page.keyboard.press("F2")
        expect(self.page.locator("#dk-text")).to_be_focused()

    def write(self, text: str) -> None:
        self.page.locator("#dk-text").fill(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.page.locator("#dk-messages .dk-bubble").filter(has_text=text).first).to_be_visible()

    def settled(self, text: str) -> None:
        """The message has an id of the server: it arrived."""
        expect(self.page.locator("#dk-messages li[data-id]").filter(has_text=text)).to_have_count(1)
        expect(self.page.locator("#dk-messages li.dk-out")).to_have_count(0)

    def finish(self) -> None:
        """End and write up what is open."""
        page = self.page
        page.keyboard.press("F9")
        if page.locator("#dh-confirm").is_visible():
            page.locator("#dh-confirm [data-confirm-ok]").click()
        expect(page.locator("#dk-wrap")).to_be_visible()
        self.write_up()

    def write_up(self) -> None:
        page = self.page
        query = page.locator("#dk-disp-q")
        query.fill("计划停电")
        page.keyboard.press("Enter")
        page.locator("#dk-note").fill("已解释")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#dk-wrap")).to_be_hidden()

    def leave(self) -> None:
        """Finish all and go home, so that the next test's conversations do not ring here."""
        csrf = self.page.evaluate("window.Denghuo.csrf()")
        headers = {"X-CSRFToken": csrf, "Referer": self.person.base}
        request = self.person.context.request
        mine = request.get(f"{self.person.base}/api/v1/desk").json()
        for row in mine["offers"]:
            request.post(f"{self.person.base}/api/v1/contacts/{row['id']}/accept", headers=headers)
        for row in request.get(f"{self.person.base}/api/v1/desk").json()["conversations"]:
            path = "wrap-up" if row["role"] == "agent" else "leave"
            data: dict[str, Any] = {"outcome": "answered"} if path == "wrap-up" else {}
            request.post(f"{self.person.base}/api/v1/desk/contacts/{row['id']}/{path}", data=data, headers=headers)
        request.post(f"{self.person.base}/api/v1/agent/sign-off", headers=headers)


@pytest.fixture(autouse=True)
def quiet(platform: Platform) -> None:
    """Nobody waits or is served but the test's own customers; those of the province and of other tests end first."""

    def call(path: str, body: Any = None, token: str = "") -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(platform.url + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    token = call("/api/v1/demo/session", {"username": "supervisor01"})["token"]
    for row in call("/api/v1/contacts?state=waiting&limit=200", token=token)["items"]:
        with contextlib.suppress(urllib.error.HTTPError):  # it rings somewhere at this very moment
            call(f"/api/v1/contacts/{row['id']}/abandon", {}, token)
    for row in call("/api/v1/contacts?state=in_service&limit=200", token=token)["items"]:
        with contextlib.suppress(urllib.error.HTTPError):
            call(f"/api/v1/contacts/{row['id']}/close", {"outcome": "answered"}, token)


@pytest.fixture
def desk_of(visitor: Visitors) -> Iterator[Callable[..., AgentDesk]]:
    """``desk_of("agent01")``: that agent signed on, ready."""
    desks: list[AgentDesk] = []

    def make(who: str = "agent01", width: int = DESK) -> AgentDesk:
        person = visitor(width, who)
        person.tolerate(r"status of (409|503)")
        desks.append(AgentDesk(person))
        return desks[-1]

    yield make
    for desk in desks:
        desk.person.context.set_offline(False)
        if desk.page.is_closed():
            desk.page = desk.person.go("/staff/desk/")
        desk.leave()


@pytest.fixture
def customer(ask: Callable[..., Any], town: Any) -> Callable[..., Customer]:
    org = town.callers(seed=71)[0]["org_id"]
    return lambda subject="电费咨询": Customer(ask, org, subject)


def test_a_chat_rings_is_answered_by_key_talked_through_and_written_up(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    caller = customer("电费为什么多了")
    caller.say("你好，电费多了一倍")
    desk.answer()
    desk.sees("你好，电费多了一倍")
    desk.write("您好，我帮您核对一下")
    desk.settled("您好，我帮您核对一下")
    caller.say("谢谢")
    desk.sees("谢谢")
    desk.page.keyboard.press("F8")
    desk.write("可能是阶梯第二档")
    desk.settled("可能是阶梯第二档")
    assert caller.read() == ["你好，电费多了一倍", "您好，我帮您核对一下", "谢谢"]
    desk.page.keyboard.press("F8")
    desk.write("您的用电进入了第二档")
    desk.settled("您的用电进入了第二档")
    desk.finish()
    expect(desk.page.locator("#dk-list [data-id]")).to_have_count(0)


def test_what_is_typed_survives_a_reload_and_a_killed_page(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    customer()
    desk.answer()
    page = desk.page
    page.locator("#dk-text").fill("您的户号我已经查到，请")
    page.reload()
    expect(page.locator("#dk-text")).to_have_value("您的户号我已经查到，请")
    page.locator("#dk-text").fill("您的户号我已经查到，请稍等")
    expect(page.locator("#dk-saved")).to_contain_text("草稿")  # the server has it
    page.evaluate("localStorage.clear()")  # another machine
    page.close(run_before_unload=False)
    desk.page = page = desk.person.context.new_page()
    page.goto(desk.person.base + "/staff/desk/")
    expect(page.locator("#dk-text")).to_have_value("您的户号我已经查到，请稍等")
    desk.person.page = page


def test_a_dropped_line_loses_and_doubles_nothing(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    desk.person.tolerate(LINE)
    caller = customer()
    desk.answer()
    desk.write("第一句")
    desk.settled("第一句")
    desk.person.context.set_offline(True)
    for text in ("第二句", "第三句"):
        desk.write(text)
    expect(desk.page.locator("#dk-messages li.dk-out")).to_have_count(2)
    caller.say("您还在吗")
    desk.person.context.set_offline(False)
    desk.settled("第三句")
    desk.sees("您还在吗")
    assert caller.read() == ["第一句", "您还在吗", "第二句", "第三句"]


def test_what_was_not_sent_when_the_page_died_is_sent_once_by_the_next(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    desk.person.tolerate(LINE)
    caller = customer()
    desk.answer()
    desk.person.context.set_offline(True)
    desk.write("马上为您处理")
    expect(desk.page.locator("#dk-messages li.dk-out")).to_have_count(1)
    desk.page.close(run_before_unload=False)
    desk.person.context.set_offline(False)
    desk.page = desk.person.page = desk.person.context.new_page()
    other = desk.person.context.new_page()  # a second window of the same desk
    for page in (desk.page, other):
        page.goto(desk.person.base + "/staff/desk/")
    desk.settled("马上为您处理")
    expect(other.locator("#dk-messages li[data-id]").filter(has_text="马上为您处理")).to_have_count(1)
    assert caller.read() == ["马上为您处理"]


def test_a_forbidden_phrase_is_marked_while_typing_and_needs_a_second_press(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    caller = customer()
    desk.answer()
    page = desk.page
    page.locator("#dk-text").press_sequentially("这事不归我管")
    expect(page.locator("#dk-mirror mark")).to_have_text(re.compile("不归我管"))
    expect(page.locator("#dk-warn")).to_contain_text("改用")
    page.keyboard.press("Enter")
    expect(page.locator("#dk-warn")).to_contain_text("再按一次")
    assert caller.read() == []
    page.locator("#dk-text").fill("我帮您转给负责的同事")
    page.keyboard.press("Enter")
    desk.settled("我帮您转给负责的同事")
    page.locator("#dk-text").fill("这事不归我管")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    desk.settled("这事不归我管")


def test_enter_while_composing_sends_nothing(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    caller = customer()
    desk.answer()
    text = desk.page.locator("#dk-text")
    text.fill("dianfei")
    text.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    text.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', {key: 'F9', isComposing: true, bubbles: true}))"
    )
    expect(text).to_have_value("dianfei")
    expect(desk.page.locator("#dk-composer")).to_be_visible()
    assert caller.read() == []


def test_a_phrase_is_put_in_by_its_shortcut(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    customer()
    desk.answer()
    page = desk.page
    page.keyboard.type("/")
    expect(page.locator("#dk-pick [role=option]").first).to_be_visible()
    wanted = page.locator("#dk-pick [role=option] span").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("#dk-text")).to_have_value(wanted)
    expect(page.locator("#dk-pick")).to_be_hidden()


def test_a_conversation_is_consulted_on_and_handed_to_a_colleague(desk_of: Any, customer: Any) -> None:
    first = desk_of("agent01")
    caller = customer("更名过户")
    caller.say("过户要带什么")
    first.answer()
    second = desk_of("agent02")
    name = second.page.locator(".dh-menu-who strong").text_content() or ""
    page = first.page
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator("#dk-invite .dk-target").filter(has_text=name).click()
    page.locator("#dk-invite-note").fill("过户材料有没有变")
    page.locator("#dk-invite").get_by_role("button", name="邀请").click()
    expect(second.page.locator(".dk-asked")).to_contain_text("过户材料有没有变")
    second.page.keyboard.press("F2")
    second.sees("过户要带什么")
    second.write("今年起不用带户口本")
    second.settled("今年起不用带户口本")
    first.sees("今年起不用带户口本")
    assert caller.read() == ["过户要带什么"]
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    page.locator("#dk-transfer .dk-target").filter(has_text=name).click()
    page.locator("#dk-transfer-note").fill("请直接告知材料")
    page.locator("#dk-transfer").get_by_role("button", name="转接").click()
    expect(page.locator("#dk-list [data-id]")).to_have_count(0)
    second.answer()
    second.sees("请直接告知材料")
    second.write("身份证和房产证即可")
    second.settled("身份证和房产证即可")
    assert caller.read() == ["过户要带什么", "身份证和房产证即可"]
    second.finish()


def test_a_request_is_written_beside_the_talk_which_goes_on(desk_of: Any, customer: Any) -> None:
    desk = desk_of()
    caller = customer("小区停电")
    caller.say("家里没电了，电话 13900001111，地址是滨河路 18 号")
    desk.answer()
    page = desk.page
    desk.sees("家里没电了")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    form = page.locator("#dk-request form")
    expect(form.get_by_label("描述")).to_have_value(re.compile("家里没电了"))
    expect(form.get_by_label("联系电话")).to_have_value("13900001111")
    expect(form.get_by_label("业务类型")).to_have_value("fault_report")
    caller.say("整栋楼都没有")
    desk.sees("整栋楼都没有")
    form.get_by_label("联系人").fill("江小满")
    form.get_by_label("影响范围").select_option("building")
    form.get_by_role("button", name=re.compile("登记并关联")).click()
    expect(page.locator("#dk-head").get_by_text("已关联诉求")).to_be_visible()
    expect(page.locator("#dk-text")).to_be_visible()
    desk.finish()


def test_on_a_phone_one_column_is_shown_at_a_time(desk_of: Any, customer: Any) -> None:
    desk = desk_of(width=PHONE)
    caller = customer()
    caller.say("在吗")
    page = desk.page
    page.locator(".dk-offer [data-act=accept]").click()
    expect(page.locator("#dk-text")).to_be_visible()
    desk.sees("在吗")
    page.get_by_role("tab", name="资料").click()
    expect(page.locator("#dk-side")).to_be_visible()
    expect(page.locator("#dk-talk")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
