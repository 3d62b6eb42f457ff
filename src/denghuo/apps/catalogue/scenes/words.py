"""Faults of values and of documents in the reader's language: what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from denghuo.engine.scenes import Choice, Fault, Field, Question, Template, TemplateError

Text = str | Promise

#: what the kinds of fields are called
KINDS: Final[Mapping[str, Text]] = {
    "text": gettext_lazy("文字"),
    "number": gettext_lazy("数字"),
    "choice": gettext_lazy("单选"),
    "multi": gettext_lazy("多选"),
    "bool": gettext_lazy("是否"),
    "date": pgettext_lazy("字段类型", "日期"),
    "datetime": gettext_lazy("日期时间"),
    "phone": pgettext_lazy("字段类型", "电话"),
    "account": pgettext_lazy("字段类型", "户号"),
    "address": pgettext_lazy("字段类型", "地址"),
    "place": gettext_lazy("地图位置"),
    "photo": gettext_lazy("照片"),
    "meter_reading": gettext_lazy("电表示数"),
}
CREWS: Final[Mapping[str, Text]] = {
    "none": gettext_lazy("无需到场"),
    "low_voltage": gettext_lazy("低压抢修"),
    "high_voltage": gettext_lazy("高压抢修"),
    "metering": gettext_lazy("计量装表"),
    "charging": gettext_lazy("充电运维"),
    "inspection": gettext_lazy("用电检查"),
    "business": gettext_lazy("营业处理"),
    "service": gettext_lazy("有偿服务"),
}

_VALUE: Final[Mapping[str, Text]] = {
    "unknown": gettext_lazy("这个模板没有此项，请删去"),
    "not_yours": gettext_lazy("此项由坐席填写，请删去"),
    "missing": gettext_lazy("此项必填，请补充"),
    "text_needed": gettext_lazy("请填写文字"),
    "hidden_characters": gettext_lazy("含有不可见的控制字符，请删去后重新填写"),
    "too_long": gettext_lazy("内容过长：最多 %(longest)s 个字，现有 %(length)s 个，请精简"),
    "too_short": gettext_lazy("内容过短：至少 %(shortest)s 个字，请补充"),
    "pattern": gettext_lazy("格式不符，请按提示填写"),
    "number_needed": gettext_lazy("请填写数字"),
    "whole_needed": gettext_lazy("请填写整数"),
    "choice": gettext_lazy("请从可选值中选择：%(allowed)s"),
    "list_needed": gettext_lazy("请填写若干选项，用顿号隔开"),
    "bool_needed": gettext_lazy("请填写“是”或“否”"),
    "date_needed": gettext_lazy("请按 2026-01-31 的格式填写日期"),
    "datetime_needed": gettext_lazy("请按 2026-01-31T08:30:00+08:00 的格式填写时间"),
    "not_past": gettext_lazy("不能晚于现在，请核对后重填"),
    "not_future": gettext_lazy("不能早于现在，请核对后重填"),
    "phone": gettext_lazy("电话号码格式不对：手机填 11 位（如 13900000000），座机须带区号（如 0571-80000000）"),
    "account": gettext_lazy("户号格式不对：应为 10、13 或 16 位数字，见电费账单"),
    "place": gettext_lazy("请填写经度和纬度，如 120.15,30.28"),
    "photos": gettext_lazy("照片请先上传，最多 %(most)s 张"),
}


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def named(one: Template | Field | Choice) -> str:
    """What a template, field or choice is called in the reader's language."""
    return one.label_en if one.label_en and english() else one.label


def asked(one: Question) -> str:
    """The words of a question in the reader's language."""
    return one.ask_en if one.ask_en and english() else one.ask


def helped(one: Field) -> str:
    """The help of a field in the reader's language."""
    return one.help_en if one.help_en and english() else one.help


def questioned(one: Field) -> str:
    """The question that a field answers, in the reader's language; "" where there are no words in it."""
    return one.question_en if english() else one.question


def fault_text(fault: Fault) -> str:
    """One fault of a value."""
    if fault.code == "range":
        return _range(fault.params)
    words = {
        name: _("、").join(map(str, value)) if isinstance(value, list) else value
        for name, value in fault.params.items()
    }
    return str(_VALUE[fault.code]) % words


