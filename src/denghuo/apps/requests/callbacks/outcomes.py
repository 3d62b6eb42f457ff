"""What becomes of a call-back after one dialling: checked, kept, and its consequences."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from denghuo.apps.requests import flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.actions.closing import archive
from denghuo.apps.requests.callbacks import corrections, improvements
from denghuo.apps.requests.callbacks.choices import Aspect
from denghuo.apps.requests.callbacks.machine import Effect, effect_of, unhappy
from denghuo.apps.requests.callbacks.script import SCRIPTS, hear
from denghuo.apps.requests.choices import AttemptOutcome, CallBackState, RequestState, Satisfaction
from denghuo.apps.requests.handling.choices import SupervisionWhy
from denghuo.apps.requests.handling.records import supervise
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack, CallBackAttempt, Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent
from denghuo.core.inputs import Form

#: results with the customer on the line: figures and answers belong to these only
REACHED = (AttemptOutcome.ANSWERED, AttemptOutcome.PARTLY)


@dataclass(frozen=True, slots=True)
class Told:
    """What the holder of a plan reports of one dialling."""

    outcome: str
    note: str = ""
    resolved: bool | None = None
    arrival_honoured: bool | None = None
    satisfaction: str = ""
    answers: Mapping[str, str] | None = None
    script_id: int | None = None
    ask_at: dt.datetime | None = None
    language: str = ""
    aspects: tuple[str, ...] = ()
    effect: Effect = Effect.AGAIN


def checked(plan: CallBack, told: Told, now: dt.datetime) -> Told:
    """The report, stripped and complete; answers of a script have given their figures. Raises InvalidInput."""
    org = plan.request.org
    form = Form()
    outcome = form.choice("outcome", told.outcome, AttemptOutcome.values)
    note = form.text("note", told.note, longest=policies.get("request.text_length"))
    form.finish()
    effect = effect_of(outcome, org, now)
    told = replace(told, outcome=outcome, note=note, effect=effect)
    if outcome in REACHED:
        told = _with_answers(told, complete=effect == Effect.COMPLETE)
        _check_reached(form, told)
    elif told.resolved is not None or told.satisfaction:
        form.wrong("outcome", _("未接通时不应有满意度和解决情况，请核对拨打结果"))
    if effect == Effect.AT_TIME:
        _check_later(form, plan, told, now)
    if effect == Effect.LANGUAGE:
        form.choice("language", told.language, policies.get("callback.languages", org, now))
    form.finish()
    return told


def _with_answers(told: Told, *, complete: bool) -> Told:
    if told.answers is None or told.script_id is None:
        return told
    heard = hear(SCRIPTS.get(told.script_id), told.answers, complete=complete)
    return replace(
        told, answers=heard.answers,
        resolved=heard.resolved if told.resolved is None else told.resolved,
        arrival_honoured=heard.arrival_honoured if told.arrival_honoured is None else told.arrival_honoured,
        satisfaction=told.satisfaction or heard.satisfaction,
    )  # fmt: skip


def _check_reached(form: Form, told: Told) -> None:
    complete = told.effect == Effect.COMPLETE
    form.choice("satisfaction", told.satisfaction, Satisfaction.values, required=complete)
    if told.resolved is None and complete:
        form.wrong("resolved", _("请记录客户是否认为问题已解决"))
    if not told.note and (told.resolved is False or told.satisfaction == Satisfaction.DISSATISFIED):
        form.wrong("note", _("客户不满意或问题未解决时，请记录客户意见"))
    for aspect in told.aspects:
        form.choice("aspects", aspect, Aspect.values)
    if told.aspects and not told.note:
        form.wrong("note", _("确认内容不一致时，请记录客户的说法，供责任单位核对"))


def _check_later(form: Form, plan: CallBack, told: Told, now: dt.datetime) -> None:
    days = policies.get("callback.postpone_days", plan.request.org, now)
    if told.ask_at is None:
        form.wrong("ask_at", _("请填写客户约定的时间"))
    elif told.ask_at.tzinfo is None or told.ask_at <= now:
        form.wrong("ask_at", _("约定的时间须晚于现在，请重新选择"))
    elif told.ask_at > now + dt.timedelta(days=days):
        form.wrong("ask_at", _("约定的时间不能晚于 %(days)s 天，请与客户另约") % {"days": days})


def note_attempt(actor: Actor, plan: CallBack, told: Told, at: dt.datetime) -> None:
    """Keep the dialling and what was said; the plan is not saved."""
    CallBackAttempt.objects.create(
        call_back=plan, at=at, by_id=actor.id if actor.kind == "staff" else None, outcome=told.outcome,
        note=told.note[:300],
    )  # fmt: skip
    if told.outcome in REACHED:
        plan.resolved, plan.arrival_honoured, plan.satisfaction, plan.note = (
            told.resolved, told.arrival_honoured, told.satisfaction, told.note,
        )  # fmt: skip
        plan.disagrees = bool(told.aspects) if told.effect == Effect.COMPLETE or told.aspects else None
        if told.answers is not None:
            plan.answers = json.dumps(dict(told.answers), ensure_ascii=False)
            plan.script_id = told.script_id


def settle(actor: Actor, plan: CallBack, told: Told, at: dt.datetime) -> Iterator[NewEvent]:
    """Move the plan and whatever hangs on it; saves them and gives the events, not yet written."""
    org = plan.request.org
    postponed = told.effect == Effect.AT_TIME and plan.postponed < policies.get("callback.max_postponed", org, at)
    if postponed:
        plan.postponed += 1
    else:
        plan.attempts += 1
    last = plan.attempts >= policies.get("callback.max_attempts", org, at)
    # A customer who said that nothing is settled before the line went dead need not be called again to say it.
    spoken = told.outcome == AttemptOutcome.PARTLY and (plan.resolved is False or (last and plan.resolved is not None))
    if told.effect == Effect.COMPLETE or spoken:
        plan.state = CallBackState.DONE
        plan.satisfaction = plan.satisfaction or Satisfaction.NOT_RATED
    elif told.effect == Effect.CLOSE:
        plan.state, plan.satisfaction, plan.note = CallBackState.DONE, Satisfaction.NOT_RATED, told.note
    elif last and not postponed:
        plan.state = CallBackState.UNREACHABLE
    yield from _over(actor, plan, told, at) if plan.state != CallBackState.PENDING else _again(actor, plan, told, at)


def _again(actor: Actor, plan: CallBack, told: Told, at: dt.datetime) -> Iterator[NewEvent]:
    """The customer will be called another time."""
    org = plan.request.org
    spacing = at + dt.timedelta(minutes=policies.get("callback.spacing_minutes", org, at))
    plan.not_before = spacing
    why = None
    if told.effect == Effect.AT_TIME and told.ask_at is not None:
        plan.not_before = max(told.ask_at, spacing) if plan.postponed == 0 else told.ask_at
    elif told.effect == Effect.ASK_NUMBER:
        plan.number_wanted_at = at
        wait = policies.get("callback.number_wait_minutes", org, at)
        plan.not_before = at + dt.timedelta(minutes=max(wait, policies.get("callback.spacing_minutes", org, at)))
        why = common.event(actor, plan.request, "callback.number_wanted", at, call_back_id=plan.pk)
    elif told.effect == Effect.LANGUAGE:
        plan.language = told.language
        why = common.event(
            actor, plan.request, "callback.language_wanted", at, call_back_id=plan.pk, language=told.language
        )
    if told.effect != Effect.ASK_NUMBER:
        plan.number_wanted_at = None
    # A time agreed upon overrides the hours the customer once asked for, never the hours in which we call.
    window = (None, None) if told.effect == Effect.AT_TIME else (plan.window_from, plan.window_to)
    plan.not_before = next_opening(plan.not_before, org, window)
    if told.effect == Effect.AT_TIME:
        plan.window_from = plan.window_to = None
    plan.save()
    yield _tried(actor, plan, told, at, plan.not_before)
    if why is not None:
        yield why


def _over(actor: Actor, plan: CallBack, told: Told, at: dt.datetime) -> Iterator[NewEvent]:
    plan.done_at, plan.number_wanted_at = at, None
    plan.save()
    yield _tried(actor, plan, told, at, None)
    yield from corrections.raised(actor, plan, told.aspects, told.note, at)
    yield from _campaign_over(actor, plan, at) if plan.campaign_id else _round_over(actor, plan, at)


def _round_over(actor: Actor, plan: CallBack, at: dt.datetime) -> Iterator[NewEvent]:
    request = plan.request
    yield common.event(
        actor, request, "request.callback_done", at,
        call_back_id=plan.pk, round=plan.round, state=plan.state, satisfaction=plan.satisfaction, resolved=plan.resolved,
        arrival_honoured=plan.arrival_honoured,
    )  # fmt: skip
    request.satisfaction = plan.satisfaction
    bad = plan.state == CallBackState.DONE and unhappy(plan)
    yield from improvements.after_call(actor, plan, at, bad=bad)
    if bad:
        yield from _rework(actor, plan, at)
    else:
        how = "unreachable" if plan.state == CallBackState.UNREACHABLE else "called_back"
        yield from archive(actor, request, at, how, verb="call_back")


def _campaign_over(actor: Actor, plan: CallBack, at: dt.datetime) -> Iterator[NewEvent]:
    yield common.event(
        actor, plan.request, "callback.campaign_done", at,
        call_back_id=plan.pk, campaign_id=plan.campaign_id, state=plan.state, satisfaction=plan.satisfaction,
        resolved=plan.resolved,
    )  # fmt: skip
    bad = plan.state == CallBackState.DONE and unhappy(plan)
    yield from improvements.after_call(actor, plan, at, bad=bad)


def _rework(actor: Actor, plan: CallBack, at: dt.datetime) -> list[NewEvent]:
    """*callback* → *rework*, next round; the events, not yet written."""
    request: Request = plan.request
    step = flowing.advance(request, "call_back", at, phase=RequestState.REWORK)
    request.round = plan.round + 1
    exhausted = plan.round >= policies.get("callback.max_rounds", request.org, at)
    if exhausted:
        supervise(request, SupervisionWhy.ROUNDS, at)
    common.save(request, "state", "round", "satisfaction", "supervised")
    clocks = flowing.clocks(actor, request, step, at)
    if exhausted:
        told = common.event(actor, request, "request.escalated", at, round=request.round, why="rounds")
    else:
        told = common.event(
            actor, request, "request.rework_required", at,
            round=request.round, call_back_id=plan.pk, master_id=request.master_id,
        )  # fmt: skip
    return [told, *clocks]


def _tried(actor: Actor, plan: CallBack, told: Told, at: dt.datetime, again: dt.datetime | None) -> NewEvent:
    return common.event(
        actor, plan.request, "request.callback_attempted", at,
        call_back_id=plan.pk, attempt=plan.attempts, outcome=told.outcome, not_before=again,
    )  # fmt: skip
