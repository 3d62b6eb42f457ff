"""Policies of requests: field limits, clocks, urging, duplicates, call-backs."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

MINUTES, TIMES, CHARACTERS = _("分钟"), _("次"), _("字")

define("request.name_length", type="count", label=_("联系人姓名最多字数"), unit=CHARACTERS)
define("request.address_length", type="count", label=_("地址最多字数"), unit=CHARACTERS)
define("request.text_length", type="count", label=_("描述、处理结果最多字数"), unit=CHARACTERS)
define("request.reason_length", type="count", label=_("原因、备注最多字数"), unit=CHARACTERS)
define("request.duplicate_hours", type="number", label=_("疑似重复诉求的回看时长"), unit=_("小时"))
define("request.answerable_types", type="texts", label=_("可当场答复办结的业务类型"))
define("request.public_per_minute", type="count", label=_("同一网络地址每分钟可提交的诉求数"), unit=TIMES)
define("request.progress_per_minute", type="count", label=_("同一网络地址每分钟可查询进度次数"), unit=TIMES)

define("clock.acceptance", type="minutes", label=_("受理时限"), unit=MINUTES)
define("clock.dispatch", type="minutes_by", label=_("派单时限"), unit=MINUTES, help=_("fault 故障报修；other 其他业务"))
define(
    "clock.arrival.mean",
    type="minutes_by",
    label=_("到达现场平均时间承诺"),
    unit=MINUTES,
    help=_("按城区、农村、特殊边远"),
)
define("clock.arrival.standard", type="minutes_by", label=_("到达现场单次时限（国家标准）"), unit=MINUTES)
define("clock.restore.mean", type="minutes_by", label=_("到场后恢复供电平均时间承诺"), unit=MINUTES)
define("clock.rework", type="minutes", label=_("返工时限"), unit=MINUTES)
define("clock.review", type="minutes", label=_("审核时限"), unit=MINUTES)
define("clock.callback", type="minutes", label=_("回访时限"), unit=MINUTES)
define(
    "clock.contact", type="minutes_by", label=_("首次联系客户时限"), unit=MINUTES, help=_("仅列出的业务类型有此时限")
)
define("clock.handling.days", type="number_by", label=_("非故障业务处理时限"), unit=_("工作日"))

define("urge.max", type="count", label=_("同一事项催办次数上限"), unit=TIMES)
define("urge.spacing_minutes", type="minutes", label=_("两次催办的最短间隔"), unit=MINUTES)
define("urge.explain_before_promise", type="flag", label=_("未到承诺时间的催办以解释代替"))

define("callback.types", type="texts", label=_("须回访的业务类型"))
define("callback.hours", type="window", label=_("回访时段"))
define("callback.noon_rest", type="window", label=_("回访避开的午休时段"))
define("callback.max_attempts", type="count", label=_("回访最多拨打次数"), unit=TIMES)
define("callback.spacing_minutes", type="minutes", label=_("两次拨打的最短间隔"), unit=MINUTES)
define("callback.hold_minutes", type="minutes", label=_("领取回访后多久未记录则释放"), unit=MINUTES)
define("callback.max_rounds", type="count", label=_("不满意返工轮次上限，达到后转督办"), unit=TIMES)
