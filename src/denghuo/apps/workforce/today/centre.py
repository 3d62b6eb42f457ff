"""The running day as the simulation takes it: queues with what is still expected, people by what they can take.

Five-minute intervals of the local day, so that breaks, late beginnings and ends of shifts fall where they fall.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from denghuo.apps.contacts.actions.queues import MOST_ECHELON
from denghuo.apps.contacts.choices import AgentState, ChannelClass, ContactState, Handling
from denghuo.apps.contacts.loads import CLASSES, capacity_of
from denghuo.apps.contacts.models import AgentProfile, AgentSession, Contact, Queue
from denghuo.apps.contacts.plans import plans_in_force
from denghuo.apps.contacts.plans.compiling import engine_echelon, engine_plan, settings
from denghuo.apps.contacts.reach import skills_of
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.demand.making import queues_under
from denghuo.apps.workforce.demand.playing import spread_of
from denghuo.apps.workforce.demand.reading import days_of
from denghuo.apps.workforce.demand.staffing import Aims, aims_of, handling_of, slowing_of
from denghuo.apps.workforce.today import reading, watching
from denghuo.apps.workforce.today.adherence import OFF, WORK
from denghuo.apps.workforce.today.reading import Line
from denghuo.core import moment
from denghuo.core.scoping.models import OrgUnit

if TYPE_CHECKING:  # the engine compiles when it is first used: in a worker, not on a page
    from denghuo.engine.simulation import Centre, Group, Now
    from denghuo.engine.simulation import Queue as Stream

STEP: Final = 300  # seconds of an interval
STEPS: Final = 288
PER_SLOT: Final = 6
SERVING = (AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP)


@dataclass
class Floor:
    """A unit's running day. ``group_of``: code of the group by staff id; ``missing``: people planned now who are not there,
    left out of the rest of the day; ``states_known``: False where nobody has a state today, so that the plan is taken as it is."""

    unit: OrgUnit
    day: dt.date
    at: dt.datetime
    centre: Centre
    now: Now
    queues: list[Queue]
    aims: dict[str, Aims]
    lines: list[Line]
    group_of: dict[int, str] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    states_known: bool = True

    def step_of(self, at: dt.datetime) -> int:
        """The interval of a moment of the day, 0 to 288."""
        return min(STEPS, max(0, int((at - midnight(self.day)).total_seconds() // STEP)))


def floor_of(unit: OrgUnit, reserves: Collection[int] = ()) -> Floor | None:
    """Today's floor of a unit; None without a forecast for any queue that is answered on the spot, or without people.

    People of ``reserves`` and those on standby get groups without heads, for moves to put them in. Work that can lie is left
    out: people do it when nobody calls. The number of statements grows with the queues alone.
    """
    from denghuo.engine.simulation import Centre

    at = moment.now()
    day, start = reading.today(), midnight(reading.today())
    step = min(STEPS - 1, int((at - start).total_seconds() // STEP))
    queues = [one for one in queues_under(unit) if one.channel_class != ChannelClass.DEFERRED]
    streams, aims = _streams(queues, day, at)
    lines = _lines(unit, day)
    if not streams or not (lines or reserves):
        return None
    known = [one for one in queues if one.code in aims]
    known_states = any(line.actual for line in lines)
    missing = {line.staff.pk for line in lines if known_states and line.at_work and _is_missing(line)}
    group_of, groups = _groups(unit, lines, reserves, missing, start.timestamp())
    spread = max((spread_of(one, day) for one in known), default=0.0)
    centre = Centre(
        tuple(streams), tuple(groups), interval=float(STEP), busyness=min(spread, 0.5), settings=settings(unit)
    )
    return Floor(
        unit, day, at, centre, _now(known, group_of, step, at), known, aims, lines, group_of, missing, known_states
    )


def _lines(unit: OrgUnit, day: dt.date) -> list[Line]:
    """Shifts of the day, and those of the night before that reach into it."""
    night = reading.lines(unit, day - dt.timedelta(days=1), others=True)
    start = midnight(day).timestamp()
    return [*(one for one in night if one.planned[-1].end > start), *reading.lines(unit, day, others=True)]


def _streams(queues: Sequence[Queue], day: dt.date, at: dt.datetime) -> tuple[list[Stream], dict[str, Aims]]:
    from denghuo.engine import simulation

    plans = plans_in_force(queues, at)
    found, aims = [], {}
    for queue in queues:
        days = days_of(queue.org, queue, day, day)
        if not days:
            continue
        contacts, handling = days[0].mean.clip(min=0.0), handling_of(queue, days[0])
        total = float(contacts.sum())
        mean = float((contacts * handling).sum() / total) if total > 0 else float(handling.mean())
        aims[queue.code] = own = aims_of(queue)
        slower = slowing_of(queue.org) if queue.channel_class == ChannelClass.CHAT else [1.0]
        found.append(
            simulation.Queue(
                queue.code, tuple(float(n) / PER_SLOT for n in contacts for _ in range(PER_SLOT)),
                simulation.Times(mean), simulation.Times(own.patience), within=own.within,
                slowing=(slower[-1] - 1.0) / (len(slower) - 1) if len(slower) > 1 else 0.0,
                routing=engine_plan(plans[queue.pk], queue.code, queue.channel_class),
            )
        )  # fmt: skip
    return found, aims


def _is_missing(line: Line) -> bool:
    """Planned at work now and signed off, for longer than is tolerated."""
    if line.found is None or not line.found.deviations or not line.out_now:
        return False
    last = line.found.deviations[-1]
    return last.kind in ("late", "absent", "away", "early") and (not line.actual or line.actual[-1].kind == OFF)


@dataclass(frozen=True)
class Kind:
    """What makes people alike for the router: skills, places by channel class, echelon."""

    skills: tuple[tuple[str, int], ...]
    places: tuple[int, int, int]
    echelon: int


def _groups(
    unit: OrgUnit, lines: Sequence[Line], reserves: Collection[int], missing: set[int], start: float
) -> tuple[dict[int, str], list[Group]]:
    ids = {line.staff.pk for line in lines} | set(reserves)
    skills = skills_of(ids)
    profiles = {row.staff_id: row for row in AgentProfile.objects.filter(staff__in=ids)}
    called = watching.called_in(unit)
    up_to = called.echelon if called else 0
    kinds = {
        one: _kind(skills.get(one, {}), profiles.get(one), unit, MOST_ECHELON if one in reserves else up_to)
        for one in sorted(ids)
    }
    order = sorted(set(kinds.values()), key=lambda kind: (kind.skills, kind.places, kind.echelon))
    codes = {kind: f"g{number}" for number, kind in enumerate(order)}
    heads = {kind: [0] * STEPS for kind in order}
    for line in lines:
        if line.at_work and line.staff.pk not in missing:
            _count(heads[kinds[line.staff.pk]], line, start)
    return {one: codes[kind] for one, kind in kinds.items()}, [
        group_of_kind(codes[kind], kind, heads[kind]) for kind in order
    ]


def _kind(skills: Mapping[str, int], profile: AgentProfile | None, unit: OrgUnit, called: int) -> Kind:
    """Reserves up to echelon ``called`` serve like the regular floor, as the live router has it; others when a step of a
    queue's ladder admits them."""
    places = capacity_of(profile, unit)
    own = profile.echelon if profile else 0
    echelon = 0 if own <= called else engine_echelon(own)
    return Kind(tuple(sorted(skills.items())), tuple(places[str(one)] for one in CLASSES), echelon)  # type: ignore[arg-type]


