"""Outages over REST: list, enter, change, end; and supply paths."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.models import Outage
from denghuo.core import policies
from denghuo.core.actions.run import undivided
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["grid"])

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Text = Annotated[str, Field(max_length=1000)]
Channels = Annotated[list[Literal["desk", "map", "web_hall", "wechat", "bot"]], Field(max_length=5)]
Cause = Literal["weather", "blocked", "unready", "customer", "upper_grid", "other"]


class OutageOut(Schema):
    """An outage, with the interval supply is expected back in. To the public ``customers_out`` is rounded, and it sees neither ``source_ref`` nor ``master_request_id`` nor what follows them."""

    id: int
    number: str
    kind: str
    state: str
    org_id: int
    org_name: str
    feeder_id: int | None
    feeder_name: str
    transformer_ids: list[int]
    places: list[str]
    started_at: dt.datetime
    expected_at: dt.datetime | None
    restored_at: dt.datetime | None
    cause: str
    customers_out: int
    equipment: str
    range_text: str
    planned_start_at: dt.datetime | None
    planned_end_at: dt.datetime | None
    estimate_low_at: dt.datetime | None = None
    estimate_high_at: dt.datetime | None = None
    master_request_id: int | None = None
    source_ref: str = ""
    channels: list[str] = []
    published_at: dt.datetime | None = None
    start_confirmed: bool | None = None
    households_found: int | None = None
    important_count: int | None = None
    sensitive_count: int | None = None
    life_support_count: int | None = None
    changes: int | None = None


class OutagePage(Schema):
    items: list[OutageOut]
    next_before: int | None


class OutageIn(Schema, extra="forbid"):
    """``transformer_ids`` empty: all of the feeder. Arrears, theft and breach name ``account_ids`` instead. A start in the
    future: announced. ``review``: handed in for review instead of released at once."""

    kind: Literal["planned", "temporary", "fault", "over_capacity", "arrears", "theft", "breach", "orderly_use"]
    feeder_id: Id | None = None
    transformer_ids: Annotated[list[Id], Field(max_length=actions.MOST_TRANSFORMERS)] = []
    account_ids: Annotated[list[Id], Field(max_length=actions.MOST_ACCOUNTS)] = []
    started_at: AwareDatetime | None = None
    expected_at: AwareDatetime | None = None
    confirmed_at: AwareDatetime | None = None
    cause: Text = ""
    equipment: Text = ""
    range_text: Text = ""
    channels: Channels | None = None
    source_ref: Text = ""
    review: bool = False


class OutageChange(Schema, extra="forbid"):
    """What is left out stays as it is."""

    started_at: AwareDatetime | None = None
    expected_at: AwareDatetime | None = None
    cause: Text | None = None
    equipment: Text | None = None
    range_text: Text | None = None
    channels: Channels | None = None
    known_at: AwareDatetime | None = None
    transformer_ids: Annotated[list[Id], Field(max_length=actions.MOST_TRANSFORMERS)] | None = None


class RestoreIn(Schema, extra="forbid"):
    at: AwareDatetime | None = None
    delay_cause: Cause | Literal[""] = ""


class CancelIn(Schema, extra="forbid"):
    reason: Annotated[str, Field(max_length=1000)]


class SupplyOut(Schema):
    transformer_id: int
    transformer: str
    feeder_id: int
    feeder: str
    substation: str
    customers: int
    outage_id: int | None


def shown(outage: Outage, *, inside: bool) -> dict[str, Any]:
    """The outage as JSON; ``inside`` for staff."""
    below = getattr(outage, "hit", None)
    below = list(outage.transformers.all()) if below is None else below
    found: dict[str, Any] = {
        "id": outage.pk,
        "number": outage.number,
        "kind": outage.kind,
        "state": outage.state,
        "org_id": outage.org_id,
        "org_name": outage.org.name,
        "feeder_id": outage.feeder_id,
        "feeder_name": outage.feeder.name if outage.feeder else "",
        "transformer_ids": sorted(t.pk for t in below),
        "places": sorted(t.name for t in below),
        **{name: _iso(getattr(outage, name)) for name in TIMES},
        "cause": outage.cause,
        "equipment": outage.equipment,
        "range_text": outage.range_text,
        "customers_out": outage.customers_out if inside else _coarse(outage.customers_out),
        "estimate_low_at": _iso(outage.estimate_low_at) if outage.state in queries.LIVE else None,
        "estimate_high_at": _iso(outage.estimate_high_at) if outage.state in queries.LIVE else None,
        "master_request_id": outage.master_request_id if inside else None,
        "source_ref": outage.source_ref if inside else "",
    }
    if inside:
        found |= {"published_at": _iso(outage.published_at), **{name: getattr(outage, name) for name in INSIDE_ONLY}}
    return found


TIMES = ("started_at", "expected_at", "restored_at", "planned_start_at", "planned_end_at")
INSIDE_ONLY = (
    "channels", "start_confirmed", "households_found", "important_count", "sensitive_count", "life_support_count",
    "changes",
)  # fmt: skip


def _coarse(customers: int) -> int:
    """Customers as the public is told: rounded, never below one step (policy ``outage.public_rounding``)."""
    step = max(int(policies.get("outage.public_rounding")), 1)
    return max(round(customers / step), 1) * step


def _iso(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None


@router.get("/outages", response=OutagePage, auth=[StaffAuth(), PublicAuth()], summary="停电信息列表")
def list_outages(
    request: HttpRequest,
    state: Literal["open", "all"] = "open",
    org_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="上一页的 next_before")] = None,
) -> Any:
    """Staff: outages of their units, newest entry first. The public: what lasts, is announced or has just ended."""
    actor = actor_of(request)
    unit = OrgUnit.objects.filter(pk=org_id).first() if org_id else None
    if org_id and unit is None:
        raise NotFound(_("没有这个单位"))
    if actor.kind == "customer":
        _limit(actor)
        rows = [outage for outage in queries.public_outages(unit) if before is None or outage.pk < before]
        rows.sort(key=lambda outage: -outage.pk)
    else:
        found = queries.open_outages(actor) if state == "open" else queries.outages_visible_to(actor)
        found = found.under(unit) if unit else found  # type: ignore[attr-defined]
        found = found.filter(pk__lt=before) if before else found
        rows = list(found.order_by("-pk").prefetch_related("transformers")[: limit + 1])
    page, more = rows[:limit], len(rows) > limit
    return {
        "items": [shown(outage, inside=actor.kind != "customer") for outage in page],
        "next_before": page[-1].pk if more else None,
    }


@router.get("/outages/{outage_id}", response=OutageOut, auth=StaffAuth(), summary="停电详情")
def get_outage(request: HttpRequest, outage_id: Id) -> Any:
    """One outage of the caller's units."""
    return _one(actor_of(request), outage_id)


