"""Making and reading requests."""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.customers import queries as customers
from denghuo.apps.customers.access import account_id_of
from denghuo.apps.requests import actions, answers, queries
from denghuo.apps.requests.api.schemas import (
    ANYONE,
    BIG,
    DetailOut,
    Key,
    RequestIn,
    RequestsOut,
    SubmittedOut,
    from_cursor,
    request_out,
    requests_out,
    to_cursor,
)
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.events import get_kind
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


@router.post("/requests", response={201: SubmittedOut}, auth=ANYONE, summary="提交诉求", operation_id="request_submit")
def submit_request(request: HttpRequest, body: RequestIn) -> Any:
    """Public (web hall) and staff. The same ``client_id`` or ``Idempotency-Key`` again gives the first answer."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        row = actions.submit_request(actor, data=_draft(actor, body))
        return SubmittedOut(
            id=row.pk, number=row.number, token=row.public_token, type=row.type, state=row.state,
            contact_id=row.contact_id, submitted_at=row.submitted_at,
        ).model_dump(mode="json")  # fmt: skip

    return Status(201, write(request, actor, "request.submit", body, run))


def _draft(actor: Actor, body: RequestIn) -> actions.RequestDraft:
    public = actor.kind == "customer"
    if public and (body.contact_id is not None or body.account_id is not None):
        raise NotAllowed(_("contact_id 与 account_id 仅坐席可用；请改用 account_ref 或 account_number"))
    if body.values:
        own = body.model_dump(include={*answers.ATTRIBUTES, "lon", "lat"})
        given, values = answers.spread(own, body.template_code, body.values)
        body = body.model_copy(update={**given, "values": values})
    data = body.model_dump(exclude={"account_ref", "account_number", "account_id"})
    return actions.RequestDraft(**data, account_id=body.account_id or _account_id(actor, body))


def _account_id(actor: Actor, body: RequestIn) -> int | None:
    """The account that was named and, by the public, proved; raises InvalidInput (account_ref, account_number)."""
    if body.account_ref:
        found = account_id_of(body.account_ref)
        if found is None:
            raise InvalidInput({"account_ref": _("户号核对已过期，请重新查找户号")})
        return found
    if not body.account_number.strip():
        return None
    # Where is known without the number, and a mistyped one must not stop a fault report.
    dispensable = body.org_id is not None and bool(body.address.strip())
    try:
        if actor.kind == "customer":
            account = customers.find_account(actor, body.account_number, phone=body.caller_phone)
        else:
            account = customers.account_by_number(body.account_number)
    except InvalidInput as error:
        if dispensable:
            return None
        renamed = {"number": "account_number", "phone": "caller_phone"}
        raise InvalidInput({renamed.get(name, name): texts for name, texts in error.fields.items()}) from error
    if account is not None:
        return account.pk
    if dispensable:
        return None
    raise InvalidInput({"account_number": _("没有找到与电话相符的户号，请核对，或改填所属县区（org_id）和用电地址")})


@router.get("/requests", response=RequestsOut, summary="诉求列表", operation_id="requests_list")
def list_requests(
    request: HttpRequest,
    state: str | None = Query(None, max_length=16),
    type_: str | None = Query(None, alias="type", max_length=20),
    class_code: str | None = Query(None, max_length=80, description="分类路径，含其下级；与 type 一同使用"),
    cause_code: str | None = Query(None, max_length=80, description="故障原因路径，含其下级"),
    grade: str | None = Query(None, max_length=12),
    open_only: bool = Query(False, alias="open"),
    q: str = Query("", max_length=64, description="编号、电话或户号，精确"),
    submitted_after: AwareDatetime | None = None,
    submitted_before: AwareDatetime | None = None,
    transformer_id: int | None = Query(None, ge=1, le=BIG),
    outage_id: int | None = Query(None, ge=1, le=BIG),
    master_id: int | None = Query(None, ge=1, le=BIG),
    supervised: bool | None = None,
    order: Literal["newest", "oldest"] = "newest",
    cursor: str | None = Query(None, max_length=120),
    limit: int = Query(50, ge=1, le=200),
    with_total: bool = False,
) -> Any:
    """Requests of the caller's units. Paging by ``cursor`` neither skips nor repeats rows while new ones arrive."""
    actor = actor_of(request)
    chosen = {
        "class_code": class_code, "cause_code": cause_code, "grade": grade,
        "state": state, "type": type_, "open": open_only, "q": q, "since": submitted_after, "until": submitted_before,
        "transformer_id": transformer_id, "outage_id": outage_id, "master_id": master_id, "supervised": supervised,
    }  # fmt: skip
    rows = queries.request_list(actor, chosen, "-submitted_at" if order == "newest" else "submitted_at")
    total = rows.count() if with_total else None
    if cursor:
        when, pk = from_cursor(cursor)
        side = "lt" if order == "newest" else "gt"
        rows = rows.filter(Q(**{f"submitted_at__{side}": when}) | Q(**{"submitted_at": when, f"pk__{side}": pk}))
    page = list(rows[: limit + 1])
    more = to_cursor(page[limit - 1]) if len(page) > limit else None
    return {"items": requests_out(actor, page[:limit]), "next": more, "total": total}


@router.get("/requests/{request_id}", response=DetailOut, summary="诉求详情", operation_id="request_get")
def get_request(request: HttpRequest, request_id: Key) -> Any:
    """One request with group, clocks and timeline; 404 when it does not exist or is not the caller's to see."""
    actor = actor_of(request)
    found = queries.detail(actor, request_id)
    return {
        "request": request_out(actor, found.request),
        "steps": list(found.steps),
        "children": [row.pk for row in found.children],
        "duplicates": [row.pk for row in found.duplicates],
        "outage_id": found.outage.pk if found.outage else None,
        "clocks": [
            {
                name: getattr(clock, name)
                for name in ("kind", "state", "started_at", "due_at", "stopped_at", "breached_at", "budget_seconds")
            }
            for clock in found.clocks
        ],
        "timeline": [
            {
                "at": entry.event.at,
                "kind": entry.event.kind,
                "label": str(get_kind(entry.event.kind).label),
                "actor_kind": entry.event.actor_kind,
                "actor_name": entry.event.actor_name,
                "payload": entry.event.payload,
                "clocks": [[str(label), state] for label, state in entry.clocks],
            }
            for entry in found.timeline
        ],
    }
