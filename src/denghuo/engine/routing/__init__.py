"""Routing: who takes which contact.

Pure: numpy arrays and frozen dataclasses in and out; no clock (``now`` is a parameter, seconds as float64), no
randomness, no database. The same compiled rules serve the live router, which builds the arrays anew on every pass, and
an event-driven simulator, which keeps a :class:`RoutingState` and calls the functions of
:mod:`denghuo.engine.routing.state` from its own ``njit`` code.

The rules
---------
*Score of a contact* = base points of its queue + its boost + ``priority`` × points per priority level + ageing points
per minute × minutes waited. Higher first; ties by ``entered_at``, then by id. Scores are exact integers inside
(1/600,000,000 point), so order depends neither on rounding nor on the moment at which it is computed.

*Who is able*: the agent meets the queue's required levels (and the contact's language) under the highest open step of
the queue's overflow ladder, and belongs to an echelon the step, or ``activated_echelon``, admits. A step is open when
the contact has waited ``after_seconds`` or when ``waiting_over`` or more contacts wait in the queue. Steps only widen.

*Who has room*: ready, load below capacity in the contact's channel class, and :class:`Settings` for what may run beside
what.

*Which of them*: the wanted agent; then the lowest cost = weighted sum of echelon, load, ladder step needed, skill fit
and idle time (:class:`Weights`); ties by the longest idle, then the smaller id.

*Holds*: before ``not_before`` nobody gets the contact; with ``wanted_only`` only the wanted agent does, whatever their
skills; during the queue's ``affinity_seconds`` only the wanted agent, provided they meet the queue's own requirement.

*Guarantee*: after :func:`assign_batch` no waiting contact that is not held has an able agent with room.

An example: two agents, one of them a specialist, and three contacts.

>>> import numpy as np
>>> plan = QueuePlan("billing", required={"billing": 2}, base_points=10, ageing_per_minute=1,
...                  ladder=(Step(after_seconds=60, lower={"billing": 1}),))
>>> policy = compile_policy([plan], ["billing", "mongolian"], Settings(languages=("mongolian",)))
>>> agents = Agents.build(policy, ids=[7, 8], skills=[{"billing": 3}, {"billing": 1}], idle_since=[0, 0])
>>> contacts = Contacts.build(policy, ids=[101, 102, 103], queues=["billing"] * 3, entered_at=[30, 90, 95])
>>> result = assign_batch(policy, agents, contacts, now=100.0)
>>> result.pairs()  # 101 has waited 70 s, so both may take it; agent 7 needs no ladder step and comes first
[(101, 7)]
>>> explain(result, 0).reason.name, round(explain(result, 0).points.total, 3)
('PLAN', 11.167)
>>> next_change(policy, contacts, now=100.0)  # 102 reaches the second step at 150
150.0

Units: times in seconds on one scale of the caller's choice (Unix time serves), points are dimensionless, levels 0-5.
Literature and complexity: ``docs/explanation/routing.md``.
"""

from denghuo.engine.routing.compiling import CompiledPolicy, compile_policy
from denghuo.engine.routing.explaining import (
    AgentParts,
    Explanation,
    Points,
    WaitingReason,
    WhyWaiting,
    explain,
    why_waiting,
)
from denghuo.engine.routing.plan import (
    HEAD_OF_QUEUE,
    MAX_LEVEL,
    MAX_SKILLS,
    ChannelClass,
    PolicyError,
    QueuePlan,
    Settings,
    SkillFit,
    Step,
    Weights,
)
from denghuo.engine.routing.router import (
    Assignment,
    Assignments,
    Reason,
    able_agents,
    assign_batch,
    next_change,
    pick_agent,
    pick_contact,
    queue_position,
    warm_up,
)
from denghuo.engine.routing.tables import Agents, Contacts
from denghuo.engine.routing.waiting import WaitEstimate, expected_wait

__all__ = [
    "HEAD_OF_QUEUE",
    "MAX_LEVEL",
    "MAX_SKILLS",
    "AgentParts",
    "Agents",
    "Assignment",
    "Assignments",
    "ChannelClass",
    "CompiledPolicy",
    "Contacts",
    "Explanation",
    "Points",
    "PolicyError",
    "QueuePlan",
    "Reason",
    "Settings",
    "SkillFit",
    "Step",
    "WaitEstimate",
    "WaitingReason",
    "Weights",
    "WhyWaiting",
    "able_agents",
    "assign_batch",
    "compile_policy",
    "expected_wait",
    "explain",
    "next_change",
    "pick_agent",
    "pick_contact",
    "queue_position",
    "warm_up",
    "why_waiting",
]
