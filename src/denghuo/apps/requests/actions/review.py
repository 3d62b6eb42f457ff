"""The reviewer passes a returned request on to the call-back desk, or sends it back with a reason."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.requests import limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.closing import archive
from denghuo.apps.requests.choices import NoteKind, RequestState
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent
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

    Types that need no call-back (policy ``callback.types``) are archived at once. Not passed, with a ``reason``: back to
    the crew (*dispatched*) or the handling unit (*handling*). Raises NotAllowed, NotFound, Conflict, InvalidInput (reason,
    at).
    """
    request = common.locked(request_id)
    actor.require("request.review", request.org.path)
    common.require_version(request, version)
    common.require_step(request, "review")
    text = common.reason_text(reason, required=not passed)
    moment = common.moment_of(at, request)
    ended = common.end(actor, request, moment, limits.REVIEW)
    if not passed:
        _send_back(actor, request, text, moment, ended)
        return request
    request.reviewed_at = moment
    passed_event = common.event(actor, request, "request.review_passed", moment, round=request.round)
    if request.type not in policies.get("callback.types", request.org, moment):
        common.tell(passed_event, ended, archive(actor, request, moment, "no_callback"))
        return request
    children = common.children_of(request, lock=True)
    request.state = RequestState.CALLBACK
    common.save(request, "state", "reviewed_at")
    for child in children:
        _follow(child, request, moment)
    plans = _plan([request, *children], moment)
    common.tell(
        passed_event,
        ended,
        [_due(actor, plan, moment) for plan in plans],
        common.begin(actor, [clock for plan in plans for clock in limits.on_call_back_due(plan.request, moment)]),
    )
    return request


def _send_back(actor: Actor, request: Request, reason: str, at: dt.datetime, ended: list[NewEvent]) -> None:
    by_crew = request.dispatched_at is not None
    request.state = RequestState.DISPATCHED if by_crew else RequestState.HANDLING
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
    common.tell(told, ended, again)


def _follow(child: Request, master: Request, at: dt.datetime) -> None:
    """The caller who was merged shares in the master's work."""
    for name in FOLLOWED:
        setattr(child, name, getattr(master, name))
    # Merged after the crew was sent or there: no step of the caller's own record may lie before its acceptance.
    for name in ("dispatched_at", "arrived_at", "returned_at"):
        value = getattr(child, name)
        if value is not None and child.accepted_at is not None and value < child.accepted_at:
            setattr(child, name, child.accepted_at)
    child.state, child.reviewed_at = RequestState.CALLBACK, at
    common.save(child, "state", "reviewed_at", *FOLLOWED)


def _plan(requests: list[Request], at: dt.datetime) -> list[CallBack]:
    plans = [
        CallBack(request=request, round=request.round, not_before=next_opening(at, request.org)) for request in requests
    ]
    return CallBack.objects.bulk_create(plans)


def _due(actor: Actor, plan: CallBack, at: dt.datetime) -> NewEvent:
    request = plan.request
    return common.event(
        actor, request, "request.callback_due", at,
        call_back_id=plan.pk, round=plan.round, not_before=plan.not_before, master_id=request.master_id,
    )  # fmt: skip
