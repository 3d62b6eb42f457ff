"""Small cases worked out by hand."""

from __future__ import annotations

import doctest
import math
import pickle

import numpy as np
import pytest

import denghuo.engine.routing as routing
from denghuo.engine.routing import (
    HEAD_OF_QUEUE,
    Agents,
    ChannelClass,
    Contacts,
    PolicyError,
    QueuePlan,
    Reason,
    Settings,
    SkillFit,
    Step,
    WaitingReason,
    Weights,
    able_agents,
    assign_batch,
    compile_policy,
    expected_wait,
    explain,
    next_change,
    queue_position,
    why_waiting,
)
from denghuo.engine.routing import waiting as waiting_module
from denghuo.engine.routing.explaining import points_of

SKILLS = ["billing", "outage", "mongolian"]
LANGUAGE = Settings(languages=("mongolian",))


def assigned(plans, skills, entered, *, now=100.0, settings=LANGUAGE, queues=None, agent=None, contact=None, echelon=0):
    """Pairs for agents 1, 2, … with these skills and contacts 101, 102, … that entered at these times."""
    policy = compile_policy(plans, SKILLS, settings)
    agents = Agents.build(policy, np.arange(len(skills)) + 1, skills, **(agent or {}))
    queues = queues or [plans[0].code] * len(entered)
    contacts = Contacts.build(policy, np.arange(len(entered)) + 101, queues, entered, **(contact or {}))
    return assign_batch(policy, agents, contacts, now, echelon)


def test_the_example_in_the_documentation_runs():
    for module in (routing, waiting_module):
        outcome = doctest.testmod(module)
        assert outcome.attempted > 0 and outcome.failed == 0


def test_the_longest_waiting_contact_comes_first():
    assert assigned([QueuePlan("q")], [{}], [50, 20, 80]).pairs() == [(102, 1)]


def test_a_later_contact_with_a_boost_comes_first_until_ageing_overtakes_it():
    """A waits since 0, B since 540 with 8 points; both age 1 a minute, so B stays 8 - 9 = 1 point behind."""
    entered, boost = [0, 540], {"boost": [0, 8]}
    assert assigned([QueuePlan("q")], [{}], entered, now=540, contact=boost).pairs() == [(101, 1)]
    assert assigned([QueuePlan("q")], [{}], [0, 420], now=420, contact=boost).pairs() == [(102, 1)]


def test_a_queue_that_ages_faster_overtakes_one_with_more_base_points():
    """After t minutes: 10 + t against 3t; equal at 5 minutes, where the smaller id comes first."""
    plans = [QueuePlan("slow", base_points=10), QueuePlan("fast", ageing_per_minute=3)]
    for now, first in ((299.9, 101), (300.0, 101), (300.1, 102)):
        assert assigned(plans, [{}], [0, 0], now=now, queues=["slow", "fast"]).pairs() == [(first, 1)]


def test_priority_levels_count_in_points():
    settings = Settings(points_per_priority=5)
    contact = {"priority": [0, 1]}
    assert assigned([QueuePlan("q")], [{}], [0, 240], now=300, settings=settings, contact=contact).pairs() == [(102, 1)]
    assert assigned([QueuePlan("q")], [{}], [0, 310], now=310, settings=settings, contact=contact).pairs() == [(101, 1)]


def test_a_returned_offer_comes_before_everything_else():
    plans = [QueuePlan("q"), QueuePlan("urgent", base_points=1000, ageing_per_minute=50)]
    result = assigned(plans, [{}], [0, 90], queues=["urgent", "q"], contact={"boost": [0, HEAD_OF_QUEUE]})
    assert result.pairs() == [(102, 1)]


def test_a_call_back_keeps_its_place_and_is_not_due_early():
    contact = {"not_before": [200, -math.inf]}
    assert assigned([QueuePlan("q")], [{}], [0, 90], now=199.9, contact=contact).pairs() == [(102, 1)]
    assert assigned([QueuePlan("q")], [{}], [0, 90], now=200.0, contact=contact).pairs() == [(101, 1)]


def test_the_wanted_agent_is_waited_for_within_the_affinity_window_only():
    plans, contact = [QueuePlan("q", affinity_seconds=30)], {"wanted": [2]}
    busy = {"load": [[0, 0, 0], [1, 0, 0]]}
    assert assigned(plans, [{}, {}], [90], contact=contact).pairs() == [(101, 2)]
    assert assigned(plans, [{}, {}], [90], contact=contact, agent=busy).pairs() == []
    result = assigned(plans, [{}, {}], [70], contact=contact, agent=busy)
    assert result.pairs() == [(101, 1)] and result[0].reason == Reason.PLAN
    assert assigned(plans, [{}, {}], [0], contact=contact)[0].reason == Reason.WANTED


