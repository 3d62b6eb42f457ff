"""Tables of the floor app: figures kept from events, exceptions and thresholds, and the floor's records."""

from denghuo.apps.floor.models.live import AgentDay, FloorException, FloorThreshold, QueueSlot
from denghuo.apps.floor.models.records import (
    ConductNote,
    DutyEntry,
    Handover,
    HandoverMatter,
    InformationReport,
    Meeting,
    ReportReceipt,
)

__all__ = [
    "AgentDay",
    "ConductNote",
    "DutyEntry",
    "FloorException",
    "FloorThreshold",
    "Handover",
    "HandoverMatter",
    "InformationReport",
    "Meeting",
    "QueueSlot",
    "ReportReceipt",
]
