"""Reads for those who look after the outside channels."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from denghuo.apps.contacts.actions.outside import VIEW
from denghuo.apps.contacts.choices import OutboundState
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, InboundReceipt, OutboundMessage
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class Line:
    """One account with its traffic of a day."""

    account: ChannelAccount
    last_in: dt.datetime | None
    last_out: dt.datetime | None
    came_in: int
    sent: int
    waiting: int
    dead: int


def accounts(actor: Actor) -> list[Line]:
    """The accounts of the actor's units with their last traffic and the figures of the last 24 hours.

    A few accounts; their traffic is read by ``contacts_receipt_via`` and ``contacts_outbound_via``, what waits by
    ``contacts_outbound_due``.
    """
    since = moment.now() - dt.timedelta(hours=24)
    receipts = InboundReceipt.objects.filter(via=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
    sent = OutboundMessage.objects.filter(via=OuterRef("pk"), sent_at__isnull=False)
    last_sent = sent.order_by("-created_at").values("sent_at")[:1]
    rows = (
        ChannelAccount.objects.visible_to(actor, VIEW)
        .select_related("org")
        .annotate(last_in=Subquery(receipts), last_out=Subquery(last_sent))
        .order_by("channel", "code")
    )
    came_in = dict(
        InboundReceipt.objects.filter(via__in=rows.values("pk"), received_at__gte=since)
        .order_by().values_list("via").annotate(n=Count("pk"))
    )  # fmt: skip
    went_out = {
        row["via"]: row
        for row in OutboundMessage.objects.filter(via__in=rows.values("pk"), created_at__gte=since)
        .order_by().values("via").annotate(
            sent=Count("pk", filter=Q(state=OutboundState.SENT)), dead=Count("pk", filter=Q(state=OutboundState.DEAD)),
            waiting=Count("pk", filter=Q(state__in=[OutboundState.QUEUED, OutboundState.FAILED])),
        )
    }  # fmt: skip
    none = {"sent": 0, "dead": 0, "waiting": 0}
    return [
        Line(
            row, row.last_in, row.last_out, came_in.get(row.pk, 0), *(went_out.get(row.pk, none)[name] for name in ("sent", "waiting", "dead"))
        )
        for row in rows
    ]  # fmt: skip


def account(actor: Actor, pk: int) -> ChannelAccount:
    """One account; NotFound also for those the actor may not see."""
    row = ChannelAccount.objects.visible_to(actor, VIEW).select_related("org").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def outbound(actor: Actor) -> QuerySet[OutboundMessage]:
    """What goes out, newest first (index ``contacts_outbound_org`` within a unit)."""
    rows = OutboundMessage.objects.visible_to(actor, VIEW)
    return rows.select_related("via", "identity", "org").order_by("-created_at")


def identities(actor: Actor) -> QuerySet[ChannelIdentity]:
    """Who is known on the channels, those bound last first."""
    rows = ChannelIdentity.objects.visible_to(actor, VIEW)
    return rows.select_related("via", "customer", "account", "org")
