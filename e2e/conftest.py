"""The real product on free ports with a small province of its own, and browsers to visit it with.

``DENGHUO_CHROMIUM``   the browser's executable (default /usr/bin/chromium); without one these tests are skipped
``DENGHUO_E2E_VAR``    folder of a platform that runs already with ``--small``: drive that one (for work on the tests)
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from denghuo.core.moment.clock import REFRESH_SECONDS
from denghuo.demo.drill.platform import Platform
from e2e.browser import FLAGS, Visitors

CHROMIUM = os.environ.get("DENGHUO_CHROMIUM", "/usr/bin/chromium")
HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")
expect.set_options(timeout=20_000)  # a slow machine is not a fault of the page


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a browser test; without a browser it says so and steps aside."""
    absent = pytest.mark.skip(reason=f"no Chromium at {CHROMIUM}: apt-get install chromium, or set DENGHUO_CHROMIUM")
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.e2e)
            if not Path(CHROMIUM).exists():
                item.add_marker(absent)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    """Beside what failed: the last words of the platform it failed on."""
    outcome: Any = yield
    report, running = outcome.get_result(), getattr(item, "funcargs", {}).get("platform")
    if report.failed and running is not None:
        log = running.var / "log" / "denghuo.log"
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:] if log.exists() else ["none"]
        report.sections.append(("the platform's log", "\n".join(lines)))


class Running(Platform):
    """A platform that somebody else has started and will stop."""

    def __init__(self, var: Path) -> None:
        status = json.loads((var / "status.json").read_text())
        self.var, self.port, self.live_port, self.keep = var, int(status["port"]), int(status["live_port"]), True

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it running."""


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """``denghuo run --small`` with its own database, at the beginning of yesterday's calling hours."""
    given = os.environ.get("DENGHUO_E2E_VAR")
    with Running(Path(given)) if given else Platform() as running:
        yield running


@pytest.fixture(scope="session")
def ask(platform: Platform) -> Callable[..., Any]:
    """Public addresses of the demonstration: ``ask("/api/v1/demo/callers?limit=2")``, with a body it is a POST."""

    def call(path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(platform.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return call


class BusinessDay:
    """Yesterday, from nine o'clock on: customers may be called, whatever the wall clock says."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self.ask = ask
        yesterday = dt.datetime.now(ZONE) - dt.timedelta(days=1)
        self.set(yesterday.replace(hour=8, minute=30, second=0, microsecond=0))

    def set(self, moment: dt.datetime) -> None:
        self.ask("/api/v1/demo/clock", {"speed": 1, "business": moment.isoformat()})
        self.anchor, self.wall = moment, dt.datetime.now(ZONE)
        time.sleep(REFRESH_SECONDS + 0.2)  # until every process has read it

    def forward(self, minutes: float) -> None:
        """Let time pass."""
        self.set(self.anchor + (dt.datetime.now(ZONE) - self.wall) + dt.timedelta(minutes=minutes))


@pytest.fixture(scope="session")
def day(ask: Callable[..., Any]) -> Iterator[BusinessDay]:
    yield BusinessDay(ask)
    ask("/api/v1/demo/clock", {"speed": None})


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser, platform: Platform, day: BusinessDay) -> Iterator[Visitors]:
    """``visitor(PHONE)``, ``visitor(DESK, "dispatcher")``: people with browsers; their complaints fail the test."""
    visitors = Visitors(chromium, platform.url)
    yield visitors
    assert visitors.close() == []


@pytest.fixture
def town(ask: Callable[..., Any]) -> Town:
    return Town(ask)


class Town:
    """Invented people to play, and the units that look after them."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        self.ask = ask
        self.staff = ask("/api/v1/demo/staff")

    def callers(self, seed: int, count: int = 1, **more: int) -> list[dict[str, Any]]:
        """``count`` customers whom the dispatcher of the demonstration looks after; ``seed`` keeps tests apart."""
        words = "".join(f"&{name}={value}" for name, value in more.items())
        found = self.ask(f"/api/v1/demo/callers?limit=400&seed={seed}{words}")
        counties = self.counties()
        return [caller for caller in found if caller["org_id"] in counties][:count]

    def counties(self) -> set[int]:
        """Counties of the first dispatcher's city: those whose crews stand below it."""
        above = next(row["org_path"] for row in self.staff if row["username"] == "dispatcher01")
        teams = [
            row["org_path"] for row in self.staff if row["crew_id"] is not None and row["org_path"].startswith(above)
        ]
        return {int(path.rstrip(".").split(".")[-2]) for path in teams}

    def member_of(self, crew_id: int) -> str:
        """Username of a crew's leader."""
        return next(row["username"] for row in self.staff if row["crew_id"] == crew_id and row["role"] == "crew_leader")
