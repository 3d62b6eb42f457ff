"""The editor: one part of the draft at a time, saved at once, with faults and drawing beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions
from denghuo.apps.catalogue.flows import documents
from denghuo.apps.catalogue.flows.forms import BasicsForm, FieldForm, StateForm, StepForm, TextForm
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.flows.pages.common import VIEW, Opened, draft, looked_at
from denghuo.apps.catalogue.flows.pages.rows import lists
from denghuo.apps.catalogue.flows.problems import Finding, findings
from denghuo.core.errors import ActionError
from denghuo.web.formtools import add_refusal

FORMS = {"states": StateForm, "steps": StepForm, "fields": FieldForm}
Form = BasicsForm | StateForm | StepForm | FieldForm


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor; ``?open=steps:3`` opens a part, ``steps:new`` a new one. POST saves, moves or removes one part."""
    found = draft(request, pk)
    part, index = _asked(request)
    form: Form | None = None
    status = 200
    if request.method == "POST":
        form = _form(found, part, index, request.POST) if request.POST.get("do", "save") == "save" else None
        answer = _do(request, found, part, index, form)
        if answer is not None:
            return answer
        status = 422
    elif part:
        form = _form(found, part, index, None)
    context = found.context() | lists(found.row.document) | looked_at(found.row.document)
    key = part if part in ("", "basics") else f"{part}:{'new' if index is None else index}"
    context |= {"open_key": key, "draft_key": f"flow-{pk}-{key}"}
    context |= {"form": form, "part": part, "index": index, "version": request.POST.get("version") or found.row.version}
    return render(request, "catalogue/flows/edit.html", context, status=status)


@require_POST
@staff_page(VIEW)
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Faults and drawing of the draft as it would be with what is being typed; nothing is saved."""
    found = draft(request, pk)
    part, index = _asked(request)
    document: Mapping[str, Any] = found.row.document
    form = _form(found, part, index, request.POST) if part else None
    if form is not None and form.is_valid():
        document = _applied(document, part, index, form)
    return render(request, "catalogue/flows/_check.html", found.context() | looked_at(document) | {"typing": True})


@require_http_methods(["GET", "POST"])
@staff_page(VIEW)
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as TOML or JSON text, with faults by line."""
    found = draft(request, pk)
    written = documents.as_text(found.row.document, "json" if request.GET.get("form") == "json" else "toml")
    form, status = TextForm(initial={"text": written}), 200
    if request.method == "POST":
        form, status = TextForm(request.POST), 422
        if form.is_valid():
            written = form.cleaned_data["text"]
            try:
                document = documents.read(written)
                _code_kept(found, document)
                _save(found, document, _version(request))
            except documents.Unreadable as error:
                form.add_error("text", error.message)
            except ActionError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("草稿已保存"))
                return redirect("catalogue:flow-text", pk)
        else:
            written = request.POST.get("text", "")
    context = (
        found.context()
        | looked_at(found.row.document)
        | {"form": form, "section": "text", "draft_key": f"flow-{pk}-text"}
    )
    context["version"] = request.POST.get("version") or found.row.version
    context["lines"] = [(_line(written, one), one) for one in findings(found.row.document)] if status == 200 else []
    return render(request, "catalogue/flows/text.html", context, status=status)


def _code_kept(found: Opened, document: documents.Document) -> None:
    from denghuo.core.errors import InvalidInput

    if document.get("code") != found.row.code:
        message = _("代码须保持为“%(code)s”；要做另一个流程，请用“导入”")
        raise InvalidInput({"text": message % {"code": found.row.code}})


def _line(written: str, finding: Finding) -> int | None:
    if finding.row is not None:
        return documents.line_of(written, "steps", finding.row)
    if finding.state:
        at = written.find(f'"{finding.state}"')
        return written.count("\n", 0, at) + 1 if at >= 0 else None
    return None


def _asked(request: HttpRequest) -> tuple[str, int | None]:
    """Part and place named by the page: ``basics``, ``states:2``, ``steps:new``."""
    named = request.POST.get("open") if request.method == "POST" else request.GET.get("open", "")
    part, _colon, place = (named or "").partition(":")
    if part in ("", "basics"):
        return part, None
    if part not in FORMS or not (place == "new" or place.isdecimal()):
        raise Http404
    return part, None if place == "new" else int(place)


def _form(found: Opened, part: str, index: int | None, data: Any) -> Form:
    document, words = _editable(found), host().words()
    if part == "basics":
        return BasicsForm(data, document, words)
    if index is not None and index >= len(document.get(part, [])):
        raise Http404
    return FORMS[part](data, document, words, index)  # type: ignore[return-value]


def _editable(found: Opened) -> documents.Document:
    return documents.editable(found.row.document)


def _applied(document: Mapping[str, Any], part: str, index: int | None, form: Any) -> documents.Document:
    if part == "basics":
        return documents.editable(document) | form.row()
    return documents.put(document, part, index, form.row())[0]


def _do(request: HttpRequest, found: Opened, part: str, index: int | None, form: Form | None) -> HttpResponse | None:
    """Carry out what was asked; None when the form must be shown again."""
    what, place = request.POST.get("do", "save"), index
    row = found.row
    try:
        if what == "save":
            assert form is not None
            if not form.is_valid():
                return None
            document = _applied(row.document, part, index, form)
            place = index if index is not None or part == "basics" else len(document[part]) - 1
        elif index is None or index >= len(_editable(found).get(part, [])):
            raise Http404
        elif what == "remove":
            document = documents.remove(row.document, part, index)
            place = None
        elif what in ("up", "down"):
            document, place = documents.move(row.document, part, index, -1 if what == "up" else 1)
        else:
            raise Http404
        _save(found, document, _version(request))
    except ActionError as error:
        if form is not None:
            add_refusal(form, error)
            return None
        messages.error(request, error.message)
    anchor = f"{part}-{place}" if place is not None else part
    return redirect(f"{reverse('catalogue:flow-edit', args=[row.pk])}#{anchor}")


def _save(found: Opened, document: Mapping[str, Any], version: int | None) -> None:
    row = found.row
    actions.save_draft(
        found.actor, "flow", code=row.code, document=document, org=row.org,
        label=str(document.get("label") or row.label), note=row.note, version=version,
    )  # fmt: skip


def _version(request: HttpRequest) -> int | None:
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() else None


__all__ = ["check", "edit", "text"]
