"""A dialogue document told to an editor: its steps and slots as rows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.engine.dialogue import Dialogue, Main

DOES = {
    "say": (gettext_lazy("说"), "message"),
    "ask": (gettext_lazy("询问"), "help"),
    "choose": (gettext_lazy("请客户选择"), "list-check"),
    "confirm": (gettext_lazy("请客户确认"), "circle-check"),
    "call": (gettext_lazy("调用渠道功能"), "bolt"),
    "verify": (gettext_lazy("核对身份"), "user-check"),
    "request": (gettext_lazy("登记诉求"), "clipboard-list"),
    "open": (gettext_lazy("打开办理页面"), "external-link"),
    "answer": (gettext_lazy("从知识库答复"), "book"),
    "hand_over": (gettext_lazy("转人工"), "headset"),
    "end": (gettext_lazy("结束"), "checks"),
}
KINDS = {
    "name": gettext_lazy("姓名"), "phone": gettext_lazy("电话"), "account": gettext_lazy("户号"),
    "address": gettext_lazy("地址"), "county": gettext_lazy("区县"), "time": gettext_lazy("时间"),
    "month": gettext_lazy("月份"), "phenomenon": gettext_lazy("现象"), "choice": gettext_lazy("选项"),
    "number": gettext_lazy("编号"), "text": gettext_lazy("文字"),
}  # fmt: skip
WAYS = {
    "next": gettext_lazy("然后"), "yes": gettext_lazy("确认后"), "no": gettext_lazy("不确认"),
    "failed": gettext_lazy("未成功"), "none": gettext_lazy("没有答案"),
}  # fmt: skip


def steps_of(one: Dialogue) -> list[dict[str, Any]]:
    """Steps in their order, each with what it does and where it goes on, in words."""
    found = []
    for step in one.steps.values():
        label, icon = DOES[step.do]
        ways = [(str(WAYS[way]), target) for way, target in step.ways.items()]
        ways += [(choice.label, choice.next) for choice in step.choices if choice.next]
        about = (
            step.function or step.page or "、".join(one.slots[name].label for name in step.slots if name in one.slots)
        )
        found.append({
            "id": step.id, "do": label, "icon": icon, "text": step.text, "about": about, "ways": ways,
            "start": step.id == one.start,
        })  # fmt: skip
    return found


def slots_of(one: Dialogue) -> list[dict[str, Any]]:
    """What the dialogue asks for."""
    return [
        {
            "label": slot.label,
            "name": slot.name,
            "kind": KINDS.get(slot.kind, slot.kind),
            "ask": slot.ask[0] if slot.ask else "",
            "choices": "、".join(choice.label for choice in slot.choices),
            "required": slot.required,
        }
        for slot in one.slots.values()
    ]


def texts_of(main: Main) -> list[tuple[str, str]]:
    """The common texts."""
    labels = {
        "greeting": _("问候"), "not_understood": _("未听懂"), "rephrase": _("没有把握"), "hand_over": _("转人工"),
        "safety": _("安全提示"), "urgent": _("紧急"), "upset": _("情绪安抚"), "silence": _("客户沉默"),
        "goodbye": _("道别"), "solved_ask": _("询问是否解决"), "solved": _("已解决"), "unsolved": _("未解决"),
        "stopped": _("取消"), "back": _("回到原事项"), "choose": _("请选择"), "corrected": _("已更正"),
        "which_wrong": _("请指出错处"), "limit": _("对话过长"),
    }  # fmt: skip
    return [(str(labels.get(name, name)), text) for name, text in main.texts.items()]
