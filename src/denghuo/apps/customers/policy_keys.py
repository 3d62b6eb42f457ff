"""Policies of finding customers."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

TIMES = _("次")

define("hall.find.per_hour", type="count", label=_("同一网络地址每小时可查找户号次数"), unit=TIMES)
define("hall.find.per_account_hour", type="count", label=_("同一户号每小时可被查找次数"), unit=TIMES)
define("hall.find.ref_minutes", type="minutes", label=_("查到的户号凭据有效时长"), unit=_("分钟"))
define("customers.search.most", type="count", label=_("客户查询一次最多列出户数"), unit=_("户"))

define("tariff.residential.base", type="number", label=_("居民电价第一档"), unit=_("元/千瓦时"))
define(
    "tariff.residential.upto",
    type="number_by",
    label=_("居民阶梯各档上限"),
    unit=_("千瓦时"),
    help=_("1、2 为档次；最后一档没有上限，不填"),
)
define(
    "tariff.residential.add",
    type="number_by",
    label=_("居民阶梯各档加价"),
    unit=_("元/千瓦时"),
    help=_("比第一档多收，2、3 为档次"),
)
define("tariff.residential.period", type="text", label=_("居民阶梯计算周期"), help=_("year 按年；month 按月"))
define(
    "tariff.residential.bands",
    type="number_by",
    label=_("居民峰谷电价（第一档）"),
    unit=_("元/千瓦时"),
    help=_("peak 峰段；valley 谷段；各档加价另计"),
)
define("tariff.residential.valley", type="window", label=_("居民谷段时间"))
define("tariff.residential.choice_days", type="count", label=_("峰谷电价选定后多久内不得变更"), unit=_("天"))
define("tariff.business.base", type="number", label=_("一般工商业电价（单一制）"), unit=_("元/千瓦时"))
define("tariff.late.daily", type="ratio_by", label=_("违约金每日比例"), help=_("resident 居民；enterprise 其他客户"))
define("tariff.late.cross_year", type="ratio_by", label=_("跨年度欠费违约金每日比例"))
define("tariff.late.minimum", type="number", label=_("违约金最低收取"), unit=_("元"))
define("tariff.due_days", type="count", label=_("抄表次月起缴费期限"), unit=_("天"), help=_("从账期次月 1 日起算"))

define("hall.pay.minutes", type="minutes", label=_("缴费单多久未支付则关闭"), unit=_("分钟"))
define("hall.pay.per_hour", type="count", label=_("同一网络地址每小时可创建缴费单数"), unit=TIMES)
define("hall.pay.provider", type="text", label=_("支付渠道代码"), help=_("test 为本地测试渠道，只在演示环境可用"))
define("hall.advice.change", type="ratio", label=_("与上年同月相差多少时提示"))
define("hall.advice.peer", type="ratio", label=_("与同类客户中位数相差多少时提示"))
define("hall.advice.base_share", type="ratio", label=_("最低日用电占日均多少时提示待机用电"))
define("hall.advice.peak_factor", type="number", label=_("单日用电为日均几倍时提示"), unit=_("倍"))
define("hall.advice.saving", type="number", label=_("一年可省多少元时建议变更峰谷方案"), unit=_("元"))

define("customers.mark_reason_length", type="count", label=_("敏感客户标识原因最多字数"), unit=_("字"))
define("voltage.keep_days", type="count", label=_("电压曲线保留天数"), unit=_("天"))
