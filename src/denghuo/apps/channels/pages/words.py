"""The words and rules of a function: what ships, how it will look, what was edited when."""

from __future__ import annotations

import itertools
from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.channels import queries, texts
from denghuo.apps.channels.choices import Channel
from denghuo.apps.channels.forms import TEXT_LABELS
from denghuo.apps.channels.models import ServiceFunction
from denghuo.apps.channels.registry import Function
from denghuo.core.errors import ActionError

VERSIONS_SHOWN = 10


def renamed(error: ActionError) -> ActionError:
    """Messages about the hours go to the first of their two fields."""
    fields = getattr(error, "fields", None)
    if fields and "hours" in fields:
        fields["hours_from"] = fields.pop("hours")
    return error


def shipped_words(registered: Function) -> dict[str, str]:
    """The words of the product, for placeholders."""
    shipped: dict[str, str] = {}
    for language, code in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(code):
            for part in queries.TEXTS:
                shipped[f"{part}_{language}"] = queries.text_of(registered, {}, part)
    return shipped


def site_of(request: HttpRequest) -> str:
    """The address customers reach us under, for links in plain text."""
    return request.build_absolute_uri("/").rstrip("/")


def preview_of(registered: Function, words: dict[str, dict[str, str]], language: str, site: str) -> dict[str, Any]:
    """The function as the web hall and a WeChat conversation show it, in one language."""
    with translation.override("en" if language == "en" else "zh-hans"):
        item = queries.PublishedFunction(
            code=registered.code, channel=Channel.WECHAT, group=registered.group, icon=registered.icon,
            title=queries.text_of(registered, words, "title", language),
            summary=queries.text_of(registered, words, "summary", language),
            guidance=queries.text_of(registered, words, "guidance", language),
            done_text=queries.text_of(registered, words, "done", language),
            mode=registered.modes[0], position=0, url=queries.url_of(registered), paused=False, announcement="",
            audience=registered.audience, needs_account=registered.needs_account, fields=registered.fields,
            runnable=registered.handler is not None, rules={}, publication_id=0, set_for=None,
        )  # fmt: skip
        fields = [
            {"label": str(field.label), "required": field.required, "help": str(field.help)} for field in item.fields
        ]
        return {"item": item, "fields": fields, "wechat": texts.function_text(item, site), "language": language}


def versions_of(row: ServiceFunction) -> list[dict[str, Any]]:
    """The latest edits, newest first: who, when, which words changed and from what to what."""
    kept = list(row.events.order_by("-pgh_id")[: VERSIONS_SHOWN + 1])  # type: ignore[attr-defined]
    found = []
    for after, before in itertools.pairwise(kept):
        if after.version == before.version:
            continue
        changes = [
            {"label": label, "before": _word(before.texts, name), "after": _word(after.texts, name)}
            for name, label in TEXT_LABELS.items()
            if _word(before.texts, name) != _word(after.texts, name)
        ]
        if before.rules != after.rules:
            changes.append(
                {"label": _("办理规则"), "before": rules_text(before.rules), "after": rules_text(after.rules)}
            )
        found.append({"version": after.version, "by": after.edited_by_name, "at": after.edited_at, "changes": changes})
    return found[:VERSIONS_SHOWN]


def rules_text(rules: dict[str, Any]) -> str:
    """Rules in words."""
    parts = []
    if rules.get("hours"):
        parts.append(f"{rules['hours']['from']}–{rules['hours']['to']}")
    if rules.get("daily_limit"):
        parts.append(_("每人每日 %(count)s 次") % {"count": rules["daily_limit"]})
    return _("，").join(parts)


def _word(words: dict[str, dict[str, str]], name: str) -> str:
    part, language = name.rsplit("_", 1)
    return words.get(language, {}).get(part, "")
