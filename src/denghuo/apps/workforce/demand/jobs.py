"""Counting, forecasting and staffing in a worker, never in a web process."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.workforce.demand import actions, counting, making, playing, staffing
from denghuo.apps.workforce.demand.models import (
    ForecastRun,
    IntervalCount,
    RequirementDay,
    RunKind,
    Scenario,
    ScenarioState,
)
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import announce, enqueue, job, periodic, progress
from denghuo.core.scoping.models import OrgUnit


@periodic("7,37 * * * *", name="workforce.count", retries=1)
def count_now() -> None:
    """Count the contacts of the last half hours."""
    counting.count_contacts()


@job(name="workforce.forecast", retries=1, lock="workforce.forecast")
def forecast_unit(unit_id: int, kind: str = RunKind.ASKED) -> None:
    """Forecast a unit and work out the heads its queues then need."""
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    if unit is None:
        return
    queues = making.queues_under(unit)
    levels = len({pk for queue in queues for pk in queue.org.ancestor_ids()})
    shown = progress(label(unit), 2 * len(queues) + levels)
    counting.count_contacts()
    actor = Actor.system("workforce.forecast")
    days = 1 if kind == RunKind.INTRADAY else None
    made = making.make(unit, kind, days=days, advance=shown.advance)
    if made is None:
        return
    actions.keep_forecast(actor, unit, made)
    first, last = actions.days_ahead(unit)
    last = first if days else last
    actions.keep_requirements(actor, unit, staffing.make(queues, first, last, shown.advance))


@job(name="workforce.staff", retries=1, lock="workforce.forecast")
def staff_unit(unit_id: int) -> None:
    """Work out required heads anew from the forecast as it stands: after a correction, or new targets."""
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    if unit is None:
        return
    queues = making.queues_under(unit)
    shown = progress(label(unit), len(queues))
    first, last = actions.days_ahead(unit)
    rows = staffing.make(queues, first, last, shown.advance)
    actions.keep_requirements(Actor.system("workforce.staff"), unit, rows)


@job(name="workforce.replay", retries=1, lock="workforce.forecast")
def replay(unit_id: int) -> None:
    """Forecast the past days as if on their mornings, where none was made then: accuracy is known from the first day on."""
    unit = OrgUnit.objects.filter(pk=unit_id).first()
    if unit is None:
        return
    today = timezone.localdate(moment.now())
    had = set(ForecastRun.objects.filter(org=unit).exclude(kind=RunKind.INTRADAY).values_list("first", flat=True))
    wanted = [
        today - dt.timedelta(days=back) for back in range(int(policies.get("workforce.replay.days", unit)), 0, -1)
    ]
    wanted = [day for day in wanted if day not in had]
    shown = progress(label(unit), len(wanted))
    for day in wanted:
        made = making.make(unit, RunKind.REPLAYED, first=day, days=7, advance=lambda: shown.advance(0))
        if made is not None:
            actions.keep_forecast(Actor.system("workforce.replay"), unit, made)
        shown.advance()


@periodic("22 4 * * *", name="workforce.forecast_daily", retries=1)
def forecast_daily() -> None:
    """Every morning before the first shift: all units."""
    for root in making.roots():
        forecast_unit(root.pk, RunKind.DAILY)


@periodic("11,41 7-22 * * *", name="workforce.forecast_today", retries=0)
def forecast_today() -> None:
    """The rest of today, corrected by what has come so far."""
    for root in making.roots():
        if IntervalCount.objects.filter(start__gte=counting.midnight(timezone.localdate(moment.now()))).exists():
            forecast_unit(root.pk, RunKind.INTRADAY)


@periodic("43 3 * * *", name="workforce.forget", retries=2)
def forget_old() -> None:
    """Delete counts and forecasts past ``workforce.keep_days``."""
    before = moment.now() - dt.timedelta(days=policies.get("workforce.keep_days"))
    IntervalCount.objects.filter(start__lt=before).delete()
    ForecastRun.objects.filter(made_at__lt=before).delete()


def label(unit: OrgUnit) -> str:
    """What the progress of a unit's job is called."""
    return _("来量预测与人力需求：%(unit)s") % {"unit": unit.name}


def start(actor: Actor, unit: OrgUnit, what: str) -> int:
    """Put ``forecast``, ``staff`` or ``replay`` into the queue for a planner and show it as waiting; gives its number.

    Raises NotAllowed.
    """
    actor.require("workforce.plan", unit.path)
    chosen = {"forecast": forecast_unit, "staff": staff_unit, "replay": replay}[what]
    with transaction.atomic():
        number = enqueue(chosen, unit_id=unit.pk)
        announce(number, label(unit))
    return number


@job(name="workforce.play", retries=1)
def play(scenario_id: int) -> None:
    """Play a what-if: both sides over drawn days."""
    row = Scenario.objects.select_related("org", "queue", "queue__org").filter(pk=scenario_id).first()
    if row is None or row.state == ScenarioState.DONE:
        return
    many = int(policies.get("workforce.scenario.replications", row.org))
    shown = progress(_("推演：%(queue)s") % {"queue": row.queue.name}, many)
    try:
        planned = RequirementDay.objects.get(queue=row.queue, day=row.day)
        base = playing.base_of(planned)
        other = playing.changed(base, row.changes)
        found = playing.compare(
            row.queue, base, other, spread=playing.spread_of(row.queue, row.day), replications=many, seed=row.pk,
            advance=shown.advance,
        )  # fmt: skip
    except Exception:
        Scenario.objects.filter(pk=row.pk).update(state=ScenarioState.FAILED)
        raise
    Scenario.objects.filter(pk=row.pk).update(
        state=ScenarioState.DONE, base=playing.plain_of(base), other=playing.plain_of(other), result=found
    )
