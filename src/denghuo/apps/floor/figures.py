"""The floor's figures at a moment: what waits now from the tables, what has happened from the event-kept half hours.

Definitions (group standard on excellent service operation, table 1):

Forms and messages left for later are no calls for an answer: they are not counted as entered (:mod:`.subscribers`). Mail,
short messages and forms have rows of their own, but stay out of the totals and out of limits over all queues, and who
waits there counts beside the call-backs: an answer after an hour is in time there.

- connect rate 接通率 = answered / (answered + abandoned); waiting ones are not yet either.
- service level 服务水平 = answered within the queue's target / base; the base is what entered, or answered + abandoned, by
  policy ``floor.service_level_base``; short abandons are left out of it when ``floor.count_short_abandons`` is off.
- abandonment 放弃率 = abandoned / (answered + abandoned), short ones left out as above.
- ASA 平均应答速度 = waited by the answered / answered.
- occupancy 工时利用率 = (busy + wrap-up) / (busy + wrap-up + ready + offered) of the agents' seconds, states still
  running included.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from denghuo.apps.contacts.choices import CLASS_OF, AgentMode, AgentState, ChannelClass, ContactState, Handling
from denghuo.apps.contacts.models import AgentSession, Contact, Queue
from denghuo.apps.floor.choices import Measure
from denghuo.apps.floor.models import AgentDay, QueueSlot
from denghuo.apps.floor.subscribers import HALF_HOUR, slot_of
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

PERMISSION = "floor.view"
SUMMED = (
    "entered", "answered", "answered_in_time", "abandoned", "abandoned_short", "wait_seconds", "lost_seconds", "handled",
    "talk_seconds", "wrap_seconds", "returned", "transferred", "rated", "rating_sum",
)  # fmt: skip
WORKING = (AgentState.BUSY, AgentState.WRAP_UP)
#: channels on which nobody waits for an answer on the spot
DEFERRED = [channel for channel, kind in CLASS_OF.items() if kind == ChannelClass.DEFERRED]
SERVING = (*WORKING, AgentState.READY, AgentState.OFFERED)


@dataclass(frozen=True)
class Tally:
    """Sums of half hours; the ratios follow from them. None where the base is nought."""

    counts: dict[str, int]
    longest: int = 0
    count_short: bool = True
    base: str = "offered"

    def __getattr__(self, name: str) -> int:
        try:
            return self.counts.get(name, 0) if name in SUMMED else self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def lost(self) -> int:
        """Those who left, as they count."""
        return self.abandoned if self.count_short else self.abandoned - self.abandoned_short

    @property
    def connect_rate(self) -> float | None:
        return _share(self.answered, self.answered + self.abandoned)

    @property
    def service_level(self) -> float | None:
        entered = self.entered - (0 if self.count_short else self.abandoned_short)
        return _share(self.answered_in_time, entered if self.base == "offered" else self.answered + self.lost)

    @property
    def abandonment(self) -> float | None:
        return _share(self.lost, self.answered + self.lost)

    @property
    def asa(self) -> float | None:
        return self.wait_seconds / self.answered if self.answered else None

    @property
    def handle_seconds(self) -> float | None:
        return (self.talk_seconds + self.wrap_seconds) / self.handled if self.handled else None

    @property
    def rating(self) -> float | None:
        return self.rating_sum / self.rated if self.rated else None


@dataclass(frozen=True)
class Now:
    """Who waits and who is served in a queue at this moment."""

    waiting: int = 0
    callbacks: int = 0
    offered: int = 0
    in_service: int = 0
    wrap_up: int = 0
    waiting_since: dt.datetime | None = None

    def longest_wait(self, at: dt.datetime) -> float:
        """Seconds the longest has waited; 0 when nobody waits. Those to be called back wait elsewhere."""
        return max(0.0, (at - self.waiting_since).total_seconds()) if self.waiting_since else 0.0


@dataclass(frozen=True)
class Row:
    """One queue on the board."""

    queue: Queue | None
    now: Now
    today: Tally
    window: Tally


@dataclass(frozen=True)
class Board:
    """Everything the live board shows."""

    at: dt.datetime
    rows: list[Row]
    total: Row
    agents: dict[str, int]
    teams: list[dict[str, Any]] = field(default_factory=list)
    occupancy: float | None = None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def midnight(at: dt.datetime) -> dt.datetime:
    """The beginning of the business day of ``at``."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def tallies(rows: QuerySet[QueueSlot], since: dt.datetime) -> dict[int | None, Tally]:
    """Sums per queue of the half hours from ``since`` (unique index ``floor_slot_once`` begins with the slot)."""
    return {row["queue_id"]: tally for row, tally in _sums(rows, since, "queue_id")}


