"""Which clocks run on a request, and when. Each names the policy its budget comes from."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.clocks.actions import NewClock
from denghuo.core.clocks.calendars import calendar_for
from denghuo.core.clocks.models import ClockFamily, WorkCalendar

ACCEPTANCE: Final = "acceptance"
DISPATCH: Final = "dispatch"
ARRIVAL_MEAN: Final = "arrival.mean"
ARRIVAL_STANDARD: Final = "arrival.standard"
RESTORE_MEAN: Final = "restore.mean"
CONTACT: Final = "contact"
HANDLING: Final = "handling"
REWORK: Final = "rework"
REVIEW: Final = "review"
CALL_BACK: Final = "callback"

ARRIVAL: Final = (ARRIVAL_MEAN, ARRIVAL_STANDARD)
BY_AREA: Final = (*ARRIVAL, RESTORE_MEAN)

LABELS: Final[dict[str, str | Promise]] = {
    ACCEPTANCE: pgettext_lazy("时限", "受理"),
    DISPATCH: _("派单"),
    ARRIVAL_MEAN: _("到达（平均承诺）"),
    ARRIVAL_STANDARD: _("到达（国家标准）"),
    RESTORE_MEAN: pgettext_lazy("时限", "恢复供电"),
    CONTACT: _("联系客户"),
    HANDLING: _("处理"),
    REWORK: _("返工"),
    REVIEW: _("审核"),
    CALL_BACK: pgettext_lazy("时限", "回访"),
    "answer": _("应答"),
}
OFFICE = "office"


def _clock(
    request: Request, kind: str, at: dt.datetime, part: str | None = None, family: str = ClockFamily.FIELD
) -> NewClock:
    return NewClock(kind, request, request.org, family, policy=f"clock.{kind}", part=part, at=at)


def on_submit(request: Request) -> list[NewClock]:
    """From the moment it is told: acceptance."""
    return [_clock(request, ACCEPTANCE, request.submitted_at, family=ClockFamily.HANDLING)]


def on_accept(request: Request, at: dt.datetime) -> list[NewClock]:
    """From acceptance: a fault must be dispatched and the crew arrive (both the mean promise and the per-order standard
    run, as they are judged differently); other types must be passed on, the customer contacted, the matter handled."""
    if request.type == RequestType.FAULT_REPORT:
        return [dispatch(request, at), *arrival(request, at)]
    wanted = [dispatch(request, at)]
    if request.type in policies.get("clock.contact", request.org, at):
        wanted.append(_clock(request, CONTACT, at, request.type, ClockFamily.HANDLING))
    return [*wanted, handling(request, at)]


def arrival(request: Request, at: dt.datetime) -> list[NewClock]:
    """The two arrival clocks, by area."""
    return [_clock(request, kind, at, request.area_type) for kind in ARRIVAL]


def dispatch(request: Request, at: dt.datetime) -> NewClock:
    """Until somebody is sent."""
    part = "fault" if request.type == RequestType.FAULT_REPORT else "other"
    return _clock(request, DISPATCH, at, part, ClockFamily.HANDLING)


def on_arrival(request: Request, at: dt.datetime) -> list[NewClock]:
    """Restoration counts from arrival."""
    return [_clock(request, RESTORE_MEAN, at, request.area_type)]


def on_rework(request: Request, at: dt.datetime) -> list[NewClock]:
    """The work must be done again within this."""
    return [_clock(request, REWORK, at)]


def on_return(request: Request, at: dt.datetime) -> list[NewClock]:
    """Review counts from the return."""
    return [_clock(request, REVIEW, at, family=ClockFamily.HANDLING)]


def on_call_back_due(request: Request, at: dt.datetime) -> list[NewClock]:
    """The call-back counts from the review."""
    return [_clock(request, CALL_BACK, at, family=ClockFamily.HANDLING)]


def handling(request: Request, at: dt.datetime) -> NewClock:
    """Working days of ``clock.handling.days`` on the office calendar of the unit; without a calendar, days of 24 hours."""
    found = policies.find("clock.handling.days", request.org, at)
    if request.type not in found.value:
        raise policies.PolicyMissing(f"policy 'clock.handling.days' has no part {request.type!r}")
    calendar = calendar_for(request.org, OFFICE, at.date())
    budget = found.value[request.type] * working_day(calendar)
    return NewClock(HANDLING, request, request.org, ClockFamily.HANDLING, budget=budget, calendar=calendar, at=at)


def working_day(calendar: WorkCalendar | None) -> dt.timedelta:
    """How much working time a full day of ``calendar`` holds; 24 hours without one."""
    if calendar is None:
        return dt.timedelta(days=1)
    week = calendar.engine().weekly
    minutes = [sum(window.end - window.start for window in day) for day in week]
    return dt.timedelta(minutes=max(minutes))
