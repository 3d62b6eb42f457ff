"""Information reported upwards."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import attempt, staff_page
from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.apps.floor import record_forms as forms
from denghuo.apps.floor.choices import (
    ReportCategory,
    ReportUrgency,
)
from denghuo.apps.floor.models import InformationReport, ReportReceipt
from denghuo.apps.floor.pages.records.common import (
    READERS,
    WRITE,
    form_page,
    list_page,
    org_of,
    readable,
    tabs_of,
)
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import tables as t


class ReportTable(t.Table):
    """Reports, newest first."""

    reported_at = t.TimeColumn(gettext_lazy("报送时间"), sort="reported_at")
    urgency = t.StateColumn(gettext_lazy("等级"), kind="report_urgency")
    category = t.Column(gettext_lazy("类别"), value=lambda row, ctx: row.get_category_display())
    title = t.Column(gettext_lazy("标题"), link="floor:report")
    org = t.Column(gettext_lazy("报送单位"), value=org_of)
    receipts = t.Column(gettext_lazy("回执"), value=lambda row, ctx: f"{row.received}/{row.addressed}", align="end")

    class Meta:
        name = "reports"
        default_sort = "-reported_at"
        page_size = 30
        export = True
        empty = (gettext_lazy("还没有报送"), gettext_lazy("大面积停电、舆情、重大投诉等要及时上报"))
        filters = (
            t.SearchFilter("q", gettext_lazy("标题或内容"), fields=("title", "body")),
            t.ChoiceFilter("category", gettext_lazy("类别"), choices=ReportCategory.choices),
            t.ChoiceFilter("urgency", gettext_lazy("等级"), choices=ReportUrgency.choices),
            t.DateRangeFilter("reported_at", gettext_lazy("日期")),
        )


def _reports(actor: Actor) -> Any:
    """Reports of the units whose books one reads, and those sent to a unit one answers for."""
    mine = readable(InformationReport, actor).values("pk")
    sent_to_me = ReportReceipt.objects.filter(org__path__in=_my_paths(actor)).values("report_id")
    rows = InformationReport.objects.filter(Q(pk__in=mine) | Q(pk__in=sent_to_me)).select_related("org", "reported_by")
    return rows.annotate(
        addressed=Count("receipts"), received=Count("receipts", filter=Q(receipts__received_at__isnull=False))
    )


def _my_paths(actor: Actor) -> list[str]:
    paths = actor.paths_for("records.manage")
    return [path or str(OrgUnit.objects.filter(parent=None).values_list("path", flat=True).first()) for path in paths]


@require_GET
@staff_page(*READERS)
def reports(request: HttpRequest) -> HttpResponseBase:
    """The book of reports up the line."""
    actor = actor_of(request)
    new = {"url": reverse("floor:report-new"), "label": _("报送信息")}
    table = ReportTable(request, _reports(actor), actor=actor)
    return list_page(request, table, "reports", title=_("信息报送"), new=new)


@require_http_methods(["GET", "POST"])
@staff_page(WRITE)
def report_new(request: HttpRequest) -> HttpResponse:
    """Report up the line."""
    actor = actor_of(request)

    def act(data: dict[str, Any]) -> Any:
        before = data.pop("continues")
        return actions.send_report(
            actor, org=data.pop("org"), data=data | {"continues_id": before.pk if before else None}
        )

    form = forms.ReportForm(actor, request.POST or None)
    return form_page(request, form, "reports", _("报送信息"), _("已报送，等待上级回执"), act, "floor-report")


@require_GET
@staff_page(*READERS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """One report with its receipts and what came after it."""
    actor = actor_of(request)
    row = _reports(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这条报送"))
    receipts = list(row.receipts.select_related("org", "received_by").order_by("org__path"))
    for one in receipts:
        one.mine = one.received_at is None and actor.can("records.manage", one.org.path)
        one.late = one.received_at is not None and one.received_at > row.receipt_due_at
    follow = InformationReport.objects.filter(Q(continues=row) | Q(pk=row.continues_id)).order_by("reported_at")
    context = {"row": row, "receipts": receipts, "follow": follow, "tabs": tabs_of(actor, "reports")}
    return render(request, "floor/records/report.html", context)


@require_POST
@staff_page("records.manage")
def report_receive(request: HttpRequest, pk: int, receipt: int) -> HttpResponse:
    """Take note of a report."""
    actor = actor_of(request)
    reply = request.POST.get("reply", "")
    here = reverse("floor:report", args=[pk])
    return attempt(request, lambda: actions.receive_report(actor, receipt, reply=reply), _("已回执"), here)
