"""The timeline of a request as its page tells it.

What one action did is one step: the clocks it started or ended stand beside it as they were afterwards, rather than
as lines of their own. A clock that runs out has its own line, since nobody did that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.handling.choices import DeclineReason, HoldReason, OverrunStepKind, TransferReason
from denghuo.apps.requests.handling.reading import level_name
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.queries import TimelineEntry
from denghuo.core.events import Event
from denghuo.web.timeline import VERB_LOOKS, Entry, from_events

BESIDE = {"clock.started", "clock.stopped", "clock.cancelled"}
STEPS = {
    "accepted": gettext_lazy("班组接单"),
    "departed": gettext_lazy("班组出发"),
    "arrived": gettext_lazy("到达现场"),
    "working": gettext_lazy("正在处理"),
}
ENUMS: dict[str, Any] = {
    "fault_class": c.FaultClass,
    "urgency": c.Urgency,
    "area_type": AreaType,
    "outcome": c.AttemptOutcome,
    "satisfaction": c.Satisfaction,
    "cause": c.FaultCause,
    "type": c.RequestType,
    "phenomenon": c.Phenomenon,
    "grade": c.ComplaintGrade,
}
REASONS: dict[str, Any] = {
    "request.declined": DeclineReason,
    "request.transferred": TransferReason,
    "request.held": HoldReason,
}
SAID = {
    "request.submitted": ("type", "phenomenon"),
    "request.accepted": ("fault_class", "urgency", "area_type"),
    "request.classified": ("fault_class", "urgency", "area_type"),
    "request.returned": ("cause",),
    "request.graded": ("grade",),
    "request.callback_attempted": ("outcome",),
    "request.callback_done": ("satisfaction",),
}


def tell(timeline: Sequence[TimelineEntry], shown: Callable[[str], str]) -> list[Entry]:
    """Lines for the page, newest first; ``shown`` masks free text for the reader."""
    steps: dict[Any, list[TimelineEntry]] = {}
    for entry in timeline:
        steps.setdefault(entry.event.xid, []).append(entry)
    lines: list[Entry] = []
    for step in steps.values():
        clocks: dict[Any, str] = {}
        for entry in step:
            clocks |= dict(entry.clocks)
        told = [entry for entry in step if entry.event.kind not in BESIDE] or step
        lines += [_line(entry, tuple(clocks.items()), shown) for entry in told]
    return lines[::-1]


def _line(entry: TimelineEntry, clocks: Sequence[tuple[Any, str]], shown: Callable[[str], str]) -> Entry:
    event = entry.event
    line = from_events([event], detail=lambda event: _detail(entry, shown), clocks=lambda event: clocks)[0]
    if event.kind == "request.progressed" and event.payload["step"] in STEPS:
        step = event.payload["step"]
        icon, tone = VERB_LOOKS.get(step, (line.icon, line.tone))
        return replace(line, label=STEPS[step], icon=icon, tone=tone)
    return line


def _detail(entry: TimelineEntry, shown: Callable[[str], str]) -> str:
    """The second line: codes in words, then what somebody wrote."""
    event = entry.event
    words = _words(event)
    written = entry.text or ("" if event.kind in REASONS else str(event.payload.get("reason") or ""))
    if written and not event.kind.startswith("clock."):
        words.append(shown(written))
    return " · ".join(words)


def _words(event: Event) -> list[str]:
    payload = event.payload
    if event.kind == "request.dispatched":
        return [payload["crew_name"]] if payload["crew_name"] else []
    if event.kind in ("clock.warned", "clock.breached", "clock.paused", "clock.resumed", "clock.recomputed"):
        return [str(LABELS.get(payload["clock_kind"], payload["clock_kind"]))]
    if event.kind == "request.rework_required":
        return [_("第 %(n)s 轮") % {"n": payload["round"]}]
    if event.kind in REASONS:
        return [str(REASONS[event.kind](payload["reason"]).label)]
    if event.kind in ("request.raised", "request.raise_taken"):
        return [level_name(payload["level"])]
    if event.kind == "request.overrun_step":
        return [str(OverrunStepKind(payload["step"]).label)]
    values = [(ENUMS[name], payload.get(name)) for name in SAID.get(event.kind, ())]
    return [str(kind(value).label) for kind, value in values if value in kind.values]
