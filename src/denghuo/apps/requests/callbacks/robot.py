"""Calls made by a robot: it leases plans, keeps the lease alive while it speaks, and reports what it heard.

The robot is somebody else's: a speech platform that fetches work over our API (:class:`CallRobot` is what it does, and
what the tests' client does). It is bound by every rule that binds the desk, and by two of its own: it calls only types
and rounds left to it (``callback.robot_types``, ``callback.robot_rounds``), and never somebody marked sensitive or who
needs another language. A lease not kept alive runs out after ``callback.lease_minutes`` and the plan is free again.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from denghuo.apps.requests import actions
from denghuo.apps.requests.actions import callbacks as desk
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks.choices import HolderKind
from denghuo.apps.requests.callbacks.machine import Verb, hold_of
from denghuo.apps.requests.callbacks.script import Script, script_for
from denghuo.apps.requests.hours import is_open
from denghuo.apps.requests.models import CallBack
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed
from denghuo.core.inputs import Form

LEASE = "callback.lease"


@dataclass(frozen=True, slots=True)
class Leased:
    """A call to make: whom, with which words, and until when the robot has it."""

    plan: CallBack
    lease: uuid.UUID
    expires_at: dt.datetime
    script_id: int
    script: Script


@dataclass(frozen=True, slots=True)
class Report:
    """What a robot heard on one dialling; ``answers`` by question of the script that came with the lease."""

    outcome: str
    answers: Mapping[str, str]
    note: str = ""
    ask_at: dt.datetime | None = None


class CallRobot(Protocol):
    """What a robot on the other side does. A call it cannot finish it lets run out."""

    def lease(self, count: int) -> Sequence[Mapping[str, object]]:
        """Fetch at most ``count`` calls that may be made now."""
        ...

    def heartbeat(self, call_back_id: int, lease: uuid.UUID) -> dt.datetime:
        """Keep a call; gives the time until which it is ours."""
        ...

    def report(self, call_back_id: int, lease: uuid.UUID, report: Report) -> None:
        """Say how a call went; saying it twice counts once."""
        ...


@action("callback.lease")
def lease_callbacks(actor: Actor, count: int) -> list[Leased]:
    """Give a robot up to ``count`` plans that may be called now, by priority and the longest due; empty outside calling
    hours. Raises NotAllowed (``callback.lease``), InvalidInput (count)."""
    if actor.id is None or not actor.can_somewhere(LEASE):
        raise NotAllowed(_("该账号没有机器人领取回访的权限，请联系安全管理员"))
    most = policies.get("callback.lease_most")
    form = Form()
    if not 1 <= count <= most:
        form.wrong("count", _("一次可领取 1 至 %(most)s 条") % {"most": most})
    form.finish()
    now = moment.now()
    rows = desk.due_in(actor, LEASE, now).filter(
        request__type__in=policies.get("callback.robot_types"),
        round__lte=policies.get("callback.robot_rounds"),
        request__sensitive=False,
        language="",
    )
    plans = [plan for plan in rows.order_by("priority", "not_before", "pk")[:count] if is_open(now, plan.request.org)]
    leased = [_lease(actor, plan, now) for plan in plans]
    common.tell(
        common.event(actor, one.plan.request, "callback.taken", now, call_back_id=one.plan.pk, by=str(HolderKind.ROBOT))
        for one in leased
    )
    return leased


def _lease(actor: Actor, plan: CallBack, now: dt.datetime) -> Leased:
    lease = uuid.uuid4()
    desk.hold(plan, actor, HolderKind.ROBOT, now, lease)
    code = plan.campaign.script_code if plan.campaign is not None else ""
    script_id, script = script_for(str(plan.request.type), plan.request.org, now, code)
    return Leased(plan, lease, now + hold_of(HolderKind.ROBOT), script_id, script)


@action("callback.heartbeat")
def keep_lease(actor: Actor, callback_id: int, *, lease: uuid.UUID) -> dt.datetime:
    """The robot is still at it; gives the new end of the lease. Raises NotFound, Conflict (``lease_lost``)."""
    plan = desk.locked(callback_id)
    now = moment.now()
    desk.require_holder(actor, plan, Verb.RECORD, now, lease)
    plan.held_at = now
    if plan.dialled_at is None and is_open(now, plan.request.org):
        plan.dialled_at = now
    plan.save(update_fields=["held_at", "dialled_at"])
    return now + hold_of(HolderKind.ROBOT)


def report_lease(actor: Actor, callback_id: int, *, lease: uuid.UUID, report: Report, script_id: int) -> CallBack:
    """Write down what the robot heard, as :func:`..actions.record_attempt` does for a person."""
    return actions.record_attempt(
        actor, callback_id, outcome=report.outcome, note=report.note, answers=dict(report.answers),
        script_id=script_id, ask_at=report.ask_at, lease=lease,
    )  # fmt: skip
