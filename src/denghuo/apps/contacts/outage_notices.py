"""Outage information to customers who bound their account on WeChat or by short message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelIdentity
from denghuo.apps.contacts.panel_facts import clock, outage_text
from denghuo.apps.customers.models import Account
from denghuo.apps.grid.choices import DelayStage, OutageState, PublicChannel
from denghuo.apps.grid.models import Outage
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

TOLD_CHANGES = {"started_at", "expected_at"}
KINDS = {
    "outage.opened", "outage.updated", "outage.delayed", "outage.cancelled", "outage.restored", "outage.reminder_due",
    "outage.accounts_restored", "remaining.asked",
}  # fmt: skip


@subscriber("contacts.outage_notices", kinds=KINDS)
def tell_customers(event: Event) -> None:
    """Queue one notice for every identity bound to an account of the scope, when the information goes to WeChat.

    What was cancelled before it was released was told to nobody, and a change customers do not feel is not told either.
    """
    if event.kind == "outage.updated" and not TOLD_CHANGES & set(event.payload["fields"]):
        return
    if event.kind == "outage.accounts_restored" and not event.payload["left"]:
        return  # the end of the whole cut tells the last of them
    of = event.payload["outage_id"] if event.kind == "remaining.asked" else event.subject_id
    outage = Outage.objects.select_related("org", "feeder").get(pk=of)
    if PublicChannel.WECHAT not in outage.channels or outage.published_at is None:
        return
    accounts = event.payload["account_ids"] if event.kind in ("outage.accounts_restored", "remaining.asked") else None
    actor = Actor.system("outage.notices")
    with translation.override("zh-hans"):
        text = notice_text(outage, event)
        for identity in _asked(accounts or []) if event.kind == "remaining.asked" else _bound(outage, accounts):
            body = _body(identity, outage, text)
            if body is not None and identity.via is not None:
                queue_outbound(actor, via=identity.via, identity=identity, body=body)


def notice_text(outage: Outage, event: Event) -> str:
    """What the customer reads, in Chinese: only what is known of the outage, nothing of the person."""
    if event.kind == "remaining.asked":
        return _("您所在区域已恢复送电。您家是否已经来电？如仍没有电，请直接回复或拨打 95598，抢修人员会继续处理。")
    if event.kind == "outage.cancelled":
        return _("原定 %(began)s 的停电已取消，您家将正常用电。") % {"began": clock(outage.started_at)}
    if event.kind == "outage.accounts_restored":
        return _("您家的供电已恢复。如仍没有电，请拨打 95598。")
    if outage.of_accounts and event.kind == "outage.restored":
        return _("您家的供电已恢复。如仍没有电，请拨打 95598。")
    if outage.of_accounts:
        return _("您的用电户将于 %(began)s 因“%(kind)s”中止供电，办结后即为您恢复。如有疑问请拨打 95598。") % {
            "began": clock(outage.started_at), "kind": outage.get_kind_display(),
        }  # fmt: skip
    if event.kind == "outage.delayed":
        stage = DelayStage(event.payload["stage"])
        until = outage.started_at if stage == DelayStage.START else outage.expected_at
        what = _("停电推迟到 %(at)s 开始") if stage == DelayStage.START else _("送电推迟，预计 %(at)s 恢复")
        return _("您所在区域%(what)s，给您带来不便敬请谅解。") % {"what": what % {"at": clock(until)}}
    return outage_text(outage)


def _bound(outage: Outage, account_ids: list[int] | None) -> Iterator[ChannelIdentity]:
    """Identities with an account in the scope, one a time however many there are."""
    if account_ids is None:
        account_ids = list(outage.accounts.filter(restored_at=None).values_list("account_id", flat=True))
        if outage.state == OutageState.RESTORED:  # those that got their supply back before have been told then
            last = outage.accounts.filter(restored_at=outage.restored_at)
            account_ids = list(last.values_list("account_id", flat=True))
    ids = list(outage.transformers.values_list("pk", flat=True))
    scope = Account.objects.filter(Q(transformer_id__in=ids) | Q(pk__in=account_ids), active=True)
    rows = ChannelIdentity.objects.filter(
        account__in=scope, subscribed=True, via__active=True, channel__in=(Channel.WECHAT, Channel.SMS)
    )
    return rows.select_related("via__org").order_by("pk").iterator(chunk_size=500)


def _asked(account_ids: list[int]) -> Iterator[ChannelIdentity]:
    """Identities bound to these accounts only: the neighbours of those asked are not."""
    rows = ChannelIdentity.objects.filter(
        account__in=account_ids, account__active=True, subscribed=True, via__active=True,
        channel__in=(Channel.WECHAT, Channel.SMS),
    )  # fmt: skip
    return rows.select_related("via__org").order_by("pk").iterator(chunk_size=500)


def _body(identity: ChannelIdentity, outage: Outage, text: str) -> dict[str, Any] | None:
    """What the channel's port sends. Without a template a WeChat account may only write within its window, so those it
    could not reach anyway are passed over."""
    via = identity.via
    if identity.channel == Channel.SMS or via is None:
        return {"kind": "text", "code": "outage", "text": text}
    template = via.setting("outage_template")
    if template:
        site = str(via.setting("public_url")).rstrip("/")
        return {
            "kind": "template", "code": "outage", "template_id": template,
            "url": f"{site}{reverse('grid:hall-outages')}" if site else "",
            "data": {
                "thing1": str(outage.get_kind_display()), "time2": clock(outage.started_at),
                "time3": clock(outage.restored_at or outage.expected_at) or _("正在查明"), "thing4": text[:200],
            },
        }  # fmt: skip
    longest = max(policies.get("wechat.window_seconds").values(), default=0)
    last = identity.last_inbound_at
    if last is None or (moment.now() - last).total_seconds() > longest:
        return None
    return {"kind": "text", "code": "outage", "text": text}
