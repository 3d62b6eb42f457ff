"""Working time: how long something took, and when it is due, on a calendar of shifts, holidays and make-up days."""

from denghuo.engine.worktime.calendar import ALWAYS, Interval, NeverWorks, WorkingCalendar
from denghuo.engine.worktime.windows import Window, windows_from_pairs, windows_to_pairs

__all__ = ["ALWAYS", "Interval", "NeverWorks", "Window", "WorkingCalendar", "windows_from_pairs", "windows_to_pairs"]
