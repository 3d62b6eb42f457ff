"""Enumerations of the grid app."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OutageKind(models.TextChoices):
    """Kinds of outage information (停送电信息). The first four belong to production, the others to marketing."""

    PLANNED = "planned", _("计划停电")
    TEMPORARY = "temporary", _("临时停电")
    FAULT = "fault", _("故障停电")
    OVER_CAPACITY = "over_capacity", _("超供电能力停限电")
    ARREARS = "arrears", _("欠费停电")
    THEFT = "theft", _("窃电停电")
    BREACH = "breach", _("违约停电")
    ORDERLY_USE = "orderly_use", _("有序用电")


class OutageClass(models.TextChoices):
    """Which side of the house an outage comes from."""

    PRODUCTION = "production", _("生产类")
    MARKETING = "marketing", _("营销类")


#: kinds that cut single accounts: their scope is accounts, and nobody but the account's holder and staff may know
ACCOUNT_KINDS = frozenset({OutageKind.ARREARS, OutageKind.THEFT, OutageKind.BREACH})
MARKETING_KINDS = ACCOUNT_KINDS | {OutageKind.ORDERLY_USE}
#: kinds that follow a plan, so that a late start or stop has a cause
PLAN_KINDS = frozenset({OutageKind.PLANNED, OutageKind.TEMPORARY})


class OutageState(models.TextChoices):
    """*draft* and *submitted* are inside the house; from *announced* on the information is released."""

    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待审核")
    ANNOUNCED = "announced", _("已公告")
    ACTIVE = "active", _("停电中")
    RESTORED = "restored", _("已恢复")
    CANCELLED = "cancelled", _("已取消")


class PublicChannel(models.TextChoices):
    """Where released information is shown or sent. The agents' desk always has it."""

    DESK = "desk", _("坐席工作台")
    MAP = "map", _("停电地图")
    WEB_HALL = "web_hall", _("网上营业厅")
    WECHAT = "wechat", _("微信通知")
    BOT = "bot", _("智能应答")


#: what may be shown to everybody; cuts of single accounts never are
OPEN_CHANNELS = (PublicChannel.MAP, PublicChannel.WEB_HALL, PublicChannel.BOT)


class DelayStage(models.TextChoices):
    START = "start", _("延迟停电")
    STOP = "stop", _("延迟送电")


class DelayCause(models.TextChoices):
    """The six causes of a plan that does not begin or end in time."""

    WEATHER = "weather", _("天气原因")
    BLOCKED = "blocked", _("施工受阻")
    UNREADY = "unready", _("准备不充分")
    CUSTOMER = "customer", _("客户原因")
    UPPER_GRID = "upper_grid", _("上级电网原因")
    OTHER = "other", _("其他原因")


class NoticeRule(models.TextChoices):
    """What information must be given in time."""

    PUBLISH = "publish", _("停电信息发布")
    RESTORE = "restore", _("送电信息报送")
    CHANGE = "change", _("变更信息报送")


class FilingReason(models.TextChoices):
    """Why something is filed ahead (重要服务事项报备)."""

    WORKS = "works", _("电网施工检修")
    DISASTER = "disaster", _("自然灾害")
    SYSTEM = "system", _("系统故障或升级")
    POLICY = "policy", _("政策或电价调整")
    SUPPLY_SECURITY = "supply_security", _("重大活动保电")
    PUBLIC_OPINION = "public_opinion", _("舆情或媒体关注")
    DISPUTE = "dispute", _("青赔或产权纠纷")
    OTHER = "other", pgettext_lazy("报备原因", "其他")


class FilingState(models.TextChoices):
    SUBMITTED = "submitted", _("待审核")
    APPROVED = "approved", pgettext_lazy("报备", "已通过")
    RETURNED = "returned", pgettext_lazy("报备", "已退回")
    WITHDRAWN = "withdrawn", pgettext_lazy("报备", "已撤回")


