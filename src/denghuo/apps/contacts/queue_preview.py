"""Who is able at each step of a plan: the counts a planner looks at before setting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import RoleGrant, Skill
from denghuo.apps.accounts.queries import in_force
from denghuo.apps.contacts.choices import AgentMode
from denghuo.apps.contacts.models import AgentProfile, AgentSession, Queue
from denghuo.apps.contacts.plans import LadderStep, Plan
from denghuo.apps.contacts.plans.compiling import engine_echelon, engine_plan, settings
from denghuo.apps.contacts.reach import TAKE, covers, skills_of, take_paths
from denghuo.engine import routing


@dataclass(frozen=True, slots=True)
class StepCount:
    """One step: when it opens, whom it admits, and how many that are: of all, signed on, ready now."""

    number: int
    when: str
    who: str
    able: int
    signed_on: int
    ready: int
    more: int  # how many more than the step before


def preview(queue: Queue, plan: Plan) -> list[StepCount]:
    """The steps of a plan with their counts, by the engine's own rule; reserves count where the step admits them.

    Reads everybody who may take conversations of the queue's unit: the grants, their skills, profiles and sessions.
    """
    ids = _staff_of(queue)
    skills, sessions = skills_of(ids), AgentSession.objects.in_bulk(ids, field_name="staff_id")
    echelons = dict(AgentProfile.objects.filter(staff__in=ids).values_list("staff_id", "echelon"))
    chosen = settings(queue.org)
    known = sorted(plan.skills() | set(chosen.languages))
    policy = routing.compile_policy([engine_plan(plan, "plan", queue.channel_class)], known, chosen)
    agents = routing.Agents.build(
        policy, ids, [skills.get(one, {}) for one in ids], echelon=[engine_echelon(echelons.get(one, 0)) for one in ids]
    )
    names = {row.code: row.label for row in Skill.objects.filter(code__in=known)}
    found: list[StepCount] = []
    for number in range(len(plan.ladder) + 1):
        able = routing.able_agents(policy, agents, "plan", step=number)
        those = [sessions.get(one) for one, fit in zip(ids, able.tolist(), strict=True) if fit]
        on = [one for one in those if one is not None and one.mode != AgentMode.LOGGED_OUT]
        step = plan.ladder[number - 1] if number else None
        found.append(
            StepCount(
                number=number,
                when=_when(step),
                who=step_text(step, names) if step else _levels(plan.required, names) or _("任何坐席"),
                able=len(those),
                signed_on=len(on),
                ready=sum(one.state == AgentMode.READY for one in on),
                more=len(those) - (found[-1].able if found else 0),
            )
        )
    return found


def _staff_of(queue: Queue) -> list[int]:
    rows = RoleGrant.objects.filter(in_force(timezone.now()), role__permissions__contains=[TAKE], staff__is_active=True)
    paths = take_paths(rows.filter(role__permissions__contains=["agent.work"]).values_list("staff_id", flat=True))
    return sorted(one for one, held in paths.items() if covers(held, queue.org.path))


def _when(step: LadderStep | None) -> str:
    if step is None:
        return _("进线即可")
    parts = []
    if step.after_seconds is not None:
        parts.append(_("等待满 %(n)s 秒") % {"n": step.after_seconds})
    if step.waiting_over is not None:
        parts.append(_("排队达 %(n)s 个") % {"n": step.waiting_over})
    return _("，或").join(parts)


def step_text(step: LadderStep, names: Mapping[str, str]) -> str:
    """What a step admits besides the steps before it, in words."""
    parts = []
    for code, level in step.lower.items():
        name = names.get(code, code)
        parts.append(
            _("%(skill)s放宽到 %(level)s 级") % {"skill": name, "level": level}
            if level
            else _("不再要求%(skill)s") % {"skill": name}
        )
    if step.alternative:
        parts.append(_("或%(levels)s") % {"levels": _levels(step.alternative, names)})
    if step.drop_language:
        parts.append(_("不限语种"))
    if step.echelon:
        parts.append(_("动用第 %(n)s 梯队及以前") % {"n": step.echelon})
    return _("；").join(parts)


def _levels(levels: Mapping[str, int], names: Mapping[str, str]) -> str:
    shown = (
        _("%(skill)s %(level)s 级以上") % {"skill": names.get(code, code), "level": level}
        for code, level in levels.items()
    )
    return _("且").join(shown)
