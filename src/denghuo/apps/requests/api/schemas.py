"""What goes in and out of the requests API."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.requests import classification
from denghuo.apps.requests.models import CallBack, Request
from denghuo.apps.requests.queries import suggested_masters
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.privacy import masked

ANYONE: list[Any] = [StaffAuth(), PublicAuth()]
BIG = 2**63 - 1  # the widest key a column holds: larger ones are refused, not sent to the database
Key = PathEx[int, P(ge=1, le=BIG)]
Token = PathEx[str, P(min_length=1, max_length=64)]
LONG = 20_000  # bounds of the transport; the limits of the trade are policies and are checked by the actions


class RequestIn(Schema, extra="forbid"):
    """A request. Where: ``account_ref`` (public, from ``/hall/find-account``), or ``account_number``, or ``org_id`` and
    ``address``. For the public the number counts only together with the holder's phone."""

    type: str = Field(max_length=32, examples=["fault_report"])
    channel: str = Field("web_form", max_length=32, examples=["web_form"])
    caller_name: str = Field(max_length=LONG, examples=["江小满"])
    caller_phone: str = Field(max_length=200, examples=["13900000000"])
    account_ref: str | None = Field(None, max_length=400)
    account_id: int | None = Field(None, ge=1, le=BIG, description="仅坐席可用")
    account_number: str = Field("", max_length=64)
    org_id: int | None = Field(None, ge=1, le=BIG)
    address: str = Field("", max_length=LONG)
    phenomenon: str = Field("", max_length=32, examples=["no_power"])
    scope: str = Field("", max_length=32, examples=["single"])
    occurred_at: AwareDatetime | None = Field(None, examples=["2026-01-31T08:30:00+08:00"])
    description: str = Field("", max_length=LONG)
    lon: float | None = Field(None, allow_inf_nan=False)
    lat: float | None = Field(None, allow_inf_nan=False)
    client_id: uuid.UUID | None = Field(None, description="提交方生成的 UUID；重复提交只生成一条诉求")
    contact_id: int | None = Field(None, ge=1, le=BIG, description="诉求出自哪次联络；仅坐席可用")
    confidential: bool = Field(False, description="保密：只有知悉人员可见，不回访；故障报修不适用")
    anonymous: bool = Field(False, description="匿名：不留姓名电话，不回访；故障报修不适用")
    class_code: str = Field("", max_length=80, description="分类路径，见 /class-trees；可不填，受理时再定")
    template_code: str = Field("", max_length=60, description="场景模板，见 /scenes；不填时自动选择")
    values: dict[str, Any] = Field(
        default_factory=dict,
        max_length=80,
        description="模板各项的值，见 /scenes/{code}/schema；其中诉求本身的项可代替同名参数",
    )


class Versioned(Schema, extra="forbid"):
    version: int | None = Field(None, ge=1, le=2**31 - 1, description="页面读到的版本；不符时返回 409 并说明谁先修改")


class AcceptIn(Versioned):
    fault_class: str = Field("", max_length=32, examples=["low_voltage"], description="故障分类的第一级")
    class_code: str = Field(
        "", max_length=80, examples=["low_voltage.meter_box.rcd_trip"], description="分类路径，可只给第一级"
    )
    urgency: str = Field("normal", max_length=16)
    area_type: str = Field("", max_length=16, examples=["urban"])
    transformer_id: int | None = Field(None, ge=1, le=BIG)
    at: AwareDatetime | None = None


class ReclassifyIn(Versioned):
    fault_class: str | None = Field(None, max_length=32)
    class_code: str | None = Field(None, max_length=80)
    urgency: str | None = Field(None, max_length=16)
    area_type: str | None = Field(None, max_length=16)
    transformer_id: int | None = Field(None, ge=1, le=BIG)
    reason: str = Field(max_length=LONG)


class MergeIn(Versioned):
    master_id: int = Field(ge=1, le=BIG)
    reason: str = Field("", max_length=LONG)


class ReasonIn(Versioned):
    reason: str = Field(max_length=LONG)


class LinkOutageIn(Schema, extra="forbid"):
    outage_id: int = Field(ge=1, le=BIG)
    merge: bool = True


class GradeIn(Versioned):
    grade: str = Field(max_length=16, examples=["important"])
    heard: list[str] = Field(default_factory=list, max_length=10, examples=[["media"]])
    people: int | None = Field(None, ge=1, le=1_000_000)
    reason: str = Field("", max_length=LONG, description="低于规则建议时必填")


