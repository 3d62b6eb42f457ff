"""Heads that queues need by half hour, and the reason. For a worker or a single interval: the engine compiles when first used."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.contacts.models import Queue
from denghuo.apps.workforce.demand.counting import Floats
from denghuo.apps.workforce.demand.making import plain
from denghuo.apps.workforce.demand.models import SLOTS, RequirementDay
from denghuo.apps.workforce.demand.reading import Day, days_of
from denghuo.apps.workforce.demand.tables import for_queue, shrinkage_shares
from denghuo.core import moment, policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine import queueing

#: bound of work that can lie: no target of waiting, but a deadline
LIES: Final = 6
SECONDS: Final = 1800.0
MOST_WAIT: Final = 99_999.0


@dataclass(frozen=True)
class Aims:
    """Targets of one queue as policies give them; 0 for none. ``within``, ``answer``, ``patience`` in seconds."""

    service_level: float
    within: float
    answer: float
    abandoned: float
    occupancy: float
    fewest: int
    patience: float

    def targets(self) -> queueing.Targets:
        """As the engine takes them."""
        return queueing.Targets(
            self.service_level or None, self.within, self.answer or None, self.abandoned or None,
            self.occupancy or None, self.fewest,
        )  # fmt: skip


def aims_of(queue: Queue) -> Aims:
    """The queue's targets in force."""
    names = ("service_level", "within", "answer", "abandoned", "occupancy", "fewest")
    values = {name: for_queue(f"workforce.target.{name}", queue, queue.org) for name in names}
    patience = for_queue("workforce.patience", queue, queue.org)
    return Aims(**(values | {"fewest": int(values["fewest"])}), patience=patience or math.inf)  # type: ignore[arg-type]


def slowing_of(org: OrgUnit) -> list[float]:
    """How many times longer a chat takes when one agent holds 1, 2, … of them."""
    table = policies.get("workforce.chat.slowing", org)
    return [float(table[key]) for key in sorted(table, key=int)]


def window_slots(org: OrgUnit) -> tuple[int, int]:
    """First and one past the last half hour in which work that can lie is done."""
    window = policies.get("workforce.deferred.window", org)
    start, end = (dt.time.fromisoformat(window[name]) for name in ("from", "to"))
    first, last = start.hour * 2 + start.minute // 30, end.hour * 2 + -(-end.minute // 30)
    return (first, last) if last > first else (0, SLOTS)


def required(queue: Queue, contacts: Floats, handling: Floats, aims: Aims) -> queueing.Requirement:
    """Heads of one queue for a day of half hours: voice by a load that moves, chats held side by side, the rest spread."""
    patience = aims.patience
    if queue.channel_class == ChannelClass.DEFERRED:
        return _spread(queue, contacts, handling)
    if queue.channel_class == ChannelClass.CHAT:
        return queueing.chat_requirement(contacts, handling, aims.targets(), slowing_of(queue.org), patience=patience)
    return queueing.moving_requirement(contacts, handling, aims.targets(), patience=patience)


