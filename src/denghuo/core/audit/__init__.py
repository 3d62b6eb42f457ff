"""Who did what: searching the event log, and how a row came to be what it is."""

from denghuo.core.audit.queries import PERMISSION, audit_events, search_events, unmaskings
from denghuo.core.audit.trail import Entry, FieldChange, audit_trail, tracked_models

__all__ = [
    "PERMISSION",
    "Entry",
    "FieldChange",
    "audit_events",
    "audit_trail",
    "search_events",
    "tracked_models",
    "unmaskings",
]
