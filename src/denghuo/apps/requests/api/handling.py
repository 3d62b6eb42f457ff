"""What happens to a request beside the steps of its flow."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests.api import schemas as s
from denghuo.apps.requests.handling import actions
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class RequestDeclineIn(s.Versioned):
    reason: str = Field(max_length=16, examples=["wrong_class"])
    text: str = Field(max_length=s.LONG)
    other_org_id: int | None = Field(None, ge=1, le=s.BIG, description="wrong_area 时必填：应由哪个单位处理")
    at: AwareDatetime | None = None


class RequestTransferIn(s.Versioned):
    org_id: int = Field(ge=1, le=s.BIG)
    reason: str = Field(max_length=16, examples=["boundary"])
    text: str = Field(max_length=s.LONG)
    at: AwareDatetime | None = None


class HoldIn(s.Versioned):
    reason: str = Field(max_length=16, examples=["customer"])
    text: str = Field(max_length=s.LONG)
    until: AwareDatetime
    at: AwareDatetime | None = None


class ResumeIn(s.Versioned):
    text: str = Field("", max_length=s.LONG)
    at: AwareDatetime | None = None


class PartIn(Schema, extra="forbid"):
    type: str = Field(max_length=20, examples=["complaint"])
    description: str = Field(max_length=s.LONG)
    phenomenon: str = Field("", max_length=16)
    scope: str = Field("", max_length=16)
    class_code: str = Field("", max_length=80)


class SplitIn(s.Versioned):
    parts: list[PartIn] = Field(min_length=1, max_length=20)
    reason: str = Field(max_length=s.LONG)


class SplitOut(Schema):
    """The request as it now is, and what was split off it."""

    id: int
    made: list[s.RequestOut]


class SuperviseIn(s.Versioned):
    text: str = Field(max_length=s.LONG)
    due_at: AwareDatetime | None = None


class WordsIn(s.Versioned):
    text: str = Field(max_length=s.LONG)


class OverrunIn(Schema, extra="forbid"):
    kind: str = Field(max_length=12, examples=["explain"])
    text: str = Field(max_length=s.LONG)
    amount: Decimal | None = Field(None, ge=0, max_digits=10, decimal_places=2, description="补偿金额（元）")


class PrivateIn(s.Versioned):
    confidential: bool | None = None
    anonymous: bool | None = None
    reason: str = Field(max_length=s.LONG)


def _do(request: HttpRequest, request_id: int, name: str, body: Schema, act: Callable[[Actor], Request]) -> Any:
    """Run an action under its idempotency key and answer with the request as it now is."""
    actor = actor_of(request)
    return write(request, actor, f"request.{name}:{request_id}", body, lambda: s.request_out(actor, act(actor)))


@router.post("/requests/{request_id}/decline", response=s.RequestOut, summary="退单", operation_id="request_decline")
def decline(request: HttpRequest, request_id: s.Key, body: RequestDeclineIn) -> Any:
    """handling → accepted: back to the centre with a typed reason, counted; the dispatch clock starts anew."""
    return _do(
        request, request_id, "decline", body, lambda a: actions.decline_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/transfer", response=s.RequestOut, summary="转派其他单位", operation_id="request_transfer"
)
def transfer(request: HttpRequest, request_id: s.Key, body: RequestTransferIn) -> Any:
    """Another unit takes it over; state and clocks stay."""
    return _do(
        request, request_id, "transfer", body, lambda a: actions.transfer_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/hold", response=s.RequestOut, summary="挂起", operation_id="request_hold")
def hold(request: HttpRequest, request_id: s.Key, body: HoldIn) -> Any:
    """Aside until a time; the clocks that policy names for the reason stand still; goes on by itself."""
    return _do(request, request_id, "hold", body, lambda a: actions.hold_request(a, request_id, **body.model_dump()))


@router.post("/requests/{request_id}/resume", response=s.RequestOut, summary="恢复办理", operation_id="request_resume")
def resume(request: HttpRequest, request_id: s.Key, body: ResumeIn) -> Any:
    """Go on with a held request."""
    return _do(
        request, request_id, "resume", body, lambda a: actions.resume_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/reopen", response=s.RequestOut, summary="重启", operation_id="request_reopen")
def reopen(request: HttpRequest, request_id: s.Key, body: s.ReasonIn) -> Any:
    """archived → accepted: the next round, with a call-back of its own."""
    return _do(
        request, request_id, "reopen", body, lambda a: actions.reopen_request(a, request_id, **body.model_dump())
    )


@router.post("/requests/{request_id}/split", response=SplitOut, summary="拆分", operation_id="request_split")
def split(request: HttpRequest, request_id: s.Key, body: SplitIn) -> Any:
    """Each part becomes a request of the same caller with its own type, flow and clocks."""
    actor = actor_of(request)
    parts = [actions.Part(**part.model_dump()) for part in body.parts]

    def run() -> dict[str, Any]:
        made = actions.split_request(actor, request_id, parts=parts, reason=body.reason, version=body.version)
        return {"id": request_id, "made": s.requests_out(actor, made)}

    return write(request, actor, f"request.split:{request_id}", body, run)


@router.post(
    "/requests/{request_id}/supervise", response=s.RequestOut, summary="督办", operation_id="request_supervise"
)
def supervise(request: HttpRequest, request_id: s.Key, body: SuperviseIn) -> Any:
    """Under supervision until a time."""
    return _do(
        request, request_id, "supervise", body, lambda a: actions.supervise_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/supervision/reply",
    response=s.RequestOut,
    summary="回复督办",
    operation_id="supervision_reply",
)
def supervision_reply(request: HttpRequest, request_id: s.Key, body: s.TextIn) -> Any:
    """Answer the open supervision."""
    return _do(
        request,
        request_id,
        "supervision_reply",
        body,
        lambda a: actions.reply_supervision(a, request_id, text=body.text),
    )


@router.post(
    "/requests/{request_id}/supervision/end", response=s.RequestOut, summary="办结督办", operation_id="supervision_end"
)
def supervision_end(request: HttpRequest, request_id: s.Key, body: s.TextIn) -> Any:
    """End it with what came of it."""
    return _do(
        request, request_id, "supervision_end", body, lambda a: actions.end_supervision(a, request_id, text=body.text)
    )


@router.post("/requests/{request_id}/escalate", response=s.RequestOut, summary="升级", operation_id="request_escalate")
def escalate(request: HttpRequest, request_id: s.Key, body: WordsIn) -> Any:
    """To the next level by hand; overdue ones climb by themselves."""
    return _do(
        request, request_id, "escalate", body, lambda a: actions.escalate_request(a, request_id, **body.model_dump())
    )


@router.post(
    "/escalations/{escalation_id}/take", response=s.RequestOut, summary="接手升级", operation_id="escalation_take"
)
def take(request: HttpRequest, escalation_id: s.Key) -> Any:
    """Take what was escalated in hand."""
    return _do(request, escalation_id, "take", s.TextIn(text=""), lambda a: actions.take_escalation(a, escalation_id))


@router.post(
    "/requests/{request_id}/overrun",
    response=s.RequestOut,
    summary="超时说明、致歉、补偿",
    operation_id="request_overrun",
)
def overrun(request: HttpRequest, request_id: s.Key, body: OverrunIn) -> Any:
    """What the customer was told or given for a broken limit; a compensation counts once approved."""
    return _do(
        request, request_id, "overrun", body, lambda a: actions.record_overrun_step(a, request_id, **body.model_dump())
    )


@router.post(
    "/requests/{request_id}/overrun/approve",
    response=s.RequestOut,
    summary="批准补偿",
    operation_id="compensation_approve",
)
def approve(request: HttpRequest, request_id: s.Key) -> Any:
    """By somebody else than who proposed it."""
    return _do(request, request_id, "approve", s.TextIn(text=""), lambda a: actions.approve_compensation(a, request_id))


@router.post(
    "/requests/{request_id}/private", response=s.RequestOut, summary="保密与匿名", operation_id="request_private"
)
def private(request: HttpRequest, request_id: s.Key, body: PrivateIn) -> Any:
    """Mark confidential or anonymous; null leaves as it is."""
    return _do(request, request_id, "private", body, lambda a: actions.keep_private(a, request_id, **body.model_dump()))
