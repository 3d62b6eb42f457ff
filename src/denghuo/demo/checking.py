"""Counting a province and looking for rows that contradict one another."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, F, Sum

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers.models import Account, Customer
from denghuo.apps.field.models import Crew, WorkOrder
from denghuo.apps.grid.models import Feeder, Outage, Substation, Transformer
from denghuo.apps.requests.models import Request
from denghuo.core.events import Event
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.demo import basemap, province


def counts() -> dict[str, Any]:
    """Rows of each kind, and the checksum of the province itself (see :func:`province.checksum`)."""
    models = {
        "units": OrgUnit, "staff": Staff, "crews": Crew, "substations": Substation, "feeders": Feeder,
        "transformers": Transformer, "customers": Customer, "accounts": Account, "outages": Outage, "contacts": Contact,
        "requests": Request, "orders": WorkOrder, "events": Event,
    }  # fmt: skip
    found: dict[str, Any] = {name: model._default_manager.count() for name, model in models.items()}
    return found | {"checksum": province.checksum()}


def problems() -> list[str]:
    """Sentences about contradictions; none in a sound province."""
    found = []
    if not basemap.path().exists():
        found.append(f"底图缺失 · no base map at {basemap.path()}")
    if Account.objects.filter(transformer_id=None).exists():
        found.append("有用电户没有台区 · accounts without a transformer")
    if (Transformer.objects.aggregate(total=Sum("customers"))["total"] or 0) != Account.objects.count():
        found.append("台区户数与用电户数不一致 · transformer customer counts do not add up to the accounts")
    if Transformer.objects.exclude(org=F("feeder__org")).exists():
        found.append("台区与馈线不属同一单位 · transformers of another unit than their feeder")
    if Account.objects.values("number_bidx").annotate(n=Count("pk")).filter(n__gt=1).exists():
        found.append("户号重复 · account numbers occur twice")
    if OrgUnit.objects.filter(kind=OrgKind.TEAM).count() != Crew.objects.count():
        found.append("班组与单位不一一对应 · crews and teams do not match")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM customers_account a JOIN grid_transformer t ON t.id = a.transformer_id"
            " WHERE a.org_id <> t.org_id"
        )
        if cursor.fetchone()[0]:
            found.append("有用电户与台区不属同一单位 · accounts of another unit than their transformer")
    return found
