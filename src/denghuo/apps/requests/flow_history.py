"""What flows have seen: how often each way was taken, and the steps of past requests from the event log."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from django.db import connection
from django.db.models import Count, QuerySet
from django.urls import reverse

from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.catalogue.flows.host import Passed, Traffic, Words
from denghuo.apps.requests import flow_words
from denghuo.apps.requests.flow_words import COLUMNS
from denghuo.apps.requests.flowing import flow_of
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core.events.models import Event
from denghuo.engine.flow.checking import Known
from denghuo.engine.flow.dryrun import Past, Taken

CHUNK: Final = 200

# Each row of the history that differs in its place from the one before it is a way taken. Requests are found by their
# edition and the day they were submitted (index requests_request flow_id, requests_newest), their history by pgh_obj_id.
WAYS: Final = """
WITH chosen AS (
    SELECT r.id FROM requests_request r JOIN core_orgunit o ON o.id = r.org_id
    WHERE r.flow_id = %s AND r.submitted_at >= %s AND r.submitted_at < %s AND {paths}
), placed AS (
    SELECT h.step, h.step_since, h.flow_id,
           lag(h.step) OVER way AS was, lag(h.step_since) OVER way AS since, lag(h.flow_id) OVER way AS before
    FROM requests_requestevent h JOIN chosen c ON c.id = h.pgh_obj_id
    WINDOW way AS (PARTITION BY h.pgh_obj_id ORDER BY h.pgh_id)
)
SELECT was, step, count(*), coalesce(percentile_cont(0.5) WITHIN GROUP (
           ORDER BY extract(epoch FROM step_since - since)), 0)
