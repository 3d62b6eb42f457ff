"""Routing plans of queues: what they say, which is in force, whether a queue is open, how long one waits."""

from denghuo.apps.contacts.plans.checking import parse
from denghuo.apps.contacts.plans.definition import Announcements, Hours, LadderStep, Plan, Words
from denghuo.apps.contacts.plans.estimates import Estimate, estimate, expected_wait, position
from denghuo.apps.contacts.plans.reading import (
    calendars_of,
    checked,
    is_open,
    plan_in_force,
    plans_in_force,
    queue_open,
    row_in_force,
    standing_plan,
)

__all__ = [
    "Announcements",
    "Estimate",
    "Hours",
    "LadderStep",
    "Plan",
    "Words",
    "calendars_of",
    "checked",
    "estimate",
    "expected_wait",
    "is_open",
    "parse",
    "plan_in_force",
    "plans_in_force",
    "position",
    "queue_open",
    "row_in_force",
    "standing_plan",
]
