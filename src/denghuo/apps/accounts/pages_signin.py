"""Signing in and out, and where to go first."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.actions import SignInResult
from denghuo.apps.accounts.forms import CodeForm, SignInForm, blame
from denghuo.apps.accounts.models import RoleGrant
from denghuo.apps.accounts.pages import redirect_page, safe_next, staff_page
from denghuo.apps.accounts.queries import actor_for, in_force
from denghuo.apps.accounts.roles import GROUPS, ROLES
from denghuo.apps.accounts.sessions import close_session, open_session, remember_look
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.http.actors import client_ip

PENDING = "pending_sign_in"
PENDING_SECONDS = 300  # how long a right password waits for its code


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password; in a demonstration also one button a role."""
    next_url = safe_next(request, request.POST.get("next", "") or request.GET.get("next", ""))
    if request.method == "GET" and request.user.is_authenticated:
        return redirect(next_url or "accounts:home")
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                result = actions.sign_in(
                    form.cleaned_data["username"], form.cleaned_data["password"], ip=client_ip(request)
                )
                return _go_on(request, result, next_url)
            except InvalidInput as error:
                blame(form, error)
                status = 422
            except ActionError as error:
                form.add_error(None, error.message)
                status = error.status
        else:
            status = 422
    return render(
        request, "accounts/sign_in.html", {"form": form, "next": next_url, "role_groups": demo_roles()}, status=status
    )


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step, for those with a second factor."""
    pending: dict[str, Any] = request.session.get(PENDING) or {}
    if not pending or time.time() - pending.get("at", 0) > PENDING_SECONDS:
        request.session.pop(PENDING, None)
        return redirect("accounts:sign-in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            result = actions.sign_in_with_code(pending["staff"], form.cleaned_data["code"], ip=client_ip(request))
            return _go_on(request, result, pending.get("next", ""))
        except ActionError as error:
            form.add_error("code", error.message)
            status = error.status
    return render(request, "accounts/sign_in_code.html", {"form": form}, status=status)


@never_cache
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One button a role; refused outside a demonstration."""
    try:
        result = actions.demo_sign_in(request.POST.get("who", ""), ip=client_ip(request))
    except ActionError as error:
        form = SignInForm()
        context = {"form": form, "refusal": error.message, "role_groups": demo_roles()}
        return render(request, "accounts/sign_in.html", context, status=error.status)
    return _go_on(request, result, safe_next(request, request.POST.get("next", "")))


def _go_on(request: HttpRequest, result: SignInResult, next_url: str) -> HttpResponse:
    if result.step == "code":
        request.session.cycle_key()
        request.session[PENDING] = {"staff": result.staff.pk, "at": time.time(), "next": next_url}
        return redirect("accounts:sign-in-code")
    open_session(request, result)
    response = redirect("accounts:totp" if result.step == "enrol" else (next_url or "accounts:home"))
    if result.way != "demo" or settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_look(response, result.staff)  # a visitor of the demonstration keeps the language they chose
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this browser's session."""
    if request.user.is_authenticated:
        close_session(request)
    return redirect_page(request, reverse("accounts:sign-in"))


@staff_page()
def home(request: HttpRequest) -> HttpResponse:
    """Off to the page where this person's work is."""
    return redirect(home_url(request))


def home_url(request: HttpRequest) -> str:
    """The best page of the person's roles that this installation has; the account page for nobody's."""
    held = {grant.role for grant in actor_for(request.user).grants}  # type: ignore[arg-type]
    for code, role in ROLES.items():
        for name in role.home if code in held else ():
            try:
                return reverse(name)
            except NoReverseMatch:
                continue
    return reverse("accounts:account")


def demo_roles() -> list[dict[str, Any]]:
    """Groups of role buttons with the person each signs in; empty outside a demonstration."""
    if not settings.DEMO:
        return []
    grants = (
        RoleGrant.objects.filter(in_force(timezone.now()), staff__is_active=True)
        .order_by("role__code", "staff__username")
        .distinct("role__code")
        .values_list("role__code", "staff__display_name", "org__name", "org__name_en")
    )
    english = (get_language() or "").startswith("en")
    holders = {code: f"{name} · {unit_en if english and unit_en else unit}" for code, name, unit, unit_en in grants}
    groups = []
    for group, names in GROUPS.items():
        roles = [
            {"code": role.code, "name": role.local_name, "icon": role.icon, "who": holders[role.code]}
            for role in ROLES.values()
            if role.group == group and role.code in holders
        ]
        if roles:
            groups.append({"name": names[1] if english else names[0], "roles": roles})
    return groups or [{"name": _("演示数据还没有生成，请先运行 denghuo demo"), "roles": []}]
