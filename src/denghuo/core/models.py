"""All tables of the core app, each defined beside the code that owns it."""

from denghuo.core.actions.models import IdempotencyKey
from denghuo.core.clocks.models import Clock, ClockChange, WorkCalendar
from denghuo.core.events.models import ConsumerCursor, DeadEvent, Event
from denghuo.core.files.models import StoredFile
from denghuo.core.jobs.models import JobEffect, JobProgress
from denghuo.core.lake.models import LakeBatch, LakeErasure
from denghuo.core.moment.models import BusinessClock
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit

__all__ = [
    "BusinessClock",
    "Clock",
    "ClockChange",
    "ConsumerCursor",
    "DeadEvent",
    "Event",
    "IdempotencyKey",
    "JobEffect",
    "JobProgress",
    "LakeBatch",
    "LakeErasure",
    "OrgUnit",
    "PolicyValue",
    "StoredFile",
    "WorkCalendar",
]
