"""Holding a request while nothing can be done, and going on."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling.choices import HoldReason
from denghuo.apps.requests.handling.models import Hold
from denghuo.apps.requests.handling.records import end_hold
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import batch
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

APPROVE = "request.supervise"  # to hold longer than policy leaves to the handler
SWEEPER = Actor.system("requests.holds")
A_SWEEP = 200


@action("request.hold")
def hold_request(
    actor: Actor,
    request_id: int,
    *,
    reason: str,
    text: str,
    until: dt.datetime,
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """Put the request aside until ``until``; the clocks that policy ``hold.pauses`` names for the reason stand still.

    At most ``hold.max`` times and ``hold.longest_days`` each; beyond ``hold.approval_days`` only by who may supervise.
    Raises NotAllowed, NotFound, Conflict (held already; too often), InvalidInput (reason, text, until, at).
    """
    request = common.known(actor, request_id)
    actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "hold", actor=actor)
    if request.held_at is not None:
        raise Conflict(_("该诉求已挂起"), code="held")
    start = common.moment_of(at, request)
    kind, words = _checked(actor, request, reason, text, until, start)
    pauses = policies.get("hold.pauses", request.org, start).get(kind, [])
    request.held_at, request.hold_reason = start, kind
    common.save(request, "held_at", "hold_reason")
    note = common.write_note(actor, request, NoteKind.HOLD, words, start)
    staff = actor.id if actor.kind == "staff" else None
    Hold.objects.create(
        request=request, reason=kind, until=until, at=start, by_id=staff, note_id=note, paused=pauses,
        approved_by_id=staff if actor.can(APPROVE, request.org.path) else None,
    )  # fmt: skip
    held = batch.hold(actor, request, tuple(pauses), str(HoldReason(kind).label), start) if pauses else []
    children = common.children_of(request)
    told = common.event(actor, request, "request.held", start, children, reason=kind, until=until, note_id=note)
    common.tell(told, held)
    return request


@action("request.resume")
def resume_request(
    actor: Actor, request_id: int, *, text: str = "", version: int | None = None, at: dt.datetime | None = None
) -> Request:
    """Go on with a held request; its clocks count on. Raises NotAllowed, NotFound, Conflict (not held), InvalidInput."""
    request = common.known(actor, request_id)
    if actor.kind == "staff":
        actor.require("request.dispatch", request.org.path)
    common.require_version(request, version)
    if request.held_at is None:
        raise Conflict(_("该诉求没有挂起，无需恢复"), code="not_held")
    words = common.reason_text(text, field="text", required=False)
    end = max(common.moment_of(at, request), request.held_at)
    by = "staff" if actor.kind == "staff" else "sweeper"
    paused = Hold.objects.values_list("paused", flat=True).get(request=request, ended_at=None)
    since = end_hold(request, end, by)
    assert since is not None
    common.save(request, "held_at", "hold_reason")
    common.write_note(actor, request, NoteKind.HOLD, words, end)
    children = common.children_of(request)
    told = common.event(
        actor, request, "request.resumed", end, children, by=by, seconds=int((end - since).total_seconds())
    )
    common.tell(told, batch.go_on(actor, request, tuple(paused), end) if paused else [])
    return request


def resume_due(now: dt.datetime | None = None) -> int:
    """Let every hold whose time is over go on; gives how many. Each in its own transaction, so that one that fails (taken
    up by somebody at this moment) keeps no other back. Partial index ``requests_hold_until``."""
    when = now or moment.now()
    due = Hold.objects.filter(ended_at=None, until__lte=when).order_by("until").values_list("request_id", "until")
    done = 0
    for request_id, _until in list(due[:A_SWEEP]):
        try:
            resume_request(SWEEPER, request_id)
        except Conflict:
            continue
        done += 1
    return done


def _checked(
    actor: Actor, request: Request, reason: str, text: str, until: dt.datetime, start: dt.datetime
) -> tuple[str, str]:
    form = Form()
    kind = form.choice("reason", reason, HoldReason.values)
    words = form.text("text", text, longest=policies.get("request.reason_length"), required=True)
    form.finish()
    days = policies.get_for("hold.longest_days", kind, request.org, start)
    if until <= start:
        form.wrong("until", _("挂起至的时间应晚于现在"))
    elif until > start + dt.timedelta(days=days):
        form.wrong(
            "until", _("因“%(reason)s”最多挂起 %(days)g 天，请改早") % {"reason": HoldReason(kind).label, "days": days}
        )
    elif not actor.can(APPROVE, request.org.path):
        alone = policies.get("hold.approval_days", request.org, start)
        if until > start + dt.timedelta(days=alone):
            form.wrong("until", _("挂起超过 %(days)g 天须由主管办理") % {"days": alone})
    form.finish()
    most = policies.get("hold.max", request.org, start)
    if Hold.objects.filter(request=request).count() >= most:
        raise Conflict(
            _("该诉求已挂起 %(count)s 次，不能再挂起，请办理或报主管") % {"count": most}, code="held_too_often"
        )
    return kind, words
