"""REST endpoints of the accounts app: thin, typed, documented."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.actions import SignInFailed, SignInResult
from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.accounts.sessions import close_session
from denghuo.core import policies
from denghuo.core.http.actors import actor_of, client_ip

router = Router(tags=["accounts"])


class Credentials(Schema):
    """What a person signs in with."""

    username: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=128)
    totp_code: str | None = Field(None, max_length=10, description="六位动态口令；启用后必填")


class DemoCredentials(Schema):
    """A demo user's name, or a role code for the first holder."""

    username: str = Field(min_length=1, max_length=40)


class GrantOut(Schema):
    role: str
    org_path: str


class StaffOut(Schema):
    """The person that is signed in."""

    id: int
    username: str
    display_name: str
    employee_no: str
    org_id: int
    org_name: str
    language: str
    grants: list[GrantOut]
    permissions: list[str]


class SessionOut(Schema):
    """A bearer token; it is shown this once."""

    token: str
    expires_at: dt.datetime
    staff: StaffOut


def staff_out(staff: Staff) -> dict[str, Any]:
    """The person as the API shows them."""
    actor = actor_for(staff)
    return {
        "id": staff.pk,
        "username": staff.username,
        "display_name": staff.display_name,
        "employee_no": staff.employee_no,
        "org_id": staff.org_id,
        "org_name": staff.org.name,
        "language": staff.language,
        "grants": [{"role": grant.role, "org_path": grant.org_path} for grant in actor.grants],
        "permissions": sorted({permission for grant in actor.grants for permission in grant.permissions}),
    }


def _session(result: SignInResult) -> dict[str, Any]:
    staff = result.staff
    hours = float(policies.get("session.token_hours", staff.org))
    raw = actions.issue_token(actor_for(staff), staff, f"api:{result.way}", hours)
    expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    return {"token": raw, "expires_at": expires, "staff": staff_out(staff)}


@router.post("/session", response={201: SessionOut}, auth=None, summary="登录，取得令牌", operation_id="session_open")
def open_session(request: HttpRequest, body: Credentials) -> Any:
    """Sign in by password, and code where enrolled. 401 wrong, 429 locked or too many tries."""
    result = actions.sign_in(body.username, body.password, ip=client_ip(request), totp_code=body.totp_code)
    if result.step == "code":
        raise SignInFailed(_("请同时提供动态口令 totp_code"), code="totp_required")
    if result.step == "enrol":
        raise SignInFailed(_("您的角色必须使用动态口令，请先在网页登录并启用"), code="totp_setup_required")
    return Status(201, _session(result))


@router.get("/me", response=StaffOut, auth=StaffAuth(), summary="当前登录人员", operation_id="me")
def me(request: HttpRequest) -> Any:
    """Who the token or session belongs to, with grants and permissions in force."""
    actor_of(request)
    return staff_out(request.user)  # type: ignore[arg-type]


@router.delete("/session", response={204: None}, auth=StaffAuth(), summary="退出登录", operation_id="session_close")
def close(request: HttpRequest) -> Any:
    """End the token or the browser session this call came with."""
    token = getattr(request, "api_token", None)
    if token is not None:
        actions.revoke_token(actor_of(request), token.pk)
    else:
        close_session(request)
    return Status(204, None)


@router.post(
    "/demo/session", response={201: SessionOut}, auth=None, summary="演示环境免密登录", operation_id="demo_session"
)
def demo_session(request: HttpRequest, body: DemoCredentials) -> Any:
    """A token for a demo user or role without password; refused (403 ``demo_only``) outside a demonstration."""
    return Status(201, _session(actions.demo_sign_in(body.username, ip=client_ip(request))))
