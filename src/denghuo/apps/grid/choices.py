"""Enumerations of the grid app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutageKind(models.TextChoices):
    PLANNED = "planned", _("计划停电")
    TEMPORARY = "temporary", _("临时停电")
    FAULT = "fault", _("故障停电")


class OutageState(models.TextChoices):
    ANNOUNCED = "announced", _("已公告")
    ACTIVE = "active", _("停电中")
    RESTORED = "restored", _("已恢复")
    CANCELLED = "cancelled", _("已取消")
