"""Everything that changes work orders and crews.

Locks are always taken in one order: the request's row, then the order's. Each step of an order is told to the requests
app in the same transaction, so a request and its order never disagree.
"""

from denghuo.apps.field.actions.crews import position_crew, set_duty
from denghuo.apps.field.actions.dispatching import dispatch_request, redispatch_order, withdraw_order
from denghuo.apps.field.actions.photos import add_photo
from denghuo.apps.field.actions.reporting import report_step
from denghuo.apps.field.actions.ticking import tick_lines
from denghuo.apps.field.actions.uploading import begin_upload, finish_upload, put_piece, sweep_partials
from denghuo.apps.field.actions.working import accept_order, arrive_order, depart_order, finish_order
from denghuo.apps.field.suggestions import Suggestion, suggest_crews

__all__ = [
    "Suggestion",
    "accept_order",
    "add_photo",
    "arrive_order",
    "begin_upload",
    "depart_order",
    "dispatch_request",
    "finish_order",
    "finish_upload",
    "position_crew",
    "put_piece",
    "redispatch_order",
    "report_step",
    "set_duty",
    "suggest_crews",
    "sweep_partials",
    "tick_lines",
    "withdraw_order",
]
