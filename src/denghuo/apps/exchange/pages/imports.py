"""Screens of the imports: upload, name the columns, see what is wrong, take in, fetch the file to mend."""

from __future__ import annotations

import io
import tempfile
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.exchange.actions import imports as actions
from denghuo.apps.exchange.choices import ImportKind, ImportState
from denghuo.apps.exchange.importing.kinds import IMPORTS
from denghuo.apps.exchange.importing.running import faults_file
from denghuo.apps.exchange.models import ImportBatch
from denghuo.apps.exchange.pages.common import IMPORT, NEEDED, dotted, refused, units_for
from denghuo.core import events, policies, sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

FAULTS_SHOWN = 100


class UploadForm(forms.Form):
    """A file to take in."""

    kind = forms.ChoiceField(label=gettext_lazy("内容"), choices=ImportKind.choices)
    source = forms.CharField(
        label=gettext_lazy("来源系统"), max_length=32, error_messages=NEEDED,
        help_text=gettext_lazy("如 省中心旧系统；与行内编号一起识别同一条，重复上传不会重复生成"),
    )  # fmt: skip
    org = forms.TypedChoiceField(label=gettext_lazy("单位范围"), coerce=int)
    file = forms.FileField(
        label=gettext_lazy("文件"), error_messages={"required": gettext_lazy("请选择 .xlsx 或 .csv 文件"), "empty": gettext_lazy("文件是空的，请重新选择文件")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,text/csv"}),
    )  # fmt: skip

    def __init__(self, actor: Actor, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.units = units_for(actor, IMPORT)
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]


class ImportTable(t.Table):
    """Batches, newest first."""

    file_name = t.Column(gettext_lazy("文件名"), link="exchange:import", sort="file_name")
    kind = t.Column(gettext_lazy("内容"), value=lambda row, ctx: row.get_kind_display())
    source = t.Column(gettext_lazy("来源系统"))
    state = t.StateColumn(gettext_lazy("状态"), kind="import", sort="state")
    total = t.NumberColumn(gettext_lazy("行数"))
    made = t.NumberColumn(gettext_lazy("新增"))
    known = t.NumberColumn(gettext_lazy("已存在"))
    faulty = t.NumberColumn(gettext_lazy("有误"))
    by_name = t.Column(gettext_lazy("上传人"))
    created_at = t.TimeColumn(gettext_lazy("上传时间"), sort="created_at")

    class Meta:
        name = "imports"
        default_sort = "-created_at"
        page_size = 50
        filters = [
            t.ChoiceFilter("kind", gettext_lazy("内容"), choices=ImportKind.choices),
            t.ChoiceFilter("state", gettext_lazy("状态"), choices=ImportState.choices),
        ]
        empty = (gettext_lazy("还没有导入过"), gettext_lazy("下载模板，按列填好后上传；先校验，再导入"))


@require_http_methods(["GET", "POST"])
@staff_page(IMPORT)
def listing(request: HttpRequest) -> HttpResponseBase:
    """All batches, and uploading a new file."""
    actor = actor_of(request)
    form = UploadForm(actor, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        upload = data["file"]

        def run() -> int:
            return actions.upload(
                actor, client_id=_client_id(request), kind=data["kind"], source=data["source"],
                org=form.units[data["org"]], name=upload.name, chunks=upload.chunks(),
            ).pk  # fmt: skip

        try:
            return redirect("exchange:import", run())
        except ActionError as error:
            add_refusal(form, error)
    table = ImportTable(request, ImportBatch.objects.visible_to(actor, IMPORT).select_related("org"), actor=actor)
    context = {"form": form, "tab": "imports", "kinds": ImportKind.choices, "wide": True}
    response = t.table_response(request, table, "exchange/imports.html", context)
    if form.errors:
        response.status_code = 422
    return response


def _client_id(request: HttpRequest) -> uuid.UUID:
    """The form's own key: sending it twice uploads once."""
    try:
        return uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, request.POST.get("idempotency_key") or uuid.uuid4().hex)


def batch_of(actor: Actor, pk: int) -> ImportBatch:
    """A batch the actor may see. Raises NotFound."""
    row = ImportBatch.objects.visible_to(actor, IMPORT).select_related("org").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个导入批次"))
    return row


@require_GET
@staff_page(IMPORT)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch, wherever it stands."""
    row = batch_of(actor_of(request), pk)
    if request.headers.get("HX-Request") == "true":
        return render(request, "exchange/_import_progress.html", _context(row))
    return render(request, "exchange/import.html", _context(row))


def _context(row: ImportBatch, errors: dict[str, list[str]] | None = None) -> dict[str, Any]:
    context: dict[str, Any] = {"row": row, "tab": "imports", "busy": row.state in ("checking", "running")}
    if row.job_id is not None:
        context["progress"] = JobProgress.objects.filter(pk=row.job_id).first()
    if row.state in ("uploaded", "checked"):
        context["fields"] = _fields(row, errors or {})
        context["heads"] = list(enumerate(row.columns))
        context["sample"] = _sample(row)
    if row.faulty:
        context["faults"] = list(row.faults.order_by("row").defer("cells")[:FAULTS_SHOWN])
    context["right"] = max(row.total - row.faulty, 0)
    return context


def _fields(row: ImportBatch, errors: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "field": field, "place": row.mapping.get(field.name), "constant": row.constants.get(field.name, ""),
            "errors": errors.get(field.name, []),
        }
        for field in IMPORTS[row.kind].fields
    ]  # fmt: skip


def _sample(row: ImportBatch) -> list[tuple[int, list[str]]]:
    """The first rows; nothing once the file is cleared."""
    try:
        return actions.preview(row)
    except (FileNotFoundError, sheets.SheetError):
        return []


@require_POST
@staff_page(IMPORT)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Look through, take in, stop."""
    actor = actor_of(request)
    row = batch_of(actor, pk)
    try:
        if verb == "check":
            mapping, constants = _posted(request, row)
            once(
                request,
                actor,
                "import.check",
                lambda: actions.start_check(actor, pk, mapping=mapping, constants=constants).pk,
            )
        elif verb == "run":
            once(request, actor, "import.start", lambda: actions.start_run(actor, pk).pk)
        elif verb == "cancel":
            actions.cancel_import(actor, pk)
            messages.info(request, _("已请求停止；已导入的行保留"))
        else:
            raise NotFound()
    except InvalidInput as error:
        row.mapping = {name: place for name, place in mapping.items() if place is not None}
        row.constants = constants
        return render(request, "exchange/import.html", _context(row, error.fields), status=422)
    except NotFound:
        raise
    except ActionError as error:
        return refused(request, error, "exchange:import", pk)
    return redirect("exchange:import", pk)


def _posted(request: HttpRequest, row: ImportBatch) -> tuple[dict[str, int | None], dict[str, str]]:
    mapping: dict[str, int | None] = {}
    constants: dict[str, str] = {}
    for field in IMPORTS[row.kind].fields:
        text = request.POST.get(f"column_{field.name}", "")
        mapping[field.name] = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
        constants[field.name] = request.POST.get(f"constant_{field.name}", "")[:80]
    return mapping, constants


@require_GET
@staff_page(IMPORT)
def faults(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were not taken in, as a file to mend and send again; on the record, as it holds people's data."""
    actor = actor_of(request)
    row = batch_of(actor, pk)
    heads, rows = faults_file(row)
    events.record(
        actor, "table.exported", ("staff", actor.id or 0), org=row.org,
        payload={"table": "import_faults", "format": str(row.format), "rows": row.faulty, "filters": [str(row.pk)]},
    )  # fmt: skip
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the response closes it)
    sheets.write(file, row.format, heads, rows, title=_("有误的行"))
    return _download(file, f"import-{row.pk}-faults.{row.format}", row.format)


@require_GET
@staff_page(IMPORT)
def template(request: HttpRequest, kind: str, format: str) -> HttpResponseBase:
    """An empty table with the columns, one sample row, and (xlsx) a sheet that explains them."""
    if kind not in IMPORTS or format not in ("xlsx", "csv"):
        raise NotFound()
    fields = IMPORTS[kind].fields
    notes: list[list[str]] = [[_("列名"), _("说明")]]
    for field in fields:
        parts = [_("必填") if field.required else _("选填"), str(field.help)]
        if field.choices:
            parts.append(_("可选：%(labels)s") % {"labels": _("、").join(str(label) for _c, label in field.choices)})
        notes.append([str(field.label), _("。").join(part for part in parts if part)])
    notes.append([_("上限"), _("每个文件最多 %(rows)s 行") % {"rows": policies.get("import.max_rows")}])
    file = io.BytesIO()
    heads = [str(field.label) for field in fields]
    sheets.write(
        file, format, heads, [[field.sample for field in fields]], title=str(ImportKind(kind).label), notes=notes,
        notes_title=_("填写说明"),
    )  # fmt: skip
    return _download(file, f"import-{kind}.{format}", format)


def _download(file: Any, name: str, format: str) -> FileResponse:
    file.seek(0)
    kind = sheets.XLSX_TYPE if format == "xlsx" else sheets.CSV_TYPE
    response = FileResponse(file, as_attachment=True, filename=name, content_type=kind)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
