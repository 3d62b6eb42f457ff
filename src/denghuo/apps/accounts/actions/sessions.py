"""Sessions: who is signed in where, and ending them."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff, require_self
from denghuo.apps.accounts.models import ApiToken, Staff, StaffSession
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.events import record


def close_sessions(staff: Staff, *, but: str = "", only: int | None = None) -> int:
    """End the person's browser sessions in the database, all or ``only`` one, never the one with key ``but``."""
    rows = StaffSession.objects.filter(staff=staff, ended_at=None).exclude(session_key=but)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.update(ended_at=timezone.now())
    return len(keys)


def close_everything(staff: Staff) -> int:
    """End all sessions and tokens: what a lost device or a leaver needs."""
    ApiToken.objects.filter(staff=staff).delete()
    return close_sessions(staff)


@action("staff.sign_out")
def sign_out(actor: Actor, session_key: str, *, why: str = "self") -> None:
    """End one's own session with this key; a session already over is no error."""
    staff = locked_staff(actor.id or 0)
    Session.objects.filter(session_key=session_key).delete()
    StaffSession.objects.filter(session_key=session_key, ended_at=None).update(ended_at=timezone.now())
    record(actor, "staff.signed_out", staff, org=staff.org, payload={"why": why, "sessions": 1})


@action("staff.end_session")
def end_session(actor: Actor, staff_session_id: int) -> None:
    """End one of one's own other sessions. Raises NotFound."""
    staff = locked_staff(actor.id or 0)
    require_self(actor, staff)
    if not close_sessions(staff, only=staff_session_id):
        raise NotFound(_("该登录已经结束"))
    record(actor, "staff.signed_out", staff, org=staff.org, payload={"why": "ended", "sessions": 1})


@action("staff.end_other_sessions")
def end_other_sessions(actor: Actor, current_key: str) -> int:
    """End all of one's own sessions but the current one; give how many."""
    staff = locked_staff(actor.id or 0)
    require_self(actor, staff)
    ended = close_sessions(staff, but=current_key)
    if ended:
        record(actor, "staff.signed_out", staff, org=staff.org, payload={"why": "ended", "sessions": ended})
    return ended
