"""Actions on a request beside the steps of its flow."""

from denghuo.apps.requests.handling.actions.declining import decline_request
from denghuo.apps.requests.handling.actions.escalating import escalate_due, escalate_request, take_escalation
from denghuo.apps.requests.handling.actions.holding import hold_request, resume_due, resume_request
from denghuo.apps.requests.handling.actions.overrunning import approve_compensation, record_overrun_step
from denghuo.apps.requests.handling.actions.privacy import keep_private
from denghuo.apps.requests.handling.actions.reopening import reopen_request
from denghuo.apps.requests.handling.actions.splitting import Part, split_request
from denghuo.apps.requests.handling.actions.supervising import (
    end_supervision,
    reply_supervision,
    supervise_breach,
    supervise_request,
)
from denghuo.apps.requests.handling.actions.transferring import transfer_request

__all__ = [
    "Part",
    "approve_compensation",
    "decline_request",
    "end_supervision",
    "escalate_due",
    "escalate_request",
    "hold_request",
    "keep_private",
    "record_overrun_step",
    "reopen_request",
    "reply_supervision",
    "resume_due",
    "resume_request",
    "split_request",
    "supervise_breach",
    "supervise_request",
    "take_escalation",
    "transfer_request",
]
