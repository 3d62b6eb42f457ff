"""The fault reports of the past as rows to learn from."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.prediction import capacity
from denghuo.apps.requests.prediction.factors import Bands, levels_of, picked
from denghuo.apps.requests.prediction.weather import Skies
from denghuo.engine.prediction import Row

EPOCH: Final = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
MINUTE: Final = dt.timedelta(minutes=1)
#: in these states a report is still being worked on and loads its unit
UNDER_WAY: Final = (
    RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.DISPATCHED, RequestState.REWORK,
)  # fmt: skip
WANTED: Final = (
    "id", "org_id", "org__path", "state", "submitted_at", "accepted_at", "arrived_at", "restored_at", "returned_at",
    "archived_at", "phenomenon", "fault_class", "class_code", "area_type", "urgency", "round", "held_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One report of the past: its times, and its levels when it was submitted and when it was accepted."""

    request_id: int
    submitted_at: dt.datetime
    accepted_at: dt.datetime | None
    intake: dict[str, str]
    accepted: dict[str, str] | None
    durations: tuple[float, ...]
    open_for: float | None

    def row(self, part: str) -> Row:
        """For the part fitted on ``intake`` or ``accepted`` levels. A case not accepted yet has no ``accepted`` row."""
        levels = self.intake if part == "intake" else self.accepted
        assert levels is not None
        at = (self.submitted_at - EPOCH).total_seconds() / 86400
        return Row(at, picked(levels, part), self.durations, self.open_for)


def cases(since: dt.datetime, until: dt.datetime) -> list[Case]:
    """Fault reports submitted in the period, oldest first, as they stand at ``until``. Reports merged into another are
    left out: their times are the master's. Three queries (index requests_newest)."""
    rows = list(
        Request.objects.filter(
            type=RequestType.FAULT_REPORT, master=None, submitted_at__gte=since, submitted_at__lt=until
        )
        .select_related("org")
        .only(*(name.replace("org__path", "org") for name in WANTED), "org__path")
        .order_by("submitted_at", "pk")
    )
    bands, skies = Bands.in_force(until), Skies.between(since, until)
    crews = capacity.crews_under(sorted({row.org.path for row in rows}))
    loads = _loads(rows, until)
    found = []
    for row in rows:
        path = row.org.path

        def levels(at: dt.datetime, key: str, row: Request = row, path: str = path) -> dict[str, str]:
            return levels_of(
                row, at=at, load=bands.load_of(loads[row.pk, key], crews[path]),
                weather=bands.weather_of(skies.over(path, at)), bands=bands, path=path,
            )  # fmt: skip

        durations, open_for = stages_of(row, until)
        accepted = row.accepted_at if row.accepted_at and row.accepted_at <= until else None
        found.append(
            Case(
                row.pk, row.submitted_at, accepted, levels(row.submitted_at, "submitted"),
                levels(accepted, "accepted") if accepted else None, durations, open_for,
            )
        )  # fmt: skip
    return found


def stages_of(row: Request, until: dt.datetime) -> tuple[tuple[float, ...], float | None]:
    """Minutes of the stages finished by ``until`` (acceptance, arrival, restoration), and how long the next has been open;
    None when the report ended without it (answered, cancelled). Supply that came back before the crew was there has taken
    no time after it."""
    marks = [row.submitted_at, row.accepted_at, row.arrived_at, restored_at(row)]
    durations: list[float] = []
    for before, after in pairwise(marks):
        if before is None or after is None or after > until:
            break
        durations.append(max((after - before) / MINUTE, 0.0))
    if row.round > 1:  # what is on record of the end is that of the later round
        return tuple(durations[:2]), None
    if len(durations) == len(marks) - 1:
        return tuple(durations), None
    last = marks[len(durations)]
    ends = [item for item in (row.returned_at, row.archived_at) if item is not None]
    still = min(ends) > until if ends else row.state in UNDER_WAY
    return tuple(durations), max((until - last) / MINUTE, 0.0) if still and last is not None else None


def restored_at(row: Request) -> dt.datetime | None:
    """When supply was back: as the crew told, else when it returned the order. Known only once the crew has returned."""
    return (row.restored_at or row.returned_at) if row.returned_at is not None else None


def _loads(rows: Sequence[Request], until: dt.datetime) -> dict[tuple[int, str], int]:
    """How many other reports the unit had under way when each was submitted and accepted."""
    by_org: dict[int, list[Request]] = defaultdict(list)
    for row in rows:
        by_org[row.org_id].append(row)
    found: dict[tuple[int, str], int] = {}
    for group in by_org.values():
        found.update(_swept(group, until))
    return found


def _swept(group: Iterable[Request], until: dt.datetime) -> Iterator[tuple[tuple[int, str], int]]:
    asked: list[tuple[dt.datetime, int, str]] = []
    begins: list[tuple[dt.datetime, dt.datetime]] = []
    for row in group:
        ends = [item for item in (row.returned_at, row.archived_at) if item is not None]
        begins.append((row.submitted_at, min(ends, default=until)))
        asked.append((row.submitted_at, row.pk, "submitted"))
        if row.accepted_at is not None:
            asked.append((row.accepted_at, row.pk, "accepted"))
    begins.sort()
    asked.sort()
    live: list[dt.datetime] = []
    place = 0
    for at, pk, key in asked:
        while place < len(begins) and begins[place][0] <= at:
            heapq.heappush(live, begins[place][1])
            place += 1
        while live and live[0] <= at:
            heapq.heappop(live)
        yield (pk, key), max(len(live) - 1, 0)


def open_beside(request: Request) -> int:
    """Other fault reports under way in the unit now (index requests_org_state)."""
    rows = Request.objects.filter(
        org_id=request.org_id, state__in=UNDER_WAY, type=RequestType.FAULT_REPORT, master=None
    )
    return rows.exclude(pk=request.pk).count()
