"""Screens of the base: the editors' list with its tabs, work on many entries at once, and the public's page of one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import redirect_page, safe_next, staff_page
from denghuo.apps.knowledge import actions, entries, looks, queries  # noqa: F401  (registers the looks)
from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.imports.sheet import HEADS, sheet_rows
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.core import events, moment, policies, sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of, client_ip
from denghuo.core.http.limits import buckets
from denghuo.web import tables as t

TAB_LABELS = {
    "all": (gettext_lazy("全部"), "list"),
    "mine": (gettext_lazy("我的草稿"), "pencil"),
    "review": (gettext_lazy("待审核"), "eye-check"),
    "publish": (gettext_lazy("待发布"), "send"),
    "expiring": (gettext_lazy("即将到期"), "clock-exclamation"),
    "due": (gettext_lazy("待复审"), "calendar-event"),
    "ended": (gettext_lazy("失效"), "ban"),
}


class EntryTable(t.Table):
    """Entries of the actor's units and those that all share."""

    pick = t.Column("", template="knowledge/_pick.html", export=False, value=lambda row, ctx: row.pk, css="kn-pick")
    question = t.Column(gettext_lazy("标准问"), link="knowledge:entry", sort="question")
    kind = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.get_kind_display(), sort="kind")
    scene = t.Column(gettext_lazy("场景"), value=lambda row, ctx: row.get_scene_display(), sort=("scene", "position"))
    place = t.Column(gettext_lazy("适用"), value=lambda row, ctx: row.org.label if row.org else _("各地通用"))
    state = t.StateColumn(gettext_lazy("状态"), kind="knowledge", value=lambda row, ctx: entries.state_code(row))
    under_way = t.StateColumn(
        gettext_lazy("修订"), kind="knowledge_revision", value=lambda row, ctx: ctx.table.stage_of(row)
    )
    wordings = t.NumberColumn(gettext_lazy("相似问"), value=lambda row, ctx: len(row.similar))
    trust = t.Column(gettext_lazy("可信度"), value=lambda row, ctx: row.get_trust_display(), sort="trust")
    valid_to = t.Column(
        gettext_lazy("失效日"), value=lambda row, ctx: row.valid_to.isoformat() if row.valid_to else "", sort="valid_to"
    )
    edited_at = t.TimeColumn(gettext_lazy("修改时间"), sort="edited_at")

    class Meta:
        name = "knowledge"
        default_sort = "scene"
        page_size = 50
        export = True
        filters = [
            t.SearchFilter("q", gettext_lazy("问法或答案"), apply=lambda rows, text: by_text(rows, text)),
            t.ChoiceFilter("scene", gettext_lazy("场景"), choices=Scene.choices),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=Kind.choices),
            t.ChoiceFilter("trust", gettext_lazy("可信度"), choices=Trust.choices),
            t.SearchFilter("tag", gettext_lazy("标签"), apply=lambda rows, text: rows.filter(tags__contains=[text])),
        ]
        empty = (gettext_lazy("这里没有条目"), gettext_lazy("换个页签，或新增一条"))

    def stage_of(self, row: StandardQuestion) -> str:
        """The stage of the version under way, read once for all rows of the page."""
        held = self.__dict__.get("_stages")
        if held is None:
            held = self.__dict__["_stages"] = entries.open_stages(list(self.page.rows))
        found = held.get(row.pk)
        return found.state if found is not None else ""


def by_text(rows: QuerySet[StandardQuestion], text: str) -> QuerySet[StandardQuestion]:
    """Rows whose questions or answer hold the words as written."""
    return rows.filter(Q(search_text__icontains=text) | Q(answer__icontains=text) | Q(question__icontains=text))


