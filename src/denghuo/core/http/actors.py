"""The actor of a request, put there by session or token authentication."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from denghuo.core.actors import Actor
from denghuo.core.errors import NotSignedIn


def actor_of(request: HttpRequest) -> Actor:
    """The actor that authentication put on the request; raises NotSignedIn when there is none."""
    actor = getattr(request, "actor", None)
    if not isinstance(actor, Actor):
        raise NotSignedIn()
    # The middleware's lazy object answers isinstance, but dataclass tools want the thing itself.
    return cast(Actor, getattr(actor, "_wrapped", actor))


def client_ip(request: HttpRequest) -> str:
    """The address of the caller. A proxy in front is expected to set REMOTE_ADDR, not a header anyone can send."""
    return str(request.META.get("REMOTE_ADDR", ""))
