"""What the pages of channel management share: the unit that is looked at, words of events, live topics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from denghuo.apps.channels import looks  # noqa: F401  (registers how states are drawn)
from denghuo.apps.channels.actions.common import TOPIC
from denghuo.apps.channels.models import ServiceFunction
from denghuo.apps.channels.places import MANAGE, VIEW, held_everywhere, settable_units
from denghuo.apps.channels.queries import channel_label, text_of
from denghuo.apps.channels.registry import FUNCTIONS
from denghuo.core.actors import Actor
from denghuo.core.events.models import Event
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import timeline


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose settings the page shows. ``unit`` None: everywhere."""

    actor: Actor
    unit: OrgUnit | None
    units: list[OrgUnit]
    everywhere: bool
    may_manage: bool
    may_manage_all: bool

    @property
    def label(self) -> str:
        return self.unit.label if self.unit else _("全部单位")

    @property
    def query(self) -> str:
        """The part of addresses that keeps the choice, with its question mark."""
        return f"?{urlencode({'unit': self.unit.pk})}" if self.unit and self.chosen else ""

    @property
    def chosen(self) -> bool:
        """Whether the unit is another than the one the page opens with."""
        default = None if self.everywhere else (self.units[0] if self.units else None)
        return self.unit != default

    @property
    def topics(self) -> list[str]:
        """What the page hears."""
        return [TOPIC, *(f"floor:{path}" for path in self.actor.paths_for(VIEW))]

    @property
    def floors(self) -> str:
        """The floor topics for ``data-live``."""
        return " ".join(self.topics)

    def url(self, name: str, *args: str) -> str:
        """Address of a page of this app that keeps the choice of unit."""
        return reverse(f"channels:{name}", args=args) + self.query

    def context(self) -> dict[str, Any]:
        """What every template of the app gets."""
        return {"scope": self, "unit": self.unit, "may_manage": self.may_manage, "live_topics": self.topics}


def scope_of(request: HttpRequest) -> Scope:
    """The unit the page asks for (``?unit=``), or the widest the actor may see. Raises 404 for others."""
    actor = actor_of(request)
    units = settable_units(actor, VIEW)
    held = held_everywhere(actor, VIEW, MANAGE)
    everywhere, manage_all = VIEW in held, MANAGE in held
    asked = request.GET.get("unit", "")
    unit: OrgUnit | None = None if everywhere or not units else units[0]
    if asked:
        unit = next((item for item in units if str(item.pk) == asked), None)
        if unit is None:
            raise Http404
    manage = actor.can(MANAGE, unit.path) if unit else manage_all
    return Scope(actor, unit, units, everywhere, manage, manage_all)


def titles() -> dict[str, str]:
    """Function code → its title as edited, in the reader's language."""
    texts = dict(ServiceFunction.objects.values_list("code", "texts"))
    return {code: text_of(function, texts.get(code, {}), "title") for code, function in FUNCTIONS.items()}


def detail_of(event: Event) -> str:
    """The second line of an event in a history of this app."""
    payload = event.payload
    parts = []
    if payload.get("function") and event.kind != "function.edited":
        function = FUNCTIONS.get(payload["function"])
        parts.append(str(function.name) if function else payload["function"])
    if payload.get("channels"):
        parts.append(_("、").join(channel_label(code) for code in payload["channels"]))
    if payload.get("waiting") or payload.get("running"):
        parts.append(
            _("关闭时排队 %(waiting)s 人，办理中 %(running)s 次")
            % {"waiting": payload.get("waiting", 0), "running": payload.get("running", 0)}
        )
    if payload.get("by_timer"):
        parts.append(_("到达预计恢复时间"))
    if payload.get("failures"):
        parts.append(_("连续 %(count)s 次检测失败") % {"count": payload["failures"]})
    if event.kind == "function.edited":
        parts.append(_("第 %(version)s 版") % {"version": payload["version"]})
    return " · ".join(parts)


LOOKS = {
    "channel.closed": ("ban", "danger"),
    "channel.opened": ("player-play", "ok"),
    "channel.unhealthy": ("plug-connected-x", "danger"),
    "channel.recovered": ("plug-connected", "ok"),
    "channel.reordered": ("arrows-sort", "neutral"),
    "function.edited": ("pencil", "info"),
    "function.published": ("circle-check", "ok"),
    "function.withdrawn": ("ban", "muted"),
    "function.inherited": ("arrow-back-up", "neutral"),
    "function.switched_off": ("player-pause", "warn"),
    "function.switched_on": ("player-play", "ok"),
}


def entries_of(events: list[Event]) -> list[timeline.Entry]:
    """Events as lines of a timeline, each with the icon of what it did."""
    entries = timeline.from_events(events, detail=detail_of)
    drawn = []
    for event, entry in zip(events, entries, strict=True):
        icon, tone = LOOKS.get(event.kind, (entry.icon, entry.tone))
        drawn.append(replace(entry, icon=icon, tone=tone))
    return drawn


def history(subjects: dict[str, list[int]], limit: int = 30) -> list[Event]:
    """The latest events of ``subjects`` (kind → ids), newest first (index on subject of the event log)."""
    wanted = Q()
    for kind, ids in subjects.items():
        if ids:
            wanted |= Q(subject_kind=kind, subject_id__in=ids)
    return list(Event.objects.filter(wanted).order_by("-id")[:limit]) if wanted else []
