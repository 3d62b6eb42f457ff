"""The tabs of the safety screens."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from denghuo.core.http.actors import actor_of

register = template.Library()

TABS = (
    ("home", "safety:home", _("现场"), "map-2", "safety.view"),
    ("alarms", "safety:alarms", _("告警"), "bell-ringing", "safety.view"),
    ("zones", "safety:zones", _("区域"), "map-pin", "safety.view"),
    ("trackers", "safety:trackers", _("定位设备"), "device-mobile", "safety.view"),
    ("feed", "safety:feed", _("接入"), "broadcast", "safety.manage"),
)


@register.inclusion_tag("safety/_tabs.html", takes_context=True)
def safety_tabs(context: template.Context) -> dict[str, Any]:
    """The tabs the reader may open; ``tab`` in the context is the present one."""
    actor = actor_of(context["request"])
    rows = [
        {"url": reverse(name), "label": label, "icon": icon, "on": code == context.get("tab")}
        for code, name, label, icon, permission in TABS
        if actor.can_somewhere(permission)
    ]
    return {"tabs": rows}
