"""Whatever happens on the floor, in whatever order: the router keeps its promises.

The steps are drawn by Hypothesis on a real PostgreSQL; business time is moved by hand. What is true after a pass is
checked by a plain second opinion, not by the engine.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from denghuo.apps.contacts import actions, plans
from denghuo.apps.contacts.loads import NOTHING, class_of_contact, loads
from denghuo.apps.contacts.models import AgentSession, Contact, Queue
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.core import moment, policies
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.http.limits import buckets
from tests.helpers import routing as floor

FAULT = {
    "required": {"fault": 3},
    "affinity_seconds": 5,
    "ladder": [
        {"after_seconds": 30, "lower": {"fault": 1}},
        {"after_seconds": 60, "waiting_over": 4, "alternative": {"billing": 2}},
        {"after_seconds": 120, "echelon": 1},
    ],
}
CHAT = {"required": {"billing": 1}, "ladder": [{"after_seconds": 40, "lower": {"billing": 0}}]}
SKILLS: tuple[dict[str, int], ...] = (
    {"fault": 4},
    {"fault": 1, "billing": 2},
    {"billing": 3},
    {"fault": 3, "billing": 1},
)
RESERVE = 3  # index of the agent of reserve echelon 1

number = st.integers(0, 30)


class World:
    """What all runs share: made once, never changed by a run."""

    org: Any
    agents: list[Any]
    shift = dt.timedelta()


class Floor(RuleBasedStateMachine):
    """Customers, agents and the router."""

    @initialize()
    def begin(self) -> None:
        World.shift = dt.timedelta()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.fresh = False  # whether a pass was the last thing that happened

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def among(self, which: int, **conditions: Any) -> Contact | None:
        rows = list(Contact.objects.filter(**conditions).order_by("pk"))
        return rows[which % len(rows)] if rows else None

    def happened(self) -> None:
        self.fresh = False

    @rule(kind=st.sampled_from(["call", "call", "chat", "callback"]))
    def arrive(self, kind: str) -> None:
        buckets.clear()
        if kind == "chat":
            floor.arrive(World.org, channel="web_chat")
        elif kind == "callback":
            back = actions.Arrival(
                topic="fault", handling="callback", callback_phone="13900005678",
                not_before=moment.now() + dt.timedelta(seconds=20),
            )  # fmt: skip
            floor.arrive(World.org, arrival=back)
        else:
            floor.arrive(World.org, arrival=actions.Arrival(topic="fault"))
        self.happened()

    @rule(who=number)
    def sign_on(self, who: int) -> None:
        actions.sign_on(World.agents[who % len(World.agents)])
        self.happened()

    @rule(who=number)
    def sign_off(self, who: int) -> None:
        try:
            actions.sign_off(World.agents[who % len(World.agents)])
        except Conflict:
            pass
        self.happened()

    @rule(who=number, mode=st.sampled_from(["ready", "ready", "break", "training"]), other=st.booleans())
    def choose(self, who: int, mode: str, other: bool) -> None:
        actor = World.agents[who % len(World.agents)]
        try:
            if other:
                actions.supervise_mode(floor.SYSTEM, actor.id, mode, "现场调度")
            elif AgentSession.objects.filter(staff_id=actor.id).exists():
                actions.set_mode(actor, mode)
        except (NotFound, Conflict):
            pass
        self.happened()

    @rule(which=number)
    def accept(self, which: int) -> None:
        if contact := self.among(which, state="offered"):
            actions.accept_offer(self.actor(contact.offered_to_id), contact.pk)
            self.happened()

    @rule(which=number)
    def decline(self, which: int) -> None:
        if contact := self.among(which, state="offered"):
            actions.decline_offer(self.actor(contact.offered_to_id), contact.pk)
            self.happened()

    @rule(which=number)
    def leave(self, which: int) -> None:
        if contact := self.among(which, state__in=["offered", "waiting"]):
            actions.abandon_contact(floor.SYSTEM, contact.pk)
            self.happened()

    @rule(which=number)
    def end(self, which: int) -> None:
        if contact := self.among(which, state="in_service"):
            actions.end_contact(self.actor(contact.agent_id), contact.pk)
            self.happened()

    @rule(which=number)
    def close(self, which: int) -> None:
        if contact := self.among(which, state__in=["in_service", "wrap_up"]):
            actions.close_contact(self.actor(contact.agent_id), contact.pk, outcome="answered")
            self.happened()

    @rule(which=number)
    def put_back(self, which: int) -> None:
        if contact := self.among(which, state="in_service"):
            before = contact.entered_at
            actions.put_back(self.actor(contact.agent_id), contact.pk, reason="设备故障")
            contact.refresh_from_db()
            assert contact.entered_at == before, "the place is kept"
            self.happened()

    @rule(which=number, who=number)
    def pull(self, which: int, who: int) -> None:
        actor = World.agents[who % len(World.agents)]
        signed_on = AgentSession.objects.filter(staff_id=actor.id).exclude(mode="logged_out").exists()
        if signed_on and (contact := self.among(which, state="waiting", wanted_only=False)):
            try:
                actions.take_contact(actor, contact.pk)
            except Conflict as error:
                if error.code != "no_room":
                    raise
            self.happened()

    @rule(seconds=st.sampled_from([1, 6, 21, 31, 61, 121]))
    def time_passes(self, seconds: int) -> None:
        World.shift += dt.timedelta(seconds=seconds)
        self.happened()

    @rule()
    def route(self) -> None:
        passed = pass_once()
        assert passed.offered == passed.decided, "nobody disturbed the pass"
        assert not Contact.objects.filter(state="offered", offer_expires_at__lte=moment.now()).exists()
        self.fresh = True
        assert idle_beside_waiting() == []

    @precondition(lambda self: hasattr(self, "atomic"))
    @invariant()
    def tables_are_whole(self) -> None:
        floor.check()
        returned_are_first()

    @staticmethod
    def actor(staff_id: int | None) -> Any:
        return next(one for one in World.agents if one.id == staff_id)


def idle_beside_waiting() -> list[tuple[int, int]]:
    """(contact, agent) pairs that could be made and were not: a second opinion written down plainly."""
    now = moment.now()
    waiting = list(Contact.objects.select_related("queue").filter(state="waiting"))
    ready = AgentSession.objects.filter(mode="ready", next_mode="")
    held, found = loads(), []
    for contact in waiting:
        if contact.not_before and contact.not_before > now:
            continue
        assert contact.queue is not None
        plan = plans.plan_in_force(contact.queue, now)
        kind = class_of_contact(contact)
        same = [one for one in waiting if one.queue_id == contact.queue_id and class_of_contact(one) == kind]
        waited = (now - contact.entered_at).total_seconds()
        wanted = contact.wanted_agent_id in {one.staff_id for one in ready} and waited < plan.affinity_seconds
        for session in ready:
            index = next(i for i, one in enumerate(World.agents) if one.id == session.staff_id)
            if wanted and session.staff_id != contact.wanted_agent_id:
                continue
            if able(plan, SKILLS[index], index == RESERVE, waited, len(same)) and room(
                held.get(session.staff_id, NOTHING), kind
            ):
                found.append((contact.pk, session.staff_id))
    return found


def able(plan: plans.Plan, skills: dict[str, int], reserve: bool, waited: float, same: int) -> bool:
    """Under the highest step that is open."""
    opened = [
        n for n, step in enumerate(plan.ladder, start=1)
        if (step.after_seconds is not None and waited >= step.after_seconds)
        or (step.waiting_over is not None and same >= step.waiting_over)
    ]  # fmt: skip
    ways, echelon = [dict(plan.required)], 0
    for step in plan.ladder[: max(opened, default=0)]:
        for way in ways:
            way.update({code: min(level, way[code]) for code, level in step.lower.items() if code in way})
        if step.alternative:
            ways.append(dict(step.alternative))
        echelon = max(echelon, step.echelon)
    return (echelon >= 1 or not reserve) and any(
        all(skills.get(code, 0) >= level for code, level in way.items()) for way in ways
    )


def room(held: tuple[int, int, int], kind: str) -> bool:
    voice, chat, deferred = held
    if kind == "voice":
        return voice == 0 and chat == 0
    if kind == "chat":
        return chat < policies.get("agent.capacity")["chat"] and voice == 0
    return deferred < 1 and voice == 0 and chat == 0


def returned_are_first() -> None:
    """Whoever came back from an offer stands before all who did not."""
    for queue in Queue.objects.all():
        waiting = Contact.objects.filter(queue=queue, state="waiting")
        back = [plans.position(one) for one in waiting if one.missed_offers and one.boost > 0]
        rest = [plans.position(one) for one in waiting if one.boost == 0]
        assert not back or not rest or max(back) < min(rest)


def test_no_sequence_of_events_breaks_a_promise_of_the_router(org_tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    World.org = org_tree.county
    floor.queue(org_tree.city, "fault_voice", FAULT, topics=["fault"])
    floor.queue(org_tree.city, "chat", CHAT, channels=["web_chat"], channel_class="chat")
    World.agents = [floor.person(org_tree.city, skills) for skills in SKILLS]
    actions.set_profile(floor.SYSTEM, World.agents[RESERVE].id, echelon=1)
    monkeypatch.setattr(moment, "now", lambda: timezone.now() + World.shift)
    run_state_machine_as_test(
        Floor,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
