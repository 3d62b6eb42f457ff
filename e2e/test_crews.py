"""Crews and their dispatcher in real browsers: the plan on the board, new topology, a team's task, a call for help, ticks."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid
from typing import Any

from playwright.sync_api import Locator, Page, expect

from e2e.browser import DESK, PHONE, Visitor, Visitors, expect_soon
from e2e.conftest import ZONE

FIRST_PLAN = 120_000  # ms: a new installation compiles the planner before its first plan


def confirmed(page: Page, name: str) -> None:
    """Press a button that asks first, and say yes."""
    page.get_by_role("button", name=name, exact=True).click()
    page.locator("#dh-confirm [data-confirm-ok]").click()


def accepted_fault(agent: Visitor, town: Any, caller: dict[str, Any]) -> int:
    """A report that waits for a crew."""
    now = dt.datetime.fromisoformat(town.ask("/api/v1/demo/clock")["now"])
    agent.go("/staff/requests/")
    body = {
        "type": "fault_report", "caller_name": caller["name"], "caller_phone": caller["phone"],
        "account_number": caller["account_number"], "phenomenon": "no_power", "scope": "single", "description": "没电",
        "occurred_at": (now - dt.timedelta(minutes=6)).isoformat(),
        "client_id": str(uuid.uuid4()),
    }  # fmt: skip
    made = agent.post("/api/v1/requests", body)
    told = {"fault_class": "low_voltage", "urgency": "normal", "area_type": "urban"}
    agent.post(f"/api/v1/requests/{made['id']}/accept", told)
    return int(made["id"])


def test_a_dispatcher_moves_an_order_to_another_crew_on_the_board_and_sends_the_plan(
    visitor: Visitors, town: Any
) -> None:
    caller = town.callers(seed=131)[0]
    request = accepted_fault(visitor(DESK, "agent"), town, caller)
    dispatcher = visitor(DESK, "dispatcher01")
    page = dispatcher.go(f"/staff/dispatch/board/?area={caller['org_id']}")
    waiting = page.locator(f".fb-queue [data-request='{request}']")
    expect(waiting.locator(".fb-planned")).to_be_visible(timeout=FIRST_PLAN)
    number = waiting.locator("strong").inner_text()
    waiting.click()
    dialog = page.locator("#board-stop")
    crews = dialog.get_by_label("班组", exact=True)
    other = another_crew(dialog, crews)
    dialog.get_by_role("button", name="移动并锁定").click()
    expect(waiting.get_by_role("img", name="已锁定班组")).to_be_visible()
    name = crews.locator(f"option[value='{other}']").text_content() or ""
    expect(waiting.locator(".fb-planned")).to_contain_text(name)
    confirmed(page, "采用")
    expect(page.get_by_text(re.compile("已采用：派出"))).to_be_visible()
    crew = visitor(PHONE, town.member_of(int(other)))
    expect(crew.go("/field/").get_by_text(number).first).to_be_visible()


def another_crew(dialog: Locator, crews: Locator) -> str:
    """Choose the first crew beside the planned one that may take the order; those that may not say why."""
    planned, refused = crews.input_value(), []
    for value in crews.locator("option").evaluate_all("(all) => all.map((one) => one.value)"):
        if value == planned:
            continue
        crews.select_option(value)
        cost = dialog.locator("[data-part=cost]")
        expect(cost).to_contain_text("移到这里：")
        said = cost.inner_text()
        if not said.startswith("不能"):
            return str(value)
        refused.append(said)
    raise AssertionError(f"no other crew may take it: {refused}")


def with_devices(person: Visitor) -> Locator:
    """Feeders whose devices are known: those that somebody has reported a fault on."""
    return person.go("/staff/outages/topology/").locator(".fu-feeders li").filter(has_text="台设备")


def test_new_topology_is_previewed_and_takes_effect_when_a_colleague_confirms(visitor: Visitors, town: Any) -> None:
    accepted_fault(visitor(DESK, "agent"), town, town.callers(seed=139)[0])
    giver = visitor(DESK, "dispatcher03")
    expect_soon(giver, lambda: with_devices(giver).count() > 0)
    page = giver.page
    link = with_devices(giver).first.locator("a[href$='.csv']")
    feeder = re.search(r"feeders/(\d+)", link.get_attribute("href") or "")
    assert feeder is not None
    answer = giver.context.request.get(giver.base + (link.get_attribute("href") or ""))
    rows = list(csv.DictReader(io.StringIO(answer.text().lstrip("\ufeff"))))
    switch = next(row for row in rows if row["parent"])
    switch["name"] = f"改名设备{uuid.uuid4().hex[:4]}"
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    page.locator("[name=feeder_id]").select_option(feeder[1])
    file = {"name": "拓扑.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}
    page.get_by_label("拓扑文件").set_input_files(files=[file])
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_text(switch["name"])).to_be_visible(timeout=60_000)  # checked beside, the page follows
    expect(page.get_by_text("须由另一位有停电管理权限的同事打开本页复核后生效")).to_be_visible()
    expect(page.get_by_role("button", name="复核通过，生效")).to_have_count(0)
    colleague = visitor(PHONE, "dispatcher01")
    other = colleague.go(page.url.removeprefix(giver.base))
    confirmed(other, "复核通过，生效")
    expect(other.get_by_text("拓扑已生效")).to_be_visible()
    renamed = giver.context.request.get(giver.base + f"/staff/outages/topology/feeders/{feeder[1]}.csv")
    assert switch["name"] in renamed.text()


def test_a_team_leader_plans_a_task_has_it_done_and_marks_it(visitor: Visitors, town: Any) -> None:
    leader = visitor(DESK, town.member_of(1))
    today = dt.datetime.now(ZONE).date()  # of the week the province has planned, whatever the business clock says
    title = f"台区巡视 {uuid.uuid4().hex[:6]}"
    page = leader.go(f"/staff/teams/tasks/new/?week={today.isoformat()}")
    page.get_by_label("任务类型").select_option("line_patrol")
    page.locator("[name=title]").fill(title)
    page.get_by_label("日期").fill(today.isoformat())
    page.locator("input[name=staff_ids]").first.check()
    page.get_by_role("button", name="加入看板").click()
    page.get_by_role("link", name=title).click()
    page.get_by_role("button", name="开工").click()
    page.get_by_label("完成情况").fill("发现树障一处，已清理")
    page.get_by_label("已做安全交底和作业前检查").check()
    page.get_by_role("button", name="完成", exact=True).click()
    page.get_by_text("班长评定").first.click()
    page.get_by_label("分值").fill("0.5")
    page.get_by_label("理由").fill("主动消除隐患")
    page.get_by_role("button", name="评定", exact=True).click()
    expect(page.get_by_text("主动消除隐患").first).to_be_visible()
    expect(page.locator(".dh-badge").filter(has_text="+0.5")).to_be_visible()


def test_a_call_for_help_on_the_phone_shows_on_the_safety_page_by_itself(visitor: Visitors, town: Any) -> None:
    watcher = visitor(DESK, "dispatcher01")
    page = watcher.go("/staff/safety/")
    for alarm in watcher.get("/api/v1/safety/alarms?open=true&kind=sos")["items"]:  # left by whoever was here before
        watcher.post(f"/api/v1/safety/alarms/{alarm['id']}/close", {"outcome": "drill"})
    watcher.stay()
    phone = visitor(PHONE, town.member_of(2)).go("/field/")
    phone.locator("[data-safety-line] summary").click()
    phone.get_by_role("button", name="立即求救，通知调度").click()
    row = page.locator(".ds-alarm.ds-raised").filter(has_text="紧急求救")
    expect(row).to_be_visible()
    watcher.assert_stayed()
    row.get_by_role("button", name="处置").click()
    expect(page.locator(".ds-alarm").filter(has_text="处置中").first).to_be_visible()
    expect(phone.locator("[data-safety-line]")).to_contain_text("处置中")
    page.locator(".ds-alarm").filter(has_text="紧急求救").locator("a").first.click()
    page.locator("[name=outcome][value=drill]").check()
    page.get_by_role("button", name="解除", exact=True).click()
    expect(page.get_by_text("告警已解除")).to_be_visible()


def test_safety_measures_ticked_without_a_line_are_seen_by_the_dispatcher(visitor: Visitors, town: Any) -> None:
    caller = town.callers(seed=137)[0]
    request = accepted_fault(visitor(DESK, "agent"), town, caller)
    dispatcher = visitor(DESK, "dispatcher01")
    dispatcher.go("/staff/dispatch/")
    order = dispatcher.post("/api/v1/orders", {"request_id": request, "crew_id": 1, "note": ""})["id"]
    crew = visitor(PHONE, town.member_of(1))
    crew.tolerate(r"ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_FAILED|ERR_ABORTED")
    page = crew.go(f"/field/orders/{order}/")
    page.get_by_role("button", name="接单").click()
    page.locator("summary").filter(has_text="安全措施").click()
    crew.context.set_offline(True)
    boxes = page.locator("[data-crew-tick][data-part=safety]")
    for box in boxes.all():
        box.check()
    count = page.locator("[data-crew-count=safety]")
    expect(count).to_have_text(f"{boxes.count()}/{boxes.count()}")
    crew.context.set_offline(False)
    expect(page.locator("#crew-waiting")).to_be_hidden(timeout=60_000)
    seen = dispatcher.go(f"/field/orders/{order}/")
    expect(seen.locator("summary").filter(has_text="安全与作业步骤")).to_contain_text(
        f"{boxes.count()}/{boxes.count()}"
    )