def test_nobody_waits_for_a_wanted_agent_who_is_not_signed_in_or_not_able():
    plans = [QueuePlan("q", {"billing": 1}, affinity_seconds=1000)]
    assert assigned(plans, [{"billing": 1}], [90], contact={"wanted": [77]}).pairs() == [(101, 1)]
    assert assigned(plans, [{"billing": 1}, {}], [90], contact={"wanted": [2]}).pairs() == [(101, 1)]


def test_a_direct_transfer_goes_to_that_colleague_or_to_nobody():
    plans, contact = [QueuePlan("q", {"billing": 5})], {"wanted": [2], "wanted_only": [True]}
    result = assigned(plans, [{"billing": 5}, {}], [0], contact=contact)
    assert result.pairs() == [(101, 2)] and result[0].reason == Reason.DIRECT
    assert assigned(plans, [{"billing": 5}, {}], [0], contact=contact, agent={"ready": [True, False]}).pairs() == []


def test_the_language_of_the_contact_is_asked_for_until_the_ladder_drops_it():
    plans = [QueuePlan("q", language_level=2, ladder=(Step(after_seconds=60, drop_language=True),))]
    contact = {"language": ["mongolian"]}
    assert assigned(plans, [{"mongolian": 1}], [41], contact=contact).pairs() == []
    assert assigned(plans, [{"mongolian": 2}], [41], contact=contact).pairs() == [(101, 1)]
    assert assigned(plans, [{"mongolian": 1}], [40], contact=contact).pairs() == [(101, 1)]


def test_a_threshold_step_serves_down_to_the_threshold_and_closes_again():
    """Three wait, the reserve is admitted from three on: it gets one contact, and two go on waiting."""
    plans = [QueuePlan("q", ladder=(Step(waiting_over=3, echelon=1),))]
    agent = {"echelon": [1, 1, 1]}
    result = assigned(plans, [{}] * 3, [10, 20, 30], agent=agent)
    assert result.pairs() == [(101, 1)] and result[0].reason == Reason.RESERVE
    assert assigned(plans, [{}] * 3, [10, 20], agent=agent).pairs() == []


def test_an_activated_echelon_is_admitted_everywhere_after_the_regular_agents():
    agent = {"echelon": [1, 0], "idle_since": [0, 50]}
    assert assigned([QueuePlan("q")], [{}, {}], [0, 1], agent=agent).pairs() == [(101, 2)]
    assert assigned([QueuePlan("q")], [{}, {}], [0, 1], agent=agent, echelon=1).pairs() == [(101, 2), (102, 1)]


def test_an_alternative_requirement_admits_others_as_well():
    plans = [QueuePlan("q", {"billing": 3}, ladder=(Step(after_seconds=60, alternative={"outage": 2}),))]
    skills = [{"outage": 5}, {"billing": 3}]
    result = assigned(plans, skills, [0, 0])
    assert result.pairs() == [(101, 2), (102, 1)]
    assert [result[k].reason for k in range(2)] == [Reason.PLAN, Reason.WIDENED]


@pytest.mark.parametrize(("fit", "first"), [(SkillFit.BEST_LEVEL, 1), (SkillFit.LEAST_SURPLUS, 2)])
def test_skill_fit_prefers_the_best_or_keeps_those_free_who_can_do_much(fit, first):
    skills = [{"billing": 5, "outage": 5}, {"billing": 2}]
    settings = Settings(fit=fit)
    assert assigned([QueuePlan("q", {"billing": 1})], skills, [0], settings=settings).pairs() == [(101, first)]


def test_the_longest_idle_comes_first_among_equals_and_the_smaller_id_among_those():
    assert assigned([QueuePlan("q")], [{}] * 3, [0], agent={"idle_since": [30, 10, 10]}).pairs() == [(101, 2)]


def test_a_weight_on_idle_time_trades_skill_fit_for_fairness():
    """Level 5 against 1 is 0.8 of fit; 10 minutes idle more at 0.1 a minute outweigh it."""
    skills, agent = [{"billing": 5}, {"billing": 1}], {"idle_since": [600, 0]}
    plans = [QueuePlan("q", {"billing": 1})]
    fair = Settings(weights=Weights(idle=0.1))
    assert assigned(plans, skills, [0], now=600, agent=agent).pairs() == [(101, 1)]
    assert assigned(plans, skills, [0], now=600, agent=agent, settings=fair).pairs() == [(101, 2)]


