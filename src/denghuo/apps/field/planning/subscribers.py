"""What makes a plan old: steps of orders, requests that wait, crews that come and go, pins."""

from __future__ import annotations

from denghuo.apps.field.models import WorkOrder
from denghuo.apps.field.planning import areas, jobs, rules
from denghuo.apps.field.planning import notices as _notices  # noqa: F401
from denghuo.apps.field.planning.models import DispatchLock
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.priority import traits_of
from denghuo.core.events import Event, subscriber

ORDER = {
    "order.created", "order.accepted", "order.departed", "order.arrived", "order.finished", "order.sent_back",
    "order.withdrawn",
}  # fmt: skip
REQUEST = {"request.accepted", "request.withdrawn", "request.cancelled", "order.locked", "order.unlocked"}
GONE = {"order.finished", "request.cancelled"}


@subscriber("field.planning", kinds=ORDER | REQUEST | {"crew.duty_changed"})
def follow(event: Event) -> None:
    """Have the area's plan made anew, shortly after the last of several events; for an emergency at once.

    An order lent to another county makes the crew's area old too.
    """
    if event.kind in GONE:
        key = event.payload.get("request_id") or event.subject_id
        DispatchLock.objects.filter(request_id=key).delete()
    found = {event.org_path}
    if event.kind in ORDER:
        rows = WorkOrder.objects.filter(pk=event.subject_id).values_list("crew__org__path", flat=True)
        found.update(rows)
    done = set()
    for path in sorted(filter(None, found)):
        area = areas.area_at(path)
        if area is None or area.pk in done or not areas.wanted(area):
            continue
        done.add(area.pk)
        jobs.ask(area, cause=event.kind, event_id=event.pk, at_once=_emergency(event))


def _emergency(event: Event) -> bool:
    if event.kind != "request.accepted":
        return False
    request = Request.objects.select_related("org").filter(pk=event.subject_id).first()
    return request is not None and bool(rules.emergency(request, traits_of([request])[request.pk]))
