"""Forecasts of all queues under a unit, and of the units above them, made to add up. For a worker: seconds of computing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from django.db.models import F
from django.utils import timezone

from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand import counting, events_of
from denghuo.apps.workforce.demand.counting import Counted, Floats
from denghuo.apps.workforce.demand.models import SLOTS, ForecastDay, ForecastRun, RunKind
from denghuo.apps.workforce.demand.tables import for_queue, shrinkage
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit, units_under
from denghuo.engine import forecasting

ONE_DAY: Final = dt.timedelta(days=1)
#: models that need a package the product may lack
NEEDS: Final = {"ets": "statsforecast", "tbats": "statsforecast", "lightgbm": "lightgbm", "lstm": "torch"}
ERROR_DAYS: Final = 28


@dataclass(frozen=True)
class Made:
    """A run with its rows, not yet kept."""

    run: ForecastRun
    rows: list[ForecastDay]


@dataclass
class Node:
    """A queue, or a unit with all its queues: its counts, its drivers, its forecast."""

    org: OrgUnit
    queue: Queue | None
    parent: int
    counted: Counted | None
    made: forecasting.Forecast | None = None
    refused: str = ""
    handling: Floats = field(default_factory=lambda: np.zeros((0, SLOTS)))
    abandoned: Floats = field(default_factory=lambda: np.zeros((0, SLOTS)))

    @property
    def key(self) -> str:
        return f"queue:{self.queue.pk}" if self.queue else f"unit:{self.org.pk}"


def queues_under(unit: OrgUnit) -> list[Queue]:
    """Active queues served by the unit and units below it; a few dozen rows."""
    rows = Queue.objects.select_related("org").filter(active=True, org__in=units_under((unit.path,)))
    return list(rows.order_by("org__path", "position", "code"))


def roots() -> list[OrgUnit]:
    """Units without a parent: what the daily forecast is made for."""
    return list(OrgUnit.objects.filter(parent=None).order_by("path"))


def make(
    unit: OrgUnit, kind: str, *, first: dt.date | None = None, days: int | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Made | None:  # fmt: skip
    """Forecast ``days`` (policy) days from ``first`` (today) on for every queue under ``unit`` and every unit between.

    Counts up to the day before ``first`` are learned from; with the kind ``intraday`` or ``asked``, today's counts correct the
    rest of today. Nothing is made without queues or counts. ``advance`` is called after each series and may raise to stop.
    """
    queues = queues_under(unit)
    today = timezone.localdate(moment.now())
    start = first or today
    ahead = days or int(policies.get("workforce.forecast.days", unit))
    reach = int(policies.get("workforce.forecast.learn_days", unit))
    counts = counting.counted(queues, start - reach * ONE_DAY, start - ONE_DAY)
    if not counts:
        return None
    nodes = _nodes(unit, queues, counts)
    present = _present(queues, start) if start == today and kind in (RunKind.INTRADAY, RunKind.ASKED) else {}
    drivers = events_of.read(unit, min(one.first for one in counts.values()), start + ahead * ONE_DAY)
    for node in nodes:
        _forecast(node, start, ahead, drivers)
        advance()
    if present:
        _correct(nodes, present)
    final = _coherent(nodes, start)
    run = ForecastRun(
        org=unit, kind=kind, made_at=moment.now(), first=start, days=ahead,
        learned_from=min(one.first for one in counts.values()), notes=_notes(nodes, unit),
        counted_until=counting.midnight(start) if not present else counting.floor(moment.now()),
    )  # fmt: skip
    return _kept(run, nodes, final, start, ahead)


def models_of(unit: OrgUnit) -> tuple[tuple[str, ...], list[str]]:
    """Names of models to compare, and of those left out because a package is missing."""
    wanted = [str(name) for name in policies.get("workforce.forecast.models", unit)]
    missing = [name for name in wanted if name in NEEDS and find_spec(NEEDS[name]) is None]
    known = [name for name in wanted if name not in missing and name in forecasting.MODELS]
    left = [name for name in wanted if name not in known]
    return tuple(known) or ("mean",), left


def _nodes(unit: OrgUnit, queues: Sequence[Queue], counts: Mapping[int, Counted]) -> list[Node]:
    """The units from ``unit`` down to those with queues, each before its children, then the queues."""
    wanted = {pk for queue in queues if queue.pk in counts for pk in queue.org.ancestor_ids()}
    units = list(units_under((unit.path,)).filter(pk__in=wanted).order_by("path"))
    place = {one.pk: number for number, one in enumerate(units)}
    nodes = [Node(one, None, place.get(one.parent_id or 0, -1), None) for one in units]
    counted = [queue for queue in queues if queue.pk in counts]
    nodes += [Node(queue.org, queue, place[queue.org_id], counts[queue.pk]) for queue in counted]
    for number, one in enumerate(units):
        below = [node.counted for node in nodes if node.queue and node.counted and one.pk in node.org.ancestor_ids()]
        nodes[number].counted = _sum([each for each in below if each])
    return nodes


def _sum(many: Sequence[Counted]) -> Counted:
    first = min(one.first for one in many)
    last = max(one.first + len(one.offered) * ONE_DAY for one in many)
    total = Counted(first, *(np.zeros(((last - first).days, SLOTS)) for _ in counting.FIELDS))
    for one in many:
        row = (one.first - first).days
        for name in counting.FIELDS:
            getattr(total, name)[row : row + len(one.offered)] += getattr(one, name)
    return total


def series_of(node: Node, ahead: int, drivers: events_of.Events) -> tuple[forecasting.Series, tuple[Any, ...]]:
    """The engine's series of a node, abnormal hours marked, and its drivers over history and days ahead."""
    counted = node.counted
    assert counted is not None
    queue_id = node.queue.pk if node.queue else None
    abnormal = drivers.abnormal(node.org, queue_id, counted.first, len(counted.offered))
    begun = counted.offered.any(axis=0)
    is_open = np.broadcast_to(begun if begun.any() else np.ones(SLOTS, bool), counted.offered.shape)
    series = forecasting.Series(
        dt.datetime.combine(counted.first, dt.time()), 30, counted.offered.ravel(), np.array(is_open).ravel(),
        abnormal.ravel(), node.key,
    )  # fmt: skip
    return series, drivers.drivers(node.org, queue_id, counted.first, len(counted.offered) + ahead)


