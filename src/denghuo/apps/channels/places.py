"""Whose setting counts where, and who may change it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import NotAllowed, NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

VIEW = "channel.view"
MANAGE = "channel.manage"
SETTABLE = (OrgKind.COMPANY, OrgKind.PROVINCE, OrgKind.CITY)


def common_unit() -> OrgUnit:
    """The smallest unit that holds every customer: the only province, else the root of the tree.

    Uses whose place is unknown are booked here. Raises NotFound before the org tree exists.
    """
    provinces = list(OrgUnit.objects.filter(kind=OrgKind.PROVINCE)[:2])
    if len(provinces) == 1:
        return provinces[0]
    root = OrgUnit.objects.filter(parent=None).order_by("pk").first()
    if root is None:
        raise NotFound(_("组织机构尚未建立"))
    return root


def may_everywhere(actor: Actor, permission: str) -> bool:
    """Whether ``actor`` holds ``permission`` on all provinces, and with that on what they share."""
    return permission in held_everywhere(actor, permission)


def held_everywhere(actor: Actor, *permissions: str) -> frozenset[str]:
    """Which of ``permissions`` the actor holds on all provinces; one query at most."""
    held = {code for code in permissions if actor.can(code, ROOT_PATH)}
    doubtful = [code for code in permissions if code not in held and actor.can_somewhere(code)]
    if doubtful:
        provinces = list(OrgUnit.objects.filter(kind=OrgKind.PROVINCE).values_list("path", flat=True))
        held |= {code for code in doubtful if provinces and all(actor.can(code, path) for path in provinces)}
    return frozenset(held)


def require_manage(actor: Actor, org: OrgUnit | None) -> None:
    """Raise NotAllowed unless ``actor`` manages channels of ``org``; None is what all provinces share."""
    if org is not None:
        actor.require(MANAGE, org.path)
    elif not may_everywhere(actor, MANAGE):
        raise NotAllowed(_("全部单位共用的渠道设置，须由管理全部省公司的人员修改；您可以选择本单位单独设置"))


def settable_units(actor: Actor, permission: str = MANAGE) -> list[OrgUnit]:
    """Units (company, province, city) for which ``actor`` may see or change channel settings, in tree order."""
    paths = actor.paths_for(permission)
    if not paths:
        return []
    return list(units_under(paths).filter(kind__in=SETTABLE).order_by("path"))


def lineage(org: OrgUnit | None) -> list[int]:
    """Ids from the root down to ``org``; empty for everywhere."""
    return org.ancestor_ids() if org is not None else []
