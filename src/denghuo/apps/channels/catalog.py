"""Functions, publications and closures held in memory: what every customer page and every chat turn reads.

Two queries fill it; it is refreshed every few seconds, and at once in the process that changed something.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from denghuo.apps.channels.choices import PublicationState, StatusState
from denghuo.apps.channels.models import ChannelPublication, ChannelStatus
from denghuo.core.held import Held


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """A publication with the texts and rules of its function."""

    id: int
    code: str
    channel: str
    org_id: int | None
    state: str
    mode: str
    position: int
    announcement: str
    announcement_en: str
    paused_until: dt.datetime | None
    valid_from: dt.datetime | None
    valid_to: dt.datetime | None
    texts: dict[str, dict[str, str]]
    rules: dict[str, Any]

    def in_force(self, at: dt.datetime) -> bool:
        """Whether its period covers ``at``."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)

    def state_at(self, at: dt.datetime) -> str:
        """Its state; a pause that is over counts as published."""
        if self.state == PublicationState.PAUSED and self.paused_until is not None and self.paused_until <= at:
            return PublicationState.PUBLISHED.value
        return self.state


@dataclass(frozen=True, slots=True)
class StatusRow:
    """A closure."""

    id: int
    channel: str
    org_id: int | None
    announcement: str
    announcement_en: str
    closed_at: dt.datetime | None
    closed_until: dt.datetime | None

    def in_force(self, at: dt.datetime) -> bool:
        """Whether the channel is closed at ``at``."""
        return self.closed_until is None or at < self.closed_until


@dataclass(frozen=True, slots=True)
class Catalog:
    """One reading of the tables."""

    publications: tuple[PublicationRow, ...]
    closures: tuple[StatusRow, ...]

    def nearest(
        self, channel: str | None, units: Sequence[int], at: dt.datetime
    ) -> dict[tuple[str, str], PublicationRow]:
        """(code, channel) → the row that counts for the unit whose lineage is ``units`` (see ``places.lineage``)."""
        found: dict[tuple[str, str], tuple[int, PublicationRow]] = {}
        for row in self.publications:
            depth = depth_of(row.org_id, units)
            if depth < 0 or (channel is not None and row.channel != channel) or not row.in_force(at):
                continue
            key = (row.code, row.channel)
            if key not in found or found[key][0] < depth:
                found[key] = (depth, row)
        return {key: row for key, (_depth, row) in found.items()}

    def closure(self, channel: str, units: Sequence[int], at: dt.datetime) -> StatusRow | None:
        """The closure of ``channel`` that covers the unit, the widest first; None while it is open."""
        hits = [
            (depth, row)
            for row in self.closures
            if row.channel == channel and (depth := depth_of(row.org_id, units)) >= 0 and row.in_force(at)
        ]
        return min(hits, key=lambda hit: hit[0])[1] if hits else None


def depth_of(org_id: int | None, units: Sequence[int]) -> int:
    """0 for everywhere, 1 for the root unit, … ; -1 for a unit that is not on the way."""
    if org_id is None:
        return 0
    return units.index(org_id) + 1 if org_id in units else -1


def catalog() -> Catalog:
    """The present catalogue, at most a few seconds old."""
    return _held.rows()


def clear() -> None:
    """Forget what is in memory; the next reader asks the database."""
    _held.clear()


def changed() -> None:
    """This transaction changed a publication or status: it reads afresh until its end, then everybody does."""
    _held.read_afresh()
    transaction.on_commit(clear)


def read() -> Catalog:
    """Read both tables: publications of functions in use, closures (a few hundred rows at most)."""
    publications: Iterable[ChannelPublication] = ChannelPublication.objects.filter(
        function__active=True
    ).select_related("function")
    closures = ChannelStatus.objects.filter(state=StatusState.CLOSED)
    return Catalog(
        tuple(
            PublicationRow(
                row.pk, row.function.code, row.channel, row.org_id, row.state, row.mode, row.position,
                row.announcement, row.announcement_en, row.paused_until, row.valid_from, row.valid_to,
                row.function.texts, row.function.rules,
            )
            for row in publications
        ),
        tuple(
            StatusRow(
                row.pk, row.channel, row.org_id, row.announcement, row.announcement_en, row.closed_at, row.closed_until
            )
            for row in closures
        ),
    )  # fmt: skip


_held = Held("channels", read)
