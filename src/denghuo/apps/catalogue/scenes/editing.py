"""The editor of a template: text on one side, the form it makes on the other; checked, compared, released."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import actions, scenes
from denghuo.apps.catalogue.classes.scope import Place, place
from denghuo.apps.catalogue.editions import Problem
from denghuo.apps.catalogue.flows.documents import Unreadable, line_of
from denghuo.apps.catalogue.flows.documents import read as read_text
from denghuo.apps.catalogue.models import EditionState, SceneTemplate
from denghuo.apps.catalogue.scenes.forms import form_of, posted
from denghuo.apps.catalogue.scenes.words import texts
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core.actions.run import undivided
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.engine.scenes import Template, TemplateError, completeness, missing, read, validate
from denghuo.web.formtools import once

#: how wide the preview is drawn, and for whom
VIEWS: Final = (
    ("desk", gettext_lazy("坐席桌面"), "agent"),
    ("hall", gettext_lazy("网上营业厅"), "customer"),
    ("phone", gettext_lazy("手机"), "customer"),
)
LARGEST_FILE: Final = 256 * 1024
STARTING: Final = """code = "new_scene"
label = "新场景"
label_en = "New scene"
types = ["service_request"]

[dispatch]
skills = []
crew = "none"
tools = []
note = ""

[script]
opening = "您好，请问有什么可以帮您？"
asking = ""
closing = "已为您登记，请保持电话畅通。"

