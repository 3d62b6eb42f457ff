"""Screens of one entry: as readers see it, with its versions and remarks; its form; what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.knowledge import actions, diffing, entries, queries
from denghuo.apps.knowledge.actions.colleagues import lapsed
from denghuo.apps.knowledge.actions.writing import mark_of
from denghuo.apps.knowledge.content import checked, content_of, draft_of
from denghuo.apps.knowledge.forms import EntryForm, initial_of, lines
from denghuo.apps.knowledge.models import EditLock, Revision, StandardQuestion
from denghuo.apps.knowledge.models.review import OPEN_STAGES
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotAllowed, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.web.formtools import add_refusal, once

READ = (queries.VIEW, queries.EDIT, queries.REVIEW)
WORK = (queries.EDIT, queries.REVIEW, queries.PUBLISH)


def rights(actor: Actor, entry: StandardQuestion) -> dict[str, bool]:
    """What the actor may do with an entry."""
    edit = queries.may_edit(actor, entry.org)
    alone = edit and not policies.get("knowledge.four_eyes", entry.org)
    return {
        "edit": edit,
        "review": queries.may(actor, queries.REVIEW, entry.org) or alone,
        "publish": actions.may_publish(actor, entry.org),
        "works": entries.works_on(actor),
        "localise": entry.org_id is None and entry.active and actor.can_somewhere(queries.EDIT) and not edit,
    }


@require_GET
@staff_page(*READ)
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry with all that belongs to it."""
    actor = actor_of(request)
    entry = entries.entry_of(actor, pk)
    context: dict[str, Any] = {"entry": entry, "may": rights(actor, entry), "state": entries.state_code(entry)}
    if context["may"]["works"]:
        versions = entries.versions(pk)
        under_way = next((row for row in versions if row.state in OPEN_STAGES), None)
        context |= {"versions": versions, "under_way": under_way, "threads": entries.threads(pk)}
        if under_way is not None:
            context |= _under_way(actor, entry, under_way, versions)
        context |= {"figures": entries.figures(pk), "lock": _lock(actor, pk)}
    context["locals"] = (
        list(entry.local_versions.filter(active=True).select_related("org")) if not entry.base_id else []
    )
    return render(request, "knowledge/entry.html", context)


def _under_way(actor: Actor, entry: StandardQuestion, row: Revision, versions: list[Revision]) -> dict[str, Any]:
    current = next((one for one in versions if one.state == "published"), None)
    own = row.author_id == actor.id and bool(policies.get("knowledge.four_eyes", entry.org))
    return {"changes": diffing.changes(current.content, row.content) if current else [], "own": own, "new": not current}


def _lock(actor: Actor, pk: int) -> EditLock | None:
    """Somebody else's mark that still counts."""
    lock = EditLock.objects.select_related("holder").filter(entry_id=pk).exclude(holder_id=actor.id).first()
    return lock if lock is not None and not lapsed(lock) else None


