"""``denghuo screenshots``: pictures of the main screens for the documentation, taken from a running demonstration."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from denghuo.config.paths import ROOT

FOLDER = ROOT / "docs" / "img"
DESK, PHONE, WALL = (1440, 900), (390, 844), (1920, 1080)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@dataclass(frozen=True)
class Shot:
    """One picture: where, as whom, how large. ``path`` may look something up on the platform."""

    name: str
    path: str | Callable[[Any, Any], str]
    who: str = ""
    size: tuple[int, int] = DESK
    dark: bool = False
    whole: bool = False


def _request(ask: Any, page: Any) -> str:
    """A dispatched request's page, opened from the list."""
    page.goto(ask.url + "/staff/requests/?state=dispatched")
    return str(page.locator("a[href^='/staff/requests/2'], a[href^='/staff/requests/']").filter(has_text="20").first.get_attribute("href"))


def _order(ask: Any, page: Any) -> str:
    """The crew's first order."""
    page.goto(ask.url + "/field/")
    return str(page.locator("a[href^='/field/orders/']").first.get_attribute("href") or "/field/")


def _progress(ask: Any, page: Any) -> str:
    """A progress page of the public: a report is made for it."""
    caller = ask("/api/v1/demo/callers?limit=1&seed=77")[0]
    now = ask("/api/v1/demo/clock")["now"]
    body = {
        "type": "fault_report", "channel": "web_form", "caller_name": caller["name"], "caller_phone": caller["phone"],
        "account_number": caller["account_number"], "phenomenon": "no_power", "scope": "building", "occurred_at": now,
        "description": "整栋楼都没电，开关已检查",
    }  # fmt: skip
    return f"/p/{ask('/api/v1/requests', body)['token']}/"


SHOTS = [
    Shot("hall", "/", size=PHONE),
    Shot("report", "/hall/report/", size=PHONE),
    Shot("progress", _progress, size=PHONE),
    Shot("outages", "/hall/outages/", size=PHONE),
    Shot("sign-in", "/staff/sign-in/"),
    Shot("desk", "/staff/desk/", "agent"),
    Shot("requests", "/staff/requests/", "supervisor"),
    Shot("request", _request, "dispatcher"),
    Shot("dispatch", "/staff/dispatch/", "dispatcher"),
    Shot("crew", "/field/", "crew_leader", PHONE),
    Shot("order", _order, "crew_leader", PHONE, whole=True),
    Shot("callbacks", "/staff/callbacks/", "callback_agent"),
    Shot("floor", "/staff/floor/", "supervisor", whole=True),
    Shot("floor-dark", "/staff/floor/", "supervisor", dark=True, whole=True),
    Shot("wall", "/staff/floor/wall/", "supervisor", WALL),
    Shot("policies", "/staff/policies/", "security_admin"),
]


class Asker:
    """Calls the platform's API."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __call__(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@click.command("screenshots")
@click.option("--url", default="http://127.0.0.1:9559", show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=FOLDER)
@click.option("--only", multiple=True, help="names of single pictures")
def screenshots(url: str, out: Path, only: tuple[str, ...]) -> None:
    """界面截图 · take the pictures of the main screens from a running demonstration."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise click.ClickException("需要 playwright，请运行 make dev · needs playwright: make dev") from error
    ask = Asker(url)
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = os.environ.get("DENGHUO_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for shot in SHOTS:
            if not only or shot.name in only:
                _take(browser, ask, shot, out)
                click.echo(f"{shot.name}.png")
        browser.close()


def _take(browser: Any, ask: Asker, shot: Shot, out: Path) -> None:
    width, height = shot.size
    scheme = "dark" if shot.dark else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", color_scheme=scheme)
    page = context.new_page()
    if shot.who:
        page.goto(ask.url + "/staff/sign-in/")
        page.locator(f"button[name=who][value='{shot.who}']").click()
        page.wait_for_load_state()
    if shot.dark:
        context.add_cookies([{"name": "denghuo_theme", "value": "dark", "url": ask.url}])
    path = shot.path if isinstance(shot.path, str) else shot.path(ask, page)
    page.goto(ask.url + path)
    page.wait_for_timeout(1200)  # charts and maps draw themselves in
    target = out / f"{shot.name}.png"
    page.screenshot(path=target, full_page=shot.whole)
    _shrink(target)
    context.close()


def _shrink(path: Path) -> None:
    """Fewer colours: the pictures are flat, and the repository stays light."""
    from PIL import Image

    with Image.open(path) as image:
        image.convert("RGB").quantize(192, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
