"""Windows of a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Work from ``start`` to ``end``, in minutes after midnight of the day it belongs to.

    ``end`` beyond 1440 runs into the next day (22:00–06:00 is 1320–1800), at most up to its midnight.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < DAY_MINUTES:
            raise ValueError(f"window starts at minute {self.start}; it must start within its day")
        if not self.start < self.end <= 2 * DAY_MINUTES:
            raise ValueError(f"window ends at minute {self.end}; it must end after its start, by the next midnight")

    @classmethod
    def parse(cls, start: str, end: str) -> Window:
        """From clock times: ("08:30", "12:00"), ("22:00", "06:00") past midnight, ("00:00", "24:00") all day."""
        first, last = _minutes(start), _minutes(end)
        return cls(first, last if last > first else last + DAY_MINUTES)

    def pair(self) -> list[str]:
        """The clock times again; the inverse of :meth:`parse`."""
        end = self.end if self.end <= DAY_MINUTES else self.end - DAY_MINUTES
        return [_clock(self.start), _clock(end)]


def _minutes(text: str) -> int:
    match = _CLOCK.match(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise ValueError(f"{text!r} is not a time of day; write HH:MM from 00:00 to 24:00")
    return minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The windows of one day in order; ValueError when two of them overlap."""
    ordered = tuple(sorted(windows))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise ValueError(f"windows {before.pair()} and {after.pair()} overlap")
    return ordered


def windows_from_pairs(pairs: Iterable[Sequence[str]]) -> tuple[Window, ...]:
    """``[["08:30", "12:00"], ["13:30", "17:30"]]`` as windows; ValueError names what is wrong."""
    windows = []
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(f"{pair!r} is not a pair of times")
        windows.append(Window.parse(pair[0], pair[1]))
    return day(windows)


def windows_to_pairs(windows: Iterable[Window]) -> list[list[str]]:
    """The inverse of :func:`windows_from_pairs`."""
    return [window.pair() for window in windows]
