"""Enumerations of the learning loop."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClusterState(models.TextChoices):
    """Whether a group still waits for an editor."""

    OPEN = "open", _("待处理")
    DONE = "done", _("已处理")


class Decision(models.TextChoices):
    """What an editor made of a wording; the same words stand in ``Asked.dealt_with``."""

    NEW = "new", _("新建标准问")
    SIMILAR = "similar", _("加为相似问")
    NEGATIVE = "negative", _("加为反例问")
    IGNORED = "ignored", _("忽略")


class Origin(models.TextChoices):
    """Where an unanswered wording was met first."""

    ASKED = "asked", _("检索提问")
    CONTACT = "contact", _("会话记录")
    REQUEST = "request", _("咨询工单")


class ProposedState(models.TextChoices):
    """What became of an answer that agents typed."""

    OPEN = "open", _("待审阅")
    USED = "used", _("已采用")
    DISMISSED = "dropped", _("不采用")


class RunState(models.TextChoices):
    """Where a training stands."""

    WAITING = "waiting", _("等待中")
    RUNNING = "running", _("训练中")
    DONE = "done", _("已完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")
