"""Notes on conduct and attendance."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor import record_forms as forms
from denghuo.apps.floor.choices import (
    NoteKind,
)
from denghuo.apps.floor.models import ConductNote
from denghuo.apps.floor.pages.records.common import (
    READERS,
    form_page,
    list_page,
    org_of,
)
from denghuo.core.http import actor_of
from denghuo.web import tables as t


class NoteTable(t.Table):
    """Notes on discipline and attendance, newest first."""

    happened_at = t.TimeColumn(gettext_lazy("发生时间"), sort="happened_at")
    staff = t.Column(gettext_lazy("人员"), value=lambda row, ctx: row.staff.display_name, sort="staff__display_name")
    kind = t.StateColumn(gettext_lazy("类型"), kind="note_kind")
    text = t.Column(gettext_lazy("情况"), template="floor/records/_note.html")
    minutes = t.NumberColumn(gettext_lazy("分钟"))
    org = t.Column(gettext_lazy("单位"), value=org_of)
    noted_by = t.Column(gettext_lazy("登记人"), value=lambda row, ctx: row.noted_by.display_name)

    class Meta:
        name = "notes"
        default_sort = "-happened_at"
        page_size = 50
        export = True
        export_permission = "records.manage"
        empty = (gettext_lazy("没有登记"), gettext_lazy("考勤、纪律和表扬的登记都在这里，本人可以看到自己的"))
        filters = (
            t.SearchFilter("q", gettext_lazy("姓名或情况"), fields=("staff__display_name", "text")),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=NoteKind.choices),
            t.DateRangeFilter("happened_at", gettext_lazy("日期")),
        )


@require_GET
@staff_page(*READERS)
def notes(request: HttpRequest) -> HttpResponseBase:
    """Notes one may manage, and those on oneself."""
    actor = actor_of(request)
    rows = ConductNote.objects.visible_to(actor, "records.manage") | ConductNote.objects.filter(staff_id=actor.id)
    rows = rows.select_related("org", "staff", "noted_by")
    new = {"url": reverse("floor:note-new"), "label": _("登记")} if actor.can_somewhere("records.manage") else None
    return list_page(request, NoteTable(request, rows, actor=actor), "notes", title=_("纪律考勤"), new=new)


@require_http_methods(["GET", "POST"])
@staff_page("records.manage")
def note_new(request: HttpRequest) -> HttpResponse:
    """Note something on somebody."""
    actor = actor_of(request)
    form = forms.NoteForm(actor, request.POST or None)

    def act(data: dict[str, Any]) -> Any:
        return actions.write_note(actor, staff_id=data.pop("staff").pk, data=data)

    return form_page(request, form, "notes", _("纪律考勤登记"), _("已登记，本人可见"), act, "floor-note")


@require_POST
@staff_page(*READERS)
def note_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """The person's own side of a note."""
    actor = actor_of(request)
    statement = request.POST.get("statement", "")
    return attempt(
        request, lambda: actions.answer_note(actor, pk, statement=statement), _("说明已提交"), reverse("floor:notes")
    )


@require_POST
@staff_page("records.manage")
def note_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a note back."""
    actor = actor_of(request)
    reason = request.POST.get("reason", "")
    return attempt(
        request, lambda: actions.withdraw_note(actor, pk, reason=reason), _("已撤回"), reverse("floor:notes")
    )
