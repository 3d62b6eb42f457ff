"""The event log: one append-only table that says what happened, to what, by whom.

Actions :func:`record` events with their change; subscribers (:mod:`denghuo.core.events.consumers`) and live streams
(:mod:`denghuo.core.live`) read them in commit-safe order. Kinds and payloads are declared with :func:`register_kind`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denghuo.core.events.consumers import subscriber
    from denghuo.core.events.cursor import START, Cursor
    from denghuo.core.events.kinds import Classified, Kind, PayloadError, UnknownKind, get_kind, register_kind
    from denghuo.core.events.log import NewEvent, correlated, head, read_after, record, record_many, timeline
    from denghuo.core.events.models import Event
    from denghuo.core.events.partitions import ensure_partitions

__all__ = [
    "START",
    "Classified",
    "Cursor",
    "Event",
    "Kind",
    "NewEvent",
    "PayloadError",
    "UnknownKind",
    "correlated",
    "ensure_partitions",
    "get_kind",
    "head",
    "read_after",
    "record",
    "record_many",
    "register_kind",
    "subscriber",
    "timeline",
]

_HOME = {
    "consumers": ("subscriber",),
    "cursor": (
        "START",
        "Cursor",
    ),
    "kinds": (
        "Classified",
        "Kind",
        "PayloadError",
        "UnknownKind",
        "get_kind",
        "register_kind",
    ),
    "log": (
        "NewEvent",
        "correlated",
        "head",
        "read_after",
        "record",
        "record_many",
        "timeline",
    ),
    "models": ("Event",),
    "partitions": ("ensure_partitions",),
}


def __getattr__(name: str) -> object:
    # Found when first asked for: ``python -m`` imports this package before Django is set up.
    for module, names in _HOME.items():
        if name in names:
            globals()[name] = value = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
