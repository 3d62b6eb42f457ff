"""Forms of the customers' web chat. Business rules live in the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import ChatTopic


class FilesInput(forms.ClearableFileInput):
    """A picker for several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploads, checked by the action that keeps them."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The uploads as a list."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(FilesField, self).clean(one, initial) for one in given]


class LeaveForm(forms.Form):
    """A message left when nobody answers, or when there is no time to wait."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    topic = forms.ChoiceField(label=_("咨询什么"), choices=ChatTopic.choices, initial=ChatTopic.OTHER)
    text = forms.CharField(
        label=_("留言内容"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("请说明情况和希望怎样解决"),
    )  # fmt: skip
    name = forms.CharField(label=_("怎么称呼您"), max_length=60, required=False)
    phone = forms.CharField(label=_("联系电话"), max_length=20, help_text=_("我们按这个号码回复您"))
    files = FilesField(label=_("图片或文件"), required=False, help_text=_("选填，JPG、PNG、WebP 图片或 PDF"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "tel"}
        self.fields["files"].widget.attrs["accept"] = ".jpg,.jpeg,.png,.webp,.pdf"
