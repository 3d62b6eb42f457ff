"""Enumerations of the channels app."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Channel(models.TextChoices):
    """Where a customer reaches the centre. The whole product uses these codes."""

    VOICE = "voice", _("电话")
    WEB_FORM = "web_form", _("网上填单")
    WEB_CHAT = "web_chat", _("在线客服")
    WECHAT = "wechat", _("微信")
    SMS = "sms", _("短信")
    EMAIL = "email", _("邮件")
    COUNTER = "counter", _("营业厅")
    TRANSFER = "transfer", _("外部转办")
    APP = "app", _("手机应用")

    @property
    def icon(self) -> str:
        """Name of the channel's icon in the product's icon set."""
        return CHANNEL_ICONS[str(self.value)]


CHANNEL_ICONS: dict[str, str] = {
    "voice": "phone",
    "web_form": "world",
    "web_chat": "messages",
    "wechat": "message-circle",
    "sms": "message",
    "email": "mail",
    "counter": "building",
    "transfer": "transfer",
    "app": "device-mobile",
}


def channel_icon(code: str) -> str:
    """Icon of a channel; a plain one for a code nobody knows."""
    return CHANNEL_ICONS.get(str(code), "circle-dot")


#: Channels a function can be published on: matters passed on by other bodies arrive there, nobody chooses from a list.
PUBLISHABLE: tuple[str, ...] = tuple(code for code in Channel.values if code != "transfer")


class Mode(models.TextChoices):
    """How a function is handled on a channel."""

    SELF_SERVICE = "self_service", _("自助")
    ASSISTED = "assisted", _("人工辅助")
    APPOINTMENT = "appointment", _("预约")


class Group(models.TextChoices):
    """What a function is for; the order is the order of tiles."""

    REPORT = "report", pgettext_lazy("service function", "报修")
    QUERY = "query", pgettext_lazy("service function", "查询")
    PAY = "pay", pgettext_lazy("service function", "缴费")
    APPLY = "apply", pgettext_lazy("service function", "办电")
    SERVICE = "service", pgettext_lazy("service function", "服务")


class Audience(models.TextChoices):
    """Residents and enterprises have separate entries."""

    RESIDENT = "resident", _("居民客户")
    ENTERPRISE = "enterprise", _("企业客户")


class AnswerState(models.TextChoices):
    """How a run of a function ended."""

    DONE = "done", _("已办结")
    HANDED_OVER = "handed_over", _("已转人工")
    NEEDS_INPUT = "needs_input", _("待补充")
    CLOSED = "closed", _("暂停服务")


class UseState(models.TextChoices):
    """Where one use of a function stands."""

    STARTED = "started", _("办理中")
    DONE = "done", _("已办结")
    HANDED_OVER = "handed_over", _("已转人工")
    ABANDONED = "abandoned", _("已放弃")
    FAILED = "failed", _("出错")


class FieldType(models.TextChoices):
    """What a function may ask for."""

    TEXT = "text", _("文字")
    PHONE = "phone", _("手机号码")
    ACCOUNT_NUMBER = "account_number", _("用电户号")
    CHOICE = "choice", _("选项")
    DATE = "date", _("日期")
    MONTH = "month", _("月份")
    DATETIME = "datetime", _("时间")
    PLACE = "place", _("地点")
    LONGTEXT = "longtext", _("长文字")
    FILE = "file", _("文件")


class StatusState(models.TextChoices):
    """Whether a channel takes customers at a place."""

    OPEN = "open", _("开放")
    CLOSED = "closed", _("已关闭")


class PublicationState(models.TextChoices):
    """How a function stands on a channel."""

    PUBLISHED = "published", _("已发布")
    PAUSED = "paused", pgettext_lazy("service function", "已停用")
    WITHDRAWN = "withdrawn", _("已撤下")
