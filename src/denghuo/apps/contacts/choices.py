"""Enumerations of the contacts app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    VOICE = "voice", _("电话")
    WEB_FORM = "web_form", _("网上填单")
    WEB_CHAT = "web_chat", _("在线客服")
    WECHAT = "wechat", _("微信")
    COUNTER = "counter", _("营业厅")
    TRANSFER = "transfer", _("外部转办")


class ContactState(models.TextChoices):
    WAITING = "waiting", _("排队中")
    IN_SERVICE = "in_service", _("服务中")
    CLOSED = "closed", _("已结束")
    ABANDONED = "abandoned", _("已放弃")


class Outcome(models.TextChoices):
    REQUEST_MADE = "request_made", _("生成诉求")
    ANSWERED = "answered", _("当场答复")
    URGED = "urged", _("催办")
    REPEATED = "repeated", _("重复来电，已关联")
    WRONG_NUMBER = "wrong_number", _("误拨")


class Sender(models.TextChoices):
    CUSTOMER = "customer", _("客户")
    AGENT = "agent", _("坐席")
    SYSTEM = "system", _("系统")