@require_http_methods(["GET", "POST"])
@staff_page(*READ)
def write(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a new entry (``?base=`` in place of a shared one for one's own unit) or the next version of one."""
    actor = actor_of(request)
    entry = entries.entry_of(actor, pk) if pk is not None else None
    base = _base(request, actor)
    may = queries.may_edit(actor, entry.org) if entry is not None else actor.can_somewhere(queries.EDIT)
    if not may:
        raise NotAllowed()
    row = entry.revisions.filter(state__in=OPEN_STAGES).first() if entry is not None else None
    if row is not None and row.state != "draft" and request.method == "GET":
        messages.info(request, _("这一版正在审核或等待发布，请先撤回再改"))
        return redirect("knowledge:entry", entry.pk)  # type: ignore[union-attr]
    conflict = False
    form = EntryForm(actor, entry, request.POST or None, initial=_initial(request, actor, entry, row, base))
    if request.method == "POST" and form.is_valid():
        try:
            made = once(request, actor, f"knowledge.write:{pk}", lambda: _write(request, actor, form, entry, base))
        except ActionError as error:
            add_refusal(form, error)
            conflict = error.code == "version_conflict"
        else:
            if request.POST.get("then") == "submit":
                return attempt(
                    request, lambda: actions.submit(actor, made), _("已提交审核"), f"/staff/knowledge/{made}/"
                )
            messages.success(request, _("草稿已保存；发布前客户和坐席看到的仍是现行版本"))
            return redirect("knowledge:entry", made)
    context = {"form": form, "entry": entry, "base": base, "row": row, "draft": f"knowledge-{pk or 'new'}"}
    if entry is not None:
        # after a refusal the old mark stays in the form: saving again without a look must be refused again
        context["mark"] = request.POST.get("seen") or mark_of(entry, row)
    if conflict and entry is not None:
        context |= _conflict(entry, form)
    return render(request, "knowledge/edit.html", context, status=422 if form.errors else 200)


def _conflict(entry: StandardQuestion, form: EntryForm) -> dict[str, Any]:
    """What stands now against what was typed, and the mark with which the editor may save over it knowingly."""
    row = entry.revisions.filter(state__in=OPEN_STAGES).select_related("author").first()
    theirs = row.content if row is not None else content_of(entry)
    mine = checked(form.draft(entry.position), since=entry.valid_from)
    return {"conflict": diffing.changes(theirs, mine), "new_mark": mark_of(entry, row), "other": row}


def _base(request: HttpRequest, actor: Actor) -> StandardQuestion | None:
    given = request.GET.get("base", "")
    return entries.entry_of(actor, int(given)) if given.isascii() and given.isdigit() and len(given) < 18 else None


def _initial(
    request: HttpRequest, actor: Actor, entry: StandardQuestion | None, row: Revision | None,
    base: StandardQuestion | None,
) -> dict[str, Any]:  # fmt: skip
    shown = entry or base
    if row is not None:
        return initial_of(draft_of(row.content)) | {"note": row.note}
    if shown is not None:
        return initial_of(draft_of(content_of(shown)))
    return {
        "scene": request.GET.get("scene", ""), "kind": request.GET.get("kind", "qa"), "public": True,
        "review_months": policies.get("knowledge.review_months"), "owner": actor.id,
        "question": request.GET.get("question", "")[:120],
    }  # fmt: skip


def _write(
    request: HttpRequest, actor: Actor, form: EntryForm, entry: StandardQuestion | None, base: StandardQuestion | None
) -> int:
    return actions.write_draft(
        actor,
        form.draft(entry.position if entry else 0),
        entry_id=entry.pk if entry else None,
        org=None if entry else form.chosen_org(),
        base_id=base.pk if base else None,
        seen=request.POST.get("override") or request.POST.get("seen") or None,
        note=form.cleaned_data["note"],
    ).entry_id


@require_POST
@staff_page(queries.EDIT)
def preview(request: HttpRequest) -> HttpResponse:
    """HTMX: the answer as readers would see it, and what the search gives today for each of its wordings."""
    wordings = (request.POST.get("question", "").strip(), *lines(request.POST.get("similar", "")))
    tried = []
    for text in [one for one in wordings if one][:6]:
        hits = queries.search(text, limit=1)
        tried.append((text, hits[0] if hits else None))
    names = ("question", "answer", "kind")
    context = {name: request.POST.get(name, "")[:20_000] for name in names} | {"tried": tried}
    return render(request, "knowledge/_preview.html", context)


@require_POST
@staff_page(queries.EDIT)
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX: keep the mark of who is editing, or take it over; says who holds it."""
    actor = actor_of(request)
    lock = actions.hold(actor, pk, take_over=request.POST.get("take_over") == "1")
    return render(request, "knowledge/_lock.html", {"lock": lock, "mine": lock.holder_id == actor.id, "pk": pk})


def _verbs(request: HttpRequest, actor: Actor, pk: int) -> dict[str, tuple[Callable[[], object], str]]:
    note = request.POST.get("note", "")
    number = request.POST.get("number", "")
    day = parse_date(request.POST.get("last_day", "") or "x")
    return {
        "submit": (lambda: actions.submit(actor, pk), _("已提交审核")),
        "take-back": (lambda: actions.take_back(actor, pk), _("已撤回为草稿")),
        "pass": (lambda: actions.review(actor, pk, passed=True, note=note), _("审核通过，等待发布")),
        "return": (lambda: actions.review(actor, pk, passed=False, note=note), _("已退回作者修改")),
        "publish": (lambda: actions.publish(actor, pk), _("已发布，坐席和客户几秒内可以搜到")),
        "drop": (lambda: actions.drop_draft(actor, pk), _("已放弃这一版")),
        "confirm": (lambda: actions.confirm_current(actor, pk), _("已确认有效，下次复审日已顺延")),
        "expire": (lambda: actions.expire_entry(actor, pk, last_day=day), _("已设为失效")),
        "restore": (
            lambda: actions.restore_version(actor, pk, int(number) if number.isascii() and number.isdigit() else 0),
            _("已按旧版本生成草稿，审核发布后生效"),
        ),
    }


@require_POST
@staff_page(*WORK)
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """One step of an entry's life, from a button."""
    actor = actor_of(request)
    entries.entry_of(actor, pk)
    found = _verbs(request, actor, pk).get(verb)
    if found is None:
        raise NotFound()
    return attempt(request, *found, f"/staff/knowledge/{pk}/")


@require_POST
@staff_page(*WORK)
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something, answer, or close a thread (``resolve``)."""
    actor = actor_of(request)
    entries.entry_of(actor, pk)
    resolve, parent = request.POST.get("resolve", ""), request.POST.get("parent", "")
    if resolve.isascii() and resolve.isdigit():
        return attempt(
            request, lambda: actions.resolve_comment(actor, int(resolve)), _("已标为解决"), f"/staff/knowledge/{pk}/"
        )
    parent_id = int(parent) if parent.isascii() and parent.isdigit() else None
    try:
        once(
            request,
            actor,
            f"knowledge.comment:{pk}",
            lambda: actions.comment(actor, pk, request.POST.get("text", ""), parent_id=parent_id).pk,
        )
    except ActionError as error:
        messages.error(request, error.message)
    return redirect(f"/staff/knowledge/{pk}/#kn-comments")


@require_GET
@staff_page(*WORK)
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed between two versions (``?old=1&new=2``); by default the last two."""
    actor = actor_of(request)
    entry = entries.entry_of(actor, pk)
    versions = {row.number: row for row in entries.versions(pk)}
    numbers = sorted(versions, reverse=True)
    if not numbers:
        raise NotFound()
    new = versions[_number(request, "new", numbers[0], numbers)]
    before = [number for number in numbers if number < new.number] or [new.number]
    old = versions[_number(request, "old", before[0], numbers)]
    context = {"entry": entry, "old": old, "new": new, "numbers": numbers}
    context["changes"] = diffing.changes(old.content, new.content)
    context["may"] = rights(actor, entry)
    return render(request, "knowledge/compare.html", context)


def _number(request: HttpRequest, name: str, default: int, known: list[int]) -> int:
    text = request.GET.get(name, "")
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default
    return wanted if wanted in known else default
