"""Growing the org tree."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgKind, OrgUnit

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
BELOW: dict[str, tuple[str, ...]] = {
    OrgKind.COMPANY: (OrgKind.PROVINCE,),
    OrgKind.PROVINCE: (OrgKind.CITY,),
    OrgKind.CITY: (OrgKind.COUNTY, OrgKind.TEAM),
    OrgKind.COUNTY: (OrgKind.TEAM,),
    OrgKind.TEAM: (),
}


@action("org.create")
def create_unit(actor: Actor, parent_id: int, *, kind: str, code: str, name: str, name_en: str = "") -> OrgUnit:
    """A new unit under ``parent_id``. Needs ``org.manage`` over the parent. Raises InvalidInput naming each field."""
    parent = OrgUnit.objects.select_for_update().filter(pk=parent_id).first()
    if parent is None:
        raise NotFound(_("没有这个单位"))
    actor.require("org.manage", parent.path)
    allowed = BELOW[parent.kind]
    if not allowed:
        raise Conflict(_("班组下不能再设单位"))
    form = Form()
    kind = form.choice("kind", kind, [str(value) for value in allowed])
    code = form.text("code", code, longest=32, required=True, lines=False)
    if code and not CODE.fullmatch(code):
        form.wrong("code", _("编码只能用字母、数字、点、横线和下划线"))
    elif OrgUnit.objects.filter(code=code).exists():
        form.wrong("code", _("编码已被使用，请换一个"))
    name = form.text("name", name, longest=80, required=True, lines=False)
    name_en = form.text("name_en", name_en, longest=120, lines=False)
    form.finish()
    unit = OrgUnit.objects.create(parent=parent, kind=kind, code=code, name=name, name_en=name_en)
    record(actor, "org.created", unit, org=unit, payload={"code": unit.code, "unit_kind": unit.kind})
    return unit


@action("org.rename")
def rename_unit(actor: Actor, unit_id: int, *, name: str, name_en: str = "") -> OrgUnit:
    """Change a unit's names; code and place in the tree stay. Needs ``org.manage`` over it."""
    unit = OrgUnit.objects.select_for_update().filter(pk=unit_id).first()
    if unit is None:
        raise NotFound(_("没有这个单位"))
    actor.require("org.manage", unit.path)
    form = Form()
    unit.name = form.text("name", name, longest=80, required=True, lines=False)
    unit.name_en = form.text("name_en", name_en, longest=120, lines=False)
    form.finish()
    unit.save(update_fields=["name", "name_en"])
    record(actor, "org.renamed", unit, org=unit, payload={"code": unit.code})
    return unit
