"""The browser session: opening it with a fresh key, keeping track of it, ending it when idle."""

from __future__ import annotations

import datetime as dt
import time

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from denghuo.apps.accounts.actions import SignInResult, sign_out
from denghuo.apps.accounts.models import Staff, StaffSession
from denghuo.apps.accounts.queries import actor_for
from denghuo.core import policies
from denghuo.core.http.actors import client_ip

SEEN = "seen"  # wall-clock second of the last request
ENROL = "must_enrol_totp"
BACKEND = "denghuo.apps.accounts.backend.StaffBackend"
TOUCH_SECONDS = 60  # how exact "last seen" is; one write a minute and session at most
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
THEME_COOKIE = "denghuo_theme"


def open_session(request: HttpRequest, result: SignInResult) -> None:
    """Sign the browser in under a new session key, so that a key planted before is worth nothing."""
    request.session.flush()
    login(request, result.staff, backend=BACKEND)
    request.session[SEEN] = int(time.time())
    if result.step == "enrol":
        request.session[ENROL] = True
    request.session.save()
    StaffSession.objects.create(
        staff=result.staff,
        session_key=request.session.session_key or "",
        seen_at=timezone.now(),
        ip=client_ip(request)[:45],
        browser=request.headers.get("User-Agent", "")[:200],
        way=result.way,
    )


def close_session(request: HttpRequest, why: str = "self") -> None:
    """Sign the browser out and say so in the event log."""
    staff = request.user
    if isinstance(staff, Staff) or getattr(staff, "is_authenticated", False):
        sign_out(actor_for(staff, request), request.session.session_key or "", why=why)  # type: ignore[arg-type]
    logout(request)


def keep_alive(request: HttpRequest) -> bool:
    """Note that the session is in use; False when it had been idle for longer than policy ``session.idle_minutes``."""
    now = int(time.time())
    seen = request.session.get(SEEN)
    limit = policies.get("session.idle_minutes", request.user.org)  # type: ignore[union-attr]
    if isinstance(seen, int) and now - seen > limit * 60:
        return False
    if not isinstance(seen, int) or now - seen >= TOUCH_SECONDS:
        request.session[SEEN] = now
        StaffSession.objects.filter(session_key=request.session.session_key).update(
            seen_at=dt.datetime.fromtimestamp(now, dt.UTC), ip=client_ip(request)[:45]
        )
    return True


def remember_look(response: HttpResponse, staff: Staff) -> None:
    """Put language and theme into the cookies that pages and scripts read."""
    from django.conf import settings

    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, staff.language, max_age=LANGUAGE_COOKIE_AGE, samesite="Lax")
    if staff.theme in ("light", "dark"):
        response.set_cookie(THEME_COOKIE, staff.theme, max_age=LANGUAGE_COOKIE_AGE, samesite="Lax")
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    translation.activate(staff.language)
