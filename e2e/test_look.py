"""Every main screen at the desk's and the phone's width: nothing sticks out, everything has a name, text can be read,
in light and in dark, in Chinese and in English, by mouse and by keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from e2e import look
from e2e.browser import DESK, HEIGHT, PHONE, Visitor, Visitors

HALL = ["/", "/hall/report/", "/hall/matter/", "/hall/find/", "/hall/outages/", "/staff/sign-in/"]
SCREENS = {
    "": HALL,
    "agent": [
        "/staff/desk/",
        "/staff/requests/",
        "/staff/requests/new/",
        "request",
        "/staff/customers/",
        "/staff/my-shifts/",
    ],
    "dispatcher": [
        "/staff/dispatch/",
        "dispatch",
        "/staff/crews/",
        "/staff/outages/",
        "/staff/outages/new/",
        "/staff/outages/inferred/",
        "/staff/outages/remaining/",
        "/staff/outages/decision/",
        "/staff/outages/topology/",
        "/staff/dispatch/board/",
        "/staff/dispatch/driving/",
        "/staff/teams/",
        "/staff/teams/tasks/",
        "/staff/teams/review/",
        "/staff/safety/",
        "/staff/filings/new/",
    ],
    "supervisor": [
        "/staff/floor/",
        "/staff/floor/wall/",
        "/staff/floor/arrivals/",
        "/staff/review/",
        "/staff/requests/watched/",
        "/staff/requests/repeated/",
        "/staff/requests/areas/",
        "/staff/outages/indices/",
        "/staff/filings/",
        "/staff/callbacks/campaigns/",
        "/staff/callbacks/improvements/",
    ],
    "manager": [
        "/staff/catalogue/",
        "flow",
        "/staff/catalogue/classes/",
        "/staff/catalogue/classes/fault_class/",
        "/staff/catalogue/classes/fault_class/edit/",
        "/staff/catalogue/scenes/",
        "/staff/promises/",
        "/staff/promises/requests/",
        "/staff/completeness/",
        "/staff/prediction/",
        "/staff/prediction/models/",
        "/staff/prediction/weather/",
        "/staff/notices/",
    ],
    "planner": [
        "/staff/workforce/",
        "/staff/workforce/requirement/",
        "/staff/workforce/accuracy/",
        "/staff/workforce/scenarios/",
        "/staff/workforce/rosters/",
        "roster",
        "/staff/workforce/rosters/shifts/",
        "/staff/workforce/rosters/fairness/",
        "/staff/workforce/rosters/rules/",
        "/staff/workforce/today/",
        "/staff/workforce/span/",
        "/staff/workforce/span/?span=week",
        "/staff/workforce/log/",
    ],
    "callback_agent": ["/staff/callbacks/", "/staff/callbacks/corrections/", "/staff/callbacks/scripts/"],
    "crew_leader": ["/field/", "/field/crew/"],
    "system_admin": [
        "/staff/people/",
        "/staff/exchange/",
        "/staff/exchange/deliveries/",
        "/staff/exchange/dead/",
        "/staff/exchange/feed/",
        "/staff/exchange/adapters/",
    ],
    "data_steward": ["/staff/exchange/imports/", "/staff/exchange/exports/"],
    "security_admin": ["/staff/policies/", "/staff/calendars/", "/staff/calendars/new/"],
    "audit_admin": ["/staff/audit/"],
}
# Screens of knowledge and assistant: loaded once, then looked at in both widths and both themes.
BASE = [
    "/staff/knowledge/", "/staff/knowledge/view/mine/", "/staff/knowledge/view/ended/", "entry", "rewrite",
    "/staff/knowledge/new/", "/staff/knowledge/imports/", "/staff/knowledge/duplicates/", "/staff/knowledge/graph/",
    "entity", "/staff/knowledge/graph/imports/", "/staff/knowledge/learning/", "/staff/knowledge/learning/gaps/",
    "/staff/knowledge/models/", "role", "/staff/knowledge/topics/", "/staff/assistant/", "/staff/assistant/cases/",
    "/staff/assistant/try/",
]  # fmt: skip
KNOWLEDGE = {
    "": ["/hall/answers/", "/hall/answers/?q=%E7%94%B5%E8%B4%B9%E6%80%8E%E4%B9%88%E8%BF%99%E4%B9%88%E8%B4%B5"],
    "knowledge_editor": BASE,
    "supervisor": ["/staff/assistant/talks/"],
}
# Names of screens whose address carries a number: where it is linked from, and by what.
LINKED = {
    "flow": ("/staff/catalogue/", "main a[href*='/staff/catalogue/flows/']"),
    "entry": ("/staff/knowledge/", "main table tbody a"),
    "rewrite": ("entry", "main a[href$='/write/'], main a[href*='?base=']"),
    "entity": ("/staff/knowledge/graph/", "main table tbody a"),
    "roster": ("/staff/workforce/rosters/", "main table tbody a"),
    "role": ("/staff/knowledge/models/", "main a[href*='/models/role/']"),
}
# Where the crew works there is no menu of the office; these have the whole chrome to translate.
TRANSLATED = {
    "": HALL,
    "agent": ["/staff/desk/", "/staff/requests/", "/staff/requests/new/", "request"],
    "dispatcher": [
        "/staff/dispatch/",
        "/staff/dispatch/board/",
        "/staff/outages/",
        "/staff/outages/topology/",
        "/staff/outages/decision/",
        "/staff/teams/",
        "/staff/safety/",
    ],
    "supervisor": [
        "/staff/floor/",
        "/staff/review/",
        "/staff/floor/arrivals/",
        "/staff/outages/indices/",
        "/staff/filings/",
    ],
    "manager": ["/staff/catalogue/", "/staff/promises/", "/staff/completeness/", "/staff/prediction/"],
    "planner": [
        "/staff/workforce/",
        "/staff/workforce/requirement/",
        "/staff/workforce/accuracy/",
        "/staff/workforce/scenarios/",
        "/staff/workforce/rosters/",
        "roster",
        "/staff/workforce/rosters/shifts/",
        "/staff/workforce/rosters/fairness/",
        "/staff/workforce/rosters/rules/",
        "/staff/workforce/today/",
        "/staff/workforce/span/",
        "/staff/workforce/span/?span=week",
        "/staff/workforce/log/",
    ],
    "callback_agent": ["/staff/callbacks/", "/staff/callbacks/campaigns/"],
    "system_admin": ["/staff/exchange/", "/staff/exchange/feed/", "/staff/exchange/adapters/"],
    "knowledge_editor": [
        "/staff/knowledge/",
        "/staff/knowledge/new/",
        "/staff/knowledge/imports/",
        "/staff/knowledge/duplicates/",
        "/staff/knowledge/graph/",
        "/staff/knowledge/learning/",
        "/staff/knowledge/models/",
        "/staff/assistant/",
        "/staff/assistant/cases/",
    ],
}


def address(person: Visitor, name: str) -> str:
    """A path; a name of LINKED is the first such link, "request" and "dispatch" the newest fault report of the list."""
    if name.startswith("/"):
        return name
    if name in LINKED:
        where, link = LINKED[name]
        return person.go(address(person, where)).locator(link).first.get_attribute("href") or ""
    state = "" if name == "request" else "&state=accepted"
    page = person.go(f"/staff/requests/?type=fault_report{state}")
    link = page.locator("#table-requests tbody a").first
    if not link.count():
        return "/staff/requests/"
    href = link.get_attribute("href") or ""
    return href if name == "request" else f"/staff/dispatch/?request={href.rstrip('/').rsplit('/', 1)[1]}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("role", SCREENS)
def test_a_screen_is_in_order_at_both_widths(visitor: Visitors, role: str, theme: str) -> None:
    person = visitor(DESK, role)
    person.context.add_cookies([{"name": "denghuo_theme", "value": theme, "url": person.base}])
    found: list[str] = []
    for name in SCREENS[role]:
        path = address(person, name)
        for width in (DESK, PHONE):
            person.page.set_viewport_size({"width": width, "height": HEIGHT[width]})
            page = person.go(path)
            page.wait_for_load_state("networkidle") if not page.locator("[data-live-status]").count() else None
            assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
            found += [f"{path} {width}: {fault}" for fault in look.faults(page)]
    assert found == []


@pytest.mark.parametrize("role", KNOWLEDGE)
def test_a_screen_of_knowledge_or_assistant_is_in_order_at_both_widths_in_light_and_dark(
    visitor: Visitors, role: str
) -> None:
    person = visitor(DESK, role)
    found: list[str] = []
    for name in KNOWLEDGE[role]:
        path = address(person, name)
        page = person.go(path)
        for theme, width in (("light", DESK), ("light", PHONE), ("dark", PHONE)):
            page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
            page.set_viewport_size({"width": width, "height": HEIGHT[width]})
            found += [f"{path} {width} {theme}: {fault}" for fault in look.faults(page)]
        page.set_viewport_size({"width": DESK, "height": HEIGHT[DESK]})
    assert found == []


@pytest.mark.parametrize("role", TRANSLATED)
def test_in_english_no_chinese_is_left_in_menus_headings_and_buttons(visitor: Visitors, role: str) -> None:
    person = visitor(DESK, role)
    person.go(TRANSLATED[role][0])
    switch_language(person, "en")
    found: list[str] = []
    try:
        for name in TRANSLATED[role]:
            path = address(person, name)
            found += [f"{path}: {text}" for text in person.go(path).evaluate(look.CHINESE)]
    finally:
        switch_language(person, "zh-CN")  # it is kept with the person, whom other tests play as well
    assert found == []


def switch_language(person: Visitor, to: str) -> None:
    html = person.page.locator("html")
    if html.get_attribute("lang") != to:
        person.page.locator(".dh-lang button").first.click()
    expect(html).to_have_attribute("lang", to)


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("", "/hall/report/"),
        ("agent", "/staff/desk/"),
        ("callback_agent", "/staff/callbacks/"),
        ("", "/staff/sign-in/"),
    ],
)
def test_the_main_action_is_reached_by_keyboard(visitor: Visitors, role: str, path: str) -> None:
    person = visitor(DESK, role)
    page = person.go(path)
    page.locator("body").focus()
    page.evaluate("document.activeElement.blur()")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main .btn-primary, .dh-door .btn-primary, .btn-primary')"):
            return
    raise AssertionError("the main action is out of the keyboard's reach")


def test_the_question_mark_opens_the_help_and_escape_closes_it(visitor: Visitors) -> None:
    person = visitor(DESK, "agent")
    page = person.go("/staff/desk/")
    page.keyboard.press("?")
    expect(page.locator("#dh-keys")).to_be_visible()
    expect(page.locator("#dh-keys")).to_contain_text("接听下一个")
    page.keyboard.press("Escape")
    expect(page.locator("#dh-keys")).to_be_hidden()


def test_dark_is_kept_for_the_next_visit(visitor: Visitors) -> None:
    person = visitor(PHONE)
    page = person.go("/")
    was: Any = page.evaluate("document.documentElement.dataset.bsTheme")
    page.locator("[data-theme-switch]").first.click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") != was
