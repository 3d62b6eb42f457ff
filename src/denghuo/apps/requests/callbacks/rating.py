"""Somebody we could not reach by phone gets a short message with a link, and rates us there if they like."""

from __future__ import annotations

import datetime as dt
import secrets

from django.utils.translation import gettext as _

from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks import improvements
from denghuo.apps.requests.callbacks.machine import unhappy
from denghuo.apps.requests.callbacks.script import RATED, SCALE
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

LONGEST_SAID = 300


@action("callback.ask_rating")
def ask_rating(actor: Actor, callback_id: int) -> int | None:
    """Queue the short message with the link for a plan that ended *unreachable*; the number of the message.

    None where nothing is sent: policy ``callback.sms`` off, no active short-message account of the unit or one above it,
    no mobile number, asked already.
    """
    rows = CallBack.objects.select_related("request__org").select_for_update(of=("self",))
    plan = rows.filter(pk=callback_id, state=CallBackState.UNREACHABLE, rating_token=None).first()
    if plan is None or not policies.get("callback.sms", plan.request.org):
        return None
    request = plan.request
    via = sms_account(request.org)
    if via is None or not request.caller_phone.startswith("1"):
        return None
    plan.rating_token = secrets.token_urlsafe(16)
    plan.save(update_fields=["rating_token"])
    base = str(policies.get("callback.link_base", request.org)).rstrip("/")
    text = str(policies.get("callback.sms_text", request.org)).format(
        number=request.number, link=f"{base}/rate/{plan.rating_token}/", days=policies.get("callback.rating_days")
    )
    sent = queue_outbound(actor, via=via, address=request.caller_phone, body={"kind": "text", "text": text})
    common.tell(
        common.event(actor, request, "callback.rating_asked", moment.now(), call_back_id=plan.pk, outbound_id=sent.pk)
    )
    return int(sent.pk)


def sms_account(org: OrgUnit) -> ChannelAccount | None:
    """The active short-message account of the unit, or of the nearest one above it."""
    rows = ChannelAccount.objects.filter(channel=Channel.SMS, active=True, org__in=org.ancestor_ids())
    return rows.select_related("org").order_by("-org__path", "pk").first()


def asked_by(token: str, now: dt.datetime) -> CallBack:
    """The plan of a link. Raises NotFound for an unknown one and for one that has run out."""
    plan = CallBack.objects.select_related("request__org").filter(rating_token=token).first() if token else None
    days = policies.get("callback.rating_days")
    if plan is None or plan.done_at is None or plan.done_at + dt.timedelta(days=days) < now:
        raise NotFound(_("这个评价链接无效或已过期；如需反映问题，请拨打 95598"))
    return plan


@action("callback.rate")
def rate_by_link(actor: Actor, token: str, *, score: str, resolved: bool | None, said: str = "") -> CallBack:
    """The customer rates by the link of the short message, once.

    1–5; 1 and 2 count as dissatisfied and, like what is not resolved, raise an improvement item. Raises NotFound (link),
    Conflict (rated already), InvalidInput (score, resolved, said).
    """
    found = asked_by(token, moment.now())
    rows = CallBack.objects.select_related("request__org").select_for_update(of=("self", "request"))
    plan = rows.get(pk=found.pk)
    if plan.state != CallBackState.UNREACHABLE:
        raise Conflict(_("您已经评价过了，谢谢"), code="rated")
    form = Form()
    form.choice("score", score, SCALE)
    if resolved is None:
        form.wrong("resolved", _("请选择问题是否已经解决"))
    text = form.text("said", said, longest=LONGEST_SAID)
    if not text and (resolved is False or score in ("1", "2")):
        form.wrong("said", _("请写几句不满意的地方，我们好改进"))
    form.finish()
    at = moment.now()
    request = plan.request
    plan.state, plan.rated_at, plan.note = CallBackState.DONE, at, text
    plan.resolved, plan.satisfaction = resolved, str(RATED[score])
    plan.save(update_fields=["state", "rated_at", "note", "resolved", "satisfaction"])
    if plan.campaign_id is None:
        request.satisfaction = plan.satisfaction
        common.save(request, "satisfaction")
    told = common.event(
        actor, request, "callback.rated", at,
        call_back_id=plan.pk, satisfaction=plan.satisfaction, resolved=resolved,
    )  # fmt: skip
    common.tell(told, improvements.after_call(actor, plan, at, bad=unhappy(plan)))
    return plan
