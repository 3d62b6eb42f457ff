"""How good the forecasts were: by queue, by horizon, the worst days and what happened on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand import counting, events_of
from denghuo.apps.workforce.demand.common import ONE_DAY, Scope, scope_of, today
from denghuo.apps.workforce.demand.models import ForecastDay, RunKind
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.core import policies
from denghuo.engine.forecasting.accuracy import Accuracy, accuracy

PERIOD = 28
BANDS = ((1, 1), (2, 3), (4, 7))
WORST = 5


@dataclass(frozen=True)
class Told:
    """A day as it was forecast ``horizon`` days ahead (1: on its own morning), and as it came."""

    queue_id: int
    day: dt.date
    horizon: int
    mean: counting.Floats
    low: counting.Floats
    high: counting.Floats
    came: counting.Floats


def told_days(queues: Sequence[Queue], first: dt.date, last: dt.date) -> list[Told]:
    """Every forecast of the complete days ``first`` .. ``last`` but those of the running day (index
    ``workforce_forecast_queue``), the one made latest for each horizon."""
    counts = counting.counted(queues, first, last)
    rows = ForecastDay.objects.filter(queue__in=list(counts), day__gte=first, day__lte=last)
    rows = rows.exclude(run__kind=RunKind.INTRADAY).exclude(run__kind=RunKind.ASKED, day=F("run__first"))
    found: dict[tuple[int, dt.date, int], Told] = {}
    fields = ("queue_id", "day", "run__first", "mean", "low", "high")
    for key, day, made, mean, low, high in rows.order_by("run_id").values_list(*fields):
        one = counts[key]
        place, horizon = (day - one.first).days, (day - made).days + 1
        if 0 <= place < len(one.offered) and key is not None:
            found[(key, day, horizon)] = Told(
                key, day, horizon, np.array(mean), np.array(low), np.array(high), one.offered[place]
            )
    return list(found.values())


def measured(many: Sequence[Told]) -> Accuracy:
    """Error, ratio and coverage over all half hours of the days."""
    if not many:
        nan = float("nan")
        return Accuracy(nan, nan, nan, nan, 0)
    columns = [np.concatenate([getattr(one, name) for one in many]) for name in ("came", "mean", "low", "high")]
    return accuracy(*columns)


def figures(found: Accuracy, levels: dict[str, float]) -> dict[str, Any]:
    """As the page shows them: per cents, the ratio's accuracy 100 − |A−F|/F and its level in words."""
    ratio = found.ratio
    rule = 100 - 100 * abs(ratio - 1) if np.isfinite(ratio) else None
    if rule is None:
        level, tone, sign = "", "muted", "minus"
    elif rule >= levels.get("good", 95):
        level, tone, sign = _("优"), "ok", "circle-check"
    elif rule >= levels.get("fair", 90):
        level, tone, sign = _("良"), "info", "check"
    else:
        level, tone, sign = _("待改进"), "warn", "alert-triangle"

    def share(value: float) -> float | None:
        return 100 * value if np.isfinite(value) else None

    return {
        "wape": share(found.wape), "ratio": share(ratio), "rule": rule, "coverage": share(found.coverage),
        "level": level, "tone": tone, "sign": sign, "intervals": found.intervals,
    }  # fmt: skip


@require_GET
@staff_page(VIEW)
def page(request: HttpRequest) -> HttpResponse:
    """The last four weeks up to yesterday, of all queues and of the one chosen."""
    scope = scope_of(request)
    context = scope.context("accuracy")
    last = today() - ONE_DAY
    first = last - (PERIOD - 1) * ONE_DAY
    levels = {str(key): float(value) for key, value in policies.get("workforce.accuracy.levels", scope.unit).items()}
    many = told_days(scope.queues, first, last) if scope.unit else []
    next_day = [one for one in many if one.horizon == 1]
    chosen = [one for one in next_day if scope.queue is None or one.queue_id == scope.queue.pk]
    names = {queue.pk: queue for queue in scope.queues}
    context |= {
        "first": first, "last": last, "all": figures(measured(chosen), levels) if chosen else None,
        "rows": [
            {"queue": names[key], **figures(measured([one for one in next_day if one.queue_id == key]), levels),
             "bands": [figures(measured([one for one in many if one.queue_id == key and a <= one.horizon <= b]), levels)
                       for a, b in BANDS]}
            for key in names if any(one.queue_id == key for one in many)
        ],
        "worst": _worst(scope, chosen), "chart": _chart(chosen),
        "level_asked": 100 * float(policies.get("workforce.forecast.level", scope.unit)),
    }  # fmt: skip
    return render(request, "workforce/demand/accuracy.html", context)


def _by_day(many: Sequence[Told]) -> dict[dt.date, list[Told]]:
    found: dict[dt.date, list[Told]] = {}
    for one in sorted(many, key=lambda each: each.day):
        found.setdefault(one.day, []).append(one)
    return found


def _worst(scope: Scope, many: Sequence[Told]) -> list[dict[str, Any]]:
    if scope.unit is None or not many:
        return []
    days = _by_day(many)
    known = events_of.read(scope.unit, min(days), max(days) + ONE_DAY)
    rows = []
    for day, parts in days.items():
        came, wanted = (float(sum(getattr(one, name).sum() for one in parts)) for name in ("came", "mean"))
        wrong = float(sum(np.abs(one.came - one.mean).sum() for one in parts))
        hits = events_of.on_day(known, scope.unit, scope.queue.pk if scope.queue else None, day)
        rows.append({
            "day": day, "came": came, "wanted": wanted, "wape": 100 * wrong / came if came else 0.0,
            "ratio": 100 * came / wanted if wanted else 0.0, "events": [hit["event"] for hit in hits],
        })  # fmt: skip
    return sorted(rows, key=lambda row: -row["wape"])[:WORST]


def _chart(many: Sequence[Told]) -> dict[str, Any]:
    days = _by_day(many)

    def total(name: str) -> list[float]:
        return [round(float(sum(getattr(one, name).sum() for one in parts))) for parts in days.values()]

    return {
        "legend": {"data": [_("预测"), _("实际")]},
        "xAxis": {"type": "category", "data": [f"{day:%m-%d}" for day in days]},
        "yAxis": {"type": "value"},
        "series": [
            {"type": "line", "name": _("预测"), "data": total("mean"), "symbolSize": 5},
            {"type": "line", "name": _("实际"), "data": total("came"), "symbolSize": 5, "lineStyle": {"type": "dashed"}},
        ],
    }  # fmt: skip