class MatterType(models.TextChoices):
    """The business types a filing may speak of: the codes of requests, an app above this one (a test keeps them equal)."""

    FAULT_REPORT = "fault_report", _("故障报修")
    CONSULTING = "consulting", _("业务咨询")
    SERVICE_REQUEST = "service_request", _("服务申请")
    COMPLAINT = "complaint", _("投诉")
    TIP_OFF = "tip_off", _("举报")
    OPINION = "opinion", _("意见")
    SUGGESTION = "suggestion", _("建议")
    PRAISE = "praise", _("表扬")


class SupplyDeviceKind(models.TextChoices):
    """What of a feeder can open; the codes of the outage inference (a test keeps them equal)."""

    SOURCE = "source", _("电源侧设备")
    FEEDER = "feeder", _("馈线出线开关")
    SECTION = "section", _("分段开关")
    LINE = "line", _("线路")
    TRANSFORMER = "transformer", _("台区")
    LV_FEEDER = "lv_feeder", _("低压出线")
    SERVICE = "service", _("表箱")


class ObservationKind(models.TextChoices):
    """How a loss or return of supply became known (the triggers of IEC 61968-3)."""

    CALL = "call", _("客户报修")
    GASP = "gasp", _("电表停电上报")
    POWER_ON = "power_on", _("电表复电上报")
    SUPPLIED = "supplied", _("核实有电")
    TRIP = "trip", _("开关跳闸")
    OPENED = "opened", _("现场确认断开")
    CLOSED = "closed", _("现场确认闭合")


class InferredState(models.TextChoices):
    """What became of an inferred outage."""

    OPEN = "open", _("待确认")
    ACCEPTED = "accepted", _("已转停电")
    REJECTED = "rejected", _("已排除")
    FADED = "faded", _("已消退")
    MERGED = "merged", _("已合并")


class ImportState(models.TextChoices):
    """Where a topology import stands."""

    CHECKING = "checking", _("检查中")
    READY = "ready", _("待生效")
    UNUSABLE = "unusable", _("不能导入")
    APPLIED = "applied", _("已生效")
    CANCELLED = "cancelled", _("已取消")


class EstimateBasis(models.TextChoices):
    """What an estimate of the restoration rests on."""

    HISTORY = "history", _("历史同类停电")
    USUAL = "usual", _("历史不足，按通常时长")
    CREW = "crew", _("现场人员预计")
    STAFF = "staff", _("人工填报")
    PLAN = "plan", _("停电计划")


class RemainingState(models.TextChoices):
    """What became of those still out after a restoration."""

    OPEN = "open", _("待处理")
    NESTED = "nested", _("已转停电")
    CLEARED = "cleared", _("已核实恢复")


class VoltageLevel(models.TextChoices):
    """Voltage levels faults are counted by (GB/T 156: low up to 1 kV, medium up to 35 kV)."""

    HIGH = "high", _("高压")
    MEDIUM = "medium", _("中压")
    LOW = "low", _("低压")


VOLTAGE_OF = {
    SupplyDeviceKind.SOURCE: VoltageLevel.HIGH,
    SupplyDeviceKind.FEEDER: VoltageLevel.MEDIUM,
    SupplyDeviceKind.SECTION: VoltageLevel.MEDIUM,
    SupplyDeviceKind.LINE: VoltageLevel.MEDIUM,
    SupplyDeviceKind.TRANSFORMER: VoltageLevel.MEDIUM,
    SupplyDeviceKind.LV_FEEDER: VoltageLevel.LOW,
    SupplyDeviceKind.SERVICE: VoltageLevel.LOW,
}


class OutageCause(models.TextChoices):
    """Causes of faults: the codes crews return orders with, an app above this one (a test keeps them equal)."""

    EXTERNAL_FORCE = "external_force", _("外力因素")
    NATURE = "nature", _("自然因素")
    EQUIPMENT = "equipment", _("设备原因")
    MAINTENANCE = "maintenance", _("运行维护")
    DESIGN = "design", _("设计施工")
    BEFORE_METER = "before_meter", _("低压表前")
    AFTER_METER = "after_meter", _("低压表后")
    CUSTOMER = "customer", _("用户原因")
    NO_FAULT = "no_fault", _("未发现故障")
