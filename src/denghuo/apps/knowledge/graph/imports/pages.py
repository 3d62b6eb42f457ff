"""Screens of the graph's imports: upload, look over and mend every row, let it hold."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.graph.imports import FORMAT, actions, sheet
from denghuo.apps.knowledge.graph.pages import frame
from denghuo.apps.knowledge.models import ImportItem, KnowledgeImport
from denghuo.apps.knowledge.pages.imports import UploadForm as EntriesForm
from denghuo.apps.knowledge.pages.imports import client_id
from denghuo.core import sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web.formtools import add_refusal

EDIT, REVIEW = queries.EDIT, queries.REVIEW
PAGE = 50
FIELDS = {True: (*sheet.STATEMENT, *sheet.SHARED), False: (*sheet.ENTITY, *sheet.SHARED)}


class UploadForm(EntriesForm):
    """A table to take in, and what all of it has in common."""

    file = forms.FileField(
        label=gettext_lazy("文件"),
        error_messages={
            "required": gettext_lazy("请选择 Excel 或 CSV 文件"),
            "empty": gettext_lazy("文件是空的，请重新选择文件"),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=gettext_lazy("Excel（只读第一个工作表）或 CSV；第一行是列名"),
    )
    scene = None


@require_http_methods(["GET", "POST"])
@staff_page(EDIT, REVIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """Uploading, and the imports so far; a reviewer sees those that wait for them."""
    actor = actor_of(request)
    may = actor.can_somewhere(EDIT)
    form = UploadForm(actor, request.POST or None, request.FILES or None) if may else None
    if form is not None and request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.upload(
                actor, client_id=client_id(request), name=data["file"].name, chunks=data["file"].chunks(),
                org=form.units.get(data["org"]), source=data["source"],
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            return redirect("knowledge:graph-import", row.pk)
    rows = _seen(actor).select_related("by", "org").defer("data")[:PAGE]
    context = frame(request, "imports") | {"form": form, "rows": rows, "heads": _heads()}
    status = 422 if form is not None and form.errors else 200
    return render(request, "knowledge/graph/imports.html", context, status=status)


def _heads() -> list[tuple[str, str]]:
    """The columns as the page explains them."""
    return [
        (_("实体"), "、".join(sheet.HEADS[name] for name in sheet.ENTITY)),
        (_("关系"), "、".join(sheet.HEADS[name] for name in sheet.STATEMENT)),
        (_("都有"), "、".join(sheet.HEADS[name] for name in sheet.SHARED)),
    ]


def _seen(actor: Actor) -> Any:
    """Imports for units on which the actor writes or reviews; newest first (index ``knowledge_import_newest``)."""
    from django.db.models import Q

    wanted = Q(pk=None)
    for path in {*actor.paths_for(EDIT), *actor.paths_for(REVIEW)}:
        wanted |= Q(org__path__startswith=path)
    if queries.may_edit(actor, None) or queries.may(actor, REVIEW, None):
        wanted |= Q(org=None)
    return KnowledgeImport.objects.filter(wanted, format=FORMAT).order_by("-at")


def _one(actor: Actor, pk: int) -> KnowledgeImport:
    row: KnowledgeImport | None = _seen(actor).select_related("by", "org").defer("data").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    return row


@require_GET
@staff_page(EDIT, REVIEW)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import, wherever it stands; ``?show=`` wrong, like or skipped narrows the rows."""
    context = _context(request, _one(actor_of(request), pk))
    template = "_import_body.html" if request.headers.get("HX-Request") == "true" else "import.html"
    return render(request, f"knowledge/graph/{template}", context)


