"""Writing what the solver found: a made roster into its draft, an accepted adjustment into the plan in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.workforce.rosters import reading, rules, source
from denghuo.apps.workforce.rosters.actions import topic
from denghuo.apps.workforce.rosters.models import (
    Acknowledgement,
    DayKind,
    PeriodState,
    RosterPeriod,
    ShiftAssignment,
    ShiftType,
)
from denghuo.apps.workforce.rosters.reading import ONE_DAY
from denghuo.apps.workforce.rosters.solution_models import RosterSolution, SolutionKind, SolutionState
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record

if TYPE_CHECKING:
    from denghuo.apps.workforce.rosters.problem import Built
    from denghuo.engine.rostering import Roster

MAKE = "workforce.plan"
Plan = Mapping[tuple[int, dt.date], int | None]
"""Shift (id) or day off by person and date."""


@action("roster.fill")
def fill(actor: Actor, solution_id: int, plan: Plan, found: Mapping[str, Any]) -> RosterSolution:
    """Write a made roster into its period: the days of ``plan``, in one piece, and ``found`` beside it.

    Raises NotFound, NotAllowed, Conflict ``ended``, ``not_draft``, ``changed`` (the plan it was made from is no longer
    there), ``unlawful``.
    """
    solution = _held(actor, solution_id, SolutionKind.MAKE, SolutionState.WAITING)
    period = _period(solution)
    if period.state != PeriodState.DRAFT:
        raise Conflict(_("这张排班表在计算期间已经发布，自动排班没有写入"), code="not_draft")
    now = _unchanged(solution, period, plan, _("计算期间排班表、人员、班次或限制有变动，自动排班没有写入，请重新计算"))
    written = _write(period, now, plan)
    _end(solution, SolutionState.WRITTEN, **found)
    payload = {"solution_id": solution.pk, "days": written, "short": sum(one["missing"] for one in solution.unmet)}
    record(actor, "roster.filled", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return solution


@action("roster.propose")
def propose(actor: Actor, solution_id: int, found: Mapping[str, Any]) -> RosterSolution:
    """Keep an adjustment as a proposal; nothing of the roster changes. Raises NotFound, NotAllowed, Conflict ``ended``."""
    solution = _held(actor, solution_id, SolutionKind.ADJUST, SolutionState.WAITING)
    _end(solution, SolutionState.PROPOSED, **found)
    period = solution.period
    payload = {"solution_id": solution.pk, "days": len(solution.changes)}
    record(actor, "roster.proposed", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return solution


@action("roster.accept")
def accept(actor: Actor, solution_id: int) -> RosterSolution:
    """Write a proposed adjustment: the absence as leave, the changed days as proposed; those concerned are told.

    Raises NotFound, NotAllowed, Conflict ``ended``, ``closed``, ``past``, ``changed``, ``unlawful``.
    """
    solution = _held(actor, solution_id, SolutionKind.ADJUST, SolutionState.PROPOSED)
    period = _period(solution)
    if period.state == PeriodState.CLOSED:
        raise Conflict(_("这张排班表已经结束，不能再改"), code="closed")
    plan, leave = plan_of(solution)
    if any(day < reading.today() for _pk, day in (*plan, *leave)):
        raise Conflict(_("提案里有的日子已经过去，请放弃后重新计算"), code="past")
    now = _unchanged(solution, period, [*plan, *leave], _("提案之后排班有变动，不能直接采纳，请放弃后重新计算"))
    for pk, day in leave:
        values = {"period": period, "kind": DayKind.LEAVE, "shift": None, "exception": ""}
        ShiftAssignment.objects.update_or_create(staff_id=pk, day=day, defaults=values)
    _write(period, now, plan, away=leave)
    _end(solution, SolutionState.ACCEPTED)
    payload = {"solution_id": solution.pk, "staff_id": solution.absent_id, "days": len(solution.changes)}
    record(actor, "roster.adjusted", period, org=period.org, payload=payload, topics=[topic(period.org)])
    if period.state == PeriodState.PUBLISHED:
        _tell(actor, period, solution)
    return solution


@action("roster.discard")
def discard(actor: Actor, solution_id: int) -> RosterSolution:
    """Put a proposal aside. Raises NotFound, NotAllowed, Conflict ``ended``."""
    solution = _held(actor, solution_id, SolutionKind.ADJUST, SolutionState.PROPOSED)
    _end(solution, SolutionState.DISCARDED)
    payload = {"solution_id": solution.pk}
    period = solution.period
    record(actor, "roster.proposal_discarded", period, org=period.org, payload=payload, topics=[topic(period.org)])
    return solution


def plan_of(solution: RosterSolution) -> tuple[dict[tuple[int, dt.date], int | None], list[tuple[int, dt.date]]]:
    """The changed days of a proposal, and the absent person's days of leave."""
    assert solution.absent_id and solution.absent_from and solution.absent_to
    length = (solution.absent_to - solution.absent_from).days + 1
    leave = [(solution.absent_id, solution.absent_from + number * ONE_DAY) for number in range(length)]
    changed = {(pk, dt.date.fromisoformat(day)): after for pk, day, _before, after in solution.changes}
    return {key: after for key, after in changed.items() if key not in leave}, leave


