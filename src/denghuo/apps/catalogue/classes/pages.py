"""Reading class trees: the list of trees, one tree, its history, files; and what the picker asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import classes
from denghuo.apps.catalogue.classes import scope, sheets, words
from denghuo.apps.catalogue.models import ClassTree, EditionState
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of
from denghuo.engine.classes import Change, Node, Tree, compare, search
from denghuo.engine.classes.searching import sounds
from denghuo.engine.classes.tree import label_of

FOR_GOOD = "private, max-age=31536000, immutable"  # an edition never changes
CHIPS = ("side", "grade", "complexity", "unit")
FLAGS = ("scored", "field_work", "needs_account")


@staff_page(scope.VIEW)
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every tree with the edition that holds for a unit, and its draft."""
    actor = actor_of(request)
    place, known = scope.place(actor, request.GET.get("unit", ""))
    unit, names = place.unit, {one.pk: one.label for one in known}
    names |= {one.pk: one.label for one in _lineage(unit)}
    codes = dict.fromkeys([*classes.SHIPPED, *(row.code for row in classes.TREES.rows())])
    drafts = set(ClassTree.objects.filter(org=unit, state=EditionState.DRAFT).values_list("code", flat=True))
    rows = []
    for code in codes:
        found = classes.in_force(code, unit)
        if found is None:
            continue
        row, tree = found
        rows.append(
            {
                "code": code,
                "label": (tree.label_en if classes.english() else "") or tree.label,
                "levels": tree.levels,
                "counts": _counts(tree),
                "whose": scope.whose(row, names),
                "number": row.number,
                "since": row.valid_from if row.org_id is not None else None,
                "draft": code in drafts,
            }
        )
    context = {"rows": rows, "units": known, "place": place, "unit": unit}
    return render(request, "catalogue/classes/index.html", context)


@staff_page(scope.VIEW)
@require_GET
def tree_page(request: HttpRequest, code: str) -> HttpResponse:
    """One tree as it holds for a unit (or ``?edition=``), with the editions there were and how often classes are used."""
    actor = actor_of(request)
    place, known = scope.place(actor, request.GET.get("unit", ""))
    unit = place.unit
    current = classes.in_force(code, unit)
    editions = scope.editions_of(code, unit)
    asked = request.GET.get("edition", "")
    pk = int(asked) if asked.isdigit() else (current[0].id if current else 0)
    edition = next((one for one in editions if one.pk == pk), None)
    if edition is None:
        raise NotFound(_("没有这个版本"))
    tree = classes.tree_of(edition.pk)
    text = request.GET.get("q", "").strip()
    above = scope.above(code, unit) if edition.org_id == unit.pk else None
    uses = classes.uses(code, unit, open_only=True)
    context = {
        "unit": unit,
        "units": known,
        "place": place,
        "code": code,
        "tree": tree,
        "title": (tree.label_en if classes.english() else "") or tree.label,
        "edition": edition,
        "edition_name": edition_name(edition),
        "is_current": current is not None and current[0].id == edition.pk,
        "draft": scope.draft_of(code, unit),
        "rows": rows_of(tree, uses),
        "q": text,
        "hits": [_hit(tree, hit.node) for hit in search(tree, text, limit=50)] if text else None,
        "changes": changes_of(compare(above[1], tree), tree) if above else None,
        "history": [(one, edition_name(one), current is not None and one.pk == current[0].id) for one in editions],
        "sources": edition.source,
        "trust": edition.trust,
    }
    return render(request, "catalogue/classes/tree.html", context)


@staff_page(scope.VIEW)
@require_GET
def compare_page(request: HttpRequest, old: int, new: int) -> HttpResponse:
    """What is different between two editions of one tree."""
    actor = actor_of(request)
    before, after = scope.visible_edition(actor, old), scope.visible_edition(actor, new)
    if before.code != after.code:
        raise NotFound(_("两个版本不是同一棵分类树"))
    tree = _tree(after)
    context = {
        "before": edition_name(before),
        "after": edition_name(after),
        "code": after.code,
        "title": tree.label,
        "changes": changes_of(compare(_tree(before), tree), tree),
    }
    return render(request, "catalogue/classes/compare.html", context)


