"""A file of devices, read and checked line by line before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.field.models import Crew
from denghuo.apps.safety.actions.trackers import checked_code
from denghuo.apps.safety.choices import TrackerKind
from denghuo.apps.safety.models import Tracker
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit
from denghuo.core.sheets import SheetError, read

#: heading -> field; the first six are the headings of the sample file
HEADS = {
    "设备编号": "code", "类型": "kind", "名称": "name", "班组编号": "crew", "佩戴人工号": "wearer", "单位编码": "org",
    "code": "code", "kind": "kind", "name": "name", "crew": "crew", "wearer": "wearer", "org": "org",
}  # fmt: skip
SAMPLE = "设备编号,类型,名称,班组编号,佩戴人工号,单位编码\r\nGPS-0001,人员,安全帽 01,C0101,E00101,\r\nCAR-0101,车辆,抢修车,C0101,,\r\nGAS-0001,传感器,四合一气体,,,330102\r\n"


@dataclass
class Line:
    """One line: what it says, what is wrong with it, and whether it changes a device that is there."""

    number: int
    row: dict[str, str]
    faults: list[str] = field(default_factory=list)
    known: bool = False
    crew: str = ""


def checked(actor: Actor, file: BinaryIO) -> list[Line]:
    """The lines of a file with their faults. Raises InvalidInput (``file``) for a file that is no table of devices."""
    most = policies.get("safety.import_rows")
    try:
        lines = _lines(read(file).rows, most)
    except SheetError as error:
        raise InvalidInput({"file": str(error)}) from error
    if not lines:
        raise InvalidInput({"file": _("文件中没有设备，请在标题行之后每行写一台")})
    _check(actor, lines)
    return lines


def _lines(rows: Any, most: int) -> list[Line]:
    heads: list[str] | None = None
    found: list[Line] = []
    for number, cells in rows:
        if heads is None:
            heads = [HEADS.get(cell.strip().lower(), "") for cell in cells]
            if "code" not in heads or "kind" not in heads:
                raise InvalidInput({"file": _("第一行须是标题，至少有“设备编号”和“类型”两列")})
            continue
        if len(found) >= most:
            raise InvalidInput({"file": _("一次最多导入 %(most)s 台，请分批导入") % {"most": most}})
        row = dict.fromkeys(("code", "kind", "name", "crew", "wearer", "org"), "")
        row |= {head: cell.strip().replace("\x00", "") for head, cell in zip(heads, cells, strict=False) if head}
        found.append(Line(number, row))
    return found


def _check(actor: Actor, lines: list[Line]) -> None:
    kinds = {str(label): code for code, label in TrackerKind.choices} | {code: code for code in TrackerKind.values}
    crews = {
        crew.code: crew
        for crew in Crew.objects.filter(code__in={line.row["crew"] for line in lines}).select_related("org")
    }
    people = {
        one.employee_no: one
        for one in Staff.objects.filter(employee_no__in={line.row["wearer"] for line in lines}).select_related("org")
    }
    units = {unit.code: unit for unit in OrgUnit.objects.filter(code__in={line.row["org"] for line in lines})}
    known = {t.code: t for t in Tracker.objects.filter(code__in={line.row["code"] for line in lines})}
    worn = dict(
        Tracker.objects.filter(wearer__in=list(people.values()), active=True, kind="person").values_list(
            "wearer__employee_no", "code"
        )
    )
    codes: dict[str, int] = {}
    wearers: dict[str, int] = {}
    for line in lines:
        row, form = line.row, Form()
        checked_code(form, row["code"])
        line.faults += [text for texts in form.faults.values() for text in texts]
        if row["kind"] not in kinds:
            line.faults.append(_("类型应为人员、车辆或传感器"))
        row["kind"] = kinds.get(row["kind"], row["kind"])
        line.known = row["code"] in known
        _check_owner(actor, line, crews, people, units)
        if row["wearer"] and row["kind"] != TrackerKind.PERSON:
            line.faults.append(_("只有人员设备可以指定佩戴人"))
        if row["wearer"] and worn.get(row["wearer"], row["code"]) != row["code"]:
            line.faults.append(_("此人已有设备 %(code)s，请先停用") % {"code": worn[row["wearer"]]})
        for seen, value, text in (
            (codes, row["code"], _("设备编号与第 %(n)s 行重复")),
            (wearers, row["wearer"], _("佩戴人与第 %(n)s 行重复")),
        ):
            if value and value in seen:
                line.faults.append(text % {"n": seen[value]})
            seen.setdefault(value, line.number)
        if len(row["name"]) > 40:
            line.faults.append(_("名称最多 40 个字"))


def _check_owner(
    actor: Actor, line: Line, crews: dict[str, Crew], people: dict[str, Staff], units: dict[str, OrgUnit]
) -> None:
    """The unit of a device: its crew's, else the one named, else the wearer's; the actor must manage it."""
    row = line.row
    crew, person, unit = crews.get(row["crew"]), people.get(row["wearer"]), units.get(row["org"])
    line.crew = crew.name if crew else ""
    if row["crew"] and crew is None:
        line.faults.append(_("没有编号为 %(code)s 的班组") % {"code": row["crew"][:32]})
    if row["wearer"] and person is None:
        line.faults.append(_("没有工号为 %(code)s 的人员") % {"code": row["wearer"][:32]})
    if row["org"] and unit is None:
        line.faults.append(_("没有编码为 %(code)s 的单位") % {"code": row["org"][:32]})
    owner = crew.org if crew else unit or (person.org if person else None)
    if owner is None:
        if not (row["crew"] or row["wearer"] or row["org"]):
            line.faults.append(_("班组编号、佩戴人工号、单位编码至少填一项"))
    elif not actor.can("safety.manage", owner.path):
        line.faults.append(_("不在您的管辖范围"))
