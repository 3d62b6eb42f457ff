"""Making and adjusting rosters in a worker, never in a web process; the engine is loaded only there."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _
from procrastinate.exceptions import JobAborted

from denghuo.apps.accounts.models import Staff
from denghuo.apps.workforce.rosters import making, reading, source
from denghuo.apps.workforce.rosters.actions import topic
from denghuo.apps.workforce.rosters.models import PeriodState, RosterPeriod, ShiftAssignment
from denghuo.apps.workforce.rosters.reading import ONE_DAY
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, SolutionKind, SolutionState
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.jobs import Cancelled, announce, cancel, enqueue, job, progress
from denghuo.core.jobs.models import JobProgress, JobState

NO_LINE = re.compile(r"people: (\d+) has no lawful line")


@job(name="workforce.make_roster", retries=0, lock="workforce.roster")
def make_roster(solution_id: int) -> None:
    """Make a draft's roster and write it."""
    solution = _waiting(solution_id)
    if solution is None:
        return
    seconds = int(policies.get("workforce.solver.seconds", solution.period.org))
    with _ending(solution):
        tick = _ticking(solution, seconds)
        from denghuo.apps.workforce.rosters.problem import build
        from denghuo.engine import rostering

        now = source.read(solution.period, reading.today() + ONE_DAY)
        _seen(solution, now)
        built = build(now)
        roster = rostering.solve(built.problem, seconds, on_progress=tick)
        verdict = rostering.evaluate(built.problem, roster.lines)
        broken = [
            [one.rule, int(one.person) if one.person.isdigit() else None,
             None if one.day is None else built.problem.date(one.day).isoformat()]
            for one in verdict.violations
        ]  # fmt: skip
        plan = making.free_days(built, now, roster.lines)
        actor = Actor.system("workforce.make_roster")
        making.fill(actor, solution.pk, plan, making.figures(built, roster) | {"broken": broken})


@job(name="workforce.adjust_roster", retries=0, lock="workforce.roster")
def adjust_roster(solution_id: int) -> None:
    """Work out the fewest changes that an absence needs, and keep them as a proposal."""
    solution = _waiting(solution_id)
    if solution is None or solution.absent_id is None:
        return
    org = solution.period.org
    seconds = int(policies.get("workforce.solver.adjust_seconds", org))
    with _ending(solution):
        tick = _ticking(solution, seconds)
        from denghuo.apps.workforce.rosters.problem import build
        from denghuo.engine import rostering

        _plan, leave = making.plan_of(solution)
        days = frozenset(day for _pk, day in leave)
        begin = min(reading.today() + ONE_DAY, *days)
        now = source.read(solution.period, max(begin, solution.period.first), {solution.absent_id: days})
        _seen(solution, now)
        built = build(now, fewest_changes=True)
        code = str(solution.absent_id)
        away = [(day - built.problem.start).days for day in days] if code in built.lines else []
        found = rostering.adjust(
            built.problem, built.lines, absences={code: away} if away else None, seconds=seconds, on_progress=tick,
            frozen_before=max(0, (now.frozen_before - built.problem.start).days),
            change_weight=float(policies.get("workforce.solver.weight_change", org)),
        )  # fmt: skip
        changes = [
            [int(pk), built.problem.date(day).isoformat(), built.shift_ids.get(before), built.shift_ids.get(after)]
            for pk, day, before, after in found.changed
        ]
        if not away:
            rows = now.by_person.get(solution.absent_id, {})
            gone = [rows[day] for day in sorted(days) if day in rows]
            changes += [[solution.absent_id, row.day.isoformat(), row.shift_id, None] for row in gone]
        actor = Actor.system("workforce.adjust_roster")
        making.propose(actor, solution.pk, making.figures(built, found.roster) | {"changes": changes})


@action("roster.start_making")
def start_making(actor: Actor, period_id: int) -> RosterSolution:
    """Have a draft filled by itself. Raises NotFound, NotAllowed, Conflict ``not_draft``, ``running``, ``no_shifts``,
    ``nobody``."""
    period = _startable(actor, period_id)
    if period.state != PeriodState.DRAFT:
        raise Conflict(_("只有编制中的排班表可以自动排班；已发布的请用临时缺勤调整"), code="not_draft")
    if not reading.shifts_for(period.org):
        raise Conflict(_("班次库是空的，请先建好班次"), code="no_shifts")
    if not reading.people_of(period.org):
        raise Conflict(_("单位下还没有承担班次的人员"), code="nobody")
    return _start(actor, RosterSolution(period=period, kind=SolutionKind.MAKE), "roster.making_started")


