"""Forms of the grid screens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid import queries
from denghuo.apps.grid.choices import OutageKind
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput

FIELD_OF = {"feeder_id": "feeder", "at": "restored_at"}


class LocalTime(forms.DateTimeInput):
    """The browser's own control for day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class OutageForm(forms.Form):
    """Announce a planned outage, or record one that has begun."""

    kind = forms.ChoiceField(label=_("停电类型"), choices=OutageKind.choices, widget=forms.RadioSelect)
    feeder = forms.TypedChoiceField(label=_("馈线"), coerce=int, help_text=_("选择后列出其下台区"))
    started_at = forms.DateTimeField(label=_("停电开始"), widget=LocalTime(), help_text=_("晚于现在即为公告"))
    expected_at = forms.DateTimeField(label=_("预计恢复"), required=False, widget=LocalTime())
    cause = forms.CharField(label=_("原因"), required=False, max_length=120)

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[int, str]]] = {}
        for feeder in queries.feeders_for(actor):
            groups.setdefault(feeder.org.label, []).append((feeder.pk, f"{feeder.name} · {feeder.substation.name}"))
        self.fields["feeder"].choices = [("", _("请选择")), *groups.items()]  # type: ignore[attr-defined]


class UpdateForm(forms.Form):
    """New knowledge of an outage."""

    expected_at = forms.DateTimeField(label=_("预计恢复"), required=False, widget=LocalTime())
    cause = forms.CharField(label=_("原因"), required=False, max_length=120)


class RestoreForm(forms.Form):
    """When supply came back."""

    restored_at = forms.DateTimeField(label=_("恢复时间"), widget=LocalTime())


class CancelForm(forms.Form):
    """Why an announced outage will not take place."""

    reason = forms.CharField(label=_("取消原因"), max_length=120)


def show_faults(form: forms.Form, error: InvalidInput) -> None:
    """Put the faults an action found beside the fields they belong to."""
    for name, texts in error.fields.items():
        field = FIELD_OF.get(name, name)
        for text in texts:
            form.add_error(field if field in form.fields else None, text)
