"""Enumerations of applications."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class StepCode(models.TextChoices):
    ACCEPT = "accept", _("受理申请")
    SURVEY = "survey", _("现场勘查")
    PLAN = "plan", _("答复供电方案")
    WORKS = "works", _("外部工程实施")
    INSPECTION = "inspection", _("竣工检验")
    ENERGISE = "energise", _("装表送电")
    VERIFY = "verify", _("核验材料")
    CHECK = "check", _("检定电表")
    REMOVE = "remove", _("拆表结算")
    FINISH = "finish", pgettext_lazy("业务办理", "办结")


class StepState(models.TextChoices):
    TODO = "todo", _("未开始")
    DOING = "doing", _("办理中")
    DONE = "done", _("已完成")
    SKIPPED = "skipped", _("无需办理")


class HalfDay(models.TextChoices):
    MORNING = "morning", _("上午")
    AFTERNOON = "afternoon", _("下午")


class Place(models.TextChoices):
    COUNTER = "counter", _("到营业厅办理")
    HOME = "home", _("上门服务")


class GroupCode(models.TextChoices):
    CONNECT = "connect", _("装表接电")
    CHANGE = "change", _("变更用电")
    SERVICE = "service", _("其他服务")