@router.post("/outages", response={201: OutageOut}, auth=StaffAuth(), summary="发布停电")
def post_outage(request: HttpRequest, body: OutageIn) -> Any:
    """Announce or record an outage; the same ``source_ref`` again gives the one already open."""
    actor = actor_of(request)

    values = body.model_dump(exclude={"feeder_id", "review", "source_ref"}) | {"feeder": body.feeder_id}

    def run() -> Any:
        if not body.review:
            return _read(actions.open_outage(actor, **values, source_ref=body.source_ref).pk)
        with undivided():
            outage = actions.draft_outage(actor, **values)
            actions.submit_outage(actor, outage.pk)
        return _read(outage.pk)

    return Status(201, write(request, actor, "outage.open", body, run))


@router.patch("/outages/{outage_id}", response=OutageOut, auth=StaffAuth(), summary="变更停电信息")
def patch_outage(request: HttpRequest, outage_id: Id, body: OutageChange) -> Any:
    """Change expected restoration, cause or scope."""
    actor = actor_of(request)

    def run() -> Any:
        actions.update_outage(actor, outage_id, **body.model_dump())
        return _read(outage_id)

    return write(request, actor, "outage.update", {"outage_id": outage_id} | body.model_dump(mode="json"), run)


@router.post("/outages/{outage_id}/restore", response=OutageOut, auth=StaffAuth(), summary="登记恢复送电")
def post_restore(request: HttpRequest, outage_id: Id, body: RestoreIn) -> Any:
    """Supply is back; without ``at`` now."""
    actor = actor_of(request)

    def run() -> Any:
        actions.restore_outage(actor, outage_id, at=body.at, delay_cause=body.delay_cause)
        return _read(outage_id)

    return write(request, actor, "outage.restore", {"outage_id": outage_id} | body.model_dump(mode="json"), run)


@router.post("/outages/{outage_id}/cancel", response=OutageOut, auth=StaffAuth(), summary="取消已公告的停电")
def post_cancel(request: HttpRequest, outage_id: Id, body: CancelIn) -> Any:
    """An announced outage will not take place."""
    actor = actor_of(request)

    def run() -> Any:
        actions.cancel_outage(actor, outage_id, reason=body.reason)
        return _read(outage_id)

    return write(request, actor, "outage.cancel", {"outage_id": outage_id} | body.model_dump(mode="json"), run)


@router.get("/transformers/{transformer_id}/supply", response=SupplyOut, auth=StaffAuth(), summary="供电路径")
def get_supply(request: HttpRequest, transformer_id: Id) -> Any:
    """Transformer, feeder, substation, and the outage that explains a loss of supply now."""
    actor = actor_of(request)
    path = queries.path_of(transformer_id)
    if path is None or not actor.can("grid.view", path.transformer.org.path):
        raise NotFound()
    outage = queries.outage_explaining(transformer_id)
    return {
        "transformer_id": path.transformer.pk,
        "transformer": path.transformer.name,
        "feeder_id": path.feeder.pk,
        "feeder": path.feeder.name,
        "substation": path.substation.name,
        "customers": path.transformer.customers,
        "outage_id": outage.pk if outage else None,
    }


def _one(actor: Actor, outage_id: int) -> dict[str, Any]:
    outage = queries.outages_visible_to(actor).filter(pk=outage_id).first()
    if outage is None:
        raise NotFound()
    return shown(outage, inside=True)


def _read(outage_id: int) -> dict[str, Any]:
    return shown(Outage.objects.select_related("org", "feeder").get(pk=outage_id), inside=True)


def _limit(actor: Actor) -> None:
    buckets.take("outage.public", actor.ip or "-", allowed=policies.get("outage.public_per_minute"), seconds=60)
