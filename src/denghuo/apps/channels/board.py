"""The figures of the live overview and of a function's page."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Aggregate, Count, F, FloatField, Func, Q, Sum
from django.utils import timezone

from denghuo.apps.channels import catalog
from denghuo.apps.channels.choices import Channel, PublicationState, UseState
from denghuo.apps.channels.health import Health, health
from denghuo.apps.channels.models import ChannelTally, ContactAtChannel, FunctionUse
from denghuo.apps.channels.places import VIEW, lineage
from denghuo.apps.channels.queries import announcement
from denghuo.apps.channels.registry import FUNCTIONS
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit, units_under

SLOTS = 48


class Median(Aggregate):
    """Continuous median of a column."""

    function = "percentile_cont"
    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


class HalfHour(Func):
    """The start of the half hour a moment lies in (on the clock of any zone with whole half hours)."""

    template = "date_bin('30 minutes', %(expressions)s, timestamptz '2000-01-01 00:00+00')"
    output_field = models.DateTimeField()


@dataclass(frozen=True, slots=True)
class Figures:
    """Uses of functions in a period. Shares are of the uses that ended; ``median`` is seconds of those done or handed over."""

    uses: int = 0
    running: int = 0
    done: int = 0
    handed_over: int = 0
    abandoned: int = 0
    failed: int = 0
    median: float | None = None

    @property
    def ended(self) -> int:
        return self.done + self.handed_over + self.abandoned + self.failed

    @property
    def completion(self) -> float | None:
        """Share done without a human, 0–1."""
        return self.done / self.ended if self.ended else None

    @property
    def hand_over(self) -> float | None:
        """Share handed over to a human, 0–1."""
        return self.handed_over / self.ended if self.ended else None

    @property
    def low(self) -> bool:
        """Whether so few are done that somebody should look (policies ``channel.completion.*``)."""
        share = self.completion
        return (
            share is not None
            and self.ended >= policies.get("channel.completion.least")
            and share < policies.get("channel.completion.warn")
        )


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """One channel at this moment, for one unit."""

    channel: str
    is_open: bool
    announcement: str
    closed_until: dt.datetime | None
    health: Health
    figures: Figures
    contacts: int
    abandoned: int
    waiting: int
    in_service: int
    oldest_wait: dt.datetime | None
    functions: int
    paused: int
    volume: tuple[int, ...] = field(default=())

    @property
    def total(self) -> int:
        """Conversations and uses outside them today."""
        return sum(self.volume)


def day_start(at: dt.datetime) -> dt.datetime:
    """Local midnight before ``at``."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def overview(actor: Actor, unit: OrgUnit | None = None, at: dt.datetime | None = None) -> list[ChannelNow]:
    """All channels as ``actor`` may see them, for ``unit`` and below (None: wherever the actor may look).

    Six queries: uses by channel and by half hour (index ``channels_use_time``), the tally (``channels_tally_once``),
    open conversations, probes, and at most two for the catalogue.
    """
    now = at or moment.now()
    start = day_start(now)
    uses = _uses(actor, unit, start, now)
    figures = figures_by(uses, "channel")
    volume, contacts, abandoned = _volume(actor, unit, uses, start)
    gauges = _gauges(actor, unit)
    healths, units, held = health(), lineage(unit), catalog.catalog()
    offered = held.nearest(None, units, now)
    found = []
    for code in Channel.values:
        closure = held.closure(code, units, now)
        states = [row.state_at(now) for (name, where), row in offered.items() if where == code and name in FUNCTIONS]
        gauge = gauges.get(code, {})
        found.append(
            ChannelNow(
                channel=code,
                is_open=closure is None,
                announcement=announcement(closure.announcement, closure.announcement_en, None) if closure else "",
                closed_until=closure.closed_until if closure else None,
                health=healths[code],
                figures=figures.get(code, Figures()),
                contacts=contacts.get(code, 0),
                abandoned=abandoned.get(code, 0),
                waiting=gauge.get("queued", 0),
                in_service=gauge.get("serving", 0),
                oldest_wait=gauge.get("oldest"),
                functions=sum(1 for state in states if state != PublicationState.WITHDRAWN),
                paused=sum(1 for state in states if state == PublicationState.PAUSED),
                volume=tuple(volume.get(code, [0] * SLOTS)),
            )
        )
    return found


