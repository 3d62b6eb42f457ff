"""Invented material for the style guide. Nobody and nothing in it is real."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.core.moment import now as business_now
from denghuo.web.timeline import Entry


class SampleForm(forms.Form):
    """Every kind of control once."""

    name = forms.CharField(label=_("联系人"), max_length=40, help_text=_("便于抢修人员与您联系"))
    phone = forms.CharField(label=_("联系电话"), max_length=20, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    kind = forms.ChoiceField(
        label=_("故障类型"),
        choices=[("none", _("全部无电")), ("part", _("部分无电")), ("low", _("电压异常")), ("danger", _("有危险"))],
        widget=forms.RadioSelect,
    )
    area = forms.ChoiceField(
        label=_("地区类型"), choices=[("urban", _("城区")), ("rural", _("农村")), ("remote", _("偏远"))]
    )
    at = forms.DateTimeField(label=_("发生时间"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    note = forms.CharField(
        label=_("补充说明"), required=False, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500})
    )
    agree = forms.BooleanField(label=_("同意用短信接收进度"), required=False)


def clocks() -> list[dict[str, Any]]:
    """A clock in each of its states."""
    now = business_now()
    minute = dt.timedelta(minutes=1)
    return [
        {"label": _("到达现场"), "state": "running", "due_at": now + 38 * minute, "warn_at": now + 20 * minute},
        {"label": _("派单"), "state": "running", "due_at": now + 4 * minute, "warn_at": now - minute},
        {"label": _("恢复供电"), "state": "running", "due_at": now - 73 * minute, "warn_at": now - 90 * minute},
        {"label": _("回复客户"), "state": "paused", "due_at": None, "remaining": 52 * minute},
        {"label": _("接单"), "state": "met", "due_at": now + minute, "stopped_at": now - 2 * minute},
    ]


def timeline() -> list[Entry]:
    """A short story of one fault."""
    now = business_now()

    def at(minutes: int) -> dt.datetime:
        return now - dt.timedelta(minutes=minutes)

    arrive, restore = _("到达现场"), _("恢复供电")
    return [
        Entry(at(96), _("客户报修"), "", "customer", "inbox", "warn", _("整栋楼停电，约 8 时 10 分开始")),
        Entry(at(95), _("已受理"), "示例坐席", "staff", "circle-check", "info", "", [(arrive, "running")]),
        Entry(at(92), _("已派单"), "示例调度", "staff", "send", "progress", _("抢修三班"), [(arrive, "running")]),
        Entry(at(70), _("时限提醒"), "", "system", "clock-exclamation", "warn", "", [(arrive, "warned")]),
        Entry(
            at(61),
            _("已到达"),
            "示例班组",
            "device",
            "map-pin",
            "progress",
            "",
            [(arrive, "met"), (restore, "running")],
        ),
        Entry(
            at(2),
            _("已回单"),
            "示例班组",
            "device",
            "clipboard-check",
            "warn",
            _("更换跌落式熔断器一只"),
            [(restore, "met")],
        ),
    ]


def chart() -> dict[str, Any]:
    """Two series over a morning."""
    hours = [f"{hour:02d}:00" for hour in range(6, 18)]
    return {
        "legend": {"data": [str(_("来电")), str(_("接起"))]},
        "xAxis": {"type": "category", "data": hours},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "name": str(_("来电")),
                "type": "bar",
                "barWidth": 12,
                "itemStyle": {"borderRadius": [3, 3, 0, 0]},
                "data": [12, 31, 64, 88, 92, 71, 43, 40, 58, 66, 60, 44],
            },
            {
                "name": str(_("接起")),
                "type": "line",
                "smooth": True,
                "showSymbol": False,
                "data": [12, 30, 61, 80, 85, 70, 43, 40, 57, 64, 60, 44],
            },
        ],
    }


def points() -> list[dict[str, Any]]:
    """Crews on the sample map."""
    return [
        {
            "id": 1,
            "lat": 30.62,
            "lng": 110.22,
            "icon": "truck",
            "tone": "progress",
            "label": f"{_('抢修一班')} · {_('已出发')}",
        },
        {
            "id": 2,
            "lat": 30.48,
            "lng": 110.48,
            "icon": "tools",
            "tone": "warn",
            "label": f"{_('抢修二班')} · {_('已到达')}",
        },
        {
            "id": 3,
            "lat": 30.31,
            "lng": 110.31,
            "icon": "check",
            "tone": "ok",
            "label": f"{_('抢修三班')} · {_('空闲')}",
        },
        {
            "id": "t1",
            "lat": 30.5,
            "lng": 110.36,
            "icon": "bolt-off",
            "tone": "danger",
            "label": str(_("停电台区")),
            "square": True,
        },
    ]


def geojson() -> dict[str, Any]:
    """Two invented counties and a feeder."""

    def area(name: Any, ring: list[list[float]]) -> dict[str, Any]:
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"name": str(name)}, "geometry": geometry}

    west = [[110.0, 30.2], [110.1, 30.72], [110.3, 30.78], [110.38, 30.5], [110.3, 30.2], [110.0, 30.2]]
    east = [
        [110.3, 30.2],
        [110.38, 30.5],
        [110.3, 30.78],
        [110.58, 30.7],
        [110.66, 30.38],
        [110.52, 30.18],
        [110.3, 30.2],
    ]
    line = {"type": "LineString", "coordinates": [[110.1, 30.35], [110.25, 30.45], [110.36, 30.5], [110.52, 30.55]]}
    feeder = {"type": "Feature", "properties": {"name": ""}, "geometry": line}
    return {"type": "FeatureCollection", "features": [area(_("示例西县"), west), area(_("示例东县"), east), feeder]}
