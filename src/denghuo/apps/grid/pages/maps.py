"""The base map, the pins of outages, and the supply path of one transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import queries
from denghuo.apps.grid.choices import InferredState, OutageState
from denghuo.apps.grid.models import InferredOutage, Outage, Transformer
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of

TONE = {
    OutageState.DRAFT: "muted",
    OutageState.SUBMITTED: "warn",
    OutageState.ACTIVE: "danger",
    OutageState.ANNOUNCED: "info",
    OutageState.RESTORED: "ok",
    OutageState.CANCELLED: "muted",
}
ICON = {OutageState.ACTIVE: "bolt-off", OutageState.ANNOUNCED: "calendar-event", OutageState.RESTORED: "bolt"}


@require_GET
@staff_page("grid.view", "customers.view")
def supply(request: HttpRequest, transformer_id: int) -> HttpResponse:
    """A fragment: supply path of a transformer and the outage that explains a loss of supply now."""
    actor = actor_of(request)
    path = queries.path_of(transformer_id)
    if path is None or not actor.can("grid.view", path.transformer.org.path):
        raise NotFound()
    context = {"path": path, "outage": queries.outage_explaining(transformer_id)}
    return render(request, "grid/_supply.html", context)


@require_safe
def base_map(request: HttpRequest) -> HttpResponseBase:
    """The base map, a file that changes only when the province is built anew; 304 when the browser has it."""
    file = Path(settings.VAR) / "map" / "base.geojson"
    try:
        stat = file.stat()
    except FileNotFoundError:
        raise NotFound(_("还没有底图")) from None
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponse(status=304)
    else:
        response = FileResponse(file.open("rb"), content_type="application/geo+json")
        response["Last-Modified"] = http_date(stat.st_mtime)
    response["ETag"] = etag
    response["Cache-Control"] = "public, max-age=300"
    return response


MOST_SUSPECTED = 200


def suspected(actor: Actor) -> list[dict[str, Any]]:
    """A square pin for every inferred outage nobody has decided on, at the transformers of its feeder. Two queries."""
    rows = InferredOutage.objects.visible_to(actor, "grid.view").filter(state=InferredState.OPEN)
    found = list(rows.select_related("device__transformer").order_by("-found_at")[:MOST_SUSPECTED])
    lines: dict[int, list[Transformer]] = {}
    for one in Transformer.objects.filter(feeder__in={row.feeder_id for row in found}):
        lines.setdefault(one.feeder_id, []).append(one)
    pins = []
    for row in found:
        below = [row.device.transformer] if row.device.transformer is not None else lines.get(row.feeder_id, [])
        if below:
            pins.append(
                {
                    "id": f"inferred-{row.pk}", "icon": "alert-triangle", "tone": "warn", "square": True,
                    "lat": round(sum(one.lat for one in below) / len(below), 5),
                    "lng": round(sum(one.lon for one in below) / len(below), 5),
                    "label": f"{row.device.name} · {_('推断停电')}", "url": f"/staff/outages/inferred/{row.pk}/",
                }
            )  # fmt: skip
    return pins


def points(outages: list[Outage], *, public: bool = False) -> list[dict[str, Any]]:
    """One pin an outage, in the middle of its transformers."""
    found = []
    for outage in outages:
        below = getattr(outage, "hit", None) or list(outage.transformers.all())
        if not below:
            continue
        state = OutageState(outage.state)
        found.append(
            {
                "id": outage.pk,
                "lat": round(sum(one.lat for one in below) / len(below), 5),
                "lng": round(sum(one.lon for one in below) / len(below), 5),
                "icon": ICON.get(state, "bolt-off"),
                "tone": TONE[state],
                "label": f"{outage.feeder.name if outage.feeder else outage.number} · {state.label}",
                "url": f"#outage-{outage.pk}" if public else f"/staff/outages/{outage.pk}/",
            }
        )
    return found
