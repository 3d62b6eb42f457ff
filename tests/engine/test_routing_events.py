"""A day at the centre, event by event: the kept-up state decides as the plain router does, and breaks no promise."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from routing_reference import Agent, Contact, Reference

from denghuo.engine.routing import HEAD_OF_QUEUE, ChannelClass, QueuePlan, Settings, SkillFit, Step, compile_policy
from denghuo.engine.routing.pairing import serve_agent, settle
from denghuo.engine.routing.state import PICK, advance, arrive, finish, leave, next_due, open_state, set_ready

SKILLS = ["billing", "outage", "mongolian"]
PLANS = [
    QueuePlan(
        "billing",
        {"billing": 3},
        base_points=5,
        ageing_per_minute=1,
        affinity_seconds=45,
        ladder=(
            Step(after_seconds=60, lower={"billing": 2}),
            Step(after_seconds=120, waiting_over=3, lower={"billing": 1}, drop_language=True),
            Step(waiting_over=5, echelon=1),
        ),
    ),
    QueuePlan(
        "outage",
        {"outage": 1},
        base_points=20,
        ageing_per_minute=3,
        ladder=(Step(waiting_over=2, lower={"outage": 0}),),
    ),
    QueuePlan(
        "chat",
        {"billing": 1},
        ChannelClass.CHAT,
        ageing_per_minute=2,
        affinity_seconds=90,
        language_level=2,
        ladder=(Step(after_seconds=30, alternative={"outage": 2}), Step(after_seconds=90, echelon=2)),
    ),
    QueuePlan("mail", {}, ChannelClass.DEFERRED, ageing_per_minute=0.1),
]
SLOTS = 64


class Centre(RuleBasedStateMachine):
    @initialize(
        skills=st.lists(st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)), min_size=1, max_size=6),
        echelons=st.lists(st.sampled_from([0, 0, 1, 2]), min_size=6, max_size=6),
        fit=st.sampled_from(SkillFit),
        beside=st.integers(0, 2),
        deferred=st.booleans(),
        activated=st.sampled_from([0, 0, 1]),
    )
    def open(self, skills, echelons, fit, beside, deferred, activated):
        rules = Settings(("mongolian",), fit, chats_beside_voice=beside, deferred_beside_live=deferred)
        self.policy = compile_policy(PLANS, SKILLS, rules)
        self.reference = Reference(PLANS, SKILLS, rules, activated)
        self.now = 1_000_000.0
        self.agents = [
            Agent(50 - n, levels, [1, 2, 2], [0, 0, 0], True, self.now - n, echelons[n])
            for n, levels in enumerate(skills)
        ]
        self.waiting: dict[int, Contact] = {}  # slot -> contact
        self.working: list[tuple[Contact, Agent]] = []
        self.given: list[int] = []
        self.next_id = 1
        columns = [[levels.get(code, 0) for code in SKILLS] for levels in skills]
        self.state = open_state(
            self.policy.arrays,
            np.array([a.id for a in self.agents]),
            np.array(columns, np.uint8),
            np.array([a.capacity for a in self.agents], np.int32),
            np.array([a.load for a in self.agents], np.int32),
            np.array([True] * len(skills)),
            np.array([a.idle_since for a in self.agents]),
            np.array([a.echelon for a in self.agents], np.int32),
            SLOTS,
            activated,
        )

    def _pair(self, agent: int | None = None) -> None:
        """Let both routers pair; they must agree; then carry it out in the model."""
        expected = self.reference.assign(self.agents, list(self.waiting.values()), self.now)
        out = np.zeros(SLOTS, PICK)
        if agent is None:
            count = settle(self.policy.arrays, self.state, self.now, out, 0)
        else:
            count = serve_agent(self.policy.arrays, self.state, agent, self.now, out, 0)
        made = [(self.waiting[p["slot"]], self.agents[p["agent"]], int(p["slot"])) for p in out[:count]]
        assert [(c.id, a.id) for c, a, _ in made] == expected
        for contact, taker, slot in made:
            taker.load[self.reference.plans[contact.queue].channel] += 1
            self.working.append((contact, taker))
            self.given.append(contact.id)
            del self.waiting[slot]

    def _enter(self, contact: Contact) -> None:
        slot = next(n for n in range(SLOTS) if n not in self.waiting)
        self.waiting[slot] = contact
        wanted = next((n for n, a in enumerate(self.agents) if a.id == contact.wanted), -1)
        arrive(
            self.policy.arrays, self.state, slot, contact.id, self.policy.queue_index[contact.queue],
            contact.entered_at, contact.boost, contact.priority, 1 if contact.language else 0, wanted,
            contact.wanted_only, contact.not_before, self.now,
        )  # fmt: skip
        self._pair()

    @precondition(lambda self: len(self.waiting) < SLOTS - 2)
    @rule(
        queue=st.sampled_from([p.code for p in PLANS]),
        ago=st.sampled_from([0, 0, 0, 40, 200]),
        boost=st.sampled_from([0.0, 0.0, 10.0]),
        language=st.sampled_from([None, None, None, "mongolian"]),
        wanted=st.sampled_from([-1, -1, -1, 50, 49, 48]),
        only=st.sampled_from([False, False, False, True]),
        later=st.sampled_from([None, None, None, 20, 80]),
    )
    def arrives(self, queue, ago, boost, language, wanted, only, later):
        not_before = -math.inf if later is None else self.now + later
        entered = self.now - ago
        contact = Contact(self.next_id, queue, entered, boost, 0, language, wanted, only and wanted >= 0, not_before)
        self.next_id += 1
        self._enter(contact)

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0, SLOTS))
    def gives_up(self, which):
        slot = sorted(self.waiting)[which % len(self.waiting)]
        del self.waiting[slot]
        leave(self.policy.arrays, self.state, slot)
        self._pair()

    @rule(which=st.integers(0, 5), ready=st.booleans())
    def changes_readiness(self, which, ready):
        n = which % len(self.agents)
        self.agents[n].ready = ready
        set_ready(self.policy.arrays, self.state, n, ready)
        self._pair(n)

    def _end(self, which: int) -> tuple[Contact, int]:
        contact, agent = self.working.pop(which % len(self.working))
        n, channel = self.agents.index(agent), self.reference.plans[contact.queue].channel
        agent.load[channel] -= 1
        agent.idle_since = self.now
        finish(self.policy.arrays, self.state, n, channel, self.now)
        return contact, n

    @precondition(lambda self: self.working)
    @rule(which=st.integers(0, SLOTS))
    def finishes(self, which):
        _, n = self._end(which)
        self._pair(n)

    @precondition(lambda self: self.working)
    @rule(which=st.integers(0, SLOTS))
    def is_not_answered(self, which):
        contact, n = self._end(which)
        self.agents[n].ready = False
        set_ready(self.policy.arrays, self.state, n, False)
        self.given.remove(contact.id)
        contact.boost, contact.wanted, contact.wanted_only = HEAD_OF_QUEUE, -1, False
        self._enter(contact)

    @rule(seconds=st.sampled_from([0.5, 10, 30, 60, 300]))
    def time_passes(self, seconds):
        """In the simulator's way: from timer to timer."""
        until = self.now + seconds
        while next_due(self.state) <= until:
            assert next_due(self.state) > self.now
            self.now = next_due(self.state)
            advance(self.policy.arrays, self.state, self.now)
            self._pair()
        self.now = until
        advance(self.policy.arrays, self.state, self.now)
        self._pair()

    @rule(seconds=st.sampled_from([100, 700]))
    def time_leaps(self, seconds):
        """Several timers at once, as after a pause of the worker."""
        self.now += seconds
        advance(self.policy.arrays, self.state, self.now)
        self._pair()

    @invariant()
    def nobody_has_two_agents_and_nobody_is_overloaded(self):
        if not hasattr(self, "agents"):
            return
        assert len(set(self.given)) == len(self.given)
        assert self.state.load.tolist() == [a.load for a in self.agents]
        for agent in self.agents:
            assert all(used <= room for used, room in zip(agent.load, agent.capacity, strict=True))

    @invariant()
    def nobody_waits_beside_an_able_agent_with_room(self):
        if not hasattr(self, "agents"):
            return
        left = list(self.waiting.values())
        assert all(self.reference.agent_for(c, self.agents, left, self.now) is None for c in left)


Centre.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestCentre = Centre.TestCase
