"""What PMS and OMS call: the same addresses for both, one more for what devices tell an OMS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from denghuo.apps.exchange.actions.adapters import receive
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.iec61968.answering import answered
from denghuo.apps.exchange.adapters.operations.mapping import OMS, Operations
from denghuo.apps.exchange.adapters.operations.port import Observation, PlannedOutage, Progress
from denghuo.apps.exchange.models import AdapterConnection

NUMBER = r"^[\w.:/#\-]{1,64}$"


class OperationsOutageIn(Schema):
    """停电信息。同一编号可多次发送：announced 公告或变更，started 停电，restored 送电，cancelled 取消。"""

    number: str = Field(pattern=NUMBER)
    state: Literal["announced", "started", "restored", "cancelled"] = "announced"
    kind: Literal["planned", "temporary", "fault"] = "planned"
    feeder_code: str = Field("", max_length=32)
    transformer_codes: list[str] = Field(default_factory=list, max_length=5000)
    start_at: AwareDatetime
    end_at: AwareDatetime | None = None
    cause: str = Field("", max_length=120)
    at: AwareDatetime | None = Field(None, description="实际停电或送电时间")
    reason: str = Field("", max_length=120, description="取消原因")


class OperationsOutageOut(Schema):
    number: str
    outage_number: str
    state: str


class OperationsProgressIn(Schema):
    step: Literal["accepted", "departed", "arrived", "finished"]
    at: AwareDatetime
    note: str = Field("", max_length=300)


class OperationsProgressOut(Schema):
    number: str
    state: str


class ObservedIn(Schema):
    """设备或电表事件。跳闸、断开、闭合填 device_code，其余填 transformer_code。"""

    number: str = Field(pattern=NUMBER, description="事件编号；重复发送不重复登记")
    kind: Literal["gasp", "power_on", "supplied", "trip", "opened", "closed"] = Field(
        description="停电上报、复电上报、核实有电、跳闸、断开、闭合"
    )
    at: AwareDatetime
    device_code: str = Field("", max_length=64)
    transformer_code: str = Field("", max_length=32)
    sure: bool = Field(True, description="是否可靠；不可靠的少计权重")


class ObservedOut(Schema):
    number: str
    feeder_code: str


XML_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string", "description": "IEC 61968-100 RequestMessage"}}},
    },
    "responses": {"200": {"description": "ResponseMessage", "content": {"application/xml": {}}}},
}


def router_for(code: str) -> Router:
    """The addresses of system ``code``, each message taken once by its ``webhook-id``."""
    router = Router(tags=["adapters"], auth=base.AdapterAuth(code))

    @router.post("/outages", response=OperationsOutageOut, operation_id=f"{code}_outage", summary="停电信息")
    def outage(request: HttpRequest, body: OperationsOutageIn) -> dict[str, Any]:
        """停电信息：公告、变更、停电、送电、取消。按消息编号（webhook-id）去重。"""
        fields = body.dict() | {"transformer_codes": tuple(body.transformer_codes)}
        return _taken(request, "outage", body.number, body, lambda port: port.outage_in(PlannedOutage(**fields)))

    @router.post(
        "/fault-orders/{number}/progress", response=OperationsProgressOut, operation_id=f"{code}_progress",
        summary="抢修进展",
    )  # fmt: skip
    def progress(request: HttpRequest, number: str, body: OperationsProgressIn) -> dict[str, Any]:
        """回传抢修进展。按消息编号去重。"""
        step = Progress(number[:64], body.step, body.at, body.note)
        return _taken(request, "progress", step.number, body, lambda port: port.progress_in(step))

    @router.post("/iec61968-100", openapi_extra=XML_BODY, operation_id=f"{code}_message", summary="XML 信封")
    def message(request: HttpRequest) -> HttpResponse:
        """同样的消息，IEC 61968-100 XML 信封。应答为带 CorrelationID 的 ResponseMessage；按 MessageID 去重。"""
        with translation.override("zh-hans"):
            status, content = answered(_row(request), request.body, _key(request))
        return HttpResponse(content, status=status, content_type="application/xml; charset=utf-8")

    if code == OMS:

        @router.post("/observations", response=ObservedOut, operation_id="oms_observation", summary="设备与电表事件")
        def observation(request: HttpRequest, body: ObservedIn) -> dict[str, Any]:
            """跳闸、断开、闭合、停电上报、复电上报；立即重新研判所在馈线。按消息编号去重。"""
            told = Observation(**body.dict())
            return _taken(request, "observation", told.number, body, lambda port: port.observation_in(told))

    return router


def _taken(
    request: HttpRequest, kind: str, number: str, body: Schema, act: Callable[[Operations], dict[str, Any]]
) -> dict[str, Any]:
    row = _row(request)
    with translation.override("zh-hans"):
        return receive(
            base.actor_of(row), row, kind=kind, number=number, key=f"{kind}:{_key(request)}"[:120],
            body=body.model_dump(mode="json"), act=lambda: act(Operations(row)),
        )  # fmt: skip


def _row(request: HttpRequest) -> AdapterConnection:
    row: AdapterConnection = request.adapter  # type: ignore[attr-defined]
    return row


def _key(request: HttpRequest) -> str:
    return str(request.message_key)  # type: ignore[attr-defined]
