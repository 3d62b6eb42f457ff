"""Enumerations of major service events."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Trigger(models.TextChoices):
    """What makes an event major."""

    CASUALTY = "casualty", _("人身伤亡")
    MEDIA = "media", _("媒体关注")
    GROUP = "group", _("群体诉求")
    IMPORTANT_CUSTOMER = "important_customer", _("重要客户")
    SENSITIVE = "sensitive", _("敏感客户")
    GRADE = "grade", _("特殊或重大投诉")
    OTHER = "other", _("其他")


class Level(models.TextChoices):
    SPECIAL = "special", _("特别重大")
    MAJOR = "major", _("重大")
    IMPORTANT = "important", _("较大")


class State(models.TextChoices):
    PROPOSED = "proposed", _("待确认")
    OPEN = "open", _("处置中")
    CLOSED = "closed", _("已结束")
    REJECTED = "rejected", _("未成立")


class Role(models.TextChoices):
    """Roles of the report group."""

    LEAD = "lead", _("组长")
    LIAISON = "liaison", _("联络员")
    FIELD = "field", _("现场处置")
    CUSTOMER = "customer", _("客户沟通")
    PUBLICITY = "publicity", _("舆情应对")
    MEMBER = "member", _("成员")


class EntryKind(models.TextChoices):
    """What is written into the event's course."""

    FIRST_REPORT = "first_report", _("首次报告")
    PROGRESS = "progress", _("续报")
    MEASURE = "measure", _("处置措施")
    INVESTIGATION = "investigation", _("调查结果")
    NOTE = "note", _("记录")
    REVIEW = "review", _("总结评审")


#: kinds a member of the group writes; the review is written when the event is closed
WRITTEN = [(kind.value, kind.label) for kind in EntryKind if kind != EntryKind.REVIEW]


class CallState(models.TextChoices):
    PENDING = "pending", _("待联系")
    DONE = "done", _("已联系")
    UNREACHABLE = "unreachable", _("未联系上")