def group_of_kind(code: str, kind: Kind, heads: Sequence[int]) -> Group:
    """The engine's group. Of places for work that can lie none is taken: that work is not played."""
    from denghuo.engine.simulation import Group

    voice, chat, _deferred = kind.places
    return Group(code, tuple(heads), skills=dict(kind.skills), capacity=(voice, chat, 0), echelon=kind.echelon)


def _count(heads: list[int], line: Line, start: float) -> None:
    """One head in every interval in whose middle work is planned."""
    for one in line.planned:
        if one.kind != WORK:
            continue
        first = max(0, -int(-(one.begin - start - STEP / 2) // STEP))
        last = min(STEPS, -int(-(one.end - start - STEP / 2) // STEP))
        for step in range(first, last):
            heads[step] += 1


def _now(queues: Sequence[Queue], group_of: Mapping[int, str], step: int, at: dt.datetime) -> Now:
    """Who waits and who is busy at this moment; two statements."""
    from denghuo.engine.simulation import Now

    codes = {queue.pk: queue.code for queue in queues}
    waiting: dict[str, list[float]] = defaultdict(list)
    rows = Contact.objects.filter(state=ContactState.WAITING, handling=Handling.LIVE, queue__in=list(codes))
    for queue_id, entered, opened in rows.values_list("queue_id", "entered_at", "opened_at"):
        waiting[codes[queue_id]].append(max(0.0, (at - (entered or opened)).total_seconds()))
    busy: dict[str, int] = defaultdict(int)
    serving = AgentSession.objects.filter(staff__in=list(group_of), state__in=SERVING)
    for staff_id in serving.values_list("staff_id", flat=True):
        busy[group_of[staff_id]] += 1
    return Now(step, {code: tuple(sorted(waits, reverse=True)) for code, waits in waiting.items()}, dict(busy))


@dataclass(frozen=True)
class Change:
    """A head more (or with ``-1`` less) in a group, or from ``source`` to ``target``, between two intervals of the day."""

    source: str | None
    target: str | None
    since: int
    until: int


def changed(centre: Centre, changes: Iterable[Change], more: Sequence[Group] = ()) -> Centre:
    """The centre with all changes made; ``more`` are groups it does not have yet. Raises ValueError as the engine."""
    from denghuo.engine.simulation import moved

    found = replace(centre, groups=(*centre.groups, *more)) if more else centre
    for one in changes:
        if one.since < one.until:
            found = moved(found, one.source, one.target, 1, one.since, one.until)
    return found
