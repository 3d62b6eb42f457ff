"""Whatever the plans, agents and contacts: the compiled router does what the plain one does, and keeps its promises."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_reference import Agent, Contact, Reference

from denghuo.engine.routing import (
    Agents,
    ChannelClass,
    CompiledPolicy,
    Contacts,
    PolicyError,
    QueuePlan,
    Settings,
    SkillFit,
    Step,
    Weights,
    assign_batch,
    compile_policy,
    next_change,
    pick_agent,
    pick_contact,
)

SKILLS = ["billing", "outage", "meter", "mongolian", "tibetan"]
LANGUAGES = ("mongolian", "tibetan")
WORK = SKILLS[:3]
NOW = 1_000.0

levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 5), max_size=5)
needs = st.dictionaries(st.sampled_from(WORK), st.integers(1, 5), max_size=2)


@st.composite
def ladders(draw, required):
    """Steps that are likely to be valid; those that are not are thrown away one by one from the end."""
    seconds, waiting, echelon, current, steps = 0.0, 0, 0, dict(required), []
    for _ in range(draw(st.integers(0, 4))):
        by_time, by_count = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        seconds += draw(st.sampled_from([30.0, 60.0, 300.0]))
        waiting += draw(st.integers(1, 4))
        lower = {k: draw(st.integers(0, v - 1)) for k, v in current.items() if v and draw(st.booleans())}
        echelon += draw(st.integers(0, 1))
        alternative = draw(st.none() | needs)
        current |= lower
        steps.append(
            Step(
                after_seconds=seconds if by_time else None,
                waiting_over=waiting if by_count else None,
                lower={k: v for k, v in lower.items() if v or k in required},
                alternative=alternative,
                drop_language=draw(st.booleans()),
                echelon=echelon,
            )
        )
        current = {k: v for k, v in current.items() if v}
    return tuple(steps)


@st.composite
def plans(draw):
    made = []
    for number in range(draw(st.integers(1, 4))):
        required = draw(needs)
        plan = {
            "code": f"q{number}",
            "required": required,
            "channel": draw(st.sampled_from(ChannelClass)),
            "base_points": draw(st.sampled_from([0.0, 5.0, 10.0])),
            "ageing_per_minute": draw(st.sampled_from([0.5, 1.0, 3.0])),
            "affinity_seconds": draw(st.sampled_from([0.0, 60.0, 2000.0])),
            "language_level": draw(st.integers(0, 3)),
        }
        ladder = draw(ladders(required))
        while True:
            try:
                compile_policy([QueuePlan(**plan, ladder=ladder)], SKILLS, Settings(LANGUAGES))
                break
            except PolicyError:
                ladder = ladder[:-1]
        made.append(QueuePlan(**plan, ladder=ladder))
    return made


all_settings = st.builds(
    Settings,
    languages=st.just(LANGUAGES),
    fit=st.sampled_from(SkillFit),
    weights=st.sampled_from([Weights(), Weights(idle=0.5), Weights(load=1.0, fit=7.0, idle=0.25, step=0.0)]),
    points_per_priority=st.sampled_from([0.0, 4.0]),
    voice_exclusive=st.booleans(),
    chats_beside_voice=st.integers(0, 2),
    deferred_beside_live=st.booleans(),
    deferred_blocks_live=st.booleans(),
)
times = st.integers(0, 1000).map(float)
agent_rows = st.builds(
    lambda skills, capacity, load, ready, idle, echelon: Agent(
        0, skills, capacity, [min(a, b) for a, b in zip(load, capacity, strict=True)], ready, idle, echelon
    ),
    levels,
    st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(0, 2)).map(list),
    st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 1)).map(list),
    st.sampled_from([True, True, True, False]),
    times,
    st.sampled_from([0, 0, 0, 1, 2]),
)
contact_rows = st.builds(
    Contact,
    id=st.just(0),
    queue=st.integers(0, 3),
    entered_at=times,
    boost=st.sampled_from([0.0, 0.0, 5.0, 1e6]),
    priority=st.integers(0, 2),
    language=st.none() | st.sampled_from(LANGUAGES),
    wanted=st.integers(-1, 12),
    wanted_only=st.sampled_from([False, False, False, True]),
    not_before=st.sampled_from([float("-inf"), float("-inf"), 900.0, 1000.0, 1100.0]),
)


@st.composite
def worlds(draw):
    """(policy, reference, agents, contacts)."""
    made, rules = draw(plans()), draw(all_settings)
    agents = draw(st.lists(agent_rows, max_size=12))
    for number, agent in enumerate(agents):
        agent.id = number * 7 % 13
    contacts = draw(st.lists(contact_rows, max_size=30))
    for number, contact in enumerate(contacts):
        contact.id, contact.queue = 100 + number * 11 % 31, made[contact.queue % len(made)].code
    activated = draw(st.sampled_from([0, 0, 1]))
    policy = compile_policy(made, SKILLS, rules)
    return policy, Reference(made, SKILLS, rules, activated), agents, contacts


def agent_columns(policy: CompiledPolicy, rows: list[Agent]) -> Agents:
    return Agents.build(
        policy,
        [a.id for a in rows],
        [a.skills for a in rows],
        capacity=np.array([a.capacity for a in rows]).reshape(-1, 3),
        load=np.array([a.load for a in rows]).reshape(-1, 3),
        ready=[a.ready for a in rows],
        idle_since=[a.idle_since for a in rows],
        echelon=[a.echelon for a in rows],
    )


def contact_columns(policy: CompiledPolicy, rows: list[Contact]) -> Contacts:
    return Contacts.build(
        policy,
        [c.id for c in rows],
        [c.queue for c in rows],
        [c.entered_at for c in rows],
        boost=[c.boost for c in rows],
        priority=[c.priority for c in rows],
        language=[c.language for c in rows],
        wanted=[c.wanted for c in rows],
        wanted_only=[c.wanted_only for c in rows],
        not_before=[c.not_before for c in rows],
    )


def routed(policy: CompiledPolicy, agents: list[Agent], contacts: list[Contact], activated: int = 0, now: float = NOW):
    return assign_batch(policy, agent_columns(policy, agents), contact_columns(policy, contacts), now, activated)


@settings(max_examples=400, deadline=None)
@given(worlds())
def test_the_batch_equals_repeated_picks_of_the_plain_router(world):
    policy, reference, agents, contacts = world
    assert routed(policy, agents, contacts, reference.activated).pairs() == reference.assign(agents, contacts, NOW)


@settings(max_examples=100, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nobodys_assignment(world, shuffler: random.Random):
    policy, reference, agents, contacts = world
    before = routed(policy, agents, contacts, reference.activated).pairs()
    assert routed(policy, agents, contacts, reference.activated).pairs() == before
    shuffler.shuffle(agents)
    shuffler.shuffle(contacts)
    assert routed(policy, agents, contacts, reference.activated).pairs() == before


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_nobody_is_overloaded_and_no_able_agent_with_room_is_left_beside_a_waiting_contact(world):
    policy, reference, agents, contacts = world
    result = routed(policy, agents, contacts, reference.activated)
    assert len(set(result.contact_index.tolist())) == len(result)
    by_id, channel_of = {a.id: a for a in agents}, {c.id: reference.plans[c.queue].channel for c in contacts}
    for contact_id, agent_id in result.pairs():
        agent = by_id[agent_id]
        assert reference.room(agent, channel_of[contact_id])
        agent.load[channel_of[contact_id]] += 1
    taken = {contact_id for contact_id, _ in result.pairs()}
    left = [c for c in contacts if c.id not in taken]
    for contact in left:
        assert reference.agent_for(contact, agents, left, NOW) is None


@settings(max_examples=100, deadline=None)
@given(worlds(), st.integers(0, 29), st.integers(0, 11))
def test_single_picks_agree_with_the_plain_router(world, contact_at, agent_at):
    policy, reference, agents, contacts = world
    columns = agent_columns(policy, agents), contact_columns(policy, contacts)
    if contacts:
        contact = contacts[contact_at % len(contacts)]
        found = pick_agent(policy, *columns, contact_at % len(contacts), NOW, reference.activated)
        expected = reference.agent_for(contact, agents, contacts, NOW)
        assert (agents[found] if found >= 0 else None) is expected
    if agents:
        agent = agents[agent_at % len(agents)]
        found = pick_contact(policy, *columns, agent_at % len(agents), NOW, reference.activated)
        for other in agents:
            other.ready = other.ready and other is agent
        alone = [c for c in reference.order(contacts, NOW) if reference.agent_for(c, agents, contacts, NOW) is agent]
        assert (contacts[found] if found >= 0 else None) is (alone[0] if alone else None)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_until_the_next_change_waiting_alone_gives_nobody_a_contact(world):
    policy, reference, agents, contacts = world
    taken = {c for c, _ in reference.assign(agents, contacts, NOW)}
    for contact_id, agent_id in reference.assign(agents, contacts, NOW):
        channel = reference.plans[next(c.queue for c in contacts if c.id == contact_id)].channel
        next(a for a in agents if a.id == agent_id).load[channel] += 1
    left = [c for c in contacts if c.id not in taken]
    change = next_change(policy, contact_columns(policy, left), NOW)
    assert change > NOW
    just_before = 100_000.0 if change == np.inf else change - 0.001
    assert reference.assign(agents, left, just_before) == []
    if change < np.inf:
        assert routed(policy, agents, left, reference.activated, change).pairs() == reference.assign(
            agents, left, change
        )


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_every_ladder_step_keeps_those_who_were_able(world):
    _, reference, agents, contacts = world
    for contact in contacts:
        for step in range(len(reference.plans[contact.queue].ladder)):
            before = [reference.able(a, contact, step) for a in agents]
            after = [reference.able(a, contact, step + 1) for a in agents]
            assert all(later or not earlier for earlier, later in zip(before, after, strict=True))


@settings(max_examples=100, deadline=None)
@given(st.lists(times, min_size=1, max_size=20, unique=True))
def test_equal_contacts_of_a_queue_are_served_first_come_first_served(entries):
    policy = compile_policy([QueuePlan("q")], [])
    agents = [Agent(1, {}, [1, 0, 0])]
    contacts = [Contact(n, "q", entered) for n, entered in enumerate(entries)]
    served = []
    while contacts:
        ((taken, _),) = routed(policy, agents, contacts).pairs()
        served.append(entries[taken])
        contacts = [c for c in contacts if c.id != taken]
    assert served == sorted(entries)
