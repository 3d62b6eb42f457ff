"""More than a hundred clock cases worked by hand. Each row carries its arithmetic; no expected value was computed by the product.

Calendars (2026 as the State Council's notice has it, as far as the cases need it):

``always``  round the clock
``office``  Mon–Fri 08:30–12:00 (210 min) and 13:30–17:30 (240 min): 450 min a day. Free: 1 and 2 Jan, 16–20 and
            23 Feb, 6 Apr, 1–7 Oct. Made up: Sun 4 Jan, Sat 14 Feb, Sun 20 Sep, Sat 10 Oct. Fri 3 Apr: morning only
``hall``    every day 08:00–11:00 (180), 13:00–16:00 (180), 18:00–20:00 (120): 480 min a day
``night``   Mon–Fri 22:00–06:00 of the next day (480); no shift starts on 1 Oct

Mondays: 14, 21 and 28 Sep, 5 and 12 Oct 2026; 28 Feb 2028 (a leap year). Moments are Beijing time, which has no summer
time; without a year they are of 2026.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from denghuo.core.actors import Actor
from denghuo.core.clocks import actions
from denghuo.core.clocks.models import Clock, WorkCalendar
from denghuo.core.clocks.reading import clock_state
from denghuo.core.clocks.sweeper import sweep_all
from denghuo.core.events import timeline

CN = ZoneInfo("Asia/Shanghai")
ME = Actor(kind="staff", id=7, name="李工")
SUBJECT = ("request", 12)
MINUTE = dt.timedelta(minutes=1)

OFFICE_DAY = [["08:30", "12:00"], ["13:30", "17:30"]]
HALL_DAY = [["08:00", "11:00"], ["13:00", "16:00"], ["18:00", "20:00"]]
NIGHT = [["22:00", "06:00"]]
FREE = ["2026-01-01", "2026-01-02", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20", "2026-02-23",
        "2026-04-06", "2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"]  # fmt: skip
MADE_UP = ["2026-01-04", "2026-02-14", "2026-09-20", "2026-10-10"]
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
CALENDARS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "office": (
        dict.fromkeys(WEEKDAYS, OFFICE_DAY),
        {**{date: [] for date in FREE}, **dict.fromkeys(MADE_UP, OFFICE_DAY), "2026-04-03": [["08:30", "12:00"]]},
    ),
    "hall": (dict.fromkeys([*WEEKDAYS, "sat", "sun"], HALL_DAY), {}),
    "night": (dict.fromkeys(WEEKDAYS, NIGHT), {"2026-10-01": []}),
}


def t(text: str) -> dt.datetime:
    """``09-28 09:00`` is of 2026."""
    full = text if text[4:5] == "-" else f"2026-{text}"
    return dt.datetime.fromisoformat(full).replace(tzinfo=CN)


@pytest.fixture
def calendar(org_tree: Any) -> Any:
    def of(name: str) -> WorkCalendar | None:
        if name == "always":
            return None
        windows, exceptions = CALENDARS[name]
        row, _made = WorkCalendar.objects.get_or_create(
            org=org_tree.company,
            name=name,
            valid_from=dt.date(2025, 1, 1),
            defaults={"label": name, "windows": windows, "exceptions": exceptions},
        )
        return row

    return of


# ---- When it is due -------------------------------------------------------------------------------------------------
# (what is shown, calendar, start, budget in minutes, due, arithmetic)
DUE = [
    ("an hour's part, round the clock", "always", "09-28 09:00", 45, "09-28 09:45", "09:00 + 45"),
    ("over midnight", "always", "09-28 23:40", 45, "09-29 00:25", "20 to 24:00, 25 after"),
    ("holidays do not stop the field", "always", "09-30 23:00", 120, "10-01 01:00", "60 to 24:00, 60 on the holiday"),
    ("over the end of the year", "always", "12-31 23:30", 60, "2027-01-01 00:30", "30 to 24:00, 30 after"),
    ("into the leap day", "always", "2028-02-28 23:00", 120, "2028-02-29 01:00", "60 to 24:00, 60 on the 29th"),
    ("over the leap day", "always", "2028-02-28 12:00", 2880, "2028-03-01 12:00", "48 h: 12 on 28th, 24 on 29th, 12"),
    ("no leap day", "always", "2027-02-28 12:00", 1440, "2027-03-01 12:00", "24 h: 12 on 28 Feb, 12 on 1 Mar"),
    ("no summer time in spring", "always", "03-08 01:30", 120, "03-08 03:30", "01:30 + 2 h, no hour is skipped"),
    ("no summer time in autumn", "always", "10-25 00:30", 1440, "10-26 00:30", "24 h, no hour comes twice"),
    ("24 h for a complaint runs on Saturday", "always", "09-18 16:00", 1440, "09-19 16:00", "8 h on Friday + 16 h"),
    ("within the morning", "office", "09-28 09:00", 60, "09-28 10:00", "09:00 + 60"),
    ("over lunch", "office", "09-28 11:30", 60, "09-28 14:00", "30 to 12:00, 30 from 13:30"),
    ("fills the morning exactly", "office", "09-28 08:30", 210, "09-28 12:00", "210 = the morning; not 13:30"),
    ("a minute more than the morning", "office", "09-28 08:30", 211, "09-28 13:31", "210 + 1 from 13:30"),
    ("fills the day exactly", "office", "09-28 08:30", 450, "09-28 17:30", "210 + 240"),
    ("a minute more than the day", "office", "09-28 08:30", 451, "09-29 08:31", "450 + 1 on Tuesday"),
    ("started at lunch", "office", "09-28 12:30", 30, "09-28 14:00", "0 to 13:30, 30 after"),
    ("started before opening", "office", "09-28 07:00", 60, "09-28 09:30", "0 to 08:30, 60 after"),
    ("started in the evening", "office", "09-28 18:00", 60, "09-29 09:30", "0 to Tue 08:30, 60 after"),
    ("started exactly at closing", "office", "09-28 17:30", 15, "09-29 08:45", "0 left of Monday, 15 on Tuesday"),
    ("started exactly at noon", "office", "09-28 12:00", 15, "09-28 13:45", "0 left of the morning, 15 from 13:30"),
    ("over a weekend", "office", "09-11 17:00", 60, "09-14 09:00", "30 on Fri, Sat Sun free, 30 from Mon 08:30"),
    ("started on Saturday", "office", "09-12 10:00", 60, "09-14 09:30", "Sat Sun free, 60 from Mon 08:30"),
    ("a whole day from Saturday night", "office", "09-12 23:30", 450, "09-14 17:30", "all of Monday"),
    ("Sunday is made up", "office", "09-18 17:00", 60, "09-20 09:00", "30 on Fri, Sat free, 30 from Sun 08:30"),
    ("out of a made-up Sunday", "office", "09-20 16:30", 120, "09-21 09:30", "60 to Sun 17:30, 60 from Mon 08:30"),
    ("over National Day", "office", "09-30 16:30", 120, "10-08 09:30", "60 on Wed, 1-7 Oct free, 60 from Thu 08:30"),
    ("started on the holiday", "office", "10-03 10:00", 60, "10-08 09:30", "free to Thu 8 Oct 08:30, 60 after"),
    (
        "four working days over National Day", "office", "09-28 10:00", 1800, "10-09 10:00",
        "Mon 120+240=360, Tue 810, Wed 1260, Thu 8th 1710, Fri 9th 90 from 08:30",
    ),
    (
        "nine working days with a made-up Saturday", "office", "09-28 08:30", 4050, "10-14 17:30",
        "28,29,30 Sep, 8,9,10 (made up),12,13,14 Oct = 9 days of 450",
    ),
    (
        "onto a made-up Saturday", "office", "10-09 17:00", 450, "10-10 17:00",
        "30 on Fri, 210 on Sat morning, 210 from 13:30",
    ),
    ("out of a made-up Saturday", "office", "10-10 17:00", 60, "10-12 09:00", "30 on Sat, Sun free, 30 on Mon"),
    ("ends with a made-up Saturday", "office", "02-13 17:00", 480, "02-14 17:30", "30 on Fri + 450 on Sat"),
    (
        "a minute too much for it: after Spring Festival", "office", "02-13 17:00", 481, "02-24 08:31",
        "480 by Sat 17:30, 15-23 Feb free, 1 on Tue",
    ),
    ("over New Year's Day", "office", "2025-12-31 17:00", 60, "01-04 09:00", "30 on Wed, Thu-Sat free, 30 on Sun"),
    ("a short day", "office", "04-03 11:00", 120, "04-07 09:30", "60 to 12:00, Fri p.m. to Mon free, 60 on Tue"),
    ("onto the leap day", "office", "2028-02-28 17:00", 60, "2028-02-29 09:00", "30 on Mon, 30 on Tue 29th"),
    ("from the leap day", "office", "2028-02-29 17:00", 60, "2028-03-01 09:00", "30 on Tue 29th, 30 on Wed 1st"),
    ("three windows a day", "hall", "09-28 10:30", 240, "09-28 18:30", "30 to 11:00, 180 to 16:00, 30 from 18:00"),
    ("over the night of a hall", "hall", "09-28 19:30", 60, "09-29 08:30", "30 to 20:00, 30 from 08:00"),
    ("a hall works on Saturday", "hall", "09-19 15:30", 60, "09-19 18:30", "30 to 16:00, 30 from 18:00"),
    ("ends with the third window", "hall", "09-28 08:00", 480, "09-28 20:00", "180 + 180 + 120"),
    ("a hall works on the holiday", "hall", "10-01 09:00", 120, "10-01 11:00", "120 to 11:00 exactly"),
    ("a night shift over midnight", "night", "09-28 23:00", 120, "09-29 01:00", "60 to 24:00, 60 after"),
    ("Monday morning belongs to no shift", "night", "09-28 05:00", 60, "09-28 23:00", "Sunday has no shift; 22:00 + 60"),
    ("Friday's shift runs out on Saturday", "night", "09-19 05:00", 120, "09-21 23:00", "60 to 06:00, 60 Mon 22:00"),
    ("ends with the shift", "night", "09-28 22:00", 480, "09-29 06:00", "120 to 24:00 + 360"),
    (
        "the shift before a holiday runs out", "night", "09-30 23:00", 480, "10-02 23:00",
        "60 + 360 to Thu 06:00, no shift on Thu, 60 from Fri 22:00",
    ),
    ("half a minute on each side of lunch", "office", "09-28 11:59:30", 1, "09-28 13:30:30", "30 s + 30 s"),
]  # fmt: skip


@pytest.mark.parametrize("row", DUE, ids=[row[0] for row in DUE])
def test_when_a_clock_is_due(org_tree: Any, calendar: Any, row: tuple[Any, ...]) -> None:
    _what, name, start, budget, due, why = row
    clock = actions.start(
        ME, "k", SUBJECT, org_tree.county, budget=budget * MINUTE, at=t(start), calendar=calendar(name), warn_ratio=1
    )
    assert clock.due_at == t(due), why
    assert clock.warn_at == t(due), why
    # Read at its limit all of it is used up; a second later, it is late.
    assert clock_state(clock, t(due)).remaining == dt.timedelta(0)
    assert clock_state(clock, t(due) + dt.timedelta(seconds=1)).level == "breached"


# ---- When it warns --------------------------------------------------------------------------------------------------
# (what, calendar, start, budget, used-up share at which to warn, warn, due, arithmetic)
WARN = [
    ("three quarters", "always", "09-28 09:00", 60, 0.75, "09-28 09:45", "09-28 10:00", "45 of 60"),
    ("four fifths", "always", "09-28 09:00", 25, 0.8, "09-28 09:20", "09-28 09:25", "20 of 25"),
    ("in seconds", "always", "09-28 09:00", 7, 0.75, "09-28 09:05:15", "09-28 09:07", "420 s x 0.75 = 315 s"),
    ("at once", "always", "09-28 09:00", 60, 0, "09-28 09:00", "09-28 10:00", "0 of 60"),
    ("with the limit", "always", "09-28 09:00", 60, 1, "09-28 10:00", "09-28 10:00", "60 of 60"),
    ("after lunch", "office", "09-28 11:00", 120, 0.75, "09-28 14:00", "09-28 14:30", "90 = 60 to 12:00 + 30"),
    ("at noon exactly", "office", "09-28 10:00", 160, 0.75, "09-28 12:00", "09-28 14:10", "120 to 12:00; 40 after"),
    ("before the weekend", "office", "09-11 16:00", 120, 0.75, "09-11 17:30", "09-14 09:00", "90 on Fri; 30 on Mon"),
    ("before the holiday", "office", "09-30 14:30", 240, 0.75, "09-30 17:30", "10-08 09:30", "180 on Wed; 60 on Thu"),
]  # fmt: skip


@pytest.mark.parametrize("row", WARN, ids=[row[0] for row in WARN])
def test_when_a_clock_warns(org_tree: Any, calendar: Any, row: tuple[Any, ...]) -> None:
    _what, name, start, budget, share, warn, due, why = row
    clock = actions.start(
        ME,
        "k",
        SUBJECT,
        org_tree.county,
        budget=budget * MINUTE,
        at=t(start),
        calendar=calendar(name),
        warn_ratio=share,
    )
    assert (clock.warn_at, clock.due_at) == (t(warn), t(due)), why


# ---- What happens to it ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """``steps``: pause/resume/sweep/stop/cancel AT; budget MINUTES AT; calendar NAME MINUTES AT; reopen MINUTES AT.

    Checked at the end where given: due and warn ("-": none set), breached ("-": no breach stands), the outcome, how
    often a warning and a breach were told. Warnings come at three quarters of the budget.
    """

    what: str
    on: str
    start: str
    budget: int
    steps: str
    why: str
    due: str = ""
    warn: str = ""
    breached: str = "-"
    outcome: str = ""
    told: tuple[int, int] | None = None


A, O = "always", "office"  # noqa: E741
NINE = "09-28 09:00"
CASES = [
    # Holding and going on
    Case("one hold", A, NINE, 60, "pause 09-28 09:20; resume 09-28 10:00",
         "20 used; 25 to the warning, 40 to the limit, from 10:00", due="09-28 10:40", warn="09-28 10:25"),
    Case("two holds", A, NINE, 60, "pause 09-28 09:10; resume 09-28 09:30; pause 09-28 09:45; resume 09-28 10:45",
         "10 + 15 used, 35 left from 10:45; 20 to the warning", due="09-28 11:20", warn="09-28 11:05"),
    Case("three holds, the last goes on", A, NINE, 60,
         "pause 09-28 09:10; resume 09-28 09:20; pause 09-28 09:30; resume 09-28 09:40; pause 09-28 09:50; sweep 09-28 23:00",
         "10 + 10 + 10 used; a clock that is held is never due", due="-", warn="-", told=(0, 0)),
    Case("held over lunch", O, NINE, 240, "pause 09-28 11:00; resume 09-28 14:00",
         "120 used, 120 left from 14:00", due="09-28 16:00"),
    Case("held and resumed within lunch", O, NINE, 240, "pause 09-28 12:30; resume 09-28 13:00",
         "180 used by 12:00, 60 left from 13:30: no effect", due="09-28 14:30"),
    Case("held at lunch, resumed at work", O, NINE, 240, "pause 09-28 12:30; resume 09-28 14:30",
         "180 used, 60 left from 14:30", due="09-28 15:30"),
    Case("held at work, resumed in the evening", O, NINE, 240, "pause 09-28 11:00; resume 09-28 19:00",
         "120 used, 120 left from Tue 08:30", due="09-29 10:30"),
    Case("held in the evening, resumed the next morning", O, "09-28 16:30", 120,
         "pause 09-28 18:00; resume 09-29 10:00", "60 used on Mon, 60 left from Tue 10:00", due="09-29 11:00"),
    Case("held over the weekend", O, "09-11 15:00", 300, "pause 09-11 16:00; resume 09-14 09:00",
         "60 used; 240 left: 180 to Mon 12:00, 60 from 13:30", due="09-14 14:30"),
    Case("held over National Day", O, "09-30 09:00", 450, "pause 09-30 10:00; resume 10-08 10:00",
         "60 used; 390 left: 120 to 12:00, 240 to 17:30, 30 on Fri", due="10-09 09:00"),
    Case("held and resumed on the holiday", O, "09-30 16:30", 120, "pause 10-02 10:00; resume 10-05 10:00",
         "60 used on Wed, 60 left from Thu 8th 08:30: no effect", due="10-08 09:30"),
    Case("resumed on a made-up Saturday", O, "10-09 16:30", 120, "pause 10-09 17:00; resume 10-10 10:00",
         "30 used; 90 left from Sat 10:00", due="10-10 11:30"),
    Case("held for no time", A, NINE, 60, "pause 09-28 09:20; resume 09-28 09:20", "20 used, 40 left", due="09-28 10:00"),
    Case("held from the first moment", A, NINE, 60, "pause 09-28 09:00; resume 09-28 09:30", "0 used, 60 left",
         due="09-28 10:30", warn="09-28 10:15"),
    Case("held over midnight", A, "09-28 23:30", 60, "pause 09-28 23:50; resume 09-29 00:30", "20 used, 40 left from 00:30",
         due="09-29 01:10"),
    Case("held exactly at its limit", A, NINE, 60, "pause 09-28 10:00; resume 09-28 11:00; stop 09-28 11:00",
         "60 used, 0 left from 11:00: in time at 11:00", outcome="met", told=(0, 0)),
    Case("held at its limit, a second too long after", A, NINE, 60,
         "pause 09-28 10:00; resume 09-28 11:00; stop 09-28 11:00:01", "0 left from 11:00",
         breached="09-28 11:00", outcome="breached", told=(0, 1)),
    Case("held after its limit", A, NINE, 60, "pause 09-28 10:10; resume 09-28 12:00; sweep 09-28 12:05; stop 09-28 12:10",
         "late since 09:00 + 60; told once", breached="09-28 10:00", outcome="breached", told=(0, 1)),
    Case("stopped while held", A, NINE, 60, "pause 09-28 09:20; stop 09-28 15:00", "20 used of 60", outcome="met"),
    Case("warned, then held: not warned again", A, NINE, 60,
         "sweep 09-28 09:46; pause 09-28 09:50; resume 09-28 10:50; sweep 09-28 10:51; sweep 09-28 11:01",
         "50 used, 10 left from 10:50: due 11:00", due="09-28 11:00", breached="09-28 11:00", told=(1, 1)),
    # Classified anew: another budget
    Case("more, before the limit", A, NINE, 60, "budget 120 09-28 09:30", "09:00 + 120; 0.75 x 120 = 90",
         due="09-28 11:00", warn="09-28 10:30"),
    Case("less, before the limit", A, NINE, 60, "budget 30 09-28 09:20", "09:00 + 30; 0.75 x 30 = 22.5",
         due="09-28 09:30", warn="09-28 09:22:30"),
    Case("less than is used", A, NINE, 60, "budget 20 09-28 09:30; sweep 09-28 09:30; sweep 09-28 09:40",
         "09:00 + 20 has passed", due="09-28 09:20", breached="09-28 09:20", told=(0, 1)),
    Case("more, after the limit", A, NINE, 60, "sweep 09-28 10:01; budget 120 09-28 10:10; sweep 09-28 10:11",
         "breach at 10:00 taken back; 09:00 + 120", due="09-28 11:00", warn="09-28 10:30", told=(0, 1)),
    Case("more, after the limit, and missed again", A, NINE, 60,
         "sweep 09-28 10:01; budget 120 09-28 10:10; sweep 09-28 10:31; sweep 09-28 11:01; sweep 09-28 11:30",
         "10:00 taken back; warned at 10:30; late at 11:00", due="09-28 11:00", breached="09-28 11:00", told=(1, 2)),
    Case("a little more, still late", A, NINE, 60, "sweep 09-28 10:01; budget 65 09-28 10:10; sweep 09-28 10:11",
         "09:00 + 65 < 10:10: the breach stands, dated anew", due="09-28 10:05", breached="09-28 10:05", told=(0, 1)),
    Case("less, after the limit", A, NINE, 60, "sweep 09-28 10:01; budget 45 09-28 10:10; sweep 09-28 10:11",
         "09:00 + 45: late earlier, told once", due="09-28 09:45", breached="09-28 09:45", told=(0, 1)),
    Case("exactly used up when classified anew", A, NINE, 60, "budget 30 09-28 09:30; sweep 09-28 09:30; stop 09-28 09:30",
         "09:00 + 30 = now: past 22.5, so warned, but in time", outcome="met", told=(1, 0)),
    Case("there and back", A, NINE, 60, "budget 120 09-28 09:30; budget 60 09-28 09:40", "09:00 + 60",
         due="09-28 10:00", warn="09-28 09:45"),
    Case("more, after a hold", A, NINE, 60, "pause 09-28 09:20; resume 09-28 09:50; budget 90 09-28 10:00",
         "20 used before 09:50, 70 left", due="09-28 11:00"),
    Case("less, the limit fell before the hold", A, NINE, 60,
         "pause 09-28 09:20; resume 09-28 09:50; budget 15 09-28 10:00; sweep 09-28 10:00",
         "09:00 + 15, before 09:20", due="09-28 09:15", breached="09-28 09:15", told=(0, 1)),
    Case("less, the limit falls after the hold", A, NINE, 60,
         "pause 09-28 09:20; resume 09-28 09:50; budget 25 09-28 09:52", "20 before the hold, 5 from 09:50", due="09-28 09:55"),
    Case("less, the limit fell between two holds", A, NINE, 60,
         "pause 09-28 09:10; resume 09-28 09:30; pause 09-28 09:50; resume 09-28 10:10; budget 20 09-28 10:12; sweep 09-28 10:12",
         "10 before, 10 from 09:30", due="09-28 09:40", breached="09-28 09:40", told=(0, 1)),
    Case("more, while held", A, NINE, 60, "pause 09-28 09:20; budget 90 09-28 09:30; resume 09-28 10:00",
         "20 used, 70 left from 10:00", due="09-28 11:10"),
    Case("less than is used, while held", A, NINE, 60,
         "pause 09-28 09:20; budget 10 09-28 09:30; resume 09-28 10:00; sweep 09-28 10:01",
         "09:00 + 10", due="09-28 09:10", breached="09-28 09:10", told=(0, 1)),
    Case("less than is used, while held, and stopped so", A, NINE, 60,
         "pause 09-28 09:20; budget 10 09-28 09:30; stop 09-28 10:00",
         "20 used of 10, since 09:10", breached="09-28 09:10", outcome="breached", told=(0, 1)),
    Case("over lunch", O, "09-28 11:00", 120, "budget 240 09-28 14:00", "60 to 12:00, 180 from 13:30", due="09-28 16:30"),
    Case("from one to four working days over the holiday", O, "09-30 10:00", 450, "budget 1800 09-30 15:00",
         "Wed 360, Thu 8th 810, Fri 1260, Sat 10th (made up) 1710, Mon 90", due="10-12 10:00"),
    Case("warned, then much more: warned again of the new limit", A, NINE, 60,
         "sweep 09-28 09:46; budget 120 09-28 09:50; sweep 09-28 09:51; sweep 09-28 10:31",
         "45 of 60, then 90 of 120", due="09-28 11:00", told=(2, 0)),
    Case("warned, then a little more: not warned again", A, NINE, 60,
         "sweep 09-28 09:46; budget 64 09-28 09:50; sweep 09-28 09:51; sweep 09-28 10:03",
         "50 used, past 0.75 x 64 = 48", due="09-28 10:04", told=(1, 0)),
    Case("warned, then less: not warned again", A, NINE, 60,
         "sweep 09-28 09:46; budget 50 09-28 09:47; sweep 09-28 09:48", "47 used, past 37.5", due="09-28 09:50", told=(1, 0)),
    # Classified anew: another calendar
    Case("from 24 hours to four working days", A, "09-18 16:00", 1440, "calendar office 1800 09-20 10:00",
         "Fri 90, Sun (made up) 540, Mon 990, Tue 1440, Wed 210 + 150 from 13:30", due="09-23 16:00"),
    Case("from four working days to 24 hours", O, "09-18 16:00", 1800, "calendar always 1440 09-19 10:00",
         "Fri 16:00 + 24 h", due="09-19 16:00"),
    Case("to working time, with a hold", A, NINE, 1440,
         "pause 09-28 10:00; resume 09-28 14:00; calendar office 450 09-28 15:00",
         "60 before the hold; 390 left: 210 to 17:30, 180 from Tue 08:30", due="09-29 11:30"),
    Case("to round the clock, already missed", O, "09-18 16:00", 1800,
         "calendar always 1440 09-20 10:00; sweep 09-20 10:00", "Fri 16:00 + 24 h has passed",
         due="09-19 16:00", breached="09-19 16:00", told=(0, 1)),
    # How it ends
    Case("done exactly at the limit", A, NINE, 60, "stop 09-28 10:00", "60 of 60", outcome="met", told=(0, 0)),
    Case("done a second late", A, NINE, 60, "stop 09-28 10:00:01", "60 min 1 s of 60", breached="09-28 10:00",
         outcome="breached", told=(0, 1)),
    Case("due at closing, done at closing", O, "09-28 08:30", 450, "stop 09-28 17:30", "450 of 450", outcome="met"),
    Case("due at closing, done in the evening", O, "09-28 08:30", 450, "stop 09-28 18:00",
         "no working time more, but past 17:30", breached="09-28 17:30", outcome="breached", told=(0, 1)),
    Case("due at closing, swept in the evening, done the next morning", O, "09-28 08:30", 450,
         "sweep 09-28 17:31; stop 09-29 08:30", "past Mon 17:30; told once", breached="09-28 17:30",
         outcome="breached", told=(0, 1)),
    Case("due at noon, held at lunch", O, "09-28 08:30", 210, "pause 09-28 12:30; resume 09-28 14:00; stop 09-28 14:00",
         "past 12:00 when it was held", breached="09-28 12:00", outcome="breached", told=(0, 1)),
    Case("due as the day opens", O, "09-28 17:00", 30, "sweep 09-28 17:30; stop 09-28 17:30",
         "30 to 17:30; due then, not on Tue 08:30", outcome="met", told=(1, 0)),
    Case("news of it came late", A, NINE, 60, "sweep 09-28 10:05; stop 09-28 09:58",
         "58 of 60: the breach is withdrawn", outcome="met", told=(0, 1)),
    Case("news of it came late, and it was late", A, NINE, 60, "sweep 09-28 10:05; stop 09-28 10:03",
         "63 of 60", breached="09-28 10:00", outcome="breached", told=(0, 1)),
    Case("the sweeper was away", A, NINE, 60, "sweep 09-28 12:00; sweep 09-28 12:01",
         "past 10:00: a breach, and no warning after it", due="09-28 10:00", breached="09-28 10:00", told=(0, 1)),
    Case("swept at every turn", A, NINE, 60,
         "sweep 09-28 09:44; sweep 09-28 09:45; sweep 09-28 09:46; sweep 09-28 10:00; sweep 09-28 10:01; sweep 09-28 10:02",
         "45 warns, 60 is in time, 61 is late", breached="09-28 10:00", told=(1, 1)),
    Case("withdrawn in time", A, NINE, 60, "cancel 09-28 09:40", "40 of 60", outcome="cancelled", told=(0, 0)),
    Case("withdrawn too late", A, NINE, 60, "cancel 09-28 10:30", "90 of 60: not washed away", breached="09-28 10:00",
         outcome="cancelled", told=(0, 1)),
    Case("opened again", A, NINE, 60, "stop 09-28 09:30; reopen 60 09-28 11:00", "a clock of its own: 11:00 + 60",
         due="09-28 12:00", warn="09-28 11:45"),
    Case("opened again after a late end", O, NINE, 60, "stop 09-28 10:30; reopen 240 09-28 16:30; sweep 09-29 11:31",
         "60 on Mon, 180 to Tue 11:30", due="09-29 11:30", breached="09-29 11:30", told=(0, 2)),
]  # fmt: skip


def play(clock: Clock, steps: str, org: Any, calendar: Any) -> tuple[Clock, str]:
    """Take the steps in order; the clock as it then is, and the outcome if it ended."""
    outcome = ""
    for step in filter(None, steps.split("; ")):
        verb, *words = step.split()
        at = t(" ".join(words[-2:]))
        if verb == "sweep":
            sweep_all(at)
        elif verb == "pause":
            actions.pause(ME, clock, "等待客户", at=at)
        elif verb == "resume":
            actions.resume(ME, clock, at=at)
        elif verb == "budget":
            actions.recompute(ME, clock, int(words[0]) * MINUTE, "改判", at=at)
        elif verb == "calendar":
            actions.recompute(ME, clock, int(words[1]) * MINUTE, "改判", at=at, calendar=calendar(words[0]))
        elif verb == "stop":
            outcome = actions.stop(ME, clock, at=at)
        elif verb == "cancel":
            actions.cancel(ME, clock, "客户撤销", at=at)
            outcome = "cancelled"
        elif verb == "reopen":
            clock = actions.start(
                ME, "k", SUBJECT, org, budget=int(words[0]) * MINUTE, at=at, calendar=clock.calendar, warn_ratio=0.75
            )
            outcome = ""
        else:
            raise ValueError(step)
        clock = Clock.objects.select_related("calendar").get(pk=clock.pk)
    return clock, outcome


def moment(text: str) -> dt.datetime | None:
    return None if text == "-" else t(text)


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_what_happens_to_a_clock(org_tree: Any, calendar: Any, case: Case) -> None:
    clock = actions.start(
        ME, "k", SUBJECT, org_tree.county, budget=case.budget * MINUTE, at=t(case.start), calendar=calendar(case.on),
        warn_ratio=0.75,
    )  # fmt: skip
    clock, outcome = play(clock, case.steps, org_tree.county, calendar)
    assert outcome == case.outcome, case.why
    if case.due:
        assert clock.due_at == moment(case.due), case.why
    if case.warn:
        assert clock.warn_at == moment(case.warn), case.why
    assert clock.breached_at == moment(case.breached), case.why
    if case.told is not None:
        told = Counter(event.kind for event in timeline(*SUBJECT))
        assert (told["clock.warned"], told["clock.breached"]) == case.told, case.why


def test_the_table_is_as_long_as_it_says() -> None:
    assert len(DUE) + len(WARN) + len(CASES) >= 100
