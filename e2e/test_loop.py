"""The loop in a browser, every step real: one report from the customer's phone to the archive, by way of a review that
sends it back and a call-back that sends it out again; and one outage that two callers report."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from e2e import walk
from e2e.browser import DESK, PHONE, Visitor, Visitors

# What the timeline must tell, oldest first. Clocks are told between these.
STORY = [
    "提交诉求", "受理", "已派单", "已回单", "审核退回", "已回单", "审核通过", "待回访", "拨打回访", "拨打回访",
    "回访完成", "客户不满意，返工", "已派单", "已回单", "审核通过", "待回访", "拨打回访", "回访完成", "归档",
]  # fmt: skip


@pytest.fixture
def watched() -> Iterator[list[Visitor]]:
    """People whose page must never be loaded again."""
    people: list[Visitor] = []
    yield people
    for person in people:
        person.assert_stayed()


def gauge_of(board: Visitor, label: str) -> Locator:
    """A figure of the floor board's list of requests by state."""
    return board.page.locator("ul.dh-state-list").first.locator("li").filter(has_text=label).locator("b")


def gauge(board: Visitor, label: str) -> int:
    return int(gauge_of(board, label).inner_text())


def moved(board: Visitor, label: str, expected: int) -> None:
    """The board shows ``expected`` by itself."""
    expect(gauge_of(board, label)).to_have_text(str(expected), timeout=30_000)


def agrees(board: Visitor, label: str, state: str) -> None:
    """The board comes to show what the platform counts, by itself."""
    for _ in range(60):
        if gauge(board, label) == board.get("/api/v1/floor")["requests"].get(state, 0):
            return
        board.page.wait_for_timeout(500)
    raise AssertionError(f"the board still shows {gauge(board, label)} {label}")


def test_a_report_goes_the_whole_way_and_every_screen_follows_by_itself(
    visitor: Visitors, town: Any, day: Any, watched: list[Visitor]
) -> None:
    caller = town.callers(seed=11)[0]
    customer, board, watcher = visitor(PHONE), visitor(DESK, "supervisor"), visitor(DESK, "manager")
    agent, dispatcher = visitor(DESK, "agent"), visitor(DESK, "dispatcher")
    board.go("/staff/floor/")
    board.stay()
    before = {label: gauge(board, label) for label in ("待受理", "已受理", "已派单", "待审核", "待回访")}
    dispatcher.go("/staff/dispatch/")

    number = walk.report_fault(customer, caller)
    customer.stay()
    walk.step_is(customer, "已提交")
    moved(board, "待受理", before["待受理"] + 1)

    walk.open_request(watcher, number)
    watcher.stay()
    watched += [customer, board, watcher]
    walk.open_request(agent, number)
    expect(agent.page.locator("#request-side")).to_contain_text("台区")
    expect(agent.page.locator(".rq-supply li")).to_have_count(3)
    walk.accept(agent)
    walk.step_is(customer, "已受理")
    expect(customer.page.get_by_text("抢修人员承诺不晚于此时到达")).to_be_visible()
    walk.state_is(watcher, "已受理")
    moved(board, "已受理", before["已受理"] + 1)
    moved(board, "待受理", before["待受理"])

    dispatcher.page.locator("#waiting").get_by_role("link", name=number).click()
    expect(dispatcher.page.get_by_role("heading", name="推荐班组")).to_be_visible()
    name, crew_id = walk.suggested_crew(dispatcher)
    crew = visitor(PHONE, town.member_of(crew_id))
    crew.go("/field/")
    crew.stay()
    dispatcher.page.get_by_role("button", name=f"派给{name}").click()
    expect(dispatcher.page.locator("#running")).to_contain_text(name)
    walk.step_is(customer, "已派抢修人员")
    walk.state_is(watcher, "已派单")
    moved(board, "已派单", before["已派单"] + 1)
    order = walk.order_of(watcher)
    expect(walk.card(crew, order)).to_contain_text("待接单")
    crew.assert_stayed()

    walk.open_order(crew, order)
    walk.drive(crew)
    walk.step_is(customer, "到达现场")
    walk.photograph(crew)
    walk.sign(crew)
    walk.write_result(crew, "重新压接引线")
    walk.step_is(customer, "处理完毕")
    walk.state_is(watcher, "待审核")
    moved(board, "待审核", before["待审核"] + 1)

    reviewer = visitor(DESK, "supervisor")
    walk.review(reviewer, number, reason="照片看不清接线，请补拍")
    walk.step_is(customer, "到达现场")
    walk.state_is(watcher, "已派单")
    crew.go("/field/")
    expect(walk.card(crew, order)).to_contain_text("退回")
    walk.card(crew, order).click()
    expect(crew.page.get_by_text("照片看不清接线，请补拍").first).to_be_visible()
    walk.press(crew, "接单")
    expect(crew.page.locator(".dh-actionbar").get_by_role("button", name="提交回单")).to_be_visible()
    crew.page.locator(".dh-camera").filter(has_text="处理后").locator("input[type=file]").set_input_files(
        [walk.picture("补拍")]
    )
    crew.page.get_by_role("textbox", name="处理结果").fill(walk.RESULT)
    walk.press(crew, "提交回单")
    expect(crew.page.get_by_text("已回单，等待审核")).to_be_visible()
    expect(watcher.page.locator(".rq-proof img")).to_have_count(3)  # the photo still under way was waited for
    walk.review(reviewer, number)
    walk.step_is(customer, "等待回访")
    walk.state_is(watcher, "待回访")
    moved(board, "待回访", before["待回访"] + 1)

    callback = visitor(DESK, "callback_agent")
    walk.take_call(callback, number)
    expect(callback.page.locator("main")).to_contain_text(walk.RESULT)
    walk.not_reached(callback)
    expect(watcher.page.locator("#request-side")).to_contain_text("无人接听")
    day.forward(minutes=16)
    walk.take_call(callback, number)
    crew.go("/field/")
    crew.stay()
    walk.answer_call(callback, "不满意", "晚上又跳闸了，要求再来检查")
    walk.step_is(customer, "已派抢修人员")
    walk.state_is(watcher, "第 2 轮处理")
    order = walk.order_of(watcher, rounds=2)
    expect(walk.card(crew, order)).to_contain_text("返工")
    crew.assert_stayed()

    walk.work(crew, order)
    walk.review(reviewer, number)
    walk.take_call(callback, number)
    walk.answer_call(callback, "满意")
    expect(customer.page.locator(".dh-steps li").last).to_have_class("done")
    walk.state_is(watcher, "已归档")
    agrees(board, "待回访", "callback")
    told = tell(watcher)
    assert [label for label in told if label in set(STORY)] == STORY


