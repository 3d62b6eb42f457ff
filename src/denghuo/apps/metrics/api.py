"""Live figures of the floor and the accounting check."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.metrics import accounting, queries, service_books
from denghuo.core.actors import ROOT_PATH
from denghuo.core.http.api import actor_of

router = Router(tags=["metrics"], auth=StaffAuth())


class AreaArrival(Schema):
    area_type: str
    n: int
    mean: float
    met: int
    met_share: float
    promise: float | None
    standard: float | None
    kept: bool


class FloorOut(Schema):
    at: dt.datetime
    contacts: dict[str, int]
    requests: dict[str, int]
    orders: dict[str, int]
    today: dict[str, dict[str, int]]
    arrivals: list[AreaArrival]


class ArrivalsIn(Schema):
    contact_ids: Annotated[list[uuid.UUID], Field(max_length=2000)] = []
    request_ids: Annotated[list[uuid.UUID], Field(max_length=2000)] = []


class DeliveredIn(Schema):
    message_ids: Annotated[list[uuid.UUID], Field(max_length=5000)] = []
    photo_ids: Annotated[list[uuid.UUID], Field(max_length=5000)] = []


@router.get("/floor", response=FloorOut, summary="大厅实时数据")
def get_floor(request: HttpRequest) -> Any:
    """Contacts, requests and orders by state and today's arrivals, for the units the caller may watch."""
    actor = actor_of(request)
    actor_paths = actor.paths_for(queries.PERMISSION)
    actor.require(queries.PERMISSION, actor_paths[0] if actor_paths else ROOT_PATH)
    return queries.floor(actor)


@router.get("/accounting/mark", response=dict[str, str], summary="核账：起点", operation_id="accounting_mark")
def get_mark(request: HttpRequest) -> Any:
    """The place where the books stand now; hand it to ``/accounting`` later to check what came since."""
    actor_of(request).require("audit.accounting", ROOT_PATH)
    return {"mark": str(accounting.mark_now())}


@router.get("/accounting", response=dict[str, Any], summary="核账：汇总与异常", operation_id="accounting")
def get_accounting(request: HttpRequest, mark: str = Query(str(accounting.Mark()), max_length=80)) -> Any:
    """Counts since ``mark``, and every rule of the books that is broken (none: the books are in order)."""
    actor_of(request).require("audit.accounting", ROOT_PATH)
    place = accounting.Mark.parse(mark)
    return accounting.summary(place) | {"problems": accounting.problems(place)}


@router.get(
    "/accounting/service", response=dict[str, Any], summary="核账：坐席与排队", operation_id="accounting_service"
)
def get_service(request: HttpRequest, mark: str = Query(str(accounting.Mark()), max_length=80)) -> Any:
    """Since ``mark``: who had more in hand than they may, the longest wait beside an idle agent who could take it, and
    the longest time in which something that came back from a desk was not the next. Seconds of business time."""
    actor_of(request).require("audit.accounting", ROOT_PATH)
    return service_books.service(accounting.Mark.parse(mark))


@router.post("/accounting/arrivals", response=dict[str, dict[str, Any]], summary="核账：逐个到达")
def post_arrivals(request: HttpRequest, body: ArrivalsIn) -> Any:
    """Where each client-made id of a contact or request ended. Reads only."""
    actor_of(request).require("audit.accounting", ROOT_PATH)
    return accounting.arrivals([str(i) for i in body.contact_ids], [str(i) for i in body.request_ids])


@router.post("/accounting/delivered", response=dict[str, int], summary="核账：消息与照片")
def post_delivered(request: HttpRequest, body: DeliveredIn) -> Any:
    """How many of these messages and photos are held. Reads only."""
    actor_of(request).require("audit.accounting", ROOT_PATH)
    return accounting.delivered([str(i) for i in body.message_ids], [str(i) for i in body.photo_ids])
