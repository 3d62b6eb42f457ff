"""The tab strip that all pages of the area share. Each part adds its own tabs with :func:`add` in its ``urls.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from denghuo.core.actors import Actor


@dataclass(frozen=True)
class Tab:
    """One tab; ``key`` is what a page names itself by, ``order`` its place from the left."""

    order: int
    key: str
    url_name: str
    label: str | Promise
    permission: str


_TABS: dict[str, Tab] = {}


def add(order: int, key: str, url_name: str, label: str | Promise, permission: str = "workforce.view") -> None:
    """Add a tab: 10 to 40 forecast and staffing, 50 to 70 rosters, 80 and 90 the running day."""
    _TABS[key] = Tab(order, key, url_name, label, permission)


def strip(actor: Actor, here: str) -> list[dict[str, Any]]:
    """The tabs the actor may open, for ``workforce/_tabs.html`` (context name ``tabs``); ``here`` is the page's key."""
    found = []
    for tab in sorted(_TABS.values(), key=lambda one: one.order):
        if not actor.can_somewhere(tab.permission):
            continue
        try:
            found.append({"url": reverse(tab.url_name), "label": tab.label, "here": tab.key == here})
        except NoReverseMatch:
            continue
    return found
