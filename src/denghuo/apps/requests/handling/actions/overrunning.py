"""Explaining, apologising and compensating for a broken limit."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.handling import overruns
from denghuo.apps.requests.handling.choices import OverrunStepKind
from denghuo.apps.requests.handling.models import OverrunStep
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

APPROVE = "request.supervise"


@action("request.overrun_step")
def record_overrun_step(
    actor: Actor, request_id: int, *, kind: str, text: str, amount: Decimal | None = None
) -> Request:
    """Record that the customer was given the explanation, the apology or a compensation (``amount`` in yuan).

    A compensation counts when a supervisor has approved it (:func:`approve_compensation`). Raises NotAllowed, NotFound,
    Conflict (no limit broken; done already), InvalidInput (kind, text, amount).
    """
    request = common.known(actor, request_id)
    actor.require("request.note", request.org.path)
    at = common.moment_of(None, request)
    form = Form()
    clean = form.choice("kind", kind, OverrunStepKind.values)
    words = form.text("text", text, longest=policies.get("request.reason_length"), required=True)
    if clean == OverrunStepKind.COMPENSATE:
        most = policies.get("overrun.most", request.org, at)
        if amount is None or not 0 < amount <= Decimal(str(most)):
            form.wrong("amount", _("请填写补偿金额，大于 0 且不超过 %(most)g 元") % {"most": most})
    form.finish()
    if not overruns.broken(request, at):
        raise Conflict(_("该诉求没有超过须说明的时限"), code="no_overrun")
    if OverrunStep.objects.filter(request=request, round=request.round, kind=clean).exists():
        raise Conflict(_("本轮已登记“%(kind)s”") % {"kind": OverrunStepKind(clean).label}, code="done")
    note = common.write_note(actor, request, NoteKind.OVERRUN, words, at)
    OverrunStep.objects.create(
        request=request, round=request.round, kind=clean, at=at, note_id=note,
        amount=amount if clean == OverrunStepKind.COMPENSATE else None,
        by_id=actor.id if actor.kind == "staff" else None,
    )  # fmt: skip
    _tell(actor, request, clean, clean != OverrunStepKind.COMPENSATE, note)
    return request


@action("request.approve_compensation")
def approve_compensation(actor: Actor, request_id: int) -> Request:
    """Approve the compensation of the present round: not by whoever proposed it.

    Raises NotAllowed (``request.supervise``), NotFound, Conflict (none; approved already; one's own).
    """
    request = common.known(actor, request_id)
    actor.require(APPROVE, request.org.path)
    row = OverrunStep.objects.filter(request=request, round=request.round, kind=OverrunStepKind.COMPENSATE).first()
    if row is None or row.approved_at is not None:
        raise Conflict(_("没有待批准的补偿"), code="nothing_to_approve")
    if actor.kind == "staff" and row.by_id == actor.id:
        raise Conflict(_("补偿须由他人批准"), code="own")
    row.approved_at = common.moment_of(None, request)
    row.approved_by_id = actor.id if actor.kind == "staff" else None
    row.save(update_fields=["approved_at", "approved_by"])
    _tell(actor, request, OverrunStepKind.COMPENSATE, True, row.note_id)
    return request


def _tell(actor: Actor, request: Request, kind: str, approved: bool, note: int | None) -> None:
    at = common.moment_of(None, request)
    common.tell(
        common.event(
            actor,
            request,
            "request.overrun_step",
            at,
            step=str(kind),
            round=request.round,
            approved=approved,
            note_id=note,
        )
    )