def _sums(rows: QuerySet[QueueSlot], since: dt.datetime, *by: str) -> list[tuple[dict[str, Any], Tally]]:
    short, base = policies.get("floor.count_short_abandons"), policies.get("floor.service_level_base")
    sums = {name: Sum(name) for name in SUMMED}
    found = rows.filter(slot__gte=since).values(*by).annotate(longest=Max("wait_longest"), **sums).order_by()
    return [(row, Tally({name: row[name] or 0 for name in SUMMED}, row["longest"] or 0, short, base)) for row in found]


def together(parts: list[Tally]) -> Tally:
    """The sum of several."""
    if not parts:
        return Tally({}, 0, policies.get("floor.count_short_abandons"), policies.get("floor.service_level_base"))
    counts = {name: sum(part.counts.get(name, 0) for part in parts) for name in SUMMED}
    return Tally(counts, max(part.longest for part in parts), parts[0].count_short, parts[0].base)


def now_by_queue(rows: QuerySet[Contact]) -> dict[int | None, Now]:
    """What waits, rings and is served per queue (the partial indexes of the open states)."""
    return {row["queue_id"]: now for row, now in _now(rows, "queue_id")}


def _now(rows: QuerySet[Contact], *by: str) -> list[tuple[dict[str, Any], Now]]:
    states = [ContactState.WAITING, ContactState.OFFERED, ContactState.IN_SERVICE, ContactState.WRAP_UP]
    live = Q(state=ContactState.WAITING, handling=Handling.LIVE) & ~Q(channel__in=DEFERRED)
    later = Q(state=ContactState.WAITING) & (~Q(handling=Handling.LIVE) | Q(channel__in=DEFERRED))
    found = (
        rows.filter(state__in=states)
        .values(*by)
        .annotate(
            waiting=Count("pk", filter=live),
            callbacks=Count("pk", filter=later),
            offered=Count("pk", filter=Q(state=ContactState.OFFERED)),
            in_service=Count("pk", filter=Q(state=ContactState.IN_SERVICE)),
            wrap_up=Count("pk", filter=Q(state=ContactState.WRAP_UP)),
            waiting_since=Min("opened_at", filter=live),
        )
        .order_by()
    )
    names = [one.name for one in fields(Now)]
    return [(row, Now(**{name: row[name] for name in names})) for row in found]


def board(actor: Actor, at: dt.datetime | None = None) -> Board:
    """The live board for the units ``actor`` may watch: seven queries whatever the size of the floor."""
    at = at or moment.now()
    window = slot_of(at - dt.timedelta(minutes=policies.get("floor.window_minutes")))
    slots = QueueSlot.objects.visible_to(actor, PERMISSION)
    today, recent = tallies(slots, midnight(at)), tallies(slots, window)
    now = now_by_queue(Contact.objects.visible_to(actor, PERMISSION))
    queues: list[Queue | None] = [*Queue.objects.filter(active=True).select_related("org")]
    seen = today.keys() | now.keys()
    paths = actor.paths_for(PERMISSION)
    queues = [queue for queue in queues if queue is not None and (queue.pk in seen or near(queue.org.path, paths))]
    if None in seen:
        queues.append(None)
    empty = together([])
    rows = [
        Row(queue, now.get(key, Now()), today.get(key, empty), recent.get(key, empty))
        for queue in queues
        for key in [queue.pk if queue else None]
    ]
    sessions = list(
        AgentSession.objects.visible_to(actor, PERMISSION).exclude(mode=AgentMode.LOGGED_OUT).select_related("org")
    )
    agents: dict[str, int] = defaultdict(int)
    for session in sessions:
        agents[session.state] += 1
    spent = seconds_by_state(actor, sessions, at)
    return Board(at, rows, _total(rows), dict(agents), _teams(sessions, spent), occupancy_of(_sum(spent.values())))


