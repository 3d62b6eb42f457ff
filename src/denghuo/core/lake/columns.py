"""The columns of the lake's table of events, and how they are read from the log.

Names of actors and the topics of live streams stay behind: the lake holds ids. Payloads are JSON text; kinds of events are
versioned, so a field that a kind gains needs no column here.
"""

from __future__ import annotations

import pyarrow as pa

PARTITION = "day"

# Column → (type, expression over core_event). ``{zone}`` is the time zone of business days.
COLUMNS: dict[str, tuple[pa.DataType, str]] = {
    "id": (pa.int64(), "id"),
    "xid": (pa.int64(), "xid::text::bigint"),
    "at": (pa.timestamp("us", "UTC"), "at"),
    PARTITION: (pa.date32(), "(at AT TIME ZONE '{zone}')::date"),
    "kind": (pa.string(), "kind"),
    "version": (pa.int16(), "version"),
    "subject_kind": (pa.string(), "subject_kind"),
    "subject_id": (pa.int64(), "subject_id"),
    "org_id": (pa.int64(), "org_id"),
    "org_path": (pa.string(), "org_path"),
    "actor_kind": (pa.string(), "actor_kind"),
    "actor_id": (pa.int64(), "actor_id"),
    "payload": (pa.string(), "payload::text"),
    "correlation": (pa.string(), "correlation::text"),
}

SCHEMA = pa.schema([(name, kind) for name, (kind, _expression) in COLUMNS.items()])

# Readers skip files by these. Payloads are left out: the least and the greatest value would stay in the table's log after the
# rows are erased.
STATISTICS = ("id", "at", "kind")

# Events of subjects erased from the lake, up to the moment of the erasure.
NOT_ERASED = (
    "NOT EXISTS (SELECT 1 FROM core_lakeerasure gone WHERE gone.subject_kind = core_event.subject_kind"
    " AND gone.subject_id = core_event.subject_id AND core_event.at <= gone.until)"
)


def select(zone: str) -> str:
    """The select list, in the order of :data:`SCHEMA`."""
    return ", ".join(f"{expression.format(zone=zone)} AS {name}" for name, (_kind, expression) in COLUMNS.items())
