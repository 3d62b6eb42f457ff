"""The priority score of requests: which clock, which scales, which weights. All of it is policy.

P = w1·t/T + w2·q + w3·c. t/T is of the live clock that is used up furthest; q follows the complexity of the matter; c
follows who the customer is, the highest that applies; what is urgent gets a bonus on top. The formula is our own
(docs/explanation/clocks.md); the reader is always shown the parts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.customers.choices import CustomerKind, Tag
from denghuo.apps.customers.models import Customer
from denghuo.apps.requests import limits
from denghuo.apps.requests.choices import Complexity, Urgency
from denghuo.apps.requests.models import OPEN_STATES, Request
from denghuo.core import moment, policies
from denghuo.core.clocks.models import Clock
from denghuo.core.clocks.reading import clock_state, clocks_for, clocks_for_many
from denghuo.engine.priority import Score, Weights, score

PART_LABELS: Final[dict[str, str | Promise]] = {
    "time": _("时限消耗"),
    "complexity": _("复杂度"),
    "contribution": pgettext_lazy("优先级", "客户"),
    "urgent": pgettext_lazy("优先级", "紧急"),
}
SENSITIVE: Final = "sensitive"


@dataclass(frozen=True, slots=True)
class Priority:
    """A score with what its parts stand on: the clock behind t/T, the complexity, the trait of the customer."""

    score: Score
    clock: Clock | None
    complexity: str
    trait: str

    @property
    def total(self) -> float:
        return self.score.total

    def because(self) -> list[dict[str, Any]]:
        """The parts as people read them: label, what it stands on, value × weight = points, share of the whole."""
        grounds = {
            "time": limits.LABELS.get(self.clock.kind, self.clock.kind) if self.clock else _("没有在走的时限"),
            "complexity": Complexity(self.complexity).label
            if self.complexity in Complexity.values
            else self.complexity,
            "contribution": trait_label(self.trait),
            "urgent": "",
        }
        return [
            {
                "label": PART_LABELS[part.name], "ground": grounds[part.name], "value": part.value, "weight": part.weight,
                "points": part.points, "percent": round(100 * self.score.share(part)),
            }
            for part in self.score.parts
        ]  # fmt: skip


def trait_label(trait: str) -> str | Promise:
    """A trait of a customer in words."""
    if trait == SENSITIVE:
        return _("敏感客户")
    for choices in (Tag, CustomerKind):
        if trait in choices.values:
            return choices(trait).label  # type: ignore[no-any-return]
    return pgettext_lazy("优先级", "一般客户")


def priority_of(
    request: Request, clocks: Iterable[Clock], at: dt.datetime | None = None, traits: Iterable[str] | None = None
) -> Priority:
    """The priority of one request at ``at``, by the policies in force for its unit then.

    ``clocks`` are its clocks; ``traits`` the codes that hold for its customer (None: looked up, one query).
    """
    now = at or moment.now()
    found = frozenset(traits_of([request])[request.pk] if traits is None else traits)
    clock, used = _furthest(clocks, now)
    level = limits.complexity(request, now)
    trait, contribution = _contribution(found, policies.get("priority.contribution", request.org, now))
    scale = policies.get("priority.complexity", request.org, now)
    result = score(
        used,
        _unit(scale.get(level, 0.0)),
        contribution,
        _weights(request, now),
        urgent=request.urgency == Urgency.URGENT,
    )
    return Priority(result, clock, level, trait)


def priority(request: Request, at: dt.datetime | None = None) -> Priority:
    """The priority of one request; two queries."""
    return priority_of(request, clocks_for(request), at)


def priorities(requests: Sequence[Request], at: dt.datetime | None = None) -> dict[int, Priority]:
    """The priorities of the open ones of a page of requests, in two queries however many."""
    now, rows = at or moment.now(), [request for request in requests if request.state in OPEN_STATES]
    if not rows:
        return {}
    clocks, traits = clocks_for_many("request", [row.pk for row in rows], live=True), traits_of(rows)
    return {row.pk: priority_of(row, clocks[row.pk], now, traits[row.pk]) for row in rows}


def traits_of(requests: Sequence[Request]) -> dict[int, set[str]]:
    """Request → what holds for its customer: kind, tags, ``sensitive``; one query."""
    customers = {row.customer_id for row in requests if row.customer_id is not None}
    held: dict[int, set[str]] = {pk: set() for pk in customers}
    if customers:
        rows = Customer.objects.filter(pk__in=customers).values_list("pk", "kind", "sensitive", "tags__tag")
        for pk, kind, sensitive, tag in rows:
            held[pk] |= {kind, *([SENSITIVE] if sensitive else []), *([tag] if tag else [])}
    return {
        row.pk: (held[row.customer_id] if row.customer_id is not None else set())
        | ({SENSITIVE} if row.sensitive else set())
        for row in requests
    }


def _furthest(clocks: Iterable[Clock], now: dt.datetime) -> tuple[Clock | None, float]:
    """The live clock of which the largest share is used up, and that share; (None, 0) when none is live."""
    live = [(clock_state(clock, now).fraction, -clock.pk, clock) for clock in clocks if clock.live]
    if not live:
        return None, 0.0
    used, _pk, clock = max(live, key=lambda item: item[:2])
    return clock, used


def _contribution(traits: frozenset[str], scale: Mapping[str, float]) -> tuple[str, float]:
    """The trait that counts most, and what it counts; ``*`` stands for a customer with none of them."""
    named = [(scale[trait], trait) for trait in sorted(traits) if trait in scale]
    value, trait = max(named, default=(scale.get(limits.ANY_PART, 0.0), limits.ANY_PART))
    return trait, _unit(value)


def _weights(request: Request, now: dt.datetime) -> Weights:
    values = policies.get("priority.weights", request.org, now)
    return Weights(
        *(max(0.0, float(values.get(name, 0.0))) for name in ("time", "complexity", "contribution")),
        urgent_bonus=max(0.0, float(policies.get("priority.urgent_bonus", request.org, now))),
        time_cap=max(0.0, float(policies.get("priority.time_cap", request.org, now))),
    )


def _unit(value: float) -> float:
    """A value of a scale, held to 0–1 whatever was set."""
    return min(1.0, max(0.0, float(value)))
