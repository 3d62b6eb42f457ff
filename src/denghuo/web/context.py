"""What every page knows: theme, language, actor, navigation, where the live stream is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from denghuo.core.errors import NotSignedIn
from denghuo.core.http import actor_of
from denghuo.core.moment import now as business_now
from denghuo.core.moment import speed
from denghuo.web import nav

if TYPE_CHECKING:
    from denghuo.core.actors import Actor

THEME_COOKIE = "denghuo_theme"
THEMES = ("light", "dark")


def theme_of(request: HttpRequest) -> str:
    """Return "light" or "dark" when the visitor chose, else "" (theme.js then asks the system)."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def actor_or_none(request: HttpRequest) -> Actor | None:
    """The staff actor of the request, or None on public pages; never an error, so any page can ask."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    try:
        return actor_of(request)
    except NotSignedIn:
        return None


def live_url(request: HttpRequest) -> str:
    """Public address of the live stream: the configured one, else the same host on the live port."""
    configured = str(getattr(settings, "LIVE_URL", "") or "")
    if configured:
        return configured.rstrip("/") + ("" if configured.rstrip("/").endswith("/stream") else "/stream")
    host = request.get_host().rsplit(":", 1)[0] if not request.get_host().endswith("]") else request.get_host()
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}/stream"


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``actor``, ``nav_groups``, ``theme``, ``demo``, all computed only when used."""

    def groups() -> list[nav.Group]:
        return nav.groups_for(actor_or_none(request), request.path)

    return {
        "actor": SimpleLazyObject(lambda: actor_or_none(request)),
        "nav_groups": SimpleLazyObject(groups),
        "theme": theme_of(request),
        "business_speed": SimpleLazyObject(speed),
        "business_now": SimpleLazyObject(business_now),
        "demo": bool(getattr(settings, "DEMO", False)),
    }
