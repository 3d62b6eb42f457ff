"""Names of the catalogue's codes in the reader's language, and how they are drawn.

The names are policies, so they are Chinese; those the product ships are translated by their text.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, gettext_noop

from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

SHIPPED = (
    gettext_noop("抢修"), gettext_noop("计量"), gettext_noop("营业"), gettext_noop("用电检查"), gettext_noop("配电运维"),
    gettext_noop("客户服务"), gettext_noop("综合"), gettext_noop("低压抢修"), gettext_noop("10 千伏抢修"),
    gettext_noop("计量故障处理"), gettext_noop("其他抢修"), gettext_noop("装表接电"), gettext_noop("换表"),
    gettext_noop("现场补抄"), gettext_noop("电费催缴"), gettext_noop("业扩现场勘查"), gettext_noop("反窃查违"),
    gettext_noop("线路巡视"), gettext_noop("台区巡视"), gettext_noop("消缺"), gettext_noop("树障清理"),
    gettext_noop("低电压治理"), gettext_noop("客户走访"), gettext_noop("营业厅值班"), gettext_noop("安全学习与培训"),
    gettext_noop("物资与工器具"), gettext_noop("夜间"), gettext_noop("高处作业"), gettext_noop("带电作业"),
    gettext_noop("雨雪大风"), gettext_noop("节假日"),
)  # fmt: skip

ICONS = {
    "repair": "bolt", "metering": "dashboard", "sales": "coin", "inspection": "clipboard-check",
    "distribution": "tower", "service": "users", "common": "checklist",
}  # fmt: skip


def names(key: str, org: OrgUnit | None = None) -> dict[str, str]:
    """Code → name of a catalogue policy, in the reader's language."""
    return {code: gettext(text) for code, text in policies.get(key, org).items()}


def speciality_look(code: str, org: OrgUnit | None = None) -> dict[str, Any]:
    """Label and icon of a speciality."""
    return {"code": code, "label": names("teams.specialities", org).get(code, code), "icon": ICONS.get(code, "tool")}
