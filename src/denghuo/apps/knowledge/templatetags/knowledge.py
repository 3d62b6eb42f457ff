"""Showing entries."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from denghuo.apps.knowledge.markdown import answer_html
from denghuo.apps.knowledge.models import StandardQuestion

register = template.Library()


@register.simple_tag
def answer_of(entry: StandardQuestion) -> SafeString:
    """The answer of a published entry as readers see it."""
    return answer_html(entry.kind, entry.answer)


@register.simple_tag
def told(kind: str, answer: str) -> SafeString:
    """An answer not yet published, as readers would see it."""
    return answer_html(kind, answer)