def _spread(queue: Queue, contacts: Floats, handling: Floats) -> queueing.Requirement:
    """Equal heads over the window; what comes outside it waits for its beginning."""
    first, last = window_slots(queue.org)
    items = contacts.copy()
    items[first] += items[:first].sum() + items[last:].sum()
    items = items[first:last]
    hours = handling[first:last]
    within = int(policies.get("workforce.deferred.within", queue.org) // 30)
    more = queueing.deferred_requirement(items, hours, np.zeros(len(items)), min(within, max(len(items) - 1, 0)))
    heads = np.zeros(SLOTS, np.int64)
    heads[first:last] = math.ceil(more)
    laid = queueing.spread_deferred(items, hours, heads[first:last].astype(float), within)
    level, none = np.full(SLOTS, laid.in_time), np.zeros(SLOTS)
    busy = np.zeros(SLOTS)
    if more > 0:
        busy[first:last] = np.minimum(1.0, laid.done / (SECONDS * math.ceil(more)))
    bound = np.where(heads > 0, LIES, 0).astype(np.int64)
    return queueing.Requirement(heads, bound, queueing.Measures(heads, none, level, none, none, none, none, busy))


def make(
    queues: Sequence[Queue], first: dt.date, last: dt.date, advance: Callable[[], None] = lambda: None
) -> list[RequirementDay]:
    """Required heads of every queue for every day with a forecast, not yet kept."""
    rows: list[RequirementDay] = []
    for queue in queues:
        aims, shares = aims_of(queue), list(shrinkage_shares(queue.org).values())
        rows.extend(_row(queue, day, aims, shares) for day in days_of(queue.org, queue, first, last))
        advance()
    return rows


def handling_of(queue: Queue, day: Day) -> Floats:
    """Mean seconds a contact takes by half hour; the policy's where the forecast has none."""
    values = np.array(day.row.handle_seconds or [0.0] * SLOTS)
    return np.where(values > 0, values, for_queue("workforce.handling", queue, queue.org))


def _row(queue: Queue, day: Day, aims: Aims, shares: list[float]) -> RequirementDay:
    handling = handling_of(queue, day)
    found = required(queue, np.maximum(day.mean, 0.0), handling, aims)
    given = found.measures
    return RequirementDay(
        org=queue.org, queue=queue, day=day.day, run_id=day.row.run_id, made_at=moment.now(),
        contacts=plain(day.mean), handling=plain(handling, 1), heads=[int(n) for n in found.heads],
        rostered=[int(n) for n in queueing.scheduled(found.heads, shares)], bound=[int(n) for n in found.bound],
        service_level=plain(given.service_level, 4), answer=plain(np.minimum(given.answer, MOST_WAIT), 1),
        abandoned=plain(given.abandoned, 4), occupancy=plain(given.occupancy, 4),
        beside=_beside(queue, felt(queue, np.maximum(day.mean, 0.0), handling), handling, found.heads, aims),
        targets={key: value for key, value in asdict(aims).items() if math.isfinite(value)},
    )  # fmt: skip


def felt(queue: Queue, contacts: Floats, handling: Floats) -> Floats:
    """Contacts by half hour that would make the heaviest load of that half hour, did it last: what heads are worked out for.
    Chats are staffed by their half hour's own contacts."""
    if queue.channel_class == ChannelClass.CHAT:
        return contacts
    load = queueing.offered_load(contacts, handling)
    return np.asarray(load.max(axis=1) / handling * SECONDS)


def _beside(queue: Queue, contacts: Floats, handling: Floats, heads: Floats, aims: Aims) -> dict[str, dict[str, Any]]:
    """What one head fewer and one more would give, by half hour; nothing for work that can lie."""
    if queue.channel_class == ChannelClass.DEFERRED:
        return {}
    found = {}
    for name, step in (("fewer", -1), ("more", 1)):
        numbers = np.maximum(heads + step, 0)
        if queue.channel_class == ChannelClass.CHAT:
            given = queueing.chat_measures(
                contacts, handling, numbers, slowing_of(queue.org), patience=aims.patience, within=aims.within
            )
        else:
            given = queueing.measures(contacts, handling, numbers, patience=aims.patience, within=aims.within)
        found[name] = {
            "heads": [int(number) for number in numbers], "service_level": plain(given.service_level, 4),
            "answer": plain(np.minimum(given.answer, MOST_WAIT), 1), "abandoned": plain(given.abandoned, 4),
            "occupancy": plain(given.occupancy, 4),
        }  # fmt: skip
    return found


def requirements(queue_ids: Sequence[int], first: dt.date, last: dt.date) -> dict[tuple[int, dt.date], RequirementDay]:
    """Required heads by queue and day, for whoever plans shifts (unique index of queue and day)."""
    rows = RequirementDay.objects.select_related("queue").filter(queue__in=queue_ids, day__gte=first, day__lte=last)
    return {(row.queue_id, row.day): row for row in rows}
