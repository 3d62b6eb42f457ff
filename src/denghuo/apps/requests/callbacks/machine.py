"""The one table of a call-back: its phases, what may be done in each, and where that leads.

Three states are stored with an end (*done*, *unreachable*, *cancelled*) and one without (*pending*); the other phases
follow from the times and the holder of a pending plan, so that nobody has to move a plan when its time has come or a
holder has gone home.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.apps.requests.callbacks.choices import HolderKind
from denghuo.apps.requests.choices import AttemptOutcome, CallBackState, Satisfaction
from denghuo.apps.requests.models import CallBack
from denghuo.core import policies
from denghuo.core.errors import Conflict
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.states import Look, register_states


class Phase(StrEnum):
    """Where a call-back is."""

    PLANNED = "planned"  # its time has not come
    NUMBER = "number"  # the unit is asked for the right number
    DUE = "due"
    HELD = "held"
    IN_CALL = "in_call"
    DONE = "done"
    REWORK = "rework"  # done, and the customer was not satisfied
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    TAKE = "take"
    DIAL = "dial"
    RECORD = "record"
    RELEASE = "release"
    RESCHEDULE = "reschedule"
    SUPPLY_NUMBER = "supply_number"
    CANCEL = "cancel"
    RATE = "rate"


LABELS: Final[Mapping[Phase, str | Promise]] = {
    Phase.PLANNED: gettext_lazy("未到时间"),
    Phase.NUMBER: gettext_lazy("待核实号码"),
    Phase.DUE: gettext_lazy("可回访"),
    Phase.HELD: gettext_lazy("已领取"),
    Phase.IN_CALL: gettext_lazy("通话中"),
    Phase.DONE: gettext_lazy("已回访"),
    Phase.REWORK: gettext_lazy("不满意，返工"),
    Phase.UNREACHABLE: gettext_lazy("多次未接通"),
    Phase.CANCELLED: gettext_lazy("不回访"),
}
VERBS: Final[Mapping[Verb, str | Promise]] = {
    Verb.TAKE: gettext_lazy("领取"),
    Verb.DIAL: gettext_lazy("拨打"),
    Verb.RECORD: gettext_lazy("记录结果"),
    Verb.RELEASE: gettext_lazy("放回队列"),
    Verb.RESCHEDULE: gettext_lazy("改期"),
    Verb.SUPPLY_NUMBER: gettext_lazy("补正号码"),
    Verb.CANCEL: pgettext_lazy("回访", "取消"),
    Verb.RATE: gettext_lazy("短信评价"),
}

P = Phase
_AGAIN = (P.PLANNED, P.NUMBER, P.DONE, P.REWORK, P.UNREACHABLE)
#: phase → what may be done → the phases it can lead to
TABLE: Final[Mapping[Phase, Mapping[Verb, tuple[Phase, ...]]]] = {
    P.PLANNED: {Verb.RESCHEDULE: (P.PLANNED, P.DUE), Verb.CANCEL: (P.CANCELLED,)},
    P.NUMBER: {
        Verb.SUPPLY_NUMBER: (P.PLANNED, P.DUE),
        Verb.TAKE: (P.HELD,),  # the unit did not answer in time: the number at hand is tried again
        Verb.RESCHEDULE: (P.PLANNED, P.DUE),
        Verb.CANCEL: (P.CANCELLED,),
    },
    P.DUE: {Verb.TAKE: (P.HELD,), Verb.RESCHEDULE: (P.PLANNED, P.DUE), Verb.CANCEL: (P.CANCELLED,)},
    P.HELD: {
        Verb.TAKE: (P.HELD,),
        Verb.DIAL: (P.IN_CALL,),
        Verb.RECORD: _AGAIN,
        Verb.RELEASE: (P.DUE, P.PLANNED),
        Verb.RESCHEDULE: (P.PLANNED, P.DUE),
        Verb.CANCEL: (P.CANCELLED,),
    },
    P.IN_CALL: {
        Verb.TAKE: (P.IN_CALL,),
        Verb.DIAL: (P.IN_CALL,),
        Verb.RECORD: _AGAIN,
        Verb.RELEASE: (P.DUE, P.PLANNED),
        Verb.CANCEL: (P.CANCELLED,),
    },
    P.DONE: {},
    P.REWORK: {},
    P.UNREACHABLE: {Verb.RATE: (P.DONE, P.REWORK)},
    P.CANCELLED: {},
}


class Effect(StrEnum):
    """What a result of dialling does (policy ``callback.effects``)."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    AT_TIME = "at_time"
    AGAIN = "again"
    ASK_NUMBER = "ask_number"
    LANGUAGE = "language"
    CLOSE = "close"


