"""Drawing zones, and the sites that come and go with the crews' visits."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import WorkOrder
from denghuo.apps.safety.choices import ZoneKind, ZoneSubjects
from denghuo.apps.safety.models import SafetyZone
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.geo import distance_km, ring_area

MOST_CORNERS = 200
LEAST_METRES, MOST_METRES = 5, 50_000  # what a fence can be told by a receiver, and what is still one place
DRAWN = (ZoneKind.WORKING, ZoneKind.DANGER, ZoneKind.FORBIDDEN)


@action("safety.set_zone")
def save_zone(
    actor: Actor,
    zone_id: int | None,
    *,
    org: OrgUnit,
    kind: str,
    name: str,
    subjects: str = ZoneSubjects.PERSON,
    ring: list[tuple[float, float]] | None = None,
    lon: float | None = None,
    lat: float | None = None,
    radius: float | None = None,
    on_enter: bool = False,
    on_leave: bool = False,
    valid_from: dt.datetime | None = None,
    valid_until: dt.datetime | None = None,
) -> SafetyZone:
    """Draw a zone or change one: a ``ring`` of corners (lon, lat), or a circle of ``radius`` metres about a place.

    Raises NotAllowed, NotFound, Conflict ``zone_of_order`` (a site belongs to its order), InvalidInput naming the field
    (``name``, ``kind``, ``subjects``, ``shape``, ``radius``, ``rule``, ``valid_until``).
    """
    actor.require("safety.manage", org.path)
    zone = SafetyZone(org=org) if zone_id is None else _locked(zone_id)
    if zone_id is not None:
        actor.require("safety.manage", zone.org.path)
        if zone.kind == ZoneKind.SITE:
            raise Conflict(_("作业现场随工单自动设置，不能修改"), code="zone_of_order")
    form = Form()
    zone.org, zone.name = org, form.text("name", name, longest=60, required=True, lines=False)
    zone.kind = form.choice("kind", kind, [str(one) for one in DRAWN])
    zone.subjects = form.choice("subjects", subjects, ZoneSubjects.values)
    zone.on_enter, zone.on_leave = on_enter, on_leave
    if zone.kind != ZoneKind.WORKING and not (on_enter or on_leave):
        form.wrong("rule", _("危险区、禁入区至少要在进入或离开时告警，请勾选一项"))
    _shape(form, zone, ring or [], lon, lat, radius)
    zone.valid_from, zone.valid_until = valid_from or zone.valid_from or moment.now(), valid_until
    if valid_until is not None and valid_until <= zone.valid_from:
        form.wrong("valid_until", _("失效时间须晚于生效时间，请重新选择"))
    form.finish()
    zone.save()
    _tell_set(actor, zone)
    return zone


def _shape(
    form: Form, zone: SafetyZone, ring: list[tuple[float, float]], lon: float | None, lat: float | None,
    radius: float | None,
) -> None:  # fmt: skip
    if ring:
        zone.ring, zone.lon, zone.lat, zone.radius = [list(corner) for corner in ring], None, None, None
        fault = ring_fault(ring)
        if fault:
            form.wrong("shape", fault)
        return
    zone.ring, zone.lon, zone.lat, zone.radius = [], lon, lat, radius
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        form.wrong("shape", _("请在地图上点出范围，或逐行填写坐标：三个以上的角点成一个多边形，一个点加半径成一个圆"))
    elif radius is None or not math.isfinite(radius) or not LEAST_METRES <= radius <= MOST_METRES:
        form.wrong("radius", _("半径应在 %(least)s 到 %(most)s 米之间") % {"least": LEAST_METRES, "most": MOST_METRES})


def ring_fault(ring: list[tuple[float, float]]) -> str:
    """What is wrong with a ring of corners, and what to do; "" for a good one."""
    if len(ring) > MOST_CORNERS:
        return _("角点最多 %(most)s 个，请简化范围") % {"most": MOST_CORNERS}
    if any(not (-180 <= x <= 180 and -90 <= y <= 90) for x, y in ring):
        return _("经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间；每行先写经度再写纬度")
    if len(set(ring)) < 3:
        return _("多边形至少要有三个不同的角点；只有一个点时请填写半径")
    if abs(ring_area(ring)) < 1e-10:  # square degrees: a strip no wider than a metre
        return _("这些角点几乎在一条直线上，围不成范围，请重新选点")
    x0, y0 = ring[0]
    if any(distance_km(x0, y0, x, y) * 1000 > 2 * MOST_METRES for x, y in ring):
        return _("范围太大：角点之间最远 %(km)s 公里，请检查坐标是否写反") % {"km": 2 * MOST_METRES // 1000}
    return ""


@action("safety.end_zone")
def end_zone(actor: Actor, zone_id: int) -> SafetyZone:
    """The zone holds no longer; already so changes nothing. Raises NotAllowed, NotFound."""
    zone = _locked(zone_id)
    actor.require("safety.manage", zone.org.path)
    _end(actor, zone, moment.now())
    return zone


def _end(actor: Actor, zone: SafetyZone, at: dt.datetime) -> None:
    if zone.valid_until is not None and zone.valid_until <= at:
        return
    zone.valid_until = max(at, zone.valid_from)
    zone.save(update_fields=["valid_until", "changed_at"])
    payload = {"zone_kind": str(zone.kind), "order_id": zone.order_id}
    record(actor, "safety.zone_ended", zone, org=zone.org, payload=payload, at=at)


@action("safety.open_site")
def open_site(actor: Actor, order_id: int) -> SafetyZone | None:
    """The ground around the place of an order whose crew has arrived; None when the place is unknown, when the crew has
    left again, or when the site is there already."""
    order = WorkOrder.objects.select_related("org", "crew").select_for_update(of=("self",)).get(pk=order_id)
    lon, lat = (order.lon, order.lat) if order.lon is not None else (order.arrived_lon, order.arrived_lat)
    known = SafetyZone.objects.filter(order=order, valid_until__isnull=True).exists()
    if order.state != OrderState.ARRIVED or lon is None or lat is None or known:
        return None
    zone = SafetyZone.objects.create(
        org=order.org, kind=ZoneKind.SITE, name=order.number, subjects=ZoneSubjects.PERSON, lon=lon, lat=lat,
        radius=policies.get("safety.site_metres", order.org), crew=order.crew, order=order,
        on_leave=policies.get("safety.site_leave_alarm", order.org), valid_from=order.last_step_at,
    )  # fmt: skip
    _tell_set(actor, zone)
    return zone


@action("safety.end_site")
def end_site(actor: Actor, order_id: int, *, at: dt.datetime) -> int:
    """The visit is over: the sites of the order end at ``at``; gives how many did."""
    zones = list(
        SafetyZone.objects.select_related("org")
        .filter(order_id=order_id, valid_until__isnull=True)
        .select_for_update(of=("self",))
    )
    for zone in zones:
        _end(actor, zone, at)
    return len(zones)


def _tell_set(actor: Actor, zone: SafetyZone) -> None:
    payload: dict[str, Any] = {
        "zone_kind": str(zone.kind), "valid_from": zone.valid_from, "valid_until": zone.valid_until,
        "order_id": zone.order_id,
    }  # fmt: skip
    record(actor, "safety.zone_set", zone, org=zone.org, payload=payload, at=moment.now())


def _locked(zone_id: int) -> SafetyZone:
    zone = SafetyZone.objects.select_related("org").select_for_update(of=("self",)).filter(pk=zone_id).first()
    if zone is None:
        raise NotFound(_("没有这个区域"))
    return zone
