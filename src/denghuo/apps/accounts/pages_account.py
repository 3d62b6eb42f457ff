"""One's own account: look, password, second factor, sessions."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.actions.totp import provisioning_uri
from denghuo.apps.accounts.forms import CodeForm, PasswordForm, PreferencesForm, blame
from denghuo.apps.accounts.models import Staff, StaffSession
from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.accounts.pages_signin import home_url
from denghuo.apps.accounts.queries import needs_totp, open_sessions, skills_of
from denghuo.apps.accounts.roles import role_name
from denghuo.apps.accounts.sessions import ENROL, remember_look
from denghuo.core import policies
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import mask


def me(request: HttpRequest) -> Staff:
    """The signed-in person."""
    assert isinstance(request.user, Staff)
    return request.user


@require_http_methods(["GET", "POST"])
@staff_page()
def account(request: HttpRequest) -> HttpResponse:
    """Profile, look, sessions; the form saves language and theme."""
    staff = me(request)
    form = PreferencesForm(request.POST or None, initial={"language": staff.language, "theme": staff.theme})
    if request.method == "POST" and form.is_valid():
        actions.set_preferences(actor_of(request), staff.pk, **form.cleaned_data)
        staff.refresh_from_db(fields=["language", "theme"])
        response = redirect("accounts:account")
        remember_look(response, staff)
        messages.success(request, _("已保存"))
        return response
    return _account_page(request, form, PasswordForm(), 422 if request.method == "POST" else 200)


def _account_page(
    request: HttpRequest, form: PreferencesForm, password_form: PasswordForm, status: int
) -> HttpResponse:
    staff = me(request)
    actor = actor_of(request)
    sessions = list(open_sessions(staff))
    for session in sessions:
        session.current = session.session_key == request.session.session_key  # type: ignore[attr-defined]
        session.device = device_of(session)  # type: ignore[attr-defined]
    context = {
        "staff": staff,
        "form": form,
        "password_form": password_form,
        "phone": mask("phone", staff.phone),
        "roles": [role_name(code) for code in dict.fromkeys(grant.role for grant in actor.grants)],
        "sessions": sessions,
        "skills": skills_of(staff),
        "totp_required": needs_totp(staff),
        "idle_minutes": policies.get("session.idle_minutes", staff.org),
    }
    return render(request, "accounts/account.html", context, status=status)


def device_of(session: StaffSession) -> dict[str, str]:
    """Icon and words for the browser a session runs in."""
    agent = session.browser
    phone = "Mobile" in agent or "Android" in agent or "iPhone" in agent
    known = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    name = next((label for mark, label in known if mark in agent), _("其他浏览器"))
    return {"icon": "device-mobile" if phone else "device-desktop", "name": name}


@sensitive_post_parameters("old", "new", "again")
@require_POST
@staff_page()
def password(request: HttpRequest) -> HttpResponse:
    """Change the password; other browsers are signed out."""
    staff = me(request)
    form = PasswordForm(request.POST)
    if form.is_valid():
        try:
            changed = actions.change_password(
                actor_of(request), staff.pk, old=form.cleaned_data["old"], new=form.cleaned_data["new"],
                session_key=request.session.session_key or "",
            )  # fmt: skip
        except InvalidInput as error:
            blame(form, error)
        else:
            key = request.session.session_key
            update_session_auth_hash(request, changed)
            StaffSession.objects.filter(session_key=key).update(session_key=request.session.session_key or key)
            messages.success(request, _("密码已修改，其他登录已退出"))
            return redirect("accounts:account")
    look = PreferencesForm(initial={"language": staff.language, "theme": staff.theme})
    return _account_page(request, look, form, 422)


@require_POST
@staff_page()
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one other browser out."""
    return attempt(
        request, lambda: actions.end_session(actor_of(request), pk), _("已退出该登录"), reverse("accounts:account")
    )


@require_POST
@staff_page()
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign all other browsers out."""
    key = request.session.session_key or ""
    return attempt(
        request,
        lambda: actions.end_other_sessions(actor_of(request), key),
        _("其他登录已全部退出"),
        reverse("accounts:account"),
    )


@require_http_methods(["GET", "POST"])
@staff_page()
def totp(request: HttpRequest) -> HttpResponse:
    """Set up the second factor: make a secret, show it as a QR code, take the first code as proof."""
    staff = me(request)
    actor = actor_of(request)
    form = CodeForm(request.POST if request.POST.get("step") == "confirm" else None)
    status = 200
    if request.method == "POST":
        if request.POST.get("step") != "confirm":
            return attempt(
                request, lambda: actions.start_totp(actor, staff.pk), _("请扫描二维码"), reverse("accounts:totp")
            )
        if form.is_valid():
            try:
                actions.confirm_totp(actor, staff.pk, form.cleaned_data["code"])
            except ActionError as error:
                form.add_error("code", error.message)
            else:
                request.session.pop(ENROL, None)
                messages.success(request, _("动态口令已启用，下次登录时会用到"))
                return redirect(home_url(request) if needs_totp(staff) else "accounts:account")
        status = 422
    pending = bool(staff.totp_secret) and staff.totp_confirmed_at is None
    context = {
        "staff": staff,
        "form": form,
        "pending": pending,
        "qr": qr_svg(provisioning_uri(staff, staff.totp_secret)) if pending else "",
        "secret": grouped(staff.totp_secret) if pending else "",
        "required": needs_totp(staff),
        "must_enrol": bool(request.session.get(ENROL)),
    }
    return render(request, "accounts/totp.html", context, status=status)


def qr_svg(text: str) -> SafeString:
    """``text`` as an inline SVG; drawn by attributes only, so the strict policy lets it stand."""
    svg = segno.make(text, error="m").svg_inline(
        scale=5, border=2, svgclass="dh-qr", lineclass=None, omitsize=False, dark="#000"
    )
    return mark_safe(svg)  # noqa: S308 - our own drawing of modules, no text of the user in it


def grouped(secret: str) -> str:
    """The secret in fours, for typing it by hand."""
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


@sensitive_post_parameters("password")
@require_POST
@staff_page()
def totp_disable(request: HttpRequest) -> HttpResponse:
    """Turn one's own second factor off, with the password."""
    word = request.POST.get("password", "")[:129]
    staff = me(request)
    return attempt(
        request,
        lambda: actions.disable_totp(actor_of(request), staff.pk, password=word),
        _("动态口令已停用"),
        reverse("accounts:account"),
    )
