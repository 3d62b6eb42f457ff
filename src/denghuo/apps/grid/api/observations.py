"""What meters, breakers and crews tell of supply, over REST."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import AwareDatetime

from denghuo.apps.accounts.auth import StaffAuth
from denghuo.apps.grid.inference.actions import observe
from denghuo.core.http.api import actor_of, write

router = Router(auth=StaffAuth())


class ObservationIn(Schema, extra="forbid"):
    kind: Literal["gasp", "power_on", "supplied", "trip", "opened", "closed"] = Field(
        description="停电上报、复电上报、核实有电、跳闸、确认断开、确认闭合"
    )
    source_ref: str = Field(min_length=1, max_length=80, description="来源系统中的编号，重复发送不重复登记")
    at: AwareDatetime
    transformer_id: int | None = Field(None, ge=1, le=2**63 - 1)
    account_id: int | None = Field(None, ge=1, le=2**63 - 1)
    device_id: int | None = Field(None, ge=1, le=2**63 - 1)


class ObservationKept(Schema):
    id: int
    feeder_id: int


@router.post(
    "/outage-observations", response=ObservationKept, summary="登记停电线索", operation_id="outage_observation_keep"
)
def keep_observation(request: HttpRequest, body: ObservationIn) -> Any:
    """One message of a meter, a breaker or a crew; its feeder is looked at again at once."""
    actor = actor_of(request)

    def run() -> Any:
        row = observe(actor, **body.model_dump())
        return {"id": row.pk, "feeder_id": row.feeder_id}

    return write(request, actor, "outage.observe", body, run)
