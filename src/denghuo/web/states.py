"""How each state looks: text, icon and tone together, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TONES = ("neutral", "info", "progress", "ok", "warn", "danger", "muted")


@dataclass(frozen=True)
class Look:
    """Label, icon and tone of one state."""

    label: str | Promise
    icon: str = "circle-dot"
    tone: str = "neutral"


_LOOKS: dict[str, dict[str, Look]] = {}


def register_states(kind: str, looks: dict[str, Look]) -> None:
    """Add or replace the looks of a state machine, e.g. ``register_states("request", {...})``."""
    for look in looks.values():
        if look.tone not in TONES:
            raise ValueError(f"unknown tone {look.tone!r}; one of {', '.join(TONES)}")
    _LOOKS.setdefault(kind, {}).update(looks)


def look_of(kind: str, state: str) -> Look:
    """Return the look; an unregistered state shows its own code so nothing disappears."""
    return _LOOKS.get(kind, {}).get(state) or Look(state or "—", "circle-dashed", "neutral")


def states_of(kind: str) -> dict[str, Look]:
    """All states of a machine in their order."""
    return dict(_LOOKS.get(kind, {}))


register_states(
    "request",
    {
        "submitted": Look(_("待受理"), "inbox", "warn"),
        "accepted": Look(_("已受理"), "circle-check", "info"),
        "dispatched": Look(_("已派单"), "send", "progress"),
        "handling": Look(_("处理中"), "progress", "progress"),
        "returned": Look(_("已回单(待审核)"), "clipboard-check", "warn"),
        "callback": Look(_("待回访"), "phone-call", "info"),
        "rework": Look(_("返工"), "rotate-clockwise", "danger"),
        "merged": Look(_("已合并"), "git-merge", "muted"),
        "archived": Look(_("已归档"), "checks", "ok"),
        "cancelled": Look(_("已撤销"), "ban", "muted"),
    },
)
register_states(
    "order",
    {
        "sent": Look(_("待接单"), "inbox", "warn"),
        "accepted": Look(_("已接单"), "circle-check", "info"),
        "departed": Look(_("已出发"), "truck", "progress"),
        "arrived": Look(_("已到达"), "map-pin", "progress"),
        "finished": Look(_("已回单"), "clipboard-check", "warn"),
        "passed": Look(_("审核通过"), "checks", "ok"),
        "sent_back": Look(_("退回"), "arrow-back-up", "danger"),
        "withdrawn": Look(_("已撤回"), "ban", "muted"),
    },
)
register_states(
    "contact",
    {
        "bot": Look(_("智能客服服务中"), "robot", "info"),
        "waiting": Look(_("排队中"), "hourglass", "warn"),
        "offered": Look(_("振铃中"), "bell-ringing", "info"),
        "in_service": Look(_("服务中"), "headset", "progress"),
        "wrap_up": Look(_("整理中"), "pencil", "neutral"),
        "closed": Look(_("已结束"), "checks", "ok"),
        "abandoned": Look(_("已放弃"), "phone-off", "muted"),
    },
)
register_states(
    "agent",
    {
        "logged_out": Look(_("签出"), "logout", "muted"),
        "ready": Look(_("就绪"), "circle-check", "ok"),
        "offered": Look(_("振铃中"), "bell-ringing", "info"),
        "busy": Look(_("服务中"), "headset", "progress"),
        "wrap_up": Look(_("整理中"), "pencil", "neutral"),
        "break": Look(_("小休"), "coffee", "warn"),
        "meal": Look(_("用餐"), "tools-kitchen-2", "warn"),
        "training": Look(_("培训"), "school", "info"),
        "meeting": Look(_("班务"), "users", "info"),
        "outbound": Look(_("外呼"), "phone-outgoing", "progress"),
        "other": Look(_("其他事务"), "dots", "neutral"),
        "missed": Look(_("漏接停派"), "phone-x", "danger"),
    },
)
register_states(
    "callback",
    {
        "pending": Look(_("待回访"), "phone-call", "info"),
        "done": Look(_("已完成"), "checks", "ok"),
        "unreachable": Look(_("未接通"), "phone-off", "muted"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
    },
)
register_states(
    "satisfaction",
    {
        "satisfied": Look(_("满意"), "mood-smile", "ok"),
        "neutral": Look(pgettext_lazy("满意度", "一般"), "mood-neutral", "neutral"),
        "dissatisfied": Look(_("不满意"), "mood-sad", "danger"),
        "not_rated": Look(_("未评价"), "circle-dashed", "muted"),
    },
)
register_states(
    "clock",
    {
        "running": Look(_("计时中"), "clock-hour-4", "progress"),
        "paused": Look(_("已暂停"), "clock-pause", "muted"),
        "warned": Look(_("临近超时"), "clock-exclamation", "warn"),
        "breached": Look(_("已超时"), "alarm", "danger"),
        "met": Look(_("按时完成"), "clock-check", "ok"),
        "cancelled": Look(_("已取消"), "ban", "muted"),
    },
)
register_states(
    "urgency",
    {
        "normal": Look(_("一般"), "circle-dot", "neutral"),
        "urgent": Look(_("紧急"), "alert-triangle", "warn"),
        "critical": Look(_("特急"), "flame", "danger"),
    },
)
register_states(
    "outage",
    {
        "open": Look(_("停电中"), "bolt-off", "danger"),
        "planned": Look(_("计划停电"), "calendar-event", "info"),
        "restored": Look(_("已恢复"), "bolt", "ok"),
    },
)
register_states(
    "area",
    {
        "urban": Look(_("城区"), "building", "neutral"),
        "rural": Look(_("农村"), "home", "neutral"),
        "remote": Look(_("偏远"), "map-pin", "neutral"),
    },
)