def test_chats_go_to_the_least_loaded_and_never_beyond_capacity():
    plans = [QueuePlan("chat", channel=ChannelClass.CHAT)]
    agent = {"capacity": [[1, 2, 0], [1, 4, 0]], "load": [[0, 1, 0], [0, 1, 0]]}
    assert assigned(plans, [{}, {}], [0] * 9, agent=agent).pairs() == [(101, 2), (102, 1), (103, 2), (104, 2)]


@pytest.mark.parametrize(
    ("settings", "load", "channel", "given"),
    [
        (Settings(), [1, 0, 0], ChannelClass.CHAT, False),
        (Settings(), [0, 1, 0], ChannelClass.VOICE, False),
        (Settings(chats_beside_voice=1), [0, 1, 0], ChannelClass.VOICE, True),
        (Settings(chats_beside_voice=1), [0, 2, 0], ChannelClass.VOICE, False),
        (Settings(chats_beside_voice=1), [1, 0, 0], ChannelClass.CHAT, True),
        (Settings(chats_beside_voice=1), [1, 1, 0], ChannelClass.CHAT, False),
        (Settings(voice_exclusive=False), [1, 2, 0], ChannelClass.CHAT, True),
        (Settings(), [0, 1, 0], ChannelClass.DEFERRED, False),
        (Settings(deferred_beside_live=True), [1, 0, 0], ChannelClass.DEFERRED, True),
        (Settings(), [0, 0, 1], ChannelClass.VOICE, True),
        (Settings(deferred_blocks_live=True), [0, 0, 1], ChannelClass.VOICE, False),
        (Settings(), [0, 0, 5], ChannelClass.DEFERRED, False),
    ],
)
def test_what_may_run_beside_what(settings, load, channel, given):
    result = assigned([QueuePlan("q", channel=channel)], [{}], [0], settings=settings, agent={"load": [load]})
    assert bool(result.pairs()) is given


def test_the_router_wakes_when_the_next_step_opens_a_window_ends_or_a_contact_is_due():
    plans = [
        QueuePlan("q", {"billing": 3}, affinity_seconds=20, ladder=(Step(after_seconds=60, lower={"billing": 1}),))
    ]
    policy = compile_policy(plans, SKILLS)
    times = {"wanted": [-1, 4, -1], "not_before": [-math.inf, -math.inf, 500]}
    contacts = Contacts.build(policy, [1, 2, 3], ["q"] * 3, [50, 95, 0], **times)
    changes, now = [], 100.0
    while now < math.inf:
        now = next_change(policy, contacts, now)
        changes.append(now)
    assert changes == [110, 115, 155, 500, math.inf]


@pytest.mark.parametrize(
    ("ladder", "message"),
    [
        ((Step(lower={"billing": 1}),), "queue q, step 1 never opens"),
        ((Step(after_seconds=60, lower={"billing": 4}),), "queue q, step 1 sets skill billing to level 4"),
        ((Step(after_seconds=60, lower={"outage": 1}),), "queue q, step 1 lowers skill outage, which"),
        ((Step(after_seconds=60),), "queue q, step 1 widens nothing"),
        ((Step(after_seconds=60, echelon=2), Step(after_seconds=90, echelon=1)), "queue q, step 2 admits echelon 1"),
        ((Step(after_seconds=60, echelon=1), Step(after_seconds=60, echelon=2)), "queue q, step 2 opens after 60"),
        ((Step(waiting_over=9, echelon=1), Step(waiting_over=9, echelon=2)), "queue q, step 2 opens at 9 waiting"),
        ((Step(after_seconds=60, alternative={"billing": 4}),), "queue q, step 1: the alternative admits nobody"),
        ((Step(after_seconds=60, alternative={"welding": 1}),), "queue q, step 1: unknown skill welding"),
    ],
)
def test_a_ladder_that_does_not_widen_is_refused_with_queue_and_step(ladder, message):
    with pytest.raises(PolicyError, match=message):
        compile_policy([QueuePlan("q", {"billing": 3}, ladder=ladder)], SKILLS)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (QueuePlan("q", {"billing": 6}), "level of 1-5, not 6"),
        (QueuePlan("q", ageing_per_minute=0), "queue q: ageing must be"),
        (QueuePlan("q", affinity_seconds=-1), "queue q: affinity"),
    ],
)
def test_a_plan_outside_its_limits_is_refused(plan, message):
    with pytest.raises(PolicyError, match=message):
        compile_policy([plan], SKILLS)


