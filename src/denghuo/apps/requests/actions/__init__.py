"""Every change of state of a request. What calls these: pages, API, the field app, jobs, the demo."""

from denghuo.apps.requests.actions.callbacks import record_attempt, release_callback, take_callback
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
from denghuo.apps.requests.actions.marks import (
    mark_arrived,
    mark_dispatched,
    mark_progress,
    mark_returned,
    mark_withdrawn,
)
from denghuo.apps.requests.actions.merging import link_outage, merge_request, unmerge_request
from denghuo.apps.requests.actions.review import review_request
from denghuo.apps.requests.drafts import RequestDraft

__all__ = [
    "RequestDraft",
    "UrgeResult",
    "accept_request",
    "answer_request",
    "archive_request",
    "assign_handling",
    "cancel_request",
    "contact_customer",
    "link_outage",
    "mark_arrived",
    "mark_dispatched",
    "mark_progress",
    "mark_returned",
    "mark_withdrawn",
    "merge_request",
    "note_request",
    "reclassify_request",
    "record_attempt",
    "release_callback",
    "reply_request",
    "review_request",
    "submit_request",
    "take_callback",
    "unmerge_request",
    "urge_request",
]
