"""Enumerations of the floor app."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ExceptionKind(models.TextChoices):
    """What is out of the ordinary on the floor."""

    LONG_TALK = "long_talk", _("通话过长")
    LONG_WRAP_UP = "long_wrap_up", _("整理过长")
    LONG_BREAK = "long_break", _("离席过长")
    MISSED_OFFERS = "missed_offers", _("连续漏接")
    SILENT_DESK = "silent_desk", _("工作台失联")
    SLOW_REPLY = "slow_reply", _("回复过慢")
    SENTIMENT_DROP = "sentiment_drop", _("情绪下降")
    FORBIDDEN_PHRASE = "forbidden_phrase", _("服务忌语")
    SENSITIVE_WORD = "sensitive_word", _("敏感用语")
    THRESHOLD = "threshold", _("指标越限")


class Level(models.TextChoices):
    NOTICE = "notice", pgettext_lazy("级别", "提示")
    WARNING = "warning", _("预警")
    ALARM = "alarm", _("告警")


class Measure(models.TextChoices):
    """What a threshold watches, per queue or over all queues of a unit."""

    WAITING = "waiting", _("排队数")
    LONGEST_WAIT = "longest_wait", _("最长等待（秒）")
    SERVICE_LEVEL = "service_level", _("服务水平（%）")
    CONNECT_RATE = "connect_rate", _("接通率（%）")
    ABANDONMENT = "abandonment", _("放弃率（%）")
    OCCUPANCY = "occupancy", _("工时利用率（%）")
    READY_AGENTS = "ready_agents", _("就绪坐席数")


class Comparison(models.TextChoices):
    ABOVE = "above", _("高于")
    BELOW = "below", _("低于")


class HandoverState(models.TextChoices):
    DRAFT = "draft", _("整理中")
    GIVEN = "given", _("待接班")
    RECEIVED = "received", _("已接班")


class MatterState(models.TextChoices):
    OPEN = "open", _("未办结")
    DONE = "done", _("已办结")


class MeetingKind(models.TextChoices):
    BEFORE_SHIFT = "before_shift", _("班前会")
    AFTER_SHIFT = "after_shift", _("班后会")
    TEAM = "team", _("班组例会")
    SPECIAL = "special", _("专题会")


class ReportCategory(models.TextChoices):
    """What is to be told up the line at once (信息报送)."""

    OUTAGE = "outage", _("大面积停电")
    SAFETY = "safety", _("人身与设备安全")
    MEDIA = "media", _("媒体与舆情")
    COMPLAINT = "complaint", _("重大投诉与服务事件")
    SYSTEM = "system", _("系统故障")
    TRAFFIC = "traffic", _("话务异常")
    OTHER = "other", _("其他")


class ReportUrgency(models.TextChoices):
    URGENT = "urgent", _("特急")
    HIGH = "high", _("紧急")
    NORMAL = "normal", _("一般")


class NoteKind(models.TextChoices):
    """Discipline and attendance (劳动纪律与考勤)."""

    LATE = "late", _("迟到")
    EARLY = "early", _("早退")
    ABSENT = "absent", _("缺勤")
    LEAVE = "leave", _("请假")
    PHONE_STATE = "phone_state", _("话机状态违规")
    CONDUCT = "conduct", _("行为规范")
    APPEARANCE = "appearance", _("仪容仪表")
    SECRECY = "secrecy", _("安全保密")
    PRAISE = "praise", _("表扬")


class DutyCategory(models.TextChoices):
    ROUTINE = "routine", _("日常")
    EVENT = "event", _("事件")
    CALL = "call", _("联系")
    EQUIPMENT = "equipment", _("设备")
    VISIT = "visit", _("来访检查")
