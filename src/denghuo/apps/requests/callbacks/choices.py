"""Enumerations of the call-backs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SkipReason(models.TextChoices):
    """Why a caller is not called back."""

    TYPE = "type", _("该业务类型不回访")
    ANONYMOUS = "anonymous", _("匿名客户，不回访")
    NO_REPLY = "no_reply", _("客户表示无需回复")
    CONFIDENTIAL = "confidential", _("保密诉求，不外呼")
    ANSWERED = "answered", _("已当场答复")
    SAMPLED_OUT = "sampled_out", _("未抽中回访样本")


class HolderKind(models.TextChoices):
    """Who has taken a plan."""

    STAFF = "staff", _("坐席")
    ROBOT = "robot", _("机器人")


class Aspect(models.TextChoices):
    """In what the ticket and the customer's words may differ."""

    ARRIVAL = "arrival", _("到达时间")
    RESTORE = "restore", _("恢复时间")
    PRESENCE = "presence", _("是否到过现场")
    RESOLVED = "resolved", _("是否解决")
    CHARGES = "charges", _("收费")
    WORK = "work", _("处理内容")
    CAUSE = "cause", pgettext_lazy("比对项", "原因")


class CorrectionState(models.TextChoices):
    OPEN = "open", _("待更正")
    CORRECTED = "corrected", _("待确认")
    CLOSED = "closed", pgettext_lazy("更正", "已确认")


class ImprovementState(models.TextChoices):
    OPEN = "open", _("待指派")
    ASSIGNED = "assigned", _("整改中")
    VERIFIED = "verified", _("客户已确认")
    CLOSED = "closed", pgettext_lazy("整改", "已关闭")


class ImprovementClass(models.TextChoices):
    """Where the cause lies (issue classes of clause 5.1.1)."""

    SERVICE = "service", _("服务类")
    PRODUCT = "product", _("产品类")
    PROCESS = "process", _("流程和政策类")


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PREPARING = "preparing", _("生成中")
    RUNNING = "running", pgettext_lazy("回访任务", "进行中")
    PAUSED = "paused", pgettext_lazy("回访任务", "已暂停")
    FINISHED = "finished", pgettext_lazy("回访任务", "已完成")
    CANCELLED = "cancelled", pgettext_lazy("回访任务", "已取消")
