"""Where crews are and whether they are on duty."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.field.access import works_in
from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.models import OPEN_STATES, Crew, WorkOrder
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.engine.geo import distance_km


@action("crew.position")
def position_crew(actor: Actor, crew_id: int, *, lon: float, lat: float, at: dt.datetime | None = None) -> Crew:
    """Note where a crew is. An older position than the known one changes nothing.

    An event goes out at most every ``crew.position_seconds``, sooner after ``crew.position_metres``; the row always
    holds the latest. Members of the crew and holders of ``crew.manage`` may. Raises NotAllowed, NotFound, InvalidInput
    (``lon``, ``lat``, ``at``).
    """
    crew = _locked(crew_id)
    if works_in(actor, crew):
        actor.require("order.work", crew.org.path)
    else:
        actor.require("crew.manage", crew.org.path)
    form = Form()
    form.place(lon, lat)
    now = moment.now()
    oldest = dt.timedelta(days=policies.get("time.oldest_days"))
    form.moment("at", at, tolerance=common.tolerance(), now=now, oldest=oldest)
    form.finish()
    when = at or now
    if crew.positioned_at is not None and when < crew.positioned_at:
        return crew
    crew.lon, crew.lat, crew.positioned_at = lon, lat, when
    fields = ["lon", "lat", "positioned_at"]
    if _worth_telling(crew, when):
        crew.position_told_at, crew.position_told_lon, crew.position_told_lat = when, lon, lat
        fields += ["position_told_at", "position_told_lon", "position_told_lat"]
        payload = {"lon": lon, "lat": lat}
        record(actor, "crew.positioned", crew, org=crew.org, payload=payload, topics=[f"crew:{crew.pk}"], at=when)
    crew.save(update_fields=fields)
    return crew


@action("crew.set_duty")
def set_duty(actor: Actor, crew_id: int, *, on_duty: bool) -> Crew:
    """Put a crew on or off duty; already so changes nothing.

    Raises NotAllowed, NotFound, Conflict ``crew_busy`` (going off duty with orders in hand).
    """
    crew = _locked(crew_id)
    actor.require("crew.manage", crew.org.path)
    if crew.on_duty == on_duty:
        return crew
    open_orders = WorkOrder.objects.filter(crew=crew, state__in=OPEN_STATES).count()
    if not on_duty and open_orders:
        raise Conflict(
            _("“%(crew)s”手上还有 %(count)s 张工单，请先完成或改派") % {"crew": crew.name, "count": open_orders},
            code="crew_busy",
        )
    crew.on_duty = on_duty
    crew.save(update_fields=["on_duty"])
    topics = [f"crew:{crew.pk}"]
    record(actor, "crew.duty_changed", crew, org=crew.org, payload={"on_duty": on_duty}, topics=topics, at=moment.now())
    return crew


def _locked(crew_id: int) -> Crew:
    crew = Crew.objects.select_related("org").select_for_update(of=("self",)).filter(pk=crew_id).first()
    if crew is None:
        raise NotFound(_("没有这个班组"))
    return crew


def _worth_telling(crew: Crew, when: dt.datetime) -> bool:
    told, lon, lat = crew.position_told_at, crew.position_told_lon, crew.position_told_lat
    if told is None or lon is None or lat is None:
        return True
    if when - told >= dt.timedelta(seconds=policies.get("crew.position_seconds", crew.org)):
        return True
    far: float = policies.get("crew.position_metres", crew.org)
    return distance_km(lon, lat, crew.lon, crew.lat) * 1000 >= far
