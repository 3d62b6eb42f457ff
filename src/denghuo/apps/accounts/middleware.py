"""Puts the actor on every request and keeps sessions honest."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.accounts.sessions import THEME_COOKIE, close_session, keep_alive
from denghuo.core.actors import Actor


class ActorMiddleware:
    """``request.actor``, built at first use; idle sessions end here; language and theme follow the person.

    A request without a session cookie costs nothing; a signed-in one costs the session, the person and, once the
    actor is used, the grants: three look-ups by key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or SESSION_KEY not in request.session:
            return self.get_response(request)
        staff = request.user
        if not staff.is_authenticated:
            return self.get_response(request)
        if not keep_alive(request):
            close_session(request, "idle")
            return self.get_response(request)
        _apply_look(request, staff)
        response = self.get_response(request)
        _learn_language(request, response, staff)
        return response


def _actor(request: HttpRequest) -> Actor | None:
    staff = getattr(request, "user", None)
    if staff is None or not staff.is_authenticated:
        return None
    return actor_for(staff, request)


def _apply_look(request: HttpRequest, staff: Staff) -> None:
    """Without a cookie (a new browser) the person's own choice counts before the browser's language."""
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and staff.language != translation.get_language():
        translation.activate(staff.language)
        request.LANGUAGE_CODE = translation.get_language()
    if THEME_COOKIE not in request.COOKIES and staff.theme in ("light", "dark"):
        request.COOKIES[THEME_COOKIE] = staff.theme


def _learn_language(request: HttpRequest, response: HttpResponse, staff: Staff) -> None:
    """The switch in the page head is remembered for the person, not only for the browser."""
    if request.method != "POST" or request.path != reverse("set-language"):
        return
    chosen = response.cookies.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen is not None and chosen.value != staff.language and chosen.value in dict(settings.LANGUAGES):
        Staff.objects.filter(pk=staff.pk).update(language=chosen.value)
