"""Every change of state on the service floor."""

from denghuo.apps.floor.actions.live import acknowledge, remove_threshold, set_threshold
from denghuo.apps.floor.actions.records import (
    Matter,
    add_matter,
    answer_note,
    begin_handover,
    end_matter,
    give_handover,
    receive_handover,
    receive_report,
    send_report,
    withdraw_note,
    write_duty,
    write_handover,
    write_meeting,
    write_note,
)

__all__ = [
    "Matter",
    "acknowledge",
    "add_matter",
    "answer_note",
    "begin_handover",
    "end_matter",
    "give_handover",
    "receive_handover",
    "receive_report",
    "remove_threshold",
    "send_report",
    "set_threshold",
    "withdraw_note",
    "write_duty",
    "write_handover",
    "write_meeting",
    "write_note",
]
