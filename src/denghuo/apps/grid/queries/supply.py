"""Reading the supply tree."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

from django.db.models import ExpressionWrapper, F, FloatField, QuerySet

from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit


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
