"""What an agent is doing: kept in one row, told by one event a change, measured by spans.

State = what is in hand, over what was chosen. Something rings: offered. Something is served: busy. Something is to be
written up: wrap-up. Nothing: the mode.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count

from denghuo.apps.contacts.bulk import update_rows
from denghuo.apps.contacts.choices import AgentState, ContactState
from denghuo.apps.contacts.common import agent_topic
from denghuo.apps.contacts.models import AgentSession, AgentStateSpan, Contact
from denghuo.core.actors import Actor
from denghuo.core.events import NewEvent, record_many

OVERLAY = (
    (ContactState.OFFERED, AgentState.OFFERED),
    (ContactState.IN_SERVICE, AgentState.BUSY),
    (ContactState.WRAP_UP, AgentState.WRAP_UP),
)


def in_hand(staff_id: int) -> dict[str, int]:
    """How many conversations ring, are served, are being written up (the partial indexes ``contacts_offered`` and
    ``contacts_in_service``)."""
    return in_hands([staff_id]).get(staff_id, {})


def in_hands(staff_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """The same of several agents, in two statements; who has nothing in hand is not in the answer."""
    rung = Contact.objects.filter(state=ContactState.OFFERED, offered_to__in=staff_ids)
    held = Contact.objects.filter(state__in=[ContactState.IN_SERVICE, ContactState.WRAP_UP], agent__in=staff_ids)
    found: dict[int, dict[str, int]] = {}
    for rows, whose in ((rung, "offered_to_id"), (held, "agent_id")):
        for staff_id, state, count in rows.order_by().values_list(whose, "state").annotate(n=Count("pk")):
            found.setdefault(staff_id, {})[state] = count
    return found


def state_of(mode: str, hand: dict[str, int]) -> str:
    """The state that follows from the mode and the work in hand."""
    for contact_state, state in OVERLAY:
        if hand.get(contact_state):
            return state
    return mode


def lock_session(staff_id: int) -> AgentSession | None:
    """The agent's row, locked; None for somebody who never signed on."""
    return (
        AgentSession.objects.select_related("org", "staff")
        .select_for_update(of=("self",))
        .filter(staff_id=staff_id)
        .first()
    )


def refresh_agent(actor: Actor, staff_id: int, *, at: dt.datetime, reason: str = "") -> AgentSession | None:
    """Bring the agent's state in line with their work; runs inside every action that gives or takes work.

    A mode that waited for the end of the work takes effect with it.
    """
    session = lock_session(staff_id)
    if session is None:
        return None
    return settle(actor, session, at=at, reason=reason)


def settle(actor: Actor, session: AgentSession, *, at: dt.datetime, reason: str = "") -> AgentSession:
    """As :func:`refresh_agent`, for a row that is locked already and may carry a changed mode."""
    settle_many(actor, [session], at=at, reason=reason)
    return session


def settle_many(actor: Actor, sessions: Sequence[AgentSession], *, at: dt.datetime, reason: str = "") -> None:
    """As :func:`settle`, for several locked rows with a handful of statements."""
    hands = in_hands([session.staff_id for session in sessions])
    turned = []
    for session in sessions:
        hand = hands.get(session.staff_id, {})
        busy = any(hand.values())
        if session.next_mode and not busy:
            session.mode, session.next_mode, session.mode_since = session.next_mode, "", at
        state, before = state_of(session.mode, hand), session.state
        if busy:
            session.idle_since = None
        elif session.idle_since is None or before != state:
            session.idle_since = at
        if state != before:
            turned.append(_turn(session, str(state), at))
    if len(sessions) == 1:
        sessions[0].save()
    else:
        update_rows(sessions, CHANGING)
    _tell(actor, turned, reason)


CHANGING = ("mode", "next_mode", "mode_since", "state", "state_since", "idle_since", "missed_in_row", "reason")


@dataclass(frozen=True, slots=True)
class _Turn:
    session: AgentSession
    before: str
    since: dt.datetime
    at: dt.datetime


def _turn(session: AgentSession, state: str, at: dt.datetime) -> _Turn:
    """Set the new state; never before the old one began, so that spans stay in order."""
    turn = _Turn(session, str(session.state), session.state_since, max(at, session.state_since))
    session.state, session.state_since = state, turn.at
    return turn


def _tell(actor: Actor, turned: Sequence[_Turn], reason: str) -> None:
    """End the spans that ran, begin the new ones, and record one event each."""
    by_moment: dict[dt.datetime, list[int]] = {}
    for turn in turned:
        by_moment.setdefault(turn.at, []).append(turn.session.staff_id)
    for at, staff_ids in by_moment.items():
        AgentStateSpan.objects.filter(staff__in=staff_ids, ended_at=None).update(ended_at=at)
    AgentStateSpan.objects.bulk_create(
        AgentStateSpan(
            staff_id=turn.session.staff_id,
            org_id=turn.session.org_id,
            state=turn.session.state,
            started_at=turn.at,
            reason=reason[:200],
            changed_by_id=actor.id if _by_other(actor, turn.session) else None,
        )
        for turn in turned
    )
    record_many(
        NewEvent(
            actor,
            "agent.state_changed",
            turn.session,
            turn.session.org,
            {
                "staff_id": turn.session.staff_id,
                "state": str(turn.session.state),
                "before": turn.before,
                "seconds": int((turn.at - turn.since).total_seconds()),
                "mode": str(turn.session.mode),
                "by_other": _by_other(actor, turn.session),
            },
            [agent_topic(turn.session.staff_id)],
            turn.at,
        )
        for turn in turned
    )


def _by_other(actor: Actor, session: AgentSession) -> bool:
    return actor.kind == "staff" and actor.id != session.staff_id
