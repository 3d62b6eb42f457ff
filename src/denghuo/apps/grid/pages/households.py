"""The households an outage reaches, one by one, as the supply tree has them now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import households
from denghuo.apps.grid.models import Transformer
from denghuo.apps.grid.pages.detail import visible
from denghuo.core.errors import NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import masked
from denghuo.web import tables as t


def _care(value: Any, row: Any) -> tuple[str, str, str] | None:
    if row.life_support:
        return (_("生命维持设备"), "danger", "alert-triangle")
    if row.important:
        return (_("重要用户"), "warn", "star")
    if value and row.customer.sensitive:
        return (_("敏感客户"), "warn", "shield")
    return None


class HouseholdTable(t.Table):
    """Accounts behind an outage; names, numbers and addresses masked by role, on the page and in the file."""

    number = t.Column(gettext_lazy("户号"), value=lambda row, ctx: masked(row, "number", ctx.actor), css="dh-num")
    holder = t.Column(gettext_lazy("户名"), value=lambda row, ctx: masked(row.customer, "name", ctx.actor))
    phone = t.Column(
        gettext_lazy("电话"), value=lambda row, ctx: masked(row.customer, "phone", ctx.actor), css="dh-num"
    )
    address = t.Column(gettext_lazy("用电地址"), value=lambda row, ctx: masked(row, "address", ctx.actor), clip=True)
    transformer = t.Column(
        gettext_lazy("台区"), sort="transformer_id",
        value=lambda row, ctx: ctx.table.transformers.get(row.transformer_id, ""),
    )  # fmt: skip
    care = t.BadgeColumn(
        gettext_lazy("关注"), value=lambda row, ctx: ctx.actor.can("customers.marks_view", row.org.path), look=_care
    )
    org = t.Column(gettext_lazy("单位"), value=lambda row, ctx: row.org.label, sort="org__path")

    transformers: dict[int, str]

    class Meta:
        name = "outage-households"
        default_sort = "transformer_id"
        page_size = 50
        paging = "pages"
        export = True
        filters = [
            t.ChoiceFilter(
                "care", gettext_lazy("关注"),
                choices=[
                    ("life", gettext_lazy("生命维持设备")),
                    ("important", gettext_lazy("重要用户")),
                ],
                apply=lambda rows, code: rows.filter(
                    **{"life_support" if code == "life" else "important": True}
                ),
            ),
        ]  # fmt: skip
        empty = (gettext_lazy("没有分析到户"), gettext_lazy("所选台区没有登记用电户，请核对台区户变关系"))


@require_GET
@staff_page("customers.view")
def outage_households(request: HttpRequest, outage_id: int) -> HttpResponseBase:
    """The list, to look through and to export."""
    actor = actor_of(request)
    outage = visible(actor, outage_id)
    source = households.source()
    if source is None:
        raise NotFound(_("本系统没有接入客户档案，不能分析到户"))
    ids = list(outage.transformers.values_list("pk", flat=True))
    accounts = list(outage.accounts.values_list("account_id", flat=True))
    rows = source.rows(actor, ids, accounts)
    table = HouseholdTable(request, rows, actor=actor)
    table.transformers = dict(Transformer.objects.filter(pk__in=ids).values_list("pk", "name"))
    return t.table_response(request, table, "grid/outage_households.html", {"outage": outage, "wide": True})
