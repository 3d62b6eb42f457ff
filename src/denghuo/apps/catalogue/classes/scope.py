"""Whose tree is looked at, and which editions there are."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _

from denghuo.apps.catalogue import classes
from denghuo.apps.catalogue.actions import EDIT, RELEASE
from denghuo.apps.catalogue.editions import Row
from denghuo.apps.catalogue.models import ClassTree, EditionState
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.engine.classes import Change, Tree, compare

VIEW = "catalogue.view"
KINDS = (OrgKind.COMPANY, OrgKind.PROVINCE, OrgKind.CITY)


@dataclass(frozen=True, slots=True)
class Place:
    """A unit whose tree is looked at, and what the reader may do there."""

    unit: OrgUnit
    may_edit: bool
    may_release: bool


def units(actor: Actor) -> list[OrgUnit]:
    """Companies, provinces and cities the actor may look at, from the top; those that only have their own team see it."""
    wanted = Q()
    for path in actor.paths_for(VIEW):
        wanted |= Q(path__startswith=path, kind__in=KINDS) | Q(path=path)
    return list(OrgUnit.objects.filter(wanted).order_by("path")) if wanted else []


def place(actor: Actor, asked: str) -> tuple[Place, list[OrgUnit]]:
    """The unit asked for by id, else the topmost one; with all that may be asked for. Raises NotFound."""
    known = units(actor)
    unit = next((one for one in known if str(one.pk) == asked), None) if asked else (known[0] if known else None)
    if unit is None:
        raise NotFound(_("没有这个单位，或不在您的管辖范围"))
    return Place(unit, actor.can(EDIT, unit.path), actor.can(RELEASE, unit.path)), known


def whose(row: Row | ClassTree, names: dict[int, str]) -> str:
    """Whose edition it is, in words."""
    return names.get(row.org_id, "—") if row.org_id is not None else _("出厂版")


def draft_of(code: str, unit: OrgUnit) -> ClassTree | None:
    """The unit's own draft of a tree."""
    return ClassTree.objects.filter(code=code, org=unit, state=EditionState.DRAFT).first()


def editions_of(code: str, unit: OrgUnit) -> list[ClassTree]:
    """Editions that hold or held for a unit, its own and those of units above, newest first."""
    lineage = unit.ancestor_ids()
    rows = ClassTree.objects.filter(Q(org=None) | Q(org_id__in=lineage), code=code).exclude(state=EditionState.DRAFT)
    return list(rows.select_related("org", "made_by", "released_by").defer("document").order_by("-valid_from", "-pk"))


def visible_edition(actor: Actor, pk: int) -> ClassTree:
    """An edition the actor may read: shipped ones, and those of units on the way to or below theirs. Raises NotFound."""
    row = ClassTree.objects.select_related("org").filter(pk=pk).first()
    if row is not None and (row.org is None or _related(actor, row.org)):
        return row
    raise NotFound(_("没有这个版本"))


def _related(actor: Actor, unit: OrgUnit) -> bool:
    return any(unit.path.startswith(path) or path.startswith(unit.path) for path in actor.paths_for(VIEW))


def above(code: str, unit: OrgUnit) -> tuple[Row, Tree] | None:
    """What would hold for the unit if it had no edition of its own."""
    parent = unit.parent
    return classes.in_force(code, parent)


def differences(before: Tree | None, after: Tree) -> list[Change]:
    """Changes against an edition; none without one."""
    return compare(before, after) if before is not None else []
