"""What a bad line, a reload, a nervous finger or a dying server may not do: lose what somebody typed, or act twice."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import Any

from playwright.sync_api import expect

from denghuo.demo.drill.platform import Platform
from e2e import walk
from e2e.browser import DESK, PHONE, Visitor, Visitors, expect_soon

NOTE = "单元门口的箱子冒烟𠮷"


def half_typed(customer: Visitor, caller: dict[str, Any]) -> None:
    customer.go("/hall/report/")
    walk.find_account(customer, caller)
    walk.fill_report(customer, caller, NOTE)
    customer.page.wait_for_function(
        "note => Object.values(localStorage).some((value) => value.includes(note))", arg=NOTE
    )


def requests_of(agent: Visitor, caller: dict[str, Any]) -> int:
    """How many requests there are from this phone."""
    page = agent.go(f"/staff/requests/?q={caller['phone']}")
    return page.locator("#table-requests tbody tr").count()


def test_a_half_typed_report_survives_a_reload(visitor: Visitors, town: Any) -> None:
    caller = town.callers(seed=31)[0]
    customer = visitor(PHONE)
    half_typed(customer, caller)
    customer.page.reload()
    page = customer.page
    expect(page.get_by_text("已找到您的用电户")).to_be_visible()
    expect(page.get_by_label("补充说明")).to_have_value(NOTE)
    expect(page.get_by_label("您的姓名")).to_have_value(caller["name"])
    expect(page.get_by_role("radio", name="没有电", exact=True)).to_be_checked()
    walk.send_report(customer)
    customer.go("/hall/report/")
    expect(page.get_by_label("补充说明")).to_have_value("")


def test_a_report_sent_while_the_line_is_down_is_kept_and_sent_once(visitor: Visitors, town: Any) -> None:
    caller = town.callers(seed=37)[0]
    customer, agent = visitor(PHONE), visitor(DESK, "agent")
    before = requests_of(agent, caller)
    half_typed(customer, caller)
    customer.tolerate("ERR_INTERNET_DISCONNECTED")
    customer.context.set_offline(True)
    customer.page.get_by_role("button", name="提交报修").click()
    customer.page.wait_for_timeout(300)
    customer.context.set_offline(False)
    customer.go("/hall/report/")
    expect(customer.page.get_by_label("补充说明")).to_have_value(NOTE)
    walk.send_report(customer)
    assert requests_of(agent, caller) == before + 1


def test_a_report_is_made_once_although_a_web_process_dies_under_it(
    visitor: Visitors, town: Any, platform: Platform
) -> None:
    caller = town.callers(seed=41)[0]
    customer, agent = visitor(PHONE), visitor(DESK, "agent")
    before = requests_of(agent, caller)
    half_typed(customer, caller)
    for visitor_ in (customer, agent):
        visitor_.tolerate("ERR_|50[0-9]")
    running = web_processes(platform)
    for pid in running[:-1]:
        os.kill(pid, signal.SIGKILL)
    send_until_it_works(customer)
    expect(customer.page.locator(".dh-hall-number")).to_be_visible()
    expect_soon(agent, lambda: requests_of(agent, caller) == before + 1)
    expect_soon(agent, lambda: len(web_processes(platform)) >= len(running) and platform.answers())  # for the next test


def web_processes(platform: Platform) -> list[int]:
    return [pid for name, pid in platform.victims() if name == "web"]


def send_until_it_works(customer: Visitor) -> None:
    """Press the button, and again when the page did not come, as people do."""
    page = customer.page
    last: Exception | None = None
    for _ in range(120):
        if "/p/" in page.url:
            return
        try:
            if not page.get_by_role("button", name="提交报修").count():
                page.goto(customer.base + "/hall/report/", wait_until="load")
                expect(page.get_by_label("补充说明")).to_have_value(NOTE, timeout=2000)
            page.get_by_role("button", name="提交报修").click(timeout=2000)
            page.wait_for_url(re.compile(r"/p/[^/]+/$"), timeout=4000)
        except Exception as fault:
            last = fault
            page.wait_for_timeout(500)
    raise AssertionError(f"the report never arrived; the last try: {last!r}")


def test_a_dropped_live_line_comes_back_and_shows_what_was_missed(
    visitor: Visitors, town: Any, platform: Platform
) -> None:
    caller = town.callers(seed=43)[0]
    customer, agent = visitor(PHONE), visitor(DESK, "agent")
    for one in (customer, agent):
        one.tolerate(r"ERR_|/stream")
    number = walk.report_fault(customer, caller)
    customer.stay()
    walk.open_request(agent, number)
    for name, pid in platform.victims():
        if name == "live":
            os.kill(pid, signal.SIGKILL)
    expect(customer.page.locator("[data-live-status]")).to_have_attribute("data-state", "off")
    walk.accept(agent)
    walk.step_is(customer, "已受理")
    expect(customer.page.locator("[data-live-status]")).to_have_attribute("data-state", "on")
    customer.assert_stayed()


def test_a_double_click_sends_once(visitor: Visitors, town: Any) -> None:
    caller = town.callers(seed=47)[0]
    customer, agent = visitor(PHONE), visitor(DESK, "agent")
    before = requests_of(agent, caller)
    customer.go("/hall/report/")
    walk.find_account(customer, caller)
    walk.fill_report(customer, caller)
    posts: list[str] = []
    customer.page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    customer.page.get_by_role("button", name="提交报修").dblclick()
    customer.page.wait_for_url(re.compile(r"/p/[^/]+/$"))
    assert len(posts) == 1
    assert requests_of(agent, caller) == before + 1


def test_faulty_input_is_told_at_its_field_and_everything_typed_stays(visitor: Visitors, town: Any) -> None:
    caller = town.callers(seed=53)[0]
    customer = visitor(PHONE)
    page = customer.go("/hall/report/")
    walk.fill_report(customer, {**caller, "phone": "1380000"}, NOTE)
    page.get_by_role("button", name="提交报修").click()
    phone = page.get_by_label("联系电话")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_have_value("1380000")
    fault = page.locator("#" + (phone.get_attribute("aria-describedby") or "").split()[-1])
    expect(fault).to_contain_text("号")
    expect(page.get_by_label("详细地址")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("补充说明")).to_have_value(NOTE)
    expect(page.get_by_role("radio", name="没有电", exact=True)).to_be_checked()
    phone.fill(caller["phone"])
    page.get_by_label("所在区县").select_option(value=str(caller["org_id"]))
    page.get_by_label("详细地址").fill("河边路 8 号")
    walk.send_report(customer)


def test_somebody_elses_account_is_not_shown(visitor: Visitors, town: Any) -> None:
    first, second = town.callers(seed=59, count=2)
    customer = visitor(PHONE)
    page = customer.go("/hall/report/")
    page.get_by_label("户号").fill(first["account_number"])
    page.get_by_label("登记手机号").fill(second["phone"])
    page.get_by_role("button", name="查找用电户").click()
    expect(page.get_by_text("没有找到与该户号和手机号都相符的用电户")).to_be_visible()
    assert first["name"] not in json.dumps(page.content(), ensure_ascii=False)
