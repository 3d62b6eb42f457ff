"""Functions and answers as plain text, for channels that know nothing else: WeChat, SMS, a voice that reads aloud."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from denghuo.apps.channels.choices import Mode
from denghuo.apps.channels.queries import PublishedFunction
from denghuo.apps.channels.registry import Answer


def menu_text(functions: Iterable[PublishedFunction]) -> str:
    """A numbered menu. The number a customer sends back is the place in the list, from 1."""
    lines = [
        f"{number}  {item.title}" + (_("（暂停服务）") if item.paused else "")
        for number, item in enumerate(functions, 1)
    ]
    if not lines:
        return _("目前没有可办理的业务，请拨打 95598")
    return "\n".join([_("请回复数字选择业务："), *lines])


def function_text(item: PublishedFunction, base_url: str = "") -> str:
    """What a customer reads after choosing ``item``: title, guidance, what to send, where the page is."""
    lines = [f"【{item.title}】"]
    if item.paused:
        return "\n".join([*lines, item.announcement])
    lines.append(item.guidance or item.summary)
    if item.mode == Mode.ASSISTED:
        lines.append(_("此项业务由客服专员办理，回复“人工”即可转接"))
    elif item.mode == Mode.APPOINTMENT:
        lines.append(_("此项业务需要预约，回复方便的日期和时段即可"))
    elif item.runnable and item.fields:
        lines.append(
            _("请依次发送：%(fields)s") % {"fields": _("、").join(_field_name(field) for field in item.fields)}
        )
    if item.url:
        lines.append(_("也可打开网页办理：%(url)s") % {"url": base_url + item.url})
    return "\n".join(lines)


def answer_text(answer: Answer, base_url: str = "") -> str:
    """An answer with its cards, as text."""
    lines = [str(answer.text)]
    for card in answer.cards:
        lines += ["", f"【{card.title}】", *(f"{label}：{value}" for label, value in card.lines)]
    if answer.reference:
        lines += ["", _("编号：%(reference)s") % {"reference": answer.reference}]
    if answer.url:
        lines.append(_("查看：%(url)s") % {"url": answer.url if "://" in answer.url else base_url + answer.url})
    return "\n".join(lines)


def _field_name(field: object) -> str:
    label, required = str(getattr(field, "label", "")), getattr(field, "required", True)
    return label if required else _("%(label)s（可不填）") % {"label": label}
