"""Outages for emergency services and the public in the shape of PubOutages, the CIM profile of the Outage Data Initiative
(namespace ``http://iec.ch/TC57/2014/PubOutages#``): how many are without supply where, since when, until when.

Only what was released to the map is told; places are counties, no address and no account.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import Sum

from denghuo.apps.exchange.adapters.iec61968.envelope import document
from denghuo.apps.field.choices import OrderState
from denghuo.apps.field.models import OPEN_STATES, WorkOrder
from denghuo.apps.grid.choices import OutageState, PublicChannel
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.grid.queries import public_outages
from denghuo.core.scoping.models import OrgUnit

NAMESPACE: Final = "http://iec.ch/TC57/2014/PubOutages#"
TOLD: Final = (OutageState.ACTIVE, OutageState.RESTORED)
#: State of the order that is furthest on → CrewStatusKind of the CIM.
CREWS: Final = {
    OrderState.SENT: "assigned", OrderState.ACCEPTED: "assigned", OrderState.SENT_BACK: "assigned",
    OrderState.DEPARTED: "enroute", OrderState.ARRIVED: "arrived",
}  # fmt: skip
FURTHEST: Final = ("assigned", "enroute", "arrived")


def pub_outages(unit: OrgUnit | None = None) -> list[dict[str, Any]]:
    """Outages that last or have just ended, as the profile's elements. Three queries whatever the number."""
    rows = [row for row in public_outages(unit, PublicChannel.MAP) if row.state in TOLD]
    served = _served({row.org_id for row in rows})
    crews = _crews([row.master_request_id for row in rows if row.master_request_id])
    return [_shown(row, served.get(row.org_id, 0), crews.get(row.master_request_id or 0)) for row in rows]


def as_xml(found: Iterable[Mapping[str, Any]]) -> bytes:
    """The feed as a PubOutages document."""
    return document(NAMESPACE, "PubOutages", {"Outage": list(found)})


def _shown(row: Outage, served: int, crew: str | None) -> dict[str, Any]:
    over = row.state == OutageState.RESTORED
    confirmed = row.start_confirmed or row.confirmed_at is not None
    return {
        "mRID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:denghuo:outage:{row.number}")),
        "communityDescriptor": row.org.code,
        "cause": row.cause or None,
        "metersAffected": 0 if over else row.customers_out,
        "originalMetersAffected": row.customers_out,
        "outageKind": "restored" if over else "confirmed" if confirmed else "predicted",
        "reportedStartTime": row.started_at,
        "statusKind": None if over else crew,
        "actualPeriod": {"start": row.started_at, "end": row.restored_at},
        "EstimatedRestorationTime": {"ert": row.expected_at} if row.expected_at and not over else None,
        "OutageArea": {
            "earliestReportedTime": row.started_at,
            "metersServed": served,
            "outageAreaKind": "county",
        },
    }


def _served(units: set[int]) -> dict[int, int]:
    """Customers by unit (index on the unit of a transformer)."""
    rows = Transformer.objects.filter(org__in=units).order_by().values("org").annotate(n=Sum("customers"))
    return {row["org"]: row["n"] or 0 for row in rows}


def _crews(requests: list[int]) -> dict[int, str]:
    """How far the crews of each master request are."""
    found: dict[int, str] = {}
    orders = WorkOrder.objects.filter(request__in=requests, state__in=OPEN_STATES).values_list("request_id", "state")
    for request, state in orders:
        kind = CREWS[OrderState(state)]
        held = found.get(request)
        if held is None or FURTHEST.index(kind) > FURTHEST.index(held):
            found[request] = kind
    return found
