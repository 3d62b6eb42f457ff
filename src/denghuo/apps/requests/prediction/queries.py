"""Reading predictions: what is told about a request now, in times and in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests.choices import FaultClass, RequestState, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.history import restored_at
from denghuo.apps.requests.prediction.models import Moment, PredictionMade
from denghuo.core import moment, policies

TOLD_IN = (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.DISPATCHED)
MINUTE = dt.timedelta(minutes=1)
LOADS = {
    "light": gettext_lazy("在途报修很少"),
    "normal": gettext_lazy("在途报修不多"),
    "busy": gettext_lazy("在途报修较多"),
    "heavy": gettext_lazy("在途报修多"),
    "overloaded": gettext_lazy("在途报修很多"),
}
SKIES = {
    "warning": gettext_lazy("气象预警"),
    "wind": gettext_lazy("大风"),
    "rain": gettext_lazy("强降雨"),
    "hot": gettext_lazy("高温"),
    "cold": gettext_lazy("低温"),
    "plain": gettext_lazy("天气平稳"),
    "unknown": gettext_lazy("天气未知"),
}
HOURS = {
    "night": pgettext_lazy("时段", "凌晨"),
    "morning": pgettext_lazy("时段", "上午"),
    "noon": pgettext_lazy("时段", "中午"),
    "afternoon": pgettext_lazy("时段", "下午"),
    "evening": pgettext_lazy("时段", "晚上"),
    "late": pgettext_lazy("时段", "深夜"),
}
HARD_LOADS, HARD_SKIES = ("busy", "heavy", "overloaded"), ("warning", "wind", "rain", "cold")


@dataclass(frozen=True, slots=True)
class Interval:
    """From when to when, rounded outwards for telling; ``median`` unrounded."""

    low: dt.datetime
    median: dt.datetime
    high: dt.datetime

    @property
    def text(self) -> str:
        """ "10:20–10:45", with the day where it is not today or they differ."""
        low, high, today = timezone.localtime(self.low), timezone.localtime(self.high), timezone.localdate(moment.now())
        first = f"{low:%H:%M}" if low.date() == today else f"{low:%m-%d %H:%M}"
        return f"{first}–{high:%H:%M}" if high.date() == low.date() else f"{first}–{high:%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Told:
    """What can be told about a request now. ``thin``: too few cases were alike, so nothing is told but the promise;
    ``overdue``: the interval has passed without its event."""

    request_id: int
    moment: str
    made_at: dt.datetime
    arrival: Interval | None
    restore: Interval | None
    alike: int
    alike_depth: int
    levels: Mapping[str, str]
    model_id: int
    thin: bool

    def overdue(self, now: dt.datetime) -> bool:
        nearest = self.arrival or self.restore
        return nearest is not None and now > nearest.high

    @property
    def basis(self) -> str:
        """On how many cases it rests, in words."""
        names = [_("同类"), _("同类同地域")]
        if self.alike_depth == 0:
            return _("依据全部 %(n)s 起报修") % {"n": self.alike}
        return _("依据 %(n)s 起%(kind)s报修") % {"n": self.alike, "kind": names[min(self.alike_depth, 2) - 1]}

    @property
    def reasons(self) -> list[str]:
        """What makes it longer than usual."""
        found = []
        if self.levels.get("load") in HARD_LOADS:
            found.append(str(LOADS[self.levels["load"]]))
        if self.levels.get("weather") in HARD_SKIES:
            found.append(str(SKIES[self.levels["weather"]]))
        return found


def latest_for(requests: Iterable[Request]) -> dict[int, Told]:
    """Request id → what is told about it now, for open fault reports that have a prediction; one query (index
    requests_prediction_latest). Arrived ones have no arrival any more."""
    wanted = {row.pk: row for row in requests if tells(row)}
    if not wanted:
        return {}
    rows = PredictionMade.objects.filter(request_id__in=wanted).order_by("request_id", "-id").distinct("request_id")
    rows = rows.defer("arrival_grid", "restore_grid")
    return {row.request_id: told_by(row, wanted[row.request_id]) for row in rows}


def latest_of(request: Request) -> Told | None:
    """What is told about one request now."""
    return latest_for([request]).get(request.pk)


def tells(row: Request) -> bool:
    """Whether a time is predicted for it: a fault report in its first round, not yet returned, not under another."""
    return (
        row.type == RequestType.FAULT_REPORT
        and row.state in TOLD_IN
        and row.round == 1
        and row.master_id is None
        and row.held_at is None
    )


def told_by(row: PredictionMade, request: Request) -> Told:
    """A kept prediction as it may be told."""
    thin = row.alike < policies.get("prediction.min_alike", request.org)
    step = policies.get("prediction.round_minutes", request.org)
    arrival = None
    if row.arrival_low and row.arrival_median and row.arrival_high and request.arrived_at is None:
        arrival = _interval(row.arrival_low, row.arrival_median, row.arrival_high, step)
    return Told(
        request_id=row.request_id,
        moment=row.moment,
        made_at=row.at,
        arrival=None if thin else arrival,
        restore=None if thin else _interval(row.restore_low, row.restore_median, row.restore_high, step),
        alike=row.alike,
        alike_depth=row.alike_depth,
        levels=row.levels,
        model_id=row.model_id,
        thin=thin,
    )


def _interval(low: dt.datetime, median: dt.datetime, high: dt.datetime, step: int) -> Interval:
    return Interval(_rounded(low, step, up=False), median, _rounded(high, step, up=True))


def _rounded(at: dt.datetime, step: int, *, up: bool) -> dt.datetime:
    """To a multiple of ``step`` minutes within the hour or day; unrounded for a step of 0."""
    if step <= 0:
        return at
    size = step * 60
    seconds = at.timestamp()
    whole = -(-seconds // size) if up else seconds // size
    return dt.datetime.fromtimestamp(whole * size, tz=dt.UTC)


def for_customer(lead: Request, promised_at: dt.datetime | None) -> dict[str, Any] | None:
    """What the customer is told: times in plain words, on what they rest, and why where they may be later than the
    promise. None where nothing is predicted or the policy keeps it inside. One query at most."""
    if not tells(lead) or not policies.get("prediction.show_customer", lead.org):
        return None
    told, now = latest_of(lead), moment.now()
    if told is None:
        return None
    if told.thin:
        text = _("同类报修还不多，暂不预测时间，以承诺时限为准")
        return _shape(None, None, told, text, "")
    if told.overdue(now):
        text = _("比预计的要久，抢修仍在进行；有进展会在这里更新")
        return _shape(None, None, told, text, _why(told))
    late = promised_at is not None and told.arrival is not None and told.arrival.high > promised_at
    why = _("可能晚于承诺时间：%(why)s。我们会尽力赶在承诺时间前到达") % {"why": _why(told)} if late else ""
    share = round(10 * policies.get("prediction.coverage", lead.org))
    basis = _("%(basis)s推算，十次中约有 %(share)s 次在此时间内") % {"basis": told.basis, "share": share}
    return _shape(told.arrival, told.restore, told, basis, why)


def _why(told: Told) -> str:
    return "、".join(told.reasons) or _("同类故障往往需要更久")


def _shape(arrival: Interval | None, restore: Interval | None, told: Told, text: str, why: str) -> dict[str, Any]:
    return {
        "arrival": pair(arrival),
        "restore": pair(restore),
        "text": text,
        "why": why,
        "cases": told.alike,
        "thin": told.thin,
        "made_at": told.made_at,
    }


def pair(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"from_at": interval.low, "to_at": interval.high, "median_at": interval.median, "text": interval.text}


def history_of(request: Request) -> list[PredictionMade]:
    """Everything told about a request, oldest first."""
    rows = PredictionMade.objects.filter(request=request).order_by("id").defer("arrival_grid", "restore_grid")
    return list(rows)


def with_outcomes(lead: Request, rows: Iterable[PredictionMade]) -> list[dict[str, Any]]:
    """What was told before, newest first, each beside what came of it: ``kept`` True, False, or None while open."""
    step = policies.get("prediction.round_minutes", lead.org)
    ends = {"arrival": lead.arrived_at, "restore": restored_at(lead) if lead.round == 1 else None}
    found = []
    for row in rows:
        line: dict[str, Any] = {"at": row.at, "moment": Moment(row.moment).label, "alike": row.alike}
        for name, came in ends.items():
            low, median, high = (getattr(row, f"{name}_{edge}") for edge in ("low", "median", "high"))
            interval = _interval(low, median, high, step) if low is not None else None
            line[name] = interval
            line[f"{name}_kept"] = None if interval is None or came is None else interval.low <= came <= interval.high
        found.append(line)
    return found[::-1]


def facts_of(told: Told) -> list[tuple[str, str]]:
    """By what it goes, in words: name and value."""
    levels = told.levels
    return [
        (_("故障类别"), _choice(FaultClass, levels.get("class", ""))),
        (_("地域"), _choice(AreaType, levels.get("area", ""))),
        (pgettext("预测", "时段"), str(HOURS.get(levels.get("hour", ""), levels.get("hour", "")))),
        (_("负荷"), str(LOADS.get(levels.get("load", ""), levels.get("load", "")))),
        (_("天气"), str(SKIES.get(levels.get("weather", ""), levels.get("weather", "")))),
    ]


def _choice(choices: Any, code: str) -> str:
    return str(dict(choices.choices).get(code, _("未定")))
