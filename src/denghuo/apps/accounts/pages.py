"""The gate before every staff page."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from denghuo.apps.accounts.sessions import ENROL
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, TooManyRequests
from denghuo.core.http.actors import actor_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
ENROL_PAGE = "accounts:totp"
OPEN_WHILE_ENROLLING = {"accounts:totp", "accounts:sign-out"}


def staff_page(*permissions: str) -> Callable[[View[P]], View[P]]:
    """Only for staff who hold any of ``permissions`` somewhere (none given: for all staff).

    Others are sent to sign in, or refused with NotAllowed. What of the page's content they may see is for the view
    to scope. ``request.actor`` is the plain Actor inside. The page is never kept by shared caches.
    """

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            match = request.resolver_match
            if request.session.get(ENROL) and (match is None or match.view_name not in OPEN_WHILE_ENROLLING):
                return redirect_page(request, reverse(ENROL_PAGE))
            actor = actor_of(request)
            request.actor = actor  # type: ignore[attr-defined]
            require_any(actor, permissions)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, private=True, no_store=True)
            return response

        wrapper.permissions = permissions  # type: ignore[attr-defined]
        return wrapper

    return decorate


def require_any(actor: Actor, permissions: tuple[str, ...]) -> None:
    """Raise NotAllowed unless the actor holds one of ``permissions`` on some unit."""
    if permissions and not any(actor.can_somewhere(code) for code in permissions):
        raise NotAllowed(_("您的角色不能打开此页面，需要时请联系安全管理员"))


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the sign-in page and, afterwards, back to what was asked for."""
    htmx: Any = getattr(request, "htmx", None)
    here = htmx.current_url_abs_path if htmx else request.get_full_path()
    target = here if request.method == "GET" or htmx else ""
    query = f"?{urlencode({'next': target})}" if target else ""
    return redirect_page(request, reverse("accounts:sign-in") + query)


def redirect_page(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect of the whole page, also when htmx asked for a part of it."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=200, headers={"HX-Redirect": url})
    return redirect(url)


def safe_next(request: HttpRequest, given: str) -> str:
    """``given`` when it is an address of this site, else ""."""
    if given.startswith("/") and url_has_allowed_host_and_scheme(given, {request.get_host()}, request.is_secure()):
        return given
    return ""


def current_actor(request: HttpRequest) -> Actor:
    """The actor of a staff page."""
    return actor_of(request)


def attempt(request: HttpRequest, do: Callable[[], object], done: str, to: str) -> HttpResponse:
    """Run an action from a button: say how it went in a toast and show page ``to``.

    Refusals for lack of permission or existence go up and become an error page.
    """
    try:
        do()
    except (Conflict, InvalidInput, TooManyRequests) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect_page(request, to)
