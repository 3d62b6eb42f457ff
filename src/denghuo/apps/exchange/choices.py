"""Enumerations of the exchange app."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class SubscriptionState(models.TextChoices):
    ACTIVE = "active", pgettext_lazy("推送订阅", "推送中")
    PAUSED = "paused", _("已暂停")
    OFF = "off", _("已停用")


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("待推送")
    SENT = "sent", _("已送达")
    DEAD = "dead", _("死信")
    DROPPED = "dropped", _("已丢弃")


class DeliveryCause(models.TextChoices):
    EVENT = "event", _("事件")
    REPLAY = "replay", _("重放")
    PING = "ping", _("测试")


class ImportKind(models.TextChoices):
    REQUESTS = "requests", _("诉求")
    OUTAGES = "outages", _("停电信息")
    TAGS = "tags", _("客户标签")


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", _("待对应列")
    CHECKING = "checking", _("校验中")
    CHECKED = "checked", _("待导入")
    RUNNING = "running", _("导入中")
    DONE = "done", _("已完成")
    CANCELLED = "cancelled", _("已取消")
    FAILED = "failed", _("失败")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("等待中")
    RUNNING = "running", _("生成中")
    DONE = "done", _("可下载")
    CANCELLED = "cancelled", _("已取消")
    FAILED = "failed", _("失败")
    EXPIRED = "expired", _("已过期")


class FileFormat(models.TextChoices):
    XLSX = "xlsx", "Excel"
    CSV = "csv", "CSV"


class AdapterCode(models.TextChoices):
    MARKETING = "marketing", _("营销系统")
    PMS = "pms", _("生产管理系统（PMS）")
    OMS = "oms", _("停电管理系统（OMS）")
    HOTLINE = "hotline12345", _("12345 政务热线")


class Direction(models.TextChoices):
    IN = "in", _("收到")
    OUT = "out", _("发出")


class MessageState(models.TextChoices):
    PENDING = "pending", _("待发送")
    DONE = "done", _("成功")
    REFUSED = "refused", _("被拒绝")
    DEAD = "dead", _("已放弃")