def _range(params: Mapping[str, Any]) -> str:
    least, most, unit = params["least"], params["most"], params["unit"]
    words = {"least": _figure(least), "most": _figure(most), "unit": unit}
    if least is None:
        return _("不能大于 %(most)s%(unit)s，请核对后重填") % words
    if most is None:
        return _("不能小于 %(least)s%(unit)s，请核对后重填") % words
    return _("应在 %(least)s 到 %(most)s%(unit)s 之间，请核对后重填") % words


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def texts(faults: Mapping[str, tuple[Fault, ...]]) -> dict[str, list[str]]:
    """Faults by field as messages."""
    return {name: [fault_text(one) for one in those] for name, those in faults.items()}


_DOCUMENT: Final[Mapping[str, Text]] = {
    "missing": gettext_lazy("缺少内容，请补充"),
    "too_many": gettext_lazy("项目过多，最多 %(most)s 个"),
    "twice": gettext_lazy("“%(name)s”重复，请改名或删去一个"),
    "must_follow": gettext_lazy("条件里的“%(name)s”须排在本字段之前，请调整顺序"),
    "no_such_field": gettext_lazy("没有字段“%(name)s”，请核对代码"),
    "no_such_choice": gettext_lazy("字段“%(field)s”没有选项“%(name)s”，请核对"),
    "bool_needed": gettext_lazy("字段“%(field)s”是是否题，请与 true 或 false 比较"),
    "bad_code": gettext_lazy("代码“%(name)s”不可用：小写字母开头，只含小写字母、数字和下划线"),
    "unknown_key": gettext_lazy("不认识的属性“%(name)s”，请核对拼写"),
    "not_among": gettext_lazy("“%(name)s”不可用，请从中选择：%(allowed)s"),
    "choices_needed": gettext_lazy("选择题要列出选项 choices"),
    "choices_unwanted": gettext_lazy("只有单选、多选题才有选项，请删去 choices"),
    "condition_needed": gettext_lazy("请写 true、false 或带引号的条件"),
    "barring_optional": gettext_lazy("只有必填项可以设为提交前必须填写，请加上 required"),
    "range": gettext_lazy("最小值大于最大值，请调换"),
    "length": gettext_lazy("字数范围不对：最少不能大于最多，最多不超过 %(most)s"),
    "bad_pattern": gettext_lazy("格式表达式写错了，请核对括号和符号"),
    "slow_pattern": gettext_lazy("格式表达式有嵌套重复或过长，可能拖慢系统，请简化"),
    "table_needed": gettext_lazy("此处应是一组属性"),
    "list_needed": gettext_lazy("此处应是列表"),
    "text_needed": gettext_lazy("此处应是文字，请加引号"),
    "texts_needed": gettext_lazy('此处应是文字列表，如 ["a", "b"]'),
    "flag_needed": gettext_lazy("请写 true 或 false，不加引号"),
    "number_needed": gettext_lazy("请写数字，不加引号"),
    "count_needed": gettext_lazy("请写不小于 0 的整数"),
    "condition_too_long": gettext_lazy("条件过长，请拆成几个字段"),
    "condition_unreadable": gettext_lazy("条件第 %(at)s 个字“%(found)s”无法识别"),
    "condition_unexpected": gettext_lazy("条件第 %(at)s 个字起“%(found)s”多余，是不是少了 and 或 or"),
    "condition_too_deep": gettext_lazy("条件嵌套过深，请简化"),
    "condition_number_needed": gettext_lazy("条件第 %(at)s 个字：比大小只能用数字"),
    "condition_field_needed": gettext_lazy("条件第 %(at)s 个字处应是字段代码"),
    "condition_value_needed": gettext_lazy("条件第 %(at)s 个字处应是比较的值"),
    "condition_bracket_needed": gettext_lazy("条件第 %(at)s 个字处缺少括号"),
}


def document_text(error: TemplateError) -> str:
    """What is wrong with a document."""
    return str(_DOCUMENT[error.code]) % error.params
