"""A visitor with a browser of their own: every complaint of the browser fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

DESK, PHONE = 1440, 390
HEIGHT = {DESK: 900, PHONE: 844}
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--lang=zh-CN",
]  # fmt: skip
# A refused form answers 422 and the browser notes every such answer in its console: that is the product at work.
# A refused form, and a part that was being fetched when its page went away; what the server answers wrongly or refuses to
# answer is complained of in lines of its own.
NORMAL = (
    re.compile(r"the server responded with a status of 422"),
    re.compile(r"htmx:(afterRequest|sendError|sendAbort)"),
)
WATCH = """() => {
  document.addEventListener('securitypolicyviolation', (event) =>
    console.error('CSP ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile));
}"""


@dataclass
class Visitor:
    """One person at one browser: ``page`` is where they look, ``complaints`` what the browser disliked."""

    base: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    tolerated: list[re.Pattern[str]] = field(default_factory=lambda: list(NORMAL))

    def tolerate(self, pattern: str) -> None:
        """Expect a complaint, such as a line that the test itself cuts."""
        self.tolerated.append(re.compile(pattern))

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self._note(f"pageerror {error}"))
        page.on(
            "console",
            lambda line: (
                self._note(f"{line.type} {line.text} {line.location.get('url', '')}") if line.type == "error" else None
            ),
        )

    def _note(self, text: str) -> None:
        if not any(pattern.search(text) for pattern in self.tolerated):
            self.complaints.append(text)

    def go(self, path: str) -> Page:
        """Open a page of the product and wait until its live line stands, where it has one."""
        self.page.goto(self.base + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait for the live line of the page, so that nothing told from here on is missed."""
        status = self.page.locator("[data-live-status]")
        if status.count():
            expect(status.first).to_have_attribute("data-state", "on")

    def stay(self) -> None:
        """Mark the page as it is now; :meth:`assert_stayed` then proves that it was never loaded again."""
        self.page.evaluate("window.stayed = true")

    def assert_stayed(self) -> None:
        assert self.page.evaluate("window.stayed === true"), "the page was loaded again"

    def sign_in(self, who: str) -> None:
        """Sign in as a role or a person, with the button of the demonstration."""
        page = self.page
        page.goto(self.base + "/staff/sign-in/")
        button = page.locator("button.dh-role").first
        button.evaluate("(button, who) => { button.value = who; }", who)
        button.click()
        page.wait_for_load_state()
        assert "/staff/sign-in/" not in page.url, page.inner_text("main")

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Call the product's API from this browser, with its session."""
        token = self.page.evaluate("window.Denghuo.csrf()")
        answer = self.context.request.post(
            self.base + path, data=body, headers={"X-CSRFToken": token, "Referer": self.base}
        )
        assert answer.ok, answer.text()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.context.request.get(self.base + path)
        assert answer.ok, answer.text()
        return answer.json()


class Visitors:
    """All browsers of one test."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.browser, self.base = browser, base
        self.all: list[Visitor] = []

    def __call__(self, width: int = DESK, who: str = "", **more: Any) -> Visitor:
        """A new person with a screen ``width`` pixels wide; signed in as ``who`` (role or username) unless empty."""
        options = {
            "viewport": {"width": width, "height": HEIGHT[width]},
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
        }
        if width == PHONE:
            options |= {"has_touch": True, "is_mobile": True}
        context = self.browser.new_context(**(options | more))
        context.set_default_timeout(30_000)  # both test processes may be building a province beside
        page = context.new_page()
        visitor = Visitor(self.base, context, page)
        page.add_init_script(f"({WATCH})()")
        visitor.listen(page)
        self.all.append(visitor)
        if who:
            visitor.sign_in(who)
        return visitor

    def close(self) -> list[str]:
        """Close every browser and hand over what they complained about."""
        complaints = []
        for visitor in self.all:
            complaints += [f"{visitor.page.url}: {text}" for text in visitor.complaints]
            visitor.context.close()
        return complaints


def expect_soon(looking: Visitor, holds: Callable[[], bool]) -> None:
    """Look again for two minutes: a web server that must start anew takes its time on a busy machine."""
    last: Exception | None = None
    for _ in range(240):
        try:
            if holds():
                return
        except Exception as fault:
            last = fault
        looking.page.wait_for_timeout(500)
    raise AssertionError(f"it did not come true; the last look: {last!r}")
