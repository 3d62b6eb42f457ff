"""Tables of the grid screens."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import (
    MARKETING_KINDS,
    FilingReason,
    FilingState,
    OutageClass,
    OutageKind,
    OutageState,
)
from denghuo.apps.grid.templatetags.grid_figures import percent
from denghuo.core import moment
from denghuo.web import tables as t


def _share(row: Any, ctx: t.Context) -> str | None:
    share = row.household_share
    return None if share is None else percent(share)


def _of_class(rows: Any, code: str) -> Any:
    marketing = Q(kind__in=MARKETING_KINDS)
    return rows.filter(marketing if code == OutageClass.MARKETING else ~marketing)


class OutageTable(t.Table):
    """Outages of the actor's units."""

    number = t.Column(_("编号"), link="grid:outage", sort="number", css="dh-num")
    kind = t.StateColumn(_("类型"), kind="outage-kind", sort="kind")
    state = t.StateColumn(_("状态"), kind="outage", sort="state", template="grid/_state_cell.html")
    feeder = t.Column(
        _("馈线"), value=lambda row, ctx: row.feeder.name if row.feeder else "", sort="feeder__name", css="gr-nowrap"
    )
    org = t.Column(_("单位"), value=lambda row, ctx: row.org.label, sort="org__path", css="gr-nowrap")
    customers_out = t.NumberColumn(_("影响户数"), sort="customers_out")
    share = t.Column(_("到户率"), value=_share, align="end", css="gr-nowrap")
    started_at = t.TimeColumn(_("停电开始"), sort="started_at")
    expected_at = t.TimeColumn(_("预计恢复"), sort="expected_at")
    restored_at = t.TimeColumn(_("恢复时间"), sort="restored_at")
    cause = t.Column(_("原因"), clip=True)

    class Meta:
        name = "outages"
        default_sort = "-started_at"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.SearchFilter(
                "q",
                _("编号、馈线、范围、原因"),
                apply=lambda rows, text: rows.filter(
                    Q(number__icontains=text)
                    | Q(feeder__name__icontains=text)
                    | Q(cause__icontains=text)
                    | Q(range_text__icontains=text)
                ),
            ),
            t.ChoiceFilter("state", _("状态"), choices=OutageState.choices),
            t.ChoiceFilter("kind", _("类型"), choices=OutageKind.choices),
            t.ChoiceFilter("class", _("类别"), choices=OutageClass.choices, apply=_of_class),
            t.DateRangeFilter("started_at", _("停电开始")),
            t.BoolFilter(
                "important", _("有重要或敏感用户"),
                apply=lambda rows, _on: rows.filter(
                    Q(important_count__gt=0) | Q(sensitive_count__gt=0) | Q(life_support_count__gt=0)
                ),
            ),
            t.BoolFilter(
                "late", _("只看逾期"),
                apply=lambda rows, _on: rows.filter(
                    Q(state=OutageState.ACTIVE, expected_at__lt=moment.now())
                    | Q(overdue_start_told_at__isnull=False, start_confirmed=False, restored_at=None)
                ),
            ),
        ]  # fmt: skip
        empty = (_("没有停电"), _("公告或登记的停电会列在这里"))


def _in_force(value: Any, row: Any) -> tuple[str, str, str] | None:
    if row.state != FilingState.APPROVED:
        return None
    now = moment.now()
    if row.ends_at <= now:
        return (_now("已到期"), "muted", "calendar")
    if row.starts_at > now:
        return (_now("未开始"), "info", "calendar-event")
    return (_now("生效中"), "ok", "circle-check")


class FilingTable(t.Table):
    """Matters filed ahead."""

    number = t.Column(_("编号"), link="grid:filing", sort="number", css="dh-num")
    title = t.Column(_("标题"), clip=True)
    reason = t.Column(_("报备类型"), value=lambda row, ctx: row.get_reason_display(), sort="reason")
    state = t.StateColumn(_("状态"), kind="filing", sort="state")
    in_force = t.BadgeColumn(_("效力"), value=lambda row, ctx: None, look=_in_force)
    org = t.Column(_("单位"), value=lambda row, ctx: row.org.label, sort="org__path")
    area_text = t.Column(_("涉及区域"), clip=True)
    transformer_count = t.NumberColumn(_("台区"), sort="transformer_count")
    starts_at = t.TimeColumn(_("开始"), sort="starts_at")
    ends_at = t.TimeColumn(_("结束"), sort="ends_at")
    answers = t.Column(_("答复方式"), value=lambda row, ctx: _now("解释答复") if row.answers else _now("照常登记"))
    entered_by = t.Column(_("录入"), value=lambda row, ctx: row.entered_by.display_name if row.entered_by else "")

    class Meta:
        name = "filings"
        default_sort = "-starts_at"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.SearchFilter(
                "q",
                _("编号、标题、区域"),
                apply=lambda rows, text: rows.filter(
                    Q(number__icontains=text) | Q(title__icontains=text) | Q(area_text__icontains=text)
                ),
            ),
            t.ChoiceFilter("state", _("状态"), choices=FilingState.choices),
            t.ChoiceFilter("reason", _("报备类型"), choices=FilingReason.choices),
            t.DateRangeFilter("starts_at", _("开始")),
            t.BoolFilter(
                "now", _("只看生效中"),
                apply=lambda rows, _on: rows.filter(
                    state=FilingState.APPROVED, starts_at__lte=moment.now(), ends_at__gt=moment.now()
                ),
            ),
        ]  # fmt: skip
        empty = (_("没有报备"), _("预先报备的事项会列在这里，坐席据此向客户说明"))
