"""The life of one delivery: noted with its event, tried by one worker at a time, ended or parked."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.exchange import feed
from denghuo.apps.exchange.actions.subscriptions import (
    LONGEST_REASON,
    MANAGE,
    make_deliveries,
    pause_subscription,
    wake,
)
from denghuo.apps.exchange.choices import DeliveryCause, DeliveryState, SubscriptionState
from denghuo.apps.exchange.models import Delivery, Subscription
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import Event, record
from denghuo.core.inputs import Form

TRIES_KEPT = 12
SENDER = Actor.system("exchange.sender")


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one attempt. ``give_up``: trying again is pointless; ``gone``: they want no more at all."""

    status: int
    error: str
    ms: int
    snippet: str
    ok: bool
    pause: float = 0.0
    give_up: bool = False
    gone: bool = False


@action("delivery.note")
def note_event(actor: Actor, event: Event) -> int:
    """Note an event for every subscription that wants it; gives how many. Part of the subscriber's transaction."""
    rows = Subscription.objects.exclude(state=SubscriptionState.OFF).select_related("org")
    wanted = [row for row in rows if _wants(row, event)]
    if not wanted:
        return 0
    make_deliveries([(row, event) for row in wanted], DeliveryCause.EVENT)
    wake([row.pk for row in wanted])
    return len(wanted)


def _wants(row: Subscription, event: Event) -> bool:
    if event.pk <= row.start_id or not event.org_path.startswith(row.org.path):
        return False
    area = event.kind.split(".", 1)[0] + ".*"
    return area.split(".", 1)[0] in feed.AREAS and (event.kind in row.kinds or area in row.kinds)


@action("delivery.claim")
def claim(actor: Actor, subscription_id: int, holder: uuid.UUID) -> Delivery | None:
    """Begin the next attempt for a subscription: count it and keep other workers away until the lease is over.

    None when nothing is due, somebody else is sending, or the subscription does not run. Strict order: the first that
    waits, and nothing before it is due; otherwise whichever is due longest.
    """
    now = timezone.now()
    row = Subscription.objects.select_related("org").select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if row is None or row.state != SubscriptionState.ACTIVE:
        return None
    if row.holder not in (None, holder) and row.leased_until is not None and row.leased_until > now:
        return None
    waiting = row.deliveries.filter(state=DeliveryState.PENDING)
    found = (
        waiting.order_by("id").first() if row.ordered else waiting.filter(next_at__lte=now).order_by("next_at").first()
    )
    if found is None or found.next_at > now:
        _release(row)
        return None
    lease = now + dt.timedelta(seconds=policies.get("webhook.lease_seconds"))
    row.holder, row.leased_until, row.woken_at = holder, lease, None
    row.save(update_fields=["holder", "leased_until", "woken_at"])
    found.attempts += 1
    found.next_at = lease  # a worker that dies leaves it due again when its lease ends
    found.save(update_fields=["attempts", "next_at"])
    found.subscription = row
    return found


@action("delivery.release")
def release(actor: Actor, subscription_id: int, holder: uuid.UUID) -> None:
    """Give a subscription back before its lease ends."""
    row = Subscription.objects.select_for_update().filter(pk=subscription_id, holder=holder).first()
    if row is not None:
        _release(row)


def _release(row: Subscription) -> None:
    row.holder, row.leased_until, row.woken_at = None, None, None
    row.save(update_fields=["holder", "leased_until", "woken_at"])


@action("delivery.settle")
def settle(actor: Actor, delivery_id: int, attempt: int, outcome: Try) -> Delivery | None:
    """Write what came of attempt number ``attempt``; None when another has begun meanwhile (its lease had ended).

    Used up: a dead letter, and after ``webhook.pause_after_dead`` in a row the subscription is paused.
    """
    # The subscription first, as in claim: two that lock both never wait for each other.
    row = Subscription.objects.select_related("org").select_for_update(of=("self",)).get(deliveries__pk=delivery_id)
    delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
    if delivery.attempts != attempt or delivery.state != DeliveryState.PENDING:
        return None
    now = timezone.now()
    tried = {
        "at": now.isoformat(), "n": attempt, "status": outcome.status, "error": outcome.error[:200], "ms": outcome.ms,
        "snippet": outcome.snippet[:200],
    }  # fmt: skip
    delivery.tries = [*delivery.tries, tried][-TRIES_KEPT:]
    delivery.last_status, delivery.error = outcome.status or None, outcome.error[:200]
    delivery.next_at = now + dt.timedelta(seconds=outcome.pause)
    used_up = outcome.give_up or attempt >= policies.get("webhook.attempts", row.org)
    if outcome.ok:
        delivery.state, delivery.ended_at = DeliveryState.SENT, now
        row.last_success_at, row.failures = now, 0
    else:
        row.last_failure_at = now
        if used_up and not outcome.gone:
            delivery.state, delivery.ended_at = DeliveryState.DEAD, now
            row.failures += 1
    delivery.save(update_fields=["tries", "last_status", "error", "next_at", "state", "ended_at"])
    row.save(update_fields=["last_success_at", "last_failure_at", "failures"])
    if delivery.state == DeliveryState.DEAD:
        _died(actor, delivery, row)
    if outcome.gone:
        pause_subscription(actor, row.pk, reason=_("接收方应答 410，不再接收推送"), why="gone", off=True)
    return delivery


