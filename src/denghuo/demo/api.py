"""What only a demonstration offers over the API: invented callers to play, and a business clock to run faster.

None of these addresses exists unless ``DENGHUO_DEMO`` is set.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.models import RoleGrant
from denghuo.apps.customers.models import Account
from denghuo.apps.field.models import CrewMember
from denghuo.apps.grid.models import Feeder, Transformer
from denghuo.core import moment
from denghuo.core.errors import NotFound
from denghuo.demo import ringing

router = Router(tags=["demo"])


class ClockIn(Schema):
    speed: float | None = None
    business: dt.datetime | None = None


class DemoClockOut(Schema):
    now: dt.datetime
    speed: float


class FeederOut(Schema):
    id: int
    org_id: int
    org_path: str
    customers: int
    transformer_ids: list[int]


class CallerOut(Schema):
    account_number: str
    name: str
    phone: str
    org_id: int
    transformer_id: int
    address: str


def _demo_only() -> None:
    if not settings.DEMO:
        raise NotFound()


@router.post("/demo/clock", response=DemoClockOut, auth=None, summary="演示：业务时钟倍速")
def set_clock(request: HttpRequest, body: ClockIn) -> Any:
    """Run the business time of the whole platform faster, or (``speed`` null) back at wall time."""
    _demo_only()
    moment.set_speed(body.speed, body.business)
    return {"now": moment.now(), "speed": body.speed or 1.0}


@router.get("/demo/clock", response=DemoClockOut, auth=None, summary="演示：业务时间")
def get_clock(request: HttpRequest) -> Any:
    """What time it is for the business, and how fast it goes."""
    _demo_only()
    return {"now": moment.now(), "speed": moment.speed()}


class RingingIn(Schema):
    seconds: int | None = Field(None, ge=1, le=86400)


@router.post("/demo/ringing", response=RingingIn, auth=None, summary="演示：振铃时长")
def set_ringing(request: HttpRequest, body: RingingIn) -> Any:
    """Let offers ring so many seconds of business time while it runs faster, or (null) as long as the policy said
    before."""
    _demo_only()
    return {"seconds": ringing.set_seconds(body.seconds)}


@router.get("/demo/feeders", response=list[FeederOut], auth=None, summary="演示：馈线与台区")
def feeders(request: HttpRequest) -> Any:
    """Feeders with the transformers and customers below them."""
    _demo_only()
    below: dict[int, list[Transformer]] = {}
    for transformer in Transformer.objects.order_by("pk"):
        below.setdefault(transformer.feeder_id, []).append(transformer)
    return [
        {
            "id": feeder.pk,
            "org_id": feeder.org_id,
            "org_path": feeder.org.path,
            "customers": sum(t.customers for t in below.get(feeder.pk, [])),
            "transformer_ids": [t.pk for t in below.get(feeder.pk, [])],
        }
        for feeder in Feeder.objects.select_related("org").order_by("pk")
    ]


@router.get("/demo/callers", response=list[CallerOut], auth=None, summary="演示：虚构的来电人")
def callers(
    request: HttpRequest,
    limit: int = Query(100, ge=1, le=2000),
    seed: int = Query(0, ge=0, le=2**31 - 1),
    transformer_id: int | None = None,
) -> Any:
    """Invented customers in an order fixed by ``seed``; with ``transformer_id`` only those it supplies."""
    _demo_only()
    condition, values = ("", [])
    if transformer_id is not None:
        condition, values = ("AND transformer_id = %s", [transformer_id])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM customers_account WHERE active AND transformer_id IS NOT NULL {condition}"
            " ORDER BY hashint8extended(id, %s) LIMIT %s",
            [*values, seed, limit],
        )
        ids = [row[0] for row in cursor.fetchall()]
    accounts = Account.objects.select_related("customer").in_bulk(ids)
    return [
        {
            "account_number": accounts[pk].number,
            "name": accounts[pk].customer.name,
            "phone": accounts[pk].customer.phone,
            "org_id": accounts[pk].org_id,
            "transformer_id": accounts[pk].transformer_id,
            "address": accounts[pk].address,
        }
        for pk in ids
    ]


class DemoStaffOut(Schema):
    username: str
    role: str
    org_id: int
    org_path: str
    crew_id: int | None = None


@router.get("/demo/staff", response=list[DemoStaffOut], auth=None, summary="演示：可代入的人员")
def staff(request: HttpRequest) -> Any:
    """Who can be signed in as with one call, by role."""
    _demo_only()
    grants = (
        RoleGrant.objects.select_related("staff", "role", "org")
        .filter(staff__is_active=True)
        .order_by("staff__username")
    )
    crews = dict(CrewMember.objects.values_list("staff_id", "crew_id"))
    return [
        {
            "username": g.staff.username,
            "role": g.role.code,
            "org_id": g.org_id,
            "org_path": g.org.path,
            "crew_id": crews.get(g.staff_id),
        }
        for g in grants
    ]
