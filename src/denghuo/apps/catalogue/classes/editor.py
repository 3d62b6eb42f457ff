"""Changing a class tree: the draft, what it changes, import, release."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions, classes
from denghuo.apps.catalogue.classes import pages, scope, sheets, words
from denghuo.apps.catalogue.classes.scope import Place
from denghuo.apps.catalogue.models import ClassTree
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.engine.classes import ATTRIBUTES, Tree, TreeError, compare, read_tree
from denghuo.engine.classes.tree import to_document
from denghuo.web.formtools import once

KIND = classes.KIND
LONGEST_DOCUMENT = 2_000_000


class LocalMoment(forms.DateTimeInput):
    """The browser's own date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class ReleaseForm(forms.Form):
    """From when on a draft holds."""

    valid_from = forms.DateTimeField(
        label=gettext_lazy("生效时间"),
        required=False,
        widget=LocalMoment(),
        help_text=gettext_lazy("留空则立即生效；在办和历史诉求保留原来的版本"),
        error_messages={"invalid": gettext_lazy("时间格式不对，请用选择器重新选择")},
    )
    note = forms.CharField(label=gettext_lazy("修订说明"), required=False, max_length=300)


@staff_page(actions.EDIT)
@require_GET
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """The editor: the unit's draft, or a fresh one from the edition that holds for it."""
    place = _place(request)
    return _editor(request, code, place, scope.draft_of(code, place.unit))


@staff_page(actions.EDIT)
@require_POST
def save(request: HttpRequest, code: str) -> HttpResponse:
    """Keep the draft. A refusal (somebody else has saved meanwhile) brings the editor back with what was made here."""
    actor, place = actor_of(request), _place(request)
    document = _posted(request, code)
    version = request.POST.get("version", "")
    try:
        once(
            request, actor, f"page.class-draft:{code}",
            lambda: actions.save_draft(
                actor, KIND, code=code, document=document, org=place.unit, label=str(document.get("label", "")),
                note=request.POST.get("note", ""), version=int(version) if version.isdigit() else None,
            ).pk,
        )  # fmt: skip
    except ActionError as error:
        messages.error(request, _first(error))
        draft = scope.draft_of(code, place.unit)
        return _editor(request, code, place, draft, document=document, status=error.status)
    messages.success(request, _("草稿已保存"))
    return redirect(_url("class-edit", code, place))


@staff_page(scope.VIEW)
@require_POST
def preview(request: HttpRequest, code: str) -> HttpResponse:
    """HTMX: what the document in the editor would change against the edition in force, and every fault."""
    place = _place(request)
    context = _effects(code, place, _posted(request, code))
    return render(request, "catalogue/classes/_preview.html", context)


@staff_page(actions.EDIT)
@require_POST
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """A file as a new draft: first a dry run with faults by row and what would change; with ``keep`` it is saved."""
    place = _place(request)
    given = request.FILES.get("file")
    held = request.POST.get("document")
    if given is None and not held:
        messages.error(request, _("请选择要导入的文件"))
        return redirect(_url("class-edit", code, place))
    base = _base(code, place)
    if held:
        return save(request, code)
    assert given is not None
    found = sheets.read(given)
    head = {"code": code, "label": base.label, "label_en": base.label_en, "levels": base.levels} | found.head
    document = {**head, "code": code, "nodes": found.nodes}
    context: dict[str, Any] = {"faults": found.faults, "rows": found.rows, "file": given.name}
    if not found.faults:
        context |= _effects(code, place, document) | {"document": json.dumps(document, ensure_ascii=False)}
    draft = scope.draft_of(code, place.unit)
    context |= _heading(code, place, base) | {"version": draft.version if draft else ""}
    return render(request, "catalogue/classes/import.html", context, status=422 if found.faults else 200)


@staff_page(actions.RELEASE)
@require_POST
def release(request: HttpRequest, code: str) -> HttpResponse:
    """Put the draft in force."""
    actor, place = actor_of(request), _place(request)
    draft = scope.draft_of(code, place.unit)
    if draft is None:
        raise NotFound(_("没有草稿，请先编辑并保存"))
    form = ReleaseForm(request.POST)
    if form.is_valid():
        start: dt.datetime | None = form.cleaned_data["valid_from"]
        pk, note = draft.pk, form.cleaned_data["note"]
        try:
            once(
                request, actor, f"page.class-release:{pk}",
                lambda: actions.release(actor, KIND, pk, valid_from=start, note=note).pk,
            )  # fmt: skip
        except ActionError as error:
            for text in _all(error):
                form.add_error("valid_from" if "valid_from" in getattr(error, "fields", {}) else None, text)
        else:
            messages.success(request, _("已发布"))
            return redirect(_url("class-tree", code, place))
    return _editor(request, code, place, draft, release_form=form, status=422)


