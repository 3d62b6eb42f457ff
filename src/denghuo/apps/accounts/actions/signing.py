"""Signing in: password, lock-out, second factor, limits by network address.

A refused attempt must leave its trace, so the action returns what it found and the error is raised outside its
transaction. Unknown names take as long as known ones and are locked alike: an answer never says who works here.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.totp import accept_code
from denghuo.apps.accounts.models import RoleGrant, SignInFailure, Staff
from denghuo.apps.accounts.queries import in_force, needs_totp
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotAllowed, NotFound, TooManyRequests
from denghuo.core.events import record

MAX_NAME = 40
MAX_PASSWORD = 128  # longer ones would only make hashing slow
KEEP_FAILURES = dt.timedelta(days=1)

Step = Literal["done", "code", "enrol"]


class SignInFailed(ActionError):
    """Name, password or code is wrong; which of them is not said."""

    status = 401
    code = "sign_in_failed"

    def default_message(self) -> str:
        return _("登录名或密码不正确")


class Locked(TooManyRequests):
    """Too many wrong passwords; ``retry_after`` seconds until the next try."""

    code = "locked"

    def default_message(self) -> str:
        return _("登录已锁定")


@dataclass(frozen=True, slots=True)
class SignInResult:
    """``done``: signed in; ``code``: password right, a code is needed; ``enrol``: in, but must set up a second factor."""

    staff: Staff
    step: Step
    way: str = "password"


@dataclass(frozen=True, slots=True)
class _Outcome:
    verdict: Literal["done", "code", "wrong", "wrong_code", "locked"]
    staff: Staff | None = None
    until: dt.datetime | None = None


def sign_in(
    username: str, password: str, *, ip: str, totp_code: str | None = None, at: dt.datetime | None = None
) -> SignInResult:
    """Check name, password and, where enrolled, the code. The caller opens the session or issues the token.

    ``at`` is the wall-clock time, injected by tests. Raises InvalidInput (``username``, ``password`` missing or too
    long), SignInFailed (401), Locked (429), TooManyRequests (too many failures from ``ip``).
    """
    moment = at or timezone.now()
    _check_form(username, password)
    _limit_ip(ip, moment)
    name = username.strip()
    staff = Staff.objects.filter(username=name).first() if _storable(name) else None
    if staff is None:
        make_password(password)  # as long as a known name takes
        right = False
    else:
        right = staff.check_password(password)
    door = Actor(kind="system", id=None, name="sign-in", ip=ip)
    outcome = _settle(door, staff.pk if staff else None, _digest(name), right=right, code=totp_code, at=moment)
    return _result(outcome, moment)


def sign_in_with_code(staff_id: int, totp_code: str, *, ip: str, at: dt.datetime | None = None) -> SignInResult:
    """The second step on the sign-in page, after the password was right. Counts towards the same lock."""
    moment = at or timezone.now()
    _limit_ip(ip, moment)
    if not totp_code.strip():
        raise InvalidInput({"totp_code": _("请输入设备上显示的 6 位数字")})
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None:
        raise NotFound()
    door = Actor(kind="system", id=None, name="sign-in", ip=ip)
    return _result(_settle(door, staff.pk, _digest(staff.username), right=True, code=totp_code, at=moment), moment)


def demo_sign_in(who: str, *, ip: str) -> SignInResult:
    """Sign in without a password as the person ``who`` or the first holder of role ``who``; demonstrations only."""
    if not settings.DEMO:
        raise NotAllowed(_("只有演示环境可以一键登录"), code="demo_only")
    if not _storable(who):
        raise NotFound()
    staff = Staff.objects.select_related("org").filter(username=who[:MAX_NAME], is_active=True).first()
    if staff is None:
        grant = (
            RoleGrant.objects.filter(in_force(timezone.now()), role__code=who[:MAX_NAME], staff__is_active=True)
            .select_related("staff__org")
            .order_by("staff__username")
            .first()
        )
        staff = grant.staff if grant else None
    if staff is None:
        raise NotFound(_("演示环境没有这个角色的人员，请先运行 denghuo demo"))
    actor = Actor(kind="staff", id=staff.pk, name=staff.display_name, ip=ip)
    _record_demo(actor, staff)
    return SignInResult(staff, "done", "demo")


@action("staff.demo_sign_in")
def _record_demo(actor: Actor, staff: Staff) -> None:
    record(actor, "staff.signed_in", staff, org=staff.org, payload={"ip": actor.ip or "", "way": "demo"})


def _storable(text: str) -> bool:
    """Whether PostgreSQL could hold the text at all; nobody has a name that it cannot."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _check_form(username: str, password: str) -> None:
    wrong: dict[str, str] = {}
    if not username.strip():
        wrong["username"] = _("请输入登录名")
    elif len(username.strip()) > MAX_NAME:
        wrong["username"] = _("登录名最长 %(max)s 个字符") % {"max": MAX_NAME}
    if not password:
        wrong["password"] = _("请输入密码")
    elif len(password) > MAX_PASSWORD:
        wrong["password"] = _("密码最长 %(max)s 个字符") % {"max": MAX_PASSWORD}
    if wrong:
        raise InvalidInput(wrong)


