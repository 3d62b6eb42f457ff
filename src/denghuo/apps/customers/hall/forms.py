"""Forms of the customers' hall."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class BindForm(forms.Form):
    """户号 with the holder's phone or name."""

    number = forms.CharField(label=_("户号"), required=False, max_length=20, help_text=_("电费单左上角的 10 位数字"))
    proof = forms.CharField(
        label=_("登记手机号或户名"), required=False, max_length=60, help_text=_("与户号一同核对，不会显示给他人")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}
        self.fields["proof"].widget.attrs |= {"autocomplete": "off"}

    def named(self) -> dict[str, str]:
        """What ``find_account`` takes: digits are a phone, anything else a name."""
        proof: str = self.cleaned_data["proof"].strip()
        digits = "".join(char for char in proof if char.isdigit())
        by_phone = len(digits) >= 7
        return {
            "number": self.cleaned_data["number"],
            "phone": proof if by_phone or not proof else "",
            "name": "" if by_phone else proof,
        }


class InvoiceForm(forms.Form):
    """An electronic invoice of one paid bill."""

    title = forms.CharField(label=_("发票抬头"), max_length=80)
    tax_no = forms.CharField(
        label=_("纳税人识别号"), max_length=20, required=False, help_text=_("单位开票时填写，15 至 20 位")
    )
    email = forms.EmailField(label=_("电子邮箱"), max_length=120, help_text=_("发票将发送到这个邮箱"))
