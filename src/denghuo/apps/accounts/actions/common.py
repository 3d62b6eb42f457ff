"""Finding and locking the person an action is about."""

from __future__ import annotations

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed, NotFound


def locked_staff(staff_id: int) -> Staff:
    """The person, their row locked until the transaction ends. Raises NotFound."""
    staff = Staff.objects.select_for_update(of=("self",)).select_related("org").filter(pk=staff_id).first()
    if staff is None:
        raise NotFound(_("没有这个人员"))
    return staff


def staff_for(actor: Actor, staff_id: int, permission: str) -> Staff:
    """The locked person, if ``actor`` holds ``permission`` over their unit. Raises NotFound, NotAllowed."""
    staff = locked_staff(staff_id)
    actor.require(permission, staff.org.path)
    return staff


def require_self(actor: Actor, staff: Staff) -> None:
    """Raise NotAllowed unless the actor is that person."""
    if actor.kind != "staff" or actor.id != staff.pk:
        raise NotAllowed(_("只能由本人操作"))


def refuse_self(actor: Actor, staff: Staff) -> None:
    """Raise NotAllowed when the actor would decide about themselves."""
    if actor.kind == "staff" and actor.id == staff.pk:
        raise NotAllowed(_("不能对自己进行此操作，请由另一位管理员办理"))
