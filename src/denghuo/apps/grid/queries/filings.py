"""Matters filed ahead, and which of them a caller's place is in."""

from __future__ import annotations

import datetime as dt

from django.db.models import Count, Q, QuerySet

from denghuo.apps.grid.choices import FilingState
from denghuo.apps.grid.models import FilingSuspension, ServiceFiling
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit


def filings_visible_to(actor: Actor) -> QuerySet[ServiceFiling]:
    """Filings of the actor's units, latest period first. Index ``grid_filing_org``."""
    rows = ServiceFiling.objects.visible_to(actor, "grid.view").select_related("org", "entered_by", "reviewed_by")
    return rows.annotate(transformer_count=Count("transformers")).order_by("-starts_at", "-pk")


def filings_for(
    *, transformer_id: int | None = None, org: OrgUnit | None = None, at: dt.datetime | None = None
) -> list[ServiceFiling]:
    """Approved filings in whose period and area a caller is, those that name the transformer first.

    A filing without transformers covers its unit and all below. One query over ``grid_filing_in_force`` (few rows: what is
    approved and not over).
    """
    if transformer_id is None and org is None:
        return []
    when = at or moment.now()
    named = Q(transformers=transformer_id) if transformer_id is not None else Q(pk__in=[])
    wide = Q(transformers=None, org_id__in=org.ancestor_ids()) if org is not None else Q(pk__in=[])
    rows = ServiceFiling.objects.filter(named | wide, state=FilingState.APPROVED, starts_at__lte=when, ends_at__gt=when)
    found = rows.select_related("org").annotate(named=Count("transformers")).order_by("-named", "ends_at", "pk")
    return list(found.distinct()[:20])


def suspension_of(org: OrgUnit, at: dt.datetime | None = None) -> FilingSuspension | None:
    """Why a unit may not file at ``at``: its own suspension or one of a unit above; None when it may."""
    when = at or moment.now()
    rows = FilingSuspension.objects.filter(org_id__in=org.ancestor_ids(), begins_at__lte=when, ends_at__gt=when)
    return rows.select_related("org").order_by("-ends_at").first()
