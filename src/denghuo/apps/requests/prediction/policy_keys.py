"""Policies of predicted times."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

CASES, DAYS, TIMES = _("起"), _("天"), _("倍")

define("prediction.coverage", type="ratio", label=_("预测区间应覆盖的比例"), help=_("0.1 的整数倍，如 0.8"))
define("prediction.show_customer", type="flag", label=_("向客户显示预计到达与恢复时间"))
define("prediction.min_alike", type="count", label=_("至少多少起同类才给出预测"), unit=CASES)
define("prediction.min_cases", type="count", label=_("至少多少起历史报修才拟合模型"), unit=CASES)
define("prediction.history_days", type="count", label=_("拟合所用历史长度"), unit=DAYS)
define("prediction.test_share", type="ratio", label=_("留作检验的最近样本比例"))
define("prediction.min_test", type="count", label=_("检验样本至少多少起，模型才可启用"), unit=CASES)
define(
    "prediction.coverage_slack",
    type="ratio",
    label=_("新模型覆盖率偏差最多可比现用模型大多少"),
    help=_("覆盖率偏差＝实测覆盖率与应覆盖比例之差的绝对值"),
)
define("prediction.loss_slack", type="ratio", label=_("新模型分位损失最多可比现用模型高多少"))
define("prediction.settle_hours", type="number", label=_("预测发出多久后才计入准确性"), unit=_("小时"))
define("prediction.round_minutes", type="count", label=_("对外时间取整到"), unit=_("分钟"))
define("prediction.keep_days", type="count", label=_("预测与天气记录保留天数"), unit=DAYS)
define("prediction.hours", type="number_by", label=_("时段划分（各时段从几点起）"), unit=_("点"))
define("prediction.load", type="number_by", label=_("负荷划分（每班组在途报修达到多少）"), unit=CASES)
define(
    "prediction.weather",
    type="number_by",
    label=_("天气划分的界限"),
    help=_("wind 风速（米/秒）、rain 雨强（毫米/小时）、hot 高温、cold 低温（℃）"),
)
define("prediction.weather_hours", type="number", label=_("天气记录最多可早多久仍可用"), unit=_("小时"))
