"""The form of an answer."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.models import Role, RoleGrant, Staff
from denghuo.apps.knowledge.actions import Draft
from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.content import MOST_REVIEW_MONTHS
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.queries import may_edit
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under


class LocalDate(forms.DateInput):
    """The browser's own control for a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class EntryForm(forms.Form):
    """Question, answer, other wordings, place, validity and source."""

    org = forms.ChoiceField(label=_("适用单位"), required=False, help_text=_("保存后不能改"))
    kind = forms.ChoiceField(
        label=_("类型"), choices=Kind.choices, help_text=_("标准问的答案照着就能说；文章用 Markdown，可长至两万字")
    )
    scene = forms.ChoiceField(label=_("场景"), choices=Scene.choices)
    question = forms.CharField(label=_("标准问"), max_length=120)
    answer = forms.CharField(
        label=_("答案"), max_length=20000, widget=forms.Textarea({"rows": 9}), help_text=_("坐席照着就能说，简短准确")
    )
    similar = forms.CharField(
        label=_("相似问"), required=False, widget=forms.Textarea({"rows": 5}), help_text=_("客户的各种问法，一行一条")
    )
    negative = forms.CharField(
        label=_("反例问"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("容易混淆、不该由这条回答的，一行一条"),
    )
    valid_from = forms.DateField(label=_("生效日"), required=False, widget=LocalDate())
    valid_to = forms.DateField(
        label=_("失效日"), required=False, widget=LocalDate(), help_text=_("最后有效的一天；空为长期")
    )
    source = forms.CharField(label=_("依据"), max_length=300, help_text=_("法规、文件或承诺的名称与条款"))
    trust = forms.ChoiceField(label=_("可信度"), choices=Trust.choices)
    varies = forms.BooleanField(label=_("各地标准不同"), required=False)
    public = forms.BooleanField(label=_("可发给客户"), required=False)
    owner = forms.ChoiceField(label=_("负责人"), required=False)
    review_months = forms.IntegerField(
        label=_("复审周期（月）"), min_value=0, max_value=MOST_REVIEW_MONTHS, required=False,
        help_text=_("到期列入待复审；0 表示不复审"),
    )  # fmt: skip
    tags = forms.CharField(label=_("标签"), required=False, max_length=220, help_text=_("用空格或逗号分开"))
    note = forms.CharField(
        label=_("修改说明"), required=False, max_length=300, help_text=_("给审核人看：改了什么、为什么")
    )

    def __init__(self, actor: Actor, entry: StandardQuestion | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = places(actor)
        self.fields["owner"].choices = owners(self.initial.get("owner") or None)  # type: ignore[attr-defined]
        if entry is not None and entry.pk:
            del self.fields["org"]
            return
        choices: list[tuple[str, Any]] = [(str(unit.pk), unit.label) for unit in self.units]
        if may_edit(actor, None):
            choices.insert(0, ("", _("各地通用")))
        self.fields["org"].choices = choices  # type: ignore[attr-defined]

    def chosen_org(self) -> OrgUnit | None:
        """The unit the answer is written for; None for all."""
        wanted = self.cleaned_data.get("org")
        return next((unit for unit in self.units if str(unit.pk) == wanted), None)

    def draft(self, position: int = 0) -> Draft:
        """What was written, for the action."""
        data = self.cleaned_data
        return Draft(
            scene=data["scene"],
            question=data["question"],
            answer=data["answer"],
            similar=lines(data["similar"]),
            negative=lines(data["negative"]),
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            source=data["source"],
            trust=data["trust"],
            varies=data["varies"],
            public=data["public"],
            position=position,
            kind=data["kind"],
            tags=tuple(re.split(r"[\s,，、;；]+", data["tags"].strip())) if data["tags"].strip() else (),
            owner_id=int(data["owner"]) if data["owner"] else None,
            review_months=data["review_months"],
        )


def lines(text: str) -> tuple[str, ...]:
    """Lines that hold something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def places(actor: Actor) -> list[OrgUnit]:
    """Units down to the county for which the actor may write answers."""
    paths = actor.paths_for("knowledge.edit")
    if not paths:
        return []
    kinds = (OrgKind.PROVINCE, OrgKind.CITY, OrgKind.COUNTY)
    return list(units_under(paths).filter(kind__in=kinds).order_by("path"))


def owners(present: int | None = None) -> list[tuple[str, str]]:
    """Who may answer for an entry: those who write, review or publish, and whoever does so at ``present``."""
    rights = {"knowledge.edit", "knowledge.review", "knowledge.publish"}
    roles = [role.pk for role in Role.objects.all() if rights & set(role.permissions)]
    wanted = Q(pk__in=RoleGrant.objects.filter(role__in=roles).values("staff"), is_active=True) | Q(pk=present)
    rows = Staff.objects.filter(wanted).order_by("display_name").values_list("pk", "display_name")
    return [("", "—"), *((str(pk), name) for pk, name in rows)]


def initial_of(draft: Draft) -> dict[str, Any]:
    """A draft as the form shows it."""
    names = (
        "kind", "scene", "question", "answer", "valid_from", "valid_to", "source", "trust", "varies", "public",
        "review_months",
    )  # fmt: skip
    held = {name: getattr(draft, name) for name in names}
    held |= {"similar": "\n".join(draft.similar), "negative": "\n".join(draft.negative)}
    return held | {"tags": " ".join(draft.tags), "owner": draft.owner_id or ""}