def free_days(
    built: Built, now: source.Source, lines: Mapping[str, tuple[str, ...]]
) -> dict[tuple[int, dt.date], int | None]:
    """What a roster says about the days the solver could choose."""
    return {
        (int(person.code), day): built.shift_ids.get(lines[person.code][number])
        for person in built.problem.people
        for number, day in enumerate(now.days)
        if number not in person.fixed
    }


def figures(built: Built, roster: Roster) -> dict[str, Any]:
    """What is kept of a solver's run."""
    return {
        "cost": roster.cost, "bound": roster.bound, "gap": roster.gap, "seconds": round(roster.seconds, 1),
        "feasible": roster.feasible, "unmet": plain_unmet(built, roster), "left_out": built.left_out,
    }  # fmt: skip


def plain_unmet(built: Built, roster: Roster) -> list[dict[str, Any]]:
    """Needs that stay short, by date: ``day``, ``spans`` of half hours, ``shifts`` (ids), ``skill``, ``missing``, ``why``,
    ``reasons`` (people by code of the limit)."""
    first = built.problem.start
    rows: list[dict[str, Any]] = [
        {
            "day": day.isoformat(), "spans": [list(span)], "shifts": [], "skill": "", "missing": heads, "why": why,
            "reasons": {},
        }
        for day, span, heads, why in built.open
    ]  # fmt: skip
    for one in roster.unmet:
        counts: dict[str, int] = {}
        for reason in one.reasons:
            counts[reason.rule] = counts.get(reason.rule, 0) + 1
        rows.append({
            "day": (first + one.cover.day * ONE_DAY).isoformat(), "missing": one.missing, "why": one.why,
            "spans": [list(span) for span in built.spans.get(one.cover, [])], "skill": one.cover.skill, "reasons": counts,
            "shifts": [built.shift_ids[code] for code in one.cover.shifts],
        })  # fmt: skip
    return _merged(sorted(rows, key=lambda row: (str(row["day"]), row["spans"])))


