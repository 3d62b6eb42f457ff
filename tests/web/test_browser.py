"""What only a browser can show: drafts, double clicks, dialogs, toasts, theme, keyboard, live matching, no violations."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from denghuo.web.finders import node_modules

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() or not node_modules().is_dir(), reason="needs Chromium and `npm ci`"
    ),
    pytest.mark.urls("web_test_urls"),
]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site(settings: Any) -> Iterator[str]:
    """The front end on a free port; a page that touched the database would fail here."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application

    settings.DEBUG, settings.DEMO = True, False
    server = make_server("127.0.0.1", 0, StaticFilesHandler(get_wsgi_application()), _Server, _Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, site: str) -> Iterator[Any]:
    """A fresh visitor; any complaint of the browser about policy or script fails the test."""
    context = chromium.new_context(base_url=site, locale="zh-CN", viewport={"width": 900, "height": 700})
    page = context.new_page()
    page.set_default_timeout(8000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def posts() -> list[str]:
    import web_test_urls

    web_test_urls.POSTS.clear()
    return web_test_urls.POSTS


def draft_of(page: Any) -> Any:
    return page.evaluate("localStorage.getItem('dh-draft:public:note-1')")


def type_and_wait_for_draft(page: Any, title: str) -> None:
    page.fill("#id_title", title)
    page.wait_for_function("title => (localStorage.getItem('dh-draft:public:note-1') || '').includes(title)", arg=title)


def test_a_half_typed_form_survives_a_reload_and_can_be_discarded(page: Any) -> None:
    page.goto("/staff/form/")
    type_and_wait_for_draft(page, "整栋停电𠮷")
    page.reload()
    assert page.input_value("#id_title") == "整栋停电𠮷"
    page.click(".dh-draft-note button")
    assert page.input_value("#id_title") == ""
    assert draft_of(page) is None


def test_a_draft_goes_when_the_server_took_the_form(page: Any, posts: list[str]) -> None:
    page.goto("/staff/form/")
    type_and_wait_for_draft(page, "good")
    page.click("#send")
    page.wait_for_url("**/staff/one/")
    page.goto("/staff/form/")
    assert page.input_value("#id_title") == ""
    assert len(posts) == 1


def test_a_refused_form_keeps_its_key_and_its_draft(page: Any, posts: list[str]) -> None:
    page.goto("/staff/form/")
    type_and_wait_for_draft(page, "bad")
    page.click("#send")
    page.wait_for_selector("[aria-invalid=true]")
    assert draft_of(page)
    page.fill("#id_title", "good")
    page.click("#send")
    page.wait_for_url("**/staff/one/")
    assert len(posts) == 2
    assert len(set(posts)) == 1


def test_after_a_lost_answer_the_same_key_is_sent_again(page: Any, posts: list[str]) -> None:
    page.goto("/staff/form/")
    type_and_wait_for_draft(page, "good")
    page.route("**/staff/form/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    tried = page.input_value("[name=idempotency_key]")
    page.click("#send")
    page.wait_for_timeout(200)
    page.unroute("**/staff/form/")
    page.goto("/staff/form/")
    assert page.input_value("#id_title") == "good"
    assert page.input_value("[name=idempotency_key]") == tried


def test_a_double_click_sends_once(page: Any, posts: list[str]) -> None:
    page.goto("/staff/form/")
    page.fill("#id_title", "good")
    page.evaluate("() => { const f = document.getElementById('f'); f.requestSubmit(); f.requestSubmit(); }")
    page.wait_for_url("**/staff/one/")
    assert len(posts) == 1


def test_a_step_that_asks_first_waits_for_the_answer(page: Any, posts: list[str]) -> None:
    page.goto("/staff/form/")
    page.fill("#id_title", "good")
    page.click("#ask")
    assert page.inner_text("[data-confirm-text]") == "sure?"
    page.click("#dh-confirm [value=no]")
    assert posts == []
    page.click("#ask")
    page.click("#dh-confirm [value=yes]")
    page.wait_for_url("**/staff/one/")
    assert len(posts) == 1


def test_a_toast_from_the_server_is_shown_and_closed(page: Any) -> None:
    page.goto("/staff/form/")
    page.click("#toast")
    assert page.inner_text(".dh-toast span") == "已保存"
    page.click("[data-toast-close]")
    assert page.locator(".dh-toast").count() == 0


def test_a_dropped_line_is_said_and_nothing_is_lost(page: Any) -> None:
    page.goto("/staff/form/")
    page.route("**/staff/toast/", lambda route: route.abort())
    page.click("#toast")
    assert "连不上服务器" in page.inner_text(".dh-toast")


def test_the_theme_is_remembered(page: Any) -> None:
    page.goto("/staff/form/")
    before = page.get_attribute("html", "data-bs-theme")
    page.click("[data-theme-switch]")
    after = page.get_attribute("html", "data-bs-theme")
    assert {before, after} == {"light", "dark"}
    page.reload()
    assert page.get_attribute("html", "data-bs-theme") == after
    assert page.get_attribute("html", "data-theme-chosen") is not None


def test_help_opens_with_a_question_mark_but_not_while_typing(page: Any) -> None:
    page.goto("/staff/form/")
    page.focus("#id_title")
    page.keyboard.type("?")
    assert not page.locator("#dh-keys").is_visible()
    page.locator("#id_title").blur()
    page.keyboard.press("?")
    assert page.locator("#dh-keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#dh-keys").is_visible()


def test_live_topics_match_exactly_and_floors_by_their_path(page: Any) -> None:
    page.goto("/staff/form/")
    script = page.get_attribute("script[src*='js/live.js']", "src")
    result = page.evaluate(
        """async (src) => {
            const { matches, parser } = await import(src);
            const heard = [];
            const read = parser((name, data, id) => heard.push([name, data, id]));
            read("id: 5-1\\nevent: request.accep"); read("ted\\ndata: {}\\n\\n: beat\\n\\nevent: reload\\ndata:\\n\\n");
            return {
                exact: matches(["request:12"], ["request:12"]),
                longer: matches(["request:1"], ["request:12"]),
                below: matches(["floor:1.4."], ["floor:1.4.9."]),
                above: matches(["floor:1.4."], ["floor:1."]),
                other: matches(["floor:1.4."], ["floor:1.40."]),
                heard,
            };
        }""",
        script,
    )
    assert result == {
        "exact": True,
        "longer": False,
        "below": True,
        "above": False,
        "other": False,
        "heard": [["request.accepted", "{}", "5-1"], ["reload", "", "5-1"]],
    }


def test_a_message_that_comes_while_an_element_is_being_replaced_is_not_lost(page: Any) -> None:
    asked: list[Any] = []
    page.route("**/staff/pulse/", lambda route: asked.append(route))
    page.goto("/staff/form/")
    script = page.get_attribute("script[src*='js/live.js']", "src")
    page.evaluate(
        """() => {
            const box = document.createElement("div");
            box.innerHTML = '<div id="pulse" data-live="request:9" hx-get="/staff/pulse/" hx-trigger="live" hx-swap="outerHTML">0</div>';
            document.querySelector("main").append(box);
            window.htmx.process(box);
        }"""
    )
    tell = "async (src) => (await import(src)).deliver('request.changed', '{\"topics\": [\"request:9\"]}')"
    page.evaluate(tell, script)
    until(page, lambda: len(asked) == 1)
    page.evaluate(tell, script)  # told of a second change while the answer to the first is on its way
    for seen in (1, 2):
        until(page, lambda seen=seen: len(asked) == seen)  # type: ignore[misc]
        asked[seen - 1].fulfill(
            body=f'<div id="pulse" data-live="request:9" hx-get="/staff/pulse/" hx-trigger="live" hx-swap="outerHTML">{seen}</div>',
            content_type="text/html",
        )
        page.wait_for_function("seen => document.querySelector('#pulse').textContent === String(seen)", arg=seen)


def until(page: Any, true: Callable[[], bool]) -> None:
    """Let the browser work until ``true``; its default time-out applies."""
    for _ in range(800):
        if true():
            return
        page.wait_for_timeout(10)
    raise AssertionError("did not come to pass")


def test_crew_pages_take_a_photo_and_a_signature_without_breaking_the_policy(page: Any, tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "photo.png"
    Image.new("RGB", (2400, 1200), "#e39a1c").save(picture)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/staff/style/field/")
    page.set_input_files(".dh-camera input[type=file]", str(picture))
    page.wait_for_selector(".dh-shots canvas")
    assert page.evaluate("[...document.querySelectorAll('.dh-shots canvas')].map(c => [c.width, c.height])") == [
        [1600, 800]
    ]
    size = "async () => { const f = document.querySelector('.dh-camera input').files[0]; return [f.type, f.size < 200000]; }"
    assert page.evaluate(size) == ["image/jpeg", True]
    canvas = page.locator(".dh-signature canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 50, steps=6)
    page.mouse.up()
    assert page.evaluate("document.getElementById('id_signature').files[0].type") == "image/png"


@pytest.mark.parametrize("frame", ["hall", "field"])
def test_touch_targets_are_large_on_phones(page: Any, frame: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/staff/style/{frame}/")
    small = page.evaluate(
        """least => [...document.querySelectorAll('.btn, .form-control, .form-select, .dh-choices label, .dh-topbtn, .dh-iconbtn')]
            .filter(node => node.offsetParent && !node.closest('dialog'))
            .map(node => [node.className, node.getBoundingClientRect().height])
            .filter(([, height]) => height < least)""",
        48 if frame == "field" else 44,
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
