"""Chart options of the floor board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.metrics.models import ArrivalRecord

SYMBOL = {"urban": "circle", "rural": "rect", "remote": "triangle"}


def arrivals(orders: Sequence[ArrivalRecord], areas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each arrival as a dot over the day, its area by shape and colour, the promised mean of each area as a line."""
    series = []
    promised = {row["area_type"]: row["promise"] for row in areas}
    for code, label in AreaType.choices:
        points = [_point(order) for order in orders if order.area_type == code]
        if not points:
            continue
        entry: dict[str, Any] = {
            "name": str(label),
            "type": "scatter",
            "symbol": SYMBOL[code],
            "symbolSize": 9,
            "data": points,
        }
        if promised.get(code):
            entry["markLine"] = {
                "silent": True,
                "symbol": "none",
                "label": {
                    "formatter": _("%(area)s承诺 %(minutes)g 分") % {"area": label, "minutes": promised[code]},
                    "position": "insideEndTop",
                    "color": "inherit",
                    "textBorderWidth": 0,
                },
                "lineStyle": {"type": "dashed"},
                "data": [{"yAxis": promised[code]}],
            }
        series.append(entry)
    return {
        "grid": {"left": 34, "right": 16, "top": 34, "bottom": 24},
        "legend": {"top": 0},
        "tooltip": {"trigger": "item", "renderMode": "richText"},
        "xAxis": {"type": "time"},
        "yAxis": {"type": "value", "min": 0},
        "series": series,
    }


def _point(order: ArrivalRecord) -> dict[str, Any]:
    moment = timezone.localtime(order.arrived_at)
    return {"name": order.number, "value": [moment.strftime("%Y-%m-%d %H:%M:%S"), round(order.minutes, 1)]}
