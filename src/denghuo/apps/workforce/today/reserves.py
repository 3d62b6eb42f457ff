"""The emergency link: reserves proposed from thresholds, called in by somebody's word, sent home again.

Calling in is the existing action of the queues (:func:`denghuo.apps.contacts.actions.activate_echelon`), which the router
follows; here the people are told as well, and what led to it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.notices import tell_staff
from denghuo.apps.contacts.actions import activate_echelon, release_echelon
from denghuo.apps.contacts.actions.outbox import queue_outbound
from denghuo.apps.contacts.actions.queues import ACTIVATE
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.workforce.demand.actions import topic
from denghuo.apps.workforce.demand.reading import VIEW
from denghuo.apps.workforce.today import watching
from denghuo.apps.workforce.today.models import CallState, EmergencyCall
from denghuo.apps.workforce.today.watching import Cause
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit


@action("reserves.propose")
def propose(actor: Actor, unit: OrgUnit, *, causes: Sequence[Cause], effect: dict[str, Any]) -> EmergencyCall:
    """Propose the highest echelon that the causes ask for. Nobody is called in by this.

    Raises NotAllowed, Conflict ``proposed`` (a proposal is open).
    """
    actor.require("workforce.act", unit.path)
    echelon = max(int(one["echelon"]) for one in causes)
    try:
        with transaction.atomic():
            call = EmergencyCall.objects.create(
                org=unit, echelon=echelon, causes=list(causes), effect=effect, proposed_at=moment.now()
            )
    except IntegrityError:
        raise Conflict(_("已有一条建议等待批准"), code="proposed") from None
    record(actor, "reserves.proposed", call, org=unit, payload=_payload(call), topics=[topic(unit)])
    return call


@action("reserves.approve")
def approve(actor: Actor, call_id: int, *, reason: str = "") -> EmergencyCall:
    """Call the reserves in: the echelon is activated, its people get a notice and, where there is an account, a short message.

    Raises NotFound, NotAllowed (no ``echelon.activate``), InvalidInput (``reason``), Conflict ``decided``, and that of an
    echelon already active.
    """
    call = _locked(actor, call_id)
    form = Form()
    reason = form.text("reason", reason, longest=200, lines=False)
    form.finish()
    if call.state != CallState.PROPOSED:
        raise Conflict(_("这条建议已经处理过"), code="decided")
    why = reason or "；".join(watching.words(one) for one in call.causes)
    call.activation = activate_echelon(actor, org=call.org, echelon=call.echelon, reason=why[:200])
    minutes = int(policies.get("workforce.emergency.lead", call.org))
    text = _("应急增援：请在 %(minutes)s 分钟内到岗签入，协助接听（第 %(echelon)s 梯队）") % {
        "minutes": minutes, "echelon": call.echelon,
    }  # fmt: skip
    call.told, call.texted = _tell(actor, call, text)
    _decided(actor, call, CallState.ACTIVE, reason)
    more = {"told": call.told, "texted": call.texted, "automatic": actor.kind == "system"}
    record(actor, "reserves.approved", call, org=call.org, payload=_payload(call) | more, topics=[topic(call.org)])
    return call


@action("reserves.decline")
def decline(actor: Actor, call_id: int, *, reason: str) -> EmergencyCall:
    """Do without; why is kept. Raises NotFound, NotAllowed, InvalidInput (``reason``), Conflict ``decided``."""
    call = _locked(actor, call_id)
    form = Form()
    reason = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    if call.state != CallState.PROPOSED:
        raise Conflict(_("这条建议已经处理过"), code="decided")
    _decided(actor, call, CallState.DECLINED, reason)
    record(actor, "reserves.declined", call, org=call.org, payload=_payload(call), topics=[topic(call.org)])
    return call


@action("reserves.lapse")
def lapse(actor: Actor, call_id: int) -> EmergencyCall:
    """The figures are back within their limits before anybody decided. A repetition changes nothing."""
    call = EmergencyCall.objects.select_related("org").select_for_update(of=("self",)).get(pk=call_id)
    actor.require("workforce.act", call.org.path)
    if call.state == CallState.PROPOSED:
        _decided(actor, call, CallState.LAPSED, "")
        record(actor, "reserves.lapsed", call, org=call.org, payload=_payload(call), topics=[topic(call.org)])
    return call


@action("reserves.end")
def end(actor: Actor, call_id: int) -> EmergencyCall:
    """Send the reserves home and tell them; also writes the end down when the activation was released elsewhere.

    Raises NotFound, NotAllowed, Conflict ``not_active``.
    """
    call = _locked(actor, call_id)
    if call.state != CallState.ACTIVE or call.activation is None:
        raise Conflict(_("这次应急启动已经结束"), code="not_active")
    activation = release_echelon(actor, call.activation.pk)
    call.state, call.ended_at = CallState.ENDED, activation.ended_at
    call.save(update_fields=["state", "ended_at"])
    told, _texted = _tell(actor, call, _("应急增援已解除，请办完手上的联络后签出，谢谢"), text_too=False)
    payload = _payload(call) | {"told": told}
    record(actor, "reserves.ended", call, org=call.org, payload=payload, topics=[topic(call.org)])
    return call


def _locked(actor: Actor, call_id: int) -> EmergencyCall:
    rows = EmergencyCall.objects.select_related("org", "activation").select_for_update(of=("self",))
    call = rows.filter(pk=call_id).first()
    if call is None or not actor.can(VIEW, call.org.path):
        raise NotFound()
    actor.require(ACTIVATE, call.org.path)
    return call


def _decided(actor: Actor, call: EmergencyCall, state: CallState, reason: str) -> None:
    call.state, call.reason, call.decided_at = state, reason, moment.now()
    call.decided_by_id = actor.id if actor.kind == "staff" else None
    call.save()


def _payload(call: EmergencyCall) -> dict[str, Any]:
    return {"echelon": call.echelon, "causes": " ".join(str(one["what"]) for one in call.causes)}


def _tell(actor: Actor, call: EmergencyCall, text: str, *, text_too: bool = True) -> tuple[int, int]:
    """(people told, short messages put out). Who has no mobile number gets the notice alone."""
    people = Staff.objects.filter(pk__in=watching.reserves(call.org, call.echelon))
    accounts = ChannelAccount.objects.filter(channel=Channel.SMS, active=True, org__in=call.org.ancestor_ids())
    via = accounts.select_related("org").order_by("-org__path", "pk").first()
    if not (text_too and policies.get("workforce.emergency.sms", call.org)):
        via = None
    told = texted = 0
    for one in people:
        tell_staff(actor, org=call.org, text=text, subject=("emergency_call", call.pk), staff_id=one.pk)
        told += 1
        if via is not None and one.phone.startswith("1"):
            queue_outbound(
                Actor.system("workforce.reserves"), via=via, address=one.phone, body={"kind": "text", "text": text}
            )
            texted += 1
    return told, texted
