"""The change feed, and telling what can be subscribed to."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.exchange import feed
from denghuo.apps.exchange.api_adapters import router as adapters
from denghuo.apps.exchange.pub_outages import as_xml, pub_outages
from denghuo.core import policies
from denghuo.core.errors import NotFound
from denghuo.core.events.kinds import KINDS
from denghuo.core.http.api import actor_of
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["exchange"], auth=StaffAuth())
router.add_router("", adapters)


class CloudEventOut(Schema):
    """CloudEvents 1.0, JSON format, structured mode."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    dataschema: str
    cursor: str
    orgpath: str
    actorkind: str
    correlationid: str | None = None
    data: dict[str, Any]


class ChangesOut(Schema):
    events: list[CloudEventOut]
    next: str
    more: bool


class ChangesIn(Schema):
    after: str = Field("", max_length=80, description="上次应答的 next；空为最早保留的变更；now 为从现在起")
    kinds: str = Field("", max_length=2000, description="事件类型，逗号分隔，可用 request.*；空为全部可读类型")
    limit: int | None = Field(None, description="每次最多条数")


class KindOut(Schema):
    kind: str
    type: str
    version: int
    label: str
    fields: dict[str, str]


@router.get("/changes", response=ChangesOut, exclude_none=True)
def changes(request: HttpRequest, filters: Annotated[ChangesIn, Query(...)]) -> dict[str, Any]:
    """变更流：按提交先后给出本令牌可读单位内的事件，不遗漏；从 next 续读。游标过期答 410（code=cursor_expired）。"""
    page = feed.read(actor_of(request), after=filters.after, kinds=filters.kinds.split(","), limit=filters.limit)
    return {"events": page.events, "next": page.next, "more": page.more}


@router.get("/changes/kinds", response=list[KindOut])
def kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """可读的事件类型及其 data 字段。"""
    actor = actor_of(request)
    return [kind_out(name) for name in feed.chosen_kinds(actor, [])]


def kind_out(name: str) -> dict[str, Any]:
    """A kind as it is described to other systems."""
    kind = KINDS[name]
    fields = {
        field: getattr(spec, "__name__", str(spec)) if isinstance(spec, type) else str(spec)
        for field, spec in kind.fields.items()
    }
    return {
        "kind": name, "type": feed.TYPE_PREFIX + name, "version": kind.version, "label": str(kind.label),
        "fields": fields,
    }  # fmt: skip


class RestorationOut(Schema):
    ert: dt.datetime


class OutageAreaOut(Schema):
    earliestReportedTime: dt.datetime  # noqa: N815  the profile's names
    metersServed: int  # noqa: N815
    outageAreaKind: str  # noqa: N815


class OutagePeriodOut(Schema):
    start: dt.datetime
    end: dt.datetime | None


class PubOutageOut(Schema):
    """Outage of the PubOutages profile."""

    mRID: str  # noqa: N815
    communityDescriptor: str  # noqa: N815
    cause: str | None
    metersAffected: int  # noqa: N815
    originalMetersAffected: int  # noqa: N815
    outageKind: Literal["confirmed", "predicted", "restored"]  # noqa: N815
    reportedStartTime: dt.datetime  # noqa: N815
    statusKind: Literal["assigned", "enroute", "arrived"] | None  # noqa: N815
    actualPeriod: OutagePeriodOut  # noqa: N815
    EstimatedRestorationTime: RestorationOut | None
    OutageArea: OutageAreaOut


class PubOutagesOut(Schema):
    PubOutages: list[PubOutageOut]


AsXml = {"responses": {"200": {"description": "PubOutages", "content": {"application/xml": {}}}}}
Unit = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/pub-outages", response=PubOutagesOut, auth=[StaffAuth(), PublicAuth()], summary="停电信息（PubOutages）")
def get_pub_outages(request: HttpRequest, org_id: Unit = None) -> Any:
    """Outages that last or have just ended, in the shape of the Outage Data Initiative."""
    return {"PubOutages": _pub_outages(request, org_id)}


@router.get(
    "/pub-outages.xml", auth=[StaffAuth(), PublicAuth()], summary="停电信息（PubOutages，XML）", openapi_extra=AsXml
)
def get_pub_outages_xml(request: HttpRequest, org_id: Unit = None) -> Any:
    """The same as an XML document."""
    return HttpResponse(as_xml(_pub_outages(request, org_id)), content_type="application/xml; charset=utf-8")


def _pub_outages(request: HttpRequest, org_id: int | None) -> list[dict[str, Any]]:
    actor = actor_of(request)
    buckets.take("outage.public", actor.ip or "-", allowed=policies.get("outage.public_per_minute"), seconds=60)
    unit = OrgUnit.objects.filter(pk=org_id).first() if org_id else None
    if org_id and unit is None:
        raise NotFound(_("没有这个单位"))
    return pub_outages(unit)
