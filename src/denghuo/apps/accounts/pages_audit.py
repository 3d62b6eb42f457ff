"""The auditor's pages: the event log, the history of a row, who saw personal data."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.core.audit import audit_trail, search_events, unmaskings
from denghuo.core.events.kinds import KINDS
from denghuo.core.http.actors import actor_of
from denghuo.web import tables as t
from denghuo.web.timeline import ACTOR_LABELS, label_of

DEFAULT_DAYS = 31  # without dates the log is searched this far back, so that old months are left alone
LONGEST_ID = 18
ROW_WORDS: dict[str, Any] = {"insert": _("写入新行"), "update": _("修改"), "delete": _("删除")}


def kind_choices() -> list[tuple[str, Any]]:
    """Kinds by name, each with its label."""
    return [(kind.name, f"{kind.label} · {kind.name}") for kind in sorted(KINDS.values(), key=lambda kind: kind.name)]


def subject_choices() -> list[tuple[str, str]]:
    """First words of the kinds: what events are about."""
    return [(word, word) for word in sorted({name.split(".")[0] for name in KINDS})]


def _by_subject(queryset: Any, text: str) -> Any:
    """ "request:12", "request 12" or just a number."""
    kind, _sep, key = text.replace("：", ":").replace(" ", ":").rpartition(":")
    if not (key.isascii() and key.isdigit() and len(key) <= LONGEST_ID):
        return queryset.filter(subject_kind=text.strip())
    found = queryset.filter(subject_id=int(key))
    return found.filter(subject_kind=kind) if kind else found


def _by_actor(queryset: Any, text: str) -> Any:
    """A name, or a staff number as in the address of their page."""
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
        return queryset.filter(actor_kind="staff", actor_id=int(text))
    return queryset.filter(actor_name=text)


def payload_text(payload: dict[str, Any]) -> str:
    """The payload on one line."""
    return "  ".join(f"{name}={value}" for name, value in payload.items() if value not in (None, "", []))


def subject_url(row: Any) -> str:
    """The trail of the subject."""
    return reverse("accounts:audit-row", args=[row.subject_kind, row.subject_id]) if row.subject_id else ""


class EventTable(t.Table):
    """The log, newest first; the primary key of the partitions serves order and paging."""

    at = t.TimeColumn(_("时间"), sort=("at", "id"))
    kind = t.Column(_("事件"), value=lambda row, ctx: label_of(row))
    code = t.Column(_("代码"), value=lambda row, ctx: row.kind)
    subject = t.Column(
        _("对象"), value=lambda row, ctx: f"{row.subject_kind}:{row.subject_id}", link=lambda row: subject_url(row)
    )
    actor_name = t.Column(_("操作人"))
    actor_kind = t.Column(_("身份"), value=lambda row, ctx: ACTOR_LABELS.get(row.actor_kind, row.actor_kind))
    payload = t.Column(_("内容"), value=lambda row, ctx: payload_text(row.payload), clip=True)

    class Meta:
        name = "audit"
        default_sort = "-at"
        page_size = 100
        paging = "keyset"
        export = True
        export_permission = "audit.view"
        empty = (_("没有符合条件的事件"), _("没有填日期时只查最近 31 天"))
        filters = (
            t.SearchFilter("subject", _("对象，如 request:12"), apply=_by_subject),
            t.SearchFilter("who", _("操作人姓名或编号"), apply=_by_actor),
            t.ChoiceFilter("kind", _("事件"), choices=kind_choices),
            t.DateRangeFilter("at", _("时间")),
        )


class UnmaskingTable(t.Table):
    """Who saw what in plain, and the reason they gave."""

    at = t.TimeColumn(_("时间"), sort=("at", "id"))
    actor_name = t.Column(_("查看人"))
    subject = t.Column(_("对象"), value=lambda row, ctx: f"{row.subject_kind}:{row.subject_id}")
    field = t.Column(_("字段"), value=lambda row, ctx: row.payload.get("field"))
    reason = t.Column(_("查看原因"), value=lambda row, ctx: row.payload.get("reason"))

    class Meta:
        name = "unmaskings"
        default_sort = "-at"
        page_size = 100
        paging = "keyset"
        export = True
        export_permission = "audit.view"
        empty = (_("没有人查看过个人信息明文"), _("没有填日期时只查最近 31 天"))
        filters = (
            t.SearchFilter("who", _("查看人姓名或编号"), apply=_by_actor),
            t.SearchFilter("subject", _("对象，如 staff:12"), apply=_by_subject),
            t.DateRangeFilter("at", _("时间")),
        )


def _since(request: HttpRequest) -> dt.datetime | None:
    """How far back to look when no date and no subject narrows the search."""
    if any(request.GET.get(name) for name in ("at_from", "at_to", "subject")):
        return None
    return timezone.now() - dt.timedelta(days=DEFAULT_DAYS)


@require_GET
@staff_page("audit.view")
def audit(request: HttpRequest) -> HttpResponseBase:
    """Search the event log."""
    actor = actor_of(request)
    table = EventTable(request, search_events(actor, since=_since(request)), actor=actor)
    return t.table_response(request, table, "accounts/audit.html", {"tab": "events", "wide": True})


@require_GET
@staff_page("audit.view")
def audit_unmaskings(request: HttpRequest) -> HttpResponseBase:
    """Who looked at personal data."""
    actor = actor_of(request)
    table = UnmaskingTable(request, unmaskings(actor, since=_since(request)), actor=actor)
    return t.table_response(request, table, "accounts/audit.html", {"tab": "unmaskings", "wide": True})


@require_GET
@staff_page("audit.view")
def audit_row(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """One subject: its events and, where it has a history, its values before and after."""
    trail = audit_trail(actor_of(request), kind, pk)
    words = {name: item.label for name, item in KINDS.items()} | ROW_WORDS
    listed = [
        {"entry": entry, "label": words.get(entry.kind, entry.kind), "payload": payload_text(dict(entry.payload))}
        for entry in reversed(trail)
    ]
    return render(request, "accounts/audit_row.html", {"kind": kind, "pk": pk, "trail": listed})
