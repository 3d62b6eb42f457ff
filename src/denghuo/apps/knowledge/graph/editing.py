"""Screens that change the graph: entities, statements, and the review of proposals."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge.graph import actions, deciding, extraction, queries, vocabulary
from denghuo.apps.knowledge.graph.forms import (
    EntityForm,
    ProposalForm,
    RelationForm,
    entity_initial,
    relation_initial,
)
from denghuo.apps.knowledge.graph.pages import frame
from denghuo.apps.knowledge.models import GraphProposal, GraphRelation
from denghuo.core import moment
from denghuo.core.errors import ActionError, Conflict, NotAllowed, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.web.formtools import add_refusal, once

SHOWN_NEXT = 8


def _version(request: HttpRequest) -> int | None:
    seen = request.POST.get("version", "")
    return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None


@require_http_methods(["GET", "POST"])
@staff_page(queries.EDIT)
def edit_entity(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a new entity (``?kind=``; ``?base=`` in place of a shared one for one's own unit) or change one."""
    actor = actor_of(request)
    row = queries.entity(actor, pk) if pk is not None else None
    given = request.GET.get("base", "")
    base = queries.entity(actor, int(given)) if row is None and given.isdigit() and len(given) < 19 else None
    if row is not None and not queries.may_edit(actor, row.org):
        raise NotAllowed()
    shown = row or base
    kind = shown.kind if shown else request.GET.get("kind", "")
    if kind not in vocabulary.entity_kinds():
        context = frame(request, "index") | {"kinds": vocabulary.entity_kinds().values()}
        return render(request, "knowledge/graph/kinds.html", context)
    form = EntityForm(
        actor, kind, request.POST or None, new=row is None, initial=entity_initial(shown) if shown else {"trust": "K"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = once(
                request, actor, f"knowledge.graph_write:{pk}",
                lambda: actions.write_entity(
                    actor, form.draft(), entity_id=pk, org=None if row else form.chosen_org(),
                    base_id=base.pk if base else None, version=_version(request),
                ).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("knowledge:graph-walk", made)
    context = frame(request, "index") | {
        "form": form, "row": row, "base": base, "kind": vocabulary.entity_kinds()[kind],
        "draft": f"graph-entity-{pk or kind}",
    }  # fmt: skip
    return render(request, "knowledge/graph/entity.html", context, status=422 if form.errors else 200)


@require_POST
@staff_page(queries.EDIT)
def expire(request: HttpRequest, pk: int) -> HttpResponse:
    """The entity is used no longer."""
    actor = actor_of(request)
    return attempt(request, lambda: actions.expire_entity(actor, pk), _("已停用"), reverse("knowledge:graph"))


@require_http_methods(["GET", "POST"])
@staff_page(queries.EDIT)
def edit_relation(request: HttpRequest, head: int | None = None, pk: int | None = None) -> HttpResponse:
    """State something new about entity ``head``, or change statement ``pk``."""
    actor = actor_of(request)
    row = _relation(pk) if pk is not None else None
    entity = queries.entity(actor, row.head_id if row else head or 0)
    if row is not None and not queries.may_edit(actor, row.org):
        raise NotAllowed()
    initial = relation_initial(row) if row else {"trust": "K", "kind": request.GET.get("kind", "")}
    form = RelationForm(actor, entity, request.POST or None, new=row is None, initial=initial)
    if request.method == "POST" and form.is_valid() and (draft := form.draft()) is not None:
        try:
            once(
                request, actor, f"knowledge.graph_relate:{entity.pk}:{pk}",
                lambda: actions.write_relation(
                    actor, draft, relation_id=pk, org=None if row else form.chosen_org(),
                    proposed=bool(form.cleaned_data.get("proposed")), version=_version(request),
                ).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已保存"))
            return redirect("knowledge:graph-walk", entity.pk)
    context = frame(request, "index") | {
        "form": form, "row": row, "entity": entity, "draft": f"graph-relation-{entity.pk}-{pk or 'new'}",
    }  # fmt: skip
    return render(request, "knowledge/graph/relation.html", context, status=422 if form.errors else 200)


def _relation(pk: int) -> GraphRelation:
    row = GraphRelation.objects.select_related("head", "tail", "place", "org").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


@require_POST
@staff_page(queries.EDIT)
def set_state(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm or withdraw a statement."""
    actor, row = actor_of(request), _relation(pk)
    act = {"confirm": actions.confirm_relation, "withdraw": actions.withdraw_relation}.get(verb)
    if act is None:
        raise NotFound()
    done = _("已确认") if verb == "confirm" else _("已撤销")
    return attempt(request, lambda: act(actor, pk), done, reverse("knowledge:graph-walk", args=[row.head_id]))


@require_GET
@staff_page(queries.EDIT)
def review(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The surest open proposal (or ``pk``) with its sentence, and what comes next."""
    actor = actor_of(request)
    rows = list(queries.proposals(actor)[: SHOWN_NEXT + 1])
    current = queries.proposals(actor).filter(pk=pk).first() if pk is not None else None
    current = current or (rows[0] if rows else None)
    form = ProposalForm(actor, current) if current else None
    return render(request, "knowledge/graph/review.html", _review(request, current, form, rows))


def _review(
    request: HttpRequest, current: GraphProposal | None, form: ProposalForm | None, rows: list[GraphProposal]
) -> dict[str, Any]:
    later = [row for row in rows if current is None or row.pk != current.pk]
    return frame(request, "review") | _job() | {
        "current": current, "form": form, "later": later[:SHOWN_NEXT], "next": later[0] if later else None,
        "pieces": _pieces(current) if current else [], "labels": {code: k.label for code, k in vocabulary.relation_kinds().items()},
        "relation_label": vocabulary.relation_label(current.kind) if current else "",
        "percent": round(100 * current.confidence) if current else 0,
        "tail_kind": vocabulary.kind_label(current.tail_kind) if current else "",
    }  # fmt: skip


def _pieces(row: GraphProposal) -> list[tuple[str, str]]:
    """The sentence in pieces: (text, "" or "head" or "tail")."""
    spans = [(row.tail_start, row.tail_end, "tail")]
    if row.head_start is not None and row.head_end is not None:
        spans.append((row.head_start, row.head_end, "head"))
    found, at = [], 0
    for start, end, role in sorted(spans):
        if start < at:
            continue
        found += [(row.sentence[at:start], ""), (row.sentence[start:end], role)]
        at = end
    return [piece for piece in [*found, (row.sentence[at:], "")] if piece[0]]


def _job() -> dict[str, Any]:
    recent = moment.now() - dt.timedelta(days=1)
    job = JobProgress.objects.filter(label="知识图谱抽取", updated_at__gte=recent).order_by("-created_at").first()
    return {"job": job, "busy": job is not None and job.state in (JobState.WAITING, JobState.RUNNING)}


@require_GET
@staff_page(queries.EDIT)
def job(request: HttpRequest) -> HttpResponse:
    """HTMX: how far the reading of answers has come."""
    return render(request, "knowledge/graph/_job.html", _job())


@require_POST
@staff_page(queries.EDIT)
def extract(request: HttpRequest) -> HttpResponse:
    """Read the published answers now, in the background."""
    actor = actor_of(request)
    return attempt(
        request, lambda: extraction.start_extraction(actor), _("已开始抽取"), reverse("knowledge:graph-review")
    )


@require_POST
@staff_page(queries.EDIT)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept (as it is or corrected) or reject a proposal, and go on to the next."""
    actor = actor_of(request)
    row = GraphProposal.objects.select_related("entry", "head", "tail").filter(pk=pk).first()
    if row is None:
        raise NotFound()
    if request.POST.get("verdict") == "reject":
        return attempt(
            request,
            lambda: deciding.reject_proposal(actor, pk),
            _("已驳回，不会再提"),
            reverse("knowledge:graph-review"),
        )
    form = ProposalForm(actor, row, request.POST)
    if form.is_valid() and (correction := form.correction()) is not None:
        try:
            deciding.accept_proposal(actor, pk, correction)
        except Conflict as error:
            messages.error(request, error.message)
            return redirect("knowledge:graph-review")
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("已采纳，图谱已更新"))
            return redirect("knowledge:graph-review")
    rows = list(queries.proposals(actor)[: SHOWN_NEXT + 1])
    return render(request, "knowledge/graph/review.html", _review(request, row, form, rows), status=422)
