"""Charts of one account's electricity: ECharts options, and the tier bar as plain numbers for an SVG."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.customers.billing import Usage

BAR_WIDTH = 1000  # units of the SVG


def months_chart(usage: Usage) -> dict[str, Any]:
    """Twelve months as bars, the amount as a line."""
    shown = usage.months[-12:]
    return {
        "legend": {},
        "xAxis": {"type": "category", "data": [f"{month:%Y-%m}"[2:] for month, _kwh, _yuan in shown]},
        "yAxis": [
            {"type": "value", "name": _("千瓦时")},
            {"type": "value", "name": _("元"), "splitLine": {"show": False}},
        ],
        "grid": {"left": 8, "right": 8, "top": 64, "bottom": 4, "containLabel": True},
        "series": [
            {"name": _("电量"), "type": "bar", "data": [kwh for _month, kwh, _yuan in shown], "barMaxWidth": 22},
            {
                "name": _("电费"), "type": "line", "yAxisIndex": 1, "symbolSize": 6,
                "data": [float(yuan) for _month, _kwh, yuan in shown],
            },
        ],
    }  # fmt: skip


def days_chart(usage: Usage, count: int = 31) -> dict[str, Any]:
    """The days last measured."""
    shown = usage.days[-count:]
    return {
        "xAxis": {"type": "category", "data": [f"{day.month}-{day.day}" for day, _kwh in shown]},
        "yAxis": {"type": "value", "name": _("千瓦时")},
        "grid": {"left": 8, "right": 8, "top": 36, "bottom": 4, "containLabel": True},
        "series": [{"name": _("日用电量"), "type": "bar", "data": [kwh for _day, kwh in shown], "barMaxWidth": 12}],
    }


def tier_bar(usage: Usage) -> dict[str, Any] | None:
    """The tiers side by side, how far this year has come and where it is going; None without tiers.

    Each tier has a third of the width, so that the first is not all there is to see; within a tier the scale is linear,
    and the last ends half as far again as it began.
    """
    place = usage.position
    if place is None:
        return None
    edges = list(place.edges)
    bounds = [0.0, *edges, edges[-1] * 1.5 if edges else max(place.projected, 1.0)]
    width = BAR_WIDTH / (len(bounds) - 1)

    def at(kwh: float) -> int:
        for index in range(len(bounds) - 1):
            low, high = bounds[index], bounds[index + 1]
            if kwh <= high:
                return round((index + (kwh - low) / (high - low)) * width)
        return BAR_WIDTH

    tariff = usage.tariff
    segments = [
        {
            "number": index + 1,
            "x": round(index * width),
            "middle": round((index + 0.5) * width),
            "width": round(width) - (4 if index < len(bounds) - 2 else 0),
            "price": tariff.base + tier.add,
            "from": bounds[index],
            "upto": tier.upto,
            "now": place.tier == index + 1,
        }
        for index, tier in enumerate(tariff.tiers)
    ]
    return {
        "segments": segments,
        "used_x": max(6, at(place.used)),
        "projected_x": min(BAR_WIDTH - 6, at(place.projected)),
        "width": BAR_WIDTH,
        "place": place,
        "share": round(place.used / place.edges[place.tier - 1] * 100) if place.left is not None else 100,
    }
