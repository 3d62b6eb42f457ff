"""REST endpoints of flow documents."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, P, PathEx, Query, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.catalogue.flows.diagram import diagram
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.flows.problems import findings
from denghuo.apps.catalogue.models import EditionState, Flow
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.api import actor_of, write
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.flow import Flow as Document
from denghuo.engine.flow import FlowError

BIG = 2**63 - 1
VIEW = "catalogue.view"
Code = PathEx[str, P(min_length=1, max_length=60, pattern=r"^[a-z0-9_]+$")]

router = Router(tags=["catalogue"], auth=StaffAuth())


class FlowOut(Schema):
    id: int
    code: str
    number: int
    label: str
    state: str
    org_id: int | None = Field(description="适用单位；空为全公司")
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None
    in_force: bool
    version: int


class FlowFaultOut(Schema):
    code: str
    where: str
    message: str
    severe: bool
    step: int | None = Field(description="在 steps 中的位置，从 0 起")


class FlowDocumentOut(FlowOut):
    document: dict[str, Any]
    faults: list[FlowFaultOut]


class FlowDraftIn(Schema, extra="forbid"):
    document: dict[str, Any]
    org_id: int | None = Field(None, ge=1, le=BIG, description="适用单位；不填为全公司")
    note: str = Field("", max_length=300)
    version: int | None = Field(None, ge=0, le=BIG, description="读到的草稿版本；新建不填")


class FlowReleaseIn(Schema, extra="forbid"):
    valid_from: AwareDatetime | None = Field(None, description="生效时间；不填为立即")
    note: str = Field("", max_length=300)


class FlowWayOut(Schema):
    source: str
    target: str
    steps: list[str]
    count: int
    median_seconds: float | None
    back: bool
    path: str = Field(description="SVG 路径")


class FlowBoxOut(Schema):
    code: str
    label: str
    phase: str
    standing: int
    x: float
    y: float
    width: float
    height: float


class FlowDiagramOut(Schema):
    width: float
    height: float
    since: dt.datetime
    until: dt.datetime
    requests: int
    states: list[FlowBoxOut]
    ways: list[FlowWayOut]


@router.get("/catalogue/flows", response=list[FlowOut], summary="流程版本")
def list_flows(request: HttpRequest, code: str = Query("", max_length=60)) -> Any:  # type: ignore[type-arg]
    """Editions of flows that are not withdrawn, of one code or all."""
    _may_look(request)
    rows = Flow.objects.select_related("org").exclude(state=EditionState.WITHDRAWN).defer("document")
    return [_out(row) for row in (rows.filter(code=code) if code else rows).order_by("code", "org__path", "-number")]


@router.get("/catalogue/flows/{int:flow_id}", response=FlowDocumentOut, summary="流程内容与检查结果")
def get_flow(request: HttpRequest, flow_id: int) -> Any:
    """One edition with its document and what is wrong with it."""
    _may_look(request)
    return _full(_row(flow_id))


@router.put("/catalogue/flows/drafts/{code}", response=FlowDocumentOut, summary="保存流程草稿")
def put_draft(request: HttpRequest, code: Code, body: FlowDraftIn) -> Any:
    """Write the draft of a flow for a unit. It may be faulty: ``faults`` say what bars its release."""
    actor = actor_of(request)

    def save() -> int:
        return actions.save_draft(
            actor, "flow", code=code, document={**body.document, "code": code}, org=_unit(body.org_id), note=body.note,
            version=body.version, source=_("由接口写入"), trust="D",
        ).pk  # fmt: skip

    return _full(_row(write(request, actor, f"flow.put:{code}", body, save)))


@router.post("/catalogue/flows/{int:flow_id}/release", response=FlowOut, summary="发布流程草稿")
def release_flow(request: HttpRequest, flow_id: int, body: FlowReleaseIn) -> Any:
    """Put a draft in force; what was made before keeps the edition it has."""
    actor = actor_of(request)

    def release() -> int:
        return actions.release(actor, "flow", flow_id, valid_from=body.valid_from, note=body.note).pk

    return _out(_row(write(request, actor, f"flow.release:{flow_id}", body, release)))


@router.get("/catalogue/flows/{int:flow_id}/diagram", response=FlowDiagramOut, summary="流程图与流转统计")
def get_diagram(
    request: HttpRequest, flow_id: int, since: AwareDatetime | None = None, until: AwareDatetime | None = None
) -> Any:
    """The drawing, with how often each way was taken and the median time before it, of requests submitted in the period."""
    actor = _may_look(request)
    row = _row(flow_id)
    try:
        flow = Document.from_document(row.document)
    except FlowError as error:
        raise InvalidInput({"document": f"{error.where}: {error.message}"}) from error
    end = until or moment.now()
    start = since or end - policies.get("flow.traffic_days") * dt.timedelta(days=1)
    traffic = host().traffic(row.pk, start, end, actor.paths_for(VIEW))
    drawn = diagram(flow, host().words(), traffic)
    passed = {(one.source, one.target): one for one in traffic.ways}
    ways = []
    for arc in drawn.arcs:
        one = passed.get((arc.source, arc.target))
        verbs = [step.verb for step in flow.steps_from(arc.source) if step.target == arc.target]
        ways.append(
            {
                "source": arc.source, "target": arc.target, "steps": verbs, "back": arc.back, "path": arc.path,
                "count": one.count if one else 0, "median_seconds": one.median if one else None,
            }
        )  # fmt: skip
    states = [
        {**asdict(box), "phase": flow.states[box.code].phase, "standing": traffic.standing.get(box.code, 0)}
        for box in drawn.boxes
    ]
    return {
        "width": drawn.width, "height": drawn.height, "since": start, "until": end, "requests": traffic.requests,
        "states": states, "ways": ways,
    }  # fmt: skip


def _may_look(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not actor.can_somewhere(VIEW):
        actor.require(VIEW, "")
    return actor


def _row(flow_id: int) -> Flow:
    row = Flow.objects.select_related("org").filter(pk=flow_id).first() if flow_id <= BIG else None
    if row is None:
        raise NotFound(_("没有这个版本"))
    return row


def _unit(org_id: int | None) -> OrgUnit | None:
    if org_id is None:
        return None
    unit = OrgUnit.objects.filter(pk=org_id).first()
    if unit is None:
        raise InvalidInput({"org_id": _("没有这个单位，请重新选择")})
    return unit


def _out(row: Flow) -> dict[str, Any]:
    now = FLOWS.in_force(row.code, row.org)
    return {
        "id": row.pk, "code": row.code, "number": row.number, "label": row.label, "state": row.state,
        "org_id": row.org_id, "valid_from": row.valid_from, "valid_to": row.valid_to,
        "in_force": now is not None and now.id == row.pk, "version": row.version,
    }  # fmt: skip


def _full(row: Flow) -> dict[str, Any]:
    faults = [
        {"code": one.code, "where": one.where, "message": one.message, "severe": one.severe, "step": one.row}
        for one in findings(row.document)
    ]
    return _out(row) | {"document": row.document, "faults": faults}
