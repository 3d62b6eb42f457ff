"""A team with a leader, a fitter who may work on meters, and a hand without skills."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from denghuo.apps.accounts.models import Skill, Staff, StaffSkill
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.teams import actions
from denghuo.apps.teams.models import TeamTask
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

MONDAY = dt.date(2026, 7, 13)
TODAY = dt.date(2026, 7, 15)
THURSDAY = dt.date(2026, 7, 16)
FRIDAY = dt.date(2026, 7, 17)


@dataclass
class Kit:
    """People of the team and shorthands."""

    team: OrgUnit
    leader_staff: Staff
    fitter_staff: Staff
    hand_staff: Staff
    leader: Actor
    fitter: Actor
    hand: Actor

    def task(self, *people: Staff, **changes: Any) -> TeamTask:
        data: dict[str, Any] = {
            "type": "customer_visit", "title": "走访重要用户", "day": TODAY, "staff_ids": [one.pk for one in people],
        }  # fmt: skip
        return actions.create_task(self.leader, self.team, **{**data, **changes})


def make(org_tree: Any, make_staff: Any) -> Kit:
    def person(role: str, *skills: str) -> Staff:
        staff: Staff = make_staff(role, org_tree.team)
        for code in skills:
            StaffSkill.objects.create(staff=staff, skill=Skill.objects.get(code=code))
        return staff

    leader, fitter, hand = (
        person("crew_leader", "low_voltage"),
        person("crew_member", "metering"),
        person("crew_member"),
    )
    return Kit(org_tree.team, leader, fitter, hand, actor_for(leader), actor_for(fitter), actor_for(hand))