def tell(watcher: Visitor) -> list[str]:
    """Labels of the timeline, oldest first; each line must say who and when, and clocks how they stand."""
    lines = watcher.page.locator("#request-timeline .dh-timeline > li")
    labels, clocks = [], 0
    for line in lines.all()[::-1]:
        meta = line.locator(".dh-timeline-meta").inner_text()
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", meta), meta
        assert line.locator(".dh-timeline-meta span").first.inner_text().strip(), "nobody did it"
        labels.append(line.locator(".dh-timeline-head strong").inner_text().strip())
        clocks += line.locator(".dh-timeline-clock").count()
    assert clocks > 10, "the timeline says little of the clocks"
    return labels


def test_two_reports_of_one_outage_are_handled_once_and_both_callers_are_called(
    visitor: Visitors, town: Any, ask: Callable[..., Any]
) -> None:
    first = town.callers(seed=23)[0]
    second = next(
        other
        for other in town.callers(seed=23, count=400, transformer_id=first["transformer_id"])
        if other["account_number"] != first["account_number"]
    )
    dispatcher = visitor(DESK, "dispatcher")
    announce(dispatcher, first["transformer_id"], ask)

    phones, numbers = [visitor(PHONE), visitor(PHONE)], []
    for phone, caller in zip(phones, (first, second), strict=True):
        phone.go("/hall/report/")
        walk.find_account(phone, caller)
        expect(phone.page.get_by_text("您所在台区正在停电抢修")).to_be_visible()
        walk.fill_report(phone, caller)
        numbers.append(walk.send_report(phone))
        phone.stay()

    agent = visitor(DESK, "agent")
    walk.open_request(agent, numbers[0])
    expect(agent.page.get_by_text("已有停电可解释此报修").first).to_be_visible()
    walk.accept(agent)
    walk.open_request(agent, numbers[1])
    expect(agent.page.get_by_text("已有停电可解释此报修").first).to_be_visible()
    agent.page.get_by_role("button", name="由该停电解释，并入主单").click()
    walk.state_is(agent, "已合并")
    expect(phones[1].page.get_by_text("已并入统一抢修")).to_be_visible()

    dispatcher.go("/staff/dispatch/")
    dispatcher.page.locator("#waiting").get_by_role("link", name=numbers[0]).click()
    name, crew_id = walk.suggested_crew(dispatcher)
    dispatcher.page.get_by_role("button", name=f"派给{name}").click()
    expect(dispatcher.page.locator("#running")).to_contain_text(name)
    walk.open_request(agent, numbers[0])
    crew = visitor(PHONE, town.member_of(crew_id))
    crew.go("/field/")
    walk.work(crew, walk.order_of(agent))
    for phone in phones:
        walk.step_is(phone, "处理完毕")
    walk.review(visitor(DESK, "supervisor"), numbers[0])

    callback = visitor(DESK, "callback_agent")
    for number in numbers:
        walk.take_call(callback, number)
        walk.answer_call(callback, "满意")
    for phone in phones:
        expect(phone.page.locator(".dh-steps li").last).to_have_class("done")
        phone.assert_stayed()


def announce(dispatcher: Visitor, transformer_id: int, ask: Callable[..., Any]) -> None:
    """Record the outage of one transformer on its page."""
    feeder = next(row for row in ask("/api/v1/demo/feeders") if transformer_id in row["transformer_ids"])
    page = dispatcher.go("/staff/outages/new/")
    walk.choose(page, "停电类型", "故障停电")
    page.get_by_label("馈线").select_option(value=str(feeder["id"]))
    page.locator(f'input[name=transformers][value="{transformer_id}"]').check()
    page.get_by_role("textbox", name="原因").fill("低压电缆被挖断")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("停电已发布")).to_be_visible()