FROM placed WHERE was IS NOT NULL AND flow_id = %s AND (was <> step OR (step_since <> since AND before = flow_id))
GROUP BY was, step
"""


def traffic(edition: int, since: dt.datetime, until: dt.datetime, paths: tuple[str, ...]) -> Traffic:
    """What went over an edition; see :class:`denghuo.apps.catalogue.flows.host.Host`."""
    if not paths:
        return Traffic(0, (), {})
    where = " OR ".join("o.path LIKE %s" for _path in paths)
    likes = [f"{path}%" for path in paths]
    with connection.cursor() as cursor:
        cursor.execute(WAYS.format(paths=f"({where})"), [edition, since, until, *likes, edition])
        ways = tuple(Passed(was, step, count, float(median)) for was, step, count, median in cursor.fetchall())
    rows = Request.objects.filter(flow_id=edition, submitted_at__gte=since, submitted_at__lt=until)
    rows = _under(rows, paths)
    standing = dict(
        rows.exclude(state__in=FINAL)
        .order_by()
        .values_list("step")
        .annotate(Count("pk"))
        .values_list("step", "pk__count")
    )
    return Traffic(rows.count(), ways, standing)


def _under(rows: QuerySet[Request], paths: Sequence[str]) -> QuerySet[Request]:
    from django.db.models import Q

    wanted = Q()
    for path in paths:
        wanted |= Q(org__path__startswith=path)
    return rows.filter(wanted)


# --- past requests ------------------------------------------------------------------------------

#: events that are steps: kind → verb, phase afterwards ("": it stays). Those told apart by more are in :func:`_step_of`.
PLAIN: Final = {
    "request.accepted": ("accept", "accepted"),
    "request.classified": ("reclassify", ""),
    "request.merged": ("merge", "merged"),
    "request.unmerged": ("unmerge", "accepted"),
    "request.dispatched": ("dispatch", "dispatched"),
    "request.withdrawn": ("withdraw", "accepted"),
    "request.contacted": ("contact", ""),
    "request.returned": ("return", "returned"),
    "request.replied": ("reply", "returned"),
    "request.answered": ("answer", "archived"),
    "request.cancelled": ("cancel", "cancelled"),
    "request.urged": ("urge", ""),
}
#: events that only matter beside others of their transaction
BESIDE: Final = (
    "request.progressed", "request.assigned", "request.outage_linked", "request.review_passed", "request.sent_back",
    "request.callback_due", "request.callback_done", "request.rework_required", "request.archived", "request.stepped",
    "clock.breached",
)  # fmt: skip
KINDS: Final = (*PLAIN, *BESIDE)


def past(types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int) -> Iterator[Past]:
    """Past requests with their steps, the newest first, read in pieces of :data:`CHUNK`."""
    ids = list(_chosen(types, since, until, path)[:limit].values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        yield from _pasts(ids[start : start + CHUNK])


def count_past(types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int) -> int:
    """How many :func:`past` gives."""
    return min(limit, _chosen(types, since, until, path).count())


def _chosen(types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str) -> QuerySet[Request]:
    rows = Request.objects.filter(type__in=types, submitted_at__gte=since, submitted_at__lt=until)
    if path:
        rows = rows.filter(org__path__startswith=path)
    return rows.order_by("-submitted_at", "-pk")


def _pasts(ids: list[int]) -> Iterator[Past]:
    rows = {row.pk: row for row in Request.objects.select_related("org").filter(pk__in=ids)}
    found: dict[int, list[Event]] = {}
    events = Event.objects.filter(subject_kind="request", subject_id__in=ids, kind__in=KINDS).order_by(
        "subject_id", "id"
    )
    for event in events:
        found.setdefault(event.subject_id, []).append(event)
    versions = _versions(ids)
    for key in ids:
        if (row := rows.get(key)) is None:
            continue
        flow = FLOWS.get(row.flow_id) if row.flow_id else flow_of(row)
        steps = _filled(_steps(found.get(key, ())), versions.get(key, []))
        yield Past(key, row.number, flow, row.submitted_at, tuple(steps))


def _steps(events: Iterable[Event]) -> Iterator[Taken]:
    """Events of one request as the steps they tell of: one step each transaction and moment, whatever else it told."""
    for _one, group in groupby(events, key=lambda event: (event.xid, event.at)):
        together = list(group)
        kinds = {event.kind for event in together}
        for event in together:
            if (step := _step_of(event, kinds, together)) is not None:
                yield step


def _step_of(event: Event, kinds: set[str], together: list[Event]) -> Taken | None:
    kind, payload, at = event.kind, event.payload, event.at
    if kind in PLAIN:
        verb, phase = PLAIN[kind]
        return Taken(verb, at, phase)
    if kind == "clock.breached":
        return Taken("", at, breach=str(payload.get("clock_kind", "")))
    if kind == "request.stepped":
        return Taken(payload["verb"], at, payload["phase"], payload["step"])
    if kind == "request.progressed":
        return Taken("arrive" if payload.get("step") == "arrived" else "progress", at)
    if kind == "request.outage_linked":  # acceptance links the outage that explains the report by itself
        return None if kinds & {"request.accepted", "request.merged"} else Taken("link_outage", at)
    if kind == "request.assigned":  # told after a unit's work was sent back, too
        return None if "request.sent_back" in kinds else Taken("assign", at, "handling")
    if kind == "request.sent_back":
        return Taken("review", at, "handling" if "request.assigned" in kinds else "dispatched")
    if kind == "request.review_passed":
        return Taken("review", at, "archived" if "request.archived" in kinds else "callback")
    if kind == "request.callback_due":  # a merged caller's: the review was the master's
        return None if "request.review_passed" in kinds else Taken("", at, "callback")
    if kind == "request.callback_done":
        return Taken("call_back", at, "rework" if "request.rework_required" in kinds else "archived")
    if kind == "request.archived":
        alone = not kinds & {"request.answered", "request.review_passed", "request.callback_done"}
        return Taken("archive", at, "archived") if alone else None
    return None


Version = tuple[str, frozenset[str]]


def _versions(ids: list[int]) -> dict[int, list[Version]]:
    """For each request, in order: the phase, and the columns and answers that had a value."""
    model: Any = Request.pgh_event_model  # type: ignore[attr-defined]
    found: dict[int, list[Version]] = {}
    rows = model.objects.filter(pgh_obj_id__in=ids).order_by("pgh_obj_id", "pgh_id")
    for key, state, answers, *values in rows.values_list("pgh_obj_id", "state", "answers", *COLUMNS):
        filled = {name for name, value in zip(COLUMNS, values, strict=True) if value not in (None, "")}
        filled |= {name for name, value in _answers(answers).items() if value not in (None, "", [])}
        found.setdefault(key, []).append((state, frozenset(filled)))
    return found


def _answers(text: str) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _filled(steps: Iterable[Taken], versions: list[Version]) -> Iterator[Taken]:
    """Give each step what was filled in once it was taken: the next version of the phase it led to."""
    place = 0
    for taken in steps:
        if taken.phase and versions:
            later = [n for n in range(place, len(versions)) if versions[n][0] == taken.phase]
            start = next((n for n in later if n > place or versions[place][0] == taken.phase), None)
            place = start if start is not None else place
        filled = versions[place][1] if versions else None
        yield Taken(taken.verb, taken.at, taken.phase, taken.target, filled, taken.breach)


class RequestFlows:
    """The requests app as the one whose things follow the flows."""

    def known(self) -> Known:
        return flow_words.known()

    def words(self) -> Words:
        return flow_words.words()

    def traffic(self, edition: int, since: dt.datetime, until: dt.datetime, paths: tuple[str, ...]) -> Traffic:
        return traffic(edition, since, until, paths)

    def count_past(self, types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int) -> int:
        return count_past(types, since, until, path, limit)

    def past(
        self, types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int
    ) -> Iterator[Past]:
        return past(types, since, until, path, limit)

    def address(self, request: int) -> str:
        return reverse("requests:detail", args=[request])
