"""Forms of applications. Rules live in the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.applications.actions import open_days
from denghuo.apps.requests.applications.catalogue import Business
from denghuo.apps.requests.applications.choices import HalfDay, Place
from denghuo.apps.requests.forms import counties
from denghuo.core.scoping.models import OrgUnit


class ApplicationForm(forms.Form):
    """What is asked when applying; fields that a business does not need are left out."""

    applicant = forms.CharField(label=_("申请人姓名"), max_length=60)
    phone = forms.CharField(label=_("联系电话"), max_length=20, help_text=_("客户经理会拨打这个号码"))
    capacity_kw = forms.DecimalField(
        label=_("申请容量（千瓦）"),
        required=False,
        max_digits=9,
        decimal_places=1,
        help_text=_("居民一般 8 至 16 千瓦"),
    )
    org_id = forms.TypedChoiceField(label=_("所在区县"), required=False, coerce=int, empty_value=None)
    address = forms.CharField(label=_("用电地址"), required=False, max_length=200)
    note = forms.CharField(
        label=_("补充说明"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    account = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: Business, with_account: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["org_id"].choices = [("", _("请选择"))] + counties()  # type: ignore[attr-defined]
        self.fields["applicant"].widget.attrs["autocomplete"] = "name"
        self.fields["phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "tel"}
        if kind.capacity:
            self.fields["capacity_kw"].widget.attrs["inputmode"] = "decimal"
        else:
            del self.fields["capacity_kw"]
        if with_account:
            del self.fields["org_id"], self.fields["address"]
        if "enterprise" in kind.audience and "resident" not in kind.audience:
            self.fields["applicant"].label = _("联系人姓名")


class AppointmentForm(forms.Form):
    """A half-day and a place."""

    day = forms.TypedChoiceField(label=_("日期"), coerce=str)
    half = forms.ChoiceField(label=_("时段"), choices=HalfDay.choices, widget=forms.RadioSelect)
    place = forms.ChoiceField(label=_("方式"), choices=Place.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, org: OrgUnit | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = [(day.isoformat(), f"{day:%Y-%m-%d} {date_format(day, 'D')}") for day in open_days(org)]
        self.fields["day"].choices = days  # type: ignore[attr-defined]


class BookingForm(AppointmentForm):
    """An appointment of its own, without an application."""

    caller_name = forms.CharField(label=_("您的姓名"), max_length=60)
    caller_phone = forms.CharField(label=_("联系电话"), max_length=20)
    org_id = forms.TypedChoiceField(label=_("所在区县"), coerce=int, empty_value=None)
    address = forms.CharField(label=_("地址"), max_length=200, required=False, help_text=_("上门服务时填写"))
    matter = forms.CharField(label=_("要办什么"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, org=None, **kwargs)
        self.fields["org_id"].choices = [("", _("请选择"))] + counties()  # type: ignore[attr-defined]
        self.fields["caller_phone"].widget.attrs |= {"inputmode": "tel", "autocomplete": "tel"}
        self.order_fields(["matter", "org_id", "day", "half", "place", "address", "caller_name", "caller_phone"])


class StepForm(forms.Form):
    """Finishing a step."""

    step = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("办理说明"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("客户在进度页能看到"),
    )  # fmt: skip
    works = forms.TypedChoiceField(
        label=_("是否需要外部工程"),
        choices=[("no", _("不需要，可直接装表")), ("yes", _("需要"))],
        coerce=lambda value: value == "yes",
        required=False,
        empty_value=None,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, ask_works: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_works:
            del self.fields["works"]