#: what is taken for an outcome that a unit's policy leaves out
USUAL: Final[Mapping[str, Effect]] = {
    AttemptOutcome.ANSWERED: Effect.COMPLETE,
    AttemptOutcome.PARTLY: Effect.PARTIAL,
    AttemptOutcome.LATER: Effect.AT_TIME,
    AttemptOutcome.WRONG_NUMBER: Effect.ASK_NUMBER,
    AttemptOutcome.LANGUAGE: Effect.LANGUAGE,
    AttemptOutcome.REFUSED: Effect.CLOSE,
}


def effect_of(outcome: str, org: OrgUnit | None, at: dt.datetime) -> Effect:
    """What ``outcome`` does in this unit."""
    told = policies.get("callback.effects", org, at).get(outcome)
    return Effect(told) if told in set(Effect) else USUAL.get(outcome, Effect.AGAIN)


def hold_of(kind: str, org: OrgUnit | None = None, at: dt.datetime | None = None) -> dt.timedelta:
    """How long somebody may keep a plan without a word."""
    key = "callback.lease_minutes" if kind == HolderKind.ROBOT else "callback.hold_minutes"
    return dt.timedelta(minutes=policies.get(key, org, at))


def is_held(plan: CallBack, now: dt.datetime) -> bool:
    """Whether somebody has the plan and has not let it lie."""
    if plan.holder_id is None or plan.held_at is None:
        return False
    return bool(plan.held_at + hold_of(plan.holder_kind) > now)


def free(now: dt.datetime) -> Q:
    """Plans nobody has, or whose holder let them lie."""
    robot = Q(holder_kind=HolderKind.ROBOT)
    return (
        Q(holder=None)
        | (~robot & Q(held_at__lt=now - hold_of(HolderKind.STAFF)))
        | (robot & Q(held_at__lt=now - hold_of(HolderKind.ROBOT)))
    )


def unhappy(plan: CallBack) -> bool:
    """Unresolved counts as dissatisfied, however politely it is said."""
    return plan.resolved is False or plan.satisfaction == Satisfaction.DISSATISFIED


def phase_of(plan: CallBack, now: dt.datetime) -> Phase:
    """Where ``plan`` is at ``now``."""
    if plan.state == CallBackState.DONE:
        return Phase.REWORK if unhappy(plan) else Phase.DONE
    if plan.state != CallBackState.PENDING:
        return Phase(plan.state)
    if is_held(plan, now):
        return Phase.IN_CALL if plan.dialled_at is not None else Phase.HELD
    if plan.number_wanted_at is not None:
        return Phase.NUMBER
    return Phase.DUE if plan.not_before <= now else Phase.PLANNED


def require(plan: CallBack, verb: Verb, now: dt.datetime) -> None:
    """Raise Conflict, naming the phase and what is possible, unless ``verb`` is possible now."""
    phase = phase_of(plan, now)
    if verb in TABLE[phase]:
        return
    words = {"state": LABELS[phase], "verb": VERBS[verb]}
    possible = _("、").join(str(VERBS[one]) for one in TABLE[phase])
    if not possible:
        raise Conflict(_("该回访已结束（%(state)s），不能%(verb)s") % words, code="wrong_state")
    raise Conflict(
        _("该回访当前为“%(state)s”，不能%(verb)s；现在可以：%(possible)s") % {**words, "possible": possible},
        code="not_held" if verb in (Verb.RECORD, Verb.DIAL, Verb.RELEASE) else "wrong_state",
    )


register_states(
    "callback_phase",
    {
        Phase.PLANNED: Look(LABELS[Phase.PLANNED], "clock", "neutral"),
        Phase.NUMBER: Look(LABELS[Phase.NUMBER], "phone-off", "warn"),
        Phase.DUE: Look(LABELS[Phase.DUE], "phone-call", "info"),
        Phase.HELD: Look(LABELS[Phase.HELD], "user", "progress"),
        Phase.IN_CALL: Look(LABELS[Phase.IN_CALL], "headset", "progress"),
        Phase.DONE: Look(LABELS[Phase.DONE], "circle-check", "ok"),
        Phase.REWORK: Look(LABELS[Phase.REWORK], "rotate-clockwise", "danger"),
        Phase.UNREACHABLE: Look(LABELS[Phase.UNREACHABLE], "phone-off", "muted"),
        Phase.CANCELLED: Look(LABELS[Phase.CANCELLED], "ban", "muted"),
    },
)
