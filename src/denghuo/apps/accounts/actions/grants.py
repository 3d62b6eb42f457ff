"""Granting and revoking roles, with the administrators kept apart."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff, refuse_self
from denghuo.apps.accounts.models import Role, RoleGrant, Staff
from denghuo.apps.accounts.queries import in_force, scope_path
from denghuo.apps.accounts.roles import ADMIN_ROLES, role_name
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit


@action("staff.grant_role")
def grant_role(
    actor: Actor,
    staff_id: int,
    role: str,
    org_id: int,
    *,
    valid_from: dt.datetime | None = None,
    valid_to: dt.datetime | None = None,
) -> RoleGrant:
    """Give a person a role on a unit and all below it, from ``valid_from`` (default now) to ``valid_to`` (default open).

    Needs ``role.grant`` over that unit; nobody grants to themselves. Raises InvalidInput (``role``, ``org``,
    ``valid_to``), Conflict: already held, or a second administrator role for one person.
    """
    staff = locked_staff(staff_id)
    unit = OrgUnit.objects.filter(pk=org_id).first()
    held = Role.objects.filter(code=role).first()
    start = valid_from or timezone.now()
    _check_words(unit, held, start, valid_to)
    assert unit is not None
    assert held is not None
    actor.require("role.grant", scope_path(unit))
    actor.require("role.grant", staff.org.path)
    refuse_self(actor, staff)
    if not staff.is_active:
        raise Conflict(_("该人员已停用，请先恢复"))
    _keep_administrators_apart(staff, held)
    if RoleGrant.objects.filter(in_force(start), staff=staff, role=held, org=unit).exists():
        raise Conflict(_("该人员在此单位已有“%(role)s”角色") % {"role": role_name(role)})
    grant, _created = RoleGrant.objects.update_or_create(
        staff=staff, role=held, org=unit, defaults={"valid_from": start, "valid_to": valid_to}
    )
    until = valid_to.isoformat() if valid_to else None
    record(
        actor, "staff.role_granted", staff, org=staff.org, payload={"role": role, "unit_id": unit.pk, "until": until}
    )
    return grant


def _check_words(unit: OrgUnit | None, role: Role | None, start: dt.datetime, end: dt.datetime | None) -> None:
    wrong: dict[str, str] = {}
    if role is None:
        wrong["role"] = _("请选择角色")
    if unit is None:
        wrong["org"] = _("请选择单位")
    if end is not None and end <= max(start, timezone.now()):
        wrong["valid_to"] = _("截止时间须晚于现在和开始时间")
    if wrong:
        raise InvalidInput(wrong)


def _keep_administrators_apart(staff: Staff, role: Role) -> None:
    """GB/T 22239-2019 8.1.4.2: system, security and audit administrator are different people, now and in future."""
    if role.code not in ADMIN_ROLES:
        return
    not_over = Q(valid_to=None) | Q(valid_to__gt=timezone.now())
    others = RoleGrant.objects.filter(not_over, staff=staff, role__code__in=ADMIN_ROLES - {role.code})
    other = others.select_related("role").first()
    if other is not None:
        raise Conflict(
            _("系统、安全、审计管理员须由不同的人担任；该人员已是“%(role)s”") % {"role": role_name(other.role.code)},
            code="administrators_apart",
        )


@action("staff.revoke_role")
def revoke_role(actor: Actor, grant_id: int) -> RoleGrant:
    """End a grant now; it stays in the history. Raises NotFound, NotAllowed, Conflict (the last security administrator)."""
    grant = (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("role", "org", "staff__org")
        .filter(pk=grant_id)
        .first()
    )
    now = timezone.now()
    if grant is None or (grant.valid_to is not None and grant.valid_to <= now):
        raise NotFound(_("该授权不存在或已收回"))
    actor.require("role.grant", scope_path(grant.org))
    actor.require("role.grant", grant.staff.org.path)
    refuse_self(actor, grant.staff)
    if grant.role.code == "security_admin":
        require_another_holder(grant.staff, "security_admin")
    if grant.valid_from >= now:
        grant.valid_from = now  # a grant that had not begun never will
    grant.valid_to = now
    grant.save(update_fields=["valid_from", "valid_to"])
    payload = {"role": grant.role.code, "unit_id": grant.org_id}
    record(actor, "staff.role_revoked", grant.staff, org=grant.staff.org, payload=payload)
    return grant


def require_another_holder(staff: Staff, code: str) -> None:
    """Raise Conflict when nobody else could do what ``code`` does: nobody could ever grant roles again."""
    others = RoleGrant.objects.filter(in_force(timezone.now()), role__code=code, staff__is_active=True).exclude(
        staff=staff
    )
    if not others.exists():
        raise Conflict(_("这是最后一位“%(role)s”，请先授予另一位") % {"role": role_name(code)})
