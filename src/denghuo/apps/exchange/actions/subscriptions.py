"""Who is told of what: making, changing, pausing and trying out subscriptions, and telling them again."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Iterable

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.exchange import feed
from denghuo.apps.exchange.choices import DeliveryCause, SubscriptionState
from denghuo.apps.exchange.models import Delivery, Subscription
from denghuo.apps.exchange.webhooks import guard, signing
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import Event, record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MANAGE = "exchange.manage"
LONGEST_REASON = 200


def locked(actor: Actor, subscription_id: int) -> Subscription:
    """The subscription, locked, if the actor manages it. Raises NotFound, NotAllowed."""
    rows = Subscription.objects.select_related("org").select_for_update(of=("self",))
    row = rows.filter(pk=subscription_id).first()
    if row is None:
        raise NotFound(_("没有这个推送订阅"))
    actor.require(MANAGE, row.org.path)
    return row


@action("subscription.save")
def save_subscription(
    actor: Actor, subscription_id: int | None, *, name: str, url: str, kinds: Collection[str], org: OrgUnit,
    ordered: bool = True,
) -> tuple[Subscription, str]:  # fmt: skip
    """Make or change a subscription; gives it and, when made, its secret: the only time it can be read.

    ``kinds``: names, or ``request.*``. A new one is told of what happens from now on. Its address is resolved and
    checked now and at every call. Raises NotAllowed, NotFound, InvalidInput (name, url, kinds).
    """
    actor.require(MANAGE, org.path)
    row = locked(actor, subscription_id) if subscription_id is not None else Subscription(created_by_name=actor.name)
    form = Form()
    row.name = form.text("name", name, longest=60, required=True, lines=False)
    row.url = _checked_url(form, url)
    row.kinds = _checked_kinds(form, kinds)
    form.finish()
    row.org, row.ordered = org, ordered
    secret = ""
    if subscription_id is None:
        secret = signing.new_secret()
        row.secrets = json.dumps([{"secret": secret, "until": ""}])
        row.start_id = last_number()
    row.save()
    what = "made" if subscription_id is None else "changed"
    record(actor, "subscription.saved", row, org=org, payload={"what": what, "kinds": row.kinds})
    return row, secret


def last_number() -> int:
    """The number of the event recorded last, committed or not: what comes later has a higher one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM core_event_id_seq")
        return int(cursor.fetchone()[0])


def _checked_url(form: Form, url: str) -> str:
    url = form.text("url", url, longest=guard.LONGEST_URL, required=True, lines=False)
    if url:
        try:
            guard.resolve(url)
        except guard.Forbidden as error:
            form.wrong("url", str(error))
        except guard.Unresolved:
            form.wrong("url", _("域名无法解析，请核对网址或请网络管理员检查 DNS"))
    return url


def _checked_kinds(form: Form, kinds: Collection[str]) -> list[str]:
    if not kinds:
        form.wrong("kinds", _("请至少选择一类事件"))
        return []
    try:
        feed.expanded(kinds)
    except InvalidInput as error:
        form.wrong("kinds", error.message)
    return sorted(set(kinds))


@action("subscription.rotate_secret")
def rotate_secret(actor: Actor, subscription_id: int) -> str:
    """A new secret; the one before stays valid for ``webhook.rotation_hours``, older ones end. Gives the new one, once.

    Meanwhile every call carries both signatures. Raises NotAllowed, NotFound.
    """
    row = locked(actor, subscription_id)
    now = timezone.now()
    until = now + dt.timedelta(hours=policies.get("webhook.rotation_hours", row.org))
    secret = signing.new_secret()
    before = [{"secret": old, "until": until.isoformat()} for old in row.held_secrets(now)[:1]]
    row.secrets = json.dumps([{"secret": secret, "until": ""}, *before])
    row.save(update_fields=["secrets"])
    record(actor, "subscription.secret_rotated", row, org=row.org, payload={"old_until": until})
    return secret


@action("subscription.pause")
def pause_subscription(
    actor: Actor, subscription_id: int, *, reason: str, why: str = "by_hand", off: bool = False
) -> None:
    """Stop telling: events go on being noted and wait (``off``: they do not). Raises NotAllowed, NotFound, InvalidInput."""
    row = locked(actor, subscription_id)
    form = Form()
    reason = form.text("reason", reason, longest=LONGEST_REASON, required=True, lines=False)
    form.finish()
    row.state = SubscriptionState.OFF if off else SubscriptionState.PAUSED
    row.state_reason, row.state_at = reason, moment.now()
    row.save(update_fields=["state", "state_reason", "state_at"])
    record(actor, "subscription.paused", row, org=row.org, payload={"why": why, "failures": row.failures})


