"""Predicted times and weather over REST."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests.api.schemas import Key
from denghuo.apps.requests.prediction import fitted, queries, weather
from denghuo.apps.requests.queries import visible
from denghuo.core import moment, policies
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class IntervalOut(Schema):
    """An interval, rounded outwards for telling, with its unrounded middle."""

    from_at: dt.datetime
    to_at: dt.datetime
    median_at: dt.datetime
    text: str


class CustomerPrediction(Schema):
    """What the customer is told; ``arrival`` and ``restore`` are null where only ``text`` is told."""

    arrival: IntervalOut | None
    restore: IntervalOut | None
    text: str
    why: str
    cases: int
    thin: bool
    made_at: dt.datetime


class PredictionOut(Schema):
    """What is told about a request now. ``status``: told; thin (too few like cases: the promise counts); none (no model
    in force, or not a fault report being worked on)."""

    request_id: int
    status: Literal["told", "thin", "none"]
    message: str
    coverage: float
    arrival: IntervalOut | None
    restore: IntervalOut | None
    cases: int
    alike_depth: int
    moment: str
    made_at: dt.datetime | None
    overdue: bool
    factors: dict[str, str]
    model: int | None


class WeatherRow(Schema, extra="forbid"):
    org: str = Field(max_length=32, description="单位编码")
    at: AwareDatetime
    temperature: float | None = Field(None, allow_inf_nan=False)
    wind: float | None = Field(None, allow_inf_nan=False)
    rain: float | None = Field(None, allow_inf_nan=False)
    warning: str = Field("", max_length=8)


class WeatherIn(Schema, extra="forbid"):
    rows: list[WeatherRow] = Field(max_length=10_000)
    source: str = Field("", max_length=60)


class WeatherOut(Schema):
    kept: int


@router.get(
    "/requests/{request_id}/prediction",
    response=PredictionOut,
    summary="预计到达与恢复时间",
    operation_id="request_prediction",
)
def get_prediction(request: HttpRequest, request_id: Key) -> Any:
    """Times with an interval, on how many cases they rest and by what they go; 404 when the request is not the caller's."""
    actor = actor_of(request)
    row = visible(actor).select_related("org", "master__org").filter(pk=request_id).first()
    if row is None:
        raise NotFound()
    lead = row.master if row.master is not None else row
    told, head = queries.latest_of(lead), fitted.in_force()
    status, message = "told", ""
    if told is None:
        status, message = "none", _("此刻没有预测，以承诺时限为准")
    elif told.thin:
        status, message = "thin", _("同类报修还不多，暂不预测时间，以承诺时限为准")
    return {
        "request_id": row.pk,
        "status": status,
        "message": message,
        "coverage": policies.get("prediction.coverage", row.org),
        "arrival": queries.pair(told.arrival) if told else None,
        "restore": queries.pair(told.restore) if told else None,
        "cases": told.alike if told else 0,
        "alike_depth": told.alike_depth if told else 0,
        "moment": told.moment if told else "",
        "made_at": told.made_at if told else None,
        "overdue": bool(told and told.overdue(moment.now())),
        "factors": dict(told.levels) if told else {},
        "model": head.number if head else None,
    }


@router.post("/weather", response=WeatherOut, summary="导入逐时天气", operation_id="weather_keep")
def keep_weather(request: HttpRequest, body: WeatherIn) -> Any:
    """Observed weather by unit and hour; the same unit and hour again replaces. All rows or none."""
    actor = actor_of(request)
    rows = [row.model_dump() for row in body.rows]
    return write(
        request, actor, "prediction.weather", body,
        lambda: {"kept": weather.keep_weather(actor, rows, source=body.source)},
    )  # fmt: skip