def _forecast(node: Node, start: dt.date, ahead: int, drivers: events_of.Events) -> None:
    assert node.counted is not None
    names, _left = models_of(node.org)
    days = tuple(int(text) for text in policies.get("workforce.forecast.billing_days", node.org) if str(text).isdigit())
    rules = forecasting.CalendarRules("CN", days)
    series, known = series_of(node, ahead, drivers)
    level = float(policies.get("workforce.forecast.level", node.org))
    try:
        node.made = forecasting.forecast(
            series, ahead, drivers=known, rules=rules, plan=forecasting.Plan(names=names), level=level
        )
    except forecasting.Unfit as error:
        node.refused = error.code
        return
    _rates(node, series, ahead, rules)


def _rates(node: Node, series: forecasting.Series, ahead: int, rules: forecasting.CalendarRules) -> None:
    """Handling seconds of the answered and the share of the offered that gave up, for the days ahead."""
    counted = node.counted
    assert counted is not None
    answered = forecasting.Series(series.start, 30, counted.answered.ravel(), series.open, series.abnormal)
    fallback = for_queue("workforce.handling", node.queue, node.org)
    node.handling, node.abandoned = np.full((ahead, SLOTS), fallback), np.zeros((ahead, SLOTS))
    try:
        framed = forecasting.frame(answered, ahead, rules=rules, detect=False)
        node.handling = forecasting.rates(framed, counted.handle_seconds, ahead)
        framed = forecasting.frame(series, ahead, rules=rules, detect=False)
        node.abandoned = forecasting.rates(framed, counted.abandoned, ahead, forecasting.RateRules(ceiling=1.0))
    except forecasting.Unfit:
        return


def _present(queues: Sequence[Queue], today: dt.date) -> dict[int, Floats]:
    """Today's counts of complete half hours by queue; empty before the first."""
    _day, slots = counting.slot_of(moment.now())
    if not slots:
        return {}
    found = counting.counted(queues, today, today)
    return {key: one.offered[0, :slots] for key, one in found.items()}


