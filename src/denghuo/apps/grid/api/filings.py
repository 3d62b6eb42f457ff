"""Matters filed ahead over REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Schema, Status
from pydantic import AwareDatetime, Field

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.grid import actions, queries
from denghuo.apps.grid.api.outages import Id, Text, router
from denghuo.apps.grid.choices import FilingState
from denghuo.apps.grid.models import ServiceFiling
from denghuo.core import moment
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write

MatterCode = Literal[
    "fault_report", "consulting", "service_request", "complaint", "tip_off", "opinion", "suggestion", "praise"
]


class FilingIn(Schema, extra="forbid"):
    """``transformer_ids`` empty: the whole unit. ``answers``: explained on the spot, no request is made."""

    org_id: Id
    title: Text
    reason: Literal["works", "disaster", "system", "policy", "supply_security", "public_opinion", "dispute", "other"]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    script: Annotated[str, Field(max_length=4000)]
    area_text: Text = ""
    transformer_ids: Annotated[list[Id], Field(max_length=actions.MOST_TRANSFORMERS)] = []
    answers: bool = False
    request_types: Annotated[list[MatterCode], Field(max_length=8)] = []


class FilingReviewIn(Schema, extra="forbid"):
    passed: bool
    note: Text = ""


class FilingWithdrawIn(Schema, extra="forbid"):
    note: Text


class FilingOut(Schema):
    id: int
    number: str
    org_id: int
    org_name: str
    title: str
    reason: str
    area_text: str
    transformer_ids: list[int]
    starts_at: dt.datetime
    ends_at: dt.datetime
    script: str
    answers: bool
    request_types: list[str]
    state: str
    in_force: bool
    note: str


class FilingPage(Schema):
    items: list[FilingOut]
    next_before: int | None


def _shown(filing: ServiceFiling) -> dict[str, Any]:
    now = moment.now()
    names = ("number", "org_id", "title", "reason", "area_text", "script", "answers", "request_types", "state", "note")
    return {name: getattr(filing, name) for name in names} | {
        "id": filing.pk, "org_name": filing.org.name, "starts_at": filing.starts_at.isoformat(),
        "ends_at": filing.ends_at.isoformat(), "transformer_ids": sorted(one.pk for one in filing.transformers.all()),
        "in_force": filing.state == FilingState.APPROVED and filing.starts_at <= now < filing.ends_at,
    }  # fmt: skip


def _read(filing_id: int) -> dict[str, Any]:
    return _shown(ServiceFiling.objects.select_related("org").get(pk=filing_id))


@router.get("/outage-filings", response=FilingPage, auth=StaffAuth(), summary="重要服务事项报备列表")
def list_filings(
    request: HttpRequest,
    state: Literal["submitted", "approved", "returned", "withdrawn", "all"] = "all",
    in_force: bool = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="上一页的 next_before")] = None,
) -> Any:
    """Filings of the caller's units, newest entry first; ``in_force``: only those that agents see now."""
    rows = queries.filings_visible_to(actor_of(request))
    if state != "all":
        rows = rows.filter(state=state)
    if in_force:
        now = moment.now()
        rows = rows.filter(state=FilingState.APPROVED, starts_at__lte=now, ends_at__gt=now)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk").prefetch_related("transformers")[: limit + 1])
    page = found[:limit]
    return {"items": [_shown(one) for one in page], "next_before": page[-1].pk if len(found) > limit else None}


@router.post("/outage-filings", response={201: FilingOut}, auth=StaffAuth(), summary="提交报备")
def post_filing(request: HttpRequest, body: FilingIn) -> Any:
    """Hand in a matter for review."""
    actor = actor_of(request)

    def run() -> Any:
        return _read(actions.file_matter(actor, **body.model_dump()).pk)

    return Status(201, write(request, actor, "filing.submit", body, run))


@router.get("/outage-filings/{filing_id}", response=FilingOut, auth=StaffAuth(), summary="报备详情")
def get_filing(request: HttpRequest, filing_id: Id) -> Any:
    """One filing of the caller's units."""
    filing = queries.filings_visible_to(actor_of(request)).filter(pk=filing_id).first()
    if filing is None:
        raise NotFound(_("没有这条报备，或不在您的管辖范围"))
    return _shown(filing)


@router.post("/outage-filings/{filing_id}/review", response=FilingOut, auth=StaffAuth(), summary="审核报备")
def post_filing_review(request: HttpRequest, filing_id: Id, body: FilingReviewIn) -> Any:
    """Approve or return; a note is needed to return."""
    actor = actor_of(request)

    def run() -> Any:
        actions.review_filing(actor, filing_id, passed=body.passed, note=body.note)
        return _read(filing_id)

    return write(request, actor, "filing.review", {"filing_id": filing_id} | body.model_dump(), run)


@router.post("/outage-filings/{filing_id}/withdraw", response=FilingOut, auth=StaffAuth(), summary="撤回报备")
def post_filing_withdraw(request: HttpRequest, filing_id: Id, body: FilingWithdrawIn) -> Any:
    """It does not apply any more."""
    actor = actor_of(request)

    def run() -> Any:
        actions.withdraw_filing(actor, filing_id, note=body.note)
        return _read(filing_id)

    return write(request, actor, "filing.withdraw", {"filing_id": filing_id} | body.model_dump(), run)