@require_GET
@staff_page(queries.VIEW, queries.EDIT, queries.REVIEW)
def entry_list(request: HttpRequest, tab: str = "all") -> HttpResponseBase:
    """The entries one may see, by tab."""
    actor = actor_of(request)
    works = entries.works_on(actor)
    if tab not in entries.TABS or (tab != "all" and not works):
        raise NotFound()
    table = EntryTable(request, entries.in_tab(entries.visible(actor), tab, actor), actor=actor)
    context: dict[str, Any] = {"tab": tab, "works": works, "wide": True}
    context["may_edit"] = actor.can_somewhere(queries.EDIT)
    context["may_review"] = actor.can_somewhere(queries.REVIEW)
    context["may_publish"] = actor.can_somewhere(queries.PUBLISH)
    if works and request.headers.get("HX-Target") != table.dom_id:
        counts = entries.tab_counts(actor)
        context["tabs"] = [(name, label, icon, counts[name]) for name, (label, icon) in TAB_LABELS.items()]
    return t.table_response(request, table, "knowledge/list.html", context)


MOST_PICKED = 500


def _bulk(actor: Actor) -> dict[str, Callable[[int], object]]:
    return {
        "submit": lambda pk: actions.submit(actor, pk),
        "approve": lambda pk: actions.review(actor, pk, passed=True),
        "publish": lambda pk: actions.publish(actor, pk),
        "withdraw": lambda pk: actions.expire_entry(actor, pk),
    }


@require_POST
@staff_page(queries.EDIT, queries.REVIEW, queries.PUBLISH)
def bulk(request: HttpRequest) -> HttpResponseBase:
    """One action on the entries ticked; each succeeds or is refused by itself, and the refusals are told."""
    actor = actor_of(request)
    verb = request.POST.get("verb", "")
    picked = [int(one) for one in request.POST.getlist("pick") if one.isascii() and one.isdigit() and len(one) < 18]
    back = safe_next(request, request.POST.get("next", "")) or "/staff/knowledge/"
    if not picked:
        messages.info(request, _("请先勾选条目"))
        return redirect_page(request, back)
    picked = picked[:MOST_PICKED]
    if verb == "export":
        return _exported(request, actor, entries.visible(actor).filter(pk__in=picked))
    act = _bulk(actor).get(verb)
    if act is None:
        raise NotFound()
    done, refused = 0, []
    for pk in picked:
        try:
            act(pk)
            done += 1
        except ActionError as error:
            refused.append((pk, error.message))
    if done:
        messages.success(request, _("已处理 %(n)s 条") % {"n": done})
    if refused:
        names = dict(entries.visible(actor).filter(pk__in=[pk for pk, _why in refused]).values_list("pk", "question"))
        told = _("；").join(f"{names.get(pk, pk)}：{why}" for pk, why in refused[:5])
        messages.error(request, _("%(n)s 条未处理。%(told)s") % {"n": len(refused), "told": told})
    return redirect_page(request, back)


@require_GET
@staff_page(queries.EDIT, queries.REVIEW, queries.PUBLISH)
def export(request: HttpRequest) -> HttpResponseBase:
    """All entries one may see as a workbook in the layout of the import."""
    actor = actor_of(request)
    return _exported(request, actor, entries.visible(actor))


def _exported(request: HttpRequest, actor: Actor, rows: QuerySet[StandardQuestion]) -> FileResponse:
    """The workbook that the import reads back; on the record, as every file taken out is."""
    file = io.BytesIO()
    found = rows.order_by("scene", "position", "pk")
    count = sheets.write(file, "xlsx", [str(head) for head in HEADS.values()], sheet_rows(found), title=_("知识库"))
    payload = {"table": "knowledge_entries", "format": "xlsx", "rows": count, "filters": []}
    events.record(actor, "table.exported", ("staff", actor.id or 0), org=None, payload=payload)
    file.seek(0)
    name = f"knowledge-{moment.now():%Y%m%d}.xlsx"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=sheets.XLSX_TYPE)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def public(request: HttpRequest, pk: int) -> HttpResponse:
    """One answer for a customer who was sent its link."""
    buckets.take(
        "knowledge.public", client_ip(request), allowed=policies.get("knowledge.public_per_minute"), seconds=60
    )
    entry = queries.public_entry(pk)
    related = queries.in_force(entry.org).filter(scene=entry.scene, public=True).exclude(pk=pk)
    return render(request, "knowledge/public.html", {"entry": entry, "related": related.order_by("position", "pk")[:5]})
