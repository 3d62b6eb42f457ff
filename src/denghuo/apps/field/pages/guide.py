"""What a crew needs to know on the spot: the way, the customer and meter, safety, steps, materials, earlier records."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from denghuo.apps.field.access import personal
from denghuo.apps.field.materials import catalogue
from denghuo.apps.field.models import CrewReport, WorkOrder
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.privacy.masking import mask
from denghuo.engine.geo import wgs_to_gcj

SOURCE = "denghuo"


def map_links(order: WorkOrder) -> list[dict[str, str]]:
    """Links that open the driving route in the map programs common in China; [] when the place is unknown.

    They count in GCJ-02, so the place (kept as WGS-84) is converted here, at the edge, and nowhere else.
    """
    if order.lon is None or order.lat is None:
        return []
    lon, lat = wgs_to_gcj(order.lon, order.lat)
    name = _("抢修地点")  # the address itself is not handed to other programs
    amap = {"to": f"{lon:.6f},{lat:.6f},{name}", "mode": "car", "src": SOURCE, "coordinate": "gaode", "callnative": "1"}
    baidu = {
        "destination": f"latlng:{lat:.6f},{lon:.6f}|name:{name}", "coord_type": "gcj02", "mode": "driving",
        "src": SOURCE, "output": "html",
    }  # fmt: skip
    tencent = {"type": "drive", "to": name, "tocoord": f"{lat:.6f},{lon:.6f}", "referer": SOURCE}
    return [
        {"name": _("高德"), "url": f"https://uri.amap.com/navigation?{urlencode(amap, safe=',', quote_via=quote)}"},
        {
            "name": _("百度"),
            "url": f"https://api.map.baidu.com/direction?{urlencode(baidu, safe=',:|', quote_via=quote)}",
        },
        {
            "name": _("腾讯"),
            "url": f"https://apis.map.qq.com/uri/v1/routeplan?{urlencode(tencent, safe=',', quote_via=quote)}",
        },
    ]


def account_facts(actor: Actor, order: WorkOrder, own: bool) -> dict[str, str] | None:
    """Account and meter of the request; personal data plain only to whom the roles permit it."""
    account = order.request.account
    if account is None:
        return None
    crew = order.crew_id if own else None
    facts = personal(actor, order, account, ("number",), own_crew=crew)
    name = personal(actor, order, account.customer, ("name",), own_crew=crew)["name"]
    return {
        "number": facts["number"] or mask("account_number", account.number),
        "meter_no": account.meter_no,
        "name": name,
    }


def guide(order: WorkOrder, own: bool) -> dict[str, Any]:
    """The catalogue of materials with what is written down already."""
    if not own:
        return {}
    used = {row.code: row.quantity.normalize() for row in order.materials.all() if row.visit == order.visit}
    return {
        "catalogue": [
            {"code": code, "name": name, "unit": unit, "quantity": f"{used[code]:f}" if code in used else ""}
            for code, (name, unit) in catalogue(order.org).items()
        ],
        "voice_seconds": int(policies.get("crew.voice_seconds")),
    }


def told_by_phones(order: WorkOrder) -> dict[str, Any]:
    """Notes and voice of this order, and what earlier crews of the matter did after it was taken from them (index
    field_report_order)."""
    rows = CrewReport.objects.filter(order__request_id=order.request_id).select_related("crew").order_by("pk")
    shown = [
        row for row in rows
        if row.outcome == "kept" or (row.order_id == order.pk and row.kind in ("note", "voice"))
    ]  # fmt: skip
    kept = [row for row in shown if row.outcome == "kept"]
    return {
        "reports": shown,
        "late_here": any(row.order_id == order.pk for row in kept),
        "late_before": any(row.order_id < order.pk for row in kept),
        "materials": list(order.materials.all()),
    }
