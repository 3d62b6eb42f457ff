"""What a plan is made from: the crews, orders and waiting requests of an area at a moment, as the engine reads them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db.models import Q

from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, Crew, WorkOrder
from denghuo.apps.field.planning import rules, travelling
from denghuo.apps.field.planning.models import DispatchLock
from denghuo.apps.field.queries import PROGRESS, promise_of
from denghuo.apps.field.suggestions import place_of, skills_for
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction.queries import Told, latest_for
from denghuo.apps.requests.priority import priority_of, traits_of
from denghuo.core import moment
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clocks_for_many
from denghuo.core.scoping.models import OrgUnit, units_under
from denghuo.engine import dispatch
from denghuo.engine.dispatch import Plan, Problem

MINUTE: Final = dt.timedelta(minutes=1)
WAITING: Final = "waiting"
UNDER_WAY: Final = (OrderState.ARRIVED, OrderState.DEPARTED)
MOVABLE: Final = (OrderState.SENT, OrderState.ACCEPTED)
#: By request: where a dispatcher dropped it: ``crew``, and the requests ``after`` and ``before`` which it is visited.
Pins = Mapping[str, Mapping[str, int | None]]
_RELATED: Final = ("org", "account", "transformer")


@dataclass(frozen=True, slots=True)
class Task:
    """One visit to plan: an order in a crew's hands, or a request that waits for one (``order`` None)."""

    request: Request
    order: WorkOrder | None
    place: tuple[float, float]
    minutes: float
    promised_at: dt.datetime | None
    priority: float
    emergency: str
    lock: int | None
    told: Told | None

    @property
    def state(self) -> str:
        return WAITING if self.order is None else str(self.order.state)

    @property
    def key(self) -> int:
        return self.request.pk

    @property
    def movable(self) -> bool:
        """Whether it may go to another crew: not on its way, not on site, not come back for more work."""
        return self.order is None or (self.order.state in MOVABLE and self.order.visit == 1)


@dataclass(frozen=True)
class Situation:
    """An area at ``now``. ``problem`` counts minutes from then; ``current`` is what crews have in hand, in the sequence of the
    last plan. ``unplaced``: requests whose place nobody knows. ``learned``: share of the driving times that are learned.
    ``pins``: places in the sequence that still hold."""

    area: OrgUnit
    now: dt.datetime
    crews: tuple[Crew, ...]
    tasks: tuple[Task, ...]
    problem: Problem
    current: Plan
    unplaced: tuple[int, ...]
    learned: float
    digest: str
    by_key: Mapping[int, int] = field(default_factory=dict)
    pins: Pins = field(default_factory=dict)

    def crew_index(self, crew_id: int | None) -> int | None:
        return next((number for number, crew in enumerate(self.crews) if crew.pk == crew_id), None)

    def pinned(self, pins: Pins) -> Situation:
        """The same with other places fixed."""
        return replace(self, pins=pins, problem=replace(self.problem, sequence=_pairs(pins, self.by_key)))

    def at(self, minutes: float) -> dt.datetime:
        return self.now + minutes * MINUTE


def read(
    area: OrgUnit,
    sequence: Mapping[int, list[int]] | None = None,
    now: dt.datetime | None = None,
    pins: Pins | None = None,
) -> Situation:
    """The area as it stands; ``sequence`` gives the last plan's requests by crew, ``pins`` the places fixed in it. Ten
    queries, however many orders.

    Crews of the area that are on duty, and those from elsewhere that were lent to it; its requests that wait, and every
    open order of either (indexes requests_org_state, field_order_running, field_order_open).
    """
    now, units = now or moment.now(), units_under((area.path,))
    orders = _open_orders(units)
    waiting = Request.objects.filter(org__in=units, state=RequestState.ACCEPTED, type=RequestType.FAULT_REPORT)
    requests = [order.request for order in orders]
    requests += list(waiting.filter(held_at=None).select_related(*_RELATED).order_by("accepted_at", "pk"))
    crews = _crews(units, {order.crew_id for order in orders})
    tasks, unplaced = _tasks(requests, {order.request_id: order for order in orders}, now)
    home = frozenset(n for n, crew in enumerate(crews) if crew.org.path.startswith(area.path) and crew.on_duty)
    held = _held(crews, tasks, sequence or {}, rules.frozen_next(area) > 0)
    frozen = [_frozen(tasks, route, area) for route in held]
    matrices = travelling.matrices(area, _starts(crews, tasks, held), tasks, now)
    problem = Problem(
        tuple(_crew(number, crew, frozen[number], area, now) for number, crew in enumerate(crews)),
        tuple(_order(number, task, crews, home, area, now) for number, task in enumerate(tasks)),
        matrices.minutes, matrices.km, rules.weights(area),
    )  # fmt: skip
    current = Plan(tuple(tuple(route) for route in held), stock=(-1,) * len(crews))
    by_key = {task.key: number for number, task in enumerate(tasks)}
    kept = _still_pinned(pins or {}, tasks, by_key)
    digest = _digest(area, crews, tasks, unplaced, kept)
    found = Situation(
        area, now, tuple(crews), tuple(tasks), problem, current, tuple(unplaced), matrices.learned, digest, by_key
    )
    return found.pinned(kept)


