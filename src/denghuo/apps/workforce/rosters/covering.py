"""What a roster has to cover: half hours spanned by the same shifts as one need, typed needs, days nobody asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from denghuo.apps.workforce.demand.models import SLOTS
from denghuo.apps.workforce.rosters.models import DayKind, ShiftType
from denghuo.apps.workforce.rosters.reading import ONE_DAY
from denghuo.apps.workforce.rosters.source import WHOLE, Needs, Source
from denghuo.engine.rostering import Cover, Line, Person

Span = tuple[int, int]
Open = tuple[dt.date, Span, int, str]
NO_SHIFT, LAST_NIGHT = "no_shift", "last_night"


@dataclass
class Covering:
    """Needs of a period as the engine takes them. ``work``: shifts by the engine's code; ``short``, ``over``: weights.

    ``spans``: half hours of a need, past 48 on the next morning. ``open``: what no plan of the period can serve, as (date,
    span, heads missing, :data:`NO_SHIFT` or :data:`LAST_NIGHT`).
    """

    source: Source
    needs: Needs
    work: Mapping[str, ShiftType]
    short: float
    over: float
    spans: dict[Cover, list[Span]] = field(default_factory=dict)
    open: list[Open] = field(default_factory=list)

    def covers(self, given: Mapping[tuple[int, dt.date], str]) -> list[Cover]:
        """Every need; what people outside the problem work (``given``: code by person and date) is counted off."""
        there: dict[tuple[int, str], list[int]] = {}
        for (pk, day), code in given.items():
            there.setdefault((self._number(day), code), []).append(pk)
        found = [self._without(cover, there) for cover in self._half_hours()]
        return found + [self._without(cover, there) for cover in self._typed()]

    def as_planned(self, covers: Sequence[Cover], people: Sequence[Person], lines: Mapping[str, Line]) -> list[Cover]:
        """Needs as far as the plan serves them now: an adjustment makes up for an absence and mends nothing else."""
        found = []
        for cover in covers:
            there = 0
            for person in people:
                if not cover.skill or cover.skill in person.skills:
                    line = lines[person.code]
                    eve = line[cover.day - 1] if cover.day else person.history[-1]
                    there += (line[cover.day] in cover.shifts) + (eve in cover.eve_shifts)
            found.append(self._same(cover, min(cover.heads, there)))
        return found

    def _half_hours(self) -> list[Cover]:
        """Needs of days known by half hour: those spanned by the same shifts are one, at their maximum.

        What only shifts of the evening before span is a need of that evening.
        """
        groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = {}
        for slot in range(SLOTS):
            groups.setdefault((self._spanning(slot), self._spanning(slot + SLOTS)), []).append(slot)
        first, last = self.source.period.first, self.source.period.last
        heads: dict[tuple[dt.date, tuple[str, ...], tuple[str, ...]], dict[str, int]] = {}
        slots_of: dict[tuple[dt.date, tuple[str, ...], tuple[str, ...]], list[int]] = {}
        for day, by_key in sorted(self.needs.slots.items()):
            for (today, eve), slots in groups.items():
                place = (day, today, eve)
                if not today and eve and day > first:
                    place, slots = (day - ONE_DAY, eve, ()), [slot + SLOTS for slot in slots]
                elif day > last:
                    continue
                elif not today:
                    self._note(day, eve, by_key, slots)
                    continue
                most = heads.setdefault(place, {})
                for key, column in by_key.items():
                    most[key] = max(most.get(key, 0), *(column[slot % SLOTS] for slot in slots))
                slots_of.setdefault(place, []).extend(slots)
        found = []
        for (day, today, eve), by in heads.items():
            for key, many in _asked(by).items():
                cover = self._cover(day, today, many, key, eve)
                self.spans[cover] = spans_of(slots_of[day, today, eve])
                found.append(cover)
        return found

    def _note(self, day: dt.date, eve: tuple[str, ...], by_key: Mapping[str, list[int]], slots: Sequence[int]) -> None:
        """What the period cannot serve: no shift spans it, or only those of the evening before its first day."""
        whole, there = by_key[WHOLE], 0
        if eve:
            rows = [rows.get(day - ONE_DAY) for rows in self.source.by_person.values()]
            there = sum(row is not None and row.kind == DayKind.WORK and f"w{row.shift_id}" in eve for row in rows)
        for begin, end in spans_of([slot for slot in slots if whole[slot] > there]):
            self.open.append((day, (begin, end), max(whole[begin:end]) - there, LAST_NIGHT if eve else NO_SHIFT))

    def _typed(self) -> list[Cover]:
        """Needs typed by shift; on a day nobody asks for, nobody is wanted."""
        found = []
        for day in self.source.days:
            asked: set[str] = set()
            for name, many in self.needs.typed.get(day, {}).items():
                codes = tuple(code for code, one in self.work.items() if one.code == name)
                asked |= set(codes)
                if codes:
                    found.append(self._cover(day, codes, many))
            rest = tuple(code for code in self.work if code not in asked)
            if day not in self.needs.slots and rest:
                found.append(self._cover(day, rest, 0))
        return found

    def _without(self, cover: Cover, there: Mapping[tuple[int, str], list[int]]) -> Cover:
        able = self.needs.skilled.get(cover.skill, frozenset()) if cover.skill else None
        who = [pk for code in cover.shifts for pk in there.get((cover.day, code), ())]
        who += [pk for code in cover.eve_shifts for pk in there.get((cover.day - 1, code), ())]
        return self._same(cover, max(0, cover.heads - sum(able is None or pk in able for pk in who)))

    def _same(self, cover: Cover, heads: int) -> Cover:
        """The need with other heads, its half hours kept."""
        changed = replace(cover, heads=heads)
        if cover in self.spans:
            self.spans[changed] = self.spans[cover]
        return changed

    def _cover(
        self, day: dt.date, today: tuple[str, ...], heads: int, key: str = WHOLE, eve: tuple[str, ...] = ()
    ) -> Cover:  # fmt: skip
        return Cover(self._number(day), today, heads, self.short, self.over, key, eve)

    def _number(self, day: dt.date) -> int:
        return (day - self.source.period.first).days

    def _spanning(self, slot: int) -> tuple[str, ...]:
        begin, end = slot * 30, slot * 30 + 30
        return tuple(
            code for code, one in self.work.items() if start_of(one) <= begin and end <= start_of(one) + one.minutes
        )


def start_of(shift: ShiftType) -> int:
    """Minutes from midnight."""
    return shift.start.hour * 60 + shift.start.minute


def spans_of(slots: Sequence[int]) -> list[Span]:
    """Neighbouring half hours as spans, the end not included."""
    found: list[Span] = []
    for slot in slots:
        if found and found[-1][1] == slot:
            found[-1] = (found[-1][0], slot + 1)
        else:
            found.append((slot, slot + 1))
    return found


def _asked(heads: Mapping[str, int]) -> dict[str, int]:
    """Keys that make a need: everybody's, at 0 too as surplus costs, unless the same heads are asked for with a skill."""
    skilled = {key: many for key, many in heads.items() if key != WHOLE and many > 0}
    whole = heads.get(WHOLE, 0)
    return skilled if whole in skilled.values() else skilled | {WHOLE: whole}
