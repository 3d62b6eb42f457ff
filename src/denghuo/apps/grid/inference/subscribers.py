"""Fault reports become observations; outages are estimated and, once restored, looked after."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from denghuo.apps.grid.choices import MatterType, ObservationKind
from denghuo.apps.grid.inference.actions import observe
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import Event, subscriber

logger = logging.getLogger("denghuo.grid")


@subscriber("grid.inference", kinds={"request.submitted"})
def hear(event: Event) -> None:
    """A fault report whose transformer is known speaks of its feeder; one whose phenomenon only concerns the caller does not.

    Run twice it changes nothing: the request is the observation's reference.
    """
    told = event.payload
    transformer_id = told.get("transformer_id")
    if told.get("type") != MatterType.FAULT_REPORT or transformer_id is None:
        return
    transformer = Transformer.objects.select_related("org").filter(pk=transformer_id).first()
    if transformer is None or not policies.get("inference.enabled", transformer.org):
        return
    if told.get("phenomenon") not in policies.get("inference.phenomena", transformer.org):
        return
    try:
        observe(
            Actor.system("grid.inference"), kind=ObservationKind.CALL, source_ref=f"request:{event.subject_id}",
            at=event.at, transformer_id=transformer_id, account_id=told.get("account_id"), request_id=event.subject_id,
            sure=told.get("account_id") is not None,
        )  # fmt: skip
    except ActionError as error:
        logger.info("request %s is no observation: %s", event.subject_id, error.code)


STEPS = {
    "order.created": "sent", "order.accepted": "accepted", "order.departed": "departed", "order.arrived": "arrived",
    "order.expected": "expected", "order.finished": "finished",
}  # fmt: skip
ESTIMATED = {"outage.opened", "outage.started", "outage.updated", "outage.delayed", "outage.master_set"}


@subscriber("grid.restoration", kinds={*STEPS, *ESTIMATED})
def estimate_again(event: Event) -> None:
    """An outage came up or changed, or the crew working on it reported: estimate when supply will be back.

    A work order belongs to the outage whose master request it is of (index ``grid_outage_master``). Only what happens to an
    outage that lasts counts, so that reading the log again tells nobody anything.
    """
    from denghuo.apps.grid.inference import restoration

    actor = Actor.system(restoration.ACTOR)
    outage_id = event.subject_id
    if event.kind in STEPS:
        rows = Outage.objects.filter(master_request_id=event.payload["request_id"], restored_at=None)
        found = rows.order_by("-pk").values_list("pk", flat=True).first()
        if found is None:
            return
        outage_id = found
        restoration.note_crew(
            actor, outage_id, order_id=event.subject_id, stage=STEPS[event.kind], at=event.at,
            until=_moment(event.payload.get("until")), cause=str(event.payload.get("cause") or ""),
        )  # fmt: skip
    elif event.kind == "outage.updated" and event.actor_kind == "staff" and "expected_at" in event.payload["fields"]:
        # A time typed by staff is newer than the one the crew named before.
        Outage.objects.filter(pk=outage_id).update(site_told_at=None, site_until=None)
    if event.kind == "outage.opened":
        restoration.locate(actor, outage_id)
    try:
        restoration.revise(actor, outage_id)
    except ActionError as error:
        logger.info("outage %s not estimated: %s", outage_id, error.code)


@subscriber("grid.remaining", kinds={"outage.restored", "order.finished", "outage.observed"})
def look_for_remaining(event: Event) -> None:
    """Supply is reported back, or something was heard after that: look who is still out before the crew leaves."""
    from denghuo.apps.grid.inference import remaining

    actor = Actor.system(remaining.ACTOR)
    if event.kind == "outage.restored":
        remaining.look(actor, event.subject_id)
    elif event.kind == "order.finished":
        back = _moment(event.payload.get("restored_at"))
        if back is None:
            return
        rows = Outage.objects.filter(master_request_id=event.payload["request_id"]).order_by("-pk")
        for pk in rows.values_list("pk", flat=True)[:1]:
            remaining.look(actor, pk, reported_at=back)
    else:
        for pk in remaining.watched(feeder_id=event.payload["feeder_id"]):
            remaining.look(actor, pk)


def _moment(told: Any) -> dt.datetime | None:
    return dt.datetime.fromisoformat(told) if isinstance(told, str) else told