def queues_near(paths: tuple[str, ...]) -> QuerySet[Queue]:
    """Active queues that serve units on ``paths``: their unit lies above or below one of them (a few dozen rows)."""
    rows = Queue.objects.filter(active=True)
    return rows.filter(pk__in=[pk for pk, path in rows.values_list("pk", "org__path") if near(path, paths)])


def near(path: str, paths: tuple[str, ...]) -> bool:
    """Whether a queue's unit and the watched ones lie on one line of the tree."""
    return any(path.startswith(watched) or watched.startswith(path) for watched in paths)


def _total(rows: list[Row]) -> Row:
    since = [row.now.waiting_since for row in rows if row.now.waiting_since]
    counts = {
        name: sum(getattr(row.now, name) for row in rows)
        for name in ("waiting", "callbacks", "offered", "in_service", "wrap_up")
    }
    now = Now(**counts, waiting_since=min(since) if since else None)
    spot = [row for row in rows if row.queue is None or row.queue.channel_class != ChannelClass.DEFERRED]
    return Row(None, now, together([row.today for row in spot]), together([row.window for row in spot]))


def seconds_by_state(actor: Actor, sessions: list[AgentSession], at: dt.datetime) -> dict[int, dict[str, float]]:
    """Today's seconds per agent and state: completed ones from the day's rows, plus the state that still runs."""
    day = timezone.localtime(at).date()
    spent: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for row in AgentDay.objects.visible_to(actor, PERMISSION).filter(day=day):
        for state, seconds in row.seconds.items():
            spent[row.staff_id][state] += seconds
    begin = midnight(at)
    for session in sessions:
        spent[session.staff_id][session.state] += max(0.0, (at - max(begin, session.state_since)).total_seconds())
    return spent


def occupancy_of(seconds: dict[str, float]) -> float | None:
    """(busy + wrap-up) / (busy + wrap-up + ready + offered); None when nobody was there."""
    base = sum(seconds.get(state, 0) for state in SERVING)
    return sum(seconds.get(state, 0) for state in WORKING) / base if base else None


def _sum(parts: Any) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for part in parts:
        for state, seconds in part.items():
            total[state] += seconds
    return total


def _teams(sessions: list[AgentSession], spent: dict[int, dict[str, float]]) -> list[dict[str, Any]]:
    """Agents by team: how many are in which state, and how busy they were today."""
    teams: dict[int, dict[str, Any]] = {}
    for session in sessions:
        team = teams.setdefault(session.org_id, {"org": session.org, "states": defaultdict(int), "members": []})
        team["states"][session.state] += 1
        team["members"].append(session.staff_id)
    for team in teams.values():
        team["occupancy"] = occupancy_of(_sum(spent[staff] for staff in team["members"] if staff in spent))
        team["count"] = len(team["members"])
        team["states"] = dict(team["states"])
    return sorted(teams.values(), key=lambda team: team["org"].path)


