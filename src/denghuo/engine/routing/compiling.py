"""From plans to arrays: checks what a manager wrote and lays it out for the compiled rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.routing.plan import MAX_LEVEL, MAX_SKILLS, MAX_STEPS, PolicyError, QueuePlan, Settings, Step

# One point in the integer unit of scores: an ageing of 0.0001 points a minute is exactly 1 unit a millisecond.
UNITS_PER_POINT = 600_000_000
MAX_AGEING = 50.0  # points a minute; keeps scores within 64 bits for Unix times until 2286
MAX_POINTS = 1e9
NEVER = np.iinfo(np.int64).max

Requirement = tuple[tuple[int, int], ...]  # (skill index, minimum level), sorted


class PolicyArrays(NamedTuple):
    """Q queues, T = longest ladder + 1 steps (step 0 is the plan itself), L = languages + 1 slots (slot 0: any).

    The alternatives of (queue, step) are ``alternative_at[q * T + s] : alternative_at[q * T + s + 1]``; alternative a
    asks for ``need_skill[need_at[a] : need_at[a + 1]]`` at the levels ``need_level`` beside them.
    """

    channel: NDArray[np.int32]  # (Q,)
    points: NDArray[np.int64]  # (Q,) base points, in units
    rate: NDArray[np.int64]  # (Q,) units a millisecond
    affinity: NDArray[np.float64]  # (Q,) seconds
    steps: NDArray[np.int32]  # (Q,) steps, the plan's own included
    after: NDArray[np.float64]  # (Q, T) seconds; inf: does not open by time
    over: NDArray[np.int64]  # (Q, T) contacts; NEVER: does not open by threshold
    echelon: NDArray[np.int32]  # (Q, T)
    language_level: NDArray[np.int32]  # (Q, T) 0: not asked for
    alternative_at: NDArray[np.int32]  # (Q * T + 1,)
    need_at: NDArray[np.int32]  # (alternatives + 1,)
    need_skill: NDArray[np.int32]
    need_level: NDArray[np.int32]
    language_skill: NDArray[np.int32]  # (L,) slot -> skill, -1 for slot 0
    flags: NDArray[np.int64]  # (6,) see FLAGS
    weights: NDArray[np.float64]  # (6,) echelon, load, step, fit, idle, idle_cap_minutes


FLAGS = (
    "voice_exclusive",
    "chats_beside_voice",
    "deferred_beside_live",
    "deferred_blocks_live",
    "fit",
    "priority_units",
)


@dataclass(frozen=True)
class CompiledPolicy:
    """The compiled policy: ``arrays`` for the rules, the rest to name things. Immutable; share it freely."""

    arrays: PolicyArrays
    plans: tuple[QueuePlan, ...]
    skills: tuple[str, ...]
    settings: Settings
    queue_index: Mapping[str, int]
    skill_index: Mapping[str, int]
    language_slot: NDArray[np.int32]  # (skills + 1,) slot of a skill, -1 if no language; the last entry, 0, is for -1

    @property
    def queues(self) -> tuple[str, ...]:
        """Codes of the queues in index order."""
        return tuple(plan.code for plan in self.plans)


@dataclass(frozen=True)
class _Rung:
    """A step with everything before it folded in."""

    alternatives: tuple[Requirement, ...]
    language_level: int
    echelon: int


def compile_policy(
    plans: Sequence[QueuePlan], skills: Sequence[str], settings: Settings | None = None
) -> CompiledPolicy:
    """Check the plans and lay them out; takes about 50 µs a queue.

    Raises PolicyError, naming queue and step, for: more than 64 skills, a repeated or unknown code, a level outside
    1-5, ageing outside 0.0001-50 points a minute, negative seconds, and a ladder step that never opens, opens no later
    than the one before, raises a minimum level, admits a lower echelon or widens nothing.
    """
    settings = settings or Settings()
    skill_index = _numbered(skills, "skill")
    if len(skill_index) > MAX_SKILLS:
        raise PolicyError(f"{len(skill_index)} skills, at most {MAX_SKILLS} are possible")
    queue_index = _numbered([plan.code for plan in plans], "queue")
    unknown = set(settings.languages) - set(skill_index)
    if unknown:
        raise PolicyError(f"languages that are no skills: {', '.join(sorted(unknown))}")
    ladders = [_ladder(plan, skill_index) for plan in plans]
    slots = np.full(len(skills) + 1, -1, np.int32)
    slots[-1] = 0
    for slot, code in enumerate(dict.fromkeys(settings.languages), start=1):
        slots[skill_index[code]] = slot
    arrays = _lay_out(plans, ladders, slots, settings)
    return CompiledPolicy(arrays, tuple(plans), tuple(skills), settings, queue_index, skill_index, slots)


def _numbered(codes: Sequence[str], what: str) -> dict[str, int]:
    index = {code: position for position, code in enumerate(codes)}
    if len(index) != len(codes):
        repeated = sorted(code for code in index if list(codes).count(code) > 1)
        raise PolicyError(f"{what} given more than once: {', '.join(repeated)}")
    return index


def _ladder(plan: QueuePlan, skill_index: Mapping[str, int]) -> list[_Rung]:
    where = f"queue {plan.code}"
    if not 0.0001 <= plan.ageing_per_minute <= MAX_AGEING:
        raise PolicyError(
            f"{where}: ageing must be 0.0001-{MAX_AGEING:g} points a minute, not {plan.ageing_per_minute}"
        )
    if not abs(plan.base_points) <= MAX_POINTS:
        raise PolicyError(f"{where}: base points must stay within ±{MAX_POINTS:g}")
    if not (0 <= plan.affinity_seconds < float("inf") and plan.target_seconds > 0):
        raise PolicyError(f"{where}: affinity must be 0 seconds or more and the target above 0")
    if not 0 <= plan.language_level <= MAX_LEVEL:
        raise PolicyError(f"{where}: the language level must be 0-{MAX_LEVEL}")
    if len(plan.ladder) > MAX_STEPS:
        raise PolicyError(f"{where}: at most {MAX_STEPS} ladder steps, not {len(plan.ladder)}")
    rungs = [_Rung((_requirement(plan.required, skill_index, where),), plan.language_level, 0)]
    seconds, waiting = 0.0, 0
    for number, step in enumerate(plan.ladder, start=1):
        here = f"{where}, step {number}"
        seconds, waiting = _opening(step, seconds, waiting, here)
        rungs.append(_widened(rungs[-1], step, skill_index, here))
    return rungs


def _opening(step: Step, seconds: float, waiting: int, where: str) -> tuple[float, int]:
    """The step's conditions, checked against those of the steps before it."""
    if step.after_seconds is None and step.waiting_over is None:
        raise PolicyError(f"{where} never opens: give after_seconds or waiting_over")
    if step.after_seconds is not None:
        if not seconds < step.after_seconds < float("inf"):
            raise PolicyError(
                f"{where} opens after {step.after_seconds} s, which is not later than {seconds:g} s before it"
            )
        seconds = step.after_seconds
    if step.waiting_over is not None:
        if step.waiting_over <= waiting:
            raise PolicyError(
                f"{where} opens at {step.waiting_over} waiting, which is not more than {waiting} before it"
            )
        waiting = step.waiting_over
    return seconds, waiting


