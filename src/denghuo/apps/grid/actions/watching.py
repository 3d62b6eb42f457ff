"""Noticing what nobody reported: late starts, late stops, and customers who are to be told again."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet

from denghuo.apps.grid.actions import common
from denghuo.apps.grid.choices import DelayStage, OutageKind, OutageState
from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.queries import LIVE
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record

MOST_AT_ONCE = 200


@action("outage.watch")
def watch_outages(actor: Actor) -> tuple[int, int, int]:
    """Notice starts and stops nobody reported in time, and when customers are to be told again; each exactly once.

    Gives the numbers of late starts, late stops and reminders found. The mark is written with the event, under the row's
    lock, so two sweeps at once tell nothing twice; a delay or a change of plan takes the mark away again.
    """
    now = moment.now()
    grace = dt.timedelta(minutes=policies.get("outage.overdue_minutes"))
    starts = _live().filter(
        started_at__lt=now - grace, start_confirmed=False, overdue_start_told_at=None, state__in=LIVE
    ).exclude(kind=OutageKind.FAULT)  # fmt: skip
    stops = _live().filter(expected_at__lt=now - grace, overdue_stop_told_at=None, state=OutageState.ACTIVE)
    late = [_overdue(actor, outage, DelayStage.START, outage.started_at, now) for outage in starts[:MOST_AT_ONCE]]
    later = [_overdue(actor, one, DelayStage.STOP, one.expected_at or now, now) for one in stops[:MOST_AT_ONCE]]
    reminded = [_remind(actor, outage, now) for outage in _to_remind(now)[:MOST_AT_ONCE]]
    return len(late), len(later), len(reminded)


def _live() -> QuerySet[Outage]:
    rows = (
        Outage.objects.filter(restored_at=None).select_related("org").select_for_update(of=("self",), skip_locked=True)
    )
    return rows.order_by("pk")


def _overdue(actor: Actor, outage: Outage, stage: DelayStage, due: dt.datetime, now: dt.datetime) -> None:
    field = f"overdue_{stage}_told_at"
    setattr(outage, field, now)
    outage.save(update_fields=[field])
    record(
        actor, "outage.overdue", outage, org=outage.org, topics=common.topics_of(outage),
        payload={
            "stage": str(stage), "state": outage.state, "due_at": due, "customers_out": outage.customers_out,
        },
    )  # fmt: skip


def _to_remind(now: dt.datetime) -> QuerySet[Outage]:
    minutes: dict[str, float] = policies.get("outage.remind_minutes")
    near = Q(pk__in=[])
    for kind, before in minutes.items():
        near |= Q(kind=kind, started_at__lte=now + dt.timedelta(minutes=before))
    return _live().filter(near, state=OutageState.ANNOUNCED, started_at__gt=now, reminded_at=None)


def _remind(actor: Actor, outage: Outage, now: dt.datetime) -> None:
    outage.reminded_at = now
    outage.save(update_fields=["reminded_at"])
    record(
        actor, "outage.reminder_due", outage, org=outage.org, topics=common.topics_of(outage),
        payload={"state": outage.state, "started_at": outage.started_at, "customers_out": outage.customers_out},
    )  # fmt: skip
