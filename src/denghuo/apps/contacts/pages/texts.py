"""Editors of what an agent has at hand: scripts, phrases, phrase rules, dispositions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import phrases
from denghuo.apps.contacts.actions import texts as actions
from denghuo.apps.contacts.choices import Outcome, PhraseKind, Sender
from denghuo.apps.contacts.models import DeskPhrase, DeskScript, Disposition, PhraseRule
from denghuo.apps.contacts.models.desk import ShippedText
from denghuo.apps.contacts.text_forms import (
    SPEAKERS,
    DispositionForm,
    PhraseForm,
    RuleForm,
    ScriptForm,
    steps_from_text,
)
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotAllowed, NotFound
from denghuo.core.http import actor_of
from denghuo.engine.language import score
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

VIEW = "desk.view"


def in_use(row: Any) -> str:
    """In words."""
    return _("在用") if row.active else _("停用")


def link(kind: str) -> Callable[[Any], str]:
    """The address of a row of ``kind``."""
    return lambda row: f"/staff/desk-texts/{kind}/{row.pk}/"


OFF = t.BoolFilter("off", gettext_lazy("只看停用"), apply=lambda rows, _on: rows.filter(active=False))


class ScriptTable(t.Table):
    """Scripts in their order."""

    title = t.Column(gettext_lazy("标题"), link=link("scripts"), sort="title")
    scene = t.Column(gettext_lazy("场景"), sort="scene")
    words = t.Column(gettext_lazy("触发词"), value=lambda row, ctx: " ".join(row.words), clip=True)
    steps = t.NumberColumn(gettext_lazy("步骤"), value=lambda row, ctx: len(row.steps))
    active = t.Column(gettext_lazy("状态"), value=lambda row, ctx: in_use(row))
    edited_at = t.TimeColumn(gettext_lazy("修改时间"), sort="edited_at")

    class Meta:
        name = "desk-scripts"
        default_sort = "scene"
        filters = [
            t.SearchFilter(
                "q", gettext_lazy("标题、话术"),
                apply=lambda rows, text: rows.filter(Q(title__icontains=text) | Q(steps__icontains=text)),
            ),
            OFF,
        ]  # fmt: skip
        empty = (gettext_lazy("没有话术"), gettext_lazy("换个筛选条件试试"))


class PhraseTable(t.Table):
    """Ready sentences."""

    shortcut = t.Column(gettext_lazy("快捷码"), link=link("phrases"), sort="shortcut", css="dh-mono")
    title = t.Column(gettext_lazy("标题"), sort="title")
    text = t.Column(gettext_lazy("内容"), clip=True)
    scene = t.Column(gettext_lazy("场景"), sort=("scene", "position"))
    active = t.Column(gettext_lazy("状态"), value=lambda row, ctx: in_use(row))

    class Meta:
        name = "desk-phrases"
        default_sort = "scene"
        export = True
        filters = [
            t.SearchFilter(
                "q", gettext_lazy("快捷码、标题、内容"),
                apply=lambda rows, text: rows.filter(
                    Q(shortcut__icontains=text) | Q(title__icontains=text) | Q(text__icontains=text)
                ),
            ),
            OFF,
        ]  # fmt: skip
        empty = (gettext_lazy("没有常用语"), gettext_lazy("换个筛选条件试试"))


class RuleTable(t.Table):
    """Wordings to avoid and to heed."""

    pattern = t.Column(gettext_lazy("用语"), link=link("rules"), sort="pattern")
    kind = t.Column(gettext_lazy("类别"), value=lambda row, ctx: row.get_kind_display(), sort="kind")
    said_by = t.Column(gettext_lazy("谁说的"), value=lambda row, ctx: str(dict(SPEAKERS)[row.said_by]), sort="said_by")
    advice = t.Column(gettext_lazy("改用 / 提醒"), clip=True)
    active = t.Column(gettext_lazy("状态"), value=lambda row, ctx: in_use(row))

    class Meta:
        name = "desk-rules"
        default_sort = "said_by"
        export = True
        filters = [
            t.SearchFilter(
                "q", gettext_lazy("用语、提醒"),
                apply=lambda rows, text: rows.filter(Q(pattern__icontains=text) | Q(advice__icontains=text)),
            ),
            t.ChoiceFilter("said_by", gettext_lazy("谁说的"), choices=SPEAKERS),
            t.ChoiceFilter("kind", gettext_lazy("类别"), choices=PhraseKind.choices),
            OFF,
        ]  # fmt: skip
        empty = (gettext_lazy("没有用语规则"), gettext_lazy("换个筛选条件试试"))


class DispositionTable(t.Table):
    """Dispositions, first and second level in their order."""

    name = t.Column(gettext_lazy("小结"), link=link("dispositions"), value=lambda row, ctx: named(row), sort="position")
    code = t.Column(gettext_lazy("编码"), sort="code", css="dh-mono")
    outcome = t.Column(gettext_lazy("通常结果"), value=lambda row, ctx: row.get_outcome_display(), sort="outcome")
    active = t.Column(gettext_lazy("状态"), value=lambda row, ctx: in_use(row))

    class Meta:
        name = "desk-dispositions"
        default_sort = "name"
        page_size = 100
        filters = [
            t.SearchFilter(
                "q", gettext_lazy("小结、编码"),
                apply=lambda rows, text: rows.filter(
                    Q(name__icontains=text) | Q(name_en__icontains=text) | Q(code__icontains=text)
                ),
            ),
            t.ChoiceFilter("outcome", gettext_lazy("通常结果"), choices=Outcome.choices),
            OFF,
        ]  # fmt: skip
        empty = (gettext_lazy("没有小结"), gettext_lazy("换个筛选条件试试"))


def named(row: Disposition) -> str:
    """The name behind its parent's."""
    return f"{row.parent.label} › {row.label}" if row.parent_id and row.parent else row.label


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the four editors."""

    label: str | Promise
    new: str | Promise
    model: type[ShippedText]
    table: type[t.Table]
    form: Any
    write: Callable[..., Any]
    related: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    "scripts": Kind(
        gettext_lazy("场景话术"), gettext_lazy("新增话术"), DeskScript, ScriptTable, ScriptForm, actions.write_script
    ),
    "phrases": Kind(
        gettext_lazy("常用语"), gettext_lazy("新增常用语"), DeskPhrase, PhraseTable, PhraseForm, actions.write_phrase
    ),
    "rules": Kind(
        gettext_lazy("用语规则"), gettext_lazy("新增规则"), PhraseRule, RuleTable, RuleForm, actions.write_rule
    ),
    "dispositions": Kind(
        gettext_lazy("小结码"), gettext_lazy("新增小结"), Disposition, DispositionTable, DispositionForm,
        actions.write_disposition, ("parent",),
    ),
}  # fmt: skip


def kind_of(name: str) -> Kind:
    """The editor of this name. Raises NotFound."""
    if name not in KINDS:
        raise NotFound()
    return KINDS[name]


@require_GET
@staff_page(VIEW, actions.MANAGE)
def text_list(request: HttpRequest, kind: str = "scripts") -> HttpResponseBase:
    """All texts of one kind."""
    actor, chosen = actor_of(request), kind_of(kind)
    manager: Any = chosen.model._default_manager
    rows = manager.select_related(*chosen.related) if chosen.related else manager.all()
    table = chosen.table(request, rows, actor=actor)
    context = {"may": actor.can_somewhere(actions.MANAGE), "new": chosen.new, **_frame(kind)}
    return t.table_response(request, table, "contacts/texts/list.html", context)


def _frame(kind: str) -> dict[str, Any]:
    return {"kind": kind, "kinds": [(name, one.label) for name, one in KINDS.items()], "label": KINDS[kind].label}


@require_http_methods(["GET", "POST"])
@staff_page(VIEW, actions.MANAGE)
def text_edit(request: HttpRequest, kind: str, pk: int | None = None) -> HttpResponse:
    """Write a new text or change one; who may only look sees it locked."""
    actor, chosen = actor_of(request), kind_of(kind)
    may = actor.can_somewhere(actions.MANAGE)
    manager: Any = chosen.model._default_manager
    row = manager.filter(pk=pk).first() if pk is not None else None
    if pk is not None and row is None:
        raise NotFound(_("没有这一条，可能已被删除，请刷新"))
    if not may and (row is None or request.method == "POST"):
        raise NotAllowed()
    form = chosen.form(request.POST or None, initial=chosen.form.initial_of(row) if row is not None else None)
    if request.method == "POST" and form.is_valid():
        try:
            once(request, actor, f"desk.text:{kind}:{pk}", lambda: _write(actor, chosen, form, pk))
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已保存，坐席工作台几秒内生效"))
            return redirect("contacts:texts", kind)
    context = {"form": form, "row": row, "may": may, "new": chosen.new, "draft": f"desk-{kind}-{pk or 'new'}"}
    context |= _frame(kind)
    if isinstance(row, DeskScript):
        context["steps"] = row.steps
    return render(request, "contacts/texts/edit.html", context, status=422 if form.errors else 200)


def _write(actor: Actor, chosen: Kind, form: Any, pk: int | None) -> int:
    return int(chosen.write(actor, form.draft(), pk=pk).pk)


@require_POST
@staff_page(VIEW, actions.MANAGE)
def text_preview(request: HttpRequest, kind: str) -> HttpResponse:
    """HTMX: the script as the agent sees it, before it is saved."""
    kind_of(kind)
    context: dict[str, Any] = {"title": request.POST.get("title", "")}
    try:
        context["steps"] = steps_from_text(request.POST.get("steps", "")[:20000])
    except forms.ValidationError as error:
        context["error"] = " ".join(error.messages)
    return render(request, "contacts/texts/_steps.html", context, status=422 if "error" in context else 200)


@require_POST
@staff_page(VIEW, actions.MANAGE)
def text_test(request: HttpRequest) -> HttpResponse:
    """HTMX: which rules a sentence meets, said by an agent and by a customer, and how it feels."""
    text = request.POST.get("sentence", "").strip()[:500]
    context = {
        "text": text,
        "agent": phrases.met(Sender.AGENT, text),
        "customer": phrases.met(Sender.CUSTOMER, text),
        "reading": score(text) if text else None,
    }
    return render(request, "contacts/texts/_test.html", context)
