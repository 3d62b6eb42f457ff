"""The contact centre of the routing benchmark: 50 skills, 50 queues, 1,000 agents, 5,000 contacts waiting. Seeded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.routing import Agents, ChannelClass, CompiledPolicy, QueuePlan, Settings, Step, compile_policy

LANGUAGES = ("skill48", "skill49")
SKILLS = tuple(f"skill{n:02d}" for n in range(50))
START = 1_700_000_000.0


@dataclass(frozen=True)
class Traffic:
    """Contacts in order of arrival, and the order in which agents finish. ``language``: 0 any, else language slot."""

    queue: NDArray[np.int32]
    boost: NDArray[np.float64]
    language: NDArray[np.int32]
    finisher: NDArray[np.int32]


def plans() -> list[QueuePlan]:
    """48 queues for a skill each, some asking for a second, and two for anybody good at service; a ladder of 3 steps."""
    made = []
    for n in range(50):
        skill = SKILLS[n % 48]
        required = {skill: 3} | ({SKILLS[(n * 7 + 1) % 48]: 1} if n % 4 == 0 and (n * 7 + 1) % 48 != n % 48 else {})
        ladder = (
            Step(after_seconds=120, lower={skill: 2}),
            Step(after_seconds=600, waiting_over=140, lower={skill: 1}, drop_language=True),
            Step(after_seconds=1800, alternative={SKILLS[(n + 1) % 48]: 2}, echelon=1),
        )
        made.append(
            QueuePlan(
                f"queue{n:02d}", required, ChannelClass.VOICE, base_points=float(n % 5) * 5,
                ageing_per_minute=1.0 + n % 3, ladder=ladder,
            )
        )  # fmt: skip
    return made


def policy() -> CompiledPolicy:
    """The compiled plans."""
    return compile_policy(plans(), SKILLS, Settings(languages=LANGUAGES))


def agents(compiled: CompiledPolicy, count: int, rng: np.random.Generator) -> Agents:
    """Each with 3 to 8 skills of levels 1-5, one in ten with a language, one in twenty of the reserve; all in a call."""
    levels = np.zeros((count, len(SKILLS)), np.uint8)
    for a in range(count):
        known = rng.choice(48, rng.integers(3, 9), replace=False)
        levels[a, known] = rng.integers(1, 6, len(known))
        if rng.random() < 0.1:
            levels[a, rng.integers(48, 50)] = 3
    return Agents.build(
        compiled,
        np.arange(count) + 1,
        levels=levels,
        capacity=np.tile([1, 0, 0], (count, 1)),
        load=np.tile([1, 0, 0], (count, 1)),
        idle_since=np.full(count, START),
        echelon=(rng.random(count) < 0.05).astype(int),
    )


def traffic(contacts: int, count: int, rng: np.random.Generator) -> Traffic:
    """Arrivals: 3 % with a language, 2 % with a boost."""
    return Traffic(
        rng.integers(0, 50, contacts).astype(np.int32),
        np.where(rng.random(contacts) < 0.02, 20.0, 0.0),
        np.where(rng.random(contacts) < 0.03, rng.integers(1, 3, contacts), 0).astype(np.int32),
        rng.integers(0, count, contacts).astype(np.int32),
    )


def known(value: Any) -> dict[str, Any]:
    """Shape of the world, for the report."""
    return {"agents": len(value), "skills": len(SKILLS), "queues": 50, "ladder_steps": 3}
