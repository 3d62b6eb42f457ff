"""From plans to the routing engine's own form, and the settings that hold for all queues."""

from __future__ import annotations

from functools import lru_cache

from denghuo.apps.contacts.choices import ChannelClass
from denghuo.apps.contacts.plans.definition import Plan
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine import routing

CLASSES = {
    ChannelClass.VOICE: routing.ChannelClass.VOICE,
    ChannelClass.CHAT: routing.ChannelClass.CHAT,
    ChannelClass.DEFERRED: routing.ChannelClass.DEFERRED,
}
FITS = {fit.name.lower(): fit for fit in routing.SkillFit}


def engine_plan(plan: Plan, code: str, channel: str, scope: str = "") -> routing.QueuePlan:
    """The engine's form of a plan for conversations of one channel class.

    ``scope`` is a skill code that stands for a part of the org tree: an agent has it at level 1 when they may take
    conversations of that part. Every way into the queue asks for it. Echelon k of a plan is echelon k + 1 of the engine,
    whose echelon 1 is for reserves that were called in (see :mod:`denghuo.apps.contacts.router.truth`).
    """
    own = {scope: 1} if scope else {}
    ladder = tuple(
        routing.Step(
            after_seconds=step.after_seconds,
            waiting_over=step.waiting_over,
            lower=step.lower,
            alternative={**step.alternative, **own} if step.alternative else None,
            drop_language=step.drop_language,
            echelon=engine_echelon(step.echelon),
        )
        for step in plan.ladder
    )
    return routing.QueuePlan(
        code,
        required={**plan.required, **own},
        channel=CLASSES[ChannelClass(channel)],
        base_points=plan.base_points,
        ageing_per_minute=plan.ageing_per_minute,
        target_seconds=plan.target_seconds,
        affinity_seconds=plan.affinity_seconds,
        language_level=plan.language_level,
        ladder=ladder,
    )


def engine_echelon(echelon: int) -> int:
    """0 is the regular floor, 1 reserves that were called in, k + 1 reserve echelon k at rest."""
    return echelon + 1 if echelon else 0


def settings(org: OrgUnit | None = None) -> routing.Settings:
    """What holds for all queues, from the policies ``routing.*``."""
    weights = policies.get("routing.weights", org)
    return _settings(
        tuple(sorted(set(policies.get("routing.language_skills", org).values()))),
        str(policies.get("routing.skill_fit", org)),
        tuple(sorted(weights.items())),
        float(policies.get("routing.points_per_priority", org)),
        int(policies.get("routing.chats_beside_voice", org)),
        bool(policies.get("routing.deferred_beside_live", org)),
        bool(policies.get("routing.deferred_blocks_live", org)),
    )


@lru_cache(maxsize=16)
def _settings(
    languages: tuple[str, ...],
    fit: str,
    weights: tuple[tuple[str, float], ...],
    points: float,
    beside_voice: int,
    beside_live: bool,
    blocks_live: bool,
) -> routing.Settings:
    known = routing.Weights.__dataclass_fields__
    return routing.Settings(
        languages=languages,
        fit=FITS.get(fit, routing.SkillFit.BEST_LEVEL),
        weights=routing.Weights(**{name: float(value) for name, value in weights if name in known}),
        points_per_priority=points,
        chats_beside_voice=beside_voice,
        deferred_beside_live=beside_live,
        deferred_blocks_live=blocks_live,
    )
