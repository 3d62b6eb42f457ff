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


class ReportKind(models.TextChoices):
    """What a crew's phone reports about an order."""

    ACCEPT = "accept", _("接单")
    DEPART = "depart", _("出发")
    ARRIVE = "arrive", _("到达现场")
    NOTE = "note", _("现场说明")
    MATERIALS = "materials", _("材料使用")
    FINISH = "finish", _("回单")
    PHOTO = "photo", _("现场照片")
    VOICE = "voice", _("语音说明")
    TICK = "tick", _("勾选步骤")


class ChecklistPart(models.TextChoices):
    """The two lists a crew ticks on site; each is a policy."""

    SAFETY = "safety", _("安全措施")
    STEPS = "steps", _("作业步骤")


class ReportOutcome(models.TextChoices):
    """What became of a report: it took effect, it had been done before, or it came too late and is kept beside."""

    APPLIED = "applied", _("已生效")
    ALREADY = "already", _("此前已办理")
    KEPT = "kept", _("迟到的离线作业记录")
