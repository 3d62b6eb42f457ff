"""Data cards: what each of the parts that understand language is for, how good it was measured to be, where it is weak.

The figures of what the product ships come from ``measured.json`` in the engine's data, which ``denghuo language measure``
writes; those of models trained here from their rows. Nothing here is typed by hand but what a part is for and what it
cannot do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from denghuo.apps.knowledge.choices import LearnedKind
from denghuo.engine.language.words import DATA

MEASURED: Final = DATA / "measured.json"


@dataclass(frozen=True, slots=True)
class Role:
    """One of the six parts. ``kinds``: trained models that can take its place."""

    code: str
    label: Promise
    purpose: Promise
    how: Promise
    weaknesses: tuple[Promise, ...]
    kinds: tuple[str, ...] = ()


ROLES: Final = (
    Role(
        "intent", _("意图识别与分类建议"), _("听懂客户要办什么，并向坐席建议诉求分类；只作建议，由人或对话流程确认。"),
        _("字与词片段的线性分类器，概率按交叉拟合校准；可叠加句向量。"),
        (_("只认得训练样本里的意图，新业务要补样本再训练"), _("一句话里有两件事时只给出最可能的一件"), _("方言词不在样本里的会认错")),
        (LearnedKind.INTENT, LearnedKind.CLASS),
    ),
    Role(
        "slots", _("要素抽取"), _("从客户的话里找出姓名、电话、户号、地址、时间、现象、金额和示数，供填单和脱敏。"),
        _("口语数字还原后按号码规则、地址语法、时间语法和现象词表识别，重叠的只留一种读法。"),
        (_("没有提示语的姓名找不到"), _("没有后缀又不在地名表里的小地名找不到"), _("说得含糊的时间只给范围")),
    ),
    Role(
        "sentiment", _("情感识别"), _("给每句话的情绪打分，提示主管关注正在变差的会话。"),
        _("情感词表加否定、程度和问句规则。"),
        (_("听不懂反话和只摆事实的抱怨"), _("不能用来评价客户或坐席个人")),
    ),
    Role(
        "keywords", _("关键词提取"), _("给长诉求和问题组提炼几个词，方便浏览。"),
        _("行业词典先行切分，再按词与词的共现排序。"),
        (_("词典以外的新词可能被切碎"), _("一两句话的短文本词都差不多重要")),
    ),
    Role(
        "topics", _("热点趋势"), _("发现突然多起来的话题，供值班和知识编辑提前准备。"),
        _("逐词比较本期与前几期的占比，似然比检验，并控制同时检验许多词带来的误报。"),
        (_("每期少于五条的词不判断"), _("只说明多了，不说明原因")),
    ),
    Role(
        "sensitive", _("敏感语识别"), _("标出险情、轻生、威胁、媒体、监管、诉讼和特殊群体等说法，提醒人来处理。"),
        _("分组词表与排除说法，按严重程度分三级。"),
        (_("换一种说法就可能漏掉"), _("引用别人的话也会被标出")),
    ),
)  # fmt: skip


def measured() -> dict[str, Any]:
    """Role code → figures with date and command, as last written by the measuring command; empty without a file."""
    try:
        found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found
