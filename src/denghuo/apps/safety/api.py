"""Safety on site over REST: where people and vehicles are, what is alarming, taking it in hand."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.safety import actions, queries
from denghuo.apps.safety.choices import AlarmStage, TrackerKind
from denghuo.apps.safety.models import SafetyAlarm, Tracker
from denghuo.core import moment
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.api import BIGGEST_KEY, Key, actor_of, write

router = Router(tags=["safety"], auth=StaffAuth())

KindIn = Literal["sos", "fall", "near_voltage", "gas", "entered", "left", "no_movement", "lost_contact"]
StageIn = Literal["asked", "raised", "acknowledged", "closed"]


class SafetyPositionOut(Schema):
    """Where a device was last: degrees of WGS-84, ``accuracy`` metres, ``battery`` percent. ``freshness``: fresh, stale."""

    tracker_id: int
    code: str
    kind: str
    name: str
    crew_id: int | None
    wearer_id: int | None
    lon: float
    lat: float
    accuracy: float | None
    at: dt.datetime
    battery: int | None
    freshness: str
    on_site_since: dt.datetime | None


class SafetyPositionsOut(Schema):
    """At most ``safety.map_trackers`` devices, people on site first; ``at`` is the business time of the answer."""

    at: dt.datetime
    items: list[SafetyPositionOut]


class SafetyAlarmOut(Schema):
    """An alarm. ``at`` when it happened by the device, ``over_at`` when its cause was gone; a person's place only for whom
    the roles let locate people."""

    id: int
    org_id: int
    tracker_id: int
    kind: str
    stage: str
    zone_id: int | None
    crew_id: int | None
    order_id: int | None
    at: dt.datetime
    last_at: dt.datetime
    times: int
    lon: float | None
    lat: float | None
    substance: str
    value: float | None
    unit: str
    raised_at: dt.datetime | None
    acknowledged_at: dt.datetime | None
    acknowledged_by_id: int | None
    over_at: dt.datetime | None
    closed_at: dt.datetime | None
    outcome: str
    note: str


class SafetyAlarmsOut(Schema):
    """A page of alarms; ``next`` goes into ``before``, null on the last."""

    items: list[SafetyAlarmOut]
    next: int | None


class SafetyAlarmCloseIn(Schema):
    """``note`` is required where the danger was real."""

    outcome: str = Field(max_length=16, description="real、false、drill、over")
    note: str = Field("", max_length=4000)


@router.get(
    "/safety/positions", response=SafetyPositionsOut, summary="现场人员与车辆的位置", operation_id="safety_positions"
)
def positions(
    request: HttpRequest,
    kind: Literal["person", "vehicle", "sensor"] | None = None,
    crew_id: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
) -> Any:
    """Devices whose place was told within ``safety.late_hours``; people only for whom the roles let locate people."""
    actor, now = _watcher(request), moment.now()
    found = queries.trackers_on_map(actor, now)
    wanted = [one for one in found if kind in (None, one.kind) and crew_id in (None, one.crew_id)]
    return {"at": now, "items": [_position(one, now) for one in wanted]}


@router.get("/safety/alarms", response=SafetyAlarmsOut, summary="安全告警列表", operation_id="safety_alarms_list")
def alarms(
    request: HttpRequest,
    stage: StageIn | None = None,
    kind: KindIn | None = None,
    open: Annotated[bool | None, Query(description="只看未解除（true）或已解除（false）")] = None,
    crew_id: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    before: Annotated[int | None, Query(ge=1, le=BIGGEST_KEY)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Alarms the caller may see, newest first; ``since`` and ``until`` are about when they happened."""
    actor = _watcher(request)
    rows = SafetyAlarm.objects.visible_to(actor, queries.VIEW).select_related("org", "tracker").order_by("-pk")
    for name, value in (
        ("stage", stage), ("kind", kind), ("crew_id", crew_id), ("at__gte", since), ("at__lt", until), ("pk__lt", before)
    ):  # fmt: skip
        if value is not None:
            rows = rows.filter(**{name: value})
    if open is not None:
        rows = rows.exclude(stage=AlarmStage.CLOSED) if open else rows.filter(stage=AlarmStage.CLOSED)
    found = list(rows[: limit + 1])
    more = found[limit - 1].pk if len(found) > limit else None
    return {"items": [_alarm(actor, one) for one in found[:limit]], "next": more}


@router.get("/safety/alarms/{alarm_id}", response=SafetyAlarmOut, summary="安全告警", operation_id="safety_alarm")
def alarm(request: HttpRequest, alarm_id: Key) -> Any:
    """One alarm."""
    actor = actor_of(request)
    return _alarm(actor, _seen(actor, alarm_id))


@router.post(
    "/safety/alarms/{alarm_id}/acknowledge",
    response=SafetyAlarmOut,
    summary="开始处置安全告警",
    operation_id="safety_alarm_acknowledge",
)
def acknowledge(request: HttpRequest, alarm_id: Key) -> Any:
    """Take it in hand; already so changes nothing. 409 ``alarm_closed``."""
    actor = actor_of(request)
    _seen(actor, alarm_id)
    return write(
        request, actor, "safety.acknowledge", {"alarm_id": alarm_id},
        lambda: _json(actor, actions.acknowledge_alarm(actor, alarm_id)),
    )  # fmt: skip


@router.post(
    "/safety/alarms/{alarm_id}/close",
    response=SafetyAlarmOut,
    summary="解除安全告警",
    operation_id="safety_alarm_close",
)
def close(request: HttpRequest, alarm_id: Key, body: SafetyAlarmCloseIn) -> Any:
    """End it with a conclusion. 409 ``alarm_closed``, 422 without a conclusion or, for a real danger, without a note."""
    actor = actor_of(request)
    _seen(actor, alarm_id)
    return write(
        request, actor, "safety.close", body.model_dump() | {"alarm_id": alarm_id},
        lambda: _json(actor, actions.close_alarm(actor, alarm_id, outcome=body.outcome, note=body.note)),
    )  # fmt: skip


def _watcher(request: HttpRequest) -> Actor:
    """The caller; NotAllowed for who watches nobody's safety anywhere."""
    actor = actor_of(request)
    paths = actor.paths_for(queries.VIEW)
    actor.require(queries.VIEW, paths[0] if paths else ROOT_PATH)
    return actor


def _position(tracker: Tracker, now: dt.datetime) -> dict[str, Any]:
    names = (
        "code", "kind", "name", "crew_id", "wearer_id", "lon", "lat", "accuracy", "battery", "on_site_since"
    )  # fmt: skip
    return {name: getattr(tracker, name) for name in names} | {
        "tracker_id": tracker.pk, "at": tracker.positioned_at, "freshness": queries.freshness(tracker, now)
    }  # fmt: skip


def _alarm(actor: Actor, alarm: SafetyAlarm) -> dict[str, Any]:
    found = {name: getattr(alarm, name) for name in SafetyAlarmOut.model_fields}
    if alarm.tracker.kind == TrackerKind.PERSON and not actor.can(queries.LOCATE, alarm.org.path):
        found |= {"lon": None, "lat": None}
    return found


def _json(actor: Actor, alarm: SafetyAlarm) -> dict[str, Any]:
    """In JSON types: what an idempotent answer keeps."""
    found: dict[str, Any] = SafetyAlarmOut.model_validate(_alarm(actor, alarm)).model_dump(mode="json")
    return found


def _seen(actor: Actor, alarm_id: int) -> SafetyAlarm:
    rows = SafetyAlarm.objects.visible_to(actor, queries.VIEW).select_related("org", "tracker")
    alarm = rows.filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound()
    return alarm
