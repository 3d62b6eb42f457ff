"""The tabs of the exchange screens: each for those who may open it."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange.pages.common import EXPORT, IMPORT, VIEW
from denghuo.core.http.actors import actor_of

register = template.Library()

TABS = (
    ("subscriptions", "exchange:home", _("推送订阅"), "broadcast", VIEW),
    ("deliveries", "exchange:deliveries", _("推送记录"), "send", VIEW),
    ("dead", "exchange:dead", _("死信"), "inbox", VIEW),
    ("feed", "exchange:feed", _("变更流"), "list-details", VIEW),
    ("imports", "exchange:imports", _("导入"), "upload", IMPORT),
    ("exports", "exchange:exports", _("导出"), "file-export", EXPORT),
    ("adapters", "exchange:adapters", _("对接系统"), "plug-connected", VIEW),
)


@register.inclusion_tag("exchange/_tabs.html", takes_context=True)
def exchange_tabs(context: template.Context) -> dict[str, Any]:
    """The tabs the reader may open; ``tab`` in the context is the present one."""
    actor = actor_of(context["request"])
    rows = [
        {"url": reverse(name), "label": label, "icon": icon, "on": code == context.get("tab")}
        for code, name, label, icon, permission in TABS
        if actor.can_somewhere(permission)
    ]
    return {"tabs": rows}
