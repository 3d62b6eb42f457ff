"""Who is called after a round of work, when, and the reason where nobody is called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from denghuo.apps.requests import limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks.choices import SkipReason
from denghuo.apps.requests.callbacks.models import CallWish
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent

_SPREAD: Final = 2654435761  # Knuth's multiplier: neighbouring ids fall far apart
_RANGE: Final = 2**32


@dataclass(frozen=True, slots=True)
class Planned:
    """The plans of a round, one for each caller. ``skipped`` ones are closed at once and say why."""

    due: list[CallBack]
    skipped: list[CallBack]

    def events(self, actor: Actor, at: dt.datetime) -> list[NewEvent]:
        """What to tell of them, not yet written."""
        return [*(_due(actor, plan, at) for plan in self.due), *(_skipped(actor, plan, at) for plan in self.skipped)]


def plan_calls(requests: Sequence[Request], at: dt.datetime) -> Planned:
    """One plan for each of ``requests`` in its present round, written in one statement.

    A request that was reopened after its call-back goes on counting rounds from the last one that was called.
    """
    wishes = {wish.request_id: wish for wish in CallWish.objects.filter(request__in=requests)}
    _count_on([request for request in requests if request.reopened])
    plans = [_plan(request, wishes.get(request.pk), at) for request in requests]
    CallBack.objects.bulk_create(plans)
    return Planned([plan for plan in plans if not plan.skipped], [plan for plan in plans if plan.skipped])


def why_not(request: Request, wish: CallWish | None, at: dt.datetime) -> str:
    """A :class:`SkipReason`, or "" when the caller is to be called.

    Policies: ``callback.types`` and ``callback.always`` (every one of these is called), ``callback.exempt`` (marks that
    spare the caller), ``callback.share`` by class, fault class or type (a part drawn by id, the same each time).
    """
    org = request.org
    always = request.type in policies.get("callback.always", org, at)
    if not always and request.type not in policies.get("callback.types", org, at):
        return SkipReason.TYPE
    exempt = policies.get("callback.exempt", org, at)
    marks = {
        SkipReason.ANONYMOUS: request.anonymous,
        SkipReason.NO_REPLY: wish is not None and wish.no_reply,
        SkipReason.CONFIDENTIAL: request.confidential,
    }
    for reason, holds in marks.items():
        if holds and reason in exempt:
            return reason
    if not always and not drawn(request.pk, _share(request, at)):
        return SkipReason.SAMPLED_OUT
    return ""


def drawn(pk: int, share: float) -> bool:
    """Whether the row with this key belongs to a part ``share`` (0–1) of all, the same part each time."""
    return (pk * _SPREAD) % _RANGE < share * _RANGE


def not_called(actor: Actor, request: Request, reason: SkipReason, at: dt.datetime) -> list[NewEvent]:
    """Keep the plan of a request that ends without a call; gives its event, not yet written."""
    plan = CallBack(request=request, round=request.round, not_before=at, done_at=at)
    plan.state, plan.skipped = CallBackState.CANCELLED, reason
    plan.save(force_insert=True)
    return [_skipped(actor, plan, at)]


def _share(request: Request, at: dt.datetime) -> float:
    values = policies.get("callback.share", request.org, at)
    part = limits.part_of(values, limits.categories(request))
    return 1.0 if part is None else float(values[part])


def _plan(request: Request, wish: CallWish | None, at: dt.datetime) -> CallBack:
    reason = why_not(request, wish, at)
    plan = CallBack(
        request=request, round=request.round, not_before=at, priority=policies.get("callback.priority", request.org, at)
    )
    if reason:
        plan.state, plan.skipped, plan.done_at = CallBackState.CANCELLED, reason, at
        return plan
    if wish is not None:
        plan.window_from, plan.window_to = wish.window_from, wish.window_to
    start = max(at, wish.not_before) if wish is not None and wish.not_before else at
    plan.not_before = next_opening(start, request.org, (plan.window_from, plan.window_to))
    return plan


def _count_on(reopened: Iterable[Request]) -> None:
    rows = list(reopened)
    if not rows:
        return
    known = CallBack.objects.filter(request__in=rows, campaign=None).order_by("round")
    last = dict(known.values_list("request_id", "round"))
    for request in rows:
        if last.get(request.pk, 0) >= request.round:
            request.round = last[request.pk] + 1
            common.save(request, "round")


def _due(actor: Actor, plan: CallBack, at: dt.datetime) -> NewEvent:
    request = plan.request
    return common.event(
        actor, request, "request.callback_due", at,
        call_back_id=plan.pk, round=plan.round, not_before=plan.not_before, master_id=request.master_id,
    )  # fmt: skip


def _skipped(actor: Actor, plan: CallBack, at: dt.datetime) -> NewEvent:
    return common.event(
        actor, plan.request, "callback.skipped", at, call_back_id=plan.pk, round=plan.round, why=str(plan.skipped)
    )