def _requirement(levels: Mapping[str, int], skill_index: Mapping[str, int], where: str) -> Requirement:
    for code, level in levels.items():
        if code not in skill_index:
            raise PolicyError(f"{where}: unknown skill {code}")
        if not 1 <= level <= MAX_LEVEL:
            raise PolicyError(f"{where}: skill {code} needs a level of 1-{MAX_LEVEL}, not {level}")
    return tuple(sorted((skill_index[code], level) for code, level in levels.items()))


def _widened(before: _Rung, step: Step, skill_index: Mapping[str, int], where: str) -> _Rung:
    alternatives = list(before.alternatives)
    for code, level in step.lower.items():
        if code not in skill_index:
            raise PolicyError(f"{where}: unknown skill {code}")
        alternatives = _lowered(alternatives, skill_index[code], code, level, where)
    if step.alternative is not None:
        extra = _requirement(step.alternative, skill_index, where)
        if any(_covers(known, extra) for known in alternatives):
            raise PolicyError(f"{where}: the alternative admits nobody who is not admitted already")
        alternatives.append(extra)
    if step.echelon < before.echelon:
        raise PolicyError(f"{where} admits echelon {step.echelon}, lower than {before.echelon} before it")
    language_level = 0 if step.drop_language else before.language_level
    rung = _Rung(tuple(alternatives), language_level, step.echelon)
    if rung == before:
        raise PolicyError(
            f"{where} widens nothing: lower a level, add an alternative, drop the language or admit an echelon"
        )
    return rung


def _lowered(alternatives: list[Requirement], skill: int, code: str, level: int, where: str) -> list[Requirement]:
    asked = [dict(known)[skill] for known in alternatives if skill in dict(known)]
    if not asked:
        raise PolicyError(f"{where} lowers skill {code}, which the queue does not ask for")
    if not 0 <= level < max(asked):
        raise PolicyError(
            f"{where} sets skill {code} to level {level}, but a step may only lower it (now {max(asked)})"
        )
    return [
        tuple((s, min(need, level) if s == skill else need) for s, need in known if s != skill or level > 0)
        for known in alternatives
    ]


def _covers(wide: Requirement, narrow: Requirement) -> bool:
    """Whoever meets ``narrow`` meets ``wide``."""
    levels = dict(narrow)
    return all(levels.get(skill, 0) >= level for skill, level in wide)


def _lay_out(
    plans: Sequence[QueuePlan], ladders: Sequence[list[_Rung]], slots: NDArray[np.int32], settings: Settings
) -> PolicyArrays:
    longest = max((len(ladder) for ladder in ladders), default=1)
    shape = (len(plans), longest)
    after, over = np.full(shape, np.inf), np.full(shape, NEVER, np.int64)
    echelon, language_level = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    alternative_at, need_at, need_skill, need_level = [0], [0], list[int](), list[int]()
    for q, (plan, ladder) in enumerate(zip(plans, ladders, strict=True)):
        after[q, 0], over[q, 0] = -np.inf, 0
        for s in range(longest):
            rung = ladder[min(s, len(ladder) - 1)]
            echelon[q, s], language_level[q, s] = rung.echelon, rung.language_level
            if 0 < s < len(ladder):
                after[q, s] = _or(plan.ladder[s - 1].after_seconds, np.inf)
                over[q, s] = _or(plan.ladder[s - 1].waiting_over, NEVER)
            for requirement in rung.alternatives:
                need_skill += [skill for skill, _ in requirement]
                need_level += [level for _, level in requirement]
                need_at.append(len(need_skill))
            alternative_at.append(len(need_at) - 1)
    languages = np.full(1 + int(slots.max(initial=0)), -1, np.int32)
    languages[slots[:-1][slots[:-1] > 0]] = np.flatnonzero(slots[:-1] > 0)
    arrays = PolicyArrays(
        channel=np.array([int(p.channel) for p in plans], np.int32),
        points=np.array([round(p.base_points * UNITS_PER_POINT) for p in plans], np.int64),
        rate=np.array([max(1, round(p.ageing_per_minute * UNITS_PER_POINT / 60_000)) for p in plans], np.int64),
        affinity=np.array([p.affinity_seconds for p in plans], np.float64),
        steps=np.array([len(ladder) for ladder in ladders], np.int32),
        after=after,
        over=over,
        echelon=echelon,
        language_level=language_level,
        alternative_at=np.array(alternative_at, np.int32),
        need_at=np.array(need_at, np.int32),
        need_skill=np.array(need_skill, np.int32),
        need_level=np.array(need_level, np.int32),
        language_skill=languages,
        flags=_flags(settings),
        weights=_weights(settings),
    )
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _flags(settings: Settings) -> NDArray[np.int64]:
    if settings.chats_beside_voice < 0:
        raise PolicyError("chats beside a call must be 0 or more")
    if not abs(settings.points_per_priority) <= MAX_POINTS:
        raise PolicyError(f"points per priority must stay within ±{MAX_POINTS:g}")
    values = [getattr(settings, name) for name in FLAGS[:-1]]
    return np.array([*map(int, values), round(settings.points_per_priority * UNITS_PER_POINT)], np.int64)


def _weights(settings: Settings) -> NDArray[np.float64]:
    shown = settings.weights
    values = [shown.echelon, shown.load, shown.step, shown.fit, shown.idle, shown.idle_cap_minutes]
    if not all(np.isfinite(value) and value >= 0 for value in values):
        raise PolicyError("weights must be finite and not negative")
    return np.array(values, np.float64)
