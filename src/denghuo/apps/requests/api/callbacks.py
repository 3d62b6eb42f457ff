"""The call-back desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.api.schemas import (
    AttemptIn,
    CallBackOut,
    CallBacksOut,
    HeartbeatIn,
    Key,
    LeaseIn,
    LeaseOut,
    LeasesOut,
    RobotResultIn,
    callback_out,
)
from denghuo.apps.requests.callbacks import robot
from denghuo.core.actors import Actor
from denghuo.core.http.api import actor_of, write
from denghuo.core.privacy import masked

router = Router(auth=StaffAuth())


@router.get("/callbacks", response=CallBacksOut, summary="待回访列表", operation_id="callbacks_list")
def list_callbacks(request: HttpRequest, limit: int = Query(50, ge=1, le=200)) -> Any:
    """Plans still to be called, in the order they fall due."""
    actor = actor_of(request)
    return {"items": [callback_out(actor, plan) for plan in queries.callback_queue(actor)[:limit]]}


@router.post(
    "/callbacks/next", response={200: CallBackOut, 204: None}, summary="领取下一个回访", operation_id="callback_next"
)
def next_callback(request: HttpRequest) -> Any:
    """The plan the caller holds, else the longest due; 204 when none is due or outside calling hours."""
    actor = actor_of(request)

    def run() -> dict[str, Any] | None:
        plan = actions.take_callback(actor)
        return callback_out(actor, plan) if plan else None

    answer = write(request, actor, "callback.next", {}, run)
    return Status(200, answer) if answer else Status(204, None)


@router.post(
    "/callbacks/{callback_id}/release", response=CallBackOut, summary="放回回访", operation_id="callback_release"
)
def release_callback(request: HttpRequest, callback_id: Key) -> Any:
    """Put back what the caller took."""
    actor = actor_of(request)
    return write(
        request, actor, f"callback.release:{callback_id}", {},
        lambda: callback_out(actor, actions.release_callback(actor, callback_id)),
    )  # fmt: skip


@router.post(
    "/callbacks/{callback_id}/attempts", response=CallBackOut, summary="记录回访", operation_id="callback_attempt"
)
def record_attempt(request: HttpRequest, callback_id: Key, body: AttemptIn) -> Any:
    """One dialling by the holder of the plan; a dissatisfied answer sends the request to rework."""
    actor = actor_of(request)
    return write(
        request, actor, f"callback.attempt:{callback_id}", body,
        lambda: callback_out(actor, actions.record_attempt(actor, callback_id, **body.model_dump())),
    )  # fmt: skip


@router.post("/callbacks/lease", response=LeasesOut, summary="机器人领取回访", operation_id="callbacks_lease")
def lease_callbacks(request: HttpRequest, body: LeaseIn) -> Any:
    """Up to ``count`` calls that may be made now, each with its script; empty outside calling hours. Needs
    ``callback.lease``. A lease not kept alive by heartbeats runs out and the call is given to somebody else."""
    actor = actor_of(request)
    return write(
        request, actor, "callback.lease", body,
        lambda: {"items": [_leased(actor, one) for one in robot.lease_callbacks(actor, body.count)]},
    )  # fmt: skip


@router.post(
    "/callbacks/{callback_id}/heartbeat", response=LeaseOut, summary="保持租约", operation_id="callback_heartbeat"
)
def keep_lease(request: HttpRequest, callback_id: Key, body: HeartbeatIn) -> Any:
    """The robot is still on the line; 409 ``lease_lost`` when the call is no longer its own."""
    actor = actor_of(request)
    return write(
        request, actor, f"callback.heartbeat:{callback_id}", body,
        lambda: {"expires_at": robot.keep_lease(actor, callback_id, lease=body.lease).isoformat()},
    )  # fmt: skip


@router.put(
    "/callbacks/{callback_id}/result", response=CallBackOut, summary="机器人上报结果", operation_id="callback_result"
)
def report_result(request: HttpRequest, callback_id: Key, body: RobotResultIn) -> Any:
    """What the robot heard; the same consequences as a call by a person. With the same ``Idempotency-Key`` it counts
    once."""
    actor = actor_of(request)
    report = robot.Report(outcome=body.outcome, answers=body.answers, note=body.note, ask_at=body.ask_at)
    return write(
        request, actor, f"callback.result:{callback_id}", body,
        lambda: callback_out(
            actor, robot.report_lease(actor, callback_id, lease=body.lease, report=report, script_id=body.script_id)
        ),
    )  # fmt: skip


def _leased(actor: Actor, one: robot.Leased) -> dict[str, Any]:
    request, script = one.plan.request, one.script
    questions = [
        {
            "code": q.code, "label": q.label, "ask": q.ask, "kind": q.kind, "required": q.required,
            "options": [{"code": option.code, "label": option.label} for option in q.options],
            "when": {code: list(wanted) for code, wanted in (q.when or {}).items()},
        }
        for q in script.questions
    ]  # fmt: skip
    return {
        "id": one.plan.pk, "lease": str(one.lease), "expires_at": one.expires_at.isoformat(), "number": request.number,
        "type": str(request.type), "phone": masked(request, "caller_phone", actor),
        "name": masked(request, "caller_name", actor), "attempt": one.plan.attempts + 1,
        "script": {
            "id": one.script_id, "code": script.code, "opening": script.opening, "closing": script.closing,
            "closing_unhappy": script.closing_unhappy, "questions": questions,
        },
    }  # fmt: skip