def _correct(nodes: Sequence[Node], present: Mapping[int, Floats]) -> None:
    length = max(len(one) for one in present.values())
    for node in nodes:
        below = [
            present[one.queue.pk] for one in nodes
            if one.queue and one.queue.pk in present and (one is node or (
                node.queue is None and node.org.pk in one.org.ancestor_ids()))
        ]  # fmt: skip
        if node.made is not None:
            node.made = forecasting.update(node.made, sum(below, np.zeros(length)))


def _coherent(nodes: Sequence[Node], start: dt.date) -> Floats:
    """Means (nodes x half hours ahead) that add up: by the errors of past forecasts where they are known, else upwards."""
    alive = [one for one in nodes if one.made]
    base = np.array([one.made.mean.ravel() for one in alive if one.made])
    if len(alive) != len(nodes):
        return base
    parents = [one.parent for one in nodes]
    try:
        return forecasting.reconcile(base, parents, _errors(nodes, start))
    except forecasting.Unfit:
        return forecasting.reconcile(base, parents)


def _errors(nodes: Sequence[Node], start: dt.date) -> Floats | None:
    """Errors of the first day foretold over the last four weeks, by node; None when hardly any are known."""
    rows = ForecastDay.objects.filter(
        org__in={one.org.pk for one in nodes}, day__gte=start - ERROR_DAYS * ONE_DAY, day__lt=start,
        run__first=F("day"), run__kind__in=(RunKind.DAILY, RunKind.REPLAYED),
    ).values_list("org_id", "queue_id", "day", "mean")  # fmt: skip
    made = {(org, queue, day): mean for org, queue, day, mean in rows.order_by("run_id")}
    errors = np.full((len(nodes), ERROR_DAYS * SLOTS), np.nan)
    for number, node in enumerate(nodes):
        assert node.counted is not None
        for back in range(ERROR_DAYS):
            day = start - (back + 1) * ONE_DAY
            row = (day - node.counted.first).days
            mean = made.get((node.org.pk, node.queue.pk if node.queue else None, day))
            if mean is not None and 0 <= row < len(node.counted.offered):
                errors[number, back * SLOTS : (back + 1) * SLOTS] = node.counted.offered[row] - np.array(mean)
    known = np.isfinite(errors).all(axis=0).sum()
    return errors if known >= 3 * SLOTS else None


def _notes(nodes: Sequence[Node], unit: OrgUnit) -> dict[str, Any]:
    _names, left = models_of(unit)
    notes: dict[str, Any] = {one.key: list(one.made.notes) if one.made else [one.refused] for one in nodes}
    return {key: value for key, value in notes.items() if value} | ({"left_out": left} if left else {})


def _kept(run: ForecastRun, nodes: Sequence[Node], final: Floats, start: dt.date, ahead: int) -> Made:
    rows = []
    alive = [one for one in nodes if one.made]
    for number, node in enumerate(alive):
        made = node.made
        assert made is not None
        mean = final[number].reshape(ahead, SLOTS)
        scale = np.divide(mean, made.mean, out=np.ones_like(mean), where=made.mean > 0)
        for row in range(ahead):
            tried = made.tried.get(row + 1)
            rows.append(
                ForecastDay(
                    run=run,
                    org=node.org, queue=node.queue, day=start + row * ONE_DAY,
                    mean=plain(mean[row]), low=plain(made.low[row] * scale[row]), high=plain(made.high[row] * scale[row]),
                    handle_seconds=plain(node.handling[row], 1), abandoned=plain(node.abandoned[row], 4),
                    shrinkage=round(shrinkage(node.org), 4), weights=dict(made.weights[row]),
                    effects={key: round(float(value), 4) for key, value in made.effects[row].items()},
                    tried=told(tried),
                )
            )  # fmt: skip
    return Made(run, rows)


def told(found: forecasting.Accuracy | None) -> dict[str, float]:
    """An accuracy as JSON holds it, unknown figures left out."""
    if found is None:
        return {}
    values = {"wape": found.wape, "ratio": found.ratio, "coverage": found.coverage, "intervals": found.intervals}
    return {key: round(float(value), 4) for key, value in values.items() if np.isfinite(value)}


def plain(values: Floats, digits: int = 3) -> list[float]:
    """Finite floats, rounded, as an array column takes them."""
    return [round(float(value), digits) for value in np.nan_to_num(values)]
