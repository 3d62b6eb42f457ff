"""Making plans in a worker: never in a web process, never inside a transaction."""

from __future__ import annotations

import datetime as dt
import logging
import time

from django.utils import timezone

from denghuo.apps.field.planning import actions, making
from denghuo.apps.field.planning.dragging import keep
from denghuo.apps.field.planning.models import DispatchPlan
from denghuo.apps.field.planning.situation import Situation
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import enqueue, job
from denghuo.core.scoping.models import OrgUnit

logger = logging.getLogger("denghuo.planning")
URGENT = 10  # before other jobs of the queue
ASKED = "asked"  # by a person: made anew even if nothing has happened


@job(name="dispatch.replan", retries=2)
def replan(area_id: int, cause: str) -> None:
    """Make the area's plan: the green lane first, then the search. When nothing has happened since the last one and that is
    younger than ``dispatch.plan.fresh_minutes``, nothing is made."""
    area = OrgUnit.objects.filter(pk=area_id).first()
    if area is None:
        return
    actor, begun = Actor.system("dispatch.plan"), time.perf_counter()
    last = actions.latest(area)
    found = making.read(area, last.body if last else None)
    if last is not None and last.digest == found.digest and cause != ASKED and _fresh(last, found):
        return
    sequence = making.sequence_of(last.body) if last else {}
    first = making.insert_emergencies(found, sequence)
    if first is not None:
        kept = keep(actor, first, "green_lane", digest="")
        found = making.read(area, kept.body)
        sequence = making.sequence_of(kept.body)
    plan = keep(actor, making.solved(found, sequence), cause)
    logger.info("plan %s of unit %s: search %s ms, all %.0f ms", plan.pk, area.pk, plan.solve_ms,
                (time.perf_counter() - begun) * 1000)  # fmt: skip


def _fresh(last: DispatchPlan, found: Situation) -> bool:
    return found.now - last.made_at < dt.timedelta(minutes=policies.get("dispatch.plan.fresh_minutes", found.area))


def ask(area: OrgUnit, *, cause: str, event_id: int = 0, at_once: bool = False) -> int:
    """Put the making of an area's plan into the queue; several within ``dispatch.plan.debounce_seconds`` are one."""
    if at_once:
        return enqueue(
            replan, idempotency_key=f"{area.pk}:event:{event_id}", priority=URGENT, area_id=area.pk, cause=cause
        )
    wait = max(0.2, float(policies.get("dispatch.plan.debounce_seconds", area)))
    turn = int(timezone.now().timestamp() // wait) + 1
    due = dt.datetime.fromtimestamp(turn * wait, tz=dt.UTC)
    return enqueue(replan, idempotency_key=f"{area.pk}:{turn}", schedule_at=due, area_id=area.pk, cause=cause)