@action("roster.start_adjusting")
def start_adjusting(
    actor: Actor, period_id: int, *, staff_id: int, first: dt.date, last: dt.date, reason: str = ""
) -> RosterSolution:
    """Ask how an absence is best made up for. Raises NotFound, NotAllowed, InvalidInput (``staff``, ``first``, ``last``,
    ``reason``), Conflict ``closed``, ``running``."""
    period = _startable(actor, period_id)
    if period.state == PeriodState.CLOSED:
        raise Conflict(_("这张排班表已经结束，不能再改"), code="closed")
    form = Form()
    reason = form.text("reason", reason, longest=200, lines=False)
    if not any(one.pk == staff_id for one in reading.people_of(period.org)):
        form.wrong("staff", _("此人不在本单位的排班人员之中，请另选"))
    if not (period.first <= first <= period.last) or first < reading.today():
        form.wrong("first", _("缺勤只能从今天起、在本排班表的月份之内"))
    if not first <= last <= period.last:
        form.wrong("last", _("结束日期须不早于开始，且在本排班表的月份之内"))
    form.finish()
    rows = ShiftAssignment.objects.filter(staff=staff_id, day__gte=first, day__lte=last)
    if rows.filter(locked=True).exists() or rows.exclude(period=period).exists():
        form.wrong("first", _("这几天里有已锁定的班，或在别的排班表上已有安排，请先处理"))
    form.finish()
    asked = RosterSolution(
        period=period, kind=SolutionKind.ADJUST, absent=Staff.objects.get(pk=staff_id), absent_from=first, absent_to=last,
        reason=reason,
    )  # fmt: skip
    return _start(actor, asked, "roster.adjusting_started")


@action("roster.stop_making")
def stop(actor: Actor, period_id: int) -> None:
    """Stop the run of a period; the roster stays as it is. Raises NotFound, NotAllowed."""
    period = reading.need_period(actor, period_id)
    actor.require(making.MAKE, period.org.path)
    solution = running(period)
    if solution is None or solution.job_id is None:
        return
    cancel(solution.job_id)
    if JobProgress.objects.filter(pk=solution.job_id, state=JobState.CANCELLED).exists():
        making.refuse(solution.pk, SolutionState.CANCELLED)


def running(period: RosterPeriod) -> RosterSolution | None:
    """The period's run that waits or works."""
    solution = RosterSolution.objects.filter(period=period, state=SolutionState.WAITING).order_by("-pk").first()
    if solution is None or solution.job_id is None:
        return None
    alive = JobProgress.objects.filter(pk=solution.job_id, state__in=[JobState.WAITING, JobState.RUNNING]).exists()
    return solution if alive else None


def label(solution: RosterSolution) -> str:
    """What the progress of a run is called."""
    told = {"unit": solution.period.org.name, "month": f"{solution.period.first:%Y-%m}"}
    if solution.kind == SolutionKind.ADJUST:
        return _("临时缺勤调整：%(unit)s %(month)s") % told
    return _("自动排班：%(unit)s %(month)s") % told


def _startable(actor: Actor, period_id: int) -> RosterPeriod:
    reading.need_period(actor, period_id)
    period = RosterPeriod.objects.select_related("org").select_for_update(of=("self",)).get(pk=period_id)
    actor.require(making.MAKE, period.org.path)
    if running(period) is not None:
        raise Conflict(_("这张排班表正在计算，请等它完成或先取消"), code="running")
    return period


def _start(actor: Actor, solution: RosterSolution, kind: str) -> RosterSolution:
    chosen = make_roster if solution.kind == SolutionKind.MAKE else adjust_roster
    period = solution.period
    solution.made_at, solution.made_by_id = moment.now(), actor.id
    solution.save()
    solution.job_id = enqueue(chosen, solution_id=solution.pk)
    solution.save(update_fields=["job_id"])
    announce(solution.job_id, label(solution))
    payload = {"solution_id": solution.pk}
    record(actor, kind, period, org=period.org, payload=payload, topics=[topic(period.org)])
    return solution


def _waiting(solution_id: int) -> RosterSolution | None:
    rows = RosterSolution.objects.select_related("period__org").filter(state=SolutionState.WAITING)
    return rows.filter(pk=solution_id).first()


def _seen(solution: RosterSolution, now: source.Source) -> None:
    solution.seen = now.seen
    solution.save(update_fields=["seen"])


def _ticking(solution: RosterSolution, seconds: int) -> Callable[[str, float, float], bool]:
    """Shows the seconds spent; stops the solver by raising Cancelled."""
    shown = progress(label(solution), seconds)
    began = time.monotonic()

    def tick(_stage: str, _cost: float, _bound: float) -> bool:
        shown.advance(max(0, min(seconds, int(time.monotonic() - began)) - shown.done))
        return True

    return tick


@contextmanager
def _ending(solution: RosterSolution) -> Iterator[None]:
    """Write how a run ended when it did not end well."""
    try:
        yield
    except Cancelled:
        making.refuse(solution.pk, SolutionState.CANCELLED)
        raise
    except JobAborted:
        raise  # the worker shuts down; another takes the job up
    except Conflict as error:
        making.refuse(solution.pk, SolutionState.REFUSED, error.message)
    except ValueError as error:
        match = NO_LINE.search(str(error))
        staff = Staff.objects.filter(pk=match[1]).first() if match else None
        if staff is None:
            making.refuse(solution.pk, SolutionState.FAILED)
            raise
        text = _("%(name)s 在现有规则和已定的日子下无法排出合规的班，请检查与此人有关的本地规则")
        making.refuse(solution.pk, SolutionState.REFUSED, text % {"name": staff.display_name})
    except Exception:
        making.refuse(solution.pk, SolutionState.FAILED)
        raise
