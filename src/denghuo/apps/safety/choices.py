"""Enumerations of safety on site."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class TrackerKind(models.TextChoices):
    PERSON = "person", _("人员")
    VEHICLE = "vehicle", _("车辆")
    SENSOR = "sensor", _("传感器")


class ZoneKind(models.TextChoices):
    SITE = "site", _("作业现场")
    WORKING = "working", _("作业区")
    DANGER = "danger", _("危险区")
    FORBIDDEN = "forbidden", _("禁入区")


WORK_ZONES = (ZoneKind.SITE, ZoneKind.WORKING)


class ZoneSubjects(models.TextChoices):
    ALL = "all", _("人员和车辆")
    PERSON = "person", _("只管人员")
    VEHICLE = "vehicle", _("只管车辆")


class AlarmKind(models.TextChoices):
    SOS = "sos", _("紧急求救")
    FALL = "fall", _("跌倒")
    NEAR_VOLTAGE = "near_voltage", _("近电")
    GAS = "gas", _("有害气体")
    ENTERED = "entered", _("进入区域")
    LEFT = "left", _("离开区域")
    NO_MOVEMENT = "no_movement", _("长时间静止")
    LOST_CONTACT = "lost_contact", _("失去联系")


HAZARDS = (AlarmKind.SOS, AlarmKind.FALL, AlarmKind.NEAR_VOLTAGE, AlarmKind.GAS)
URGENT = (AlarmKind.SOS, AlarmKind.FALL, AlarmKind.NEAR_VOLTAGE, AlarmKind.GAS)


class AlarmStage(models.TextChoices):
    ASKED = "asked", _("询问本人")
    RAISED = "raised", _("待处置")
    ACKNOWLEDGED = "acknowledged", _("处置中")
    CLOSED = "closed", pgettext_lazy("告警", "已解除")


class Outcome(models.TextChoices):
    REAL = "real", _("确有险情，已处置")
    FALSE = "false", _("误报")
    WEARER_OK = "wearer_ok", _("本人报平安")
    OVER = "over", _("情况自行消失")
    DRILL = "drill", _("演练")


#: what a person may choose; the others are the product's own
CHOSEN_OUTCOMES = (Outcome.REAL, Outcome.FALSE, Outcome.DRILL, Outcome.OVER)
