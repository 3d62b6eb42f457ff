"""Policies of judging voltage. Standards' limits are values too: supply contracts may set narrower ones."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

PERCENT, MINUTES = "%", _("分钟")

define("voltage.window_hours", type="count", label=_("电压全景回看时长"), unit=_("小时"))
define("voltage.nominal", type="number", label=_("低压系统标称电压（相电压）"), unit=_("伏"))
define(
    "voltage.limit.single",
    type="number_by",
    label=_("220 伏单相供电电压偏差限值"),
    unit=PERCENT,
    help=_("low 下限（负数）；high 上限"),
)
define("voltage.limit.three", type="number_by", label=_("20 千伏及以下三相供电电压偏差限值"), unit=PERCENT)
define("voltage.dead_share", type="ratio", label=_("低于标称电压多少视为停电"))
define(
    "voltage.unbalance", type="number_by", label=_("电压不平衡度限值"), unit=PERCENT, help=_("normal 正常；short 短时")
)
define("voltage.current_unbalance", type="number", label=_("配变三相电流不平衡度限值"), unit=PERCENT)
define("voltage.load_bands", type="number_by", label=_("台区负载率分级"), help=_("heavy 重载；over 过载；占容量的比例"))
define("voltage.load_least_minutes", type="minutes", label=_("重载、过载至少持续"), unit=MINUTES)
define("voltage.stale_minutes", type="minutes", label=_("最近量测早于多久提示数据陈旧"), unit=MINUTES)
define("voltage.neighbours", type="count", label=_("拓扑图最多列出的同台区用户"), unit=_("户"))
define(
    "voltage.rules",
    type="number_by",
    label=_("电压原因研判界限"),
    help=_(
        "heavy 负载率；uneven 电流不平衡度（%）；link 相关系数；drop 低于邻户（标称电压的 %）；always、near 时段占比；"
        "neutral_slots 断零特征点数；enough 完整率"
    ),
)
define("voltage.confidence", type="ratio_by", label=_("电压各原因的基础置信度"))
define("voltage.analysis_length", type="count", label=_("电压分析意见最多字数"), unit=_("字"))
define(
    "voltage.effect.weights",
    type="number_by",
    label=_("电压诉求响应效果的权重"),
    help=_("response 速度 α；resolution 解决 β；satisfaction 满意 γ"),
)
define("voltage.effect.ideal_hours", type="number", label=_("电压诉求理想办结用时"), unit=_("小时"))
define("voltage.effect.satisfaction", type="ratio_by", label=_("各满意度折合分"))
define("voltage.effect.unknown", type="ratio", label=_("未知是否解决时按多少计"))
