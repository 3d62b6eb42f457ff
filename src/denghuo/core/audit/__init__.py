"""Who did what: searching the event log, and how a row came to be what it is."""

from denghuo.core.audit.history import Change, FieldChange, row_history, tracked_models
from denghuo.core.audit.queries import PERMISSION, audit_events, audit_trail, unmaskings

__all__ = [
    "PERMISSION",
    "Change",
    "FieldChange",
    "audit_events",
    "audit_trail",
    "row_history",
    "tracked_models",
    "unmaskings",
]
