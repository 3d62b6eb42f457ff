"""The second factor: time-based one-time passwords (RFC 6238), each code good for one use."""

from __future__ import annotations

import datetime as dt
import hmac

import pyotp
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff, refuse_self, require_self, staff_for
from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import needs_totp
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events import record

STEP_SECONDS = 30
DRIFT_STEPS = 1  # RFC 6238 5.2: at most one step for network delay
ISSUER = "Denghuo"


def accept_code(staff: Staff, code: str, at: dt.datetime) -> bool:
    """Whether ``code`` is right at ``at`` and was not used before; if so the step is spent.

    The step is moved on by one conditional UPDATE, so of two requests with one code only one is let in.
    """
    step = matching_step(staff.totp_secret, code, at)
    if step is None:
        return False
    spent = Staff.objects.filter(pk=staff.pk, totp_last_step__lt=step).update(totp_last_step=step)
    staff.totp_last_step = max(staff.totp_last_step, step)
    return spent == 1


def matching_step(secret: str, code: str, at: dt.datetime) -> int | None:
    """The time step whose code this is, within the permitted drift."""
    digits = "".join(code.split())
    if not secret or not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    now = int(at.timestamp()) // STEP_SECONDS
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits):
            found = step
    return found


def provisioning_uri(staff: Staff, secret: str) -> str:
    """The ``otpauth://`` address that authenticator programs read from a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=staff.username, issuer_name=ISSUER)


@action("staff.start_totp")
def start_totp(actor: Actor, staff_id: int) -> str:
    """Make a new secret for oneself and give it; it counts only once confirmed. Raises Conflict when one is in use."""
    staff = locked_staff(staff_id)
    require_self(actor, staff)
    if staff.totp_confirmed_at is not None:
        raise Conflict(_("动态口令已启用；更换设备请先停用，或请安全管理员重置"))
    secret = pyotp.random_base32()
    staff.totp_secret = secret
    staff.totp_last_step = 0
    staff.save(update_fields=["totp_secret", "totp_last_step"])
    return secret


@action("staff.confirm_totp")
def confirm_totp(actor: Actor, staff_id: int, code: str, *, at: dt.datetime | None = None) -> Staff:
    """Prove that the device shows the right code; from now on sign-in asks for one. Raises InvalidInput (``code``)."""
    staff = locked_staff(staff_id)
    require_self(actor, staff)
    if not staff.totp_secret:
        raise Conflict(_("请先扫描二维码"))
    if staff.totp_confirmed_at is not None:
        raise Conflict(_("动态口令已启用"))
    moment = at or timezone.now()
    if not accept_code(staff, code, moment):
        raise InvalidInput({"code": _("动态口令不正确，请输入设备上当前显示的 6 位数字，并核对手机时间")})
    staff.totp_confirmed_at = moment
    staff.save(update_fields=["totp_confirmed_at"])
    record(actor, "staff.totp_confirmed", staff, org=staff.org, payload={})
    return staff


@action("staff.disable_totp")
def disable_totp(actor: Actor, staff_id: int, *, password: str = "") -> Staff:
    """Turn the second factor off: oneself with the password, or the security administrator for a lost device.

    Raises Conflict when one's own role requires it, InvalidInput (``password``), NotAllowed.
    """
    if actor.kind == "staff" and actor.id == staff_id:
        staff = locked_staff(staff_id)
        if needs_totp(staff):
            raise Conflict(_("您的角色必须使用动态口令；更换设备请联系安全管理员重置"))
        if not staff.check_password(password):
            raise InvalidInput({"password": _("密码不正确，请重新输入")})
    else:
        staff = staff_for(actor, staff_id, "staff.unlock")
        refuse_self(actor, staff)
    staff.totp_secret, staff.totp_confirmed_at, staff.totp_last_step = "", None, 0
    staff.save(update_fields=["totp_secret", "totp_confirmed_at", "totp_last_step"])
    record(actor, "staff.totp_disabled", staff, org=staff.org, payload={})
    return staff
