"""Opening a page as a member of a crew, and waiting for what it shows."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page

PATIENCE = 20_000  # ms for the screen to show what was pressed


def until(page: Page, script: str, before: Any = None, patience: int = PATIENCE) -> None:
    """Wait up to ``patience`` ms until ``script`` holds on the page. Asked from outside: the page's policy forbids what would wait inside."""
    end = time.monotonic() + patience / 1000
    while not page.evaluate(script, before):
        if time.monotonic() > end:
            raise AssertionError(
                f"{page.url}: {script} did not come true; the page says {page.inner_text('body')[:400]}"
            )
        page.wait_for_timeout(40)


def enter(page: Page, base: str, path: str, who: str) -> None:
    """Open a page of the platform at ``base``, signing in as ``who`` first when asked to."""
    page.goto(base + path, wait_until="load")
    if "/staff/sign-in/" in page.url:
        button = page.locator("button.dh-role").first
        button.evaluate("(button, who) => { button.value = who; }", who)
        button.click()
        page.wait_for_url(lambda url: "/staff/sign-in/" not in url)
        page.goto(base + path, wait_until="load")
