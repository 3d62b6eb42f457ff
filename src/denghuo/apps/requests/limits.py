"""Which clocks run on a request, when, and how much time each gives.

Three families (:data:`KINDS` says which is which): the response in the field by fault class, urgency and area; the
handling by an agent by complexity; acceptance, processing and reply. Every budget is a policy. A policy *by category*
is looked up from the particular to the general: first what is said of urgent requests, then of all; in each the class
code, the codes above it, the fault class, the business type, and at last ``*`` (:func:`categories`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.requests.choices import RequestType, Urgency
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.clocks.actions import NewClock
from denghuo.core.clocks.calendars import calendar_for
from denghuo.core.clocks.models import Clock, ClockFamily, WorkCalendar

ACCEPTANCE: Final = "acceptance"
DISPATCH: Final = "dispatch"
TAKE: Final = "take"
RESPONSE: Final = "response"
ARRIVAL_MEAN: Final = "arrival.mean"
ARRIVAL_STANDARD: Final = "arrival.standard"
RESTORE_MEAN: Final = "restore.mean"
CONTACT: Final = "contact"
HANDLING: Final = "handling"
REWORK: Final = "rework"
REVIEW: Final = "review"
CALL_BACK: Final = "callback"
ANSWER_COMPLEXITY: Final = "answer.complexity"
PROCESSING_MEAN: Final = "processing.mean"
PROCESSING_MAX: Final = "processing.max"
REPLY: Final = "reply"
URGE: Final = "urge"

ARRIVAL: Final = (ARRIVAL_MEAN, ARRIVAL_STANDARD)
BY_AREA: Final = (*ARRIVAL, RESTORE_MEAN)
OFFICE = "office"
URGENT_PART: Final = "urgent"
ANY_PART: Final = "*"
MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long, by which value of which policy, counted on which calendar (None: round the clock)."""

    length: dt.timedelta
    policy: str
    value_id: int | None
    calendar: WorkCalendar | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of clock of a request. ``rule`` gives its budget, or None where no such limit applies to that request."""

    code: str
    label: str | Promise
    family: str
    rule: Callable[[Request, dt.datetime], Budget | None]


def build(kind: str, request: Request, at: dt.datetime) -> list[NewClock]:
    """The clock ``kind`` of ``request`` starting at ``at``; empty when no such limit applies to its class or type.

    Raises KeyError for a kind not in :data:`KINDS`, PolicyMissing when its policy has no value in force, or none for
    the area of the request.
    """
    which = KINDS[kind]
    budget = which.rule(request, at)
    return [] if budget is None else [_new(which, request, budget, at)]


def budget_of(kind: str, request: Request, at: dt.datetime) -> Budget | None:
    """The budget that ``kind`` has for ``request`` as it is classified now, by the values in force at ``at``."""
    return KINDS[kind].rule(request, at)


def rebudgeted(request: Request, clocks: Iterable[Clock]) -> Iterator[tuple[Clock, Budget]]:
    """The clocks whose budget or calendar is another one now that ``request`` has been classified anew, with the new one.

    By the values in force when each clock started: a later change of policy is not brought in by the back door. A limit
    that no longer applies to the class keeps what it had. Pass each to :func:`denghuo.core.clocks.actions.recompute`.
    """
    for clock in clocks:
        if clock.kind not in KINDS:
            continue
        budget = budget_of(clock.kind, request, clock.started_at)
        if budget is None:
            continue
        calendar_id = budget.calendar.pk if budget.calendar else None
        if (budget.length, calendar_id) != (clock.budget, clock.calendar_id):
            yield clock, budget


def classes_of(request: Request) -> list[str]:
    """Classes of a request from the particular to the general: its class, those above it, the fault class, the type.

    A fault's class is named by its code (``low_voltage.line``), any other with its type (``service_request.reconnection``).
    """
    code, found = request.class_code, []
    tree = "" if request.type == RequestType.FAULT_REPORT else f"{request.type}."  # codes differ within a tree only
    while code:
        found.append(f"{tree}{code}")
        code = code.rpartition(".")[0]
    return list(dict.fromkeys([*found, *([request.fault_class] if request.fault_class else []), str(request.type)]))


def categories(request: Request) -> list[str]:
    """Names under which a policy may speak of this request, the most particular first: ``urgent/<class>``, ``<class>``, ``*``."""
    classes = classes_of(request)
    urgent = [f"{URGENT_PART}/{code}" for code in classes] if request.urgency == Urgency.URGENT else []
    return [*urgent, *classes, ANY_PART]


def areas(request: Request) -> list[str]:
    """The same by area: ``urgent/<class>/<area>``, ``urgent/<area>``, ``<class>/<area>``, ``<area>``."""
    plain = [*(f"{code}/{request.area_type}" for code in classes_of(request)), str(request.area_type)]
    urgent = [f"{URGENT_PART}/{name}" for name in plain] if request.urgency == Urgency.URGENT else []
    return [*urgent, *plain]


def part_of(values: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of ``names`` that ``values`` speaks of."""
    return next((name for name in names if name in values), None)