class ReasonOut(Schema):
    code: str
    label: str
    grade: str
    detail: str


class ProposalOut(Schema):
    """The grade the rules propose for a complaint, and why."""

    grade: str
    reasons: list[ReasonOut]


class ReviewIn(Versioned):
    passed: bool
    reason: str = Field("", max_length=LONG, description="退回时必填")
    at: AwareDatetime | None = None


class TextIn(Schema, extra="forbid"):
    text: str = Field("", max_length=LONG)


class UrgeIn(TextIn):
    insist: bool = Field(False, description="未到承诺时间也登记催办；仅坐席可用")


class AnswerIn(Versioned):
    answer: str = Field(max_length=LONG)
    class_code: str = Field("", max_length=80)
    at: AwareDatetime | None = None


class AssignIn(Versioned):
    org_id: int | None = Field(None, ge=1, le=BIG)
    at: AwareDatetime | None = None


class ReplyIn(Versioned):
    result: str = Field(max_length=LONG)
    at: AwareDatetime | None = None


class AttemptIn(Schema, extra="forbid"):
    outcome: str = Field(max_length=32, examples=["answered"])
    note: str = Field("", max_length=LONG)
    resolved: bool | None = None
    arrival_honoured: bool | None = None
    satisfaction: str = Field("", max_length=32, examples=["satisfied"])
    at: AwareDatetime | None = None
    answers: dict[str, str] | None = Field(None, description="按脚本问题代码；给出时须有 script_id")
    script_id: int | None = Field(None, ge=1, le=BIG)
    ask_at: AwareDatetime | None = Field(None, description="客户约定的时间；outcome 为 later 时必填")
    language: str = Field("", max_length=32, description="outcome 为 language 时必填")
    aspects: list[str] = Field([], max_length=20, description="工单内容与客户表述不一致之处")


class LeaseIn(Schema, extra="forbid"):
    count: int = Field(1, ge=1, le=1000, description="领取多少条")


class HeartbeatIn(Schema, extra="forbid"):
    lease: uuid.UUID


class RobotResultIn(Schema, extra="forbid"):
    """What a robot heard on one dialling."""

    lease: uuid.UUID
    script_id: int = Field(ge=1, le=BIG)
    outcome: str = Field(max_length=32, examples=["answered"])
    answers: dict[str, str] = Field({}, description="按脚本问题代码")
    note: str = Field("", max_length=LONG)
    ask_at: AwareDatetime | None = None


class SubmittedOut(Schema):
    """The number to quote and the token of the progress page; nobody finds another's page by counting."""

    id: int
    number: str
    token: str
    type: str
    state: str
    contact_id: int | None
    submitted_at: dt.datetime


class RequestOut(Schema):
    """A request as staff see it; personal fields are masked without the permission.

    ``suggested_master_id`` is the master request of the outage that explains it, where merging is possible now.
    """

    id: int
    number: str
    token: str
    type: str
    state: str
    channel: str
    org_id: int
    org_name: str
    caller_name: str
    caller_phone: str
    address: str
    account_id: int | None
    customer_id: int | None
    contact_id: int | None
    transformer_id: int | None
    outage_id: int | None
    master_id: int | None
    suggested_master_id: int | None
    lon: float | None
    lat: float | None
    phenomenon: str
    scope: str
    description: str
    fault_class: str
    class_code: str
    class_name: str
    urgency: str
    area_type: str
    cause: str
    cause_code: str
    cause_name: str
    grade: str
    complexity: str
    result: str
    round: int
    satisfaction: str
    urges: int
    supervised: bool
    held_at: dt.datetime | None
    hold_reason: str
    returns: int
    reopened: int
    escalation_level: int
    split_from_id: int | None
    confidential: bool
    anonymous: bool
    occurred_at: dt.datetime | None
    submitted_at: dt.datetime
    accepted_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    arrived_at: dt.datetime | None
    restored_at: dt.datetime | None
    returned_at: dt.datetime | None
    reviewed_at: dt.datetime | None
    archived_at: dt.datetime | None
    version: int


class RequestsOut(Schema):
    """A page of requests; ``next`` goes into ``cursor`` for the next page, null on the last."""

    items: list[RequestOut]
    next: str | None
    total: int | None = None