@staff_page(scope.VIEW)
@require_GET
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """An edition as a file; also a draft, to go on with it in a spreadsheet."""
    edition = scope.visible_edition(actor_of(request), pk)
    if kind not in sheets.TYPES:
        raise NotFound(_("没有这种格式"))
    response = HttpResponse(sheets.export(_tree(edition), kind), content_type=sheets.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{edition.code}-{edition.number}.{kind}"'
    return response


@staff_page()
@require_GET
def _index_data(request: HttpRequest, pk: int) -> HttpResponse:
    edition = ClassTree.objects.filter(pk=pk).exclude(state=EditionState.DRAFT).values_list("pk", flat=True).first()
    if edition is None:
        raise NotFound(_("没有这个版本"))
    tree = classes.tree_of(edition)
    nodes = [picker_row(node) for node in tree if tree.in_force(node.path)]
    return JsonResponse({"code": tree.code, "nodes": nodes}, json_dumps_params={"ensure_ascii": False})


def picker_index(request: HttpRequest, pk: int) -> HttpResponseBase:
    """For the picker: path, labels, synonyms and how they sound, of every class that may be chosen. Kept by the browser
    for good, as an edition never changes."""
    response = _index_data(request, pk)
    if response.status_code == 200:
        response["Cache-Control"] = FOR_GOOD
    return response


def picker_row(node: Node) -> list[Any]:
    """A class as the picker reads it."""
    others = [sound for word in node.synonyms for sound in sounds(word)]
    return [node.path, node.label, node.label_en, list(node.synonyms), list(sounds(node.label)), others]


def rows_of(tree: Tree, uses: dict[str, int]) -> list[dict[str, Any]]:
    """The tree nested, with words for attributes and the number of open requests of each class and below."""
    below: dict[str, int] = {}
    for path, count in uses.items():
        for node in tree.lineage(path):
            below[node.path] = below.get(node.path, 0) + count
    return [_nested(tree, node, below) for node in tree.roots]


def _nested(tree: Tree, node: Node, uses: dict[str, int]) -> dict[str, Any]:
    chips = [words.chip(name, getattr(node, name)) for name in CHIPS if getattr(node, name)]
    chips += [words.attribute_label(name) for name in FLAGS if getattr(node, name)]
    return {
        "node": node,
        "label": label_of(node, classes.english()),
        "chips": chips,
        "uses": uses.get(node.path, 0),
        "children": [_nested(tree, child, uses) for child in tree.children(node.path)],
        "below": len(tree.under(node.path)) - 1,
    }


def _hit(tree: Tree, node: Node) -> dict[str, str]:
    return {"path": node.path, "name": tree.name(node.path, english=classes.english())}


def changes_of(changes: list[Change], tree: Tree) -> list[dict[str, Any]]:
    """Changes as the pages show them, by kind."""
    groups: dict[str, list[dict[str, str]]] = {}
    for change in changes:
        name = tree.name(change.path, english=classes.english()) or change.label or _("一级分类")
        groups.setdefault(change.kind, []).append(
            {"name": name, "path": change.path, "text": words.change_text(change)}
        )
    return [
        {"kind": kind, "label": words.CHANGE_LABELS[kind], "rows": groups[kind]}
        for kind in words.CHANGE_LABELS
        if kind in groups
    ]


def edition_name(edition: ClassTree) -> str:
    """Whose and which edition, since when: 云岭省公司 第 3 版（2026-05-01 起）."""
    owner = edition.org.label if edition.org is not None else _("出厂版")
    name = _("%(owner)s 第 %(n)s 版") % {"owner": owner, "n": edition.number}
    if edition.state == EditionState.DRAFT:
        return _("%(name)s（草稿）") % {"name": name}
    if edition.org is None or edition.valid_from is None:
        return name
    return _("%(name)s（%(day)s 起）") % {
        "name": name,
        "day": timezone.localtime(edition.valid_from).strftime("%Y-%m-%d %H:%M"),
    }


def _tree(edition: ClassTree) -> Tree:
    from denghuo.engine.classes import read_tree

    return read_tree(edition.document) if edition.state == EditionState.DRAFT else classes.tree_of(edition.pk)


def _counts(tree: Tree) -> list[int]:
    counts = [0] * tree.levels
    for node in tree:
        if not node.retired and node.level <= tree.levels:
            counts[node.level - 1] += 1
    return counts


def _lineage(unit: Any) -> list[Any]:
    from denghuo.core.scoping.models import OrgUnit

    return list(OrgUnit.objects.filter(pk__in=unit.ancestor_ids()))
