"""Joining, changing, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.accounts.actions.common import locked_staff, refuse_self, require_self, staff_for
from denghuo.apps.accounts.actions.grants import require_another_holder
from denghuo.apps.accounts.actions.passwords import password_faults
from denghuo.apps.accounts.actions.sessions import close_everything
from denghuo.apps.accounts.choices import Theme
from denghuo.apps.accounts.models import RoleGrant, Skill, Staff, StaffSkill
from denghuo.apps.accounts.queries import in_force
from denghuo.apps.accounts.roles import ADMIN_ROLES
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

MAX_LEVEL = 5
LANGUAGES = ("zh-hans", "en")


@action("staff.create")
def create_staff(
    actor: Actor,
    *,
    username: str,
    display_name: str,
    employee_no: str,
    org: OrgUnit | None,
    phone: str = "",
    password: str | None = None,
) -> Staff:
    """A new person in a unit, without any role. Without ``password`` they cannot sign in until one is reset.

    Needs ``staff.manage`` over the unit. Raises InvalidInput naming each field, NotAllowed.
    """
    actor.require("staff.manage", org.path if org else ROOT_PATH)
    form = Form()
    staff = Staff(
        username=form.text("username", username, longest=40, required=True, lines=False),
        display_name=form.name("display_name", display_name, longest=40),
        employee_no=form.text("employee_no", employee_no, longest=20, required=True, lines=False),
        phone=form.phone("phone", phone, required=False),
        org=org,
    )
    if org is None:
        form.wrong("org", _("请选择单位"))
    if " " in staff.username:
        form.wrong("username", _("登录名不能含空格"))
    _check_unique(form, staff)
    if password is None:
        staff.set_unusable_password()
    else:
        for fault in password_faults(password, staff):
            form.wrong("password", fault)
        staff.set_password(password)
    form.finish()
    staff.save()
    record(actor, "staff.created", staff, org=staff.org, payload={"role_codes": []})
    return staff


def _check_unique(form: Form, staff: Staff) -> None:
    others = Staff.objects.exclude(pk=staff.pk)
    if others.filter(username=staff.username).exists():
        form.wrong("username", _("登录名已被使用，请换一个"))
    if others.filter(employee_no=staff.employee_no).exists():
        form.wrong("employee_no", _("工号已存在，请核对"))


@action("staff.update")
def update_staff(actor: Actor, /, staff_id: int, **changes: Any) -> Staff:
    """Change ``display_name``, ``employee_no``, ``phone`` or ``org``; needs ``staff.manage`` over old and new unit."""
    staff = staff_for(actor, staff_id, "staff.manage")
    form = Form()
    clean: dict[str, Any] = {}
    for name, value in changes.items():
        match name:
            case "display_name":
                clean[name] = form.name(name, value, longest=40)
            case "employee_no":
                clean[name] = form.text(name, value, longest=20, required=True, lines=False)
            case "phone":
                clean[name] = form.phone(name, value, required=False)
            case "org":
                actor.require("staff.manage", value.path)
                clean[name] = value
            case _:
                form.wrong(name, _("此项不能修改"))
    changed = sorted(name for name, value in clean.items() if getattr(staff, name) != value)
    for name in changed:
        setattr(staff, name, clean[name])
    _check_unique(form, staff)
    form.finish()
    if changed:
        staff.save(update_fields=changed)
        record(actor, "staff.updated", staff, org=staff.org, payload={"fields": changed})
    return staff


@action("staff.set_preferences")
def set_preferences(actor: Actor, staff_id: int, *, language: str | None = None, theme: str | None = None) -> Staff:
    """One's own language and theme. Raises InvalidInput (``language``, ``theme``)."""
    staff = locked_staff(staff_id)
    require_self(actor, staff)
    form = Form()
    if language is not None:
        staff.language = form.choice("language", language, LANGUAGES)
    if theme is not None:
        staff.theme = form.choice("theme", theme, Theme.values)
    form.finish()
    staff.save(update_fields=["language", "theme"])
    return staff


@action("staff.deactivate")
def deactivate_staff(actor: Actor, staff_id: int, reason: str) -> Staff:
    """A person leaves: no sign-in, no sessions, no tokens; their history stays.

    Needs ``staff.manage``. Raises NotAllowed (oneself), InvalidInput (``reason``), Conflict (last of an administrator
    role, or already inactive).
    """
    staff = staff_for(actor, staff_id, "staff.manage")
    refuse_self(actor, staff)
    form = Form()
    reason = form.text("reason", reason, longest=200, required=True, lines=False)
    form.finish()
    if not staff.is_active:
        raise Conflict(_("该人员已停用"))
    held = RoleGrant.objects.filter(in_force(timezone.now()), staff=staff, role__code__in=ADMIN_ROLES)
    for code in held.values_list("role__code", flat=True):
        require_another_holder(staff, code)
    staff.is_active = False
    staff.save(update_fields=["is_active"])
    close_everything(staff)
    record(actor, "staff.deactivated", staff, org=staff.org, payload={"reason": reason})
    return staff


@action("staff.reactivate")
def reactivate_staff(actor: Actor, staff_id: int) -> Staff:
    """Let a person in again; needs ``staff.manage``. Raises Conflict when they are active."""
    staff = staff_for(actor, staff_id, "staff.manage")
    if staff.is_active:
        raise Conflict(_("该人员在职，无需恢复"))
    staff.is_active = True
    staff.save(update_fields=["is_active"])
    record(actor, "staff.reactivated", staff, org=staff.org, payload={})
    return staff


@action("staff.unlock")
def unlock_staff(actor: Actor, staff_id: int) -> Staff:
    """End a sign-in lock before its time; needs ``staff.unlock``, never for oneself."""
    staff = staff_for(actor, staff_id, "staff.unlock")
    refuse_self(actor, staff)
    if staff.locked_until is None and not staff.failed_sign_ins:
        raise Conflict(_("该人员没有被锁定"))
    staff.locked_until, staff.failed_sign_ins = None, 0
    staff.save(update_fields=["locked_until", "failed_sign_ins"])
    record(actor, "staff.unlocked", staff, org=staff.org, payload={})
    return staff


@action("staff.set_skill")
def set_skill(actor: Actor, staff_id: int, skill: str, level: int) -> StaffSkill | None:
    """Give a person's skill a level 1 (learning) to 5 (teaches it); 0 takes it away. Needs ``staff.manage``."""
    staff = staff_for(actor, staff_id, "staff.manage")
    found = Skill.objects.filter(code=skill[:32].replace("\x00", "")).first()
    wrong: dict[str, Iterable[str] | str] = {}
    if found is None:
        wrong["skill"] = _("请选择技能")
    if not 0 <= level <= MAX_LEVEL:
        wrong["level"] = _("等级须在 1 到 5 之间，0 表示取消")
    if found is None or wrong:
        raise InvalidInput({name: str(text) for name, text in wrong.items()})
    if level == 0:
        if not StaffSkill.objects.filter(staff=staff, skill=found).delete()[0]:
            raise NotFound(_("该人员没有这项技能"))
        row = None
    else:
        row, _created = StaffSkill.objects.update_or_create(staff=staff, skill=found, defaults={"level": level})
    record(actor, "staff.skill_set", staff, org=staff.org, payload={"skill": found.code, "level": level})
    return row
