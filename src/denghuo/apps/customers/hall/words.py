"""Advice in words. Each says what was found, what to do, and the figures it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.engine.tariff import Advice


@dataclass(frozen=True, slots=True)
class Words:
    """One piece of advice as shown: ``basis`` names the figures."""

    title: str
    text: str
    basis: str
    tone: str
    icon: str


def _percent(value: float) -> str:
    return f"{abs(value) * 100:.0f}%"


def words_of(advice: Advice) -> Words:
    """The words of one piece of advice in the active language."""
    icon, title, text, basis = _TEXTS[advice.code]()
    shown = _shown(advice.figures)
    return Words(title % shown, text % shown, basis % shown, advice.tone, icon)


def _shown(figures: dict[str, Any]) -> dict[str, str]:
    found = {}
    for name, value in figures.items():
        if name in ("change", "ratio", "share"):
            found[name] = _percent(value)
        elif name in ("saving", "flat", "banded"):
            found[name] = f"{abs(value):,.2f}"
        elif isinstance(value, float):
            found[name] = f"{value:,.1f}"
        else:
            found[name] = f"{value:,}" if isinstance(value, int) else str(value)
    return found


def _tier() -> tuple[str, str, str, str]:
    return (
        "chart-bar",
        _("预计 %(month)s 月进入第 %(next)s 档"),
        _(
            "本年再用 %(left)s 千瓦时就到第 %(next)s 档，超出部分每千瓦时多 %(more)s 元。夏冬空调各调 1 度、错峰洗衣可推迟进档。"
        ),
        _("依据：本年已用电量与上年同期增幅，推算全年 %(projected)s 千瓦时"),
    )


def _band_take() -> tuple[str, str, str, str]:
    return (
        "moon",
        _("开通峰谷电价，一年约省 %(saving)s 元"),
        _(
            "您的谷段用电占 %(share)s。按最近 12 个月的用电，现行电价 %(flat)s 元，峰谷电价 %(banded)s 元。选定后一年内不能变更。"
        ),
        _("依据：最近 12 个月电表峰、谷两段示数，按两种电价分别计算"),
    )


def _band_leave() -> tuple[str, str, str, str]:
    return (
        "sun-moon",
        _("改回普通阶梯电价，一年约省 %(saving)s 元"),
        _("您的谷段用电只占 %(share)s。按最近 12 个月的用电，峰谷电价 %(banded)s 元，普通阶梯电价 %(flat)s 元。"),
        _("依据：最近 12 个月电表峰、谷两段示数，按两种电价分别计算"),
    )


def _band_kept() -> tuple[str, str, str, str]:
    return (
        "moon",
        _("峰谷电价适合您"),
        _("您的谷段用电占 %(share)s。最近 12 个月按峰谷电价 %(banded)s 元，若按普通阶梯电价为 %(flat)s 元。"),
        _("依据：最近 12 个月电表峰、谷两段示数，按两种电价分别计算"),
    )


def _year_more() -> tuple[str, str, str, str]:
    return (
        "arrow-up",
        _("%(month)s 月用电比上年同月多 %(change)s"),
        _("如果家里没有添置大功率电器，可以看看是否有电器忘关、线路漏电，或预约校表。"),
        _("依据：本年 %(month)s 月 %(kwh)s 千瓦时，上年同月 %(then)s 千瓦时"),
    )


def _year_less() -> tuple[str, str, str, str]:
    return (
        "arrow-down",
        _("%(month)s 月用电比上年同月少 %(change)s"),
        _("节电有成效，可以继续保持。"),
        _("依据：本年 %(month)s 月 %(kwh)s 千瓦时，上年同月 %(then)s 千瓦时"),
    )


def _peers_more() -> tuple[str, str, str, str]:
    return (
        "users",
        _("比同县区同类客户的中位数多 %(ratio)s"),
        _("空调、电热水器、取暖器是主要用电；热水器不用时断电、空调滤网每月清洗，见效最快。"),
        _("依据：%(month)s 月您用 %(kwh)s 千瓦时，同县区 %(peers)s 户中位数 %(median)s 千瓦时"),
    )


def _peers_less() -> tuple[str, str, str, str]:
    return (
        "users",
        _("比同县区同类客户的中位数少 %(ratio)s"),
        _("您的用电低于多数同类客户。"),
        _("依据：%(month)s 月您用 %(kwh)s 千瓦时，同县区 %(peers)s 户中位数 %(median)s 千瓦时"),
    )


def _base_load() -> tuple[str, str, str, str]:
    return (
        "plug",
        _("不在家时也在用电：约 %(watts)s 瓦"),
        _("最省的日子每天仍用 %(low)s 千瓦时，占日均的 %(share)s。机顶盒、热水器、饮水机等待机电器可用排插统一断电。"),
        _("依据：近两个月日用电量，最低一成的日子 %(low)s 千瓦时，日均 %(mean)s 千瓦时"),
    )


def _peak_days() -> tuple[str, str, str, str]:
    return (
        "alarm",
        _("有 %(count)s 天用电明显偏高"),
        _("最高一天用了 %(top)s 千瓦时，日均 %(mean)s 千瓦时。可以回想那几天是否开了取暖、烘干等大功率电器。"),
        _("依据：近两个月日用电量"),
    )


_TEXTS = {
    "tier": _tier,
    "band_take": _band_take,
    "band_leave": _band_leave,
    "band_kept": _band_kept,
    "year_ago_more": _year_more,
    "year_ago_less": _year_less,
    "peers_more": _peers_more,
    "peers_less": _peers_less,
    "base_load": _base_load,
    "peak_days": _peak_days,
}
