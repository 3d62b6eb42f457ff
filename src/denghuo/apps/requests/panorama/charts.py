"""The curves and the sketch of the supply, from the figures of a panorama."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.requests.panorama.queries import PHASES, Curve, Panorama
from denghuo.apps.requests.panorama.words import BANDS, EPISODES
from denghuo.engine.voltage.series import Floats, runs_of

GOOD, BAD, FULL = "rgba(46,139,87,.10)", "rgba(200,60,45,.18)", "rgba(200,60,45,.75)"
GREY: Final = {"color": "#7d8590", "textBorderWidth": 0}  # readable by day and by night
SHOWN_MARKS: Final = 12
NAMED_MARKS: Final = 3
AXIS_LEFT, AXIS_RIGHT = 46, 16  # the same under both curves, so that times stand below one another


def _points(values: Floats, digits: int) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), digits) for value in values]


def _times(p: Panorama) -> list[str]:
    ends = (timezone.localtime(p.grid.begins(slot + 1)) for slot in range(p.grid.slots))
    return [f"{at:%m-%d %H:%M}" for at in ends]


def _stretch(times: Sequence[str], first: int, after: int, name: str) -> list[dict[str, Any]]:
    return [{"name": name, "xAxis": times[first]}, {"xAxis": times[min(after, len(times)) - 1]}]


def _outside(curve: Curve, times: Sequence[str]) -> list[list[dict[str, Any]]]:
    """The longest stretches outside the limits, of all phases together; only the few longest are named."""
    found: list[tuple[int, int, str]] = []
    for kind in EPISODES:
        mask = np.zeros(len(times), dtype=np.bool_)
        for one in curve.episodes:
            if one.kind == kind:
                mask[one.first : one.after] = True
        found += [(first, after, kind) for first, after in runs_of(mask)]
    found = sorted(found, key=lambda run: run[0] - run[1])[:SHOWN_MARKS]
    return [
        _stretch(times, first, after, str(EPISODES[kind]) if place < NAMED_MARKS else "")
        for place, (first, after, kind) in enumerate(found)
    ]


def _axis(times: list[str]) -> dict[str, Any]:
    return {"type": "category", "data": times, "boundaryGap": False}


def voltage_chart(p: Panorama, beside: Curve | None = None) -> dict[str, Any]:
    """Voltage by phase with the band of the standard; stretches outside it are shaded and named. ``beside``: the curve of
    a neighbour, dashed."""
    if p.own is None and beside is None:
        return {"series": []}
    curve = p.own or beside
    assert curve is not None
    times, limits = _times(p), curve.limits
    names = [_("%(x)s 相") % {"x": x} for x in PHASES[: curve.phases]] if curve.phases > 1 else [_("电压（伏）")]
    series: list[dict[str, Any]] = [
        {
            "name": name, "type": "line", "data": _points(curve.volts[:, phase], 1), "showSymbol": False,
            "connectNulls": False, "lineStyle": {"width": 2},
        }
        for phase, name in enumerate(names)
    ]  # fmt: skip
    series[0]["markLine"] = {
        "symbol": "none", "silent": True, "lineStyle": {"color": FULL, "type": "dashed"},
        "data": [
            {"yAxis": round(limits.ceiling, 1), "name": _("上限"), "label": {"formatter": f"{_('上限')} {limits.ceiling:.1f}", "position": "insideStartTop", **GREY}},
            {"yAxis": round(limits.floor, 1), "name": _("下限"), "label": {"formatter": f"{_('下限')} {limits.floor:.1f}", "position": "insideStartBottom", **GREY}},
        ],
    }  # fmt: skip
    marks = _outside(curve, times)
    band = [
        {"yAxis": round(limits.floor, 1), "itemStyle": {"color": GOOD}, "label": {"show": False}},
        {"yAxis": round(limits.ceiling, 1)},
    ]
    series[0]["markArea"] = {
        "silent": True, "itemStyle": {"color": BAD}, "data": [band, *marks],
        "label": {"position": "insideTop", "fontSize": 11, **GREY},
    }  # fmt: skip
    if beside is not None and p.own is not None:
        for phase in range(beside.phases):
            name = _("邻户") + (f" {PHASES[phase]}" if beside.phases > 1 else "")
            series.append(
                {
                    "name": name, "type": "line", "data": _points(beside.volts[:, phase], 1), "showSymbol": False,
                    "connectNulls": False, "lineStyle": {"type": "dashed", "width": 1.5},
                }
            )  # fmt: skip
    shown = np.concatenate([limits.nominal * np.array([0.88, 1.09]), *(c.volts.ravel() for c in (curve, beside) if c)])
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    return {
        "legend": {"data": [one["name"] for one in series]},
        "grid": {"left": AXIS_LEFT, "right": AXIS_RIGHT, "top": 34, "bottom": 24},
        "xAxis": _axis(times),
        "yAxis": {"type": "value", "min": int(low // 10 * 10), "max": int(-(-high // 10) * 10)},
        "series": series,
    }  # fmt: skip


def load_chart(p: Panorama) -> dict[str, Any]:
    """Load of the transformer and its current unbalance, both in percent, under the same times."""
    if np.isnan(p.kva).all() and np.isnan(p.uneven).all():
        return {"series": []}
    times, bands = _times(p), p.judged.bands
    lines = [
        {"yAxis": round(bands["over"] * 100), "label": {"formatter": f"{BANDS['over']} {bands['over'] * 100:.0f}%", "position": "insideStartTop", **GREY}},
        {"yAxis": round(bands["heavy"] * 100), "label": {"formatter": f"{BANDS['heavy']} {bands['heavy'] * 100:.0f}%", "position": "insideStartTop", **GREY}},
    ]  # fmt: skip
    marks = [_stretch(times, run.first, run.after, str(BANDS[run.band])) for run in p.runs[:SHOWN_MARKS]]
    load, uneven = _("负载率（%）"), _("电流不平衡度（%）")
    return {
        "legend": {"data": [load, uneven]},
        "grid": {"left": AXIS_LEFT, "right": AXIS_RIGHT, "top": 34, "bottom": 24},
        "xAxis": _axis(times),
        "yAxis": {"type": "value", "min": 0, "max": _ceiling(p)},
        "series": [
            {
                "name": load, "type": "line", "data": _points(p.share * 100, 1), "showSymbol": False, "areaStyle": {"opacity": 0.12},
                "markLine": {"symbol": "none", "silent": True, "lineStyle": {"color": FULL, "type": "dashed"}, "data": lines},
                "markArea": {"silent": True, "itemStyle": {"color": BAD}, "label": {"show": False}, "data": marks},
            },
            {"name": uneven, "type": "line", "data": _points(p.uneven, 1), "showSymbol": False, "lineStyle": {"type": "dotted"}},
        ],
    }  # fmt: skip


def _ceiling(p: Panorama) -> int:
    """The end of the axis in percent: above both bands and everything measured."""
    top = [
        p.judged.bands["over"] * 100 + 10,
        *(np.nanmax(x) for x in (p.share * 100, p.uneven) if (~np.isnan(x)).any()),
    ]
    return int(-(-max(top) // 20) * 20)


@dataclass(frozen=True, slots=True)
class Node:
    """An account in the sketch."""

    pk: int
    y: int
    label: str
    figures: str
    tone: str
    requests: int
    own: bool
    chosen: bool


def meter_name(curve: Curve) -> str:
    """A neighbour is told apart by the end of the meter's number only."""
    return _("表 …%(tail)s") % {"tail": curve.account.meter_no[-4:]}


def sketch(p: Panorama, chosen: int | None = None) -> dict[str, Any]:
    """Rows of the drawing: substation, feeder, transformer, then the accounts behind it, the own one first."""
    nodes = []
    for place, curve in enumerate([*([p.own] if p.own else []), *sorted(p.near, key=lambda one: one.worst is None)]):
        worst, found = curve.worst, curve.quality
        figures = _("无数据") if worst is None else f"{worst[0]:.1f} V（{worst[1]:+.1f}%）"
        tone = "muted" if worst is None else "danger" if found.low or found.high else "ok"
        own = curve is p.own
        label = _("本户") if own else meter_name(curve)
        nodes.append(
            Node(
                curve.account.pk, 150 + 30 * place, label, figures, tone, curve.requests, own,
                curve.account.pk == chosen,
            )
        )  # fmt: skip
    last = nodes[-1].y if nodes else 110
    return {"nodes": nodes, "height": last + 26, "trunk": last}