def figures_by(uses: models.QuerySet[FunctionUse], column: str) -> dict[str, Figures]:
    """Figures of ``uses`` by ``channel`` or ``function``, in one query."""
    by_state = {
        name: Count("pk", filter=Q(state=state))
        for name, state in (
            ("running", UseState.STARTED),
            ("done", UseState.DONE),
            ("handed_over", UseState.HANDED_OVER),
            ("abandoned", UseState.ABANDONED),
            ("failed", UseState.FAILED),
        )
    }
    finished = Q(state__in=(UseState.DONE, UseState.HANDED_OVER))
    rows = (
        uses.order_by().values(column).annotate(uses=Count("pk"), median=Median("seconds", filter=finished), **by_state)
    )
    return {row.pop(column): Figures(**row) for row in rows}


def function_figures(actor: Actor, code: str, unit: OrgUnit | None, days: int) -> dict[str, Figures]:
    """Channel → figures of one function over the last ``days`` days (index ``channels_use_function``)."""
    now = moment.now()
    uses = _uses(actor, unit, day_start(now) - dt.timedelta(days=days - 1), now).filter(function=code)
    return figures_by(uses, "channel")


def daily_uses(actor: Actor, code: str, unit: OrgUnit | None, days: int) -> list[tuple[dt.date, dict[str, int]]]:
    """Day → {state: uses} of one function, every day of the last ``days`` (index ``channels_use_function``)."""
    now = moment.now()
    start = day_start(now) - dt.timedelta(days=days - 1)
    rows = (
        _uses(actor, unit, start, now)
        .filter(function=code)
        .order_by()
        .values("started_at__date", "state")
        .annotate(n=Count("pk"))
    )
    found: dict[dt.date, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["started_at__date"]][row["state"]] = row["n"]
    first = timezone.localtime(start).date()
    return [(day, found.get(day, {})) for day in (first + dt.timedelta(days=n) for n in range(days))]


def _uses(actor: Actor, unit: OrgUnit | None, start: dt.datetime, end: dt.datetime) -> models.QuerySet[FunctionUse]:
    rows: models.QuerySet[FunctionUse] = FunctionUse.objects.visible_to(actor, VIEW)
    narrowed: models.QuerySet[FunctionUse] = _below(rows, unit)
    return narrowed.filter(started_at__gte=start, started_at__lte=end)


def _below(rows: Any, unit: OrgUnit | None) -> Any:
    return rows if unit is None or unit.parent_id is None else rows.filter(org__in=units_under((unit.path,)))


def _volume(
    actor: Actor, unit: OrgUnit | None, uses: models.QuerySet[FunctionUse], start: dt.datetime
) -> tuple[dict[str, list[int]], dict[str, int], dict[str, int]]:
    """Half-hourly volume of the day by channel, conversations opened, conversations given up.

    A use inside a conversation is part of that conversation and not counted again.
    """
    tallies = (
        _below(ChannelTally.objects.visible_to(actor, VIEW), unit)
        .filter(slot__gte=start, slot__lt=start + dt.timedelta(days=1))
        .order_by()
        .values("channel", "measure", "slot")
        .annotate(n=Sum("count"))
    )
    alone = (
        uses.filter(contact_id=None)
        .order_by()
        .annotate(slot=HalfHour(F("started_at")))
        .values("channel", "slot")
        .annotate(n=Count("pk"))
    )
    volume: dict[str, list[int]] = defaultdict(lambda: [0] * SLOTS)
    totals: dict[str, dict[str, int]] = {"opened": defaultdict(int), "abandoned": defaultdict(int)}
    for row in tallies:
        if row["measure"] in totals:
            totals[row["measure"]][row["channel"]] += row["n"]
        if row["measure"] == "opened":
            volume[row["channel"]][_slot(row["slot"], start)] += row["n"]
    for row in alone:
        volume[row["channel"]][_slot(row["slot"], start)] += row["n"]
    return volume, totals["opened"], totals["abandoned"]


def _slot(at: dt.datetime, start: dt.datetime) -> int:
    return min(SLOTS - 1, max(0, int((at - start).total_seconds() // 1800)))


def _gauges(actor: Actor, unit: OrgUnit | None) -> dict[str, dict[str, Any]]:
    rows = (
        _below(ContactAtChannel.objects.visible_to(actor, VIEW), unit)
        .order_by()
        .values("channel")
        .annotate(
            queued=Count("pk", filter=Q(waiting=True)),
            serving=Count("pk", filter=Q(waiting=False)),
            oldest=models.Min("since", filter=Q(waiting=True)),
        )
    )
    return {row["channel"]: row for row in rows}
