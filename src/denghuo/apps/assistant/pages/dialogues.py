"""Dialogues: what is in force, drafting, checking, releasing."""

from __future__ import annotations

import tomllib
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.assistant.actions import cases as case_actions
from denghuo.apps.assistant.dialogues import DIALOGUES, MAIN, check
from denghuo.apps.assistant.models import CaseRun, Dialogue, DialogueCase
from denghuo.apps.assistant.pages.words import slots_of, steps_of, texts_of
from denghuo.apps.catalogue import actions as editions
from denghuo.apps.catalogue.actions import EDIT, RELEASE
from denghuo.apps.catalogue.models import EditionState
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core.actors import ROOT_PATH
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.engine.dialogue import DialogueError, Main, parse
from denghuo.web.formtools import add_refusal, once

VIEW = ("catalogue.view", "contacts.view")
LONGEST = 200_000


class TextForm(forms.Form):
    """A document as text."""

    text = forms.CharField(
        label=gettext_lazy("对话文档（TOML）"), max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 32, "spellcheck": "false", "class": "dh-mono"}),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("修订说明"), max_length=300, required=False)


class ReleaseForm(forms.Form):
    """Putting a draft in force."""

    note = forms.CharField(label=gettext_lazy("修订说明"), max_length=300, required=False)
    override = forms.CharField(
        label=gettext_lazy("用例未通过仍要发布的原因"), max_length=300, required=False,
        help_text=gettext_lazy("全部通过时不用填；填写后会记入审计"),
    )  # fmt: skip


@require_GET
@staff_page(*VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """Every dialogue with its edition in force, its drafts and how its cases stand."""
    rows = list(Dialogue.objects.select_related("org").defer("document").order_by("code", "-number"))
    counts = dict(DialogueCase.objects.filter(active=True).values_list("code").annotate(n=Count("pk")).order_by())
    in_force = {row.id for row in DIALOGUES.codes(None)}
    groups: dict[str, dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(
            row.code,
            {"code": row.code, "label": row.label, "released": [], "drafts": [], "cases": counts.get(row.code, 0)},
        )
        if row.state == EditionState.DRAFT:
            group["drafts"].append(row)
        elif row.state == EditionState.RELEASED and row.valid_to is None and (row.org_id or row.pk in in_force):
            group["released"].append(row)
    ordered = sorted(groups.values(), key=lambda group: (group["code"] != MAIN, group["code"]))
    return render(request, "assistant/dialogues/index.html", {"tab": "dialogues", "groups": ordered, "wide": True})


def _row(pk: int) -> Dialogue:
    row = Dialogue.objects.select_related("org", "made_by", "released_by").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _context(request: HttpRequest, row: Dialogue) -> dict[str, Any]:
    actor, path = actor_of(request), row.org.path if row.org else ROOT_PATH
    found = check(row.document, row.org)
    context: dict[str, Any] = {
        "tab": "dialogues", "wide": True, "row": row, "is_draft": row.state == EditionState.DRAFT, "problems": found,
        "severe": any(one.severe for one in found), "may_edit": actor.can(EDIT, path), "may_release": actor.can(RELEASE, path),
        "run": CaseRun.objects.filter(dialogue=row).first(),
        "case_count": DialogueCase.objects.filter(active=True, code=row.code).count(),
    }  # fmt: skip
    try:
        read = parse(row.document)
    except DialogueError:
        return context
    if isinstance(read, Main):
        return context | {"main": read, "texts": texts_of(read)}
    return context | {"read": read, "steps": steps_of(read), "slots": slots_of(read)}


@require_GET
@staff_page(*VIEW)
def dialogue(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition: its steps, what it asks for, earlier editions."""
    row = _row(pk)
    actor = actor_of(request)
    units = OrgUnit.objects.filter(kind__in=[OrgKind.COMPANY, OrgKind.PROVINCE]).order_by("path")
    allowed = [unit for unit in units if actor.can(EDIT, unit.path)]
    history = Dialogue.objects.filter(code=row.code).select_related("org").defer("document").order_by("-number", "-pk")
    return render(
        request,
        "assistant/dialogues/dialogue.html",
        _context(request, row) | {"units": allowed, "history": history[:30]},
    )


@require_POST
@staff_page(EDIT)
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a draft from an edition, for the unit chosen."""
    row, actor = _row(pk), actor_of(request)
    unit = (
        OrgUnit.objects.filter(pk=request.POST.get("unit") or 0).first()
        if str(request.POST.get("unit", "")).isdigit()
        else None
    )
    made = editions.save_draft(actor, "dialogue", code=row.code, document=row.document, org=unit, label=row.label)
    return redirect("assistant:dialogue-edit", made.pk)


@require_http_methods(["GET", "POST"])
@staff_page(EDIT)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft as text, with its faults and its steps beside it."""
    row = _row(pk)
    if row.state != EditionState.DRAFT:
        return redirect("assistant:dialogue", pk)
    form = TextForm(request.POST or None, initial={"text": to_toml(row.document), "note": row.note})
    if request.method == "POST" and form.is_valid():
        try:
            document = tomllib.loads(form.cleaned_data["text"])
        except tomllib.TOMLDecodeError as error:
            form.add_error("text", _("第几行写错了：%(error)s，请改正后再保存") % {"error": str(error)})
        else:
            version = request.POST.get("version", "")
            try:
                editions.save_draft(
                    actor_of(request), "dialogue", code=row.code, document={**document, "code": row.code}, org=row.org,
                    note=form.cleaned_data["note"], version=int(version) if version.isdigit() else None,
                )  # fmt: skip
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("草稿已保存"))
                return redirect("assistant:dialogue-edit", pk)
    status = 422 if form.errors else 200
    return render(request, "assistant/dialogues/edit.html", _context(request, row) | {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@staff_page(EDIT)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the cases on a draft; put it in force when they pass, or with a reason."""
    row, actor = _row(pk), actor_of(request)
    if row.state != EditionState.DRAFT:
        return redirect("assistant:dialogue", pk)
    form, status = ReleaseForm(initial={"note": row.note}), 200
    if request.method == "POST" and "run" in request.POST:
        case_actions.run_cases(actor, pk)
        return redirect("assistant:dialogue-release", pk)
    if request.method == "POST":
        form, status = ReleaseForm(request.POST), 422
        if form.is_valid():
            try:
                once(
                    request,
                    actor,
                    f"dialogue.release:{pk}",
                    lambda: case_actions.release_dialogue(actor, pk, **form.cleaned_data).pk,
                )
            except ActionError as error:
                case_actions.run_cases(actor, pk)  # what was refused is shown case by case
                add_refusal(form, error)
            else:
                messages.success(request, _("已发布，新的会话按它进行"))
                return redirect("assistant:dialogue", pk)
    return render(request, "assistant/dialogues/release.html", _context(request, row) | {"form": form}, status=status)


@require_POST
@staff_page(EDIT)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """An edition ends; the one before it holds again."""
    editions.withdraw(actor_of(request), "dialogue", pk)
    messages.success(request, _("已撤回"))
    return redirect("assistant:dialogue", pk)


@require_POST
@staff_page(EDIT)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    editions.discard(actor_of(request), "dialogue", pk)
    messages.success(request, _("草稿已删除"))
    return redirect("assistant:dialogues")
