"""What a manager decides: queues, requirements, ladders, weights. Plain frozen dataclasses, compiled elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

MAX_SKILLS = 64
MAX_LEVEL = 5
MAX_STEPS = 15
# Points that no ageing reaches in years: a returned offer goes to the head of every queue with this boost.
HEAD_OF_QUEUE = 1_000_000.0

Levels = Mapping[str, int]


def _none() -> Levels:
    return MappingProxyType({})


class PolicyError(ValueError):
    """A plan that cannot be compiled; the message names the queue and the step."""


class ChannelClass(IntEnum):
    """What a contact takes up while it is worked on."""

    VOICE = 0  # one at a time
    CHAT = 1  # several at a time
    DEFERRED = 2  # e-mail, left messages, call-backs to make: may be put aside


class SkillFit(IntEnum):
    """Which of several able agents suits best."""

    BEST_LEVEL = 0  # the highest levels in what the queue asks for
    LEAST_SURPLUS = 1  # the fewest skills in all, so that those who can do much stay free


@dataclass(frozen=True)
class Step:
    """One step of an overflow ladder; it keeps what earlier steps admitted and admits more.

    Opens for a contact that has waited ``after_seconds``, and for every contact of the queue while ``waiting_over`` or
    more wait in it; at least one of the two must be given. The highest open step holds.
    """

    after_seconds: float | None = None
    waiting_over: int | None = None
    lower: Levels = field(default_factory=_none)  # skill -> new minimum level, lower than before; 0 drops the skill
    alternative: Levels | None = None  # another requirement: who meets it is able as well
    drop_language: bool = False
    echelon: int = 0  # the highest reserve echelon admitted


@dataclass(frozen=True)
class QueuePlan:
    """One queue: whom it needs, how urgent it is, and how it widens."""

    code: str
    required: Levels = field(default_factory=_none)  # skill -> minimum level 1-5; empty: anybody
    channel: ChannelClass = ChannelClass.VOICE
    base_points: float = 0.0
    ageing_per_minute: float = 1.0  # points a minute of waiting, > 0
    target_seconds: float = 20.0  # answer within; for reports and explanations, not part of the score
    affinity_seconds: float = 0.0  # how long a contact waits for the agent it wants before others may take it
    language_level: int = 1  # minimum level in the contact's language
    ladder: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Weights:
    """The cost of giving a contact to an agent = the sum of weight × measure; the lowest cost wins.

    As shipped each measure outweighs all those after it, which is an order rather than a trade-off; a positive
    ``idle`` (cost saved per minute of idleness, up to ``idle_cap_minutes``) trades skill fit against fairness.
    """

    echelon: float = 1_000_000.0  # × echelon of the agent
    load: float = 10_000.0  # × sum over the channel classes of load / capacity
    step: float = 2.0  # × first ladder step that admits the agent: who fits the plan comes first
    fit: float = 1.0  # × 0 (best) … 1 (worst), see SkillFit
    idle: float = 0.0  # × −minutes idle
    idle_cap_minutes: float = 60.0


@dataclass(frozen=True)
class Settings:
    """What holds for all queues."""

    languages: tuple[str, ...] = ()  # skill codes a contact may ask for as its language
    fit: SkillFit = SkillFit.BEST_LEVEL
    weights: Weights = field(default_factory=Weights)
    points_per_priority: float = 0.0  # points for one level of a contact's ``priority``
    voice_exclusive: bool = True  # a call and chats exclude each other, but for ``chats_beside_voice``
    chats_beside_voice: int = 0  # chats an agent may keep when a call comes, or be given during a call
    deferred_beside_live: bool = False  # deferred work may be given to an agent in a call or chat
    deferred_blocks_live: bool = False  # an agent with deferred work gets no call and no chat
