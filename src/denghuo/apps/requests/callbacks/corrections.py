"""The ticket and the customer do not agree: the unit corrects what it wrote, or upholds it after looking again.

This is no rework: the work may be done well and only be written down wrongly. The request goes its way; the correction
has its own limit (``callback.correction_hours``) and is counted by the event ``callback.account_disagreed``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks.choices import CorrectionState
from denghuo.apps.requests.callbacks.models import Correction
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form

MAKE, SETTLE = "request.review", "callback.call"


def raised(actor: Actor, plan: CallBack, aspects: Sequence[str], said: str, at: dt.datetime) -> Iterator[NewEvent]:
    """Open a correction for a call that showed differences; its event, not yet written. Nothing for none."""
    if not aspects:
        return
    request = plan.request
    hours = policies.get("callback.correction_hours", request.org, at)
    row = Correction.objects.create(
        org=request.org, request=request, call_back=plan, aspects=list(dict.fromkeys(aspects)), said=said,
        opened_at=at, due_at=at + dt.timedelta(hours=hours),
    )  # fmt: skip
    yield common.event(
        actor, request, "callback.account_disagreed", at,
        call_back_id=plan.pk, correction_id=row.pk, aspects=row.aspects,
    )  # fmt: skip


@action("correction.make")
def correct_account(
    actor: Actor, correction_id: int, *, explanation: str, result: str = "", upheld: bool = False
) -> Correction:
    """The unit writes the true course (``result`` takes the place of the ticket's text) or upholds the ticket.

    Recorded times are never changed here: clocks were judged by them; say in ``explanation`` what they should have been.
    Raises NotAllowed (``request.review``), NotFound, Conflict (not open), InvalidInput (explanation, result).
    """
    row = _locked(correction_id)
    request = row.request
    actor.require(MAKE, row.org.path)
    if row.state != CorrectionState.OPEN:
        raise Conflict(_("该更正为“%(state)s”，不能再更正") % {"state": row.get_state_display()}, code="wrong_state")
    longest = policies.get("request.text_length")
    form = Form()
    row.explanation = form.text("explanation", explanation, longest=longest, required=True)
    text = form.text("result", result, longest=longest, required=not upheld)
    form.finish()
    at = moment.now()
    row.state, row.upheld, row.corrected_at = CorrectionState.CORRECTED, upheld, at
    if not upheld:
        row.was_result = row.was_result or request.result
        request.result = text
        common.save(request, "result")
    row.save()
    common.tell(common.event(actor, request, "correction.made", at, correction_id=row.pk, upheld=upheld))
    return row


@action("correction.settle")
def settle_correction(actor: Actor, correction_id: int, *, accepted: bool) -> Correction:
    """The call-back desk accepts the corrected account, or sends it back once more with a new limit.

    Raises NotAllowed (``callback.call``), NotFound, Conflict (nothing to judge).
    """
    row = _locked(correction_id)
    actor.require(SETTLE, row.org.path)
    if row.state != CorrectionState.CORRECTED:
        raise Conflict(
            _("该更正为“%(state)s”，没有可确认的内容") % {"state": row.get_state_display()}, code="wrong_state"
        )
    at = moment.now()
    if accepted:
        row.state, row.closed_at = CorrectionState.CLOSED, at
    else:
        hours = policies.get("callback.correction_hours", row.org, at)
        row.state, row.returns, row.due_at = CorrectionState.OPEN, row.returns + 1, at + dt.timedelta(hours=hours)
    row.save(update_fields=["state", "closed_at", "returns", "due_at"])
    common.tell(common.event(actor, row.request, "correction.settled", at, correction_id=row.pk, accepted=accepted))
    return row


def _locked(correction_id: int) -> Correction:
    rows = Correction.objects.select_related("org", "request__org").select_for_update(of=("self", "request"))
    row = rows.filter(pk=correction_id).first()
    if row is None:
        raise NotFound(_("没有这条更正"))
    return row
