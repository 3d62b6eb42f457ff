"""Reads of requests and call-backs that pages, API and the apps above need."""

from denghuo.apps.requests.queries.callbacks import callback_counts, callback_of, callback_queue, held_by
from denghuo.apps.requests.queries.detail import (
    RequestDetail,
    TimelineEntry,
    detail,
    duplicates_of,
    request_seen,
    timeline,
)
from denghuo.apps.requests.queries.lists import (
    counts_by_state,
    open_from_phone,
    request_list,
    review_queue,
    search,
    suggested_masters,
    visible,
)
from denghuo.apps.requests.queries.progress import find_progress, progress_view, request_by_token

# The name the plan of the apps gives it.
request_detail = detail

__all__ = [
    "RequestDetail",
    "TimelineEntry",
    "callback_counts",
    "callback_of",
    "callback_queue",
    "counts_by_state",
    "detail",
    "duplicates_of",
    "find_progress",
    "held_by",
    "open_from_phone",
    "progress_view",
    "request_by_token",
    "request_detail",
    "request_list",
    "request_seen",
    "review_queue",
    "search",
    "suggested_masters",
    "timeline",
    "visible",
]