class Measures:
    """Figures for thresholds at one moment. Each kind of figure is read once, for all units and queues together."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at
        self._slots: dict[dt.datetime, list[tuple[dict[str, Any], Tally]]] = {}

    def value(self, name: str, org: OrgUnit, queue_id: int | None) -> float | None:
        """A figure over ``org`` and everything below it, of one queue or all; per cent for shares, of the rolling window
        ``floor.window_minutes``. None: nothing to say yet."""
        if name in (Measure.WAITING, Measure.LONGEST_WAIT):
            found = [now for row, now in self._waiting if _within(row, org, queue_id)]
            if name == Measure.WAITING:
                return float(sum(one.waiting for one in found))
            return max((one.longest_wait(self.at) for one in found), default=0.0)
        if name in (Measure.READY_AGENTS, Measure.OCCUPANCY):
            return self._of_agents(name, org)
        tally = together([one for row, one in self._window(org) if _within(row, org, queue_id)])
        share = {
            Measure.SERVICE_LEVEL: tally.service_level,
            Measure.CONNECT_RATE: tally.connect_rate,
            Measure.ABANDONMENT: tally.abandonment,
        }[Measure(name)]
        return None if share is None else 100 * share

    @cached_property
    def _waiting(self) -> list[tuple[dict[str, Any], Now]]:
        rows = Contact.objects.filter(state=ContactState.WAITING)
        return _now(rows, "org__path", "queue_id", "queue__channel_class")

    def _window(self, org: OrgUnit) -> list[tuple[dict[str, Any], Tally]]:
        since = slot_of(self.at - dt.timedelta(minutes=policies.get("floor.window_minutes", org)))
        if since not in self._slots:
            by = ("org__path", "queue_id", "queue__channel_class")
            self._slots[since] = _sums(QueueSlot.objects.all(), since, *by)
        return self._slots[since]

    @cached_property
    def _sessions(self) -> list[AgentSession]:
        return list(AgentSession.objects.exclude(mode=AgentMode.LOGGED_OUT).select_related("org"))

    @cached_property
    def _spent(self) -> list[tuple[str, dict[str, float]]]:
        """Where each agent belongs and how their day went, those who went home included."""
        spent = seconds_by_state(Actor.system("floor"), self._sessions, self.at)
        home = AgentDay.objects.filter(day=timezone.localtime(self.at).date()).values_list("staff_id", "org__path")
        paths = dict(home) | {session.staff_id: session.org.path for session in self._sessions}
        return [(paths[staff_id], seconds) for staff_id, seconds in spent.items()]

    def _of_agents(self, name: str, org: OrgUnit) -> float | None:
        if name == Measure.READY_AGENTS:
            ready = [one for one in self._sessions if one.state == AgentState.READY]
            return float(sum(one.org.path.startswith(org.path) for one in ready))
        share = occupancy_of(_sum(seconds for path, seconds in self._spent if path.startswith(org.path)))
        return None if share is None else 100 * share


def _within(row: dict[str, Any], org: OrgUnit, queue_id: int | None) -> bool:
    """Whether a sum belongs to a unit's subtree and to a queue; mail and forms to their own queue only."""
    if not str(row["org__path"]).startswith(org.path):
        return False
    if queue_id is not None:
        return bool(row["queue_id"] == queue_id)
    return bool(row["queue__channel_class"] != ChannelClass.DEFERRED)


def day_series(actor: Actor, at: dt.datetime, queue_id: int | None = None) -> list[dict[str, Any]]:
    """The day's half hours, from the first in which anything happened to the present one, the quiet ones as noughts:
    slot, entered, answered, answered in time, abandoned."""
    rows = QueueSlot.objects.visible_to(actor, PERMISSION).filter(slot__gte=midnight(at), slot__lte=at)
    if queue_id is not None:
        rows = rows.filter(queue_id=queue_id)
    names = ("entered", "answered", "answered_in_time", "abandoned")
    sums = {f"n_{name}": Sum(name) for name in names}
    found = {row["slot"]: row for row in rows.values("slot").annotate(**sums).order_by("slot")}
    if not found:
        return []
    slot, series = min(found), []
    while slot <= at:
        series.append(found.get(slot) or {"slot": slot, **dict.fromkeys(sums, 0)})
        slot += dt.timedelta(seconds=HALF_HOUR)
    return series
