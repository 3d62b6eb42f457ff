"""Forms of the safety screens. Rules live in the actions; a form shapes and phrases the fields."""

from __future__ import annotations

import math
import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from denghuo.apps.accounts.models import Staff
from denghuo.apps.field.models import Crew, CrewMember
from denghuo.apps.safety.actions.zones import DRAWN
from denghuo.apps.safety.choices import CHOSEN_OUTCOMES, TrackerKind, ZoneKind, ZoneSubjects
from denghuo.apps.safety.models import SafetyZone, Tracker
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

MANAGE = "safety.manage"
NEEDED = {"required": _("此项必填，请补充")}
LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_PAIR = re.compile(r"[\s,，;；]+")
CIRCLE, POLYGON = "circle", "polygon"


def local_time() -> forms.DateTimeInput:
    """The browser's own control for day and time."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def units_for(actor: Actor) -> dict[int, OrgUnit]:
    """Units the actor may choose, by id, in the order of the tree; teams come with their crews."""
    rows = units_under(actor.paths_for(MANAGE)).exclude(kind=OrgKind.TEAM).order_by("path")
    return {unit.pk: unit for unit in rows}


def dotted(unit: OrgUnit) -> str:
    """A unit's name, moved in by its depth."""
    return "　" * (unit.path.count(".") - 1) + unit.label


class ZoneForm(forms.Form):
    """A zone: corners are lines of longitude and latitude, which the map writes and a person may type."""

    name = forms.CharField(label=_("名称"), max_length=60, error_messages=NEEDED)
    kind = forms.ChoiceField(
        label=_("类型"), choices=[(str(one), ZoneKind(one).label) for one in DRAWN],
        help_text=_("作业区内的人员受静止、失联监护"),
    )  # fmt: skip
    subjects = forms.ChoiceField(label=_("管控对象"), choices=ZoneSubjects.choices)
    org = forms.TypedChoiceField(label=_("所属单位"), coerce=int)
    rule_enter = forms.BooleanField(label=_("进入时告警"), required=False)
    rule = forms.BooleanField(label=_("离开时告警"), required=False)
    form_of = forms.ChoiceField(
        label=_("形状"), choices=[(CIRCLE, _("圆形")), (POLYGON, _("多边形"))], widget=forms.RadioSelect
    )
    shape = forms.CharField(
        label=_("坐标"), error_messages={"required": _("请在地图上点出范围，或在此逐行填写坐标")},
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("每行一点：经度, 纬度（WGS-84）。圆形填圆心一点，多边形填三点以上"),
    )  # fmt: skip
    radius = forms.FloatField(
        label=_("半径（米）"), required=False, help_text=_("圆形必填"),
        error_messages={"invalid": _("请填写数字，如 100")},
    )  # fmt: skip
    valid_from = forms.DateTimeField(
        label=_("生效时间"), required=False, widget=local_time(), input_formats=LOCAL, help_text=_("不填即刻生效")
    )
    valid_until = forms.DateTimeField(
        label=_("失效时间"), required=False, widget=local_time(), input_formats=LOCAL, help_text=_("不填长期有效")
    )

    def __init__(self, actor: Actor, zone: SafetyZone | None, data: Any = None) -> None:
        self.units = units_for(actor)
        super().__init__(data, initial=_initial(zone))
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]

    def clean_shape(self) -> list[tuple[float, float]]:
        """The corners; the first line that cannot be read is named."""
        corners = []
        for number, line in enumerate(self.cleaned_data["shape"].strip().splitlines(), start=1):
            parts = [part for part in _PAIR.split(line.strip()) if part]
            if not parts:
                continue
            try:
                lon, lat = (float(part) for part in parts)
            except ValueError:
                lon = math.nan
            if math.isnan(lon) or not (math.isfinite(lon) and math.isfinite(lat)):
                raise forms.ValidationError(
                    _now("第 %(n)s 行不是坐标，应为“经度, 纬度”，如 120.155000, 30.274000") % {"n": number}
                )
            corners.append((round(lon, 6), round(lat, 6)))
        return corners

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data, corners = self.cleaned_data, self.cleaned_data["shape"]
        circle = data["form_of"] == CIRCLE
        lon, lat = corners[0] if circle and len(corners) == 1 else (None, None)
        return {
            "org": self.units[data["org"]], "name": data["name"], "kind": data["kind"], "subjects": data["subjects"],
            "on_enter": data["rule_enter"], "on_leave": data["rule"], "ring": [] if circle else corners,
            "lon": lon, "lat": lat, "radius": data["radius"] if circle else None,
            "valid_from": data["valid_from"], "valid_until": data["valid_until"],
        }  # fmt: skip


