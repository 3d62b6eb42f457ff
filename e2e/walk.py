"""The steps of the loop as people take them, each on their own screen."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Error, Locator, Page, Route, expect

from e2e.browser import Visitor

RESULT = "更换低压熔断器，测量三相电压正常，客户确认已来电"


def picture(text: str = "现场") -> dict[str, Any]:
    """A photograph as a phone would take it."""
    image = Image.new("RGB", (1200, 900), "#6b7f8c")
    ImageDraw.Draw(image).rectangle((400, 200, 800, 700), fill="#c9b58b")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return {"name": f"{text}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def people_only(customer: Visitor) -> None:
    """Let the chat's door say that no robot serves here, as where a unit has switched it off: people do, at once."""

    def door(route: Route) -> None:
        with contextlib.suppress(Error):  # the page was closed while the door was asked
            answer = route.fetch()
            route.fulfill(response=answer, json=answer.json() | {"robot": False})

    customer.context.route(re.compile(r"/api/v1/chat\?"), door)


def choose(page: Page, group: str, option: str) -> None:
    """Tick a radio button by what is written on it."""
    page.get_by_role("group", name=group).get_by_text(option, exact=True).click()


def choose_class(page: Page, label: str, name: str) -> None:
    """Type into a class picker and take what it offers by this name; hits carry a mark, the tree before them does not."""
    # Until its script has come the picker is a plain list, which has the same role.
    picker = page.get_by_role("combobox", name=label).and_(page.locator("input"))
    if picker.input_value() == name:  # proposed from what the customer sees
        return
    picker.fill(name)
    page.get_by_role("option").filter(has=page.locator("mark", has_text=name)).first.click()


def find_account(customer: Visitor, caller: dict[str, Any]) -> None:
    page = customer.page
    page.get_by_label("户号").fill(caller["account_number"])
    page.get_by_label("登记手机号").fill(caller["phone"])
    page.get_by_role("button", name="查找用电户").click()
    expect(page.get_by_text("已找到您的用电户")).to_be_visible()


def fill_report(customer: Visitor, caller: dict[str, Any], note: str = "听到响声后没电") -> None:
    page = customer.page
    choose(page, "故障现象", "没有电")
    choose(page, "影响范围", "整栋楼")
    page.get_by_label("您的姓名").fill(caller["name"])
    page.get_by_label("联系电话").fill(caller["phone"])
    page.get_by_label("补充说明").fill(note)


def report_fault(customer: Visitor, caller: dict[str, Any], note: str = "听到响声后没电") -> str:
    """From the hall's front door to the progress page; gives the number."""
    customer.go("/")
    customer.page.get_by_role("link", name="故障报修").click()
    find_account(customer, caller)
    fill_report(customer, caller, note)
    return send_report(customer)


def send_report(customer: Visitor) -> str:
    page = customer.page
    page.get_by_role("button", name="提交报修").click()
    page.wait_for_url(re.compile(r"/p/[^/]+/$"))
    customer.settle()
    return page.locator(".dh-hall-number").inner_text().strip()


def step_is(customer: Visitor, label: str) -> None:
    """The progress page says that the request stands at ``label`` now."""
    expect(customer.page.locator(".dh-steps li[aria-current=step]")).to_contain_text(label)


def open_request(staff: Visitor, number: str) -> Page:
    """Find a request by its number, as an agent does with a caller on the line."""
    page = staff.go(f"/staff/requests/?q={number}")
    page.get_by_role("link", name=number).first.click()
    expect(page.locator("h1")).to_contain_text(number)
    staff.settle()
    return page


def state_is(staff: Visitor, label: str) -> None:
    """The page of the request shows this state."""
    expect(staff.page.locator("#request-state")).to_contain_text(label)


def accept(desk: Visitor) -> None:
    page = desk.page
    choose_class(page, "故障类别", "低压故障")
    choose(page, "紧急程度", "紧急")
    choose(page, "地域", "城区")
    page.get_by_role("button", name="受理", exact=True).click()
    state_is(desk, "已受理")


def suggested_crew(dispatcher: Visitor) -> tuple[str, int]:
    """Name and id of the crew that the board puts first."""
    first = dispatcher.page.locator(".df-crews li").first
    return first.locator("strong").inner_text(), int(first.locator("button").get_attribute("value") or 0)


def press(crew: Visitor, name: str) -> None:
    """One of the big buttons at the bottom of the phone."""
    crew.page.locator(".dh-actionbar").get_by_role("button", name=name).click()


