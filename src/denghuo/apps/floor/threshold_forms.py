"""The form of a limit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.models import Queue
from denghuo.apps.floor.choices import Comparison, Level, Measure
from denghuo.apps.floor.figures import queues_near
from denghuo.apps.floor.models import FloorThreshold
from denghuo.apps.floor.record_forms import OfUnit, UnitChoice
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit


class QueueChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class ThresholdForm(OfUnit):
    """A limit; :meth:`data_of` gives it as the action takes it."""

    permission = "floor.control"

    org = UnitChoice(label=_("单位"), queryset=OrgUnit.objects.none(), help_text=_("含下属单位"))
    queue = QueueChoice(label=_("队列"), queryset=Queue.objects.none(), required=False, empty_label=_("全部队列"))
    measure = forms.ChoiceField(label=_("指标"), choices=Measure.choices)
    comparison = forms.ChoiceField(label=_("越限方向"), choices=Comparison.choices)
    value = forms.FloatField(label=_("限值"), min_value=0, help_text=_("比率按百分数填写"))
    for_seconds = forms.IntegerField(label=_("持续秒数"), min_value=0, max_value=86400, initial=60)
    level = forms.ChoiceField(label=_("级别"), choices=Level.choices, initial=Level.WARNING)
    echelon = forms.IntegerField(label=_("建议启动梯队"), min_value=1, max_value=9, required=False)
    message = forms.CharField(label=_("处置建议"), max_length=200, required=False)
    active = forms.BooleanField(label=_("启用"), required=False, initial=True)

    def __init__(self, actor: Actor, data: Any = None, *, row: FloorThreshold | None = None) -> None:
        names = (
            "org",
            "queue",
            "measure",
            "comparison",
            "value",
            "for_seconds",
            "level",
            "echelon",
            "message",
            "active",
        )
        initial = (
            {name: getattr(row, f"{name}_id" if name in ("org", "queue") else name) for name in names} if row else {}
        )
        super().__init__(actor, data, initial=initial)
        self.fields["queue"].queryset = queues_near(actor.paths_for(self.permission))  # type: ignore[attr-defined]

    def data_of(self) -> dict[str, Any]:
        """What was filled in, as :func:`set_threshold` takes it."""
        data = dict(self.cleaned_data)
        queue = data.pop("queue")
        del data["org"]
        return data | {"queue_id": queue.pk if queue else None}
