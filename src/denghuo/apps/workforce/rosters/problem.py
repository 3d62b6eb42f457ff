"""From a month's roster to a problem of the engine. Imported by workers only: it loads the engine's rules.

Codes of shifts: ``w`` and the id of a shift type for work that counts for the needs, ``x`` and the id for training and for
duties of other rosters, which count for rest and hours alone. People are named by their id.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from denghuo.apps.workforce.rosters import local_rules, reading, rules
from denghuo.apps.workforce.rosters.covering import Covering, Open, Span, start_of
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment, ShiftType
from denghuo.apps.workforce.rosters.reading import ONE_DAY, REACH
from denghuo.apps.workforce.rosters.source import Needs, Source, needs_of, past_nights, wishes_of
from denghuo.core import policies
from denghuo.engine import rostering
from denghuo.engine.rostering import OFF, Cover, Limits, Line, Person, Problem, Shift, Wish


@dataclass
class Built:
    """A problem with the way back. ``lines``: what is planned now. ``spans``: half hours ``begin`` to ``end`` of a need.

    ``left_out``: people whose kept days break a limit already; they stay as they are and their heads are counted off.
    ``open``: needs that nothing of the period can serve, see :class:`Covering`.
    """

    problem: Problem
    lines: dict[str, Line]
    shift_ids: dict[str, int]
    left_out: list[int] = field(default_factory=list)
    spans: dict[Cover, list[Span]] = field(default_factory=dict)
    open: list[Open] = field(default_factory=list)


def build(source: Source, *, fewest_changes: bool = False) -> Built:
    """The problem of a period. ``fewest_changes``: without wishes and fairness, for an adjustment of what is published."""
    return _Builder(source, fewest_changes).build()


def code_of(source: Source, row: ShiftAssignment | None) -> str:
    """The engine's code of a planned day."""
    if row is None or row.shift_id is None or row.kind not in reading.ON_DUTY:
        return OFF
    ours = row.period.org_id == source.period.org_id and row.day <= source.period.last
    return f"{'w' if ours and row.kind == DayKind.WORK else 'x'}{row.shift_id}"


