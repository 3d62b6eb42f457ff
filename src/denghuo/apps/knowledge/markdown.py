"""Articles are Markdown; what becomes of it is safe to show: no HTML of the writer's, no scripts, no strange addresses."""

from __future__ import annotations

import re
from typing import Final

from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from denghuo.apps.knowledge.choices import Kind

#: tables are for prices; pictures come from the product's own files only and are left out of what the public sees
_READER: Final = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable("table")
_READER.disable("image")
#: addresses inside an article that lead to another entry
LINKED: Final = re.compile(r"\]\(\s*(?:https?://[^/\s)]+)?/(?:hall/answers|staff/knowledge)/(\d{1,18})/?[^)]*\)")


def render(text: str) -> SafeString:
    """HTML of Markdown. Tables scroll within themselves on a narrow screen."""
    html = str(_READER.render(text))
    html = html.replace("<table>", '<div class="dh-table-scroll"><table class="dh-table">').replace(
        "</table>", "</table></div>"
    )
    return mark_safe(html)  # noqa: S308  (the reader escapes all HTML it is given)


def answer_html(kind: str, answer: str) -> SafeString:
    """An answer as readers see it: an article's Markdown, or the plain text with its lines."""
    if kind == Kind.ARTICLE:
        return format_html('<div class="kn-article">{}</div>', render(answer))
    return mark_safe(linebreaks(answer, autoescape=True))  # noqa: S308  (escaped)


def linked_entries(text: str) -> set[int]:
    """The keys of the entries an article links to."""
    return {int(number) for number in LINKED.findall(text)}
