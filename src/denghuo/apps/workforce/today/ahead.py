"""What the page shows of the rest of the day: the projection, recommended moves, reserves and what calls for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.queues import ACTIVATE
from denghuo.apps.requests.prediction.models import WarningLevel
from denghuo.apps.workforce.demand.common import HOURS
from denghuo.apps.workforce.today import jobs, moves, reading, watching
from denghuo.apps.workforce.today.models import CallState, EmergencyCall, Move, MoveKind, MoveState, Outlook
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.core.scoping.models import OrgUnit

SHOWN = 30  # moves of a day, newest first
CALLS = 8
RECENT = dt.timedelta(hours=1)
TONES = {"proposed": "warn", "applied": "ok", "active": "danger", "declined": "muted", "undone": "muted"}
ICONS = {
    MoveKind.EXTEND: "clock", MoveKind.CALL_IN: "phone-incoming", MoveKind.RECALL: "arrow-back-up",
    MoveKind.SHIFT_CHANNEL: "transfer", MoveKind.RELEASE: "logout",
}  # fmt: skip


def context(actor: Actor, unit: OrgUnit, day: dt.date) -> dict[str, Any]:
    """The part of the page that changes with every look ahead; the number of statements is bounded."""
    today = day == reading.today()
    outlook = Outlook.objects.filter(org=unit, day=day).order_by("-pk").first()
    return {
        "is_today": today, "outlook": outlook, "job": job_of(unit) if today else None,
        "may_act": actor.can(moves.ACT, unit.path), "may_call": actor.can(ACTIVATE, unit.path),
        "projection": _projection(outlook) if outlook else None, "ahead_tiles": _tiles(outlook) if outlook else [],
        "moves": [_move(row) for row in _moves_of(unit, day)],
        "calls": [_call(row) for row in _calls_of(unit, day)],
        "thresholds": _thresholds(unit) if today else [],
    }  # fmt: skip


def job_of(unit: OrgUnit) -> JobProgress | None:
    """The unit's look ahead that waits, runs or failed within the last hour."""
    rows = JobProgress.objects.filter(label=jobs.label(unit), updated_at__gte=timezone.now() - RECENT)
    row = rows.order_by("-created_at").first()
    return row if row and row.state != JobState.DONE else None


def _moves_of(unit: OrgUnit, day: dt.date) -> list[Move]:
    rows = Move.objects.filter(org=unit, day=day).exclude(state=MoveState.LAPSED).select_related("decided_by")
    found = list(rows.prefetch_related("people__staff").order_by("-pk")[:SHOWN])
    return sorted(found, key=lambda row: row.state != MoveState.PROPOSED)


def _calls_of(unit: OrgUnit, day: dt.date) -> list[EmergencyCall]:
    rows = EmergencyCall.objects.filter(org=unit).select_related("activation", "decided_by").order_by("-pk")[:CALLS]
    live = (CallState.PROPOSED, CallState.ACTIVE)
    return [row for row in rows if timezone.localdate(row.proposed_at) == day or row.state in live]


def _tiles(outlook: Outlook) -> list[dict[str, str]]:
    found = outlook.result
    low, high = found["range"]
    return [
        {"label": _("预计全天剩余服务水平"), "value": percent(found["level"][0]),
         "note": _("区间 %(low)s–%(high)s，目标 %(target)s") % {
             "low": percent(found["level"][1]), "high": percent(found["level"][2]), "target": percent(found["target"])}},
        {"label": _("十天里九天落在"), "value": f"{percent(low)}–{percent(high)}", "note": _("模拟 %(n)d 天") % {"n": found["replications"]}},
        {"label": _("预计放弃"), "value": f"{found['lost'][0]:,.0f}", "note": _("个客户等不及离开")},
        {"label": _("预计还有来量"), "value": f"{found['contacts'][0]:,.0f}",
         "note": _("未到岗 %(n)d 人已剔除") % {"n": found["missing"]} if found["missing"] else _("按在岗人数推算")},
    ]  # fmt: skip


def _projection(outlook: Outlook) -> dict[str, Any]:
    """Chart of the projected service level by half hour with its interval, and the promise."""
    rows = outlook.result["half_hours"]
    known = [row for row in rows if row["level"]]
    if not known:
        return {"series": []}
    labels = [HOURS[row["slot"]] for row in rows]

    def values(place: int) -> list[float | None]:
        return [round(100 * row["level"][place], 1) if row["level"] else None for row in rows]

    low, high = values(1), values(2)
    width = [round(b - a, 1) if a is not None and b is not None else None for a, b in zip(low, high, strict=True)]
    quiet = {"type": "line", "symbol": "none", "lineStyle": {"opacity": 0}, "silent": True}
    target = round(100 * outlook.result["target"], 1)
    return {
        "legend": {"data": [_("服务水平"), _("区间"), _("目标")]},
        "xAxis": {"type": "category", "data": labels},
        "yAxis": {"type": "value", "min": 0, "max": 100, "axisLabel": {"formatter": "{value}%"}},
        "series": [
            {"type": "line", "name": _("服务水平"), "data": values(0), "symbolSize": 5, "lineStyle": {"width": 2.5}},
            {"type": "line", "name": _("目标"), "data": [target] * len(rows), "symbol": "none",
             "lineStyle": {"type": "dashed", "width": 1.5}},
            quiet | {"name": _("区间下限"), "data": low, "stack": "band"},
            quiet | {"name": _("区间"), "data": width, "stack": "band", "areaStyle": {"opacity": 0.16}, "tooltip": {"show": False}},
        ],
    }  # fmt: skip


