"""Work orders follow what happens to their requests."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.apps.field import capacity as _capacity  # noqa: F401
from denghuo.apps.field import outages as _outages  # noqa: F401
from denghuo.apps.field.actions import reactions
from denghuo.apps.field.driving import recording as _recording  # noqa: F401
from denghuo.apps.field.planning import subscribers as _planning  # noqa: F401
from denghuo.core.actors import Actor
from denghuo.core.events import Event, subscriber

KINDS = {"request.sent_back", "request.review_passed", "request.rework_required", "request.cancelled"}


@subscriber("field.requests", kinds=KINDS)
def follow_request(event: Event) -> None:
    """One subscriber for all four, so that what happens to one request is applied in the order it happened."""
    actor = Actor.system("field.requests")
    if event.kind == "request.sent_back":
        reason = _reason(event, _("审核未通过"))
        reactions.send_back_order(actor, event.subject_id, reason=reason, event_id=event.id, at=event.at)
    elif event.kind == "request.review_passed":
        reactions.pass_order(actor, event.subject_id, event_id=event.id, at=event.at)
    elif event.kind == "request.rework_required":
        reason = _reason(event, _("客户回访不满意，返工处理"))
        master_id = event.payload.get("master_id")
        reactions.rework_order(
            actor, event.subject_id, reason=reason, event_id=event.id, at=event.at, master_id=master_id
        )
    else:
        reason = _reason(event, _("诉求已撤销"))
        reactions.cancel_order(actor, event.subject_id, reason=reason, event_id=event.id, at=event.at)


def _reason(event: Event, otherwise: str) -> str:
    return str(event.payload.get("reason") or otherwise)
