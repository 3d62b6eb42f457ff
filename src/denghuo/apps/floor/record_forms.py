"""Forms of the floor's books. Actions check again; forms give labels and controls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.floor.choices import DutyCategory, MeetingKind, NoteKind, ReportCategory, ReportUrgency
from denghuo.apps.floor.models import InformationReport
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit, units_under


class UnitChoice(forms.ModelChoiceField):
    """A unit, by its name in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.display_name} {obj.employee_no}"


class PeopleChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.display_name)


def moment_field(label: Any, *, required: bool = False) -> forms.DateTimeField:
    """A local time to the minute."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=required, widget=widget)


def _area(rows: int, longest: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": longest})


class OfUnit(forms.Form):
    """A form whose entry belongs to one of the units where the person may write."""

    permission = "records.write"

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = units_under(actor.paths_for(self.permission)).order_by("path")
        if "org" in self.fields:
            self.fields["org"].queryset = units  # type: ignore[attr-defined]
            home = Staff.objects.filter(pk=actor.id).values_list("org_id", flat=True).first()
            self.fields["org"].initial = home
        self.people = Staff.objects.filter(is_active=True, org__in=units).order_by("employee_no")


class BeginHandoverForm(OfUnit):
    org = UnitChoice(label=_("单位"), queryset=OrgUnit.objects.none())
    shift = forms.CharField(label=_("班次"), max_length=20, help_text=_("如：早班、中班、夜班"))


class SummaryForm(forms.Form):
    summary = forms.CharField(label=_("本班情况"), max_length=4000, widget=_area(8, 4000))


class MatterForm(forms.Form):
    text = forms.CharField(label=_("事项"), max_length=400, widget=_area(2, 400))
    due_at = moment_field(_("办理时限"))


class MeetingForm(OfUnit):
    org = UnitChoice(label=_("单位"), queryset=OrgUnit.objects.none())
    kind = forms.ChoiceField(label=_("类型"), choices=MeetingKind.choices)
    topic = forms.CharField(label=_("主题"), max_length=80)
    held_at = moment_field(_("时间"))
    notes = forms.CharField(label=_("纪要"), max_length=8000, widget=_area(8, 8000))
    todo = forms.CharField(label=_("待办"), max_length=2000, required=False, widget=_area(3, 2000))
    attended = PeopleChoice(
        label=_("参会人"), queryset=Staff.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    absent = forms.CharField(label=_("缺席及原因"), max_length=200, required=False)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        chosen = str(self.data.get("org") or self.initial.get("org") or self.fields["org"].initial or "")
        org = OrgUnit.objects.filter(pk=int(chosen)).first() if chosen.isdigit() else None
        people = self.people.filter(org__path__startswith=org.path) if org else self.people.none()
        self.fields["attended"].queryset = people  # type: ignore[attr-defined]


class ReportForm(OfUnit):
    org = UnitChoice(label=_("报送单位"), queryset=OrgUnit.objects.none())
    category = forms.ChoiceField(label=_("类别"), choices=ReportCategory.choices)
    urgency = forms.ChoiceField(label=_("等级"), choices=ReportUrgency.choices, initial=ReportUrgency.NORMAL)
    title = forms.CharField(label=_("标题"), max_length=80)
    body = forms.CharField(
        label=_("内容"),
        max_length=4000,
        widget=_area(8, 4000),
        help_text=_("时间、地点、影响、已采取的措施、需要的支持"),
    )
    continues = forms.ModelChoiceField(
        label=_("续报"), queryset=InformationReport.objects.none(), required=False, help_text=_("首报留空")
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        rows = (
            InformationReport.objects.visible_to(actor, self.permission).filter(continues=None).order_by("-reported_at")
        )
        field: Any = self.fields["continues"]
        field.queryset = rows
        field.label_from_instance = lambda row: row.title


class NoteForm(OfUnit):
    permission = "records.manage"

    staff = PersonChoice(label=_("人员"), queryset=Staff.objects.none())
    kind = forms.ChoiceField(label=_("类型"), choices=NoteKind.choices)
    happened_at = moment_field(_("发生时间"))
    minutes = forms.IntegerField(label=_("时长（分钟）"), required=False, min_value=1, max_value=1440)
    text = forms.CharField(label=_("情况"), max_length=400, widget=_area(3, 400))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(actor, *args, **kwargs)
        self.fields["staff"].queryset = self.people.exclude(pk=actor.id)  # type: ignore[attr-defined]


class DutyForm(OfUnit):
    org = UnitChoice(label=_("单位"), queryset=OrgUnit.objects.none())
    category = forms.ChoiceField(label=_("类别"), choices=DutyCategory.choices)
    at = moment_field(_("时间"))
    text = forms.CharField(label=_("内容"), max_length=1000, widget=_area(3, 1000))
    corrects = forms.IntegerField(required=False, widget=forms.HiddenInput)
