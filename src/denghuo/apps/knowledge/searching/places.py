"""For customers of which unit may be searched."""

from __future__ import annotations

from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

VIEW = "knowledge.view"
#: kinds of unit that a customer may say they live in
PLACES = (OrgKind.CITY, OrgKind.COUNTY)


def units_of(actor: Actor) -> list[OrgUnit]:
    """Units down to the county in which ``actor`` may read the base, in the order of the tree."""
    paths = actor.paths_for(VIEW)
    kinds = (OrgKind.PROVINCE, OrgKind.CITY, OrgKind.COUNTY)
    return list(units_under(paths).filter(kind__in=kinds).order_by("path")) if paths else []


def unit_for(actor: Actor, org_id: int | None) -> OrgUnit | None:
    """The unit a member of staff asks for; None: what holds everywhere. Raises NotFound outside of their units."""
    if org_id is None:
        return None
    unit = OrgUnit.objects.filter(pk=org_id).first()
    if unit is None or not actor.can(VIEW, unit.path):
        raise NotFound()
    return unit


def public_unit(org_id: int | None) -> OrgUnit | None:
    """The city or county a customer says they live in; None when it is none."""
    return OrgUnit.objects.filter(pk=org_id, kind__in=PLACES).first() if org_id is not None else None


def counties() -> list[tuple[str, list[tuple[int, str]]]]:
    """Counties grouped by city, for a customer's choice. One query."""
    groups: dict[int, tuple[str, list[tuple[int, str]]]] = {}
    for unit in OrgUnit.objects.filter(kind__in=PLACES).order_by("path"):
        if unit.kind == OrgKind.CITY:
            groups[unit.pk] = (unit.label, [])
        elif unit.parent_id in groups:
            groups[unit.parent_id][1].append((unit.pk, unit.label))
    return [group for group in groups.values() if group[1]]
