"""Class trees in words: faults, attributes, differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.engine.classes import Change, Fault, RowFault

Word = str | Promise

ATTRIBUTE_LABELS: Final[Mapping[str, Word]] = {
    "path": gettext_lazy("分类路径"),
    "label": gettext_lazy("名称"),
    "label_en": gettext_lazy("英文名称"),
    "retired": gettext_lazy("停用"),
    "side": gettext_lazy("责任专业"),
    "scored": gettext_lazy("纳入考核"),
    "grade": gettext_lazy("默认等级"),
    "complexity": gettext_lazy("默认复杂程度"),
    "field_work": gettext_lazy("须到现场"),
    "needs_account": gettext_lazy("须有户号"),
    "urgent_words": gettext_lazy("紧急提示词"),
    "synonyms": gettext_lazy("同义词"),
    "unit": gettext_lazy("承办单位类型"),
    "icon": gettext_lazy("图标"),
    "note": gettext_lazy("说明"),
    "source": gettext_lazy("来源"),
    "trust": gettext_lazy("可信标记"),
}
VALUE_LABELS: Final[Mapping[str, Mapping[str, Word]]] = {
    "side": {"production": gettext_lazy("生产类"), "marketing": gettext_lazy("营销类")},
    "grade": {
        "special": gettext_lazy("特殊"),
        "major": gettext_lazy("重大"),
        "important": gettext_lazy("重要"),
        "general": pgettext_lazy("投诉等级", "一般"),
    },
    "complexity": {
        "low": pgettext_lazy("复杂程度", "低"),
        "medium": pgettext_lazy("复杂程度", "中"),
        "high": pgettext_lazy("复杂程度", "高"),
    },
    "unit": {
        "crew": gettext_lazy("抢修班组"),
        "grid_operations": gettext_lazy("运检、调度"),
        "metering": gettext_lazy("计量"),
        "marketing": gettext_lazy("营销"),
        "hall": gettext_lazy("营业厅"),
        "service_centre": gettext_lazy("客服中心"),
        "construction": gettext_lazy("建设"),
        "charging": gettext_lazy("充电运营"),
        "discipline": gettext_lazy("纪检"),
        "security": gettext_lazy("保卫、用电检查"),
        "property_owner": gettext_lazy("产权人"),
        "management": gettext_lazy("综合管理"),
    },
}


def attribute_label(name: str) -> str:
    """What an attribute is called."""
    return str(ATTRIBUTE_LABELS.get(name, name))


def value_label(name: str, value: str) -> str:
    """A value as people read it: codes in words, flags as 是 or 否."""
    if name in {"retired", "scored", "field_work", "needs_account"}:
        return _("是") if value else _("否")
    return str(VALUE_LABELS.get(name, {}).get(value, value))


def chip(name: str, value: str) -> str:
    """A value that stands alone: grade and complexity say what they are of."""
    label = value_label(name, value)
    if name == "grade":
        return _("等级：%(label)s") % {"label": label}
    return _("复杂程度：%(label)s") % {"label": label} if name == "complexity" else label


_FAULTS: Final[Mapping[str, Word]] = {
    "empty": gettext_lazy("树中没有任何分类，请至少添加一个一级分类"),
    "no_path": gettext_lazy("缺少分类路径，请填写如 low_voltage.meter_box 的代码"),
    "twice": gettext_lazy("同一路径出现两次，请改其中一个的代码"),
    "orphan": gettext_lazy("没有上级分类，请先添加上级，或更正路径"),
    "no_label": gettext_lazy("缺少名称，请填写"),
    "long_label": gettext_lazy("名称过长，最多 %(most)s 个字，请精简"),
    "no_english": gettext_lazy("没有英文名称，英文界面将显示中文"),
    "bad_code": gettext_lazy("代码“%(code)s”不合规：以小写字母开头，只用小写字母、数字和下划线，最多 32 个字符"),
    "long_path": gettext_lazy("路径过长：最多 %(most)s 个字符，请缩短代码"),
    "too_deep": gettext_lazy("位于第 %(level)s 级，而该树只有 %(levels)s 级，请上移或增加级数"),
    "bad_levels": gettext_lazy("级数应为 1 至 %(most)s 的整数"),
    "same_label": gettext_lazy("与同级的 %(other)s 同名“%(label)s”，请改名或合并"),
    "retired_above": gettext_lazy("已停用，其下级将一并不可选"),
    "removed_in_use": gettext_lazy("“%(label)s”已有 %(count)s 张诉求使用，不能删除，请改为停用"),
    "removed": gettext_lazy("现行版本中的“%(label)s”被删除，建议改为停用"),
    "top_unknown": gettext_lazy("一级代码不在规定范围内，可用：%(known)s"),
    "top_missing": gettext_lazy("规定的一级分类缺失，不再使用时请改为停用"),
    "unknown_attribute": gettext_lazy("不认识的属性“%(name)s”，请删去"),
    "not_flag": gettext_lazy("“%(name)s”应为是或否"),
    "not_texts": gettext_lazy("“%(name)s”应为若干词语的列表"),
    "not_text": gettext_lazy("“%(name)s”应为文字"),
    "bad_word": gettext_lazy("“%(name)s”中的“%(value)s”含有分隔符，请拆成几个词"),
    "bad_value": gettext_lazy("“%(name)s”不能是“%(value)s”，可选：%(known)s"),
}


def fault_text(fault: Fault) -> str:
    """What is wrong with a document and what to do."""
    values = dict(fault.values)
    name = values.get("name")
    if name is not None:
        if "known" in values:
            values["known"] = [value_label(name, one) for one in values["known"]]
        values["name"] = attribute_label(name)
    if "known" in values:
        values["known"] = _("、").join(values["known"])
    return str(_FAULTS[fault.code]) % values


_ROW_FAULTS: Final[Mapping[str, Word]] = {
    "unknown_column": gettext_lazy("不认识的列，请按导出文件的表头填写，或删去此列"),
    "missing_column": gettext_lazy("缺少“%(column)s”列，请补上"),
    "required": gettext_lazy("“%(column)s”必填，请补充"),
    "twice": gettext_lazy("路径与前面的行重复，请改代码或删去一行"),
    "orphan": gettext_lazy("表中没有上级“%(value)s”，请补一行上级或更正路径"),
    "not_flag": gettext_lazy("“%(column)s”请填“是”或留空"),
    "bad_value": gettext_lazy("“%(column)s”不能填“%(value)s”，可选：%(known)s"),
}


def row_fault_text(fault: RowFault) -> str:
    """What is wrong with a cell and what to do."""
    known = _("、").join(str(label) for label in VALUE_LABELS.get(fault.column, {}).values())
    values = {"column": attribute_label(fault.column), "value": fault.value, "known": known}
    return str(_ROW_FAULTS[fault.code]) % values


CHANGE_LABELS: Final[Mapping[str, Word]] = {
    "added": gettext_lazy("新增"),
    "removed": pgettext_lazy("分类变化", "删除"),
    "retired": gettext_lazy("停用"),
    "revived": gettext_lazy("恢复使用"),
    "renamed": gettext_lazy("改名"),
    "moved": gettext_lazy("移动"),
    "changed": gettext_lazy("属性变更"),
    "ordered": gettext_lazy("顺序调整"),
}


def change_text(change: Change) -> str:
    """A difference in one sentence, without the class's own name."""
    if change.kind == "changed":
        words = {
            "name": attribute_label(change.attribute),
            "was": value_label(change.attribute, change.was) or _("空"),
            "now": value_label(change.attribute, change.now) or _("空"),
        }
        return _("%(name)s：%(was)s → %(now)s") % words
    if change.kind in {"renamed", "moved"}:
        return f"{change.was} → {change.now}"
    return ""
