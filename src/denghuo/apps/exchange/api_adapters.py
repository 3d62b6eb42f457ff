"""What other systems call: every message signed, taken once, refused with a problem document in Chinese."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from ninja import Router, Schema
from pydantic import AwareDatetime, Field

from denghuo.apps.exchange.actions.adapters import receive
from denghuo.apps.exchange.adapters import base
from denghuo.apps.exchange.adapters.hotline12345.mapping import Hotline
from denghuo.apps.exchange.adapters.hotline12345.port import HotlineOrder
from denghuo.apps.exchange.adapters.operations.mapping import OMS, PMS
from denghuo.apps.exchange.api_operations import NUMBER, router_for
from denghuo.apps.exchange.models import AdapterConnection

router = Router(tags=["adapters"])
hotline = Router(tags=["adapters"], auth=base.AdapterAuth("hotline12345"))


class HotlineOrderIn(Schema):
    """12345 工单。"""

    number: str = Field(pattern=NUMBER, description="12345 工单编号；同一编号只生成一次")
    type: str = Field(max_length=20, description="业务类型代码，如 fault_report")
    title: str = Field(max_length=100)
    content: str = Field(max_length=2000)
    citizen_name: str = Field(max_length=60)
    citizen_phone: str = Field(max_length=20)
    address: str = Field("", max_length=200)
    area_code: str = Field("", max_length=32, description="县区公司代码")
    account_number: str = Field("", max_length=20)
    phenomenon: str = Field("", max_length=16)
    scope: str = Field("", max_length=16)
    occurred_at: AwareDatetime | None = None
    received_at: AwareDatetime
    reply_due_at: AwareDatetime = Field(description="12345 的答复时限")


class HotlineOrderOut(Schema):
    number: str
    request_number: str
    state: str


class HotlineUrgeIn(Schema):
    text: str = Field("", max_length=300)


class HotlineUrgeOut(Schema):
    number: str
    request_number: str
    state: str
    message: str


def _row(request: HttpRequest) -> AdapterConnection:
    row: AdapterConnection = request.adapter  # type: ignore[attr-defined]
    return row


def _key(request: HttpRequest) -> str:
    return str(request.message_key)  # type: ignore[attr-defined]


@hotline.post("/orders", response=HotlineOrderOut)
def hotline_order(request: HttpRequest, body: HotlineOrderIn) -> dict[str, Any]:
    """12345 派单：生成诉求。重复发送同一工单返回首次结果；同一编号内容不同答 409。"""
    row = _row(request)
    order = HotlineOrder(**body.dict())
    with translation.override("zh-hans"):
        return receive(
            base.actor_of(row), row, kind="order", number=body.number, key=f"order:{body.number}",
            body=body.model_dump(mode="json"), act=lambda: Hotline(row).order_in(order),
        )  # fmt: skip


@hotline.get("/orders/{number}", response=HotlineOrderOut)
def hotline_status(request: HttpRequest, number: str) -> dict[str, Any]:
    """12345 查询工单的办理状态。"""
    with translation.override("zh-hans"):
        return Hotline(_row(request)).status(number)


@hotline.post("/orders/{number}/urge", response=HotlineUrgeOut)
def hotline_urge(request: HttpRequest, number: str, body: HotlineUrgeIn) -> dict[str, Any]:
    """12345 催办。"""
    row = _row(request)
    with translation.override("zh-hans"):
        return receive(
            base.actor_of(row), row, kind="urge", number=number[:64], key=f"urge:{_key(request)}"[:120],
            body=body.model_dump(mode="json"), act=lambda: Hotline(row).urge_in(number, body.text),
        )  # fmt: skip


router.add_router("/adapters/hotline12345", hotline)
router.add_router("/adapters/pms", router_for(PMS))
router.add_router("/adapters/oms", router_for(OMS))