def _died(actor: Actor, delivery: Delivery, row: Subscription) -> None:
    record(
        actor, "delivery.died", row, org=row.org,
        payload={"delivery_id": delivery.pk, "event_kind": delivery.kind, "attempts": delivery.attempts},
    )  # fmt: skip
    if row.state == SubscriptionState.ACTIVE and row.failures >= policies.get("webhook.pause_after_dead", row.org):
        reason = _("连续 %(count)s 条推送失败转入死信：%(error)s") % {"count": row.failures, "error": delivery.error}
        pause_subscription(actor, row.pk, reason=reason[:LONGEST_REASON], why="dead")


@action("delivery.retry")
def retry_dead(actor: Actor, ids: Collection[int]) -> int:
    """Take dead letters up again, their attempts begin anew; gives how many. Raises NotAllowed, NotFound, Conflict."""
    rows = _dead(actor, ids)
    now = timezone.now()
    for row in rows:
        row.state, row.attempts, row.next_at, row.ended_at = DeliveryState.PENDING, 0, now, None
    Delivery.objects.bulk_update(rows, ["state", "attempts", "next_at", "ended_at"])
    for unit in {row.subscription for row in rows}:
        mine = [row.pk for row in rows if row.subscription_id == unit.pk]
        record(actor, "delivery.retried", unit, org=unit.org, payload={"delivery_ids": mine})
    wake({row.subscription_id for row in rows})
    return len(rows)


@action("delivery.drop")
def drop_dead(actor: Actor, ids: Collection[int], *, reason: str) -> int:
    """Put dead letters aside for good, with the reason; gives how many.

    Raises NotAllowed, NotFound, Conflict, InvalidInput (reason).
    """
    form = Form()
    reason = form.text("reason", reason, longest=LONGEST_REASON, required=True, lines=False)
    form.finish()
    rows = _dead(actor, ids)
    for row in rows:
        row.state, row.drop_reason = DeliveryState.DROPPED, reason
    Delivery.objects.bulk_update(rows, ["state", "drop_reason"])
    for unit in {row.subscription for row in rows}:
        mine = [row.pk for row in rows if row.subscription_id == unit.pk]
        record(actor, "delivery.dropped", unit, org=unit.org, payload={"delivery_ids": mine})
    return len(rows)


def _dead(actor: Actor, ids: Collection[int]) -> list[Delivery]:
    wanted = set(ids)
    if not wanted:
        raise InvalidInput({"ids": _("请至少选择一条死信")})
    rows = Delivery.objects.select_related("subscription__org").select_for_update(of=("self",))
    found = list(rows.filter(pk__in=wanted).order_by("pk"))
    if len(found) != len(wanted):
        raise NotFound(_("所选推送已不存在，请刷新后重试"))
    for row in found:
        actor.require(MANAGE, row.subscription.org.path)
        if row.state != DeliveryState.DEAD:
            raise Conflict(_("所选推送中有的已不是死信，请刷新后重试"))
    return found


@action("delivery.repeat")
def repeat(actor: Actor, delivery_id: int) -> Delivery:
    """Send one delivery again, whatever became of it, under the same ``webhook-id``. Raises NotAllowed, NotFound."""
    old = Delivery.objects.select_related("subscription__org").filter(pk=delivery_id).first()
    if old is None:
        raise NotFound(_("没有这条推送"))
    actor.require(MANAGE, old.subscription.org.path)
    now = timezone.now()
    made = Delivery.objects.create(
        subscription=old.subscription, cause=DeliveryCause.REPLAY, event_id=old.event_id, kind=old.kind,
        message_id=old.message_id, body=old.body, next_at=now, event_at=old.event_at, created_at=now,
    )  # fmt: skip
    record(
        actor, "subscription.replayed", old.subscription, org=old.subscription.org,
        payload={"since": old.event_at, "until": old.event_at, "count": 1},
    )  # fmt: skip
    wake([old.subscription_id])
    return made
