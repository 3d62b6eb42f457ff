"""Requests like this one that were solved lately, for how it was done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from denghuo.apps.contacts.models import Contact
from denghuo.apps.requests.choices import RequestState
from denghuo.apps.requests.linking.comparing import facts_of, weights_for
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.lists import meant
from denghuo.apps.requests.queries.lists import visible
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.privacy import redact
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.duplicates import Facts, Weights, score

COMPARED = frozenset({"matter", "text", "scope"})  # what it is about; not whose and when
LONGEST = 120
VIEW = "requests.view"


@dataclass(frozen=True, slots=True)
class Solved:
    """A solved request, how alike, and how it was solved, without numbers of persons."""

    request: Request
    score: float
    about: str
    result: str

    @property
    def percent(self) -> int:
        return round(100 * self.score)


def similar_solved(actor: Actor, contact: Contact, place: OrgUnit, text: str) -> list[Solved]:
    """Solved requests of the customer's unit that are about the same, the likest first; only what ``actor`` may see.

    The newest ``assist.similar_looked_at`` of the unit with a result are compared (index ``requests_org_state``): by business type, matter
    and words. One query.
    """
    if not text.strip() or not actor.can(VIEW, place.path):
        return []
    now = moment.now()
    weights = _about(weights_for(place, now))
    wanted = meant(text)
    probe = Facts(at=now, type=wanted.get("type", ""), phenomenon=wanted.get("phenomenon", ""), text=text)
    most = policies.get("assist.similar_looked_at", place)
    rows = visible(actor).filter(org=place, state=RequestState.ARCHIVED).exclude(result="")
    if probe.type:
        rows = rows.filter(type=probe.type)
    floor, shown = policies.get("assist.similar_floor", place), policies.get("assist.similar", place)
    found = []
    for row in rows.select_related("transformer").order_by("-submitted_at", "-pk")[:most]:
        value = score(probe, replace(facts_of(row), at=now), weights).value
        if value >= floor:
            found.append(Solved(row, value, redact(row.description)[:LONGEST], redact(row.result)[:LONGEST]))
    return sorted(found, key=lambda one: (-one.score, -one.request.pk))[:shown]


def _about(weights: Weights) -> Weights:
    """The weights in force for what a request is about; nothing for the other parts."""
    return replace(
        weights,
        bias=0.0,  # two requests about the same are nothing rare, as the same request twice is
        agree={name: value if name in COMPARED else 0.0 for name, value in weights.agree.items()},
        differ={name: value if name in COMPARED else 0.0 for name, value in weights.differ.items()},
    )
