"""An archived request is taken up again."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict

CLEARED = ("dispatched_at", "arrived_at", "restored_at", "returned_at", "reviewed_at", "archived_at")


@action("request.reopen")
def reopen_request(actor: Actor, request_id: int, *, reason: str, version: int | None = None) -> Request:
    """*archived* → *accepted*: the next round, with the clocks of acceptance anew and a call-back of its own (重启).

    Within ``reopen.days`` of the archive; what the first round reached stays in the events. A caller who was merged goes
    on alone. Raises NotAllowed (``request.archive``), NotFound, Conflict (not archived, too late), InvalidInput (reason).
    """
    request = common.known(actor, request_id)
    actor.require("request.archive", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "reopen", actor=actor)
    text = common.reason_text(reason)
    at = common.moment_of(None, request)
    days = policies.get("reopen.days", request.org, at)
    if request.archived_at is not None and at > request.archived_at + dt.timedelta(days=days):
        raise Conflict(_("归档已超过 %(days)g 天，不能重启，请新建诉求并关联") % {"days": days}, code="too_late")
    step = flowing.advance(request, "reopen", at)
    for name in CLEARED:
        setattr(request, name, None)
    request.accepted_at, request.satisfaction = at, ""
    request.round, request.reopened = request.round + 1, request.reopened + 1
    request.escalation_level = 0
    common.save(request, "state", "accepted_at", "satisfaction", "round", "reopened", "escalation_level", *CLEARED)
    note = common.write_note(actor, request, NoteKind.REOPEN, text, at)
    told = common.event(actor, request, "request.reopened", at, round=request.round, note_id=note)
    common.tell(told, flowing.clocks(actor, request, step, at))
    return request
