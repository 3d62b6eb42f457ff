"""A planner in a real browser: a month made by itself, an absence made up for, the rest of the day looked ahead at."""

from __future__ import annotations

import datetime as dt

from playwright.sync_api import Page, expect

from e2e.browser import DESK, Visitor, Visitors, expect_soon

WORKS = 240_000  # ms for a worker to compile the solver on a fresh machine and solve


def confirm(page: Page) -> None:
    """Yes to the product's own question."""
    page.get_by_role("dialog").get_by_role("button", name="确定").click()


def forecast_is_there(planner: Visitor) -> None:
    """The demonstration's forecast is made by a worker soon after the first start."""
    expect_soon(planner, lambda: planner.go("/staff/workforce/").locator("[data-chart=wf-curve]").count() > 0)


def test_a_month_is_made_by_itself_and_an_absence_in_it_is_made_up_for(visitor: Visitors) -> None:
    planner = visitor(DESK, "planner")
    page = planner.go("/staff/workforce/rosters/")
    month = dt.date.today().replace(day=1) + dt.timedelta(days=70)
    page.get_by_label("月份").fill(f"{month:%Y-%m}")
    page.locator("form").filter(has=page.get_by_label("月份")).get_by_role("button").click()
    card = page.locator("#wr-automatic")
    card.get_by_role("button", name="自动排班").click()
    confirm(page)
    expect(card.get_by_text("已写入排班表")).to_be_visible(timeout=WORKS)
    expect(card.get_by_text("理论下界")).to_be_visible()
    assert page.locator("[data-roster-grid] .wr-work").count() > 100
    expect(page.locator(".dh-stat").filter(has_text="违反规则").locator(".dh-stat-value")).to_have_text("0")

    first = page.locator("[data-roster-grid] tbody tr").first
    person = first.locator("th").inner_text().split()[0]
    day = first.locator("td:has(.wr-work)").first.get_attribute("data-day") or ""
    absence = page.locator("#wr-absence")
    absence.get_by_label("人员").select_option(index=0)
    absence.get_by_label("从哪天起").fill(day)
    absence.get_by_label("到哪天止").fill(day)
    absence.get_by_role("button", name="计算调整方案").click()
    proposal = page.locator(".wr-proposal")
    expect(proposal).to_contain_text(person, timeout=WORKS)
    proposal.get_by_role("button", name="采纳").click()
    expect(proposal).to_have_count(0)
    leave = page.locator(f"[data-roster-grid] tbody tr:first-child td[data-day='{day}'] .wr-leave")
    expect(leave).to_be_visible()


def test_the_rest_of_the_day_is_looked_ahead_at_when_asked(visitor: Visitors) -> None:
    planner = visitor(DESK, "planner")
    forecast_is_there(planner)
    page = planner.go("/staff/workforce/today/")
    page.get_by_role("button", name="重新推算").click()
    expect(page.locator("#wt-ahead").get_by_text("推算于")).to_be_visible(timeout=WORKS)
    expect(page.locator("[data-chart=wt-ahead-curve] canvas")).to_be_visible()
    page = planner.go("/staff/workforce/log/")
    expect(page.get_by_role("heading", name="排班日志")).to_be_visible()