def _limit_ip(ip: str, at: dt.datetime) -> None:
    window = dt.timedelta(minutes=policies.get("signin.ip_window_minutes"))
    allowed: int = policies.get("signin.ip_max_failures")
    times = list(
        SignInFailure.objects.filter(ip=ip, at__gt=at - window, at__lte=at)
        .order_by("-at")
        .values_list("at", flat=True)[:allowed]
    )
    if times and len(times) >= allowed:
        wait = int((times[-1] + window - at).total_seconds()) + 1
        raise TooManyRequests(
            _("此网络地址登录失败次数过多，请在 %(wait)s 秒后再试") % {"wait": wait}, retry_after=wait
        )


def _digest(name: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), name.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


@action("staff.sign_in")
def _settle(
    door: Actor, staff_id: int | None, name_digest: str, *, right: bool, code: str | None, at: dt.datetime
) -> _Outcome:
    """Decide and record, under the lock of the person's row: parallel guesses are counted one by one."""
    if staff_id is None:
        return _unknown(door, name_digest, at)
    staff = Staff.objects.select_for_update(of=("self",)).select_related("org").get(pk=staff_id)
    if staff.locked_until is not None and staff.locked_until > at:
        return _refuse(door, staff, name_digest, at, "locked")
    if staff.locked_until is not None:
        staff.locked_until, staff.failed_sign_ins = None, 0
    if not right or not staff.is_active:
        return _refuse(door, staff, name_digest, at, "password" if staff.is_active else "inactive")
    way = "password"
    if staff.totp_confirmed_at is not None:
        if code is None:
            return _Outcome("code", staff)
        if not accept_code(staff, code, at):
            return _refuse(door, staff, name_digest, at, "code")
        way = "totp"
    staff.failed_sign_ins, staff.locked_until = 0, None
    staff.save(update_fields=["failed_sign_ins", "locked_until"])
    actor = Actor(kind="staff", id=staff.pk, name=staff.display_name, ip=door.ip)
    record(actor, "staff.signed_in", staff, org=staff.org, payload={"ip": door.ip or "", "way": way})
    return _Outcome("done", staff)


def _refuse(door: Actor, staff: Staff, name_digest: str, at: dt.datetime, reason: str) -> _Outcome:
    _note_failure(door, name_digest, at)
    if reason != "locked":
        staff.failed_sign_ins += 1
    payload = {"ip": door.ip or "", "reason": reason, "failures": staff.failed_sign_ins}
    record(door, "staff.sign_in_failed", staff, org=staff.org, payload=payload)
    if reason == "locked":
        return _Outcome("locked", staff, staff.locked_until)
    if staff.failed_sign_ins >= policies.get("signin.max_failures", staff.org):
        minutes = policies.get("signin.lock_minutes", staff.org)
        staff.locked_until = at + dt.timedelta(minutes=minutes)
        record(door, "staff.locked", staff, org=staff.org, payload={"ip": door.ip or "", "minutes": float(minutes)})
    staff.save(update_fields=["failed_sign_ins", "locked_until"])
    if staff.locked_until is not None:
        return _Outcome("locked", staff, staff.locked_until)
    return _Outcome("wrong_code" if reason == "code" else "wrong", staff)


def _unknown(door: Actor, name_digest: str, at: dt.datetime) -> _Outcome:
    window = dt.timedelta(minutes=policies.get("signin.lock_minutes"))
    allowed: int = policies.get("signin.max_failures")
    _note_failure(door, name_digest, at)
    times = list(
        SignInFailure.objects.filter(name_digest=name_digest, at__gt=at - window, at__lte=at)
        .order_by("at")
        .values_list("at", flat=True)
    )
    payload = {"ip": door.ip or "", "reason": "unknown", "failures": len(times)}
    record(door, "staff.sign_in_failed", ("staff", 0), org=None, payload=payload)
    if len(times) >= allowed:
        return _Outcome("locked", None, times[min(allowed, len(times)) - 1] + window)
    return _Outcome("wrong")


def _note_failure(door: Actor, name_digest: str, at: dt.datetime) -> None:
    SignInFailure.objects.filter(ip=door.ip or "", at__lt=at - KEEP_FAILURES).delete()
    SignInFailure.objects.create(name_digest=name_digest, ip=door.ip or "", at=at)


def _result(outcome: _Outcome, at: dt.datetime) -> SignInResult:
    if outcome.verdict == "locked":
        wait = max(1, int(((outcome.until or at) - at).total_seconds()))
        minutes = -(-wait // 60)
        raise Locked(
            _("登录失败次数过多，已锁定；请在 %(minutes)s 分钟后再试，或请安全管理员解锁") % {"minutes": minutes},
            retry_after=wait,
        )
    if outcome.verdict == "wrong_code":
        raise SignInFailed(_("动态口令不正确或已使用过，请输入设备上新显示的 6 位数字"), code="totp_wrong")
    if outcome.verdict == "wrong" or outcome.staff is None:
        raise SignInFailed()
    if outcome.verdict == "code":
        return SignInResult(outcome.staff, "code")
    staff = outcome.staff
    if staff.totp_confirmed_at is not None:
        return SignInResult(staff, "done", "totp")
    return SignInResult(staff, "enrol" if needs_totp(staff) else "done")
