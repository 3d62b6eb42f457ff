"""Enumerations of the assistant."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CaseStyle(models.TextChoices):
    """How the customer of a case talks."""

    PLAIN = "plain", _("书面")
    SPOKEN = "spoken", _("口语")
    RECORDED = "recorded", _("实录")


class TalkResult(models.TextChoices):
    """What came of a talk with the robot."""

    OPEN = "open", _("进行中")
    SOLVED = "solved", _("已解决")
    REQUEST_MADE = "request_made", _("生成诉求")
    HANDED_OVER = "handed_over", _("转人工")
    LEFT = "left", _("客户离开")


REASONS = {
    "asked": _("客户要求人工"),
    "danger": _("危险现象"),
    "urgent": _("紧急情况"),
    "upset": _("客户情绪激动"),
    "not_understood": _("多次未听懂"),
    "no_answer": _("答复未解决问题"),
    "limit": _("对话过长"),
    "function": _("业务办理未成功"),
    "takeover": _("坐席主动接管"),
    "fault": _("智能客服故障"),
}
