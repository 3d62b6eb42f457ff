"""The log of the shift."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor import record_forms as forms
from denghuo.apps.floor.choices import (
    DutyCategory,
)
from denghuo.apps.floor.models import DutyEntry
from denghuo.apps.floor.pages.records.common import (
    READERS,
    WRITE,
    form_page,
    list_page,
    org_of,
    readable,
)
from denghuo.core.http import actor_of
from denghuo.web import tables as t


class DutyTable(t.Table):
    """The duty log, newest first."""

    at = t.TimeColumn(gettext_lazy("时间"), sort="at")
    category = t.Column(gettext_lazy("类别"), value=lambda row, ctx: row.get_category_display())
    text = t.Column(gettext_lazy("内容"), template="floor/records/_duty.html")
    org = t.Column(gettext_lazy("单位"), value=org_of)
    written_by = t.Column(gettext_lazy("记录人"), value=lambda row, ctx: row.written_by.display_name)

    class Meta:
        name = "duty"
        default_sort = "-at"
        page_size = 50
        export = True
        empty = (gettext_lazy("值班日志还是空的"), gettext_lazy("把值班中发生的事随手记下来"))
        filters = (
            t.SearchFilter("q", gettext_lazy("内容"), fields=("text",)),
            t.ChoiceFilter("category", gettext_lazy("类别"), choices=DutyCategory.choices),
            t.DateRangeFilter("at", gettext_lazy("日期")),
        )


@require_GET
@staff_page(*READERS)
def duty(request: HttpRequest) -> HttpResponseBase:
    """The duty log."""
    actor = actor_of(request)
    rows = readable(DutyEntry, actor).select_related("org", "written_by", "corrects").prefetch_related("corrections")
    new = {"url": reverse("floor:duty-new"), "label": _("记一条")}
    return list_page(request, DutyTable(request, rows, actor=actor), "duty", title=_("值班日志"), new=new)


@require_http_methods(["GET", "POST"])
@staff_page(WRITE)
def duty_new(request: HttpRequest) -> HttpResponse:
    """Write a line; ``?corrects=`` names the line it corrects."""
    actor = actor_of(request)
    wrong = request.GET.get("corrects", "")
    before = readable(DutyEntry, actor).filter(pk=int(wrong)).first() if wrong.isascii() and wrong.isdigit() else None
    initial = (
        {"corrects": before.pk, "org": before.org_id, "category": before.category, "text": before.text}
        if before
        else {}
    )

    def act(data: dict[str, Any]) -> Any:
        return actions.write_duty(
            actor,
            org=data["org"],
            category=data["category"],
            text=data["text"],
            at=data["at"],
            corrects_id=data["corrects"],
        )

    form = forms.DutyForm(actor, request.POST or None, initial=initial)
    title = _("更正一条日志") if before else _("记一条值班日志")
    return form_page(request, form, "duty", title, _("已记入值班日志"), act, "floor-duty")