def _merged(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Needs of a day that are short by as many for the same reasons as one, spans that meet as one span."""
    found: list[dict[str, Any]] = []
    for row in rows:
        like = next((one for one in found if row["spans"] and one["spans"] and _alike(one, row)), None)
        if like is None:
            found.append(row)
            continue
        like["shifts"] = sorted({*like["shifts"], *row["shifts"]})
        spans: list[list[int]] = []
        for begin, end in sorted([*like["spans"], *row["spans"]]):
            if spans and spans[-1][1] == begin:
                spans[-1][1] = end
            else:
                spans.append([begin, end])
        like["spans"] = spans
    return found


def _alike(one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    return all(one[name] == two[name] for name in ("day", "skill", "missing", "why", "reasons"))


def refuse(solution_id: int, state: SolutionState, note: str = "") -> None:
    """End a run without a result."""
    rows = RosterSolution.objects.filter(pk=solution_id, state=SolutionState.WAITING)
    rows.update(state=state, note=note[:300], ended_at=moment.now())


def _held(actor: Actor, solution_id: int, kind: str, state: str) -> RosterSolution:
    rows = RosterSolution.objects.select_for_update(of=("self",)).select_related("period__org")
    solution = rows.filter(pk=solution_id, kind=kind).first()
    if solution is None or not actor.can(reading.VIEW, solution.period.org.path):
        raise NotFound()
    actor.require(MAKE, solution.period.org.path)
    if solution.state != state:
        raise Conflict(_("这次计算或提案已有结果，请刷新页面"), code="ended")
    return solution


def _period(solution: RosterSolution) -> RosterPeriod:
    return RosterPeriod.objects.select_related("org").select_for_update(of=("self",)).get(pk=solution.period_id)


def _unchanged(
    solution: RosterSolution, period: RosterPeriod, keys: Iterable[tuple[int, dt.date]], text: str
) -> source.Source:
    """The period as it is now, its people held; raises Conflict when it is no longer what the solver saw."""
    wanted = sorted({pk for pk, _day in keys})
    list(Staff.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted).order_by("pk"))
    now = source.read(period, reading.today())
    if now.seen != solution.seen:
        raise Conflict(text, code="changed")
    return now


def _write(period: RosterPeriod, now: source.Source, plan: Plan, away: Iterable[tuple[int, dt.date]] = ()) -> int:
    """Make the days as planned, after a last check of working time; gives how many changed."""
    gone = set(away)
    shifts = ShiftType.objects.in_bulk({pk for pk in plan.values() if pk is not None})
    changed = {key: pk for key, pk in plan.items() if _shift_id(now, key) != pk}
    for pk in sorted({one for one, _day in changed}):
        _check(now, pk, {day: pk_ for (one, day), pk_ in changed.items() if one == pk}, shifts, gone)
    rows = {key: now.by_person.get(key[0], {}).get(key[1]) for key in changed}
    gone_rows = [row.pk for key, row in rows.items() if row is not None and changed[key] is None]
    ShiftAssignment.objects.filter(pk__in=gone_rows).delete()
    moved = [row for key, row in rows.items() if row is not None and changed[key] is not None]
    for row in moved:
        row.shift_id = changed[row.staff_id, row.day]
    ShiftAssignment.objects.bulk_update(moved, ["shift"])
    ShiftAssignment.objects.bulk_create(
        ShiftAssignment(period=period, staff_id=pk, day=day, kind=DayKind.WORK, shift_id=shift)
        for (pk, day), shift in sorted(changed.items()) if shift is not None and rows[pk, day] is None
    )  # fmt: skip
    return len(changed)


def _shift_id(now: source.Source, key: tuple[int, dt.date]) -> int | None:
    row = now.by_person.get(key[0], {}).get(key[1])
    return row.shift_id if row else None


def _check(
    now: source.Source, staff_id: int, changed: Mapping[dt.date, int | None], shifts: Mapping[int, ShiftType],
    gone: set[tuple[int, dt.date]],
) -> None:  # fmt: skip
    """The solver's word is not taken for the law's: each person's days go through the check that a planner's go through."""
    rows = now.by_person.get(staff_id, {})
    duties = {day: work for day, row in rows.items() if (work := reading.duty_of(row))}
    caps = now.limits_for(staff_id)
    before = {(one.rule, one.day) for one in rules.check(duties.values(), caps)}
    duties = {day: work for day, work in duties.items() if (staff_id, day) not in gone}
    for day, shift_id in changed.items():
        duties.pop(day, None)
        if shift_id is not None:
            duties[day] = reading.duty(day, shifts[shift_id])
    broken = [one for one in rules.check(duties.values(), caps) if (one.rule, one.day) not in before]
    if broken:
        text = _("%(day)s：%(text)s；没有写入") % {"day": f"{broken[0].day:%m-%d}", "text": broken[0].text}
        raise Conflict(text, code="unlawful")


def _end(solution: RosterSolution, state: SolutionState, **found: Any) -> None:
    for name, value in found.items():
        setattr(solution, name, value)
    solution.state = state
    solution.ended_at = moment.now()
    solution.save()


def _tell(actor: Actor, period: RosterPeriod, solution: RosterSolution) -> None:
    """Everybody whose days changed is told once, and has to acknowledge again."""
    days: dict[int, list[str]] = {}
    for pk, day, _before, _after in solution.changes:
        days.setdefault(pk, []).append(day[5:])
    Acknowledgement.objects.filter(period=period, staff__in=days).delete()
    for pk, some in sorted(days.items()):
        text = _("您 %(day)s 的排班有变动，请到“我的班次”查看并确认") % {"day": _("、").join(some)}
        tell_staff(actor, org=period.org, text=text, subject=("roster", period.pk), staff_id=pk)
