"""Marking in a wording what it has in common with the question."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe


def marked(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    """``text`` as HTML with ``<mark>`` around each span; spans that overlap or leave the text are cut to fit."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(at, start), min(len(text), end)
        if start >= end:
            continue
        parts += [conditional_escape(text[at:start]), format_html("<mark>{}</mark>", text[start:end])]
        at = end
    parts.append(conditional_escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308  (every part is escaped above)
