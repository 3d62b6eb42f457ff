"""Laws of working time that hold for every calendar."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from denghuo.engine.worktime import NeverWorks, Window, WorkingCalendar

ZERO = dt.timedelta(0)
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@st.composite
def days(draw: st.DrawFn) -> tuple[Window, ...]:
    """Up to three disjoint windows, the last of which may run past midnight."""
    marks = sorted(draw(st.lists(st.integers(0, 1439), unique=True, max_size=6)))
    windows = [Window(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    if windows and draw(st.booleans()):
        last = windows.pop()
        windows.append(Window(last.start, draw(st.integers(last.end, 2880))))
    return tuple(windows)


calendars = st.builds(
    WorkingCalendar,
    st.lists(days(), min_size=7, max_size=7).map(tuple),
    st.dictionaries(st.dates(dt.date(2025, 12, 25), dt.date(2026, 2, 10)), days(), max_size=5),
    st.sampled_from([ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Vancouver")]),
)
moments = st.integers(0, 200 * 86400).map(lambda s: EPOCH + dt.timedelta(seconds=s))
durations = st.integers(0, 60 * 3600).map(lambda s: dt.timedelta(seconds=s))


def by_the_minute(calendar: WorkingCalendar, start: dt.datetime, minutes: int) -> int:
    """Slow and obvious: count the minutes that begin in a window."""
    count = 0
    for i in range(minutes):
        local = (start + dt.timedelta(minutes=i)).astimezone(calendar.tz)
        minute = local.hour * 60 + local.minute
        yesterday = local.date() - dt.timedelta(days=1)
        count += any(w.start <= minute < w.end for w in calendar.windows_on(local.date())) or any(
            w.start <= minute + 1440 < w.end for w in calendar.windows_on(yesterday)
        )
    return count


@given(calendars, moments, durations)
def test_adding_then_measuring_gives_the_duration_back(
    calendar: WorkingCalendar, start: dt.datetime, duration: dt.timedelta
) -> None:
    try:
        due = calendar.add_working(start, duration)
    except NeverWorks:
        assume(False)
        return
    assert due >= start
    assert calendar.working_between(start, due) == duration
    if duration:  # and it is the earliest such moment
        assert calendar.working_between(start, due - dt.timedelta(microseconds=1)) < duration


@given(calendars, moments, moments, moments)
def test_measuring_is_additive_and_monotone(
    calendar: WorkingCalendar, a: dt.datetime, b: dt.datetime, c: dt.datetime
) -> None:
    ab, bc, ac = (calendar.working_between(*pair) for pair in ((a, b), (b, c), (a, c)))
    assert ab + bc == ac
    assert calendar.working_between(b, a) == -ab
    assert ZERO <= calendar.working_between(min(a, b), max(a, b)) <= abs(b - a)


@given(calendars, moments, st.integers(0, 20).flatmap(lambda s: st.tuples(st.just(s), st.integers(s, 40))))
def test_more_work_is_never_due_earlier(calendar: WorkingCalendar, start: dt.datetime, sizes: tuple[int, int]) -> None:
    less, more = (dt.timedelta(hours=size) for size in sizes)
    try:
        assert calendar.add_working(start, less) <= calendar.add_working(start, more)
    except NeverWorks:
        assume(False)


@given(calendars, moments, durations, st.lists(st.tuples(durations, durations), max_size=4))
def test_pausing_never_shortens_and_paused_time_is_not_counted(
    calendar: WorkingCalendar, start: dt.datetime, duration: dt.timedelta, raw: list[tuple[dt.timedelta, dt.timedelta]]
) -> None:
    pauses = [(start + after, start + after + length) for after, length in raw]
    try:
        due = calendar.add_working(start, duration, pauses)
        plain = calendar.add_working(start, duration)
    except NeverWorks:
        assume(False)
        return
    assert due >= plain
    lost = _union(calendar, [(a, min(b, due)) for a, b in pauses if a < due])
    assert calendar.working_between(start, due) - lost == duration


def _union(calendar: WorkingCalendar, intervals: list[tuple[dt.datetime, dt.datetime]]) -> dt.timedelta:
    total, reached = ZERO, EPOCH
    for opens, closes in sorted(intervals):
        opens = max(opens, reached)
        if closes > opens:
            total += calendar.working_between(opens, closes)
            reached = closes
    return total


@settings(max_examples=40, deadline=None)
@given(calendars.filter(lambda c: c.tz.key == "Asia/Shanghai"), st.integers(0, 60 * 24), st.integers(0, 3 * 24 * 60))
def test_agrees_with_counting_minute_by_minute(calendar: WorkingCalendar, offset: int, minutes: int) -> None:
    start = EPOCH + dt.timedelta(minutes=offset)
    expected = dt.timedelta(minutes=by_the_minute(calendar, start, minutes))
    assert calendar.working_between(start, start + dt.timedelta(minutes=minutes)) == expected
