"""Screens of the graph: the list, walking from one entity, paths, trying a question, export."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.knowledge.choices import Trust
from denghuo.apps.knowledge.graph import drawing, exchange, queries, vocabulary
from denghuo.apps.knowledge.models import GraphEntity
from denghuo.apps.knowledge.queries import REVIEW
from denghuo.core import moment, policies, sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.engine.graph import Node, Scope, shortest_paths
from denghuo.web import tables as t

EXAMPLES = ("北京居民过户要什么材料", "高压新装多久", "浙江峰谷第二档多少钱", "校表收费吗", "家里电压正常范围是多少")


class EntityTable(t.Table):
    """Entities one may see."""

    name = t.Column(gettext_lazy("名称"), link="knowledge:graph-walk", sort="name")
    kind = t.Column(gettext_lazy("类型"), value=lambda row, ctx: vocabulary.kind_label(row.kind), sort=("kind", "name"))
    aliases = t.Column(gettext_lazy("别名"), value=lambda row, ctx: "、".join(row.aliases[:4]))
    place = t.Column(gettext_lazy("适用"), value=lambda row, ctx: row.org.label if row.org else _("各地通用"))
    trust = t.Column(gettext_lazy("可信度"), value=lambda row, ctx: row.get_trust_display(), sort="trust")
    source = t.Column(gettext_lazy("依据"), value=lambda row, ctx: row.source)

    class Meta:
        name = "graph-entities"
        default_sort = "kind"
        page_size = 50
        export = True
        filters = [
            t.SearchFilter(
                "q", gettext_lazy("名称或别名"), apply=lambda rows, text: rows.filter(_named(text)).distinct()
            ),
            t.ChoiceFilter(
                "kind",
                gettext_lazy("类型"),
                choices=[(code, kind.given["name"]) for code, kind in vocabulary.entity_kinds().items()],
            ),
            t.ChoiceFilter("trust", gettext_lazy("可信度"), choices=Trust.choices),
        ]
        empty = (gettext_lazy("没有符合的实体"), gettext_lazy("换个筛选条件试试"))


def _named(text: str) -> Any:
    from django.db.models import Q

    return Q(name__icontains=text) | Q(aliases__icontains=text)


def frame(request: HttpRequest, tab: str) -> dict[str, Any]:
    """What every screen of the graph shows: its tabs and how much waits for review."""
    actor = actor_of(request)
    may = actor.can_somewhere(queries.EDIT)
    waiting = queries.proposals(actor).count() if may else 0
    return {"tab": tab, "may_edit": may, "may_review": actor.can_somewhere(REVIEW), "waiting": waiting, "wide": True}


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def index(request: HttpRequest) -> HttpResponseBase:
    """All entities, and the way to each."""
    actor = actor_of(request)
    table = EntityTable(request, queries.entities(actor).filter(active=True), actor=actor)
    view = queries.view()
    counts = Counter(node.kind for node in view.network.nodes.values())
    shown = [(kind, counts[code]) for code, kind in vocabulary.entity_kinds().items() if counts[code]]
    context = frame(request, "index") | {
        "counts": shown, "entity_total": len(view.network.nodes), "relation_total": len(view.network.edges()),
    }  # fmt: skip
    return t.table_response(request, table, "knowledge/graph/index.html", context)


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def walk(request: HttpRequest, pk: int) -> HttpResponse:
    """One entity with what is around it, drawn and listed; narrowed by kind of statement, place and day."""
    actor = actor_of(request)
    row = queries.entity(actor, pk)
    day = parse_date(request.GET.get("day", "") or "x")
    at = moment.now().replace(year=day.year, month=day.month, day=day.day, hour=12) if day else None
    network = queries.view(row.org, at).network
    node = network.nodes.get(row.base_id or row.pk)
    kinds = [code for code in request.GET.getlist("kind") if code in vocabulary.relation_kinds()]
    place = _place(network.nodes, request.GET.get("place", ""))
    scope = Scope(frozenset(network.whole(place.id))) if place else None
    every = drawing.groups(network, node) if node else []
    found = drawing.groups(network, node, kinds=kinds, scope=scope) if node else []
    wide, narrow = drawing.drawings(node, found, policies.get("knowledge.graph.drawn_most")) if node else (None, None)
    relations = {one.pk: one for one in queries.relations_of(actor, row)}
    present = {line.edge.kind for group in every for line in group.lines}
    context = frame(request, "index") | {
        "row": row, "node": node, "groups": found, "wide_drawing": wide, "narrow_drawing": narrow,
        "kind": vocabulary.entity_kinds().get(row.kind), "attributes": _attributes(row), "relations": relations,
        "kind_choices": [(code, k.label) for code, k in vocabulary.relation_kinds().items() if code in present],
        "chosen": kinds, "place": place, "day": day, "answers": row.entries.order_by("scene", "position"),
        "places": sorted((n for n in network.nodes.values() if n.kind == "place"), key=lambda n: n.id),
        "open": [one for one in relations.values() if one.state == "proposed"],
        "withdrawn": [one for one in relations.values() if one.state == "withdrawn"],
        "may": queries.may_edit(actor, row.org), "may_relate": actor.can_somewhere(queries.EDIT),
    }  # fmt: skip
    return render(request, "knowledge/graph/walk.html", context)


def _place(nodes: dict[int, Node], text: str) -> Node | None:
    node = nodes.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return node if node is not None and node.kind == "place" else None


def _attributes(row: GraphEntity) -> list[tuple[str, str]]:
    kind = vocabulary.entity_kinds().get(row.kind)
    found = []
    for one in kind.attributes if kind else ():
        value = row.attributes.get(one.name)
        if value is None:
            continue
        text = str(value)
        if one.type == "bool":
            text = _("是") if value else _("否")
        elif one.type == "choice":
            text = vocabulary.qualifier_label(one.choices, text)
        found.append((one.label, f"{text} {one.unit}".strip()))
    return found


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def suggest(request: HttpRequest) -> HttpResponse:
    """HTMX: options of a datalist for what was typed so far."""
    text = next(
        (request.GET[name] for name in ("tail", "head", "place", "start", "end", "q") if request.GET.get(name)), ""
    )
    kinds = tuple(one for one in request.GET.get("kinds", "").split(",") if one)
    found = queries.suggest(actor_of(request), text, kinds=kinds)
    rows = [(row.name, vocabulary.kind_label(row.kind)) for row in found]
    return render(request, "knowledge/graph/_options.html", {"rows": rows})


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def paths(request: HttpRequest) -> HttpResponse:
    """The shortest ways between two entities."""
    actor = actor_of(request)
    names = {name: request.GET.get(name, "").strip() for name in ("start", "end")}
    ends = {name: queries.named(actor, text) if text else None for name, text in names.items()}
    faults = {
        name: _("图谱里没有（或不止一个）这样的实体，请从列表里选")
        for name, text in names.items()
        if text and not ends[name]
    }
    start, end = ends["start"], ends["end"]
    found: list[list[dict[str, Any]]] = []
    if start is not None and end is not None:
        if start.pk == end.pk:
            faults["end"] = _("两端是同一个实体，请换一个")
        else:
            found = _ways(start.pk, end.pk)
    context = frame(request, "paths") | names | {
        "ways": found, "faults": faults, "asked": bool(start and end) and not faults,
    }  # fmt: skip
    return render(request, "knowledge/graph/paths.html", context, status=422 if faults else 200)


def _ways(start: int, end: int) -> list[list[dict[str, Any]]]:
    network = queries.view().network
    ways = shortest_paths(
        network, start, end, most=policies.get("knowledge.graph.path_most"),
        longest=policies.get("knowledge.graph.path_longest"),
    )  # fmt: skip
    return [
        [{"node": network.nodes[start]}]
        + [
            {
                "node": network.nodes[step.to],
                "label": vocabulary.relation_label(step.edge.kind, forward=step.forward),
                "when": drawing.when(network, step.edge),
            }
            for step in way.steps
        ]
        for way in ways
    ]


@require_GET
@staff_page(queries.VIEW, queries.EDIT)
def ask(request: HttpRequest) -> HttpResponse:
    """Try what the graph answers to a question, for a unit."""
    from denghuo.apps.knowledge.forms import places

    actor = actor_of(request)
    text, wanted = request.GET.get("q", "").strip()[:200], request.GET.get("org", "")
    units = places(actor)
    org = next((unit for unit in units if str(unit.pk) == wanted), None)
    found = queries.answer(text, org) if text else None
    trusts = dict(Trust.choices)
    facts = [(fact, trusts.get(fact.trust, fact.trust)) for fact in found.facts] if found else []
    context = frame(request, "ask") | {
        "q": text, "units": units, "org": org, "found": found, "facts": facts, "examples": EXAMPLES,
    }  # fmt: skip
    return render(request, "knowledge/graph/ask.html", context)


@require_GET
@staff_page(queries.EDIT)
def export(request: HttpRequest, form: str) -> HttpResponse:
    """All one may see, as JSON or as a workbook of statements."""
    actor: Actor = actor_of(request)
    if form == "json":
        text = json.dumps(exchange.as_json(actor), ensure_ascii=False, indent=1)
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
    elif form == "xlsx":
        file = io.BytesIO()
        sheets.write(file, "xlsx", exchange.heads(), exchange.rows(actor), title=_("关系"))
        response = HttpResponse(file.getvalue(), content_type=sheets.XLSX_TYPE)
    else:
        raise NotFound()
    response["Content-Disposition"] = f'attachment; filename="knowledge-graph.{form}"'
    return response
