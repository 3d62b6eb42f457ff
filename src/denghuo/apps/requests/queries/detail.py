"""One request with everything its page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.queries import outage_explaining
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.handling.reading import handed_on
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.models import CallBack, Request, RequestNote
from denghuo.apps.requests.queries.lists import visible
from denghuo.apps.requests.steps import FINAL
from denghuo.core import events
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clocks_for
from denghuo.core.errors import NotFound
from denghuo.core.events import Event

RELATED = (
    "org", "account", "customer", "contact", "master", "outage", "transformer__feeder__substation",
)  # fmt: skip
CLOCK_STATE = {
    "clock.started": "running",
    "clock.resumed": "running",
    "clock.recomputed": "running",
    "clock.paused": "paused",
    "clock.warned": "warned",
    "clock.breached": "breached",
    "clock.cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event, with the state of every clock of the request as it stood afterwards and the text of its note."""

    event: Event
    clocks: tuple[tuple[str | Promise, str], ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """What the page of a request shows. ``steps`` are the verbs possible now, whoever may take them."""

    request: Request
    children: list[Request]
    notes: list[RequestNote]
    call_backs: list[CallBack]
    clocks: list[Clock]
    timeline: list[TimelineEntry]
    duplicates: list[Request]
    outage: Outage | None
    steps: tuple[str, ...] = field(default=())


def detail(actor: Actor, request_id: int, *, suggest: bool = True) -> RequestDetail:
    """The request with its group, notes, call-backs, clocks, timeline and, unless ``suggest`` is False, suggestions of
    what it may repeat: at most 12 queries.

    Raises NotFound also when the actor may not see it: its existence is not told.
    """
    request = visible(actor).select_related(*RELATED).filter(pk=request_id).first()
    if request is None:  # a unit that passed it on keeps it in sight
        request = handed_on(actor).select_related(*RELATED).filter(pk=request_id).first()
    if request is None:
        raise NotFound()
    notes = list(RequestNote.objects.filter(request=request).order_by("pk"))
    plans = (
        CallBack.objects.filter(request=request)
        .select_related("holder")
        .prefetch_related("tries__by")
        .order_by("round")
    )
    open_now = request.state not in FINAL
    return RequestDetail(
        request=request,
        # Those that still follow it and those that have gone their own way to the call-back.
        children=list(Request.objects.filter(master=request).order_by("pk")),
        notes=notes,
        call_backs=list(plans),
        clocks=clocks_for(request),
        timeline=timeline(request, notes),
        duplicates=duplicates_of(request, actor=actor) if suggest and open_now and request.master_id is None else [],
        outage=request.outage or (_explained_by(request) if open_now else None),
        steps=possible(request),
    )


def request_seen(actor: Actor, request_id: int) -> Request:
    """One request with its unit. Raises NotFound also when the actor may not see it. One query."""
    request = visible(actor).select_related("org").filter(pk=request_id).first()
    if request is None:
        raise NotFound()
    return request


def _explained_by(request: Request) -> Outage | None:
    at = request.occurred_at or request.submitted_at
    return outage_explaining(request.transformer_id, at, request.account_id)


def duplicates_of(request: Request, limit: int = 8, *, actor: Actor | None = None) -> list[Request]:
    """Open requests that may be the same matter, the likeliest first; with ``actor`` only what they may see.

    See :func:`denghuo.apps.requests.linking.suggesting.suggest`: at most three queries.
    """
    # Imported late: that module reads through the queries of this package.
    from denghuo.apps.requests.linking.suggesting import probe_of, suggest

    return [one.request for one in suggest(probe_of(request), actor=actor, limit=limit)]


def timeline(request: Request, notes: Sequence[RequestNote] | None = None) -> list[TimelineEntry]:
    """Every event in the order it happened, each with the clocks as they stood after it.

    Clock states: running, warned, breached, paused, met, cancelled. Clocks that have ended are shown once, at the event
    that ended them. One query, two when ``notes`` are not handed in.
    """
    held = RequestNote.objects.filter(request=request) if notes is None else notes
    texts = {note.pk: note.text for note in held}
    entries: list[TimelineEntry] = []
    states: dict[int, tuple[str, str]] = {}
    for event in events.timeline("request", request.pk):
        ended = _fold(states, event)
        shown = tuple((LABELS.get(kind, kind), state) for kind, state in states.values())
        entries.append(TimelineEntry(event, shown, texts.get(_note_id(event.payload), "")))
        if ended is not None:
            del states[ended]
    return entries


def _fold(states: dict[int, tuple[str, str]], event: Event) -> int | None:
    """Apply a clock event to ``states``; gives the clock's id when it ended."""
    if not event.kind.startswith("clock."):
        return None
    clock_id, kind = event.payload["clock_id"], event.payload["clock_kind"]
    if event.kind == "clock.stopped":
        states[clock_id] = (kind, "met" if event.payload["outcome"] == "met" else "breached")
        return int(clock_id)
    states[clock_id] = (kind, CLOCK_STATE[event.kind])
    return int(clock_id) if event.kind == "clock.cancelled" else None


def _note_id(payload: dict[str, Any]) -> int:
    return payload.get("note_id") or 0
