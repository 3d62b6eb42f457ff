"""Forms of channel management. Actions check again; forms give labels and controls."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from denghuo.apps.channels.actions.common import LONGEST, LONGEST_EN
from denghuo.apps.channels.actions.editing import ENGLISH_IS_LONGER, LENGTHS
from denghuo.apps.channels.choices import Mode
from denghuo.apps.channels.models import ServiceFunction
from denghuo.apps.channels.registry import Function


class LocalMoment(forms.DateTimeField):
    """Date and time as typed in the browser's own control, in the product's time zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return timezone.localtime(value) if hasattr(value, "tzinfo") and value is not None else value


class AnnouncementForm(forms.Form):
    """What customers read while something is closed, and until when."""

    announcement = forms.CharField(
        label=_("给客户看的公告"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST}),
        help_text=_("说明原因和可用的其他渠道，例如：系统升级，请拨打 95598"),
        error_messages={"required": _("请填写给客户看的公告，说明原因和可用的其他渠道")},
    )
    announcement_en = forms.CharField(
        label=_("公告（英文）"),
        max_length=LONGEST_EN,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST_EN}),
    )
    until = LocalMoment(label=_("预计恢复"), required=False, help_text=_("到时自动恢复；不填则需人工恢复"))


class ClosingForm(AnnouncementForm):
    """Closing a channel."""

    reason = forms.CharField(
        label=_("关闭原因"), max_length=LONGEST, required=False, help_text=_("仅内部可见，记入操作记录")
    )


class PublishForm(forms.Form):
    """Publishing a function on a channel."""

    mode = forms.ChoiceField(label=_("办理方式"), widget=forms.RadioSelect)
    valid_from = LocalMoment(label=_("生效时间"), required=False, help_text=_("不填为立即生效"))
    valid_to = LocalMoment(label=_("失效时间"), required=False, help_text=_("不填为长期有效"))

    def __init__(self, *args: Any, function: Function, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = [(mode, Mode(mode).label) for mode in function.modes]  # type: ignore[attr-defined]


TEXT_LABELS = {
    "title_zh": _("名称"),
    "summary_zh": _("一句话说明"),
    "guidance_zh": _("办理指引"),
    "done_zh": _("办结提示"),
    "title_en": _("名称（英文）"),
    "summary_en": _("一句话说明（英文）"),
    "guidance_en": _("办理指引（英文）"),
    "done_en": _("办结提示（英文）"),
}


class FunctionForm(forms.Form):
    """The words and rules of a function. Placeholders show what the product ships; an empty field falls back to it."""

    hours_from = forms.TimeField(
        label=_("办理时间起"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    hours_to = forms.TimeField(
        label=_("办理时间止"),
        required=False,
        help_text=_("起止都不填为全天"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    daily_limit = forms.IntegerField(
        label=_("每人每日次数"), required=False, min_value=1, max_value=1000, help_text=_("不填为不限")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, shipped: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in TEXT_LABELS.items():
            part, language = name.rsplit("_", 1)
            longest = LENGTHS[part] * (ENGLISH_IS_LONGER if language == "en" else 1)
            attrs: dict[str, Any] = {"placeholder": shipped.get(name, ""), "maxlength": longest}
            long = part in ("guidance", "done")
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=longest,
                widget=forms.Textarea(attrs=attrs | {"rows": 3 if part == "guidance" else 2})
                if long
                else forms.TextInput(attrs=attrs),
            )

    @staticmethod
    def initial_of(row: ServiceFunction) -> dict[str, Any]:
        """What the form shows of the row."""
        hours = row.rules.get("hours", {})
        words = {
            name: row.texts.get(name.rsplit("_", 1)[1], {}).get(name.rsplit("_", 1)[0], "") for name in TEXT_LABELS
        }
        return words | {
            "hours_from": hours.get("from"),
            "hours_to": hours.get("to"),
            "daily_limit": row.rules.get("daily_limit"),
            "version": row.version,
        }

    def texts(self) -> dict[str, dict[str, str]]:
        """The words as the action takes them, also of a form that is not valid yet (for the preview)."""
        given: dict[str, dict[str, str]] = {"zh": {}, "en": {}}
        for name in TEXT_LABELS:
            part, language = name.rsplit("_", 1)
            value = self.cleaned_data.get(name, "") if hasattr(self, "cleaned_data") else self.data.get(name, "")
            given[language][part] = str(value or "").strip()
        return given

    def rules(self) -> dict[str, Any]:
        """The rules as the action takes them."""
        data = self.cleaned_data
        start, end = data.get("hours_from"), data.get("hours_to")
        rules: dict[str, Any] = {"daily_limit": data.get("daily_limit")}
        if start or end:
            rules["hours"] = {
                "from": start.strftime("%H:%M") if start else "",
                "to": end.strftime("%H:%M") if end else "",
            }
        return rules
