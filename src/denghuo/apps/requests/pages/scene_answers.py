"""The answers on the page of a request: what was told, what is missing, filling it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.forms import form_of, posted
from denghuo.apps.catalogue.scenes.words import named
from denghuo.apps.requests import answers, queries
from denghuo.apps.requests.actions.answering import PERMISSION, complete_answers
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.pages.common import free_text
from denghuo.apps.requests.scene_parts import refusal_of
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.core.privacy import mask
from denghuo.engine.scenes import Field, Template, completeness, missing
from denghuo.web.formtools import once
from denghuo.web.http import toast


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as the reader may see it."""

    label: str
    text: str
    hidden: bool


@require_GET
@staff_page("requests.view")
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX: answers, completeness, and the form to fill in what is missing."""
    return _draw(request, queries.request_seen(actor_of(request), pk))


@require_POST
@staff_page(PERMISSION)
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill in later; a refusal comes back with what was typed."""
    actor = actor_of(request)
    found = queries.request_seen(actor, pk)
    template = _template(found)
    if template is None:
        return _draw(request, found)
    typed = posted(template, request.POST, whole=True)
    version = request.POST.get("version", "")
    try:
        once(
            request, actor, f"page.complete:{pk}",
            lambda: complete_answers(
                actor, pk, values=typed, template_code=template.code, version=int(version) if version.isdigit() else None
            ).completeness,
        )  # fmt: skip
    except ActionError as error:
        own, rest = refusal_of(error)
        shown = queries.request_seen(actor, pk)
        said = "" if rest is None else _("；").join(_sentences(rest))
        return _draw(request, shown, typed=typed, errors=own, said=said, status=422)
    response = _draw(request, queries.request_seen(actor, pk))
    return toast(response, _("已补充，完整率已更新"))  # type: ignore[return-value]


def _sentences(error: ActionError) -> list[str]:
    fields = getattr(error, "fields", None) or {}
    return [text for texts in fields.values() for text in texts] or [error.message]


def _template(request: Request) -> Template | None:
    template = answers.template_of(request)
    if template is None:
        found = answers.fitting(request, moment.now())
        template = found[1] if found else None
    return template


def _draw(
    request: HttpRequest,
    found: Request,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    actor, template = actor_of(request), _template(found)
    context: dict[str, Any] = {"r": found, "template": template, "said": said, "opened": bool(errors or said)}
    if template is not None:
        told, own = answers.told(found, template), answers.answers_of(found)
        lacking = missing(template, told)
        percent = completeness(template, told)
        may = found.state not in FINAL and actor.can(PERMISSION, found.org.path)
        context |= {
            "scene": named(template),
            "edition": scenes.SCENES,
            "answers": list(shown_answers(found, template, own, actor)),
            "missing": [named(one) for one in lacking],
            "percent": percent,
            "enough": percent >= policies.get("scene.completeness.target", found.org),
            "draft": f"answers-{found.pk}-{found.version}",
        }
        if may:
            context["form"] = _form(found, template, told, typed, errors, actor)
    return render(request, "requests/scenes/_answers.html", context, status=status)


def _form(found: Request, template: Template, told: Any, typed: Any, errors: Any, actor: Actor) -> Any:
    """Only what can be filled in here: the template's own fields, and attributes that are empty. Masked answers stay out:
    whoever may not read one cannot be asked to send it back."""
    later = {one.code for one in template.fields if one.maps_to in answers.LATER and one.code not in told}
    own = answers.answers_of(found)
    open_fields = tuple(
        one
        for one in template.fields
        if (not one.maps_to or one.code in later) and (one.code not in own or _may_see(one, found, actor))
    )
    values = {
        **{code: value for code, value in own.items() if code in {one.code for one in open_fields}},
        **(typed or {}),
    }
    drawn = form_of(
        template, values, audience="agent", known={k: v for k, v in told.items() if k not in values}, errors=errors,
        suffix="-later", only={one.code for one in open_fields}, whole=True,
    )  # fmt: skip
    return drawn if drawn.fields else None


def shown_answers(found: Request, template: Template, own: Mapping[str, Any], actor: Actor) -> Any:
    """The answers, in the order of the template; sensitive ones masked for those who may not see their class."""
    for one in template.fields:
        if one.code not in own:
            continue
        text = in_words(one, own[one.code])
        if _may_see(one, found, actor):
            yield Answer(named(one), free_text(text, found, actor), False)
        else:
            yield Answer(named(one), mask(one.sensitive, text), True)
    for code, value in own.items():
        if code not in template.by_code:  # told under an earlier template
            yield Answer(code, mask("note", str(value)), False)


def _may_see(one: Field, found: Request, actor: Actor) -> bool:
    return not one.sensitive or actor.can(f"privacy.view_{one.sensitive}", found.org.path)


def in_words(one: Field, value: Any) -> str:
    """A clean value as people read it."""
    labels = {choice.code: named(choice) for choice in one.choices}
    if isinstance(value, bool):
        return pgettext("回答", "是") if value else pgettext("回答", "否")
    if isinstance(value, list):
        return _("、").join(labels.get(part, str(part)) for part in value)
    if isinstance(value, dict):
        return f"{value.get('lon')}, {value.get('lat')}"
    if one.kind == "datetime" and isinstance(value, str):
        return value[:16].replace("T", " ")
    text = (
        labels.get(value, str(value))
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
    return f"{text} {one.unit}".strip() if one.unit and not isinstance(value, str) else text
