"""``{% load channels %}``: announcements and tiles for the pages of other apps."""

from __future__ import annotations

from typing import Any

from django import template

from denghuo.apps.channels.choices import channel_icon
from denghuo.apps.channels.queries import announcement_for, channel_label, published

register = template.Library()


@register.inclusion_tag("channels/_announcement.html")
def channel_announcement(channel: str, org: Any = None) -> dict[str, Any]:
    """``{% channel_announcement "web_chat" %}``: a notice when the channel is closed, nothing while it is open."""
    return {"text": announcement_for(channel, org or None)}


@register.inclusion_tag("channels/_tiles.html")
def function_tiles(channel: str = "web_form", org: Any = None, audience: str = "") -> dict[str, Any]:
    """``{% function_tiles "web_form" %}``: the published functions that have a page, as tiles; the first stands out.

    A paused function is a tile without link that tells why. ``audience`` resident or enterprise narrows them.
    """
    items = [item for item in published(channel, org or None, audience or None) if item.url or item.paused]
    return {"items": items}


@register.filter
def channel_name(code: str) -> str:
    """``{{ contact.channel|channel_name }}`` → 在线客服."""
    return channel_label(str(code or ""))


@register.filter
def channel_icon_name(code: str) -> str:
    """``{% icon contact.channel|channel_icon_name %}``."""
    return channel_icon(str(code or ""))
