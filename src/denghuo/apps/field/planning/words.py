"""The engine's codes and numbers in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.customers.choices import Tag
from denghuo.apps.field.suggestions import skill_names
from denghuo.apps.requests.choices import FaultClass, Phenomenon, Urgency

CAUSES = {
    "asked": gettext_lazy("调度员要求重算"),
    "watched": gettext_lazy("打开计划板"),
    "pinned": gettext_lazy("调度员移动工单"),
    "green_lane": gettext_lazy("绿色通道"),
    "order.created": gettext_lazy("新派工单"),
    "order.accepted": gettext_lazy("班组接单"),
    "order.departed": gettext_lazy("班组出发"),
    "order.arrived": gettext_lazy("到达现场"),
    "order.finished": gettext_lazy("现场回单"),
    "order.sent_back": gettext_lazy("审核退回"),
    "order.withdrawn": gettext_lazy("撤回工单"),
    "order.locked": gettext_lazy("锁定班组"),
    "order.unlocked": gettext_lazy("解除锁定"),
    "request.accepted": gettext_lazy("新的待派诉求"),
    "request.withdrawn": gettext_lazy("诉求回到待派单"),
    "request.cancelled": gettext_lazy("诉求撤销"),
    "crew.duty_changed": gettext_lazy("值班变更"),
}


def why(
    reasons: Iterable[Mapping[str, Any]], crews: Mapping[int, str], skills: frozenset[str], *, locked: bool,
    pinned: bool = False,
) -> str:  # fmt: skip
    """Why an order is with its crew, as one line: "距离最近（3.2 公里）且具备低压技能，比“二班”早到 12 分钟"."""
    told = {str(reason["code"]): reason for reason in reasons}
    found = [str(_CODES[code](told[code], crews)) for code in _ORDER if code in told]
    if locked:
        found.insert(0, _("调度员已锁定班组和先后") if pinned else _("调度员已锁定班组"))
    able = {"nearest_able", "keeps_crew", "earlier_than_next", "cheaper_than_next", "only_able"} & told.keys()
    if skills and able:
        found.append(_("具备%(skills)s技能") % {"skills": skill_names(skills)})
    return _("，").join(found)


def _next(text: str, name: str) -> Any:
    def run(reason: Mapping[str, Any], crews: Mapping[int, str]) -> str:
        value = reason[name]
        crew = crews.get(int(reason.get("crew", 0)), "")
        return _(text) % {"crew": crew, "n": round(value) if name != "km" else f"{value:.1f}"}

    return run


def _plain(text: Any) -> Any:
    return lambda _reason, _crews: text


_ORDER = (
    "no_crew_able", "unserved", "frozen", "only_able", "nearest_able", "earlier_than_next", "fewer_orders_than_next",
    "keeps_crew", "promise_missed", "promise_kept",
)  # fmt: skip
_CODES = {
    "no_crew_able": _plain(gettext_lazy("没有当班班组具备所需技能")),
    "unserved": _plain(gettext_lazy("各班组在允许的加班内都排不下")),
    "frozen": _plain(gettext_lazy("已在途或在现场，不再改派")),
    "only_able": _plain(gettext_lazy("只有该班组可以承接")),
    "nearest_able": _next(gettext_lazy("距离最近（%(n)s 公里）"), "km"),
    "earlier_than_next": _next(gettext_lazy("比“%(crew)s”早到 %(n)s 分钟"), "minutes"),
    "fewer_orders_than_next": _next(gettext_lazy("手上比“%(crew)s”少 %(n)s 单"), "orders"),
    "keeps_crew": _plain(gettext_lazy("不用改派")),
    "promise_missed": _next(gettext_lazy("将晚于承诺 %(n)s 分钟"), "minutes"),
    "promise_kept": _plain(gettext_lazy("能守住承诺时间")),
}


def change(figures: Mapping[str, float]) -> list[str]:
    """What a drag adds or saves, one phrase each; a single "没有变化" when nothing does."""
    found = []
    for name, more, less in _CHANGES:
        value = figures.get(name, 0)
        if abs(value) >= _LEAST[name]:
            amount = f"{abs(value):.1f}" if name == "km" else str(round(abs(value)))
            found.append(str(more if value > 0 else less) % {"n": amount})
    return found or [_("路程、迟到和加班都没有变化")]


_LEAST = {"km": 0.1, "late": 1, "late_minutes": 1, "overtime": 1, "moved": 1, "left": 1}
_CHANGES = (
    ("left", gettext_lazy("多 %(n)s 单未安排"), gettext_lazy("少 %(n)s 单未安排")),
    ("late", gettext_lazy("多 %(n)s 单晚于承诺"), gettext_lazy("少 %(n)s 单晚于承诺")),
    ("late_minutes", gettext_lazy("迟到共增加 %(n)s 分钟"), gettext_lazy("迟到共减少 %(n)s 分钟")),
    ("km", gettext_lazy("多走 %(n)s 公里"), gettext_lazy("少走 %(n)s 公里")),
    ("overtime", gettext_lazy("加班增加 %(n)s 分钟"), gettext_lazy("加班减少 %(n)s 分钟")),
    ("moved", gettext_lazy("多改派 %(n)s 单"), gettext_lazy("少改派 %(n)s 单")),
)


def emergency(rule: str) -> str:
    """A rule of the green lane in words: "冒火花、异响", "紧急、家有生命维持设备"."""
    names = {"phenomenon": Phenomenon, "urgency": Urgency, "class": FaultClass, "trait": Tag}
    found = []
    for part in rule.split("+"):
        kind, _colon, value = part.strip().partition(":")
        choices: Mapping[str, Any] = dict(names[kind].choices) if kind in names else {}
        found.append(str(choices.get(value, value)))
    return _("、").join(found)


def cause(code: str) -> str:
    """What made a plan."""
    return str(CAUSES.get(code, code))
