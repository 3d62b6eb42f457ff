"""The strict content-security policy holds: nothing inline anywhere, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import denghuo

SRC = Path(denghuo.__file__).parent
TEMPLATES = sorted(path for path in SRC.rglob("*.html") if "templates" in path.parts)
SCRIPTS = sorted((SRC / "web" / "static").rglob("*.js"))
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*=", re.I),
    "style block": re.compile(r"<style\b", re.I),
    "handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "script in the page": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.I),
    "evaluated htmx attribute": re.compile(r"hx-on|hx-(?:vals|headers)\s*=\s*[\"']js:|hx-trigger=\"[^\"]*\[", re.I),
    "something from another host": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_templates_hold_nothing_inline(path: Path) -> None:
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"))
    found = [f"{name}: {match.group(0)!r}" for name, pattern in FORBIDDEN.items() for match in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_neither_evaluate_text_nor_write_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for bad in (
        r"\beval\(",
        r"new Function",
        r"\.innerHTML\b",
        r"document\.write",
        r"insertAdjacentHTML",
        r"setAttribute\(.style",
    ):
        assert not re.search(bad, text), bad


@pytest.mark.django_db
@pytest.mark.urls("web_test_urls")
@pytest.mark.parametrize("name", ["", "hall/", "field/", "wall/"])
def test_pages_carry_the_strict_policy(settings: object, name: str) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    answer = Client().get(f"/staff/style/{name}")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "default-src 'self'" in policy
    html = answer.content.decode()
    for title, pattern in FORBIDDEN.items():
        assert not pattern.search(html), title


@pytest.mark.django_db
@pytest.mark.urls("web_test_urls")
def test_the_style_guide_is_closed_in_production(settings: object) -> None:
    settings.DEMO = settings.DEBUG = False  # type: ignore[attr-defined]
    answer = Client().get("/staff/style/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()


@pytest.mark.urls("web_test_urls")
def test_the_error_page_needs_no_database(django_db_blocker: object) -> None:
    answer = Client(raise_request_exception=False).get("/staff/broken/")
    assert answer.status_code == 500
    assert "服务器没能完成这一步" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.urls("web_test_urls")
@pytest.mark.parametrize(
    ("theme", "expected"), [("dark", 'data-bs-theme="dark"'), ("light", 'data-bs-theme="light"'), ('x"><b', "")]
)
def test_the_chosen_theme_is_in_the_first_byte_of_the_page(settings: object, theme: str, expected: str) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    client = Client()
    client.cookies["denghuo_theme"] = theme
    head = client.get("/staff/style/hall/").content.decode().split("<head>")[0]
    assert expected in head
    assert ("data-theme-chosen" in head) == bool(expected)


@pytest.mark.django_db
@pytest.mark.urls("web_test_urls")
def test_one_click_switches_the_language(settings: object, english_compiled: None) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    client = Client()
    assert '<html lang="zh-CN"' in client.get("/staff/style/hall/").content.decode()
    client.post("/i18n/set-language/", {"language": "en", "next": "/staff/style/hall/"})
    html = client.get("/staff/style/hall/").content.decode()
    assert '<html lang="en"' in html
    assert "Report a fault" in html
