"""Sending what waits.

An attempt is claimed in one transaction, made outside of any, and written down in another: a call over the network
never holds a lock. A worker that is killed in between leaves a lease that runs out; then the same bytes go out again
under the same ``webhook-id``, so the other side gets every event at least once and can tell a repeat.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid

from django.utils import timezone, translation

from denghuo.apps.exchange.actions.deliveries import SENDER, Try, claim, release, settle
from denghuo.apps.exchange.choices import DeliveryState, SubscriptionState
from denghuo.apps.exchange.models import Delivery, Subscription
from denghuo.apps.exchange.webhooks import calling, signing
from denghuo.apps.exchange.webhooks.pauses import pause_after

RUN_SECONDS = 30.0  # after that another job takes over, so that one subscription does not keep a worker for ever
GONE = 410


def send_waiting(subscription_id: int, *, seconds: float = RUN_SECONDS) -> tuple[int, bool]:
    """Send what is due for a subscription, in its order; gives attempts made and whether time ran out first."""
    holder, made, end = uuid.uuid4(), 0, time.monotonic() + seconds
    with translation.override("zh-hans"):
        try:
            while time.monotonic() < end:
                delivery = claim(SENDER, subscription_id, holder)
                if delivery is None:
                    return made, False
                made += 1
                settle(SENDER, delivery.pk, delivery.attempts, attempt(delivery))
        finally:
            release(SENDER, subscription_id, holder)
    return made, True


def attempt(delivery: Delivery) -> Try:
    """One signed call."""
    row = delivery.subscription
    body = delivery.body.encode()
    head = signing.headers(row.held_secrets(), delivery.message_id, int(time.time()), body)
    answer = calling.call(
        "POST", row.url, body=body, headers={**head, "Content-Type": "application/cloudevents+json; charset=utf-8"}
    )
    pause = 0.0 if answer.ok else pause_after(delivery.attempts, answer.retry_after)
    return Try(
        answer.status, answer.error, answer.ms, answer.snippet, answer.ok, pause,
        give_up=answer.forbidden, gone=answer.status == GONE,
    )  # fmt: skip


def due(most: int = 200) -> list[int]:
    """Subscriptions with something due that nobody is sending or has been woken for (index
    ``exchange_delivery_pending``)."""
    now = timezone.now()
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING, next_at__lte=now).values("subscription_id")
    rows = Subscription.objects.filter(pk__in=waiting, state=SubscriptionState.ACTIVE)
    rows = rows.exclude(leased_until__gt=now).exclude(woken_at__gt=now - dt.timedelta(seconds=30))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:most])
