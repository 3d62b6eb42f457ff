"""Work points of a task (工作当量): what the catalogue of its day says, line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.teams import words
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

SHANGHAI_NOON = dt.time(12)


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the sum: what for, and how many points."""

    label: str
    points: float


@dataclass(frozen=True, slots=True)
class Sum:
    """Points of a task with the lines they come from."""

    total: float
    lines: tuple[Line, ...]


def moment_of(day: dt.date) -> dt.datetime:
    """The moment whose policies count for a day: local noon."""
    return timezone.make_aware(dt.datetime.combine(day, SHANGHAI_NOON))


def catalogue_points(
    org: OrgUnit, day: dt.date, *, type: str, conditions: Sequence[str], distance_km: float | None, people: int
) -> Sum:
    """``base × (1 + Σ additions)`` plus ``km beyond the free distance × points a km``, all ``× (1 + helper addition ×
    (people − 1))``. Points; the policies of ``org`` in force on ``day``. A type the catalogue does not know gives 0."""
    at = moment_of(day)
    base = float(policies.get("teams.type_points", org, at).get(type, 0))
    lines = [Line(_("基本当量"), base)]
    additions, names = policies.get("teams.condition_additions", org, at), words.names("teams.condition_names", org)
    lines += [Line(names.get(code, code), base * float(additions.get(code, 0))) for code in conditions]
    beyond = max(0.0, (distance_km or 0) - policies.get("teams.distance_free_km", org, at))
    if beyond > 0:
        lines.append(
            Line(
                _("距离超出 %(km)s 公里") % {"km": f"{beyond:.1f}"},
                beyond * policies.get("teams.distance_points_km", org, at),
            )
        )
    alone = sum(line.points for line in lines)
    if people > 1:
        more = alone * policies.get("teams.helper_addition", org, at) * (people - 1)
        lines.append(Line(_("%(n)s 人共同作业") % {"n": people}, more))
    return Sum(
        round(sum(line.points for line in lines), 2), tuple(Line(one.label, round(one.points, 2)) for one in lines)
    )


def is_night(moment: dt.datetime, org: OrgUnit) -> bool:
    """Whether a moment lies in the night of policy ``teams.night``."""
    window = policies.get("teams.night", org, moment)
    start, end = dt.time.fromisoformat(window["from"]), dt.time.fromisoformat(window["to"])
    clock = timezone.localtime(moment).time()
    return start <= clock < end if start < end else clock >= start or clock < end


def skills_needed(org: OrgUnit, day: dt.date, type: str, conditions: Sequence[str]) -> frozenset[str]:
    """Codes of the skills a task calls for, from its type and conditions."""
    at = moment_of(day)
    needed = set(policies.get("teams.type_skills", org, at).get(type, ()))
    by_condition = policies.get("teams.condition_skills", org, at)
    for code in conditions:
        needed |= set(by_condition.get(code, ()))
    return frozenset(needed)
