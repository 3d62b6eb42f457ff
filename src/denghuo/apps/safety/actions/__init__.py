"""Every change of state of safety on site."""

from denghuo.apps.safety.actions.alarms import acknowledge_alarm, answer_ok, call_help, close_alarm
from denghuo.apps.safety.actions.trackers import import_trackers, save_tracker, tidy, view_track
from denghuo.apps.safety.actions.watching import Round, watch
from denghuo.apps.safety.actions.zones import end_site, end_zone, open_site, save_zone

__all__ = [
    "Round",
    "acknowledge_alarm",
    "answer_ok",
    "call_help",
    "close_alarm",
    "end_site",
    "end_zone",
    "import_trackers",
    "open_site",
    "save_tracker",
    "save_zone",
    "tidy",
    "view_track",
    "watch",
]
