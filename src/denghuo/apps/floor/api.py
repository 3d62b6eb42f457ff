"""REST endpoints of the service floor: queues, agents and exceptions at this moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.floor import actions, figures
from denghuo.apps.floor.choices import ExceptionKind, Level
from denghuo.apps.floor.models import FloorException
from denghuo.apps.floor.pages.seats import tiles
from denghuo.core import moment
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["floor"], auth=StaffAuth())


class SharesOut(Schema):
    """Counts of a span and the ratios that follow; null where there is no base. Times in seconds."""

    entered: int
    answered: int
    abandoned: int
    service_level: float | None = Field(description="0 到 1")
    connect_rate: float | None = Field(description="0 到 1")
    abandonment: float | None = Field(description="0 到 1")
    answer_seconds: float | None
    handle_seconds: float | None
    rating: float | None


class QueueNowOut(Schema):
    """A queue of the live board; ``queue_id`` null: conversations without a queue."""

    queue_id: int | None
    code: str
    name: str
    waiting: int
    longest_wait_seconds: float
    later: int = Field(description="待回呼与留言")
    ringing: int
    in_service: int
    wrap_up: int
    window: SharesOut = Field(description="滚动窗口")
    today: SharesOut = Field(description="今日")


class FloorQueuesOut(Schema):
    at: dt.datetime
    occupancy: float | None
    agents: dict[str, int]
    total: QueueNowOut
    items: list[QueueNowOut]


class FloorAgentOut(Schema):
    staff_id: int
    name: str
    org_id: int
    seat: str
    state: str
    state_since: dt.datetime
    seconds: float
    next_mode: str
    in_hand: dict[str, int] = Field(description="渠道 → 手上的联络数")
    exceptions: list[str]


class FloorAgentsOut(Schema):
    at: dt.datetime
    items: list[FloorAgentOut]


class ExceptionOut(Schema):
    """``contact_id``, ``staff_id``, ``queue_id``, ``threshold_id``: what it is about, as far as it applies."""

    id: int
    kind: str
    level: str
    org_id: int
    contact_id: int | None
    staff_id: int | None
    queue_id: int | None
    threshold_id: int | None
    value: float | None
    limit: float | None
    raised_at: dt.datetime
    acknowledged_at: dt.datetime | None
    acknowledged_by_id: int | None
    note: str
    ended_at: dt.datetime | None


class ExceptionsOut(Schema):
    items: list[ExceptionOut]


class AcknowledgeIn(Schema, extra="forbid"):
    note: str = Field("", max_length=2000)


def _watcher(request: HttpRequest) -> Actor:
    """The caller, who must watch some unit."""
    actor = actor_of(request)
    paths = actor.paths_for(figures.PERMISSION)
    actor.require(figures.PERMISSION, paths[0] if paths else ROOT_PATH)
    return actor


def _shares(tally: figures.Tally) -> dict[str, Any]:
    return {
        "entered": tally.entered, "answered": tally.answered, "abandoned": tally.abandoned,
        "service_level": tally.service_level, "connect_rate": tally.connect_rate, "abandonment": tally.abandonment,
        "answer_seconds": tally.asa, "handle_seconds": tally.handle_seconds, "rating": tally.rating,
    }  # fmt: skip


def _queue(row: figures.Row, at: dt.datetime) -> dict[str, Any]:
    return {
        "queue_id": row.queue.pk if row.queue else None, "code": row.queue.code if row.queue else "",
        "name": row.queue.label if row.queue else "", "waiting": row.now.waiting,
        "longest_wait_seconds": row.now.longest_wait(at), "later": row.now.callbacks, "ringing": row.now.offered,
        "in_service": row.now.in_service, "wrap_up": row.now.wrap_up, "window": _shares(row.window),
        "today": _shares(row.today),
    }  # fmt: skip


@router.get("/floor/queues", response=FloorQueuesOut, summary="现场：队列", operation_id="floor_queues")
def floor_queues(request: HttpRequest) -> Any:
    """The live board: who waits in each queue, the rolling window and the day, agents by state."""
    board = figures.board(_watcher(request))
    return {
        "at": board.at, "occupancy": board.occupancy, "agents": board.agents, "total": _queue(board.total, board.at),
        "items": [_queue(row, board.at) for row in board.rows],
    }  # fmt: skip


@router.get("/floor/agents", response=FloorAgentsOut, summary="现场：坐席", operation_id="floor_agents")
def floor_agents(request: HttpRequest, state: str | None = Query(None, max_length=16, description="只列此状态")) -> Any:
    """Everybody signed on in the watched units: state, since when, what is in hand, open exceptions."""
    actor, at = _watcher(request), moment.now()
    found = [tile for tile in tiles(actor, at) if state is None or tile["session"].state == state]
    return {"at": at, "items": [_agent(tile, at) for tile in found]}


def _agent(tile: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
    session = tile["session"]
    return {
        "staff_id": session.staff_id, "name": tile["name"], "org_id": session.org_id,
        "seat": session.seat.code if session.seat else "", "state": session.state, "state_since": session.state_since,
        "seconds": max(0.0, (at - session.state_since).total_seconds()), "next_mode": session.next_mode,
        "in_hand": tile["work"], "exceptions": [row.kind for row in tile["odd"]],
    }  # fmt: skip


@router.get("/floor/exceptions", response=ExceptionsOut, summary="现场：异常", operation_id="floor_exceptions")
def floor_exceptions(
    request: HttpRequest,
    open: bool | None = Query(None, description="true 只列未解除，false 只列已解除"),
    acknowledged: bool | None = Query(None, description="true 只列已处置，false 只列未处置"),
    kind: ExceptionKind | None = None,
    level: Level | None = None,
    before: int | None = Query(None, ge=1, le=BIGGEST_KEY, description="只列编号小于此的，用于翻页"),
    limit: int = Query(50, ge=1, le=200),
) -> Any:
    """Exceptions of the watched units, the latest first; page on with ``before`` = the last id (primary key)."""
    rows = FloorException.objects.visible_to(_watcher(request), figures.PERMISSION)
    for name, wanted in (
        ("ended_at__isnull", open),
        ("acknowledged_at__isnull", None if acknowledged is None else not acknowledged),
    ):
        rows = rows if wanted is None else rows.filter(**{name: wanted})
    for name, value in (("kind", kind), ("level", level), ("id__lt", before)):
        rows = rows if value is None else rows.filter(**{name: value})
    return {"items": list(rows.order_by("-pk")[:limit])}


@router.post(
    "/floor/exceptions/{pk}/acknowledge", response=ExceptionOut, summary="处置异常", operation_id="floor_acknowledge"
)
def floor_acknowledge(request: HttpRequest, pk: Key, body: AcknowledgeIn) -> Any:
    """Somebody sees to an exception; 409 when somebody has."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = actions.acknowledge(actor, pk, note=body.note)
        return ExceptionOut.from_orm(row).model_dump(mode="json")

    return write(request, actor, f"floor.acknowledge:{pk}", body, run)
