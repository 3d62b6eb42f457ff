"""How the feed stands, and what it could not take."""

from __future__ import annotations

import os

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.safety import queries
from denghuo.apps.safety.models import Refusal
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.states import Look, look_of, register_states

REASONS = {
    "unknown_device": gettext_lazy("设备未登记"), "device_off": gettext_lazy("设备已停用"), "json": gettext_lazy("不是 JSON"),
    "topic": gettext_lazy("主题不对"), "time": gettext_lazy("时间不对"), "place": gettext_lazy("缺经纬度"),
    "range": gettext_lazy("数值超出范围"), "field": gettext_lazy("字段不对"), "kind": gettext_lazy("险情类型不对"),
    "size": gettext_lazy("消息过长"), "future": gettext_lazy("时间在将来"), "too_old": gettext_lazy("时间过早"),
    "fault": gettext_lazy("处理出错"),
}  # fmt: skip
register_states(
    "safety_feed",
    {
        "ok": Look(gettext_lazy("接入正常"), "circle-check", "ok"),
        "away": Look(gettext_lazy("连不上消息服务器"), "plug-connected-x", "danger"),
        "dead": Look(gettext_lazy("接入进程中断"), "alert-circle", "danger"),
        "off": Look(gettext_lazy("未接入"), "plug-off", "muted"),
    },
)
register_states("safety_refusal", {code: Look(label, "alert-triangle", "warn") for code, label in REASONS.items()})


class RefusalTable(t.Table):
    """Messages that were refused, the latest first."""

    last_at = t.TimeColumn(gettext_lazy("最近一次"), sort="last_at")
    reason = t.Column(
        gettext_lazy("原因"), value=lambda row, ctx: look_of("safety_refusal", row.reason).label, sort="reason"
    )
    topic = t.Column(gettext_lazy("主题"), css="dh-mono")
    detail = t.Column(gettext_lazy("说明"))
    payload = t.Column(gettext_lazy("内容"), css="dh-mono", clip=True)
    times = t.NumberColumn(gettext_lazy("次数"), sort="times")

    class Meta:
        name = "safety-refusals"
        default_sort = "-last_at"
        page_size = 50
        filters = (
            t.SearchFilter("q", gettext_lazy("搜索主题或内容"), fields=("topic", "payload")),
            t.ChoiceFilter("reason", gettext_lazy("原因"), choices=list(REASONS.items())),
        )
        export = True
        empty = (gettext_lazy("没有拒收的消息"), gettext_lazy("格式不对或设备未登记的消息会留在这里，便于厂家改正"))


@staff_page("safety.manage")
@require_GET
def feed(request: HttpRequest) -> HttpResponseBase:
    """The connection, its counts, and the refused messages (index ``safety_refusal_at``)."""
    table = RefusalTable(request, Refusal.objects.all(), actor=actor_of(request))
    context = {
        "tab": "feed", "feed": queries.feed_health(),
        "prefix": os.environ.get("DENGHUO_MQTT_TOPIC", "denghuo/safety"),
    }  # fmt: skip
    return t.table_response(request, table, "safety/feed.html", context)
