"""The catalogue of materials, checklists and safety steps: policies, read into what screens need."""

from __future__ import annotations

from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit


def catalogue(org: OrgUnit | None) -> dict[str, tuple[str, str]]:
    """Code → (name, unit) by policy ``crew.materials``; a line without all three parts is left out."""
    found = {}
    for line in policies.get("crew.materials", org):
        parts = [part.strip() for part in line.split("|")]
        if len(parts) == 3 and all(parts):
            found[parts[0]] = (parts[1], parts[2])
    return found


def steps_for(key: str, fault_class: str, org: OrgUnit | None) -> list[str]:
    """The lines of policy ``key`` (``crew.safety_steps``, ``crew.checklist``) for a class of fault, else the default."""
    by_class: dict[str, list[str]] = policies.get(key, org)
    return by_class.get(fault_class.partition(".")[0]) or by_class.get("default", [])
