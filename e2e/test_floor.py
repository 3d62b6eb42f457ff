"""The service floor in real browsers: the live board, exceptions, an agent's state, listening in, handing over the shift."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.browser import DESK, PHONE, Visitor, Visitors
from e2e.conftest import ZONE, BusinessDay
from e2e.test_desk import AgentDesk, Customer

WITHIN = 5.0  # seconds from an event to its exception on the page
LINE = r"ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_CONNECTION|ERR_FAILED|ERR_ABORTED"
#: notes in the page itself when words first appear in an element, so that no polling of ours blurs the time
APPEARS = """([selector, words]) => {
  const seen = () => document.querySelector(selector)?.textContent.includes(words);
  window.appearedAt = seen() ? Date.now() : 0;
  new MutationObserver((_, watcher) => { if (seen()) { window.appearedAt = Date.now(); watcher.disconnect(); } })
    .observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture(autouse=True)
def quiet(visitor: Visitors, day: BusinessDay) -> None:
    """Nobody waits. The last callers of the province's history came a moment ago by the wall, which lies ahead of the
    business day: the day moves on behind them, to calling hours, and they give up."""
    morning = dt.datetime.now(ZONE).replace(hour=8, minute=30, second=0, microsecond=0) + dt.timedelta(days=1)
    if day.anchor < morning:
        day.set(morning)
    boss = visitor(DESK, "supervisor")
    for row in boss.get("/api/v1/desk")["waiting"]["items"]:
        boss.post(f"/api/v1/contacts/{row['id']}/abandon", {})


@pytest.fixture
def desk_of(visitor: Visitors) -> Iterator[Callable[..., AgentDesk]]:
    desks: list[AgentDesk] = []

    def make(who: str = "agent01") -> AgentDesk:
        person = visitor(DESK, who)
        person.tolerate(r"status of (409|503)")
        AgentDesk(person).leave()  # what the province's history left in their hands
        desks.append(AgentDesk(person))
        return desks[-1]

    yield make
    for desk in desks:
        desk.leave()


@pytest.fixture
def customer(ask: Callable[..., Any], town: Any) -> Callable[..., Customer]:
    org = town.callers(seed=83)[0]["org_id"]
    return lambda subject="电费咨询": Customer(ask, org, subject)


def answer(desk: AgentDesk) -> None:
    """Take the customer, ringing or still waiting: how it is routed is the desk's own test."""
    page = desk.page
    ringing, waiting = page.locator(".dk-offer"), page.get_by_role("button", name=re.compile("^接听 在线客服"))
    expect(ringing.or_(waiting).first).to_be_visible()
    if ringing.count():
        page.keyboard.press("F2")
    else:
        waiting.first.click()
    expect(page.locator("#dk-text")).to_be_visible()


def alarm(page: Page, caller: Customer) -> Any:
    """The card of the forbidden phrase said to ``caller``; other tests may have left theirs open."""
    return (
        page.locator("#open article")
        .filter(has_text="服务忌语")
        .filter(has_text=re.compile(rf"联络 {caller.id}(?!\d)"))
    )


def floor_now(person: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = person.get("/api/v1/floor/queues")
    return found


def stat(page: Page, label: str) -> Any:
    box = page.locator("#live-board .dh-stat").filter(has=page.locator(".dh-stat-label", has_text=label))
    return box.locator(".dh-stat-value")


def test_a_customer_who_begins_to_wait_shows_on_the_board_without_a_new_page(
    visitor: Visitors, customer: Any, ask: Callable[..., Any]
) -> None:
    boss = visitor(DESK, "supervisor")
    page = boss.go("/staff/floor/live/")
    boss.stay()
    before = floor_now(boss)["total"]["waiting"]
    caller = customer()
    expect(stat(page, "排队中")).to_have_text(str(before + 1))
    wait = stat(page, "最长等待").locator("[data-since]")
    first = wait.inner_text()
    expect(wait).not_to_have_text(first)  # it runs by the second
    ask(f"/api/v1/contacts/{caller.id}/abandon", {"access": caller.access})
    expect(stat(page, "排队中")).to_have_text(str(before))
    boss.assert_stayed()


def test_a_forbidden_phrase_is_on_the_page_within_five_seconds_and_is_seen_to(
    visitor: Visitors, desk_of: Any, customer: Any
) -> None:
    desk, caller = desk_of(), customer()
    answer(desk)
    boss = visitor(DESK, "supervisor")
    page = boss.go("/staff/floor/exceptions/")
    boss.stay()
    page.evaluate(APPEARS, ["#open", "服务忌语"])
    desk.page.locator("#dk-text").fill("这事不归我管")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Enter")
    desk.settled("这事不归我管")
    card = alarm(page, caller)
    expect(card).to_be_visible()
    said = boss.get("/api/v1/floor/exceptions?kind=forbidden_phrase&open=true")["items"]
    mine = next(row for row in said if row["contact_id"] == caller.id)
    offset = page.evaluate("window.Denghuo.now(document.querySelector('[data-fl-now]')) - Date.now()")  # business clock
    raised = dt.datetime.fromisoformat(mine["raised_at"]).timestamp() * 1000
    took = (page.evaluate("window.appearedAt") + offset - raised) / 1000
    assert 0 <= took < WITHIN + 1, took  # the page's clock is told in whole seconds
    expect(page.locator(".dh-toast").filter(has_text="服务忌语")).to_be_visible()
    card.get_by_role("textbox", name="处置").fill("已口头提醒")
    caller.say("你们什么态度")  # the page refreshes meanwhile
    expect(card.get_by_role("textbox", name="处置")).to_have_value("已口头提醒")
    card.get_by_role("button", name="处置").click()
    expect(page.locator("#open article").filter(has_text="已口头提醒").first).to_be_visible()


def test_what_is_typed_stays_and_keeps_the_focus_while_the_page_refreshes(
    visitor: Visitors, desk_of: Any, customer: Any
) -> None:
    desk, caller = desk_of(), customer()
    answer(desk)
    desk.page.locator("#dk-text").fill("这事不归我管")
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("Enter")
    desk.settled("这事不归我管")
    boss = visitor(DESK, "supervisor")
    page = boss.go("/staff/floor/exceptions/")
    card = alarm(page, caller)
    note = card.get_by_role("textbox", name="处置")
    note.press_sequentially("正在了解")
    desk.finish()  # the exception ends with the conversation
    expect(card).to_have_attribute("data-gone", "")
    expect(note).to_be_focused()
    note.press_sequentially("情况")
    expect(note).to_have_value("正在了解情况")


def test_a_supervisor_changes_an_agents_state_and_the_agent_reads_why(visitor: Visitors, desk_of: Any) -> None:
    desk = desk_of("agent02")
    name = (desk.page.locator(".dh-menu-who strong").text_content() or "").strip()
    boss = visitor(DESK, "supervisor")
    page = boss.go("/staff/floor/seats/")
    tile = page.locator("a.fl-tile").filter(has_text=name)
    expect(tile).to_contain_text("就绪")
    tile.click()
    page.get_by_label("改为").select_option("training")
    page.get_by_role("button", name="更改").click()
    expect(page.locator("#reason-error")).to_be_visible()
    page.locator("#reason").fill("参加新业务培训")
    page.get_by_role("button", name="更改").click()
    expect(page.locator(".fl-state-now")).to_contain_text("培训")
    expect(desk.page.locator("#dk-me")).to_have_attribute("data-state", "training")


def test_a_supervisor_listens_whispers_and_steps_in(visitor: Visitors, desk_of: Any, customer: Any) -> None:
    desk, caller = desk_of(), customer("停电咨询")
    caller.say("家里停电两小时了")
    answer(desk)
    boss = visitor(DESK, "supervisor")
    page = boss.go(f"/staff/floor/contacts/{caller.id}/")
    expect(page.locator("#said")).not_to_contain_text("家里停电两小时了")
    page.get_by_role("button", name="开始监听").click()
    expect(page.locator("#said")).to_contain_text("家里停电两小时了")
    boss.settle()
    boss.stay()
    caller.say("到底什么时候来电")
    expect(page.locator("#said")).to_contain_text("到底什么时候来电")
    boss.assert_stayed()
    page.locator("#text").fill("先查停电公告")
    page.get_by_role("button", name="发给坐席").click()
    desk.sees("先查停电公告")
    assert "先查停电公告" not in caller.read()
    page.get_by_role("button", name="强插").click()
    page.locator("#dh-confirm [data-confirm-ok]").click()
    expect(page.get_by_text("强插中")).to_be_visible()
    page.locator("#text").fill("我是值班长，正在为您核实")
    page.get_by_role("button", name="发给客户").click()
    page.locator("#dh-confirm [data-confirm-ok]").click()
    expect(page.locator("#said")).to_contain_text("我是值班长，正在为您核实")
    assert "我是值班长，正在为您核实" in caller.read()
    desk.sees("我是值班长，正在为您核实")


def test_a_shift_is_handed_over_and_received_by_somebody_else(visitor: Visitors) -> None:
    giver = visitor(DESK, "supervisor02")  # of a city
    page = giver.go("/staff/floor/handovers/")
    page.get_by_role("link", name="开始交班").click()
    page.get_by_label("班次").fill("早班")
    page.get_by_role("button", name="保存").click()
    page.get_by_label("事项").fill(f"3 号线路抢修待回访 {uuid.uuid4().hex[:6]}")
    page.get_by_role("button", name="添加事项").click()
    page.get_by_label("本班情况").fill("话务平稳，一起停电已发公告")
    page.get_by_role("button", name="保存并交班").click()
    page.locator("#dh-confirm [data-confirm-ok]").click()
    expect(page.get_by_text("待接班").first).to_be_visible()
    expect(page.get_by_role("button", name="确认接班")).to_have_count(0)  # nobody receives their own
    address = page.url.removeprefix(giver.base)
    taker = visitor(PHONE, "supervisor01")  # of the province
    other = taker.go(address)
    other.get_by_label("接班意见").fill("已了解")
    other.get_by_role("button", name="确认接班").click()
    expect(other.get_by_text("已接班").first).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") == PHONE


def test_the_wall_turns_its_screens_and_says_when_the_line_is_lost(visitor: Visitors) -> None:
    wall = visitor(DESK, "supervisor")
    wall.tolerate(LINE)
    page = wall.go("/staff/floor/live/wall/")
    shown = page.locator("[data-screen]:not([hidden])")
    expect(shown).to_have_count(1)
    first = shown.get_attribute("data-row")
    page.keyboard.press("ArrowRight")
    expect(shown).not_to_have_attribute("data-row", first or "")
    expect(page.locator("#wall-lost")).to_be_hidden()
    wall.context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the stream is opened anew, in vain
    expect(page.locator("#wall-lost")).to_be_visible()
    wall.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#wall-lost")).to_be_hidden()