def test_too_many_skills_repeated_codes_and_unknown_languages_are_refused():
    with pytest.raises(PolicyError, match="at most 64"):
        compile_policy([], [f"s{n}" for n in range(65)])
    with pytest.raises(PolicyError, match="queue given more than once: q"):
        compile_policy([QueuePlan("q"), QueuePlan("q")], SKILLS)
    with pytest.raises(PolicyError, match="languages that are no skills: welsh"):
        compile_policy([], SKILLS, Settings(languages=("welsh",)))


def test_sixty_four_skills_and_hundreds_of_agents_are_told_apart():
    """Agent n knows skill n % 64 only; each queue finds the first of its own."""
    skills = [f"s{n}" for n in range(64)]
    policy = compile_policy([QueuePlan(code, {code: 5}) for code in skills], skills)
    agents = Agents.build(policy, range(200), [{f"s{n % 64}": 5} for n in range(200)])
    contacts = Contacts.build(policy, range(64), skills[::-1], np.arange(64.0))
    assert assign_batch(policy, agents, contacts, 100.0).pairs() == [(n, 63 - n) for n in range(64)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"entered_at": [math.nan]}, "finite"),
        ({"queues": ["lost"]}, "unknown queue: lost"),
        ({"language": ["billing"]}, "language"),
        ({"boost": [1, 2]}, "boost has shape"),
        ({"queues": np.array([7])}, "queue index"),
    ],
)
def test_bad_contacts_are_refused(columns, message):
    policy = compile_policy([QueuePlan("q")], SKILLS, LANGUAGE)
    with pytest.raises(ValueError, match=message):
        Contacts.build(policy, [1], **({"queues": ["q"], "entered_at": [0.0]} | columns))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ids": [1, 1], "skills": [{}, {}]}, "distinct"),
        ({"ids": [1], "skills": [{"billing": 6}]}, "level 6"),
        ({"ids": [1], "load": [[0, -1, 0]]}, "negative"),
        ({"ids": [1], "capacity": [[1, 1]]}, "one column a channel class"),
    ],
)
def test_bad_agents_are_refused(columns, message):
    policy = compile_policy([QueuePlan("q")], SKILLS)
    with pytest.raises(ValueError, match=message):
        Agents.build(policy, **columns)


def test_nothing_waiting_nobody_there_and_no_queues_give_no_assignments():
    policy = compile_policy([QueuePlan("q")], SKILLS)
    nobody, one = Agents.build(policy, []), Agents.build(policy, [1])
    nothing, call = Contacts.build(policy, [], [], []), Contacts.build(policy, [1], ["q"], [0.0])
    assert not assign_batch(policy, nobody, call, 1.0).pairs() and not assign_batch(policy, one, nothing, 1.0).pairs()
    assert next_change(policy, nothing, 1.0) == math.inf
    empty = compile_policy([], [])
    assert not assign_batch(empty, Agents.build(empty, [1]), Contacts.build(empty, [], [], []), 1.0).pairs()


def test_an_explanation_adds_up():
    plans = [QueuePlan("q", {"billing": 3}, base_points=10, ladder=(Step(after_seconds=60, lower={"billing": 1}),))]
    settings = Settings(languages=("mongolian",), points_per_priority=2)
    contact = {"boost": [5], "priority": [3], "language": ["mongolian"]}
    skills = [{"billing": 2, "mongolian": 1}]
    result = assigned(plans, skills, [0], now=120, settings=settings, contact=contact, agent={"idle_since": [60]})
    told = explain(result, 0)
    assert (told.points.base, told.points.boost, told.points.priority, told.points.ageing) == (10, 5, 6, 2)
    assert told.points.total == 23 and told.waited_seconds == 120
    assert (told.reason, told.step, told.opened_by_time, told.choices) == (Reason.WIDENED, 1, True, 1)
    assert told.needs == {"billing": (3, 2), "mongolian": (1, 1)}
    assert told.agent.idle_minutes == 1 and told.agent.fit == pytest.approx(0.7)
    assert told.agent.cost == pytest.approx(2 * 1 + 0.7)


def test_an_explanation_counts_what_the_same_batch_gave_before():
    result = assigned([QueuePlan("chat", channel=ChannelClass.CHAT)], [{}], [0, 1, 2])
    assert [explain(result, k).agent.load for k in range(3)] == pytest.approx([0, 1 / 3, 2 / 3])


