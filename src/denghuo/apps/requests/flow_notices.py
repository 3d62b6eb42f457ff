"""Telling those a step of the flow names: roles and people in their notice box, the customer on a bound channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import translation

from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelIdentity
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import VERBS
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber
from denghuo.core.events.models import Event as EventRow
from denghuo.engine.flow import Flow, Step

#: targets that are a role over the responsible unit
ROLES = {"unit": "dispatcher", "supervisor": "supervisor"}


@subscriber("requests.notices", kinds={"request.notice_due"})
def tell(event: Event) -> None:
    """Write the notices of one step; with the event's cursor they commit together, so each is told once."""
    request = Request.objects.select_related("org", "account").filter(pk=event.subject_id).first()
    if request is None:
        return
    flow = FLOWS.get(event.payload["flow_id"])
    step = flow.find(event.payload["source"], event.payload["verb"], target=event.payload["target"] or None)
    if step is None:
        return
    actor, subject = Actor.system("flow.notices"), ("request", request.pk)
    with translation.override("zh-hans"):
        for notice in step.notify:
            text = rendered(notice.text, request, flow, step, event.payload["step"])
            if notice.to == "customer":
                for identity in _bound(request):
                    if (body := _body(identity, text)) is not None and identity.via is not None:
                        queue_outbound(actor, via=identity.via, identity=identity, body=body)
            elif notice.to == "handler":
                handler = _handler(request, event.pk)
                if handler is not None:
                    tell_staff(actor, org=request.org, text=text, subject=subject, staff_id=handler, at=event.at)
            else:
                role = ROLES.get(notice.to, notice.to)
                tell_staff(actor, org=request.org, text=text, subject=subject, role=role, at=event.at)


def rendered(text: str, request: Request, flow: Flow, step: Step, state: str) -> str:
    """``text`` with its placeholders filled: none of them is personal. Unknown ones stay as they are."""
    label = flow.states[state].label if state in flow.states else state
    values = {
        "number": request.number, "type": str(request.get_type_display()), "state": label,
        "unit": request.org.label, "step": step.label or str(VERBS.get(step.verb, step.verb)),
    }  # fmt: skip
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _handler(request: Request, before: int) -> int | None:
    """The person who last did something on the request (index on subject of the event log)."""
    rows = EventRow.objects.filter(subject_kind="request", subject_id=request.pk, actor_kind="staff", pk__lte=before)
    return rows.order_by("-pk").values_list("actor_id", flat=True).first()


def _bound(request: Request) -> Iterator[ChannelIdentity]:
    """Where the customer of the request's account has bound themselves and wants to be told; nobody of a matter that is
    confidential or anonymous, for others may read that account's messages."""
    if request.account_id is None or request.confidential or request.anonymous:
        return
    rows = ChannelIdentity.objects.filter(
        account_id=request.account_id, subscribed=True, via__active=True, channel__in=(Channel.WECHAT, Channel.SMS)
    )
    yield from rows.select_related("via__org").order_by("pk")


def _body(identity: ChannelIdentity, text: str) -> dict[str, Any] | None:
    """A short message, or WeChat text while its window is open; None where it could not arrive."""
    if identity.channel == Channel.WECHAT:
        longest = max(policies.get("wechat.window_seconds").values(), default=0)
        last = identity.last_inbound_at
        if last is None or (moment.now() - last).total_seconds() > longest:
            return None
    return {"kind": "text", "code": "request", "text": text}