def _context(request: HttpRequest, row: KnowledgeImport, opened: int = 0) -> dict[str, Any]:
    actor, busy = actor_of(request), row.state == "running"
    items = list(row.items.order_by("place"))
    for item in items:
        item.batch = row  # known already
    keep: dict[str, Callable[[ImportItem], bool]] = {
        "wrong": lambda item: item.wrong and not item.skipped,
        "like": lambda item: any(one[0] in ("like", "same") for one in item.problems),
        "skipped": lambda item: item.skipped,
    }
    counts = {name: sum(map(test, items)) for name, test in keep.items()} | {
        "all": len(items), "made": sum("made" in item.content for item in items),
        "entities": sum(not sheet.is_statement(item.content) for item in items),
    }  # fmt: skip
    show = request.GET.get("show", "")
    picked = [item for item in items if show not in keep or keep[show](item)]
    given = request.GET.get("page", "1")
    pages = -(-len(picked) // PAGE) or 1
    number = min(int(given) if given.isascii() and given.isdigit() and 0 < len(given) < 5 else 1, pages) or 1
    own = actor.id == row.by_id
    return frame(request, "imports") | {
        "row": row, "busy": busy, "counts": counts, "show": show, "page": number, "pages": pages,
        "items": [_shown(item, opened) for item in picked[(number - 1) * PAGE : number * PAGE]],
        "left": counts["all"] - counts["skipped"],
        "statements": counts["all"] - counts["entities"],
        "may_mend": queries.may_edit(actor, row.org),
        "may_start": queries.may(actor, REVIEW, row.org) and not own, "own": own,
        "progress": JobProgress.objects.filter(pk=row.job_id).first() if row.job_id is not None else None,
    }  # fmt: skip


def _shown(item: ImportItem, opened: int) -> dict[str, Any]:
    """A row with its fields as the form to mend it has them, each with what is wrong with it."""
    statement = sheet.is_statement(item.content)
    wrong = {field: text for field, weight, text in reversed(item.problems) if weight == "error"}
    fields = [
        {"name": name, "label": _(sheet.HEADS[name]), "value": item.content.get(name, ""), "wrong": wrong.get(name, "")}
        for name in FIELDS[statement]
    ]
    names = ("place", "customer", "voltage", "area", "condition") if statement else ("aliases", "attributes", "note")
    told = [str(item.content.get(name, "")) for name in names]
    told.append(str(item.content.get("source") or item.batch.source))
    days = [str(item.content.get(name, "")) for name in ("valid_from", "valid_to")]
    told.append(" – ".join(days) if any(days) else "")
    return {
        "it": item, "statement": statement, "fields": fields, "told": " · ".join(filter(None, told)),
        "open": opened == item.place and item.wrong,
    }  # fmt: skip


@require_POST
@staff_page(EDIT)
def mend(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """HTMX: change one row, leave it out, or take it back in; all rows are looked over again."""
    actor = actor_of(request)
    row = _one(actor, pk)
    changes = {name: request.POST[name] for name in sheet.HEADS if name in request.POST}
    actions.mend(actor, pk, place, changes, skip=request.POST.get("skip") == "1")
    return render(request, "knowledge/graph/_import_body.html", _context(request, row, opened=place))


@require_POST
@staff_page(EDIT, REVIEW)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Let it hold, give it up, or leave out what is wrong."""
    actor = actor_of(request)
    _one(actor, pk)
    here = f"/staff/knowledge/graph/imports/{pk}/"
    if verb == "start":
        return attempt(request, lambda: actions.start(actor, pk), _("已开始导入"), here)
    if verb == "cancel":
        return attempt(request, lambda: actions.cancel(actor, pk), _("已取消导入"), here)
    if verb != "skip-wrong":
        raise NotFound()
    try:
        n = actions.skip_wrong(actor, pk)
    except ActionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("已跳过 %(n)s 条") % {"n": n})
    return redirect(here)


@require_GET
@staff_page(EDIT)
def template(request: HttpRequest) -> FileResponse:
    """An empty workbook with the columns and three rows as a sample."""
    samples: list[dict[str, str]] = [
        {"name": "屋顶租赁协议", "kind": "材料", "aliases": "屋顶使用协议、租屋顶的合同", "attributes": "须出示原件=是",
         "source": "本单位光伏并网办理须知", "trust": "权威来源"},
        {"name": "光伏并网受理时限", "kind": "时限限值", "attributes": "数值=2；单位=工作日", "source": "本单位光伏并网办理须知"},
        {"head": "分布式光伏并网", "relation": "需要材料", "tail": "屋顶租赁协议", "condition": "租用屋顶",
         "source": "本单位光伏并网办理须知", "valid_from": "2026-01-01"},
    ]  # fmt: skip
    return _workbook([[one.get(name, "") for name in sheet.HEADS] for one in samples], "knowledge-graph-template.xlsx")


@require_GET
@staff_page(EDIT)
def table(request: HttpRequest) -> FileResponse:
    """All that is in use, in the layout of an import: change it and bring it back."""
    return _workbook(sheet.rows(actor_of(request)), "knowledge-graph-table.xlsx")


def _workbook(rows: Any, name: str) -> FileResponse:
    file = io.BytesIO()
    sheets.write(file, "xlsx", list(sheet.HEADS.values()), rows, title="知识图谱")
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=sheets.XLSX_TYPE)
