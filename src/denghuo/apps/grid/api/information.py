"""What else happens to outage information over REST: review, start, delay, households, indices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import AwareDatetime, Field

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.grid import actions, households, queries
from denghuo.apps.grid.api.outages import Cause, Id, OutageOut, Text, _read, router
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.privacy import masked
from denghuo.core.scoping.models import OrgUnit

MOST_DAYS = 400


class ReturnIn(Schema, extra="forbid"):
    reason: Text


class StartIn(Schema, extra="forbid"):
    """``at``: when supply was cut. Later than the plan it needs a cause."""

    at: AwareDatetime | None = None
    delay_cause: Cause | Literal[""] = ""


class DelayIn(Schema, extra="forbid"):
    """The plan stays; ``until`` is the new expectation."""

    stage: Literal["start", "stop"]
    cause: Cause
    until: AwareDatetime
    note: Text = ""


class AccountsBackIn(Schema, extra="forbid"):
    account_ids: Annotated[list[Id], Field(min_length=1, max_length=actions.MOST_ACCOUNTS)]
    at: AwareDatetime | None = None


class HouseholdOut(Schema):
    """An account behind an outage; ``number`` and ``address`` masked for those who may not see them."""

    account_id: int
    number: str
    address: str
    transformer_id: int | None
    important: bool
    life_support: bool


class HouseholdPage(Schema):
    items: list[HouseholdOut]
    next_after: int | None


class IndicesOut(Schema):
    """Shares from 0 to 1; null where nothing was to be judged. ``delays``: "stage.cause" to a count."""

    released: int
    publish_rate: float | None
    restore_rate: float | None
    change_rate: float | None
    household_rate: float | None
    household_share: float | None
    plan_rate: float | None
    plans: int
    cancelled: int
    delays: dict[str, int]


def _act(request: HttpRequest, outage_id: int, name: str, body: Schema | None, run: Callable[[Actor], object]) -> Any:
    actor = actor_of(request)

    def once() -> Any:
        run(actor)
        return _read(outage_id)

    payload = {"outage_id": outage_id} | (body.model_dump(mode="json") if body else {})
    return write(request, actor, name, payload, once)


@router.post("/outages/{outage_id}/release", response=OutageOut, auth=StaffAuth(), summary="审核通过并发布")
def post_release(request: HttpRequest, outage_id: Id) -> Any:
    """Review passed; needs ``outage.review`` and somebody else than who entered it."""
    return _act(request, outage_id, "outage.release", None, lambda a: actions.release_outage(a, outage_id))


@router.post("/outages/{outage_id}/return", response=OutageOut, auth=StaffAuth(), summary="审核退回")
def post_return(request: HttpRequest, outage_id: Id, body: ReturnIn) -> Any:
    """Back to a draft, with what is wrong."""
    return _act(
        request, outage_id, "outage.return", body, lambda a: actions.return_outage(a, outage_id, reason=body.reason)
    )


@router.post("/outages/{outage_id}/start", response=OutageOut, auth=StaffAuth(), summary="确认停电")
def post_start(request: HttpRequest, outage_id: Id, body: StartIn) -> Any:
    """Report that supply was cut."""
    return _act(
        request, outage_id, "outage.start", body,
        lambda a: actions.start_outage(a, outage_id, at=body.at, delay_cause=body.delay_cause),
    )  # fmt: skip


@router.post("/outages/{outage_id}/delay", response=OutageOut, auth=StaffAuth(), summary="登记延迟停送电")
def post_delay(request: HttpRequest, outage_id: Id, body: DelayIn) -> Any:
    """It will not begin, or not end, in time."""
    return _act(
        request, outage_id, "outage.delay", body,
        lambda a: actions.delay_outage(
            a, outage_id, stage=body.stage, cause=body.cause, until=body.until, note=body.note
        ),
    )  # fmt: skip


@router.post("/outages/{outage_id}/restore-accounts", response=OutageOut, auth=StaffAuth(), summary="逐户恢复供电")
def post_restore_accounts(request: HttpRequest, outage_id: Id, body: AccountsBackIn) -> Any:
    """Some accounts of a cut have their supply back; with the last of them it ends."""
    return _act(
        request, outage_id, "outage.restore_accounts", body,
        lambda a: actions.restore_accounts(a, outage_id, body.account_ids, at=body.at),
    )  # fmt: skip


@router.get("/outages/{outage_id}/households", response=HouseholdPage, auth=StaffAuth(), summary="停电影响用户清单")
def get_households(
    request: HttpRequest,
    outage_id: Id,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="上一页的 next_after")] = 0,
) -> Any:
    """Every account behind the outage as the supply tree has it now, by id. Needs ``customers.view``."""
    actor = actor_of(request)
    outage = queries.outages_visible_to(actor).filter(pk=outage_id).first()
    source = households.source()
    if outage is None or source is None:
        raise NotFound(_("没有这次停电，或不在您的管辖范围"))
    actor.require("customers.view", outage.org.path)
    ids = list(outage.transformers.values_list("pk", flat=True))
    accounts = list(outage.accounts.values_list("account_id", flat=True))
    rows = list(source.rows(actor, ids, accounts).filter(pk__gt=after).order_by("pk")[: limit + 1])
    page = rows[:limit]
    return {
        "items": [
            {
                "account_id": row.pk, "number": masked(row, "number", actor), "address": masked(row, "address", actor),
                "transformer_id": row.transformer_id, "important": row.important, "life_support": row.life_support,
            }
            for row in page
        ],
        "next_after": page[-1].pk if len(rows) > limit else None,
    }  # fmt: skip


@router.get("/outage-indices", response=IndicesOut, auth=StaffAuth(), summary="停电信息指标")
def get_indices(
    request: HttpRequest,
    since: dt.date,
    until: dt.date,
    org_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Any:
    """Indices of what was released from the first to the last day (local days), of a unit or all the caller's units."""
    actor = actor_of(request)
    if not 0 <= (until - since).days <= MOST_DAYS:
        raise InvalidInput({"until": _("结束日期须不早于开始日期，且期间不超过 %(days)s 天") % {"days": MOST_DAYS}})
    paths = actor.paths_for("grid.view")
    if org_id is not None:
        unit = OrgUnit.objects.filter(pk=org_id).first()
        if unit is None or not actor.can("grid.view", unit.path):
            raise NotFound(_("没有这个单位"))
        paths = (unit.path,)
    zone = timezone.get_current_timezone()
    begin = dt.datetime.combine(since, dt.time(), zone)
    end = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), zone)
    found = queries.indices(paths, (), begin, end)
    total = found.total
    names = ("publish_rate", "restore_rate", "change_rate", "household_rate", "household_share", "plan_rate")
    return {
        "released": total.released, "plans": total.plans, "cancelled": total.cancelled,
        **{name: getattr(total, name) for name in names},
        "delays": {f"{stage}.{cause}": count for (stage, cause), count in found.delays.items()},
    }  # fmt: skip