def order_of(watcher: Visitor, rounds: int = 1) -> str:
    """Number of the newest order of the request on this page, once it has so many."""
    orders = watcher.page.locator(".rq-order")
    expect(orders).to_have_count(rounds)
    return orders.first.locator("a.dh-num").first.inner_text()


def card(crew: Visitor, order: str) -> Locator:
    """The order on the crew's phone."""
    return crew.page.locator("a.dh-order").filter(has_text=order)


def open_order(crew: Visitor, order: str) -> None:
    """An order that waits on the phone."""
    expect(card(crew, order)).to_contain_text("待接单")
    card(crew, order).click()
    expect(crew.page.get_by_role("button", name="接单")).to_be_visible()
    crew.settle()


def drive(crew: Visitor) -> None:
    """Accept, depart, arrive."""
    for button, after in (("接单", "出发"), ("出发", "到达现场")):
        press(crew, button)
        expect(crew.page.locator(".dh-actionbar").get_by_role("button", name=after)).to_be_visible()
    press(crew, "到达现场")
    expect(crew.page.locator(".dh-actionbar").get_by_role("link", name="拍照")).to_be_visible()


def photograph(crew: Visitor) -> None:
    page = crew.page
    before = page.locator("#shots img").count()
    page.locator(".dh-camera").filter(has_text="处理后").locator("input[type=file]").set_input_files(files=[picture()])
    expect(page.locator("#shots img")).to_have_count(before + 1)


def sign(crew: Visitor) -> None:
    """The customer's finger on the glass."""
    page = crew.page
    canvas = page.locator("#signature canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 90)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 40 + step * 18, box["y"] + 90 + (30 if step % 2 else -30))
    page.mouse.up()
    page.get_by_role("button", name="保存签名").click()
    expect(page.locator("#signature").get_by_text("已签名")).to_be_visible()


def write_result(crew: Visitor, result: str = RESULT) -> None:
    page = crew.page
    choose_class(page, "故障原因", "设备原因")
    page.get_by_role("textbox", name="处理结果").fill(result)
    page.get_by_role("button", name="填入现在时间").click()
    press(crew, "提交回单")
    expect(page.get_by_text("已回单，等待审核")).to_be_visible()


def work(crew: Visitor, order: str) -> None:
    """A whole visit: from the list on the phone to the return."""
    open_order(crew, order)
    drive(crew)
    photograph(crew)
    sign(crew)
    write_result(crew)
    crew.go("/field/")


def review(reviewer: Visitor, number: str, reason: str = "") -> None:
    """Pass, or with a reason send back; by way of the queue."""
    page = reviewer.go("/staff/review/")
    page.get_by_role("link", name=number).click()
    expect(page.locator("h1")).to_contain_text(number)
    choose(page, "审核意见", "退回班组" if reason else "通过，转回访")
    if reason:
        page.get_by_label("退回原因").fill(reason)
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("已退回班组" if reason else "审核通过，已转回访").first).to_be_visible()


def take_call(caller: Visitor, number: str) -> None:
    """Take plans until ours comes; others that are due first are called too."""
    page = caller.go("/staff/callbacks/")
    for _ in range(40):
        if page.get_by_role("button", name="取下一个").count():
            page.get_by_role("button", name="取下一个").click()
        expect(page.get_by_role("heading", name="正在回访")).to_be_visible()
        if number in page.get_by_role("heading", name="正在回访").inner_text():
            return
        answer_call(caller, "满意")
    raise AssertionError(f"the call-back of {number} never came")


def answer_call(caller: Visitor, satisfaction: str, note: str = "") -> None:
    """The customer is on the line and says how it was."""
    page = caller.page
    choose(page, "拨打结果", "接通")
    choose(page, "问题是否解决", "未解决" if satisfaction == "不满意" else "已解决")
    if page.get_by_role("group", name="到达时间是否属实").count():  # asked where a crew has been
        choose(page, "到达时间是否属实", "属实")
    choose(page, "满意度", satisfaction)
    if note:
        page.get_by_label("客户意见").fill(note)
    save_call(caller)


def not_reached(caller: Visitor) -> None:
    choose(caller.page, "拨打结果", "无人接听")
    save_call(caller)


def save_call(caller: Visitor) -> None:
    caller.page.get_by_role("button", name="保存回访结果").click()
    expect(caller.page.get_by_text("回访已记录").first).to_be_visible()
