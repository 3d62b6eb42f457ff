"""The reviewer passes a returned request on to the call-back desk, or sends it back with a reason."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.closing import archive
from denghuo.apps.requests.callbacks import planning
from denghuo.apps.requests.callbacks.choices import SkipReason
from denghuo.apps.requests.choices import NoteKind, RequestState
from denghuo.apps.requests.handling.overruns import require_done
from denghuo.apps.requests.models import Request
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.privacy import redact

# What a merged caller's request takes over from its master when the work has passed.
FOLLOWED = ("dispatched_at", "arrived_at", "restored_at", "returned_at", "cause", "result")


@action("request.review")
def review_request(
    actor: Actor,
    request_id: int,
    *,
    passed: bool,
    reason: str = "",
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """*returned* → *callback* when ``passed``: this caller and every merged one gets a call-back plan of this round.

    Whoever is not to be called (:func:`..callbacks.planning.why_not`) is archived at once, with the reason. Not passed, with a ``reason``: back to
    the crew (*dispatched*) or the handling unit (*handling*). Raises NotAllowed, NotFound, Conflict, InvalidInput (reason,
    at).
    """
    request = common.locked(request_id)
    actor.require("request.review", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "review", actor=actor)
    text = common.reason_text(reason, required=not passed)
    moment = common.moment_of(at, request)
    if not passed:
        _send_back(actor, request, text, moment)
        return request
    require_done(request, moment)
    request.reviewed_at = moment
    passed_event = common.event(actor, request, "request.review_passed", moment, round=request.round)
    if not flowing.leads_to(request, "review", RequestState.CALLBACK):
        skipped = planning.not_called(actor, request, SkipReason.TYPE, moment)
        common.tell(passed_event, skipped, archive(actor, request, moment, "no_callback", verb="review"))
        return request
    children = common.children_of(request, lock=True)
    planned = planning.plan_calls([request, *children], moment)
    if not planned.due and not children:
        ended = archive(actor, request, moment, "no_callback", verb="review")
        common.tell(passed_event, planned.events(actor, moment), ended)
        return request
    step = flowing.advance(request, "review", moment, phase=RequestState.CALLBACK)
    common.save(request, "state", "reviewed_at")
    for child in children:
        _follow(child, request, moment)
    called = {plan.request_id for plan in planned.due}
    common.tell(
        passed_event,
        planned.events(actor, moment),
        flowing.clocks(actor, request, step, moment),
        *(flowing.begin(actor, child, step.start, moment) for child in children if child.pk in called),
        *(archive(actor, plan.request, moment, "no_callback", verb="call_back") for plan in planned.skipped),
    )
    return request


def _send_back(actor: Actor, request: Request, reason: str, at: dt.datetime) -> None:
    by_crew = request.dispatched_at is not None
    step = flowing.advance(request, "review", at, phase=RequestState.DISPATCHED if by_crew else RequestState.HANDLING)
    request.returned_at, request.reviewed_at = None, at
    common.save(request, "state", "returned_at", "reviewed_at")
    note = common.write_note(actor, request, NoteKind.SEND_BACK, reason, at)
    children = common.children_of(request)
    told = common.event(
        actor, request, "request.sent_back", at, children, round=request.round, reason=redact(reason), note_id=note
    )
    # Who reads the log for the state of a request takes sent_back as "with the crew again"; units are told of after it.
    again = (
        []
        if by_crew
        else [common.event(actor, request, "request.assigned", at, unit_id=request.org_id, round=request.round)]
    )
    common.tell(told, flowing.clocks(actor, request, step, at), again)


def _follow(child: Request, master: Request, at: dt.datetime) -> None:
    """The caller who was merged shares in the master's work."""
    for name in FOLLOWED:
        setattr(child, name, getattr(master, name))
    # Merged after the crew was sent or there: no step of the caller's own record may lie before its acceptance.
    for name in ("dispatched_at", "arrived_at", "returned_at"):
        value = getattr(child, name)
        if value is not None and child.accepted_at is not None and value < child.accepted_at:
            setattr(child, name, child.accepted_at)
    flowing.follow(child, RequestState.CALLBACK, at)
    child.reviewed_at = at
    common.save(child, "state", "reviewed_at", *FOLLOWED)
