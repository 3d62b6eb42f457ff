"""Policies of what happens to a request beside its flow."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

DAYS, TIMES = _("天"), _("次")

define("decline.max", type="count", label=_("退单几次后转督办"), unit=TIMES)
define("hold.longest_days", type="number_by", label=_("每次挂起最长天数"), unit=DAYS, help=_("按挂起原因"))
define("hold.approval_days", type="number", label=_("挂起超过几天须主管批准"), unit=DAYS)
define("hold.max", type="count", label=_("同一诉求最多挂起次数"), unit=TIMES)
define("hold.pauses", type="texts_by", label=_("挂起时暂停的时限"), help=_("按挂起原因；未列出的时限照常计时"))
define("reopen.days", type="number", label=_("归档后可重启的天数"), unit=DAYS)

CLOCKS, MINUTES = _("时限代码"), _("分钟")
define("supervise.days", type="number", label=_("自动督办的办结期限"), unit=DAYS)
define("supervise.on_breach", type="texts", label=_("超时后自动列入督办的时限"), help=CLOCKS)
define("escalation.clocks", type="texts", label=_("超时后逐级升级的时限"), help=CLOCKS)
define(
    "escalation.after_minutes",
    type="number_by",
    label=_("超时多久升到哪一级"),
    unit=MINUTES,
    help=_("按“层级”“类型/层级”或“类型/投诉等级/层级”填写，取最具体的一项；负数表示预警时即升级，未列出的层级不升"),
)
define("overrun.clocks", type="texts", label=_("超时后须说明、致歉的时限"), help=CLOCKS)
define(
    "overrun.demanded", type="texts_by", label=_("超时的诉求审核通过、归档前必须完成"),
    help=_("按业务类型，“*”为其余；explain 说明、apologise 致歉、compensate 补偿"),
)  # fmt: skip
define("overrun.wording", type="text_by", label=_("超时说明与致歉用语"))
define("overrun.most", type="number", label=_("单次补偿上限"), unit=_("元"))
define("private.types", type="texts", label=_("可保密或匿名受理的业务类型"))
define("split.most", type="count", label=_("一次最多拆出几张"), unit=_("张"))
