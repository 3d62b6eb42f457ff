"""What is offered where, for pages, chats, menus and the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.apps.channels import catalog as held
from denghuo.apps.channels.choices import Channel, PublicationState
from denghuo.apps.channels.health import Health, health
from denghuo.apps.channels.places import lineage
from denghuo.apps.channels.registry import FUNCTIONS, Field, Function
from denghuo.core import moment
from denghuo.core.scoping.models import OrgUnit

TEXTS = ("title", "summary", "guidance", "done")

__all__ = [
    "Health",
    "PublishedFunction",
    "announcement_for",
    "channel_open",
    "find_published",
    "health",
    "published",
    "url_of",
]


@dataclass(frozen=True, slots=True)
class PublishedFunction:
    """A function as a customer finds it on one channel, with the words in the reader's language.

    ``paused``: shown, but not to be used now; ``announcement`` says why. ``runnable``: can be run here by
    ``run_function``; otherwise ``url`` (its page in the web hall) is all there is.
    """

    code: str
    channel: str
    title: str
    summary: str
    guidance: str
    done_text: str
    group: str
    icon: str
    mode: str
    position: int
    url: str
    paused: bool
    announcement: str
    audience: tuple[str, ...]
    needs_account: bool
    fields: tuple[Field, ...]
    runnable: bool
    rules: Mapping[str, Any]
    publication_id: int
    set_for: int | None


def published(channel: str, org: OrgUnit | None = None, audience: str | None = None) -> list[PublishedFunction]:
    """Functions on ``channel`` for customers of ``org`` (None: what holds everywhere), in the order of tiles.

    ``audience`` resident or enterprise narrows them. Paused functions are among them, marked. Served from memory
    (:mod:`.catalog`): no query in most calls, two at most.
    """
    at = moment.now()
    rows = held.catalog().nearest(channel, lineage(org), at)
    found = [
        _published(FUNCTIONS[code], row, at)
        for (code, _channel), row in rows.items()
        if code in FUNCTIONS and row.state_at(at) != PublicationState.WITHDRAWN
    ]
    if audience is not None:
        found = [item for item in found if audience in item.audience]
    return sorted(found, key=lambda item: (item.position, FUNCTIONS[item.code].order, item.code))


def find_published(code: str, channel: str, org: OrgUnit | None = None) -> PublishedFunction | None:
    """One function on one channel; None when it is not published there."""
    return next((item for item in published(channel, org) if item.code == code), None)


def channel_open(channel: str, org: OrgUnit | None = None) -> tuple[bool, str]:
    """Whether ``channel`` takes customers of ``org`` now, and what to tell them when it does not. No query mostly."""
    row = held.catalog().closure(channel, lineage(org), moment.now())
    if row is None:
        return True, ""
    return False, announcement(row.announcement, row.announcement_en, row.closed_until)


def announcement_for(channel: str, org: OrgUnit | None = None) -> str:
    """The announcement of a closed channel; "" while it is open."""
    return channel_open(channel, org)[1]


def announcement(text: str, text_en: str, until: dt.datetime | None) -> str:
    """An announcement in the reader's language with the time of return, if one is known."""
    told = text_en if text_en and _english() else text
    if until is None:
        return told
    back = timezone.localtime(until).strftime("%m-%d %H:%M")
    return _("%(text)s（预计 %(when)s 恢复）") % {"text": told, "when": back}


def text_of(function: Function, texts: Mapping[str, Mapping[str, str]], name: str, language: str | None = None) -> str:
    """One text of a function: as edited for the language, else as the app registered it."""
    edited = texts.get("en" if (language or get_language() or "").startswith("en") else "zh", {}).get(name, "")
    if edited:
        return edited
    registered = {
        "title": function.name,
        "summary": function.summary,
        "guidance": function.guidance,
        "done": function.done_text,
    }
    return str(registered[name])


def url_of(function: Function) -> str:
    """The function's page in the web hall; "" when it has none in this installation."""
    if not function.url_name:
        return ""
    try:
        return reverse(function.url_name)
    except NoReverseMatch:
        return ""


def channel_label(code: str) -> str:
    """The channel's name in the reader's language; the code itself for one nobody knows."""
    return str(Channel(code).label) if code in Channel.values else code


def _published(function: Function, row: held.PublicationRow, at: dt.datetime) -> PublishedFunction:
    paused = row.state_at(at) == PublicationState.PAUSED
    return PublishedFunction(
        code=function.code,
        channel=row.channel,
        title=text_of(function, row.texts, "title"),
        summary=text_of(function, row.texts, "summary"),
        guidance=text_of(function, row.texts, "guidance"),
        done_text=text_of(function, row.texts, "done"),
        group=function.group,
        icon=function.icon,
        mode=row.mode,
        position=row.position,
        url=url_of(function),
        paused=paused,
        announcement=announcement(row.announcement, row.announcement_en, row.paused_until) if paused else "",
        audience=function.audience,
        needs_account=function.needs_account,
        fields=function.fields,
        runnable=function.handler is not None,
        rules=row.rules,
        publication_id=row.id,
        set_for=row.org_id,
    )


def _english() -> bool:
    return (get_language() or "").startswith("en")