[[fields]]
code = "description"
label = "情况说明"
label_en = "Description"
kind = "text"
required = true
lines = true
max_length = 1000
question = "请您说说具体情况。"
maps_to = "description"
"""


def _place(request: HttpRequest) -> tuple[Place, list[Any]]:
    given = request.POST if request.method == "POST" else request.GET
    return place(actor_of(request), given.get("org", ""))


def draft_of(code: str, org_id: int | None) -> SceneTemplate | None:
    """The draft of a scene for a unit."""
    return SceneTemplate.objects.filter(code=code, org_id=org_id, state=EditionState.DRAFT).first()


@require_GET
@staff_page("catalogue.edit")
def edit(request: HttpRequest, code: str = "") -> HttpResponse:
    """The draft of the unit, or what holds there now as a beginning; without a code a new scene."""
    here, units = _place(request)
    draft = draft_of(code, here.unit.pk) if code else None
    if draft is not None:
        text, version = to_toml(draft.document), draft.version
    elif code:
        held = scenes.SCENES.in_force(code, here.unit)
        if held is None:
            raise NotFound(_("没有这个模板"))
        text, version = to_toml(SceneTemplate.objects.only("document").get(pk=held.id).document), 0
    else:
        text, version = STARTING, 0
    return _editor(request, here, units, text, code=code, draft=draft, version=version)


def _editor(
    request: HttpRequest, here: Place, units: list[Any], text: str, *, code: str = "", draft: SceneTemplate | None = None,
    version: int = 0, refused: ActionError | None = None,
) -> HttpResponse:  # fmt: skip
    context = look(text, here, view=request.POST.get("view", "desk"), posted_values=None)
    fields = refused.fields if isinstance(refused, InvalidInput) else {}
    context |= {
        "tab": "scenes", "wide": True, "here": here, "units": units, "text": text, "code": code, "draft": draft,
        "version": version, "views": VIEWS,
        "refused": [*(found for texts_ in fields.values() for found in texts_)] or ([refused.message] if refused else []),
        "title": context["template"].label if context["template"] else code or _("新场景模板"),
    }  # fmt: skip
    return render(request, "catalogue/scenes/edit.html", context, status=422 if refused else 200)


def look(text: str, here: Place, *, view: str, posted_values: Any, test: str = "") -> dict[str, Any]:
    """Everything the preview shows of a text: its faults with their lines, the form, the outcome of test values, the
    differences from what holds now."""
    name, _label, audience = next((one for one in VIEWS if one[0] == view), VIEWS[0])
    context: dict[str, Any] = {"view": name, "audience": audience, "template": None, "problems": [], "line": None}
    try:
        document = read_text(text)
    except Unreadable as error:
        context["problems"] = [(Problem("", error.message), None)]  # the message names the line
        return context
    context["document"] = document
    context["problems"] = [(one, _line(text, document, one.where)) for one in scenes.check(document, here.unit)]
    context["diff"] = list(differences(document, here))
    try:
        template = read(document)
    except TemplateError:
        return context
    values = posted(template, posted_values, whole=True) if posted_values is not None else {}
    values = {one: value for one, value in values.items() if value not in ("", [])}
    context |= {"template": template, **outcome(template, values, test, audience)}
    context["form"] = form_of(
        template, context.pop("typed"), audience=audience, whole=True, errors=context["faults"], suffix="-test"
    )
    return context


def outcome(template: Template, values: Mapping[str, Any], test: str, audience: str) -> dict[str, Any]:
    """What the checks make of test values: typed into the preview, or as JSON."""
    told: dict[str, Any] = {"tested": False, "test_error": "", "faults": {}, "typed": dict(values)}
    if test.strip():
        try:
            found = json.loads(test)
        except ValueError:
            return told | {"test_error": _('测试值不是合法的 JSON，应如 {"scope": "single"}')}
        if not isinstance(found, dict):
            return told | {"test_error": _("测试值应是一组“字段: 值”")}
        values = {**found, **values}
    if not values:
        return told
    checked = validate(template, values, audience=audience, now=scenes.present())
    return told | {
        "tested": True, "faults": texts(checked.faults), "typed": dict(values),
        "clean": json.dumps(checked.values, ensure_ascii=False, indent=2),
        "percent": completeness(template, checked.values),
        "lacking": [one.label for one in missing(template, checked.values)],
    }  # fmt: skip


def differences(document: Mapping[str, Any], here: Place) -> Iterator[tuple[str, str]]:
    """Lines against the edition in force: ("+" | "-" | " " | "@", text)."""
    code = str(document.get("code", ""))
    held = scenes.SCENES.in_force(code, here.unit) if code else None
    if held is None:
        return
    before = SceneTemplate.objects.only("document").get(pk=held.id).document
    lines = difflib.unified_diff(to_toml(before).splitlines(), to_toml(document).splitlines(), lineterm="", n=2)
    for line in list(lines)[2:]:
        yield ("@", "…") if line.startswith("@@") else (line[:1] or " ", line[1:])


def _line(text: str, document: Mapping[str, Any], where: str) -> int | None:
    part, _dot, rest = where.partition(".")
    if part == "fields" and rest:
        codes = [str(row.get("code", "")) if isinstance(row, Mapping) else "" for row in document.get("fields", [])]
        name = rest.partition(".")[0]
        return line_of(text, "fields", codes.index(name)) if name in codes else None
    if part.startswith(("fields[", "questions[", "examples[")):
        name, number = part.rstrip("]").split("[")
        return line_of(text, name, int(number))
    return None


@require_POST
@staff_page("catalogue.edit")
def preview(request: HttpRequest) -> HttpResponse:
    """HTMX: what the text makes, while it is written."""
    here, _units = _place(request)
    context = look(
        request.POST.get("text", ""), here, view=request.POST.get("view", ""), posted_values=request.POST,
        test=request.POST.get("test", ""),
    )  # fmt: skip
    return render(request, "catalogue/scenes/_preview.html", context)


@require_POST
@staff_page("catalogue.edit")
def save(request: HttpRequest) -> HttpResponse:
    """Write the draft; with ``release`` put it in force as well. Nothing is written when either is refused."""
    actor = actor_of(request)
    here, units = _place(request)
    text, version = request.POST.get("text", "").replace("\r\n", "\n"), request.POST.get("version", "0")
    code = request.POST.get("code", "")
    try:
        text = _text_of(request)
    except InvalidInput as error:
        return _editor(request, here, units, text, code=code, refused=error)
    if request.POST.get("do") == "load":  # a file was chosen: show it, write nothing yet
        return _editor(request, here, units, text, code=code, version=int(version) if version.isdigit() else 0)
    try:
        document = read_text(text)
        pk = once(request, actor, "catalogue.scene.save", lambda: _write_undivided(request, document, here, version))
    except Unreadable as error:
        return _editor(request, here, units, text, code=code, refused=InvalidInput({"document": [error.message]}))
    except ActionError as error:
        current = draft_of(str(code), here.unit.pk)
        held = int(version) if version.isdigit() else 0
        return _editor(request, here, units, text, code=code, draft=current, version=held, refused=error)
    made = SceneTemplate.objects.only("code", "state").get(pk=pk)
    if made.state == EditionState.RELEASED:
        messages.success(request, _("已发布"))
        return redirect(f"{reverse('catalogue:scene', args=[made.code])}?org={here.unit.pk}")
    messages.success(request, _("草稿已保存"))
    return redirect(f"{reverse('catalogue:scene-edit', args=[made.code])}?org={here.unit.pk}")


def _write_undivided(request: HttpRequest, document: dict[str, Any], here: Place, version: str) -> int:
    with undivided():
        return _write(request, document, here, version)


def _write(request: HttpRequest, document: dict[str, Any], here: Place, version: str) -> int:
    actor = actor_of(request)
    draft = actions.save_draft(
        actor, scenes.KIND, code=str(document.get("code", "")), document=document, org=here.unit,
        label=str(document.get("label", "")), note=request.POST.get("note", ""),
        version=int(version) if version.isdigit() and int(version) else None, source=request.POST.get("source", ""),
        trust="K",
    )  # fmt: skip
    if request.POST.get("do") == "release":
        actions.release(actor, scenes.KIND, draft.pk, valid_from=_moment(request.POST.get("valid_from", "")))
    return draft.pk


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        return timezone.make_aware(dt.datetime.fromisoformat(text))
    except ValueError:
        raise InvalidInput({"valid_from": [_("请按 2026-01-31T08:30 的格式填写生效时间，或留空立即生效")]}) from None


def _text_of(request: HttpRequest) -> str:
    uploaded = request.FILES.get("file")
    if uploaded is None or request.POST.get("do") != "load":
        return request.POST.get("text", "").replace("\r\n", "\n")
    if uploaded.size is not None and uploaded.size > LARGEST_FILE:
        raise InvalidInput({"file": [_("文件过大，模板文件应在 256 KB 以内")]})
    try:
        return uploaded.read().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidInput({"file": [_("文件不是 UTF-8 文本，请另存为 UTF-8 后再导入")]}) from None


@require_POST
@staff_page("catalogue.edit")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    here, _units = _place(request)
    actions.discard(actor_of(request), scenes.KIND, pk)
    messages.success(request, _("草稿已删除"))
    return redirect(f"{reverse('catalogue:scenes')}?org={here.unit.pk}")


@require_POST
@staff_page("catalogue.release")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """End an edition; the one before it holds again."""
    here, _units = _place(request)
    try:
        row = actions.withdraw(actor_of(request), scenes.KIND, pk)
    except ActionError as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('catalogue:scenes')}?org={here.unit.pk}")
    messages.success(request, _("已撤回，之前的版本重新生效"))
    return redirect(f"{reverse('catalogue:scene', args=[row.code])}?org={here.unit.pk}")
