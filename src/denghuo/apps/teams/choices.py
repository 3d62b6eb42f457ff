"""Enumerations of team management."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TaskState(models.TextChoices):
    PLANNED = "planned", _("待开工")
    STARTED = "started", pgettext_lazy("班组任务", "进行中")
    DONE = "done", pgettext_lazy("班组任务", "已完成")
    CANCELLED = "cancelled", pgettext_lazy("班组任务", "已取消")
    CARRIED = "carried", _("已结转")


OPEN_TASKS = (TaskState.PLANNED, TaskState.STARTED)


class TaskSource(models.TextChoices):
    """Planned: it stood in the week's plan when that was released. Temporary: it came after."""

    PLANNED = "planned", pgettext_lazy("任务来源", "计划")
    TEMPORARY = "temporary", _("临时")


class PlanState(models.TextChoices):
    DRAFT = "draft", _("编制中")
    RELEASED = "released", _("已下达")
    REVIEWED = "reviewed", _("已评价")


class MarkKind(models.TextChoices):
    """Why a task gains or loses quality points; ``manual`` is the leader's own, with a reason."""

    ON_TIME = "on_time", _("按承诺时限到达")
    LATE = "late", _("超过承诺时限到达")
    RETURNED = "returned", _("回单被审核退回")
    SATISFIED = "satisfied", _("回访满意")
    DISSATISFIED = "dissatisfied", _("回访不满意")
    PHOTO_MISSING = "photo_missing", _("回单没有现场照片")
    SIGNATURE_MISSING = "signature_missing", _("回单没有客户签名")
    SAFETY_MISSING = "safety_missing", _("未确认安全交底")
    MANUAL = "manual", _("班长评定")


AUTOMATIC_MARKS = tuple(kind for kind in MarkKind if kind != MarkKind.MANUAL)


class AbsenceKind(models.TextChoices):
    LEAVE = "leave", _("请假")
    REST = "rest", _("轮休")
    TRAINING = "training", _("外出培训")
    SECONDED = "seconded", _("支援外单位")


class ItemState(models.TextChoices):
    OPEN = "open", _("整改中")
    DONE = "done", pgettext_lazy("改进项", "已完成")
    DROPPED = "dropped", _("不再执行")
