"""How often suggestions are taken."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from denghuo.apps.assistant.models.suggestions import Suggestion, SuggestionKind, SuggestionOutcome
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.core import moment
from denghuo.core.actors import Actor

SHOWN = 50
Z95 = 1.959964  # 95 per cent of a normal distribution lie within so many deviations


@dataclass(frozen=True, slots=True)
class Rate:
    """Of ``offered`` suggestions decided, so many were taken as they were, edited, or ignored; ``low`` and ``high`` are the
    Wilson interval of the share taken (95 %), in per cent."""

    label: str
    offered: int
    accepted: int
    edited: int
    ignored: int
    low: int
    high: int
    entry_id: int | None = None

    @property
    def percent(self) -> int:
        """Taken, edited or not, in per cent of those decided."""
        return round(100 * (self.accepted + self.edited) / self.offered) if self.offered else 0


COUNTS: dict[str, Any] = {
    "offered": Count("pk", filter=~Q(outcome=SuggestionOutcome.OPEN)),
    "accepted": Count("pk", filter=Q(outcome=SuggestionOutcome.ACCEPTED)),
    "edited": Count("pk", filter=Q(outcome=SuggestionOutcome.EDITED)),
    "ignored": Count("pk", filter=Q(outcome=SuggestionOutcome.IGNORED)),
}


def by_kind(actor: Actor, days: int) -> list[Rate]:
    """Each kind over the last ``days``. One query (index ``assistant_suggested_newest``)."""
    rows = {row["kind"]: row for row in _seen(actor, days).order_by().values("kind").annotate(**COUNTS)}
    return [_rate(str(kind.label), rows[kind]) for kind in SuggestionKind if kind in rows]


def by_entry(actor: Actor, days: int) -> list[Rate]:
    """Each answer over the last ``days``, those offered most first. Two queries."""
    rows = _seen(actor, days).filter(kind=SuggestionKind.ANSWER, entry__isnull=False).order_by().values("entry_id")
    found = list(rows.annotate(**COUNTS).filter(offered__gt=0).order_by("-offered", "entry_id")[:SHOWN])
    names = dict(
        StandardQuestion.objects.filter(pk__in=[row["entry_id"] for row in found]).values_list("pk", "question")
    )
    return [_rate(names[row["entry_id"]], row, row["entry_id"]) for row in found]


def _seen(actor: Actor, days: int) -> QuerySet[Suggestion]:
    since = moment.now() - dt.timedelta(days=days)
    paths = {*actor.paths_for("knowledge.edit"), *actor.paths_for("contact.monitor")}
    own = Q(pk__in=[])
    for path in paths:
        own |= Q(contact__org__path__startswith=path)
    return Suggestion.objects.filter(own, offered_at__gte=since)


def _rate(label: str, row: dict[str, Any], entry_id: int | None = None) -> Rate:
    offered, taken = row["offered"], row["accepted"] + row["edited"]
    low, high = wilson(taken, offered)
    return Rate(
        label, offered, row["accepted"], row["edited"], row["ignored"], round(100 * low), round(100 * high), entry_id
    )


def wilson(hits: int, count: int) -> tuple[float, float]:
    """The interval in which a share lies with 95 %, honest for few cases (Wilson 1927); (0, 1) for none."""
    if not count:
        return 0.0, 1.0
    share, spread = hits / count, Z95**2 / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
