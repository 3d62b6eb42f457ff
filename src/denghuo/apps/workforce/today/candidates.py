"""Moves worth trying: who could stay longer, come in, leave a training, be kept for one channel, or go home.

Only people whose roster allows it are named: every change is held against the limits of working time first.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.rosters.models import DayKind, ShiftAssignment, ShiftType
from denghuo.apps.workforce.rosters.reading import broken_by, duty
from denghuo.apps.workforce.today.centre import STEP, Change, Floor
from denghuo.apps.workforce.today.models import MoveKind
from denghuo.apps.workforce.today.projecting import Candidate, Played
from denghuo.apps.workforce.today.reading import Line
from denghuo.core import policies

if TYPE_CHECKING:
    from denghuo.engine.simulation import Group

MINUTE: Final = dt.timedelta(minutes=1)
SHORTEST, LONGEST = 60, 16 * 60  # minutes of a shift as the library takes it
CLASSES: Final = {"voice": (1, 0), "chat": (0, 1)}


@dataclass(frozen=True)
class Wanted:
    """Limits in force at the unit, in minutes and heads."""

    ahead: int
    heads: int
    most: int
    extend: int
    lead: int
    least: int

    @classmethod
    def of(cls, floor: Floor) -> Wanted:
        """As the policies say."""
        names = ("ahead", "heads", "most", "extend", "lead", "least")
        return cls(**{name: int(policies.get(f"workforce.moves.{name}", floor.unit)) for name in names})


@dataclass(frozen=True)
class Who:
    """One person of a move: from when to when it changes their day."""

    line: Line
    starts: dt.datetime
    ends: dt.datetime

    @property
    def minutes(self) -> int:
        return int((self.ends - self.starts).total_seconds() // 60)


def candidates(floor: Floor, base: Played) -> list[Candidate]:
    """What to try, at most as many as the policy says. Without a half hour below its target only releases."""
    wanted = Wanted.of(floor)
    low = low_slots(floor, base, wanted.ahead)
    if not low:
        return list(itertools.islice(_releases(floor, wanted), wanted.most))
    window = slot_at(floor, low[0]), slot_at(floor, low[-1] + 1)
    makers: list[Callable[[], Iterable[Candidate]]] = [
        lambda: _calls(floor, wanted, window), lambda: _recalls(floor, wanted, window),
        lambda: _extensions(floor, wanted, window), lambda: _channels(floor, base, wanted, window),
    ]  # fmt: skip
    # One of each kind in turn, so that many groups of one kind leave room for the others.
    rounds = itertools.zip_longest(*(maker() for maker in makers))
    found = (one for turn in rounds for one in turn if one is not None)
    return list(itertools.islice(found, wanted.most))


def low_slots(floor: Floor, base: Played, ahead: int) -> list[int]:
    """Half hours within reach whose projected level stays under the target."""
    last = (floor.at + ahead * MINUTE - midnight(floor.day)).total_seconds() // 1800
    return [row["slot"] for row in base.half_hours() if row["level"] and row["slot"] <= last and row["level"][0] < base.target]  # fmt: skip


def slot_at(floor: Floor, slot: int) -> dt.datetime:
    """The beginning of a half hour."""
    return midnight(floor.day) + slot * 30 * MINUTE


def begin_of(line: Line) -> dt.datetime:
    """When a shift begins."""
    return dt.datetime.fromtimestamp(line.planned[0].begin, dt.UTC)


def end_of(line: Line) -> dt.datetime:
    """When a shift ends."""
    return dt.datetime.fromtimestamp(line.planned[-1].end, dt.UTC)


def longer(shift: ShiftType, minutes: int) -> ShiftType:
    """The shift with minutes more at its end, or less; not kept. Breaks behind its end fall away."""
    whole = shift.minutes + minutes
    breaks = [one for one in shift.breaks if int(one["at"]) + int(one["minutes"]) <= whole]
    return ShiftType(org=shift.org, code=shift.code, name=shift.name, start=shift.start, minutes=whole, breaks=breaks, night=shift.night)  # fmt: skip


def allowed(row: ShiftAssignment, shift: ShiftType) -> bool:
    """Whether the limits of working time let this person work this shift on the day of ``row``."""
    return not row.locked and not broken_by(row.period, row.staff_id, {row.day: duty(row.day, shift)})


def _by_group(floor: Floor, people: Iterable[Who]) -> Iterator[list[Who]]:
    """People who are alike, the soonest first; groups with most people first."""
    found: dict[str, list[Who]] = {}
    for one in people:
        found.setdefault(floor.group_of[one.line.staff.pk], []).append(one)
    for group in sorted(found.values(), key=len, reverse=True):
        yield sorted(group, key=lambda one: (one.starts, one.line.staff.employee_no))


def _may(people: Iterable[Who], heads: int, shift_of: Callable[[Who], ShiftType]) -> list[Who]:
    """The first few whose limits allow it; each costs statements, so nobody is asked who is not needed."""
    fitting = (one for one in people if one.line.row is not None and allowed(one.line.row, shift_of(one)))
    return list(itertools.islice(fitting, heads))


def _made(kind: str, floor: Floor, people: Sequence[Who], sign: int = 1, **detail: Any) -> Candidate:
    changes = []
    for one in people:
        code, span = floor.group_of[one.line.staff.pk], (floor.step_of(one.starts), floor.step_of(one.ends))
        changes.append(Change(None, code, *span) if sign > 0 else Change(code, None, *span))
    return Candidate(kind, list(people), changes, sign * sum(one.minutes for one in people), detail)


def _extensions(floor: Floor, wanted: Wanted, window: tuple[dt.datetime, dt.datetime]) -> Iterator[Candidate]:
    """Shifts that end within reach, before the want is over."""
    more = wanted.extend
    people = [
        Who(line, end_of(line), end_of(line) + more * MINUTE)
        for line in floor.lines
        if line.at_work and line.staff.pk not in floor.missing and line.shift.minutes + more <= LONGEST
        and floor.at < end_of(line) < window[1] and end_of(line) + more * MINUTE > window[0]
    ]  # fmt: skip
    for group in _by_group(floor, people):
        fit = _may(group, wanted.heads, lambda one: longer(one.line.shift, more))
        if fit:
            yield _made(MoveKind.EXTEND, floor, fit)


def _calls(floor: Floor, wanted: Wanted, window: tuple[dt.datetime, dt.datetime]) -> Iterator[Candidate]:
    """People on standby whose shift has hours left."""
    ready = floor.at + wanted.lead * MINUTE
    people = [
        Who(line, max(ready, begin_of(line)), end_of(line))
        for line in floor.lines
        if line.row is not None and line.row.kind == DayKind.STANDBY and max(ready, begin_of(line)) < min(end_of(line), window[1])
    ]  # fmt: skip
    for group in _by_group(floor, people):
        fit = _may(group, wanted.heads, lambda one: one.line.shift)
        if fit:
            yield _made(MoveKind.CALL_IN, floor, fit)


def _recalls(floor: Floor, wanted: Wanted, window: tuple[dt.datetime, dt.datetime]) -> Iterator[Candidate]:
    """People in training; working time does not change, so no limit can be broken."""
    people = [
        Who(line, max(floor.at, begin_of(line)), end_of(line))
        for line in floor.lines
        if line.row is not None and line.row.kind == DayKind.TRAINING and not line.row.locked
        and max(floor.at, begin_of(line)) < min(end_of(line), window[1])
    ]  # fmt: skip
    for group in _by_group(floor, people):
        yield _made(MoveKind.RECALL, floor, group[: wanted.heads])


def _channels(
    floor: Floor, base: Played, wanted: Wanted, window: tuple[dt.datetime, dt.datetime]
) -> Iterator[Candidate]:
    """People who serve calls and chats kept for the class that is short, while the other keeps its promise."""
    levels = {queue.channel_class: [] for queue in floor.queues}  # type: ignore[var-annotated]
    for queue in floor.queues:
        levels[queue.channel_class].append(base.estimate("service_level", queue.code).mean - base.targets[queue.code])
    for short, full in (("voice", "chat"), ("chat", "voice")):
        if not levels.get(short) or not levels.get(full) or min(levels[short]) >= 0 or min(levels[full]) < 0:
            continue
        people = [
            Who(line, floor.at, min(window[1], end_of(line)))
            for line in floor.lines
            if line.at_work and line.staff.pk not in floor.missing and begin_of(line) <= floor.at < end_of(line)
            and min(_places(floor, line)) > 0
        ]  # fmt: skip
        for group in _by_group(floor, people):
            yield _kept_for(floor, short, group[: wanted.heads])


def _places(floor: Floor, line: Line) -> tuple[int, int]:
    group = _group(floor, line)
    return group.capacity[0], group.capacity[1]


def _group(floor: Floor, line: Line) -> Group:
    return next(one for one in floor.centre.groups if one.code == floor.group_of[line.staff.pk])


def _kept_for(floor: Floor, short: str, people: Sequence[Who]) -> Candidate:
    base = _group(floor, people[0].line)
    voice, chat = CLASSES[short]
    only = replace(
        base, code=f"{base.code}/{short}", heads=(0,) * len(base.heads),
        capacity=(base.capacity[0] * voice, base.capacity[1] * chat, 0),
    )  # fmt: skip
    # Breaks and ends of shift stay as planned: a head changes group only where the group has one.
    changes = [
        Change(base.code, only.code, *run)
        for number, one in enumerate(people)
        for run in _runs(base.heads, number, floor.step_of(one.starts), floor.step_of(one.ends))
    ]
    return Candidate(MoveKind.SHIFT_CHANNEL, list(people), changes, 0, {"channel": short}, (only,))


def _releases(floor: Floor, wanted: Wanted) -> Iterator[Candidate]:
    """People whose shift still lasts, from the next half hour on; those there longest first."""
    seconds = (floor.at - midnight(floor.day)).total_seconds()
    at = midnight(floor.day) + (int(seconds // 1800) + 1) * 30 * MINUTE
    people = [
        Who(line, at, end_of(line))
        for line in floor.lines
        if line.at_work and line.row is not None and not line.row.locked and line.staff.pk not in floor.missing
        and at - begin_of(line) >= max(wanted.least, SHORTEST) * MINUTE and end_of(line) - at >= wanted.least * MINUTE
    ]  # fmt: skip
    for group in _by_group(floor, people):
        yield _released(floor, group[: wanted.heads])


def _released(floor: Floor, people: Sequence[Who]) -> Candidate:
    made = _made(MoveKind.RELEASE, floor, people, -1)
    heads = {group.code: group.heads for group in floor.centre.groups}
    changes = [
        Change(one.source, None, *run)
        for number, one in enumerate(made.changes)
        for run in _runs(heads[str(one.source)], number, one.since, one.until)
    ]
    return replace(made, changes=changes)


def _runs(heads: Sequence[int], number: int, since: int, until: int) -> Iterator[tuple[int, int]]:
    """Stretches between two intervals in which a group has more than ``number`` heads."""
    for there, steps in itertools.groupby(range(since, until), key=lambda step: heads[step] > number):
        run = list(steps)
        if there:
            yield run[0], run[-1] + 1


__all__ = ["STEP", "Who", "candidates", "longer"]
