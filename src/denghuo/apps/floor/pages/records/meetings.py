"""Meetings of the team."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor import record_forms as forms
from denghuo.apps.floor.choices import (
    MeetingKind,
)
from denghuo.apps.floor.models import Meeting
from denghuo.apps.floor.pages.records.common import (
    READERS,
    form_page,
    list_page,
    org_of,
    readable,
    tabs_of,
)
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of
from denghuo.web import tables as t


class MeetingTable(t.Table):
    """Meetings, newest first."""

    held_at = t.TimeColumn(gettext_lazy("时间"), sort="held_at")
    kind = t.Column(gettext_lazy("类型"), value=lambda row, ctx: row.get_kind_display())
    topic = t.Column(gettext_lazy("主题"), link="floor:meeting")
    org = t.Column(gettext_lazy("单位"), value=org_of)
    people = t.NumberColumn(gettext_lazy("参会人数"), value=lambda row, ctx: row.people)
    written_by = t.Column(gettext_lazy("记录人"), value=lambda row, ctx: row.written_by.display_name)

    class Meta:
        name = "meetings"
        default_sort = "-held_at"
        page_size = 30
        export = True
        empty = (gettext_lazy("还没有会议记录"), gettext_lazy("班前会、班后会和例会的纪要都记在这里"))
        filters = (
            t.SearchFilter("q", gettext_lazy("主题或纪要"), fields=("topic", "notes")),
            t.ChoiceFilter("kind", gettext_lazy("类型"), choices=MeetingKind.choices),
            t.DateRangeFilter("held_at", gettext_lazy("日期")),
        )


@require_GET
@staff_page(*READERS)
def meetings(request: HttpRequest) -> HttpResponseBase:
    """The book of meetings."""
    actor = actor_of(request)
    rows = readable(Meeting, actor).select_related("org", "written_by").annotate(people=Count("attended"))
    new = {"url": reverse("floor:meeting-new"), "label": _("写会议记录")}
    return list_page(request, MeetingTable(request, rows, actor=actor), "meetings", title=_("班务会"), new=new)


@require_http_methods(["GET", "POST"])
@staff_page(*READERS)
def meeting(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a meeting down, read it, or correct it."""
    actor, row = actor_of(request), None
    if pk is not None:
        row = readable(Meeting, actor).filter(pk=pk).first()
        if row is None:
            raise NotFound(_("没有这条会议记录"))
        may = row.written_by_id == actor.id or actor.can("records.manage", row.org.path)
        if not may or (request.method == "GET" and "edit" not in request.GET):
            context = {"row": row, "may_edit": may, "tabs": tabs_of(actor, "meetings")}
            return render(request, "floor/records/meeting.html", context)

    def act(data: dict[str, Any]) -> Any:
        people = [one.pk for one in data.pop("attended")]
        return actions.write_meeting(actor, pk, org=data.pop("org"), data=data, attended=people)

    names = ("kind", "topic", "notes", "todo", "absent", "held_at")
    initial = (
        {name: getattr(row, name) for name in names} | {"org": row.org_id, "attended": row.attended.all()}
        if row
        else {}
    )
    form = forms.MeetingForm(actor, request.POST or None, initial=initial)
    title = _("更正会议记录") if row else _("写会议记录")
    return form_page(request, form, "meetings", title, _("会议记录已保存"), act, f"floor-meeting-{pk or 'new'}")