def pausable(request: Request, at: dt.datetime | None = None) -> list[str]:
    """Kinds of clocks that stand still while the request is on hold (policy ``clock.pausable``); the others run on."""
    return list(policies.get("clock.pausable", request.org, at))


def _new(kind: Kind, request: Request, budget: Budget, at: dt.datetime) -> NewClock:
    return NewClock(
        kind.code,
        request,
        request.org,
        kind.family,
        budget=budget.length,
        policy=budget.policy,
        policy_value_id=budget.value_id,
        calendar=budget.calendar,
        at=at,
    )


def _one(key: str) -> Callable[[Request, dt.datetime], Budget]:
    """One value for all."""

    def rule(request: Request, at: dt.datetime) -> Budget:
        found = policies.find(key, request.org, at)
        return Budget(found.value * MINUTE, key, found.id)

    return rule


def _by(
    key: str, names: Callable[[Request], list[str]], *, optional: bool = False
) -> Callable[[Request, dt.datetime], Budget | None]:
    """By category or area. ``optional``: what the policy does not speak of has no such limit; else PolicyMissing."""

    def rule(request: Request, at: dt.datetime) -> Budget | None:
        found, wanted = policies.find(key, request.org, at), names(request)
        part = part_of(found.value, wanted)
        if part is not None:
            return Budget(found.value[part] * MINUTE, key, found.id)
        if optional:
            return None
        raise policies.PolicyMissing(f"policy {key!r} has no part {wanted[-1]!r}")

    return rule


def _acceptance(request: Request, at: dt.datetime) -> Budget:
    """What is urgent or major may take the longer limit of the exception (it is worked while it is written down)."""
    key = "clock.acceptance.exception" if request.urgency == Urgency.URGENT else "clock.acceptance"
    return _one(key)(request, at)


def _dispatch(request: Request, at: dt.datetime) -> Budget:
    found = policies.find("clock.dispatch", request.org, at)
    fault = request.type == RequestType.FAULT_REPORT
    part = part_of(found.value, [*categories(request)[:-1], "fault" if fault else "other"])
    if part is None:
        raise policies.PolicyMissing("policy 'clock.dispatch' has no part 'fault' or 'other'")
    return Budget(found.value[part] * MINUTE, found.key, found.id)


def _take(request: Request, at: dt.datetime) -> Budget | None:
    """Faults round the clock; all else within the working hours of the unit."""
    budget = _by("clock.take", categories, optional=True)(request, at)
    if budget is None or request.type == RequestType.FAULT_REPORT:
        return budget
    return Budget(
        budget.length, budget.policy, budget.value_id, calendar_for(request.org, OFFICE, timezone.localdate(at))
    )


def _answer(request: Request, at: dt.datetime) -> Budget:
    found = policies.find("clock.answer.complexity", request.org, at)
    level = complexity(request, at)
    if level not in found.value:
        raise policies.PolicyMissing(f"policy {found.key!r} has no part {level!r}")
    return Budget(found.value[level] * MINUTE, found.key, found.id)


def complexity(request: Request, at: dt.datetime | None = None) -> str:
    """low, medium or high: as marked on the request, else what its class is taken for (policy ``request.complexity``)."""
    if request.complexity:
        return str(request.complexity)
    values = policies.get("request.complexity", request.org, at)
    part = part_of(values, categories(request))
    if part is None:
        raise policies.PolicyMissing(f"policy 'request.complexity' has no part {ANY_PART!r}")
    return str(values[part])


def _handling(request: Request, at: dt.datetime) -> Budget:
    """Hours round the clock or working days of the office, whichever policy speaks of the more particular class.

    Working days count on the office calendar of the unit; without a calendar, as days of 24 hours.
    """
    hours = policies.find("clock.handling.hours", request.org, at)
    days = policies.find("clock.handling.days", request.org, at)
    for name in categories(request):
        if name in hours.value:
            return Budget(hours.value[name] * dt.timedelta(hours=1), hours.key, hours.id)
        if name in days.value:
            calendar = calendar_for(request.org, OFFICE, timezone.localdate(at))
            return Budget(days.value[name] * working_day(calendar), days.key, days.id, calendar)
    raise policies.PolicyMissing(f"policy 'clock.handling.days' has no part {str(request.type)!r}")


