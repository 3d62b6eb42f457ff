"""``denghuo screenshots``: pictures of the main screens, taken from a running demonstration.

A small story is told to the platform first, through its public API, so that every picture has something to show: one
report on its way, one that waits for a crew, one that has just come in, and one that is to be called back.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from denghuo.cli.screenshot_story import Story, tell

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DESK, PHONE = (1440, 900), (390, 844)
LIMIT = 250_000  # bytes a picture may have, so that the repository and the docs stay light
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CHINESE = {"LANGUAGE": "zh_CN", "LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"}  # for the browser's own date pickers
SETTLE = 1500  # ms for map, chart and live parts to be drawn


@dataclass(frozen=True)
class Shot:
    """One picture: its file name, who looks (role or username; "" for the public), where, and on what screen."""

    name: str
    caption: str
    who: Callable[[Story], str]
    path: Callable[[Story], str]
    screen: tuple[int, int] = DESK
    theme: str = "light"
    prepare: Callable[[Page, Story], None] | None = None


def _fill_report(page: Page, story: Story) -> None:
    caller = story.extra
    page.get_by_label("户号").fill(caller["account_number"])
    page.get_by_label("登记手机号").fill(caller["phone"])
    page.get_by_role("button", name="查找用电户").click()
    page.get_by_text("已找到您的用电户").wait_for()
    for group, option in (("故障现象", "没有电"), ("影响范围", "整栋楼")):
        page.get_by_role("group", name=group).get_by_text(option, exact=True).click()
    page.evaluate("window.scrollTo(0, 0)")


def _take_call(page: Page, story: Story) -> None:
    button = page.get_by_role("button", name="取下一个")
    if button.count():
        button.click()
        page.wait_for_load_state()
    answer = page.get_by_role("group", name="拨打结果")
    if answer.count():
        answer.get_by_text("接通", exact=True).click()


def _ask_the_robot(page: Page, story: Story) -> None:
    page.get_by_role("button", name="开始咨询").click()
    page.get_by_text("转人工").first.wait_for()
    box = page.get_by_role("textbox", name="消息")
    box.fill("电费晚交几天要罚多少钱呀")
    box.press("Enter")
    page.locator("#chat [data-log]").get_by_text("违约金").first.wait_for()


def _open_assist(page: Page, story: Story) -> None:
    page.locator("#dk-tab-assist").click()
    page.locator("[data-assist] .pn-offers").wait_for()


def _walk_to(page: Page, story: Story) -> None:
    page.locator("main table tbody a").first.click()
    page.locator(".kg-drawing").first.wait_for()


SHOTS = (
    Shot("hall-home", "网上营业厅 · web hall", lambda s: "", lambda s: "/", PHONE),
    Shot("hall-report", "故障报修 · fault report", lambda s: "", lambda s: "/hall/report/", PHONE, prepare=_fill_report),
    Shot("hall-progress", "处理进度 · progress", lambda s: "", lambda s: f"/p/{s.running['token']}/", PHONE),
    Shot("robot", "智能客服 · robot in the web chat", lambda s: "", lambda s: "/hall/chat/", PHONE, prepare=_ask_the_robot),
    Shot("sign-in", "登录 · sign-in", lambda s: "", lambda s: "/staff/sign-in/"),
    Shot("desk", "坐席工作台 · agent's desk", lambda s: s.agent, lambda s: "/staff/desk/", prepare=_open_assist),
    Shot("request", "诉求 · request", lambda s: s.dispatcher, lambda s: f"/staff/requests/{s.running['id']}/"),
    Shot("dispatch", "派单调度 · dispatch board", lambda s: s.dispatcher, lambda s: f"/staff/dispatch/?request={s.waiting['id']}"),
    Shot("order-phone", "抢修手机 · crew phone", lambda s: s.leader, lambda s: f"/field/orders/{s.order_id}/", PHONE),
    Shot("callbacks", "回访 · call-back desk", lambda s: s.caller, lambda s: "/staff/callbacks/", prepare=_take_call),
    Shot("floor", "实时大厅 · live floor", lambda s: s.supervisor, lambda s: "/staff/floor/"),
    Shot("floor-dark", "实时大厅（深色）· live floor, dark", lambda s: s.supervisor, lambda s: "/staff/floor/", theme="dark"),
    Shot("wall", "大屏 · wall", lambda s: s.supervisor, lambda s: "/staff/floor/wall/", (1920, 1080), "dark"),
    Shot("knowledge", "知识库 · knowledge base", lambda s: s.editor, lambda s: "/staff/knowledge/"),
    Shot("graph", "知识图谱 · knowledge graph", lambda s: s.editor, lambda s: "/staff/knowledge/graph/?kind=business&q=过户", prepare=_walk_to),
    Shot("requests", "诉求列表 · list of requests", lambda s: s.agent, lambda s: "/staff/requests/"),
)  # fmt: skip


@click.command()
@click.option(
    "--url",
    envvar="DENGHUO_URL",
    default="http://127.0.0.1:9559",
    show_default=True,
    help="平台地址 · the running demonstration",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/img"),
    show_default=True,
    help="目录 · folder",
)
@click.option(
    "--only", "names", multiple=True, type=click.Choice([shot.name for shot in SHOTS]), help="只拍这些 · only these"
)
def screenshots(url: str, out: Path, names: tuple[str, ...]) -> None:
    """重拍界面截图 · take the pictures of the main screens from a running demonstration."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError as error:
        raise click.ClickException("缺少 playwright，请运行 make dev · playwright is missing; run: make dev") from error
    chromium = os.environ.get("DENGHUO_CHROMIUM", "/usr/bin/chromium")
    if not Path(chromium).exists():
        raise click.ClickException(
            f"没有 Chromium：{chromium} · no Chromium there; apt-get install chromium, or set DENGHUO_CHROMIUM"
        )
    story = tell(url.rstrip("/"))
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, env={**os.environ, **CHINESE})
        for shot in SHOTS:
            if not names or shot.name in names:
                size = shrink(_take(browser, url.rstrip("/"), shot, story), out / f"{shot.name}.png")
                click.echo(f"{out / shot.name}.png  {size / 1000:.0f} kB  {shot.caption}")
        browser.close()


def _take(browser: Browser, url: str, shot: Shot, story: Story) -> bytes:
    width, height = shot.screen
    phone = shot.screen == PHONE
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai",
        device_scale_factor=2 if phone else 1, is_mobile=phone, has_touch=phone,
    )  # fmt: skip
    page = context.new_page()
    who = shot.who(story)
    if who:
        _sign_in(page, url, who)
    context.add_cookies([{"name": "denghuo_theme", "value": shot.theme, "url": url}])
    page.goto(url + shot.path(story), wait_until="load")
    if shot.prepare:
        shot.prepare(page, story)
    page.wait_for_timeout(SETTLE)
    for toast in page.locator("[data-toast-close]").all():
        toast.click()
    taken = page.screenshot()
    context.close()
    return taken


def _sign_in(page: Page, url: str, who: str) -> None:
    """By the demonstration's button, for one person."""
    page.goto(f"{url}/staff/sign-in/")
    button = page.locator("button.dh-role").first
    button.evaluate("(button, who) => { button.value = who; }", who)
    button.click()
    page.wait_for_load_state()


def shrink(picture: bytes, target: Path) -> int:
    """Write ``picture`` with as many colours as fit into ``LIMIT`` bytes; gives the size."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    data = picture
    for colours in (256, 192, 128, 96, 64):
        out = io.BytesIO()
        image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True
        )
        data = out.getvalue()
        if len(data) <= LIMIT:
            break
    target.write_bytes(data)
    return len(data)
