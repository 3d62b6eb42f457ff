"""Agents come and go, pause and return; supervisors may do it for them, with a reason.

Mode is what was chosen, state what follows from it and the work in hand (:mod:`..presence`). Aliveness of a desk is
measured by the clock on the wall: a demonstration that runs a day in an hour does not make desks fall silent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.contacts.actions.offers import return_offer
from denghuo.apps.contacts.agent_time import agent_day
from denghuo.apps.contacts.choices import AgentMode, ContactState, LegEnd
from denghuo.apps.contacts.common import agent_topic
from denghuo.apps.contacts.loads import CLASSES
from denghuo.apps.contacts.models import AgentProfile, AgentSession, AgentStateSpan, Contact, Seat
from denghuo.apps.contacts.presence import in_hand, lock_session, settle
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form

CHOOSABLE = (
    AgentMode.READY, AgentMode.BREAK, AgentMode.MEAL, AgentMode.TRAINING, AgentMode.MEETING, AgentMode.OUTBOUND,
    AgentMode.OTHER,
)  # fmt: skip
SUPERVISED = (*CHOOSABLE, AgentMode.LOGGED_OUT)
MOST_PLACES, MOST_ECHELON, REASON_LENGTH = 20, 9, 200


@dataclass(frozen=True, slots=True)
class ModeChange:
    """What came of choosing a mode. ``pending``: it takes effect when the work in hand is done. ``allowed_minutes`` and
    ``used_minutes`` are of today; ``over``: the allowance is used up, which is permitted, noted and said."""

    session: AgentSession
    pending: bool = False
    allowed_minutes: float | None = None
    used_minutes: float = 0.0

    @property
    def over(self) -> bool:
        return self.allowed_minutes is not None and self.used_minutes >= self.allowed_minutes


@action("agent.sign_on")
def sign_on(actor: Actor, *, seat_id: int | None = None, at: dt.datetime | None = None) -> AgentSession:
    """Begin to work, ready. Signing on again keeps the mode and counts as a sign of life.

    Raises NotAllowed (no ``agent.work``), InvalidInput (seat_id), Conflict (somebody else sits there).
    """
    if actor.id is None or actor.kind != "staff":
        raise NotAllowed(_("只有坐席可以签入"))
    staff = Staff.objects.select_related("org").get(pk=actor.id)
    actor.require("agent.work", staff.org.path)
    now = at or moment.now()
    session = lock_session(actor.id) or _first_session(staff, now)
    seat = _seat(seat_id, actor.id)
    was_out = session.mode == AgentMode.LOGGED_OUT
    if was_out:
        session.mode, session.mode_since, session.next_mode, session.reason = AgentMode.READY, now, "", ""
        session.signed_on_at, session.missed_in_row, session.org = now, 0, staff.org
    if seat is not None or was_out:
        session.seat = seat or _home_seat(actor.id)
    session.seen_at = timezone.now()
    return settle(actor, session, at=now)


def _first_session(staff: Staff, now: dt.datetime) -> AgentSession:
    """The row of somebody who never signed on, with the first span of their history."""
    try:
        with transaction.atomic():
            AgentSession.objects.create(staff=staff, org=staff.org, mode_since=now, state_since=now)
            AgentStateSpan.objects.create(staff=staff, org=staff.org, state=AgentMode.LOGGED_OUT, started_at=now)
    except IntegrityError:
        pass  # signed on from two windows at once: the other made it
    session = lock_session(staff.pk)
    assert session is not None
    return session


def _seat(seat_id: int | None, staff_id: int) -> Seat | None:
    if seat_id is None:
        return None
    seat = Seat.objects.filter(pk=seat_id).first()
    if seat is None:
        raise InvalidInput({"seat_id": _("没有这个座席，请重新选择")})
    _require_free(seat, staff_id)
    return seat


def _require_free(seat: Seat, staff_id: int) -> None:
    other = AgentSession.objects.filter(seat=seat).exclude(staff_id=staff_id).exclude(mode=AgentMode.LOGGED_OUT)
    if other.exists():
        raise Conflict(_("座席 %(code)s 已有人签入，请换一个") % {"code": seat.code})


def _home_seat(staff_id: int) -> Seat | None:
    profile = AgentProfile.objects.select_related("home_seat").filter(staff_id=staff_id).first()
    if profile is None or profile.home_seat is None:
        return None
    taken = AgentSession.objects.filter(seat=profile.home_seat).exclude(staff_id=staff_id)
    return None if taken.exclude(mode=AgentMode.LOGGED_OUT).exists() else profile.home_seat


@action("agent.sign_off")
def sign_off(actor: Actor) -> AgentSession:
    """Go home. Raises Conflict while something is in hand, saying what to do about it."""
    session = _own(actor)
    hand = in_hand(session.staff_id)
    if hand.get(ContactState.OFFERED):
        raise Conflict(_("有联络正在振铃，请先接听或拒接，再签出"))
    if hand:
        raise Conflict(
            _("手上还有 %(count)s 条联络，请先结束并小结，或转交他人，再签出") % {"count": sum(hand.values())}
        )
    now = moment.now()
    session.mode, session.mode_since, session.next_mode, session.seat = AgentMode.LOGGED_OUT, now, "", None
    session.missed_in_row = 0
    return settle(actor, session, at=now)


@action("agent.set_mode")
def set_mode(actor: Actor, mode: str, reason: str = "") -> ModeChange:
    """Choose what to do: at once, or when the work in hand is done. READY ends a pause, also one after missed offers.

    Raises Conflict (not signed on), InvalidInput (mode, reason).
    """
    session = _own(actor)
    form = Form()
    mode = form.choice("mode", mode, [str(one) for one in CHOOSABLE])
    text = form.text("reason", reason, longest=REASON_LENGTH, lines=False)
    form.finish()
    if session.mode == AgentMode.LOGGED_OUT:
        raise Conflict(_("您还没有签入，请先签入"))
    session.seen_at = timezone.now()
    return _turn(actor, session, mode, text)


@action("agent.supervise_mode")
def supervise_mode(actor: Actor, staff_id: int, mode: str, reason: str) -> ModeChange:
    """Change somebody's mode for them; the reason is kept with the span and told to them.

    Raises NotFound (never signed on), NotAllowed (no ``agent.control`` on their unit), Conflict, InvalidInput.
    """
    session = lock_session(staff_id)
    if session is None:
        raise NotFound(_("该坐席从未签入"))
    actor.require("agent.control", session.org.path)
    form = Form()
    mode = form.choice("mode", mode, [str(one) for one in SUPERVISED])
    text = form.text("reason", reason, longest=REASON_LENGTH, required=True, lines=False)
    form.finish()
    if session.mode == AgentMode.LOGGED_OUT:
        raise Conflict(_("该坐席没有签入，不能改变状态"))
    return _turn(actor, session, mode, text)


def _turn(actor: Actor, session: AgentSession, mode: str, reason: str) -> ModeChange:
    now, busy = moment.now(), bool(in_hand(session.staff_id))
    allowed, used = _allowance(session, mode, now)
    pending = False
    if session.mode == mode:
        session.next_mode = ""  # taken back before it took effect
    elif busy and mode != AgentMode.READY:
        session.next_mode, pending = mode, True
    else:
        session.mode, session.mode_since, session.next_mode = mode, now, ""
    if mode == AgentMode.READY:
        session.missed_in_row = 0
    if mode == AgentMode.LOGGED_OUT and not busy:
        session.seat = None
    session.reason = reason
    settle(actor, session, at=now, reason=reason)
    change = ModeChange(session, pending, allowed, used)
    if change.over:
        record(
            actor, "agent.allowance_used_up", session, org=session.org, at=now, topics=[agent_topic(session.staff_id)],
            payload={
                "staff_id": session.staff_id, "mode": str(mode), "used_minutes": round(used),
                "allowed_minutes": round(allowed or 0),
            },
        )  # fmt: skip
    return change


def _allowance(session: AgentSession, mode: str, now: dt.datetime) -> tuple[float | None, float]:
    """Minutes a day the mode may take (None: as long as needed) and those it has taken today."""
    allowed = policies.get("agent.allowance_minutes", session.org).get(mode)
    if allowed is None:
        return None, 0.0
    return float(allowed), agent_day(session.staff_id, timezone.localdate(now)).get(mode, 0) / 60


@action("agent.heartbeat")
def heartbeat(actor: Actor) -> bool:
    """The desk is alive. False when the agent is signed off (the desk then shows it). One update, no event."""
    if actor.id is None or actor.kind != "staff":
        raise NotAllowed(_("只有坐席可以签入"))
    rows = AgentSession.objects.filter(staff_id=actor.id).exclude(mode=AgentMode.LOGGED_OUT)
    return rows.update(seen_at=timezone.now()) > 0


@action("agent.retire_silent")
def retire_silent(actor: Actor, staff_id: int) -> AgentSession | None:
    """A desk that fell silent: what rings there goes back to the head of its queue; after
    ``agent.silent_out_seconds`` the agent is signed off, or with work in hand kept from getting more.

    The router sweeps these. None when the desk came back. Raises NotAllowed.
    """
    if actor.kind != "system":
        raise NotAllowed(_("只有路由程序可以处理失联坐席"))
    ringing = Contact.objects.select_related("org", "queue").select_for_update(of=("self",)).order_by("pk")
    rung = list(ringing.filter(state=ContactState.OFFERED, offered_to_id=staff_id))
    session = lock_session(staff_id)
    if session is None or session.mode == AgentMode.LOGGED_OUT or not is_silent(session, "agent.silent_seconds"):
        return None
    now, reason = moment.now(), _("坐席桌面失去联系")
    for contact in rung:
        return_offer(actor, contact, LegEnd.MISSED, now, reason=reason)
    session = lock_session(staff_id)
    assert session is not None
    if is_silent(session, "agent.silent_out_seconds"):
        working = bool(in_hand(staff_id))
        session.mode = AgentMode.MISSED if working else AgentMode.LOGGED_OUT
        session.mode_since, session.next_mode, session.reason = now, "", reason
        session.seat = session.seat if working else None
        settle(actor, session, at=now, reason=reason)
    return session


def is_silent(session: AgentSession, policy: str) -> bool:
    """Whether the desk has given no sign of life for the policy's seconds, by the clock on the wall."""
    if session.seen_at is None:
        return False
    return (timezone.now() - session.seen_at).total_seconds() > float(policies.get(policy, session.org))