class _Builder:
    def __init__(self, source: Source, fewest_changes: bool) -> None:
        self.source, self.fewest = source, fewest_changes
        self.org = source.period.org
        self.first = source.period.first
        self.types = {f"w{one.pk}": one for one in source.shifts}
        self.current = frozenset(self.types)
        for row in source.rows:
            code = code_of(source, row)
            if code and row.shift is not None:
                self.types.setdefault(code, row.shift)
        duties = [row.day for row in source.rows if row.day > source.period.last and reading.duty_of(row)]
        self.size = (max([source.period.last, *duties]) - self.first).days + 1
        self.work = {code: one for code, one in self.types.items() if code.startswith("w")}
        self.nights = frozenset(code for code, one in self.work.items() if one.night)

    def weight(self, name: str) -> float:
        """A weight in force at the unit."""
        return float(policies.get(f"workforce.solver.weight_{name}", self.org))

    def build(self) -> Built:
        """Everything together."""
        needs = needs_of(self.source)
        kept, left_out = self._kept()
        self.people = tuple(self._person(pk, fixed, needs) for pk, fixed in kept.items())
        shifts = tuple(_shift(code, one) for code, one in self.types.items())
        problem = Problem(self.size, shifts, self.people, (), self.first, self._limits())
        lines = {str(pk): tuple(self._code(pk, day) for day in self._horizon()) for pk in kept}
        made = Built(problem, lines, {code: one.pk for code, one in self.types.items()}, left_out)
        covering = Covering(self.source, needs, self.work, self.weight("short"), self.weight("over"))
        plain = covering.covers({(pk, day): code for pk, day, code in self._outside(set(kept))})
        if self.fewest:
            plain = covering.as_planned(plain, self.people, lines)
        made.spans, made.open = covering.spans, [] if self.fewest else covering.open
        chosen = local_rules.chosen(self.source.period, kept, self.work, hard_only=self.fewest)
        own: list[rostering.PersonRule] = []
        if not self.fewest:
            nights = self.weight("nights") if chosen.nights_fair is None else chosen.nights_fair
            own = [*self._workload(kept), *self._fair_nights(list(kept), plain, nights)]
        made.problem = replace(problem, covers=tuple(plain), rules=(*chosen.rules, *own), links=tuple(chosen.links))
        return made

    def _horizon(self) -> Iterable[dt.date]:
        return (self.first + number * ONE_DAY for number in range(self.size))

    def _code(self, pk: int, day: dt.date) -> str:
        return code_of(self.source, self.source.by_person.get(pk, {}).get(day))

    def _limits(self) -> Limits:
        caps = self.source.limits
        return Limits(
            caps.day, caps.week, caps.month, caps.overtime_day, caps.overtime_month, caps.rest, caps.days_week,
            caps.days_running, caps.nights_running, caps.comprehensive,
        )  # fmt: skip

    def _kept(self) -> tuple[dict[int, dict[int, str]], list[int]]:
        """Fixed codes by person and day of the horizon; people whose fixed days break a limit already are left out."""
        kept, left_out = {}, []
        for staff in self.source.people:
            fixed: dict[int, str] = {}
            rows = self.source.by_person.get(staff.pk, {})
            away = self.source.away.get(staff.pk, frozenset())
            for number, day in enumerate(self._horizon()):
                row = rows.get(day)
                outside = day < self.source.frozen_before or day > self.source.period.last
                if day in away:
                    fixed[number] = OFF
                elif outside or (row is not None and self.source.kept(row)):
                    fixed[number] = code_of(self.source, row)
            if self._lawful(staff.pk, fixed):
                kept[staff.pk] = fixed
            else:
                left_out.append(staff.pk)
        return kept, left_out

    def _lawful(self, pk: int, fixed: dict[int, str]) -> bool:
        duties = [
            work
            for row in self.source.by_person.get(pk, {}).values()
            if (row.day < self.first or fixed.get((row.day - self.first).days)) and (work := reading.duty_of(row))
        ]
        return not any(one.day >= self.first for one in rules.check(duties, self.source.limits_for(pk)))

    def _person(self, pk: int, fixed: dict[int, str], needs: Needs) -> Person:
        history = tuple(self._code(pk, self.first - back * ONE_DAY) for back in range(REACH, 0, -1))
        until = self.source.protected.get(pk)
        given = [*fixed.values()]
        if self.fewest:
            given += [self._code(pk, day) for number, day in enumerate(self._horizon()) if number not in fixed]
        most = {code: given.count(code) for code in self.types if code not in self.current}
        return Person(
            str(pk), frozenset(key for key, able in needs.skilled.items() if key and pk in able), most, fixed=fixed,
            wishes=() if self.fewest else self._wishes.get(pk, ()), history=history,
            no_nights_until=None if until is None or until < self.first else (until - self.first).days,
        )  # fmt: skip

    @property
    def _wishes(self) -> dict[int, tuple[Wish, ...]]:
        if not hasattr(self, "_wished"):
            by_code = {one.code: code for code, one in self.work.items() if code in self.current}
            factor = self.weight("wish")
            wished: dict[int, list[Wish]] = {}
            for one in wishes_of(self.source):
                code = OFF if one.shift is None else by_code.get(one.shift.code)
                if code is not None and factor > 0:
                    wish = Wish((one.day - self.first).days, code, one.points * factor)
                    wished.setdefault(one.staff_id, []).append(wish)
            self._wished = {pk: tuple(some) for pk, some in wished.items()}
        return self._wished

    def _outside(self, inside: set[int]) -> Iterable[tuple[int, dt.date, str]]:
        """What people work who are not in the problem."""
        for pk, rows in self.source.by_person.items():
            if pk not in inside:
                away = self.source.away.get(pk, frozenset())
                yield from ((pk, day, code_of(self.source, row)) for day, row in rows.items() if day not in away)

    def _workload(self, kept: dict[int, dict[int, str]]) -> list[rostering.PersonRule]:
        """Days of work as near as can be to the standard, those of leave and training taken off."""
        weight = self.weight("days")
        paid = [one.paid_minutes for code, one in self.work.items() if code in self.current]
        if weight <= 0 or not paid:
            return []
        caps = self.source.limits
        weekly = caps.month * 12 * 7 / 365.25 if caps.comprehensive else caps.week
        a_day = min(weekly / (sum(paid) / len(paid)), caps.days_week) / 7
        groups: dict[int, set[str]] = {}
        for pk, fixed in kept.items():
            away = sum(
                number < len(self.source.days) and not (code and code in self.work) and not self._past(number)
                for number, code in fixed.items()
            )
            wanted = math.floor((len(self.source.days) - away) * a_day + 0.5)
            groups.setdefault(wanted, set()).add(str(pk))
        return [
            rostering.RequireShiftCount(shifts=frozenset(self.work), least=days, most=days, weight=weight, people=frozenset(who))
            for days, who in sorted(groups.items())
        ]  # fmt: skip

    def _past(self, number: int) -> bool:
        return self.first + number * ONE_DAY < self.source.frozen_before

    def _pasts(self) -> dict[int, float]:
        if not hasattr(self, "_nights_past"):
            self._nights_past = past_nights(self.source) if self.nights and not self.fewest else {}
        return self._nights_past

    def _fair_nights(self, people: list[int], covers: list[Cover], weight: float) -> list[rostering.PersonRule]:
        """Everybody's nights with those of the months before as near as can be to the mean, protected people apart."""
        last = self.source.period.last
        sharing = [pk for pk in people if self.source.protected.get(pk, dt.date.min) < last]
        if not self.nights or weight <= 0 or len(sharing) < 2:
            return []
        before = {pk: round(self._pasts().get(pk, 0.0)) for pk in sharing}
        mean = (sum(before.values()) + self._nights_needed(covers)) / len(sharing)
        # Between two whole numbers the middle: then either costs the same and anything farther more.
        target = mean if mean == int(mean) else math.floor(mean) + 0.5
        return [
            rostering.NightsFair(
                target=target, weight=weight, past={str(pk): many for pk, many in before.items()}, shifts=self.nights,
                people=frozenset(map(str, sharing)),
            )
        ]  # fmt: skip

    def _nights_needed(self, covers: list[Cover]) -> int:
        """Night duties the needs ask for where no other shift serves them."""
        by_day: dict[int, int] = {}
        for cover in covers:
            if cover.shifts and set(cover.shifts) <= self.nights and not cover.eve_shifts:
                by_day[cover.day] = max(by_day.get(cover.day, 0), cover.heads)
        return sum(by_day.values())


def _shift(code: str, one: ShiftType) -> Shift:
    return Shift(code, one.minutes, start_of(one), one.paid_minutes, one.night)
