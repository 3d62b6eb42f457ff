"""Enumerations of the field app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderState(models.TextChoices):
    SENT = "sent", _("待接单")
    ACCEPTED = "accepted", _("已接单")
    DEPARTED = "departed", _("已出发")
    ARRIVED = "arrived", _("已到达")
    FINISHED = "finished", _("已回单")
    PASSED = "passed", _("审核通过")
    SENT_BACK = "sent_back", _("审核退回")
    WITHDRAWN = "withdrawn", _("已撤回")


class PhotoKind(models.TextChoices):
    BEFORE = "before", _("处理前")
    AFTER = "after", _("处理后")
    SCENE = "scene", _("现场")
    SIGNATURE = "signature", _("客户签名")
