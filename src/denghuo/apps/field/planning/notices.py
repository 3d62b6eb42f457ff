"""Customers hear that an emergency pushed their repair back: once, on the channel they are bound on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelIdentity
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber


@subscriber("field.displaced", kinds={"order.displaced"})
def tell_customer(event: Event) -> None:
    """Queue the notice; with the event's cursor it commits once. Confidential and anonymous matters are told to nobody."""
    request = Request.objects.filter(pk=event.payload["request_id"]).first()
    if request is None or request.account_id is None or request.confidential or request.anonymous:
        return
    due = timezone.localtime(dt.datetime.fromisoformat(event.payload["due_at"]))
    rows = ChannelIdentity.objects.filter(
        account_id=request.account_id, subscribed=True, via__active=True, channel__in=(Channel.WECHAT, Channel.SMS)
    )
    with translation.override("zh-hans"):
        text = _("您的报修 %(number)s：因有危及安全的紧急抢修，我们到达您处的时间推迟到 %(at)s 前后，给您带来不便敬请谅解。") % {
            "number": request.number, "at": due.strftime("%m-%d %H:%M"),
        }  # fmt: skip
        for identity in rows.select_related("via__org").order_by("pk"):
            body = _body(identity, text)
            if body is not None and identity.via is not None:
                queue_outbound(Actor.system("field.displaced"), via=identity.via, identity=identity, body=body)


def _body(identity: ChannelIdentity, text: str) -> dict[str, Any] | None:
    """A short message, or WeChat text while its window is open; None where it could not arrive."""
    if identity.channel == Channel.WECHAT:
        longest = max(policies.get("wechat.window_seconds").values(), default=0)
        last = identity.last_inbound_at
        if last is None or (moment.now() - last).total_seconds() > longest:
            return None
    return {"kind": "text", "code": "displaced", "text": text}
