"""Running a function for a customer, on any channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.channels import queries
from denghuo.apps.channels.actions.common import hold, known_channel, known_function
from denghuo.apps.channels.actions.uses import person_of, record_end, seconds_between
from denghuo.apps.channels.choices import AnswerState, Mode, UseState
from denghuo.apps.channels.inputs import clean_inputs
from denghuo.apps.channels.models import FunctionUse
from denghuo.apps.channels.places import common_unit
from denghuo.apps.channels.registry import FUNCTIONS, Answer, Call, Function
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, TooManyRequests
from denghuo.core.scoping.models import OrgUnit

ENDS = {
    AnswerState.DONE.value: UseState.DONE,
    AnswerState.HANDED_OVER.value: UseState.HANDED_OVER,
}


def run_function(
    actor: Actor,
    *,
    channel: str,
    code: str,
    org: OrgUnit | None = None,
    inputs: Mapping[str, Any] | None = None,
    account_id: int | None = None,
    customer_id: int | None = None,
    contact_id: int | None = None,
    started_at: dt.datetime | None = None,
) -> Answer:
    """Run function ``code`` for a customer of ``org`` (None: place unknown) and give what to tell them.

    Closed channel, paused or unpublished function, outside its hours: an answer in state ``closed`` that says why.
    Handled by people here and asked by a customer: ``handed_over``, for the channel to bring in somebody. No handler:
    ``done`` with the address of its page. Otherwise the handler's answer. The handler and the record of the use are one
    transaction; a use that breaks is recorded as failed, one refused by the handler as abandoned (unless the caller's own
    transaction is undone with it). ``account_id`` must have been proven by the caller;
    ``started_at`` is when a dialogue began, for its length.

    Raises NotFound (no such function or channel), InvalidInput (by field), TooManyRequests (daily limit), and what the
    handler raises.
    """
    function, channel = known_function(code), known_channel(channel)
    offered = queries.find_published(code, channel, org)
    refusal = _refusal(function, offered, channel, org)
    if refusal is not None:
        return refusal
    assert offered is not None
    people = for_people(actor, offered)
    if function.handler is None and not people:
        return Answer(text=offered.guidance or offered.summary, url=offered.url)
    # People ask the customer themselves: nothing need be filled in before they are called.
    clean = {} if people else clean_inputs(function, inputs or {})
    call = Call(actor, channel, org, clean, account_id, customer_id, contact_id)
    use = FunctionUse(
        function=code,
        channel=channel,
        org=org or common_unit(),
        mode=offered.mode,
        actor_kind=actor.kind,
        actor_id=actor.id,
        person=person_of(actor, customer_id=customer_id, account_id=account_id, contact_id=contact_id),
        started_at=started_at or moment.now(),
        contact_id=contact_id,
    )
    try:
        return _run(actor, function, offered, call, use)
    except ActionError as error:
        if not isinstance(error, TooManyRequests) and not connection.needs_rollback:
            _book(actor, use, UseState.ABANDONED)
        raise
    except Exception:
        if not connection.needs_rollback:
            _book(actor, use, UseState.FAILED)
        raise


@action("function.run")
def _run(actor: Actor, function: Function, offered: queries.PublishedFunction, call: Call, use: FunctionUse) -> Answer:
    _check_limit(function, offered, use)
    answer = _answer(function, offered, call)
    end = ENDS.get(answer.state)
    if end is not None:
        use.request_id = answer.request_id
        use.contact_id = answer.contact_id or use.contact_id
        _end(actor, use, end)
    return answer


@action("function.book")
def _book(actor: Actor, use: FunctionUse, state: UseState) -> None:
    use.pk = None
    _end(actor, use, state)


def _end(actor: Actor, use: FunctionUse, state: UseState) -> None:
    use.state, use.ended_at = state, moment.now()
    use.seconds = seconds_between(use.started_at, use.ended_at)
    use.save()
    record_end(actor, use, use.org)


def _answer(function: Function, offered: queries.PublishedFunction, call: Call) -> Answer:
    if for_people(call.actor, offered):
        return _by_people(offered)
    if function.needs_account and call.account_id is None:
        return Answer(
            text=_("请先提供用电户号并核对身份，再办理“%(title)s”") % {"title": offered.title},
            url=offered.url, state=AnswerState.NEEDS_INPUT.value, missing=("account",),
        )  # fmt: skip
    assert function.handler is not None
    return function.handler(call)


def for_people(actor: Actor, offered: queries.PublishedFunction) -> bool:
    """Whether ``actor`` is a customer and people handle the function here."""
    return actor.kind == "customer" and offered.mode != Mode.SELF_SERVICE


def _by_people(offered: queries.PublishedFunction) -> Answer:
    """What a customer is told where the function is in the hands of people."""
    if offered.mode == Mode.APPOINTMENT:
        booking = FUNCTIONS.get("appointment")
        return Answer(
            text=_("“%(title)s”需要预约办理，请选择方便的时间") % {"title": offered.title},
            url=queries.url_of(booking) if booking else offered.url, state=AnswerState.HANDED_OVER.value,
        )  # fmt: skip
    return Answer(
        text=_("“%(title)s”由客服专员为您办理，正在为您转接") % {"title": offered.title},
        state=AnswerState.HANDED_OVER.value,
    )


def _refusal(
    function: Function, offered: queries.PublishedFunction | None, channel: str, org: OrgUnit | None
) -> Answer | None:
    """The answer ``closed``, or None when the function may be used now."""
    is_open, told = queries.channel_open(channel, org)
    if not is_open:
        return _closed(told)
    if offered is None:
        title = queries.text_of(function, {}, "title")
        return _closed(_("“%(title)s”暂不在此渠道办理，请换其他渠道或拨打 95598") % {"title": title})
    if offered.paused:
        return _closed(offered.announcement)
    hours = offered.rules.get("hours")
    if hours and not within(hours, moment.now()):
        return _closed(
            _("“%(title)s”的办理时间为 %(start)s 至 %(end)s，请在此时间内再来")
            % {"title": offered.title, "start": hours["from"], "end": hours["to"]}
        )
    return None


def _closed(text: str) -> Answer:
    return Answer(text=text, state=AnswerState.CLOSED.value)


def within(hours: Mapping[str, str], at: dt.datetime) -> bool:
    """Whether ``at`` lies within the window of local time, which may pass midnight."""
    start, end = dt.time.fromisoformat(hours["from"]), dt.time.fromisoformat(hours["to"])
    now = timezone.localtime(at).time()
    return start <= now < end if start < end else now >= start or now < end


def _check_limit(function: Function, offered: queries.PublishedFunction, use: FunctionUse) -> None:
    """At most so many uses by one person a day (index ``channels_use_person``); staff are not counted."""
    limit = offered.rules.get("daily_limit")
    if not limit or not use.person or use.actor_kind == "staff":
        return
    hold(f"use:{function.code}:{use.person}")
    start = timezone.localtime(moment.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = (UseState.STARTED, UseState.DONE, UseState.HANDED_OVER)
    used = FunctionUse.objects.filter(
        person=use.person, function=function.code, started_at__gte=start, state__in=counted
    ).count()
    if used >= limit:
        tomorrow = start + dt.timedelta(days=1)
        raise TooManyRequests(
            _("“%(title)s”每人每天最多办理 %(limit)s 次，请明天再来，急事请拨打 95598")
            % {"title": offered.title, "limit": limit},
            retry_after=max(1, round((tomorrow - moment.now()).total_seconds())),
        )