@staff_page(actions.EDIT)
@require_POST
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Throw the draft away."""
    actor, place = actor_of(request), _place(request)
    draft = scope.draft_of(code, place.unit)
    if draft is not None:
        actions.discard(actor, KIND, draft.pk)
        messages.success(request, _("草稿已删除"))
    return redirect(_url("class-tree", code, place))


@staff_page(actions.RELEASE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End an edition now; the one before it, or that of the unit above, holds again."""
    actor = actor_of(request)
    edition = scope.visible_edition(actor, pk)
    try:
        once(request, actor, f"page.class-withdraw:{pk}", lambda: actions.withdraw(actor, KIND, pk).pk)
        messages.success(request, _("已撤回，此前的版本重新生效"))
    except ActionError as error:
        messages.error(request, error.message)
    query = f"?unit={edition.org_id}" if edition.org_id else ""
    return redirect(reverse("catalogue:class-tree", args=[edition.code]) + query)


def _place(request: HttpRequest) -> Place:
    return scope.place(actor_of(request), request.GET.get("unit", "") or request.POST.get("unit", ""))[0]


def _base(code: str, place: Place) -> Tree:
    """The tree in force for the unit; what a draft starts from and is compared with."""
    found = classes.in_force(code, place.unit)
    if found is None:
        raise NotFound(_("没有这棵分类树"))
    return found[1]


def _posted(request: HttpRequest, code: str) -> dict[str, Any]:
    """The document sent by the editor. Raises InvalidInput for what is none."""
    text = request.POST.get("document", "")
    try:
        if len(text) > LONGEST_DOCUMENT:
            raise ValueError
        document = json.loads(text)
    except ValueError:
        raise InvalidInput({"document": [_("编辑内容不完整，请刷新页面后重试")]}) from None
    nodes = document.get("nodes") if isinstance(document, dict) else None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise InvalidInput({"document": [_("编辑内容不完整，请刷新页面后重试")]})
    return {**document, "code": code}


def _effects(code: str, place: Place, document: dict[str, Any]) -> dict[str, Any]:
    """Faults of a document, and its changes against the edition in force with the open requests they touch."""
    problems = classes.check(document, place.unit)
    context: dict[str, Any] = {
        "bars": [one for one in problems if one.severe],
        "advice": [one for one in problems if not one.severe],
        "changes": None,
        "touched": 0,
    }
    try:
        tree = read_tree(document)
    except TreeError:
        return context
    before = _base(code, place)
    changes = compare(before, tree)
    uses = classes.uses(code, place.unit, open_only=True)
    context["changes"] = pages.changes_of(changes, tree)
    hit = {change.was or change.path for change in changes if change.kind in {"removed", "retired", "moved", "renamed"}}
    for group in context["changes"]:
        for row in group["rows"]:
            row["uses"] = sum(
                count for path, count in uses.items() if path == row["path"] or path.startswith(row["path"] + ".")
            )
    context["touched"] = sum(
        count for path, count in uses.items() if any(path == one or path.startswith(f"{one}.") for one in hit)
    )
    return context


def _heading(code: str, place: Place, base: Tree) -> dict[str, Any]:
    return {
        "code": code,
        "title": (base.label_en if classes.english() else "") or base.label,
        "unit": place.unit,
        "place": place,
        "query": f"?unit={place.unit.pk}",
    }


def _editor(
    request: HttpRequest,
    code: str,
    place: Place,
    draft: ClassTree | None,
    *,
    document: dict[str, Any] | None = None,
    release_form: ReleaseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor_of(request).require(actions.EDIT, place.unit.path)
    base = _base(code, place)
    shown = document or (draft.document if draft else to_document(base))
    current = classes.in_force(code, place.unit)
    assert current is not None
    context = (
        _heading(code, place, base)
        | {
            "draft": draft,
            "document": shown,
            "version": draft.version if draft else "",
            "note": request.POST.get("note") or (draft.note if draft else ""),
            "base_id": current[0].id,
            "base_label": pages.edition_name(
                ClassTree.objects.select_related("org").defer("document").get(pk=current[0].id)
            ),
            "attributes": _attributes(),
            "uses": classes.uses(code, place.unit, open_only=True),
            "used": sorted(classes.uses(code, place.unit)),
            "release_form": release_form or ReleaseForm(initial={"note": draft.note if draft else ""}),
            "refused": document is not None,
            "wide": True,
        }
        | _effects(code, place, shown)
    )
    return render(request, "catalogue/classes/edit.html", context, status=status)


def _attributes() -> list[dict[str, Any]]:
    """What the node form asks, for the editor's script."""
    rows = []
    for name, kind in ATTRIBUTES.items():
        row: dict[str, Any] = {"name": name, "label": words.attribute_label(name)}
        row["kind"] = kind if isinstance(kind, str) else "choice"
        if isinstance(kind, tuple):
            row["choices"] = [[value, words.value_label(name, value)] for value in kind]
        rows.append(row)
    return rows


def _url(name: str, code: str, place: Place) -> str:
    return reverse(f"catalogue:{name}", args=[code]) + f"?unit={place.unit.pk}"


def _all(error: ActionError) -> list[str]:
    return (
        [text for texts in error.fields.values() for text in texts]
        if isinstance(error, InvalidInput)
        else [error.message]
    )


def _first(error: ActionError) -> str:
    return next(iter(_all(error)), error.message)
