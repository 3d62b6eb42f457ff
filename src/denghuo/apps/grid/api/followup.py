"""Topology imports, estimates of restoration, those still out, and the analysis of faults, over REST."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, File, Form, Query, Router, Schema, Status, UploadedFile

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.grid import queries
from denghuo.apps.grid.actions.common import MANAGE
from denghuo.apps.grid.decision import figures
from denghuo.apps.grid.inference import importing, remaining, uploads
from denghuo.apps.grid.models import OutageEstimate, RemainingOutage, TopologyImport
from denghuo.apps.grid.pages.indices import units_below
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.jobs.models import JobProgress
from denghuo.core.scoping.models import OrgUnit

router = Router(tags=["grid"], auth=StaffAuth())

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
MOST_DAYS = 400
DAYS = 365


class TopologyImportOut(Schema):
    """``found``: the preview, empty until the check is done; ``done`` of ``total`` steps of the check."""

    id: int
    feeder_id: int
    file_name: str
    state: str
    note: str
    at: dt.datetime
    found: dict[str, Any]
    done: int | None = None
    total: int | None = None


class OutageEstimateOut(Schema):
    """``told_at``: the time given out with it, None when it moved too little."""

    at: dt.datetime
    low_at: dt.datetime
    middle_at: dt.datetime
    high_at: dt.datetime
    basis: str
    stage: str
    alike: int
    told_at: dt.datetime | None


class StillOutDevice(Schema):
    device_id: int
    posterior: float
    customers: int
    calls: int
    gasps: int


class StillOutOut(Schema):
    """Who is still out below a restored outage: counts and ids, no person."""

    id: int
    outage_id: int
    state: str
    restored_at: dt.datetime
    callers: int
    silent: int
    unconfirmed: int
    request_ids: list[int]
    devices: list[StillOutDevice]
    nested_id: int | None


class StillOutAccept(Schema, extra="forbid"):
    """``device_id``: one of those inferred; the likeliest when left out."""

    device_id: Id | None = None


class NestedOut(Schema):
    outage_id: int
    number: str


class FaultCell(Schema):
    value: str
    label: str
    faults: int
    mean_minutes: float | None
    customers: int
    customer_hours: float


class RepeatedDeviceOut(Schema):
    device_id: int
    code: str
    name: str
    kind: str
    feeder_id: int
    times: int
    last_at: dt.datetime


class FaultAnalysisOut(Schema):
    """Faults of a period by dimension: voltage, equipment, cause, area, month."""

    since: dt.datetime
    until: dt.datetime
    whole: FaultCell
    by: dict[str, list[FaultCell]]
    repeated: list[RepeatedDeviceOut]


@router.post(
    "/topology-imports", response={201: TopologyImportOut}, summary="上传供电拓扑", operation_id="topology_upload"
)
def post_topology(
    request: HttpRequest, feeder_id: Form[Id], client_id: Form[uuid.UUID], file: File[UploadedFile],
    customers: File[UploadedFile | None] = None,
) -> Any:  # fmt: skip
    """Upload a document for one feeder; it is checked in the background. The same ``client_id`` again gives the first."""
    row = uploads.upload(
        actor_of(request), client_id=client_id, feeder_id=feeder_id, name=file.name or "topology",
        data=file.read(importing.LARGEST + 1), customers=customers.read(importing.LARGEST + 1) if customers else b"",
    )  # fmt: skip
    return Status(201, _import(row))


@router.get(
    "/topology-imports/{import_id}", response=TopologyImportOut, summary="拓扑导入情况", operation_id="topology_get"
)
def get_topology(request: HttpRequest, import_id: Id) -> Any:
    """One import with its progress and preview."""
    return _import(_found(actor_of(request), import_id))


@router.post(
    "/topology-imports/{import_id}/apply", response=TopologyImportOut, summary="拓扑生效", operation_id="topology_apply"
)
def post_topology_apply(request: HttpRequest, import_id: Id) -> Any:
    """Put a checked import in force; by another person than who uploaded it."""
    actor = actor_of(request)
    body = {"import_id": import_id}
    return write(request, actor, "topology.apply", body, lambda: _json(uploads.apply_import(actor, import_id)))


@router.post(
    "/topology-imports/{import_id}/cancel",
    response=TopologyImportOut,
    summary="取消拓扑导入",
    operation_id="topology_cancel",
)
def post_topology_cancel(request: HttpRequest, import_id: Id) -> Any:
    """Give an import up; a check under way stops."""
    actor = actor_of(request)
    body = {"import_id": import_id}
    return write(request, actor, "topology.cancel", body, lambda: _json(uploads.cancel_import(actor, import_id)))


@router.get("/feeders/{feeder_id}/devices.csv", summary="导出馈线设备表", operation_id="topology_export")
def get_devices(request: HttpRequest, feeder_id: Id) -> HttpResponse:
    """The devices of a feeder as the table that can be uploaded again."""
    feeder = queries.feeders_for(actor_of(request)).filter(pk=feeder_id).first()
    if feeder is None:
        raise NotFound(_("没有这条馈线"))
    return HttpResponse(importing.device_table(feeder), content_type="text/csv; charset=utf-8")


@router.get(
    "/outages/{outage_id}/estimates",
    response=list[OutageEstimateOut],
    summary="恢复时间估计",
    operation_id="outage_estimates",
)
def get_estimates(request: HttpRequest, outage_id: Id) -> Any:
    """How the estimate of an outage's end moved, newest first."""
    if not queries.outages_visible_to(actor_of(request)).filter(pk=outage_id).exists():
        raise NotFound(_("没有这次停电，或不在您的管辖范围"))
    return list(OutageEstimate.objects.filter(outage_id=outage_id)[:200])


