"""Whom of the staff a conversation may reach: the part of the org tree they serve, and what they can do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.utils import timezone

from denghuo.apps.accounts.models import RoleGrant, StaffSkill
from denghuo.apps.accounts.queries import in_force, scope_path
from denghuo.apps.contacts.plans.definition import Plan
from denghuo.core.scoping.models import OrgUnit

TAKE = "contact.take"


def take_paths(staff_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Org paths on which each may take conversations, from the grants in force; one query (the grants' foreign key).

    Permissions keep to the wall clock, like everything of security.
    """
    rows = RoleGrant.objects.filter(in_force(timezone.now()), staff__in=list(staff_ids), staff__is_active=True)
    rows = rows.filter(role__permissions__contains=[TAKE]).select_related("org")
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row.staff_id, set()).add(scope_path(row.org))
    return {staff_id: tuple(sorted(paths)) for staff_id, paths in found.items()}


def skills_of(staff_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Skill code -> level of each; one query (the unique index of a person's skills)."""
    found: dict[int, dict[str, int]] = {}
    rows = StaffSkill.objects.filter(staff__in=list(staff_ids)).order_by()
    for staff_id, code, level in rows.values_list("staff_id", "skill__code", "level"):
        found.setdefault(staff_id, {})[code] = level
    return found


def covers(paths: Collection[str], org_path: str) -> bool:
    """Whether one of the paths holds the unit."""
    return any(org_path.startswith(path) for path in paths)


def takers(staff_ids: Iterable[int], org: OrgUnit, plan: Plan) -> set[int]:
    """Who of ``staff_ids`` may take conversations of ``org`` and meets what the plan asks for, the ladder apart."""
    ids = list(staff_ids)
    paths, skills = take_paths(ids), skills_of(ids) if plan.required else {}
    return {one for one in ids if covers(paths.get(one, ()), org.path) and meets(skills.get(one, {}), plan.required)}


def meets(skills: Mapping[str, int], required: Mapping[str, int]) -> bool:
    """Whether every level asked for is reached."""
    return all(skills.get(code, 0) >= level for code, level in required.items())
