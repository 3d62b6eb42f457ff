"""Enumerations of the requests app."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RequestType(models.TextChoices):
    """The eight business types (八类业务)."""

    FAULT_REPORT = "fault_report", _("故障报修")
    CONSULTING = "consulting", _("业务咨询")
    SERVICE_REQUEST = "service_request", _("服务申请")
    COMPLAINT = "complaint", _("投诉")
    TIP_OFF = "tip_off", _("举报")
    OPINION = "opinion", _("意见")
    SUGGESTION = "suggestion", _("建议")
    PRAISE = "praise", _("表扬")


class RequestState(models.TextChoices):
    SUBMITTED = "submitted", _("待受理")
    ACCEPTED = "accepted", _("已受理")
    DISPATCHED = "dispatched", _("已派单")
    HANDLING = "handling", _("处理中")
    MERGED = "merged", _("已合并")
    RETURNED = "returned", _("待审核")
    REWORK = "rework", _("返工中")
    CALLBACK = "callback", _("待回访")
    ARCHIVED = "archived", _("已归档")
    CANCELLED = "cancelled", _("已撤销")


class FaultClass(models.TextChoices):
    """First-level fault classes."""

    HIGH_VOLTAGE = "high_voltage", _("高压故障")
    LOW_VOLTAGE = "low_voltage", _("低压故障")
    POWER_QUALITY = "power_quality", _("电能质量故障")
    CUSTOMER_SIDE = "customer_side", _("客户内部故障")
    NON_POWER = "non_power", _("非电力故障")
    METERING = "metering", _("计量故障")
    CHARGING = "charging", _("充电设施故障")


class Urgency(models.TextChoices):
    NORMAL = "normal", _("一般")
    URGENT = "urgent", _("紧急")


class Phenomenon(models.TextChoices):
    """What the customer sees; the centre turns it into a fault class."""

    NO_POWER = "no_power", _("没有电")
    PARTIAL = "partial", _("部分没电")
    FLICKER = "flicker", _("电压不稳、灯闪")
    LOW_VOLTAGE = "low_voltage", _("电压偏低")
    WIRE_DOWN = "wire_down", _("电线断落、下垂")
    SPARK = "spark", _("冒火花、异响")
    POLE = "pole", _("电杆、箱体损坏")
    METER = "meter", _("电表异常")
    CHARGER = "charger", _("充电桩故障")
    OTHER = "other", _("其他")


class Scope(models.TextChoices):
    """How far the trouble reaches, as the customer sees it."""

    SINGLE = "single", _("只有我家")
    STAIRWELL = "stairwell", _("本单元、同楼层")
    BUILDING = "building", _("整栋楼")
    NEIGHBOURHOOD = "neighbourhood", _("整个小区或村组")
    STREET = "street", _("沿街一片")
    UNKNOWN = "unknown", _("不清楚")


class FaultCause(models.TextChoices):
    """Cause buckets, a tree of their own beside the fault class."""

    EXTERNAL_FORCE = "external_force", _("外力因素")
    NATURE = "nature", _("自然因素")
    EQUIPMENT = "equipment", _("设备原因")
    MAINTENANCE = "maintenance", _("运行维护")
    DESIGN = "design", _("设计施工")
    BEFORE_METER = "before_meter", _("低压表前")
    AFTER_METER = "after_meter", _("低压表后")
    CUSTOMER = "customer", _("用户原因")
    NO_FAULT = "no_fault", _("未发现故障")


class ComplaintGrade(models.TextChoices):
    """Grades of a complaint."""

    SPECIAL = "special", _("特殊")
    MAJOR = "major", _("重大")
    IMPORTANT = "important", _("重要")
    GENERAL = "general", pgettext_lazy("投诉等级", "一般")


class Complexity(models.TextChoices):
    """How hard a matter is to answer; the agent's answering clock depends on it."""

    LOW = "low", pgettext_lazy("复杂程度", "低")
    MEDIUM = "medium", pgettext_lazy("复杂程度", "中")
    HIGH = "high", pgettext_lazy("复杂程度", "高")


class Satisfaction(models.TextChoices):
    SATISFIED = "satisfied", _("满意")
    NEUTRAL = "neutral", pgettext_lazy("满意度", "一般")
    DISSATISFIED = "dissatisfied", _("不满意")
    NOT_RATED = "not_rated", _("未评价")


class CallBackState(models.TextChoices):
    PENDING = "pending", _("待回访")
    DONE = "done", _("已回访")
    UNREACHABLE = "unreachable", _("多次未接通")
    CANCELLED = "cancelled", _("已取消")


class AttemptOutcome(models.TextChoices):
    ANSWERED = "answered", _("接通")
    NO_ANSWER = "no_answer", _("无人接听")
    BUSY = "busy", _("占线")
    POWERED_OFF = "powered_off", _("关机或停机")
    WRONG_NUMBER = "wrong_number", _("号码有误")
    REFUSED = "refused", _("拒绝回访")
    PARTLY = "partly", _("中途挂断")
    LATER = "later", _("约定再拨")
    LANGUAGE = "language", _("需语言协助")


class NoteKind(models.TextChoices):
    """What a note is about."""

    REMARK = "remark", _("备注")
    CUSTOMER = "customer", _("客户补充")
    MERGE = "merge", _("合并原因")
    SEND_BACK = "send_back", _("退回原因")
    URGE = "urge", _("催办内容")
    CANCEL = "cancel", _("撤销原因")
    RECLASSIFY = "reclassify", _("改类原因")
    WITHDRAW = "withdraw", _("撤回原因")
    ARCHIVE = "archive", _("归档原因")
    DECLINE = "decline", _("退单说明")
    TRANSFER = "transfer", _("转派说明")
    HOLD = "hold", _("挂起说明")
    REOPEN = "reopen", _("重启原因")
    SPLIT = "split", _("拆分说明")
    SUPERVISE = "supervise", _("督办内容")
    ESCALATE = "escalate", _("升级说明")
    OVERRUN = "overrun", _("超时说明")
    PRIVATE = "private", _("保密匿名说明")
