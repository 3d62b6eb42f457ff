"""How well each answer does: how often it was found, shown, taken, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncWeek

from denghuo.apps.knowledge.choices import AskedBy, SearchOutcome
from denghuo.apps.knowledge.learning.wilson import Share
from denghuo.apps.knowledge.models import Asked, AskedHit, StandardQuestion

#: who asks, as the rates tell them apart
SIDES: Final[dict[str, tuple[str, ...]]] = {
    "public": (AskedBy.CUSTOMER,),
    "robot": (AskedBy.BOT,),
    "agent": (AskedBy.AGENT, AskedBy.ASSIST),
}


@dataclass(slots=True)
class Rate:
    """Figures of one answer. ``told`` are the questions it was the answer of: given by itself, or chosen."""

    entry_id: int
    hits: int = 0
    shown: int = 0
    chosen: int = 0
    told: int = 0
    solved: int = 0
    judged: int = 0
    transferred: int = 0
    dissatisfied: int = 0
    entry: StandardQuestion | None = field(default=None, repr=False)

    @property
    def choose(self) -> Share:
        """Of the times it was shown, how often it was taken."""
        return Share(min(self.chosen, self.shown), self.shown)

    @property
    def solve(self) -> Share:
        """Of the times somebody said, how often it solved."""
        return Share(self.solved, self.judged)

    @property
    def transfer(self) -> Share:
        """Of the times it was told, how often the customer went on to a person."""
        return Share(self.transferred, self.told)

    @property
    def displease(self) -> Share:
        """Of the times it was told, how often the customer was dissatisfied."""
        return Share(self.dissatisfied, self.told)


def asked_in(rows: QuerySet[Asked], since: dt.datetime, until: dt.datetime, side: str = "") -> QuerySet[Asked]:
    """Questions of customers in a span (index ``knowledge_asked_newest``), of one of :data:`SIDES` or of all."""
    rows = rows.filter(at__gte=since, at__lt=until).exclude(by=AskedBy.EDITOR)
    return rows.filter(by__in=SIDES[side]) if side in SIDES else rows


def rates(rows: QuerySet[Asked], entry_ids: Iterable[int] | None = None) -> dict[int, Rate]:
    """Figures by entry over the questions ``rows``. Three statements, each over the questions of the span."""
    found: dict[int, Rate] = {}
    hits = AskedHit.objects.filter(asked__in=rows)
    if entry_ids is not None:
        hits = hits.filter(question__in=list(entry_ids))
    counted = hits.values("question").annotate(n=Count("pk"), shown=Count("pk", filter=Q(shown=True)))
    for row in counted.values_list("question", "n", "shown"):
        found[row[0]] = Rate(row[0], hits=row[1], shown=row[2])
    for key, row in _told(rows, entry_ids):
        rate = found.setdefault(key, Rate(key))
        rate.chosen += row["chosen_n"]
        rate.told += row["n"]
        rate.solved += row["solved_n"]
        rate.judged += row["judged_n"]
        rate.transferred += row["transferred_n"]
        rate.dissatisfied += row["dissatisfied_n"]
    return found


def _told(rows: QuerySet[Asked], entry_ids: Iterable[int] | None) -> list[tuple[int, dict[str, Any]]]:
    """What came of the questions by the answer they were told: the one chosen, else the one given."""
    counts = {
        "n": Count("pk"),
        "solved_n": Count("pk", filter=Q(solved=True)),
        "judged_n": Count("pk", filter=Q(solved__isnull=False)),
        "transferred_n": Count("pk", filter=Q(transferred=True)),
        "dissatisfied_n": Count("pk", filter=Q(dissatisfied=True)),
    }
    chosen = rows.filter(chosen__isnull=False)
    given = rows.filter(chosen=None, outcome=SearchOutcome.ANSWER, hits__place=1, hits__shown=True)
    if entry_ids is not None:
        keys = list(entry_ids)
        chosen, given = chosen.filter(chosen__in=keys), given.filter(hits__question__in=keys)
    took = chosen.order_by().values(key=F("chosen")).annotate(chosen_n=Count("pk"), **counts)
    gave = given.order_by().values(key=F("hits__question")).annotate(**counts)
    return [(row["key"], row) for row in took] + [(row["key"], row | {"chosen_n": 0}) for row in gave]


def with_entries(found: Iterable[Rate]) -> list[Rate]:
    """The rates with their entries; those of deleted entries are left out. One statement."""
    rates_ = list(found)
    entries = StandardQuestion.objects.select_related("org").in_bulk([rate.entry_id for rate in rates_])
    for rate in rates_:
        rate.entry = entries.get(rate.entry_id)
    return [rate for rate in rates_ if rate.entry is not None]


def worst_solved(found: Iterable[Rate], least: int) -> list[Rate]:
    """Surely poor first: by the upper bound of the solve rate, so that one bad word does not lead the list."""
    judged = [rate for rate in found if rate.judged >= least and rate.solved < rate.judged]
    return sorted(judged, key=lambda rate: (rate.solve.upper, -rate.judged))


def never_chosen(found: Iterable[Rate], least: int) -> list[Rate]:
    """Shown often among others and never taken, most often shown first."""
    return sorted((r for r in found if r.shown >= least and not r.chosen and not r.told), key=lambda r: -r.shown)


def most_transferred(found: Iterable[Rate], least: int) -> list[Rate]:
    """By the lower bound of the transfer rate: surely often first."""
    told = [rate for rate in found if rate.told >= least and rate.transferred]
    return sorted(told, key=lambda rate: (-rate.transfer.lower, -rate.transferred))


def by_week(rows: QuerySet[Asked], entry_id: int | None = None) -> list[dict[str, Any]]:
    """Questions, refusals, solved and judged by week, oldest first; of one answer or of all. One statement."""
    if entry_id is not None:
        rows = rows.filter(pk__in=AskedHit.objects.filter(question=entry_id).values("asked"))
    counted = (
        rows.order_by()
        .annotate(week=TruncWeek("at"))
        .values("week")
        .annotate(
            n=Count("pk"),
            refused_n=Count("pk", filter=Q(outcome=SearchOutcome.REFUSE)),
            answered_n=Count("pk", filter=Q(outcome=SearchOutcome.ANSWER)),
            solved_n=Count("pk", filter=Q(solved=True)),
            judged_n=Count("pk", filter=Q(solved__isnull=False)),
            transferred_n=Count("pk", filter=Q(transferred=True)),
        )
    )
    return list(counted.order_by("week"))


def summary(rows: QuerySet[Asked]) -> dict[str, Share | int]:
    """Figures over all questions. One statement."""
    n = rows.aggregate(
        n=Count("pk"),
        answered_n=Count("pk", filter=Q(outcome=SearchOutcome.ANSWER)),
        choices_n=Count("pk", filter=Q(outcome=SearchOutcome.CHOICES)),
        refused_n=Count("pk", filter=Q(outcome=SearchOutcome.REFUSE)),
        solved_n=Count("pk", filter=Q(solved=True)),
        judged_n=Count("pk", filter=Q(solved__isnull=False)),
        transferred_n=Count("pk", filter=Q(transferred=True)),
        dissatisfied_n=Count("pk", filter=Q(dissatisfied=True)),
    )
    return {
        "n": n["n"],
        "answered": Share(n["answered_n"], n["n"]),
        "choices": Share(n["choices_n"], n["n"]),
        "refused": Share(n["refused_n"], n["n"]),
        "solved": Share(n["solved_n"], n["judged_n"]),
        "transferred": Share(n["transferred_n"], n["n"]),
        "dissatisfied": Share(n["dissatisfied_n"], n["n"]),
    }


def by_side(rows: QuerySet[Asked]) -> dict[str, dict[str, Share | int]]:
    """:func:`summary` for each of :data:`SIDES`."""
    groups: dict[str, dict[str, Share | int]] = defaultdict(dict)
    for side, who in SIDES.items():
        groups[side] = summary(rows.filter(by__in=who))
    return dict(groups)