def test_a_supervisor_learns_why_a_contact_waits():
    plans = [QueuePlan("q", {"billing": 3}, affinity_seconds=60, ladder=(Step(after_seconds=300, echelon=1),))]
    policy = compile_policy(plans, SKILLS)
    contacts = Contacts.build(
        policy, [1, 2, 3, 4], ["q"] * 4, [0, 10, 90, 20],
        not_before=[-math.inf, 500, -math.inf, -math.inf], wanted=[-1, -1, 7, 7], wanted_only=[False, False, False, True],
    )  # fmt: skip

    def reasons(**columns):
        agents = Agents.build(policy, [7], [{"billing": 3}], **columns)
        return [why_waiting(policy, agents, contacts, n, 100.0).reason for n in range(4)]

    busy = [WaitingReason.ALL_BUSY, WaitingReason.NOT_BEFORE, WaitingReason.AFFINITY, WaitingReason.DIRECT]
    assert reasons(load=[[1, 0, 0]]) == busy
    assert reasons(ready=[False])[0] == WaitingReason.NOBODY_READY
    assert reasons(echelon=[1])[0] == WaitingReason.NOBODY_ABLE
    assert reasons()[0] == WaitingReason.NEXT_PASS
    agents = Agents.build(policy, [7], [{"billing": 3}], load=[[1, 0, 0]])
    told = why_waiting(policy, agents, contacts, 2, 100.0)
    assert (told.ahead, told.able, told.ready, told.step, told.until) == (1, 1, 1, 0, 150.0)


def test_the_position_in_the_queue_follows_the_score():
    policy = compile_policy([QueuePlan("q"), QueuePlan("other")], SKILLS)
    queues, boost = ["q", "q", "other", "q"], [0, 0, 0, 50]
    contacts = Contacts.build(policy, [1, 2, 3, 4], queues, [10, 0, 0, 90], boost=boost)
    assert [queue_position(policy, contacts, n, 100.0) for n in range(4)] == [2, 1, 0, 0]
    assert points_of(policy, contacts, 3, 150.0).total == 51


def test_who_is_able_can_be_listed_for_a_queue():
    plans = [QueuePlan("q", {"billing": 3}, ladder=(Step(after_seconds=60, lower={"billing": 1}),))]
    policy = compile_policy(plans, SKILLS, LANGUAGE)
    agents = Agents.build(policy, [1, 2, 3], [{"billing": 3}, {"billing": 1}, {"billing": 4, "mongolian": 1}])
    assert able_agents(policy, agents, "q").tolist() == [True, False, True]
    assert able_agents(policy, agents, "q", "mongolian").tolist() == [False, False, True]
    assert able_agents(policy, agents, "q", step=1).all()
    with pytest.raises(IndexError, match="steps 0-1"):
        able_agents(policy, agents, "q", step=2)


def test_a_policy_and_its_columns_survive_a_process_boundary():
    policy = compile_policy([QueuePlan("q", {"billing": 1})], SKILLS)
    agents = Agents.build(policy, [1], [{"billing": 1}])
    contacts = Contacts.build(policy, [5], ["q"], [0.0])
    copy = pickle.loads(pickle.dumps((policy, agents, contacts)))
    assert assign_batch(*copy, 1.0).pairs() == [(5, 1)]


def test_expected_wait_without_abandonment_is_erlang():
    """5 stages of 30 s: mean 150 s; the 90 % point of Erlang(5) with mean 5 is 7.9936."""
    estimate = expected_wait(4, 10, 10, 300)
    assert estimate.mean == 150
    assert estimate.p90 == pytest.approx(30 * 7.9936, rel=0.01)
    assert expected_wait(0, 10, 10, 300).p90 == pytest.approx(30 * math.log(10), rel=0.02)


def test_expected_wait_with_impatient_customers_ahead():
    """2 ahead, 2 servers of 100 s, patience 50 s: 1/0.02 + 1/0.04 + 1/0.06."""
    estimate = expected_wait(2, 2, 2, 100, mean_patience_seconds=50)
    assert estimate.mean == pytest.approx(50 + 25 + 100 / 6)


def test_expected_wait_counts_free_places_chat_places_and_shared_agents():
    assert expected_wait(2, 10, 7, 300).mean == 0
    assert expected_wait(3, 10, 7, 300).mean == 30
    assert expected_wait(5, 2, 6, 300, slots_per_agent=3).mean == 300
    assert expected_wait(4, 10, 10, 300, share=0.5).mean == 300
    assert expected_wait(0, 0, 0, 300).mean == math.inf


def test_expected_wait_of_a_million_is_computed_at_once():
    exact = math.fsum(1 / (0.1 + j * 0.01) for j in range(200_001))
    assert expected_wait(200_000, 10, 10, 100, mean_patience_seconds=100).mean == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("wrong", [(-1, 1, 0, 300), (0, 1, 0, 0), (0, 1, -1, 300)])
def test_expected_wait_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="must"):
        expected_wait(*wrong)
