"""How API callers prove who they are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.http import HttpAuthBase
from ninja.utils import check_csrf

from denghuo.apps.accounts.queries import actor_for, staff_by_token
from denghuo.apps.accounts.sessions import ENROL
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed, NotSignedIn
from denghuo.core.http.actors import client_ip


class StaffAuth(HttpAuthBase):
    """Staff, by ``Authorization: Bearer <token>`` or by the session cookie (then writes need the CSRF token).

    Puts the actor on ``request.actor``. Without credentials the next authentication of the endpoint is tried; wrong
    ones are refused at once, so that an expired token never turns into an anonymous caller.
    """

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any | None:
        scheme, _space, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            if scheme.lower() != "bearer":
                raise NotSignedIn(_("请使用 Authorization: Bearer <令牌>"))
            return self._by_token(request, raw.strip())
        return self._by_session(request)

    def _by_token(self, request: HttpRequest, raw: str) -> Actor:
        found = staff_by_token(raw) if raw else None
        if found is None:
            raise NotSignedIn(_("令牌无效或已过期，请重新登录"))
        staff, token = found
        actor = actor_for(staff)
        request.user = staff
        request.api_token = token  # type: ignore[attr-defined]
        actor = Actor("staff", actor.id, actor.name, actor.grants, f"token:{token.pk}", client_ip(request))
        request.actor = actor  # type: ignore[attr-defined]
        return actor

    def _by_session(self, request: HttpRequest) -> Actor | None:
        staff = getattr(request, "user", None)
        if staff is None or not staff.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise NotAllowed(_("缺少或过期的 CSRF 令牌，请刷新页面后重试"), code="csrf_failed")
        if request.session.get(ENROL):
            raise NotAllowed(_("请先在“我的账号”启用动态口令"), code="totp_setup_required")
        actor = actor_for(staff, request)
        request.actor = actor  # type: ignore[attr-defined]
        return actor


class PublicAuth:
    """Anybody: a customer known by network address only. Put it last, after :class:`StaffAuth`."""

    def __call__(self, request: HttpRequest) -> Actor:
        actor = Actor(kind="customer", id=None, name="customer", ip=client_ip(request))
        request.actor = actor  # type: ignore[attr-defined]
        return actor
