"""The customer's progress page as data. Who holds the token may read, urge, add and cancel; nothing personal is shown."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.api.schemas import ANYONE, NoteOut, ReasonIn, TextIn, Token, UrgeOut
from denghuo.apps.requests.api.working import urge_out
from denghuo.apps.requests.prediction.api import CustomerPrediction
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import client_ip, write
from denghuo.core.http.limits import buckets

router = Router(auth=ANYONE)


class StepOut(Schema):
    code: str
    label: str
    status: str
    at: dt.datetime | None


class ProgressOutage(Schema):
    kind_label: str
    expected_at: dt.datetime | None
    restored_at: dt.datetime | None


class ProgressOut(Schema):
    """Where a request stands, for the customer. Name, phone and address are masked."""

    number: str
    token: str
    type: str
    type_label: str
    state: str
    state_label: str
    merged: bool
    name: str
    phone: str
    address: str
    org: str
    steps: list[StepOut]
    round: int
    promised_at: dt.datetime | None
    outage: ProgressOutage | None
    prediction: CustomerPrediction | None
    cause_label: str
    restored_at: dt.datetime | None
    satisfaction: str
    urges: int
    can_urge: bool
    can_cancel: bool
    submitted_at: dt.datetime
    updated_at: dt.datetime


def _customer(request: HttpRequest) -> Actor:
    """Whoever calls, signed in or not, acts here as the customer; limited per network address."""
    actor = Actor(kind="customer", id=None, name="customer", ip=client_ip(request))
    buckets.take("request.progress", actor.ip or "-", allowed=policies.get("request.progress_per_minute"), seconds=60)
    return actor


@router.get("/progress/{token}", response=ProgressOut, summary="诉求进度（公众）", operation_id="progress_get")
def progress(request: HttpRequest, token: Token) -> Any:
    """Steps with their times."""
    _customer(request)
    view = queries.progress_view(token)
    if view is None:
        raise NotFound()
    return view


@router.post("/progress/{token}/urge", response=UrgeOut, summary="客户催办", operation_id="progress_urge")
def urge(request: HttpRequest, token: Token, body: TextIn) -> Any:
    """Before the promised time it is explained instead of recorded."""
    actor, row = _customer(request), queries.request_by_token(token)
    return write(
        request, actor, f"progress.urge:{row.pk}", body,
        lambda: urge_out(actions.urge_request(actor, row.pk, text=body.text, token=token)),
    )  # fmt: skip


@router.post("/progress/{token}/note", response=NoteOut, summary="客户补充说明", operation_id="progress_note")
def note(request: HttpRequest, token: Token, body: TextIn) -> Any:
    """Something to add."""
    actor, row = _customer(request), queries.request_by_token(token)

    def run() -> dict[str, Any]:
        made = actions.note_request(actor, row.pk, text=body.text, token=token)
        return NoteOut(id=made.pk, at=made.at).model_dump(mode="json")

    return write(request, actor, f"progress.note:{row.pk}", body, run)


@router.post("/progress/{token}/cancel", response=ProgressOut, summary="客户撤销", operation_id="progress_cancel")
def cancel(request: HttpRequest, token: Token, body: ReasonIn) -> Any:
    """Refused once the crew is there or others are merged in."""
    actor, row = _customer(request), queries.request_by_token(token)

    def run() -> Any:
        actions.cancel_request(actor, row.pk, reason=body.reason, token=token, version=body.version)
        return ProgressOut(**(queries.progress_view(token) or {})).model_dump(mode="json")

    return write(request, actor, f"progress.cancel:{row.pk}", body, run)