@router.get("/still-out", response=list[StillOutOut], summary="恢复后仍无电", operation_id="still_out_list")
def get_still_out(request: HttpRequest, outage_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None) -> Any:
    """Open lists of the caller's units, newest first; those of one outage whatever their state."""
    rows = RemainingOutage.objects.visible_to(actor_of(request), "grid.view")
    rows = rows.filter(outage_id=outage_id) if outage_id else rows.filter(state="open")
    return list(rows.order_by("-found_at")[:200])


@router.post(
    "/still-out/{remaining_id}/accept", response=NestedOut, summary="仍无电转为停电", operation_id="still_out_accept"
)
def post_still_out(request: HttpRequest, remaining_id: Id, body: StillOutAccept) -> Any:
    """Make it an outage of its own for the same crew."""
    actor = actor_of(request)

    def run() -> dict[str, Any]:
        nested = remaining.accept(actor, remaining_id, device_id=body.device_id)
        return {"outage_id": nested.pk, "number": nested.number}

    return write(request, actor, f"remaining.accept:{remaining_id}", body, run)


@router.get("/fault-analysis", response=FaultAnalysisOut, summary="故障分析", operation_id="fault_analysis")
def get_analysis(
    request: HttpRequest,
    since: dt.date | None = None,
    until: dt.date | None = None,
    org_id: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Any:
    """Faults from the day ``since`` to the day ``until`` (both counted; the last year), and the devices that failed again."""
    from django.utils import timezone

    actor = actor_of(request)
    last = until or timezone.localtime(moment.now()).date()
    first = since or last - dt.timedelta(days=DAYS - 1)
    if first > last or (last - first).days > MOST_DAYS:
        raise InvalidInput({"since": _("开始日期须早于结束日期，且一次最多 %(days)s 天") % {"days": MOST_DAYS}})
    unit = OrgUnit.objects.filter(pk=org_id).first() if org_id else None
    if org_id and (unit is None or not actor.can("grid.view", unit.path)):
        raise NotFound(_("没有这个单位"))
    paths = (unit.path,) if unit else actor.paths_for("grid.view")
    zone = timezone.get_current_timezone()
    begin = dt.datetime.combine(first, dt.time(), zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    found = figures.figures(paths, units_below(paths, unit), begin, end)
    return {
        "since": begin, "until": end, "whole": found.whole, "by": found.by,
        "repeated": [
            {
                "device_id": one.device.pk, "code": one.device.code, "name": one.device.name, "kind": one.device.kind,
                "feeder_id": one.device.feeder_id, "times": one.times, "last_at": one.last,
            }
            for one in figures.repeated(paths)
        ],
    }  # fmt: skip


def _found(actor: Actor, import_id: int) -> TopologyImport:
    rows = TopologyImport.objects.visible_to(actor, MANAGE).defer("document", "customers")
    row = rows.filter(pk=import_id).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    return row


def _import(row: TopologyImport) -> dict[str, Any]:
    progress = JobProgress.objects.filter(pk=row.job_id).first() if row.job_id else None
    return {
        "id": row.pk, "feeder_id": row.feeder_id, "file_name": row.file_name, "state": str(row.state), "note": row.note,
        "at": row.at, "found": row.found, "done": progress.done if progress else None,
        "total": progress.total if progress else None,
    }  # fmt: skip


def _json(row: TopologyImport) -> dict[str, Any]:
    return _import(row) | {"at": row.at.isoformat()}