FIELD, AGENT, DESK = ClockFamily.FIELD, ClockFamily.AGENT, ClockFamily.HANDLING
KINDS: Final[dict[str, Kind]] = {
    kind.code: kind
    for kind in (
        Kind(ACCEPTANCE, pgettext_lazy("时限", "受理"), DESK, _acceptance),
        Kind(DISPATCH, _("派单"), DESK, _dispatch),
        Kind(TAKE, pgettext_lazy("时限", "接单"), DESK, _take),
        Kind(RESPONSE, pgettext_lazy("时限", "响应"), FIELD, _by("clock.response", categories, optional=True)),
        Kind(ARRIVAL_MEAN, _("到达（平均承诺）"), FIELD, _by("clock.arrival.mean", areas)),
        Kind(ARRIVAL_STANDARD, _("到达（国家标准）"), FIELD, _by("clock.arrival.standard", areas)),
        Kind(RESTORE_MEAN, pgettext_lazy("时限", "恢复供电"), FIELD, _by("clock.restore.mean", areas)),
        Kind(REWORK, _("返工"), FIELD, _one("clock.rework")),
        Kind(ANSWER_COMPLEXITY, _("坐席处理（按复杂度）"), AGENT, _answer),
        Kind(CONTACT, _("联系客户"), DESK, _by("clock.contact", categories, optional=True)),
        Kind(PROCESSING_MEAN, _("办理（平均）"), DESK, _by("clock.processing.mean", categories, optional=True)),
        Kind(PROCESSING_MAX, _("办理（最长）"), DESK, _by("clock.processing.max", categories, optional=True)),
        Kind(REPLY, pgettext_lazy("时限", "答复"), DESK, _by("clock.reply", categories, optional=True)),
        Kind(HANDLING, _("处理"), DESK, _handling),
        Kind(REVIEW, _("审核"), DESK, _one("clock.review")),
        Kind(CALL_BACK, pgettext_lazy("时限", "回访"), DESK, _one("clock.callback")),
        Kind(URGE, pgettext_lazy("时限", "催办答复"), DESK, _one("clock.urge")),
    )
}
LABELS: Final[dict[str, str | Promise]] = {**{code: kind.label for code, kind in KINDS.items()}, "answer": _("应答")}


def _built(kind: str, request: Request, at: dt.datetime) -> NewClock:
    """A clock that every request of its type has."""
    return build(kind, request, at)[0]


def on_submit(request: Request) -> list[NewClock]:
    """From the moment it is told: acceptance."""
    return build(ACCEPTANCE, request, request.submitted_at)


def on_accept(request: Request, at: dt.datetime) -> list[NewClock]:
    """From acceptance: a fault must be dispatched and the crew arrive (both the mean promise and the per-order standard
    run, as they are judged differently); other types must be passed on, the customer contacted, the matter handled."""
    if request.type == RequestType.FAULT_REPORT:
        return [dispatch(request, at), *arrival(request, at)]
    return [dispatch(request, at), *build(CONTACT, request, at), handling(request, at)]


def arrival(request: Request, at: dt.datetime) -> list[NewClock]:
    """The two arrival clocks, by area."""
    return [_built(kind, request, at) for kind in ARRIVAL]


def dispatch(request: Request, at: dt.datetime) -> NewClock:
    """Until somebody is sent."""
    return _built(DISPATCH, request, at)


def on_arrival(request: Request, at: dt.datetime) -> list[NewClock]:
    """Restoration counts from arrival."""
    return build(RESTORE_MEAN, request, at)


def on_rework(request: Request, at: dt.datetime) -> list[NewClock]:
    """The work must be done again within this."""
    return build(REWORK, request, at)


def on_return(request: Request, at: dt.datetime) -> list[NewClock]:
    """Review counts from the return."""
    return build(REVIEW, request, at)


def on_call_back_due(request: Request, at: dt.datetime) -> list[NewClock]:
    """The call-back counts from the review."""
    return build(CALL_BACK, request, at)


def handling(request: Request, at: dt.datetime) -> NewClock:
    """The time a unit has for a matter of this class."""
    return _built(HANDLING, request, at)


def working_day(calendar: WorkCalendar | None) -> dt.timedelta:
    """How much working time a full day of ``calendar`` holds; 24 hours without one."""
    if calendar is None:
        return dt.timedelta(days=1)
    week = calendar.engine().weekly
    minutes = [sum(window.end - window.start for window in day) for day in week]
    return dt.timedelta(minutes=max(minutes))
