"""Forms of the graph: an entity, a statement, a proposal under review."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.knowledge.choices import Trust
from denghuo.apps.knowledge.forms import LocalDate, lines, places
from denghuo.apps.knowledge.graph import queries
from denghuo.apps.knowledge.graph.actions import EntityDraft, RelationDraft
from denghuo.apps.knowledge.graph.deciding import Correction
from denghuo.apps.knowledge.graph.vocabulary import (
    QUALIFIERS,
    Attribute,
    entity_kinds,
    kind_label,
    qualifiers,
    relation_kinds,
    relation_label,
)
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation, StandardQuestion
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit

EMPTY = [("", gettext_lazy("不限"))]


def names_input(kinds: str = "", listed: str = "graph-names") -> forms.TextInput:
    """A text field that offers entities while one types (htmx fills the datalist beside it)."""
    return forms.TextInput(
        {
            "list": listed,
            "autocomplete": "off",
            "hx-get": f"/staff/knowledge/graph/suggest/?kinds={kinds}",
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{listed}",
            "hx-swap": "innerHTML",
        }
    )


class Sourced(forms.Form):
    """Validity and source, which every statement carries."""

    org = forms.ChoiceField(label=gettext_lazy("适用单位"), required=False, help_text=gettext_lazy("保存后不能改"))
    source = forms.CharField(
        label=gettext_lazy("依据"), max_length=300, help_text=gettext_lazy("法规、文件或承诺的名称与条款")
    )
    trust = forms.ChoiceField(label=gettext_lazy("可信度"), choices=Trust.choices)
    valid_from = forms.DateField(label=gettext_lazy("生效日"), required=False, widget=LocalDate())
    valid_to = forms.DateField(
        label=gettext_lazy("失效日"),
        required=False,
        widget=LocalDate(),
        help_text=gettext_lazy("最后有效的一天；空为长期"),
    )

    def __init__(self, actor: Actor, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.units = places(actor) if new else []
        if not new:
            del self.fields["org"]
            return
        choices: list[tuple[str, Any]] = [(str(unit.pk), unit.label) for unit in self.units]
        if actor.can(queries.EDIT, ""):
            choices.insert(0, ("", _("各地通用")))
        self.fields["org"].choices = choices  # type: ignore[attr-defined]

    def chosen_org(self) -> OrgUnit | None:
        """The unit it is written for; None for all."""
        wanted = self.cleaned_data.get("org")
        return next((unit for unit in self.units if str(unit.pk) == wanted), None)

    def named(self, field: str, kinds: tuple[str, ...] = ()) -> int | None:
        """The entity whose name was typed; an error at the field when there is none."""
        text = self.cleaned_data.get(field) or ""
        if not text:
            return None
        found = queries.named(self.actor, text, kinds)
        if found is None:
            self.add_error(field, _("图谱里没有（或不止一个）这样的实体，请从列表里选"))
            return None
        return found.pk


class EntityForm(Sourced):
    """Name, other names, attributes of its kind, answers that tell of it."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    aliases = forms.CharField(
        label=gettext_lazy("别名"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("客户的各种叫法，一行一个；“*”代表中间可隔几个字"),
    )
    note = forms.CharField(
        label=gettext_lazy("说明"), required=False, max_length=500, widget=forms.Textarea({"rows": 2})
    )
    entries = forms.CharField(
        label=gettext_lazy("相关标准问"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("标准问的编码，一行一个，如 change.transfer"),
    )

    def __init__(self, actor: Actor, kind: str, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(actor, *args, new=new, **kwargs)
        self.kind = kind
        self.attributes = entity_kinds()[kind].attributes
        for one in self.attributes:
            self.fields[f"attribute_{one.name}"] = _field(one)

    @property
    def attribute_fields(self) -> list[Any]:
        """The bound fields of the kind's attributes."""
        return [self[f"attribute_{one.name}"] for one in self.attributes]

    def clean_entries(self) -> list[int]:
        """Answers by their codes."""
        codes = lines(self.cleaned_data["entries"])
        found = dict(StandardQuestion.objects.filter(code__in=codes).values_list("code", "pk"))
        missing = [code for code in codes if code not in found]
        if missing:
            raise forms.ValidationError(_("没有编码为“%(code)s”的标准问，请核对") % {"code": missing[0]})
        return [found[code] for code in codes]

    def draft(self) -> EntityDraft:
        """What was written, for the action."""
        data = self.cleaned_data
        return EntityDraft(
            kind=self.kind,
            name=data["name"],
            aliases=lines(data["aliases"]),
            attributes={one.name: data.get(f"attribute_{one.name}") for one in self.attributes},
            note=data["note"],
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            source=data["source"],
            trust=data["trust"],
            entry_ids=tuple(data["entries"]),
        )


def _field(one: Attribute) -> forms.Field:
    label = f"{one.label}（{one.unit}）" if one.unit else one.label
    if one.type == "bool":
        return forms.BooleanField(label=label, required=False)
    if one.type == "date":
        return forms.CharField(label=label, required=False, widget=LocalDate())
    if one.type == "choice":
        choices = [*EMPTY, *((code, held.label) for code, held in qualifiers(one.choices).items())]
        return forms.ChoiceField(label=label, required=False, choices=choices)
    widget = forms.TextInput({"inputmode": "decimal"}) if one.type == "number" else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=120, widget=widget)


def entity_initial(row: GraphEntity) -> dict[str, Any]:
    """What an entity holds, as the form shows it."""
    names = ("name", "note", "source", "trust", "valid_from", "valid_to")
    held = {name: getattr(row, name) for name in names}
    codes = row.entries.order_by("code").values_list("code", flat=True) if row.pk else []
    held |= {"aliases": "\n".join(row.aliases), "entries": "\n".join(codes)}
    return held | {f"attribute_{name}": value for name, value in row.attributes.items()}


class RelationForm(Sourced):
    """A statement about ``head``."""

    kind = forms.ChoiceField(label=gettext_lazy("关系"))
    tail = forms.CharField(
        label=gettext_lazy("到"), max_length=80, help_text=gettext_lazy("输入名称，从列表里选；没有的请先新增实体")
    )
    place = forms.CharField(label=gettext_lazy("适用地区"), required=False, max_length=80)
    customer = forms.ChoiceField(label=gettext_lazy("客户类别"), required=False)
    voltage = forms.ChoiceField(label=gettext_lazy("电压"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("区域"), required=False)
    condition = forms.CharField(
        label=gettext_lazy("条件"), required=False, max_length=120, help_text=gettext_lazy("如：委托代办")
    )
    proposed = forms.BooleanField(
        label=gettext_lazy("先存为待确认"), required=False, help_text=gettext_lazy("确认之前不会告诉客户")
    )

    def __init__(self, actor: Actor, head: GraphEntity, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(actor, *args, new=new, **kwargs)
        self.head = head
        kinds = [(code, one.label) for code, one in relation_kinds().items() if head.kind in one.heads]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        for name in QUALIFIERS:
            choices = [*EMPTY, *((code, one.label) for code, one in qualifiers(name).items())]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["tail"].widget = names_input()
        self.fields["place"].widget = names_input("place", "graph-places")
        if not new:
            del self.fields["proposed"]

    def draft(self) -> RelationDraft | None:
        """What was written, for the action; None when a name is not in the graph (the field says so)."""
        data = self.cleaned_data
        kind = relation_kinds()[data["kind"]]
        tail, place = self.named("tail", tuple(sorted(kind.tails))), self.named("place", ("place",))
        if self.errors or tail is None:
            return None
        return RelationDraft(
            self.head.pk, data["kind"], tail, place, data["customer"], data["voltage"], data["area"],
            data["condition"], data["valid_from"], data["valid_to"], data["source"], data["trust"],
        )  # fmt: skip


def relation_initial(row: GraphRelation) -> dict[str, Any]:
    """What a statement holds, as the form shows it."""
    names = ("kind", "customer", "voltage", "area", "condition", "source", "trust", "valid_from", "valid_to")
    held = {name: getattr(row, name) for name in names}
    return held | {"tail": row.tail.name, "place": row.place.name if row.place else ""}


class ProposalForm(forms.Form):
    """What a reviewer may correct before accepting."""

    head = forms.CharField(label=gettext_lazy("从"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("关系"))
    tail = forms.CharField(label=gettext_lazy("到"), max_length=80)
    customer = forms.ChoiceField(label=gettext_lazy("客户类别"), required=False)
    condition = forms.CharField(label=gettext_lazy("条件"), required=False, max_length=120)

    def __init__(self, actor: Actor, row: GraphProposal, data: Any = None) -> None:
        super().__init__(data, initial={"head": row.head.name, "kind": row.kind, "tail": row.tail_name})
        self.actor, self.row = actor, row
        self.fields["kind"].choices = [(code, one.label) for code, one in relation_kinds().items()]  # type: ignore[attr-defined]
        choices = [*EMPTY, *((code, one.label) for code, one in qualifiers("customer").items())]
        self.fields["customer"].choices = choices  # type: ignore[attr-defined]
        self.fields["head"].widget = names_input()
        self.fields["tail"].widget = names_input()
        if row.tail_id is None:
            self.fields["tail"].help_text = _("图谱里还没有，将新增为“%(kind)s”") % {"kind": kind_label(row.tail_kind)}

    def correction(self) -> Correction | None:
        """What was changed; None when the head named is not in the graph (the field says so)."""
        data, row = self.cleaned_data, self.row
        head = queries.named(self.actor, data["head"]) if data["head"] != row.head.name else row.head
        if head is None:
            self.add_error("head", _("图谱里没有（或不止一个）这样的实体，请从列表里选"))
            return None
        kind = data["kind"] if data["kind"] != row.kind else None
        tail_id, tail_name = None, None
        if data["tail"] != row.tail_name:
            wanted = relation_kinds()[data["kind"]].tails
            tail = queries.named(self.actor, data["tail"], tuple(sorted(wanted)))
            tail_id, tail_name = (tail.pk, None) if tail else (None, data["tail"])
            if tail is None and row.tail_kind not in wanted:
                self.add_error(
                    "tail", _("“%(kind)s”不能指向这类实体，请从列表里选") % {"kind": relation_label(data["kind"])}
                )
                return None
        return Correction(
            head.pk if head.pk != row.head_id else None, kind, tail_id, tail_name, data["customer"], data["condition"]
        )