def _still_pinned(pins: Pins, tasks: list[Task], by_key: Mapping[int, int]) -> Pins:
    """Pins whose request is still locked with the crew it was dropped on, and not under way."""
    kept = {}
    for key, pin in pins.items():
        number = by_key.get(int(key))
        if number is not None and tasks[number].lock == pin["crew"] and tasks[number].state not in UNDER_WAY:
            kept[key] = dict(pin)
    return kept


def _pairs(pins: Pins, by_key: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    """The engine's pairs (first, then). A neighbour that has been finished no longer binds."""
    pairs = []
    for key, pin in pins.items():
        own, after, before = by_key[int(key)], by_key.get(pin["after"] or 0), by_key.get(pin["before"] or 0)
        pairs += [(after, own)] if after is not None else []
        pairs += [(own, before)] if before is not None else []
    return tuple(pairs)


def _open_orders(units: Any) -> list[WorkOrder]:
    rows = WorkOrder.objects.filter(Q(org__in=units) | Q(crew__org__in=units), state__in=OPEN_STATES)
    related = ("crew__org", *(f"request__{name}" for name in _RELATED))
    return list(rows.select_related(*related).order_by("sent_at", "pk"))


def _crews(units: Any, holders: set[int]) -> list[Crew]:
    wanted = Q(org__in=units, on_duty=True) | Q(pk__in=holders)
    return list(Crew.objects.filter(wanted).select_related("org").order_by("code"))


def _tasks(requests: list[Request], orders: Mapping[int, WorkOrder], now: dt.datetime) -> tuple[list[Task], list[int]]:
    keys = [request.pk for request in requests]
    clocks, traits, told = clocks_for_many("request", keys, live=True), traits_of(requests), latest_for(requests)
    locks = dict(DispatchLock.objects.filter(request_id__in=keys).values_list("request_id", "crew_id"))
    tasks, unplaced = [], []
    for request in requests:
        order = orders.get(request.pk)
        place = place_of(request) if order is None else _place(order)
        if place is None:
            unplaced.append(request.pk)
            continue
        running = clocks[request.pk]
        tasks.append(
            Task(
                request=request,
                order=order,
                place=place,
                minutes=rules.minutes_on_site(request, order, told.get(request.pk), now),
                promised_at=_promised({clock.kind: clock for clock in running}, order),
                priority=priority_of(request, running, now, traits[request.pk]).total,
                emergency=rules.emergency(request, traits[request.pk]),
                lock=locks.get(request.pk),
                told=told.get(request.pk),
            )
        )
    return tasks, unplaced


def _place(order: WorkOrder) -> tuple[float, float]:
    """Where an order is; one that nobody has placed is where its crew is."""
    if order.lon is not None and order.lat is not None:
        return order.lon, order.lat
    return place_of(order.request) or (order.crew.lon, order.crew.lat)


def _promised(clocks: dict[str, Clock], order: WorkOrder | None) -> dt.datetime | None:
    """The limit of arrival; none once the crew is there."""
    clock = promise_of(clocks)
    return None if clock is None or (order is not None and order.arrived_at is not None) else clock.due_at


def _held(
    crews: list[Crew], tasks: list[Task], sequence: Mapping[int, list[int]], accepted_first: bool
) -> list[list[int]]:
    """Order numbers by crew: what is under way first, then the last plan's sequence, then the time of sending."""
    rank = {key: place for keys in sequence.values() for place, key in enumerate(keys)}
    index = {crew.pk: number for number, crew in enumerate(crews)}
    held: list[list[int]] = [[] for _crew in crews]
    for number, task in enumerate(tasks):
        if task.order is not None:
            held[index[task.order.crew_id]].append(number)
    for route in held:
        route.sort(key=lambda number: _turn(tasks[number], rank, accepted_first))
    return held


def _turn(task: Task, rank: Mapping[int, int], accepted_first: bool) -> tuple[int, int, dt.datetime]:
    assert task.order is not None
    step = PROGRESS[task.order.state]
    if task.order.state not in UNDER_WAY and not (accepted_first and task.order.state == OrderState.ACCEPTED):
        step = PROGRESS["sent"]
    return step, rank.get(task.key, len(rank)), task.order.sent_at


def _frozen(tasks: list[Task], route: list[int], area: OrgUnit) -> int:
    """How many leading stops keep their crew and place: those under way, and the next accepted ones by policy."""
    count = sum(tasks[number].state in UNDER_WAY for number in route)
    for number in route[count : count + rules.frozen_next(area)]:
        if tasks[number].state != OrderState.ACCEPTED:
            break
        count += 1
    return count


def _starts(crews: list[Crew], tasks: list[Task], held: list[list[int]]) -> list[tuple[float, float]]:
    """Where each crew is: at the order it works on, else where it was last heard of, else at its base."""
    found = []
    for crew, route in zip(crews, held, strict=True):
        first = tasks[route[0]] if route else None
        if first is not None and first.state == OrderState.ARRIVED:
            found.append(first.place)
        elif crew.positioned_at is None:
            found.append((crew.base_lon, crew.base_lat))
        else:
            found.append((crew.lon, crew.lat))
    return found


def _crew(number: int, crew: Crew, frozen: int, area: OrgUnit, now: dt.datetime) -> dispatch.Crew:
    rest = rules.break_from(crew.org, now)
    return dispatch.Crew(
        start=number,
        shift_end=rules.shift_end(crew.org, now),
        overtime_max=rules.overtime_max(crew.org),
        skills=rules.mask(crew.skills),
        break_from=None if rest is None else rest[0],
        break_minutes=0.0 if rest is None else rest[1],
        frozen=frozen,
    )


def _order(
    number: int, task: Task, crews: list[Crew], home: frozenset[int], area: OrgUnit, now: dt.datetime
) -> dispatch.Order:
    own = None
    if task.order is not None:
        own = next(place for place, crew in enumerate(crews) if crew.pk == task.order.crew_id)
    costs = rules.costs(area)
    factor = (1 + costs["priority"] * task.priority) * (costs["emergency"] if task.emergency else 1)
    return dispatch.Order(
        place=len(crews) + number,
        minutes=task.minutes,
        promise=rules.minutes_until(task.promised_at, now),
        breach=costs["breach"] * factor,
        late=costs["late"] * factor,
        unserved=costs["unserved"] * factor,
        emergency=bool(task.emergency),
        skills=rules.mask(skills_for(task.request)[0]),
        crew=own,
        only=_only(task, own, crews, home, area),
    )


def _only(task: Task, own: int | None, crews: list[Crew], home: frozenset[int], area: OrgUnit) -> frozenset[int]:
    """Crews that may take it. A pin counts while its crew is here; another county's order stays with its crew."""
    if own is not None and (not task.movable or not task.request.org.path.startswith(area.path)):
        return frozenset({own})
    pinned = next((number for number, crew in enumerate(crews) if crew.pk == task.lock), None)
    if pinned is not None:
        return frozenset({pinned})
    return home | ({own} if own is not None else set())


def _digest(area: OrgUnit, crews: list[Crew], tasks: list[Task], unplaced: list[int], pins: Pins) -> str:
    """Over all that the plan depends on but the time: the same digest means nothing has happened."""
    rows: list[Any] = [
        [crew.pk, crew.org_id, round(crew.lon, 3), round(crew.lat, 3), sorted(crew.skills)] for crew in crews
    ]
    rows += [
        [
            task.key, task.state, task.order.pk if task.order else 0, task.order.crew_id if task.order else 0,
            str(task.promised_at), task.emergency, task.lock, task.request.fault_class, task.place,
        ]
        for task in tasks
    ]  # fmt: skip
    weights = rules.weights(area)
    rows.append([unplaced, str(weights), sorted(rules.costs(area).items()), rules.frozen_next(area)])
    rows.append([[key, sorted(pin.items())] for key, pin in sorted(pins.items())])
    return hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()
