"""Likely duplicates and links over REST."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.requests import actions
from denghuo.apps.requests.api.schemas import BIG, Key
from denghuo.apps.requests.linking import reading, typed
from denghuo.apps.requests.linking.models import RequestLink
from denghuo.apps.requests.linking.suggesting import Suggestion, probe_of, suggest
from denghuo.apps.requests.queries import request_seen
from denghuo.apps.requests.queries.lists import visible
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class SimilarIn(Schema):
    """A request as far as it is known; more fields give a better judgement. ``request_id`` compares a kept one instead."""

    request_id: int | None = Field(None, ge=1, le=BIG)
    type: str = Field("fault_report", max_length=20)
    caller_phone: str = Field("", max_length=40)
    account_number: str = Field("", max_length=40)
    org_id: int | None = Field(None, ge=1, le=BIG)
    address: str = Field("", max_length=200)
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    phenomenon: str = Field("", max_length=16)
    scope: str = Field("", max_length=16)
    class_code: str = Field("", max_length=80)
    description: str = Field("", max_length=2000)
    occurred_at: AwareDatetime | None = None


class SimilarOut(Schema):
    """An open request that may be the same matter: ``score`` 0 to 1, what speaks for and against it in words."""

    id: int
    number: str
    type: str
    state: str
    submitted_at: dt.datetime
    score: float
    strong: bool
    reasons: list[str]
    against: list[str]


class LinkIn(Schema):
    """What the request has to do with ``other_id``."""

    other_id: int = Field(ge=1, le=BIG)
    kind: Literal["same_matter", "follow_up", "caused_by", "split", "related"]
    reason: str = Field("", max_length=2000)


class UnlinkIn(Schema):
    reason: str = Field(max_length=2000)


class LinkOut(Schema):
    """A link as read from one request: ``outward`` when it runs from that request to ``other_id``."""

    id: int
    kind: str
    other_id: int
    other_number: str
    outward: bool
    at: dt.datetime
    score: float | None


@router.post("/requests/similar", response=list[SimilarOut], summary="疑似重复的诉求", operation_id="requests_similar")
def similar(request: HttpRequest, body: SimilarIn) -> Any:
    """Open requests that may be the same matter, the likeliest first; keeps nothing. 404 for a request not the caller's."""
    actor = actor_of(request)
    if body.request_id is not None:
        probe = probe_of(request_seen(actor, body.request_id))
    else:
        probe = typed.probe_of(body.model_dump())
    return [_similar(one) for one in suggest(probe, actor=actor)]


def _similar(one: Suggestion) -> dict[str, Any]:
    row, found = one.request, one.likeness
    return {
        "id": row.pk, "number": row.number, "type": row.type, "state": row.state, "submitted_at": row.submitted_at,
        "score": round(found.value, 4), "strong": found.strong, "reasons": list(found.reasons),
        "against": list(found.against),
    }  # fmt: skip


@router.get("/requests/{request_id}/links", response=list[LinkOut], summary="关联诉求", operation_id="request_links")
def get_links(request: HttpRequest, request_id: Key) -> Any:
    """Links to requests the caller may see, newest first."""
    actor = actor_of(request)
    row = request_seen(actor, request_id)
    return [_link(one.link, row.pk) for one in reading.links_of(actor, row)]


@router.post("/requests/{request_id}/links", response=LinkOut, summary="关联诉求", operation_id="request_link")
def add_link(request: HttpRequest, request_id: Key, body: LinkIn) -> Any:
    """Link two requests; 409 when they are linked so already or it would close a circle."""
    actor = actor_of(request)
    if visible(actor).filter(pk__in={request_id, body.other_id}).count() < len({request_id, body.other_id}):
        raise NotFound()

    def run() -> dict[str, Any]:
        made = actions.link_requests(actor, request_id, body.other_id, kind=body.kind, reason=body.reason)
        return LinkOut(**_link(made, request_id)).model_dump(mode="json")

    return write(request, actor, f"request.link:{request_id}", body, run)


@router.post(
    "/requests/links/{link_id}/remove", response={204: None}, summary="取消关联", operation_id="request_unlink"
)
def remove_link(request: HttpRequest, link_id: Key, body: UnlinkIn) -> Any:
    """Take a link back, with its reason."""
    actor = actor_of(request)
    write(request, actor, f"request.unlink:{link_id}", body, lambda: _removed(actor, link_id, body.reason))
    return Status(204, None)


def _removed(actor: Any, link_id: int, reason: str) -> None:
    actions.unlink_requests(actor, link_id, reason=reason)


def _link(row: RequestLink, seen_from: int) -> dict[str, Any]:
    outward = row.from_request_id == seen_from
    other = row.to_request if outward else row.from_request
    return {
        "id": row.pk, "kind": row.kind, "other_id": other.pk, "other_number": other.number, "outward": outward,
        "at": row.at, "score": row.score,
    }  # fmt: skip