@action("agent.set_profile")
def set_profile(
    actor: Actor,
    staff_id: int,
    *,
    capacity: Mapping[str, int] | None = None,
    echelon: int = 0,
    home_seat_id: int | None = None,
) -> AgentProfile:
    """Set what an agent can take at once (channel class -> places; what is missing comes from the policy), their
    reserve echelon (0: regular floor) and usual seat.

    Raises NotFound, NotAllowed (no ``agent.control`` on their unit), InvalidInput.
    """
    staff = Staff.objects.select_related("org").filter(pk=staff_id).first()
    if staff is None:
        raise NotFound(_("没有这个人"))
    actor.require("agent.control", staff.org.path)
    form, places = Form(), {}
    for kind, count in (capacity or {}).items():
        if kind not in [str(one) for one in CLASSES]:
            form.wrong("capacity", _("没有“%(kind)s”这类渠道") % {"kind": kind})
        elif isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_PLACES:
            form.wrong(f"capacity.{kind}", _("请填写 0 到 %(most)s 之间的整数") % {"most": MOST_PLACES})
        else:
            places[kind] = count
    if isinstance(echelon, bool) or not isinstance(echelon, int) or not 0 <= echelon <= MOST_ECHELON:
        form.wrong("echelon", _("请填写 0 到 %(most)s 之间的整数，0 为常规班组") % {"most": MOST_ECHELON})
    if home_seat_id is not None and not Seat.objects.filter(pk=home_seat_id).exists():
        form.wrong("home_seat_id", _("没有这个座席，请重新选择"))
    form.finish()
    profile, _made = AgentProfile.objects.select_for_update().update_or_create(
        staff=staff,
        defaults={"org": staff.org, "capacity": places, "echelon": echelon, "home_seat_id": home_seat_id},
    )
    record(
        actor, "agent.profile_set", profile, org=staff.org, topics=[agent_topic(staff_id)],
        payload={"staff_id": staff_id, "capacity": places, "echelon": echelon},
    )  # fmt: skip
    return profile


def _own(actor: Actor) -> AgentSession:
    session = lock_session(actor.id) if actor.id is not None and actor.kind == "staff" else None
    if session is None:
        raise Conflict(_("您还没有签入，请先签入"))
    return session
