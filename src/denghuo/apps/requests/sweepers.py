"""What time does to requests: holds whose time is over go on, overdue ones climb the ladder."""

from denghuo.apps.requests.handling.actions import resume_due
from denghuo.apps.requests.handling.actions.escalating import sweep
from denghuo.core.events.sweepers import register_sweeper

HOLD_SECONDS = 20.0  # holds end by the hour
LADDER_SECONDS = 30.0  # rungs are minutes apart

register_sweeper("requests.holds", HOLD_SECONDS, resume_due)
register_sweeper("requests.escalation", LADDER_SECONDS, sweep)