@action("subscription.resume")
def resume_subscription(actor: Actor, subscription_id: int) -> Subscription:
    """Tell again: what waits goes out at once. After *off* it begins with what happens from now on.

    Raises NotAllowed, NotFound, Conflict (it runs), InvalidInput (url: may no longer be called).
    """
    row = locked(actor, subscription_id)
    if row.state == SubscriptionState.ACTIVE:
        raise Conflict(_("该订阅正在推送，无需恢复"))
    form = Form()
    _checked_url(form, row.url)
    form.finish()
    if row.state == SubscriptionState.OFF:
        row.start_id = last_number()
    row.state, row.state_reason, row.state_at, row.failures = SubscriptionState.ACTIVE, "", moment.now(), 0
    row.save(update_fields=["state", "state_reason", "state_at", "failures", "start_id"])
    row.deliveries.filter(state="pending").update(next_at=timezone.now())
    record(actor, "subscription.resumed", row, org=row.org, payload={})
    wake([row.pk])
    return row


@action("subscription.ping")
def ping(actor: Actor, subscription_id: int) -> Delivery:
    """Send a trial event (``cn.denghuo.ping``), signed as all are. Raises NotAllowed, NotFound, Conflict (not running)."""
    row = locked(actor, subscription_id)
    if row.state != SubscriptionState.ACTIVE:
        raise Conflict(_("订阅未在推送，请先恢复"))
    number, now = f"ping_{uuid.uuid4().hex}", timezone.now()
    body = {
        "specversion": "1.0", "id": number, "source": str(policies.get("exchange.source")),
        "type": feed.TYPE_PREFIX + "ping", "subject": f"subscription/{row.pk}",
        "time": now.astimezone(dt.UTC).isoformat().replace("+00:00", "Z"), "datacontenttype": "application/json",
        "data": {"subscription_id": row.pk},
    }  # fmt: skip
    made = Delivery.objects.create(
        subscription=row, cause=DeliveryCause.PING, kind="ping", message_id=number, body=feed.as_bytes(body),
        next_at=now, event_at=now, created_at=now,
    )  # fmt: skip
    wake([row.pk])
    return made


@action("subscription.replay")
def replay(
    actor: Actor, subscription_id: int, *, since: dt.datetime, until: dt.datetime, kinds: Collection[str] = ()
) -> int:
    """Tell again what happened from ``since`` up to (not including) ``until``; gives the number of events.

    They follow what already waits, under their old ``webhook-id``. Raises NotAllowed, NotFound, InvalidInput (since,
    until: order; more than ``webhook.replay_most`` events; kinds).
    """
    row = locked(actor, subscription_id)
    form = Form()
    if since.tzinfo is None or until.tzinfo is None or since >= until:
        form.wrong("until", _("截止时间须晚于起始时间"))
    form.finish()
    most: int = policies.get("webhook.replay_most")
    names = set(feed.expanded(row.kinds))
    if kinds:
        names &= set(feed.expanded(kinds))
    # Index core_event_kind (kind, at), one month's partition after the other.
    rows = Event.objects.filter(kind__in=names, at__gte=since, at__lt=until, org_path__startswith=row.org.path)
    found = list(rows.order_by("xid", "id")[: most + 1])
    if len(found) > most:
        form.wrong("until", _("该时段超过 %(most)s 个事件，请缩短时段分次重放") % {"most": most})
        form.finish()
    told = make_deliveries([(row, event) for event in found], DeliveryCause.REPLAY)
    record(
        actor, "subscription.replayed", row, org=row.org, payload={"since": since, "until": until, "count": len(told)}
    )
    if told and row.state == SubscriptionState.ACTIVE:
        wake([row.pk])
    return len(told)


def make_deliveries(pairs: Iterable[tuple[Subscription, Event]], cause: DeliveryCause) -> list[Delivery]:
    """Deliveries of events, in the order given; one that an event already has on a subscription stays the only one."""
    now, source = timezone.now(), str(policies.get("exchange.source"))
    rows = [
        Delivery(
            subscription=row, cause=cause, event_id=event.pk, kind=event.kind, message_id=f"evt_{event.pk}",
            body=feed.as_bytes(feed.cloud_event(event, source)), next_at=now, event_at=event.at, created_at=now,
        )
        for row, event in pairs
    ]  # fmt: skip
    return Delivery.objects.bulk_create(rows, batch_size=500, ignore_conflicts=cause == DeliveryCause.EVENT)


WAKE_AGAIN = dt.timedelta(seconds=30)


def wake(ids: Collection[int]) -> None:
    """Have a worker send what waits for these subscriptions; one job each, however much was noted meanwhile."""
    from denghuo.apps.exchange.jobs import send_webhooks
    from denghuo.core.jobs import enqueue

    now = timezone.now()
    rows = Subscription.objects.filter(pk__in=list(ids), state=SubscriptionState.ACTIVE).select_for_update()
    for row in rows.order_by("pk"):
        if row.woken_at is None or row.woken_at < now - WAKE_AGAIN:
            row.woken_at = now
            row.save(update_fields=["woken_at"])
            enqueue(send_webhooks, subscription_id=row.pk)
