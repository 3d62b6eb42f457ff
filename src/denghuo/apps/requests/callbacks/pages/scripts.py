"""Call scripts: what is in force, earlier editions, and drafts written as TOML."""

from __future__ import annotations

import tomllib
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions as catalogue
from denghuo.apps.catalogue.models import EditionState
from denghuo.apps.requests.callbacks.models import CallScript
from denghuo.apps.requests.callbacks.script import FOLDER, check, parse
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import once

VIEW = "callback.view"
KIND = CallScript.kind


@staff_page(VIEW)
def script_list(request: HttpRequest) -> HttpResponse:
    """Every script with its newest edition."""
    rows: dict[str, CallScript] = {}
    drafts: dict[str, CallScript] = {}
    for row in CallScript.objects.select_related("org").order_by("code", "number"):
        (drafts if row.state == EditionState.DRAFT else rows)[row.code] = row
    listed = [(row, drafts.get(code)) for code, row in rows.items()]
    listed += [(row, row) for code, row in drafts.items() if code not in rows]
    return render(request, "requests/callbacks/scripts.html", {"tab": "scripts", "rows": listed})


@staff_page(VIEW)
def script_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One edition as it is spoken, the others of its code, and the draft to be changed."""
    actor = actor_of(request)
    row = CallScript.objects.select_related("org", "released_by").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个脚本"))
    faults = check(row.document, row.org)
    may_edit = actor.can_somewhere(catalogue.EDIT)
    text, wrong = request.POST.get("text", ""), ""
    if request.method == "POST" and may_edit:
        try:
            document = tomllib.loads(text)
            saved = once(
                request, actor, f"page.script:{pk}",
                lambda: catalogue.save_draft(
                    actor, KIND, code=row.code, document=document, org=row.org, label=str(document.get("label", "")),
                    note=request.POST.get("note", ""),
                ).pk,
            )  # fmt: skip
        except tomllib.TOMLDecodeError as error:
            wrong = _("TOML 写法有误：%(error)s") % {"error": error}
        except ActionError as error:
            wrong = error.message
        else:
            messages.success(request, _("草稿已保存"))
            return redirect("requests:call-script", saved)
    context: dict[str, Any] = {
        "tab": "scripts",
        "row": row,
        "script": parse(row.document) if not [one for one in faults if one.severe] else None,
        "faults": faults,
        "editions": CallScript.objects.filter(code=row.code, org=row.org).order_by("-number"),
        "text": text or source_of(row),
        "wrong": wrong,
        "may_edit": may_edit,
        "may_release": row.state == EditionState.DRAFT and actor.can_somewhere(catalogue.RELEASE),
    }
    return render(request, "requests/callbacks/script.html", context, status=422 if wrong else 200)


@staff_page(catalogue.RELEASE)
@require_POST
def script_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft in force from now on."""
    actor = actor_of(request)
    try:
        once(request, actor, f"page.script.release:{pk}", lambda: catalogue.release(actor, KIND, pk).pk)
        messages.success(request, _("脚本已发布，新的回访按此进行"))
    except ActionError as error:
        fields = getattr(error, "fields", {})
        messages.error(request, "；".join(text for texts in fields.values() for text in texts) or error.message)
    return redirect("requests:call-script", pk)


def source_of(row: CallScript) -> str:
    """The document as TOML, as an editor reads it; the shipped text with its comments where it is unchanged."""
    path = FOLDER / f"{row.code}.toml"
    if path.exists():
        shipped = tomllib.loads(path.read_text(encoding="utf-8"))
        plain = {key: value for key, value in shipped.items() if key not in {"number", "source", "trust"}}
        if plain == row.document:
            return path.read_text(encoding="utf-8")
    return written(row.document)


def written(document: dict[str, Any]) -> str:
    """A script's document as TOML."""
    lines = [f"{name} = {_value(value)}" for name, value in document.items() if name != "questions"]
    for question in document.get("questions", []):
        lines += ["", "[[questions]]", *(f"{name} = {_value(value)}" for name, value in question.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
