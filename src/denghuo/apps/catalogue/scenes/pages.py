"""The templates of a unit: which hold there, what each asks, earlier editions, files."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.classes.scope import VIEW, place
from denghuo.apps.catalogue.models import EditionState, SceneTemplate
from denghuo.apps.catalogue.scenes.editing import VIEWS
from denghuo.apps.catalogue.scenes.forms import form_of
from denghuo.apps.catalogue.scenes.words import CREWS, KINDS
from denghuo.apps.catalogue.toml_text import to_toml
from denghuo.core import moment
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of

HISTORY = 30


@require_GET
@staff_page(VIEW)
def index(request: HttpRequest) -> HttpResponse:
    """The templates that hold for a unit, by business type, and its drafts."""
    actor = actor_of(request)
    here, units = place(actor, request.GET.get("org", ""))
    rows = [(row, scenes.SCENES.get(row.id)) for row in scenes.SCENES.codes(here.unit)]
    groups = [
        {"label": label, "rows": [one for one in rows if one[1].types[0] == kind]}
        for kind, label in scenes.types().items()
    ]
    drafts = SceneTemplate.objects.filter(org=here.unit, state=EditionState.DRAFT).defer("document").order_by("code")
    names = {unit.pk: unit.label for unit in units}
    context = {
        "tab": "scenes", "wide": True, "here": here, "units": units, "groups": [one for one in groups if one["rows"]],
        "drafts": drafts, "names": names, "count": len(rows),
    }  # fmt: skip
    return render(request, "catalogue/scenes/index.html", context)


@require_GET
@staff_page(VIEW)
def scene(request: HttpRequest, code: str) -> HttpResponse:
    """One template as it holds for a unit (or ``?edition=``): its form as agents and customers see it, and its history."""
    actor = actor_of(request)
    here, units = place(actor, request.GET.get("org", ""))
    held = scenes.SCENES.in_force(code, here.unit)
    asked = request.GET.get("edition", "")
    if asked.isascii() and asked.isdigit():
        edition = _edition(request, int(asked))
        if edition.code != code or edition.state == EditionState.DRAFT:
            raise NotFound(_("没有这个版本"))
    elif held is not None:
        edition = SceneTemplate.objects.select_related("org").get(pk=held.id)
    else:
        raise NotFound(_("没有这个模板"))
    template = scenes.SCENES.get(edition.pk)
    view = request.GET.get("view", "desk")
    name, _label, audience = next((one for one in VIEWS if one[0] == view), VIEWS[0])
    context: dict[str, Any] = {
        "tab": "scenes", "wide": True, "here": here, "units": units, "edition": edition, "template": template,
        "current": held is not None and held.id == edition.pk, "view": name, "views": VIEWS, "audience": audience,
        "form": form_of(template, template.examples[0] if template.examples else {}, audience=audience, whole=True),
        "fields": [(one, KINDS[one.kind]) for one in template.fields], "crew": CREWS[template.dispatch.crew],
        "types": [scenes.types().get(one, one) for one in template.types],
        "history": _history(code, here.unit), "now": moment.now(),
    }  # fmt: skip
    return render(request, "catalogue/scenes/scene.html", context)


def _history(code: str, unit: Any) -> list[SceneTemplate]:
    own = Q(org=None) | Q(org_id__in=unit.ancestor_ids())
    rows = SceneTemplate.objects.filter(own, code=code).exclude(state=EditionState.DRAFT)
    return list(rows.select_related("org", "released_by").defer("document").order_by("-valid_from", "-pk")[:HISTORY])


def _edition(request: HttpRequest, pk: int) -> SceneTemplate:
    row = SceneTemplate.objects.select_related("org").filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这个版本"))
    paths = actor_of(request).paths_for(VIEW)
    if row.org is not None and not any(row.org.path.startswith(p) or p.startswith(row.org.path) for p in paths):
        raise NotFound(_("没有这个版本"))
    return row


@require_GET
@staff_page(VIEW)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """An edition or draft as a TOML file."""
    row = _edition(request, pk)
    response = HttpResponse(
        to_toml({**row.document, "number": row.number}), content_type="application/toml; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{row.code}-{row.number}.toml"'
    return response
