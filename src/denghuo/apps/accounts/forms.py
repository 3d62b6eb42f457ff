"""Forms of the sign-in, account and people pages. Actions check again; forms give labels and controls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.actions.people import LANGUAGES
from denghuo.apps.accounts.choices import Theme
from denghuo.apps.accounts.models import Role, Skill
from denghuo.apps.accounts.roles import ROLES, role_name
from denghuo.core.errors import InvalidInput
from denghuo.core.scoping.models import OrgKind, OrgUnit

LANGUAGE_NAMES = (("zh-hans", "中文"), ("en", "English"))
assert tuple(code for code, _name in LANGUAGE_NAMES) == LANGUAGES


def blame(form: forms.Form, error: InvalidInput) -> None:
    """Put an action's field messages on the form; those of fields it does not have on the form itself."""
    for name, texts in error.fields.items():
        form.add_error(name if name in form.fields else None, texts)


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("登录名"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("动态口令"),
        max_length=10,
        help_text=_("打开手机上的验证器，输入当前显示的 6 位数字"),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
                "class": "dh-code-input",
                "pattern": "[0-9 ]*",
            }
        ),
    )


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(label=_("语言"), choices=LANGUAGE_NAMES)
    theme = forms.ChoiceField(label=_("外观"), choices=Theme.choices)


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("原密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=128,
        help_text=_("至少 10 个字符，不用常见密码，不含姓名或登录名"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一遍新密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("new") and data.get("again") and data["new"] != data["again"]:
            self.add_error("again", _("两次输入的新密码不一致"))
        return data


class UnitField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """One unit, indented by its depth."""

    def label_from_instance(self, obj: Any) -> str:
        depth: int = obj.path.count(".")
        return "　" * max(0, depth - 1) + str(obj.name)


class _UnitForm(forms.Form):
    """A form with a unit to choose among ``units``."""

    def __init__(self, *args: Any, units: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["org"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = units


class PersonForm(_UnitForm):
    display_name = forms.CharField(label=_("姓名"), max_length=40)
    employee_no = forms.CharField(label=_("工号"), max_length=20)
    phone = forms.CharField(label=_("手机"), max_length=30, required=False, help_text=_("留空则不修改"))
    org = UnitField(label=_("所属单位"), queryset=OrgUnit.objects.none())


class NewPersonForm(_UnitForm):
    username = forms.CharField(label=_("登录名"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    display_name = forms.CharField(label=_("姓名"), max_length=40)
    employee_no = forms.CharField(label=_("工号"), max_length=20)
    phone = forms.CharField(label=_("手机"), max_length=30, required=False)
    org = UnitField(label=_("所属单位"), queryset=OrgUnit.objects.none())
    password = forms.CharField(
        label=_("初始密码"), strip=False, max_length=128, required=False,
        help_text=_("至少 10 个字符；留空则须由安全管理员设置后才能登录"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


class GrantForm(_UnitForm):
    role = forms.ChoiceField(label=_("角色"))
    org = UnitField(label=_("适用单位"), queryset=OrgUnit.objects.none(), help_text=_("包括其下级单位"))
    valid_to = forms.DateTimeField(
        label=_("截止时间"),
        required=False,
        help_text=_("留空表示长期有效"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = role_choices()


def role_choices() -> list[tuple[str, str]]:
    """Shipped roles first, in their order, then any other in the database."""
    codes = list(ROLES) + list(Role.objects.exclude(code__in=ROLES).values_list("code", flat=True))
    return [(code, role_name(code)) for code in codes]


class SkillForm(forms.Form):
    skill = forms.ChoiceField(label=_("技能"))
    level = forms.TypedChoiceField(
        label=_("等级"), coerce=int,
        choices=[(1, _("1 学习中")), (2, _("2 可协助")), (3, _("3 可独立")), (4, _("4 熟练")), (5, _("5 可带教")), (0, _("取消该技能"))],
        initial=3,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["skill"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(skill.code, skill_name(skill)) for skill in Skill.objects.all()]


def skill_name(skill: Skill) -> str:
    """The skill's name in the active language."""
    return skill.label


class UnitForm(forms.Form):
    kind = forms.ChoiceField(label=_("层级"))
    code = forms.CharField(label=_("编码"), max_length=32, help_text=_("字母、数字、点、横线和下划线"))
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)

    def __init__(self, *args: Any, kinds: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind, OrgKind(kind).label) for kind in kinds]


class UnitNameForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
