"""Tables of the grid screens."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from denghuo.apps.grid.choices import OutageKind, OutageState
from denghuo.web import tables as t


class OutageTable(t.Table):
    """Outages of the actor's units."""

    number = t.Column(_("编号"), link="grid:outage", sort="number", css="dh-num")
    kind = t.StateColumn(_("类型"), kind="outage-kind", sort="kind")
    state = t.StateColumn(_("状态"), kind="outage", sort="state")
    feeder = t.Column(_("馈线"), value=lambda row, ctx: row.feeder.name if row.feeder else "", sort="feeder__name")
    org = t.Column(_("单位"), value=lambda row, ctx: row.org.label, sort="org__path")
    transformer_count = t.NumberColumn(_("台区"), sort="transformer_count")
    customers_out = t.NumberColumn(_("影响户数"), sort="customers_out")
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
                _("编号、馈线、原因"),
                apply=lambda rows, text: rows.filter(
                    Q(number__icontains=text) | Q(feeder__name__icontains=text) | Q(cause__icontains=text)
                ),
            ),
            t.ChoiceFilter("state", _("状态"), choices=OutageState.choices),
            t.ChoiceFilter("kind", _("类型"), choices=OutageKind.choices),
            t.DateRangeFilter("started_at", _("停电开始")),
        ]
        empty = (_("没有停电"), _("公告或登记的停电会列在这里"))
