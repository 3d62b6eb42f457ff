"""Every change of a team's work."""

from denghuo.apps.teams.actions.following import follow_call_back, follow_order
from denghuo.apps.teams.actions.marks import mark_task
from denghuo.apps.teams.actions.moving import Preview, move_task, preview_move
from denghuo.apps.teams.actions.people import end_absence, set_absence
from denghuo.apps.teams.actions.plans import (
    add_improvement,
    carry_over,
    close_improvement,
    release_plan,
    review_week,
)
from denghuo.apps.teams.actions.tasks import cancel_task, change_task, create_task, finish_task, start_task

__all__ = [
    "Preview",
    "add_improvement",
    "cancel_task",
    "carry_over",
    "change_task",
    "close_improvement",
    "create_task",
    "end_absence",
    "finish_task",
    "follow_call_back",
    "follow_order",
    "mark_task",
    "move_task",
    "preview_move",
    "release_plan",
    "review_week",
    "set_absence",
    "start_task",
]
