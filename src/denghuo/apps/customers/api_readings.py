"""Voltages of meters over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.customers import voltage
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class VoltageRow(Schema, extra="forbid"):
    account: str = Field(max_length=32, description="户号")
    at: AwareDatetime = Field(description="该 15 分钟的结束时刻")
    ua: float | None = Field(None, allow_inf_nan=False)
    ub: float | None = Field(None, allow_inf_nan=False)
    uc: float | None = Field(None, allow_inf_nan=False)


class VoltagesIn(Schema, extra="forbid"):
    rows: list[VoltageRow] = Field(max_length=voltage.MOST_ROWS)


class KeptOut(Schema):
    kept: int


@router.post("/meter-readings", response=KeptOut, summary="导入电压曲线", operation_id="meter_readings_keep")
def keep_readings(request: HttpRequest, body: VoltagesIn) -> Any:
    """Voltages by account and quarter of an hour; the same again replaces. All rows or none."""
    actor = actor_of(request)
    rows = [row.model_dump() for row in body.rows]
    return write(request, actor, "meter.readings", body, lambda: {"kept": voltage.keep_readings(actor, rows)})
