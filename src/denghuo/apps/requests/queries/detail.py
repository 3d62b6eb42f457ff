"""One request with everything its page shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise

from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.queries import outage_explaining
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.models import CallBack, Request, RequestNote
from denghuo.apps.requests.queries.lists import visible
from denghuo.apps.requests.steps import FINAL, MASTER_STATES, next_steps
from denghuo.core import events, policies
from denghuo.core.actors import Actor
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clocks_for
from denghuo.core.errors import NotFound
from denghuo.core.events import Event
from denghuo.core.privacy import blind_index

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


def detail(actor: Actor, request_id: int) -> RequestDetail:
    """The request with its group, notes, call-backs, clocks, timeline and suggestions: at most 10 queries.

    Raises NotFound also when the actor may not see it: its existence is not told.
    """
    request = visible(actor).select_related(*RELATED).filter(pk=request_id).first()
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
        duplicates=duplicates_of(request, actor=actor) if open_now and request.master_id is None else [],
        outage=request.outage or (_explained_by(request) if open_now else None),
        steps=next_steps(request.state, request.type),
    )


def _explained_by(request: Request) -> Outage | None:
    return outage_explaining(request.transformer_id, request.occurred_at or request.submitted_at)


def duplicates_of(request: Request, limit: int = 8, *, actor: Actor | None = None) -> list[Request]:
    """Open requests of the same type that may be the same matter, newest first; with ``actor`` only what they may see.

    Same account, same caller's phone or, for faults, same transformer, submitted within ``request.duplicate_hours`` of
    this one. Masters come rather than their children. Served by ``requests_transformer``, the blind index of the phone and
    the index on account.
    """
    window = dt.timedelta(hours=policies.get("request.duplicate_hours", request.org, request.submitted_at))
    same = Q()
    if request.account_id is not None:
        same |= Q(account_id=request.account_id)
    if request.caller_phone:
        same |= Q(caller_phone_bidx=request.caller_phone_bidx or blind_index("phone", request.caller_phone))
    if request.transformer_id is not None and request.type == "fault_report":
        same |= Q(transformer_id=request.transformer_id)
    if not same:
        return []
    rows = (Request.objects.all() if actor is None else visible(actor)).filter(
        same,
        type=request.type,
        state__in=MASTER_STATES if request.type == "fault_report" else [*MASTER_STATES, "handling"],
        master=None,
        submitted_at__range=(request.submitted_at - window, request.submitted_at + window),
    )
    return list(rows.exclude(pk=request.pk).select_related("org", "transformer").order_by("-submitted_at")[:limit])


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
