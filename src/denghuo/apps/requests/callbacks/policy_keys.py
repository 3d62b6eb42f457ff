"""Policies of the call-backs beyond their hours, tries and rounds."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("callback.always", type="texts", label=_("100% 回访的业务类型"))
define(
    "callback.exempt",
    type="texts",
    label=_("免回访的情形"),
    help=_("anonymous 匿名；no_reply 客户无需回复；confidential 保密"),
)
define(
    "callback.share",
    type="ratio_by",
    label=_("回访比例"),
    help=_("按分类、故障类别或业务类型，* 为其余；须 100% 回访的类型不受此限"),
)
define(
    "callback.priority",
    type="count",
    label=_("派发工单回访的优先级"),
    help=_("1 最先，9 最后；回访任务各有自己的优先级"),
)
define(
    "callback.effects",
    type="text_by",
    label=_("拨打结果的后续处理"),
    help=_(
        "complete 完成；partial 部分完成；at_time 按约定时间再拨；again 隔时再拨；ask_number 请单位核实号码；language 转语言坐席；close 结束"
    ),
)
define("callback.max_postponed", type="count", label=_("客户约定改期最多次数"), unit=_("次"))
define("callback.postpone_days", type="count", label=_("约定再拨最晚天数"), unit=_("天"))
define("callback.number_wait_minutes", type="minutes", label=_("等待单位核实号码的时长"), unit=_("分钟"))
define("callback.languages", type="texts", label=_("回访可选的语言和方言"))
define("callback.scripts", type="text_by", label=_("各业务类型的回访脚本"), help=_("填脚本代码，* 为其余"))
define("callback.sms", type="flag", label=_("多次未接通后发送短信评价链接"))
define("callback.sms_text", type="text", label=_("评价短信"), help=_("可用 {number}、{link}、{days}"))
define("callback.link_base", type="text", label=_("评价链接的网址前缀"))
define("callback.rating_days", type="count", label=_("短信评价链接的有效期"), unit=_("天"))
define("callback.correction_hours", type="number", label=_("内容更正时限"), unit=_("小时"))
define("callback.improvement_days", type="count", label=_("整改事项默认期限"), unit=_("天"))
define("callback.time_tolerance_minutes", type="minutes", label=_("客户所说时间与工单时间的容许差"), unit=_("分钟"))
define("callback.campaign_batch", type="count", label=_("回访任务每批生成数"), unit=_("条"))
define("callback.lease_minutes", type="minutes", label=_("机器人租约时长"), unit=_("分钟"))
define("callback.lease_most", type="count", label=_("机器人一次最多领取数"), unit=_("条"))
define("callback.robot_types", type="texts", label=_("机器人可回访的业务类型"))
define("callback.robot_rounds", type="count", label=_("机器人可回访的最高轮次"), unit=_("轮"))
