"""Forms of the exchange screens."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange import feed
from denghuo.apps.exchange.models import Subscription
from denghuo.apps.exchange.pages.common import MANAGE, NEEDED, dotted, units_for
from denghuo.core.actors import Actor
from denghuo.core.events.kinds import KINDS

AREA_LABELS = {
    "request": _("诉求"), "application": _("业务申请"), "appointment": _("预约"), "clock": _("时限"), "order": _("工单"),
    "outage": _("停电"), "contact": _("联络"), "payment": _("缴费"),
}  # fmt: skip


class SubscriptionForm(forms.Form):
    """A subscription."""

    name = forms.CharField(label=_("名称"), max_length=60, error_messages=NEEDED, help_text=_("如“数据中台”"))
    url = forms.CharField(
        label=_("接收地址"), max_length=500, error_messages=NEEDED, help_text=_("https 网址；内网地址须先由安全管理员放开网段"),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )  # fmt: skip
    org = forms.TypedChoiceField(label=_("单位范围"), coerce=int, help_text=_("推送该单位及其下级发生的事件"))
    ordered = forms.BooleanField(
        label=_("严格按发生顺序推送"), required=False, initial=True,
        help_text=_("打开：一条失败时后面的等待；关闭：后面的先送，接收方按 cursor 排序"),
    )  # fmt: skip

    def __init__(self, actor: Actor, row: Subscription | None, data: Any = None) -> None:
        initial: dict[str, Any] = {}
        if row is not None:
            initial = {"name": row.name, "url": row.url, "org": row.org_id, "ordered": row.ordered}
        super().__init__(data, initial=initial)
        self.units = units_for(actor, MANAGE)
        self.fields["org"].choices = [(pk, dotted(unit)) for pk, unit in self.units.items()]  # type: ignore[attr-defined]
        self.chosen = data.getlist("kinds") if data is not None else (row.kinds if row else ["request.*"])

    def groups(self) -> list[dict[str, Any]]:
        """Kinds to tick, by area; the first of each area is all of it."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for kind in feed.published_kinds():
            found[kind.split(".", 1)[0]].append({"code": kind, "label": KINDS[kind].label, "on": kind in self.chosen})
        return [
            {
                "code": f"{area}.*", "label": AREA_LABELS.get(area, area), "on": f"{area}.*" in self.chosen,
                "kinds": found[area],
                "open": f"{area}.*" in self.chosen or any(row["on"] for row in found[area]),
            }
            for area in sorted(found, key=list(feed.AREAS).index)
        ]  # fmt: skip

    def kinds_errors(self) -> list[str]:
        """What is wrong with the kinds."""
        return [str(text) for text in self.errors.get("kinds", [])]


class ReplayForm(forms.Form):
    """A time to tell again."""

    since = forms.DateTimeField(
        label=_("起"), error_messages=NEEDED, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip
    until = forms.DateTimeField(
        label=_("止"), error_messages=NEEDED, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip
