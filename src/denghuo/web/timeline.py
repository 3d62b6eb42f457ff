"""The component that shows what happened to a thing: event, actor, time, clock state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.core.events import UnknownKind, get_kind

Text = str | Promise

ACTOR_ICONS = {"staff": "headset", "customer": "user", "system": "cpu", "device": "device-mobile"}
ACTOR_LABELS: dict[str, Text] = {
    "staff": _("工作人员"),
    "customer": _("客户"),
    "system": _("系统"),
    "device": _("终端"),
}
#: last word of an event kind -> (icon, tone)
VERB_LOOKS: dict[str, tuple[str, str]] = {
    "submitted": ("inbox", "warn"),
    "opened": ("phone-incoming", "info"),
    "created": ("plus", "info"),
    "accepted": ("circle-check", "info"),
    "classified": ("adjustments", "info"),
    "outage_linked": ("bolt-off", "warn"),
    "progressed": ("progress", "progress"),
    "assigned": ("arrow-forward-up", "progress"),
    "escalated": ("flag-3", "danger"),
    "supervised": ("flag-3", "danger"),
    "replied": ("clipboard-check", "warn"),
    "answered": ("check", "ok"),
    "contacted": ("phone", "info"),
    "merged": ("git-merge", "muted"),
    "dispatched": ("send", "progress"),
    "departed": ("truck", "progress"),
    "arrived": ("map-pin", "progress"),
    "finished": ("clipboard-check", "warn"),
    "returned": ("clipboard-check", "warn"),
    "passed": ("checks", "ok"),
    "review_passed": ("checks", "ok"),
    "sent_back": ("arrow-back-up", "danger"),
    "withdrawn": ("ban", "muted"),
    "callback_due": ("phone-call", "info"),
    "callback_attempted": ("phone-off", "muted"),
    "callback_done": ("mood-smile", "ok"),
    "rework_required": ("rotate-clockwise", "danger"),
    "archived": ("checks", "ok"),
    "cancelled": ("ban", "muted"),
    "abandoned": ("phone-off", "muted"),
    "urged": ("bell-ringing", "warn"),
    "declined": ("arrow-back-up", "danger"),
    "transferred": ("transfer", "info"),
    "held": ("player-pause", "warn"),
    "reopened": ("rotate-clockwise", "warn"),
    "split": ("git-branch", "info"),
    "supervision_replied": ("message", "info"),
    "supervision_ended": ("checks", "ok"),
    "raised": ("arrow-up", "warn"),
    "raise_taken": ("hand-stop", "info"),
    "overrun_step": ("speakerphone", "info"),
    "kept_private": ("lock", "muted"),
    "note_added": ("message", "neutral"),
    "photo_added": ("camera", "neutral"),
    "started": ("clock-hour-4", "neutral"),
    "paused": ("clock-pause", "muted"),
    "resumed": ("player-play", "neutral"),
    "warned": ("clock-exclamation", "warn"),
    "breached": ("alarm", "danger"),
    "stopped": ("clock-check", "ok"),
    "revealed": ("eye", "warn"),
    "restored": ("bolt", "ok"),
}


@dataclass(frozen=True)
class Entry:
    """One line of a timeline. ``clocks`` are (label, clock state) pairs as they stood after the event."""

    at: datetime
    label: Text
    actor: str = ""
    actor_kind: str = "system"
    icon: str = "circle-dot"
    tone: str = "neutral"
    detail: Text = ""
    clocks: Sequence[tuple[Text, str]] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def actor_icon(self) -> str:
        return ACTOR_ICONS.get(self.actor_kind, "cpu")

    @property
    def actor_label(self) -> Text:
        if self.actor and self.actor != self.actor_kind:
            return self.actor
        return ACTOR_LABELS.get(self.actor_kind, self.actor_kind)


def label_of(event: Any) -> Text:
    """Label of an event's kind as registered with ``core.events.register_kind``; the kind itself if unknown."""
    try:
        return get_kind(event.kind).label
    except UnknownKind:
        return str(event.kind)


def from_events(
    events: Iterable[Any],
    *,
    detail: Callable[[Any], Text] | None = None,
    clocks: Callable[[Any], Sequence[tuple[Text, str]]] | None = None,
) -> list[Entry]:
    """Turn core events into entries. ``detail(event)`` gives the second line, ``clocks(event)`` the clock states."""
    entries = []
    for event in events:
        icon, tone = VERB_LOOKS.get(str(event.kind).rsplit(".", 1)[-1], ("circle-dot", "neutral"))
        entries.append(
            Entry(
                at=event.at,
                label=label_of(event),
                actor=event.actor_name or "",
                actor_kind=event.actor_kind,
                icon=icon,
                tone=tone,
                detail=detail(event) if detail else "",
                clocks=clocks(event) if clocks else (),
            )
        )
    return entries