class ClockOut(Schema):
    kind: str
    state: str
    started_at: dt.datetime
    due_at: dt.datetime | None
    stopped_at: dt.datetime | None
    breached_at: dt.datetime | None
    budget_seconds: int


class EventOut(Schema):
    at: dt.datetime
    kind: str
    label: str
    actor_kind: str
    actor_name: str
    payload: dict[str, Any]
    clocks: list[list[str]]


class DetailOut(Schema):
    request: RequestOut
    steps: list[str]
    children: list[int]
    duplicates: list[int]
    outage_id: int | None
    clocks: list[ClockOut]
    timeline: list[EventOut]


class UrgeOut(Schema):
    recorded: bool
    message: str
    promised_at: dt.datetime | None
    urges: int


class NoteOut(Schema):
    id: int
    at: dt.datetime


class CallBackOut(Schema):
    id: int
    request: RequestOut
    round: int
    state: str
    attempts: int
    not_before: dt.datetime
    holder_id: int | None
    resolved: bool | None
    satisfaction: str
    done_at: dt.datetime | None


class CallBacksOut(Schema):
    items: list[CallBackOut]


class OptionOut(Schema):
    code: str
    label: str


class QuestionOut(Schema):
    """One question of a script; ``when``: asked only after these answers to earlier ones."""

    code: str
    label: str
    ask: str
    kind: str
    required: bool
    options: list[OptionOut]
    when: dict[str, list[str]]


class ScriptOut(Schema):
    id: int
    code: str
    opening: str
    closing: str
    closing_unhappy: str
    questions: list[QuestionOut]


class LeasedOut(Schema):
    """A call for a robot: whom to call, what to say, and until when it is the robot's."""

    id: int
    lease: uuid.UUID
    expires_at: dt.datetime
    number: str
    type: str
    phone: str
    name: str
    attempt: int
    script: ScriptOut


class LeasesOut(Schema):
    items: list[LeasedOut]


class LeaseOut(Schema):
    expires_at: dt.datetime


PLAIN = [name for name in RequestOut.model_fields if name not in {
    "id", "token", "org_name", "caller_name", "caller_phone", "address", "suggested_master_id",
    "class_name", "cause_name",
}]  # fmt: skip


def request_out(actor: Actor, row: Request, masters: Mapping[int, int] | None = None) -> dict[str, Any]:
    """A request as ``actor`` may see it; without ``masters`` its suggestion is looked up."""
    found = suggested_masters([row]) if masters is None else masters
    body = {name: getattr(row, name) for name in PLAIN}
    body |= {name: masked(row, name, actor) for name in ("caller_name", "caller_phone", "address")}
    if row.withheld_from(actor):
        body |= {"description": "", "result": "", "lon": None, "lat": None}
    body |= {
        "id": row.pk,
        "token": row.public_token,
        "org_name": row.org.name,
        "class_name": classification.class_name(row),
        "cause_name": classification.cause_name(row),
        "suggested_master_id": found.get(row.pk),
    }
    return RequestOut(**body).model_dump(mode="json")


def requests_out(actor: Actor, rows: Sequence[Request]) -> list[dict[str, Any]]:
    masters = suggested_masters(rows)
    return [request_out(actor, row, masters) for row in rows]


def callback_out(actor: Actor, plan: CallBack) -> dict[str, Any]:
    body = {
        name: getattr(plan, name)
        for name in ("round", "state", "attempts", "not_before", "holder_id", "resolved", "satisfaction", "done_at")
    }
    return CallBackOut(id=plan.pk, request=request_out(actor, plan.request, {}), **body).model_dump(mode="json")


def to_cursor(row: Request) -> str:
    """The place of a row in lists by time, as text."""
    return base64.urlsafe_b64encode(f"{row.submitted_at.isoformat()}|{row.pk}".encode()).decode()


def from_cursor(text: str) -> tuple[dt.datetime, int]:
    """The inverse of :func:`to_cursor`; raises InvalidInput (cursor)."""
    try:
        moment, _bar, key = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        when, pk = dt.datetime.fromisoformat(moment), int(key)
    except (ValueError, binascii.Error):
        raise InvalidInput({"cursor": _("翻页标记不可用，请从第一页重新开始")}) from None
    if when.tzinfo is None or not 0 < pk <= BIG:
        raise InvalidInput({"cursor": _("翻页标记不可用，请从第一页重新开始")})
    return when, pk
