"""REST endpoints of the grid app: thin, typed, documented."""

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
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["grid"])

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class OutageOut(Schema):
    """An outage. The public sees neither ``source_ref`` nor ``master_request_id``."""

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
    master_request_id: int | None = None
    source_ref: str = ""


class OutagePage(Schema):
    items: list[OutageOut]
    next_before: int | None


class OutageIn(Schema, extra="forbid"):
    """``transformer_ids`` empty: all of the feeder. A start in the future: announced."""

    kind: Literal["planned", "temporary", "fault"]
    feeder_id: Id | None = None
    transformer_ids: Annotated[list[Id], Field(max_length=actions.MOST_TRANSFORMERS)] = []
    started_at: AwareDatetime | None = None
    expected_at: AwareDatetime | None = None
    cause: Annotated[str, Field(max_length=1000)] = ""
    source_ref: Annotated[str, Field(max_length=1000)] = ""


class OutageChange(Schema, extra="forbid"):
    """What is left out stays as it is."""

    expected_at: AwareDatetime | None = None
    cause: Annotated[str, Field(max_length=1000)] | None = None
    transformer_ids: Annotated[list[Id], Field(max_length=actions.MOST_TRANSFORMERS)] | None = None


class RestoreIn(Schema, extra="forbid"):
    at: AwareDatetime | None = None


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
    return {
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
        "started_at": outage.started_at.isoformat(),
        "expected_at": outage.expected_at.isoformat() if outage.expected_at else None,
        "restored_at": outage.restored_at.isoformat() if outage.restored_at else None,
        "cause": outage.cause,
        "customers_out": outage.customers_out,
        "master_request_id": outage.master_request_id if inside else None,
        "source_ref": outage.source_ref if inside else "",
    }


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

    def run() -> Any:
        outage = actions.open_outage(
            actor, kind=body.kind, feeder=body.feeder_id, transformer_ids=body.transformer_ids, started_at=body.started_at,
            expected_at=body.expected_at, cause=body.cause, source_ref=body.source_ref,
        )  # fmt: skip
        return _read(outage.pk)

    return Status(201, write(request, actor, "outage.open", body, run))


@router.patch("/outages/{outage_id}", response=OutageOut, auth=StaffAuth(), summary="变更停电信息")
def patch_outage(request: HttpRequest, outage_id: Id, body: OutageChange) -> Any:
    """Change expected restoration, cause or scope."""
    actor = actor_of(request)

    def run() -> Any:
        actions.update_outage(
            actor, outage_id, expected_at=body.expected_at, cause=body.cause, transformer_ids=body.transformer_ids
        )
        return _read(outage_id)

    return write(request, actor, "outage.update", {"outage_id": outage_id} | body.model_dump(mode="json"), run)


@router.post("/outages/{outage_id}/restore", response=OutageOut, auth=StaffAuth(), summary="登记恢复送电")
def post_restore(request: HttpRequest, outage_id: Id, body: RestoreIn) -> Any:
    """Supply is back; without ``at`` now."""
    actor = actor_of(request)

    def run() -> Any:
        actions.restore_outage(actor, outage_id, at=body.at)
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
