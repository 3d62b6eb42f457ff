"""Screens of the imports: upload, look at every item, mend or skip, take in."""

from __future__ import annotations

import io
import uuid
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
from denghuo.apps.knowledge.actions import importing as actions
from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.forms import lines, places
from denghuo.apps.knowledge.imports.sheet import HEADS
from denghuo.apps.knowledge.models import KnowledgeImport
from denghuo.core import sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web.formtools import add_refusal

EDIT = queries.EDIT
PAGE = 50


class UploadForm(forms.Form):
    """A file to take in, and what all of it has in common."""

    file = forms.FileField(
        label=gettext_lazy("文件"),
        error_messages={
            "required": gettext_lazy("请选择 Word、Excel、CSV、PDF 或 Markdown 文件"),
            "empty": gettext_lazy("文件是空的，请重新选择文件"),
        },
        widget=forms.FileInput(attrs={"accept": ".docx,.xlsx,.csv,.pdf,.md,.txt"}),
        help_text=gettext_lazy("Word、Excel、CSV、Markdown 或带文字的 PDF；PDF 只取文字，不取图片和版式"),
    )
    org = forms.ChoiceField(label=gettext_lazy("适用单位"), required=False)
    scene = forms.ChoiceField(
        label=gettext_lazy("默认场景"), required=False, choices=[("", gettext_lazy("按内容推测")), *Scene.choices]
    )
    source = forms.CharField(
        label=gettext_lazy("默认依据"), required=False, max_length=300,
        help_text=gettext_lazy("文件里没有写依据的条目用它，如文件名称与文号"),
    )  # fmt: skip

    def __init__(self, actor: Actor, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.units = {str(unit.pk): unit for unit in places(actor)}
        choices: list[tuple[str, Any]] = [(pk, unit.label) for pk, unit in self.units.items()]
        if queries.may_edit(actor, None):
            choices.insert(0, ("", _("各地通用")))
        self.fields["org"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@staff_page(EDIT)
def listing(request: HttpRequest) -> HttpResponse:
    """Uploading, and the imports so far."""
    actor = actor_of(request)
    form = UploadForm(actor, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.upload(
                actor, client_id=client_id(request), name=data["file"].name, chunks=data["file"].chunks(),
                org=form.units.get(data["org"]), scene=data["scene"], source=data["source"],
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            return redirect("knowledge:import", row.pk)
    rows = _seen(actor).select_related("by", "org").defer("data")[:PAGE]
    context = {"form": form, "rows": rows, "tab": "imports"}
    return render(request, "knowledge/imports.html", context, status=422 if form.errors else 200)


def client_id(request: HttpRequest) -> uuid.UUID:
    """The form's own key: sending it twice uploads once."""
    try:
        return uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        return uuid.uuid4()


def _seen(actor: Actor) -> Any:
    """Imports for units on which the actor writes; newest first (index ``knowledge_import_newest``)."""
    from django.db.models import Q

    wanted = Q(pk=None)
    for path in actor.paths_for(EDIT):
        wanted |= Q(org__path__startswith=path)
    if queries.may_edit(actor, None):
        wanted |= Q(org=None)
    return KnowledgeImport.objects.filter(wanted).exclude(format="graph").order_by("-at")


def _one(actor: Actor, pk: int) -> KnowledgeImport:
    row: KnowledgeImport | None = _seen(actor).select_related("by", "org").defer("data").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    return row


@require_GET
@staff_page(EDIT)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import, wherever it stands; ``?show=`` wrong, like or skipped narrows the items."""
    row = _one(actor_of(request), pk)
    context: dict[str, Any] = {"row": row, "tab": "imports", "busy": row.state in ("reading", "running")}
    if row.job_id is not None:
        context["progress"] = JobProgress.objects.filter(pk=row.job_id).first()
    items = list(row.items.select_related("like", "entry"))
    context["counts"] = {
        "all": len(items),
        "wrong": sum(item.wrong and not item.skipped for item in items),
        "like": sum(any(one[0] == "like" for one in item.problems) and not item.skipped for item in items),
        "skipped": sum(item.skipped for item in items),
        "made": sum(item.entry_id is not None for item in items),
    }
    show = request.GET.get("show", "")
    keep = {
        "wrong": lambda item: item.wrong and not item.skipped,
        "like": lambda item: any(one[0] == "like" for one in item.problems),
        "skipped": lambda item: item.skipped,
    }.get(show)
    picked = [item for item in items if keep is None or keep(item)]
    page = request.GET.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    number = max(1, min(number, -(-len(picked) // PAGE) or 1))
    context |= {
        "items": picked[(number - 1) * PAGE : number * PAGE], "show": show, "page": number,
        "pages": -(-len(picked) // PAGE), "left": context["counts"]["all"] - context["counts"]["skipped"],
    }  # fmt: skip
    context |= _choices()
    template = "_import_body.html" if request.headers.get("HX-Request") == "true" else "import.html"
    return render(request, f"knowledge/{template}", context)


def _choices() -> dict[str, Any]:
    return {"scenes": Scene.choices, "trusts": Trust.choices, "kinds": Kind.choices}


@require_POST
@staff_page(EDIT)
def mend(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """HTMX: change one item, leave it out, or take it back in; what is wrong is looked at again."""
    actor = actor_of(request)
    row = _one(actor, pk)
    changes: dict[str, Any] = {}
    for name in ("question", "answer", "scene", "source", "trust", "kind"):
        if name in request.POST:
            changes[name] = request.POST[name].strip()
    for name in ("similar", "negative"):
        if name in request.POST:
            changes[name] = list(lines(request.POST[name]))
    skip = request.POST.get("skip") == "1"
    item = actions.mend_item(actor, pk, place, changes, skip=skip)
    context = {"item": item, "row": row, "open": item.wrong and not skip, **_choices()}
    return render(request, "knowledge/_import_item.html", context)


@require_POST
@staff_page(EDIT)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Take in, stop, or leave out many."""
    actor = actor_of(request)
    _one(actor, pk)
    here = f"/staff/knowledge/imports/{pk}/"
    if verb == "start":
        return attempt(request, lambda: actions.start_import(actor, pk), _("已开始导入"), here)
    if verb == "cancel":
        return attempt(request, lambda: actions.cancel_import(actor, pk), _("已请求停止"), here)
    if verb in ("skip-wrong", "skip-like"):
        try:
            n = actions.skip_items(actor, pk, verb.removeprefix("skip-"))
        except (ActionError, InvalidInput) as error:
            messages.error(request, error.message)
        else:
            messages.success(request, _("已跳过 %(n)s 条") % {"n": n})
        return redirect(here)
    raise NotFound()


@require_GET
@staff_page(EDIT)
def template(request: HttpRequest) -> FileResponse:
    """An empty workbook with the columns and one row as a sample."""
    file = io.BytesIO()
    sample = {
        "question": "换了银行卡怎么重新签约代扣", "kind": "标准问", "scene": "缴费充值", "answer": "先在原渠道解约，再用新卡签约。",
        "similar": "银行卡换了代扣怎么办\n代扣的卡注销了", "source": "本单位代扣业务说明", "trust": "权威来源", "varies": "否",
        "public": "是", "review_months": 12,
    }  # fmt: skip
    sheets.write(file, "xlsx", list(HEADS.values()), [[sample.get(name, "") for name in HEADS]], title="知识导入模板")
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="knowledge-template.xlsx", content_type=sheets.XLSX_TYPE)