def _initial(zone: SafetyZone | None) -> dict[str, Any]:
    if zone is None:
        return {"kind": "danger", "subjects": "person", "rule_enter": True, "form_of": CIRCLE, "radius": 100}
    corners = zone.ring or ([[zone.lon, zone.lat]] if zone.has_ground else [])
    return {
        "name": zone.name, "kind": zone.kind, "subjects": zone.subjects, "org": zone.org_id, "rule_enter": zone.on_enter,
        "rule": zone.on_leave, "form_of": POLYGON if zone.ring else CIRCLE,
        "shape": "\n".join(f"{lon:.6f}, {lat:.6f}" for lon, lat in corners), "radius": zone.radius,
        "valid_from": zone.valid_from, "valid_until": zone.valid_until,
    }  # fmt: skip


class TrackerForm(forms.Form):
    """A device."""

    code = forms.CharField(
        label=_("设备编号"), max_length=40, error_messages=NEEDED, help_text=_("消息主题中的设备名，不含空格和 / + # $")
    )
    kind = forms.ChoiceField(label=_("类型"), choices=TrackerKind.choices)
    name = forms.CharField(label=_("名称"), max_length=40, required=False)
    crew = forms.TypedChoiceField(label=_("班组"), coerce=int, required=False, empty_value=None)
    wearer = forms.TypedChoiceField(
        label=_("佩戴人"), coerce=int, required=False, empty_value=None, help_text=_("班组成员；只用于人员设备")
    )
    org = forms.TypedChoiceField(label=_("所属单位"), coerce=int, help_text=_("选了班组时随班组"))
    active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, actor: Actor, tracker: Tracker | None, data: Any = None) -> None:
        self.units = units_for(actor)
        crews = Crew.objects.visible_to(actor, MANAGE).select_related("org").order_by("code")
        self.crews = {crew.pk: crew for crew in crews}
        members = CrewMember.objects.filter(crew__in=list(self.crews)).select_related("staff", "crew")
        self.people: dict[int, Staff] = {
            one.staff_id: one.staff for one in members.order_by("crew__code", "-is_leader")
        }
        if tracker is not None:  # what it has stays to be chosen, also from outside the lists
            self.units.setdefault(tracker.org_id, tracker.org)
            if tracker.wearer is not None:
                self.people.setdefault(tracker.wearer.pk, tracker.wearer)
            if tracker.crew is not None:
                self.crews.setdefault(tracker.crew.pk, tracker.crew)
        super().__init__(data, initial=_known(tracker))
        none = [("", _("（无）"))]
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]
        self.fields["crew"].choices = none + [(pk, crew.name) for pk, crew in self.crews.items()]  # type: ignore[attr-defined]
        self.fields["wearer"].choices = none + [  # type: ignore[attr-defined]
            (pk, f"{one.display_name} · {one.employee_no}") for pk, one in self.people.items()
        ]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "org": self.units[data["org"]], "code": data["code"], "kind": data["kind"], "name": data["name"],
            "crew": self.crews.get(data["crew"]), "wearer": self.people.get(data["wearer"]), "active": data["active"],
        }  # fmt: skip


def _known(tracker: Tracker | None) -> dict[str, Any]:
    if tracker is None:
        return {}
    names = ("code", "kind", "name", "crew_id", "wearer_id", "org_id", "active")
    return {name.removesuffix("_id"): getattr(tracker, name) for name in names}


class CloseForm(forms.Form):
    """The end of an alarm."""

    outcome = forms.ChoiceField(
        label=_("结论"), choices=[(str(one), one.label) for one in CHOSEN_OUTCOMES], widget=forms.RadioSelect,
        error_messages=NEEDED,
    )  # fmt: skip
    note = forms.CharField(
        label=_("处置说明"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 500}),
        help_text=_("确有险情时必填：人员状况、采取的措施"),
    )  # fmt: skip


class TrackForm(forms.Form):
    """Where somebody was: the period and the reason."""

    since = forms.DateTimeField(
        label=pgettext_lazy("时段", "起"), error_messages=NEEDED, widget=local_time(), input_formats=LOCAL
    )
    until = forms.DateTimeField(
        label=pgettext_lazy("时段", "止"), error_messages=NEEDED, widget=local_time(), input_formats=LOCAL
    )
    reason = forms.CharField(
        label=_("查看原因"), max_length=200, error_messages=NEEDED, help_text=_("会记入审计，如“核实 14 时越界告警”")
    )
