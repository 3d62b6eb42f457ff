"""Open requests that may be the same matter as one at hand, or as one still being typed.

Candidates come from at most three indexed queries of ``duplicate.candidates`` rows each: the same customer, account, phone
or transformer (their indexes and the blind index of the phone); for faults the same feeder (``requests_transformer``); for
faults whose transformer is not known the same unit (``requests_org_state``). All of them are scored, the best are shown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from denghuo.apps.grid.models import Transformer
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.linking.comparing import Likeness, compare, facts_of, weights_for
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.queries.lists import visible
from denghuo.apps.requests.steps import FINAL, MASTER_STATES
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.duplicates import Facts


@dataclass(frozen=True, slots=True)
class Probe:
    """What is looked for: the facts, the unit whose policies count, the request itself when it is already kept."""

    facts: Facts
    org: OrgUnit | None
    at: dt.datetime
    request_id: int | None = None

    @property
    def is_fault(self) -> bool:
        return self.facts.type == RequestType.FAULT_REPORT


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An open request that may be the same matter, and how likely."""

    request: Request
    likeness: Likeness


def probe_of(request: Request) -> Probe:
    """A kept request as what is looked for."""
    return Probe(facts_of(request), request.org, request.submitted_at, request.pk)


def suggest(probe: Probe, *, actor: Actor | None = None, limit: int | None = None) -> list[Suggestion]:
    """Those of ``duplicate.suggest`` and above, the likeliest first; with ``actor`` only what they may see.

    Masters come rather than the requests merged into them. At most three queries.
    """
    weights = weights_for(probe.org, probe.at)
    least = policies.get("duplicate.suggest", probe.org, probe.at)
    strong = policies.get("duplicate.strong", probe.org, probe.at)
    most = limit or policies.get("duplicate.shown", probe.org, probe.at)
    found = [
        Suggestion(row, compare(probe.facts, facts_of(row), weights, strong)) for row in candidates(probe, actor=actor)
    ]
    likely = [one for one in found if one.likeness.value >= least]
    return sorted(likely, key=lambda one: (-one.likeness.value, -one.request.pk))[:most]


def candidates(probe: Probe, *, actor: Actor | None = None) -> list[Request]:
    """Open requests worth comparing; see the module. Each row brings its unit and transformer."""
    most = policies.get("duplicate.candidates", probe.org, probe.at)
    rows, facts = _open(probe, actor), probe.facts
    found: dict[int, Request] = {}
    same = Q()
    for name, value in (("customer_id", facts.customer), ("account_id", facts.account)):
        if value is not None:
            same |= Q(**{name: value})
    if facts.phone:
        same |= Q(caller_phone_bidx=facts.phone)
    if probe.is_fault and facts.transformer is not None:
        same |= Q(transformer_id=facts.transformer)
    if same:
        found |= {row.pk: row for row in rows.filter(same)[:most]}
    if probe.is_fault and facts.feeder is not None:
        near = Transformer.objects.filter(feeder_id=facts.feeder).exclude(pk=facts.transformer).values("pk")
        found |= {row.pk: row for row in rows.filter(transformer_id__in=near)[:most]}
    elif probe.is_fault and probe.org is not None and (facts.address or facts.lon is not None):
        found |= {row.pk: row for row in rows.filter(org=probe.org)[:most]}
    return list(found.values())


def _open(probe: Probe, actor: Actor | None) -> QuerySet[Request]:
    key = "request.duplicate_hours" if probe.is_fault else "duplicate.other_hours"
    window = dt.timedelta(hours=policies.get(key, probe.org, probe.at))
    rows = Request.objects.all() if actor is None else visible(actor)
    rows = rows.filter(master=None, submitted_at__range=(probe.at - window, probe.at + window))
    if probe.is_fault:
        rows = rows.filter(type=RequestType.FAULT_REPORT, state__in=MASTER_STATES)
    else:
        rows = rows.exclude(type=RequestType.FAULT_REPORT).exclude(state__in=FINAL)
    if probe.request_id is not None:
        rows = rows.exclude(pk=probe.request_id)
    return rows.select_related("org", "transformer").order_by("-submitted_at", "-pk")
