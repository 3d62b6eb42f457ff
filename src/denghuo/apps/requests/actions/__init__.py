"""Every change of state of a request. What calls these: pages, API, the field app, jobs, the demo."""

from denghuo.apps.requests.actions.answering import complete_answers
from denghuo.apps.requests.actions.callbacks import (
    dial_callback,
    record_attempt,
    release_callback,
    reschedule_callback,
    supply_number,
    take_callback,
)
from denghuo.apps.requests.actions.closing import answer_request, archive_request, cancel_request
from denghuo.apps.requests.actions.handling import (
    UrgeResult,
    assign_handling,
    contact_customer,
    note_request,
    reply_request,
    urge_request,
)
from denghuo.apps.requests.actions.intake import accept_request, reclassify_request, submit_request
from denghuo.apps.requests.actions.linking import join_request, link_requests, unlink_requests
from denghuo.apps.requests.actions.marks import (
    mark_arrived,
    mark_dispatched,
    mark_progress,
    mark_returned,
    mark_withdrawn,
)
from denghuo.apps.requests.actions.merging import link_outage, merge_request, unmerge_request
from denghuo.apps.requests.actions.proactive import open_for_outage
from denghuo.apps.requests.actions.review import review_request
from denghuo.apps.requests.actions.stepping import take_step
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.handling.actions import (
    decline_request,
    hold_request,
    reopen_request,
    resume_request,
    transfer_request,
)

__all__ = [
    "RequestDraft",
    "UrgeResult",
    "accept_request",
    "answer_request",
    "archive_request",
    "assign_handling",
    "cancel_request",
    "complete_answers",
    "contact_customer",
    "decline_request",
    "dial_callback",
    "hold_request",
    "join_request",
    "link_outage",
    "link_requests",
    "mark_arrived",
    "mark_dispatched",
    "mark_progress",
    "mark_returned",
    "mark_withdrawn",
    "merge_request",
    "note_request",
    "open_for_outage",
    "reclassify_request",
    "record_attempt",
    "release_callback",
    "reopen_request",
    "reply_request",
    "reschedule_callback",
    "resume_request",
    "review_request",
    "submit_request",
    "supply_number",
    "take_callback",
    "take_step",
    "transfer_request",
    "unlink_requests",
    "unmerge_request",
    "urge_request",
]
