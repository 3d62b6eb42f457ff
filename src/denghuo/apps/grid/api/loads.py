"""Loads of transformers over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.grid import loads
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class LoadRow(Schema, extra="forbid"):
    transformer: str = Field(max_length=32, description="台区编码")
    at: AwareDatetime = Field(description="该 15 分钟的结束时刻")
    kva: float | None = Field(None, allow_inf_nan=False)
    ia: float | None = Field(None, allow_inf_nan=False)
    ib: float | None = Field(None, allow_inf_nan=False)
    ic: float | None = Field(None, allow_inf_nan=False)


class LoadsIn(Schema, extra="forbid"):
    rows: list[LoadRow] = Field(max_length=loads.MOST_ROWS)


class LoadsKept(Schema):
    kept: int


@router.post("/transformer-loads", response=LoadsKept, summary="导入台区负载", operation_id="transformer_loads_keep")
def keep_loads(request: HttpRequest, body: LoadsIn) -> Any:
    """Loads by transformer and quarter of an hour; the same again replaces. All rows or none."""
    actor = actor_of(request)
    rows = [row.model_dump() for row in body.rows]
    return write(request, actor, "transformer.loads", body, lambda: {"kept": loads.keep_loads(actor, rows)})
