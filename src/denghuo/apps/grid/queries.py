"""Reading the supply tree and its outages."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from typing import NamedTuple, Protocol

from django.db.models import Count, ExpressionWrapper, F, FloatField, Prefetch, Q, QuerySet

from denghuo.apps.grid.choices import OutageState
from denghuo.apps.grid.models import Feeder, Outage, Substation, Transformer
from denghuo.core import moment, policies, prepared
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

LIVE = (OutageState.ANNOUNCED, OutageState.ACTIVE)


class HasTransformer(Protocol):
    """Anything with a supply transformer, such as an account."""

    transformer_id: int | None


class SupplyPath(NamedTuple):
    """From the transformer up."""

    transformer: Transformer
    feeder: Feeder
    substation: Substation


def transformer_of(account: HasTransformer) -> Transformer | None:
    """The transformer behind an account, its feeder and substation loaded with it; None when nobody recorded it."""
    if account.transformer_id is None:
        return None
    return Transformer.objects.select_related("feeder__substation", "org").filter(pk=account.transformer_id).first()


def supply_path(transformer: Transformer) -> SupplyPath:
    """Transformer, feeder, substation; no query when they were loaded with it."""
    return SupplyPath(transformer, transformer.feeder, transformer.feeder.substation)


def outage_explaining(transformer_id: int | None, at: dt.datetime | None = None) -> Outage | None:
    """The outage that explains why a customer of this transformer had no supply at ``at`` (default: now).

    Reports come before the recorded start and for a while after the recorded end; by how much is policy
    (``outage.explain_before_minutes``, ``outage.explain_after_minutes``). One that still lasts comes first, then the
    one that began last. One query over the index of ``grid_outage_transformers.transformer_id``.
    """
    if transformer_id is None:
        return None
    return _OF_TRANSFORMER.first(*_around(at), transformer_id)


def outages_explaining(transformer_ids: Collection[int], at: dt.datetime | None = None) -> dict[int, Outage]:
    """:func:`outage_explaining` for many transformers in two queries; those without an outage are left out."""
    if not transformer_ids:
        return {}
    below = Transformer.objects.filter(pk__in=transformer_ids).only("pk")
    found = (
        _explaining(*_around(at))
        .filter(transformers__in=transformer_ids)
        .prefetch_related(Prefetch("transformers", below, "hit"))
    )
    first: dict[int, Outage] = {}
    for outage in found:
        for transformer in outage.hit:
            first.setdefault(transformer.pk, outage)
    return first


def _around(at: dt.datetime | None) -> tuple[dt.datetime, dt.datetime]:
    """An outage explains a report at ``at`` when it had not ended before the first moment, and had begun by the second."""
    when = at or moment.now()
    before = dt.timedelta(minutes=policies.get("outage.explain_before_minutes"))
    after = dt.timedelta(minutes=policies.get("outage.explain_after_minutes"))
    return when - after, when + before


def _explaining(lasted_until: dt.datetime, begun_by: dt.datetime) -> QuerySet[Outage]:
    lasted = Q(restored_at=None) | Q(restored_at__gte=lasted_until)
    rows = Outage.objects.filter(lasted, started_at__lte=begun_by).exclude(state=OutageState.CANCELLED)
    return rows.select_related("org", "feeder").order_by(F("restored_at").desc(nulls_first=True), "-started_at", "-pk")


# Asked for every report that is accepted.
_OF_TRANSFORMER = prepared.Select(
    lambda lasted_until, begun_by, transformer_id: _explaining(lasted_until, begun_by).filter(transformers=transformer_id)[:1],
    dt.datetime, dt.datetime, int,
)  # fmt: skip


def open_outages(actor: Actor) -> QuerySet[Outage]:
    """Outages that last or are announced, in the actor's units, latest start first.

    Index ``grid_outage_open`` (org, started_at where not restored).
    """
    return outages_visible_to(actor).filter(restored_at=None, state__in=LIVE)


def outages_visible_to(actor: Actor) -> QuerySet[Outage]:
    """All outages of the actor's units with unit, feeder and the number of transformers, latest start first."""
    rows = Outage.objects.visible_to(actor, "grid.view").select_related("org", "feeder__substation")
    return rows.annotate(transformer_count=Count("transformers")).order_by("-started_at", "-pk")


def public_outages(unit: OrgUnit | None = None) -> list[Outage]:
    """What the public may know: outages that last, are announced, or ended within ``outage.public_recent_hours``.

    Those that last come first, then what is to come, then what is over. Each has ``hit``: its transformers.
    """
    since = moment.now() - dt.timedelta(hours=policies.get("outage.public_recent_hours"))
    rows = Outage.objects.filter(Q(restored_at=None, state__in=LIVE) | Q(restored_at__gte=since))
    if unit is not None:
        rows = rows.under(unit)
    found = rows.select_related("org", "feeder").prefetch_related(Prefetch("transformers", to_attr="hit"))
    rank = {OutageState.ACTIVE: 0, OutageState.ANNOUNCED: 1}
    return sorted(found.order_by("-started_at")[:500], key=lambda outage: rank.get(OutageState(outage.state), 2))


def nearest_transformer(lon: float, lat: float, org: OrgUnit) -> Transformer | None:
    """The transformer of ``org``'s subtree nearest to a place (degrees), or None when it has none.

    Longitude is shortened by the latitude, so within a county this orders as the true distance does. Reads the
    transformers of the subtree by the index on ``org``; at county size that is a few hundred rows.
    """
    shrink = math.cos(math.radians(lat)) ** 2
    east, north = F("lon") - lon, F("lat") - lat
    squared = ExpressionWrapper(east * east * shrink + north * north, output_field=FloatField())
    rows = Transformer.objects.under(org).select_related("feeder__substation", "org")
    return rows.annotate(squared=squared).order_by("squared", "pk").first()


def feeders_for(actor: Actor, permission: str = "outage.manage") -> QuerySet[Feeder]:
    """Feeders of the units where the actor holds ``permission``, by unit and code."""
    return (
        Feeder.objects.visible_to(actor, permission).select_related("org", "substation").order_by("org__path", "code")
    )


def path_of(transformer_id: int | None) -> SupplyPath | None:
    """The supply path by id, in one query; None for no or an unknown transformer."""
    if transformer_id is None:
        return None
    row = Transformer.objects.select_related("feeder__substation", "org").filter(pk=transformer_id).first()
    return supply_path(row) if row else None