def _move(row: Move) -> dict[str, Any]:
    people = sorted(row.people.all(), key=lambda one: one.staff.employee_no)
    return {
        "row": row, "icon": ICONS[MoveKind(row.kind)], "tone": TONES.get(row.state, "muted"),
        "title": move_title(row), "people": [one.staff.display_name for one in people],
        "span": f"{clock(row.starts)}–{clock(row.ends)}", "effect": effect_words(row.effect),
        "minutes": abs(int(row.detail.get("minutes", 0))), "open": row.state == MoveState.PROPOSED,
        "undoable": row.state == MoveState.APPLIED and row.ends > moment.now(),
    }  # fmt: skip


def move_title(row: Move) -> str:
    """What is done, in words."""
    label = str(MoveKind(row.kind).label)
    if row.kind != MoveKind.SHIFT_CHANNEL:
        return label
    return _("调整渠道：只接电话") if row.detail.get("channel") == "voice" else _("调整渠道：只接在线会话")


def effect_words(effect: Mapping[str, Any]) -> list[str]:
    """Simulated effect: service level before and after with the interval of the difference, customers kept or lost."""
    if "level" not in effect:
        return []
    mean, low, high = effect["level"]
    lost = effect["lost"]
    told = [
        _("服务水平 %(before)s → %(after)s（%(mean)s 个百分点，区间 %(low)s 至 %(high)s）") % {
            "before": percent(effect["before"][0]), "after": percent(effect["after"][0]), "mean": signed(100 * mean),
            "low": signed(100 * low), "high": signed(100 * high)},
    ]  # fmt: skip
    if abs(lost[0]) >= 0.05:
        told.append(_("放弃 %(mean)s 通（区间 %(low)s 至 %(high)s）") % {
            "mean": signed(lost[0]), "low": signed(lost[1]), "high": signed(lost[2])})  # fmt: skip
    return told


def _call(row: EmergencyCall) -> dict[str, Any]:
    return {
        "row": row, "tone": TONES.get(row.state, "muted"), "causes": [watching.words(one) for one in row.causes],
        "effect": effect_words(row.effect), "people": row.effect.get("people"),
        "began": row.activation.started_at if row.activation else None,
    }  # fmt: skip


def _thresholds(unit: OrgUnit) -> list[dict[str, Any]]:
    """Each figure that is watched now, beside the limit of each echelon."""
    now = watching.figures(unit)
    hit = {one["what"]: one["echelon"] for one in watching.causes(unit, now)}
    warning = now["warning"]
    tables = {
        name: policies.get(f"workforce.emergency.{name}", unit)
        for name in ("waiting", "connect_rate", "over_forecast", "warning")
    }
    return [
        {"name": _("排队"), "value": _plain(now["waiting"], "{:.0f}"), "hit": hit.get("waiting"),
         "limits": _limits(tables["waiting"], "≥ {:.0f}")},
        {"name": _("接通率"), "value": _plain(now["connect_rate"], "{:.1%}"), "hit": hit.get("connect_rate"),
         "limits": _limits(tables["connect_rate"], "< {:.0%}")},
        {"name": _("来量 ÷ 预测"), "value": _plain(now["over_forecast"], "{:.2f}"), "hit": hit.get("over_forecast"),
         "limits": _limits(tables["over_forecast"], "≥ {:.1f}")},
        {"name": _("气象预警"), "value": str(WarningLevel(str(warning)).label) if warning else _("无"), "hit": hit.get("warning"),
         "limits": {number: _("、").join(_colours(tables["warning"], number)) or "–" for number in range(1, 4)}},
    ]  # fmt: skip


def _plain(value: float | str | None, form: str) -> str:
    return form.format(value) if isinstance(value, int | float) else "–"


def _limits(table: Mapping[str, float], form: str) -> dict[int, str]:
    return {number: form.format(table[str(number)]) if str(number) in table else "–" for number in range(1, 4)}


def _colours(table: Mapping[str, float], number: int) -> list[str]:
    return [
        str(WarningLevel(name).label)
        for name, level in table.items()
        if level == number and name in WarningLevel.values
    ]


def percent(value: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{100 * value:.1f}%"


def signed(value: float) -> str:
    """One decimal with its sign; a nought has none."""
    text = f"{value:+.1f}".replace("-", "−")
    return "0.0" if text[1:] == "0.0" else text


def clock(at: dt.datetime) -> str:
    """Local time of day."""
    return f"{timezone.localtime(at):%H:%M}"
