"""The call-back desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.api.schemas import AttemptIn, CallBackOut, CallBacksOut, Key, callback_out
from denghuo.core.http.api import actor_of, write

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
