"""What the crew's phone talks to: who am I, one press, a file in pieces.

Every write carries the id the phone made at the press; sending it again, from the same phone or after months, gives the
first answer. So the phone may send until it hears one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.field import actions
from denghuo.apps.field.access import own_crew_id
from denghuo.apps.field.actions.uploading import Progress
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.planning import turns
from denghuo.core import moment, policies
from denghuo.core.http.api import BIGGEST_KEY, actor_of, write

router = Router(tags=["field"], auth=StaffAuth())

StepKind = Literal["accept", "depart", "arrive", "note", "materials", "tick", "finish"]
FileKind = Literal["before", "after", "scene", "signature", "voice"]


class HelloOut(Schema):
    """Whose session this is, the business time, and the rules for pictures and pieces."""

    user_id: int
    crew_id: int | None
    csrf: str
    now: dt.datetime
    speed: float
    photo_side: int
    photo_quality: float
    chunk_bytes: int
    orders: list[int]


class CrewStepDataIn(Schema):
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    cause: str | None = Field(None, max_length=80)
    restored_at: AwareDatetime | None = None
    no_signature_reason: str | None = Field(None, max_length=4000)
    lines: list[dict[str, str | float]] | None = Field(None, max_length=200)
    part: Literal["safety", "steps"] | None = None
    code: str | None = Field(None, max_length=12)
    done: bool | None = None


class CrewStepIn(Schema):
    """One press. ``pressed_at`` is the business time the phone reckons with."""

    client_id: uuid.UUID
    order_id: int = Field(ge=1, le=BIGGEST_KEY)
    kind: StepKind
    pressed_at: AwareDatetime
    text: str = Field("", max_length=20000)
    data: CrewStepDataIn = CrewStepDataIn()  # type: ignore[call-arg]


class CrewStepOut(Schema):
    """``applied``, ``already`` (a colleague was first) or ``kept`` (beside the order, which was called back)."""

    client_id: uuid.UUID
    outcome: str
    at: dt.datetime
    order_state: str


class UploadIn(Schema):
    client_id: uuid.UUID
    order_id: int = Field(ge=1, le=BIGGEST_KEY)
    kind: FileKind
    size: int = Field(ge=1, le=2**31 - 1)
    sha256: str = Field(max_length=64, description="小写十六进制")
    pressed_at: AwareDatetime


class UploadProgressOut(Schema):
    """``have`` bytes are safe; send the next piece from there."""

    have: int
    done: bool
    damaged: bool
    kept: bool


@router.get("/hello", response=HelloOut, summary="班组手机：身份、时间与规则", operation_id="crew_phone_hello")
def hello(request: HttpRequest) -> Any:
    """Asked before anything is sent, so that one person's presses never go out under another's name."""
    actor = actor_of(request)
    own = own_crew_id(actor)
    return {
        "user_id": actor.id,
        "crew_id": own,
        "csrf": get_token(request),
        "now": moment.now(),
        "speed": moment.speed(),
        "photo_side": policies.get("crew.photo_side"),
        "photo_quality": policies.get("crew.photo_quality"),
        "chunk_bytes": policies.get("crew.chunk_bytes"),
        "orders": [] if own is None else [order.pk for order in turns.orders_in_turn(own)],
    }


@router.post("/steps", response=CrewStepOut, summary="班组手机：上报一步", operation_id="crew_phone_step")
def step(request: HttpRequest, body: CrewStepIn) -> Any:
    """Take one press. 409 when a step before it is missing, 422 when what was filled in must be mended."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        report = actions.report_step(
            actor, body.order_id, client_id=body.client_id, kind=body.kind, pressed_at=body.pressed_at, text=body.text,
            data=body.data.model_dump(mode="json", exclude_none=True),
        )  # fmt: skip
        return {"client_id": str(report.client_id), "outcome": report.outcome, "at": report.at}

    answer = write(request, actor, "crew.step", body, run)
    state = WorkOrder.objects.values_list("state", flat=True).get(pk=body.order_id)
    return answer | {"order_state": state}


@router.post(
    "/uploads", response=UploadProgressOut, summary="班组手机：登记要上传的文件", operation_id="crew_phone_upload"
)
def begin(request: HttpRequest, body: UploadIn) -> Any:
    """Announce a photo, signature or voice note, or ask again how far it has come."""
    return _progress(
        actions.begin_upload(
            actor_of(request), body.order_id, client_id=body.client_id, kind=body.kind, size=body.size,
            sha256=body.sha256, pressed_at=body.pressed_at,
        )
    )  # fmt: skip


@router.put(
    "/uploads/{client_id}", response=UploadProgressOut, summary="班组手机：上传一片", operation_id="crew_phone_piece"
)
def piece(request: HttpRequest, client_id: uuid.UUID, offset: Annotated[int, Query(ge=0, le=2**31 - 1)]) -> Any:
    """The body is the bytes from ``offset`` on. 409 ``upload_offset`` with ``have`` when they do not follow."""
    return _progress(actions.put_piece(actor_of(request), client_id, offset=offset, data=request.body))


@router.post(
    "/uploads/{client_id}/finish",
    response=UploadProgressOut,
    summary="班组手机：校验并归入工单",
    operation_id="crew_phone_attach",
)
def finish(request: HttpRequest, client_id: uuid.UUID) -> Any:
    """Check the whole file against its SHA-256 and attach it."""
    return _progress(actions.finish_upload(actor_of(request), client_id))


def _progress(found: Progress) -> dict[str, Any]:
    return {"have": found.have, "done": found.done, "damaged": found.damaged, "kept": found.kept}
