"""Changing passwords."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff, refuse_self, require_self, staff_for
from denghuo.apps.accounts.actions.sessions import close_everything, close_sessions
from denghuo.apps.accounts.models import Staff
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.events import record
from denghuo.core.inputs import has_control

MAX_PASSWORD = 128


def password_faults(password: str, staff: Staff) -> list[str]:
    """What is wrong with a new password, in words; empty when nothing is."""
    if len(password) > MAX_PASSWORD:
        return [_("密码最长 %(max)s 个字符") % {"max": MAX_PASSWORD}]
    if has_control(password, lines=False):
        return [_("密码不能含有控制字符")]
    try:
        validate_password(password, staff)
    except ValidationError as error:
        return [str(message) for message in error.messages]
    return []


@action("staff.change_password")
def change_password(actor: Actor, staff_id: int, *, old: str, new: str, session_key: str = "") -> Staff:
    """Change one's own password; all other sessions end. Raises InvalidInput (``old``, ``new``), NotAllowed."""
    staff = locked_staff(staff_id)
    require_self(actor, staff)
    wrong: dict[str, list[str]] = {}
    if not staff.check_password(old[: MAX_PASSWORD + 1]):
        wrong["old"] = [_("原密码不正确，请重新输入")]
    faults = password_faults(new, staff)
    if new == old:
        faults.append(_("新密码须与原密码不同"))
    if faults:
        wrong["new"] = faults
    if wrong:
        raise InvalidInput(wrong)
    staff.set_password(new)
    staff.save(update_fields=["password"])
    close_sessions(staff, but=session_key)
    record(actor, "staff.password_changed", staff, org=staff.org, payload={"by_self": True})
    return staff


@action("staff.reset_password")
def reset_password(actor: Actor, staff_id: int) -> str:
    """A new random password for somebody who forgot theirs, shown once; needs ``staff.unlock``, never for oneself.

    All sessions and tokens of the person end.
    """
    staff = staff_for(actor, staff_id, "staff.unlock")
    refuse_self(actor, staff)
    password = secrets.token_urlsafe(12)
    staff.set_password(password)
    staff.failed_sign_ins, staff.locked_until = 0, None
    staff.save(update_fields=["password", "failed_sign_ins", "locked_until"])
    close_everything(staff)
    record(actor, "staff.password_changed", staff, org=staff.org, payload={"by_self": False})
    return password
