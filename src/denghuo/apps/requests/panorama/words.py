"""The words for what the engine found. The engine gives codes and figures; every sentence is made here."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.engine.voltage import Cause, Evidence

CAUSES: dict[str, Any] = {
    "neutral": gettext_lazy("零线断线或接触不良"),
    "outage": gettext_lazy("供电中断"),
    "overload": gettext_lazy("配变重过载"),
    "unbalance": gettext_lazy("台区三相负荷不平衡"),
    "line_end": gettext_lazy("低压线路过长或线径偏小（末端压降大）"),
    "service_line": gettext_lazy("接户线、表计或户内接触不良"),
    "supply_low": gettext_lazy("配变档位偏低或上级电压偏低"),
    "supply_high": gettext_lazy("配变档位偏高（轻载时段电压高）"),
    "photovoltaic": gettext_lazy("分布式光伏倒送抬高电压"),
    "none": gettext_lazy("未见电压越限"),
    "unknown": gettext_lazy("现有数据不足以判断"),
}
EVIDENCE: dict[str, Any] = {
    "neutral": gettext_lazy("有 %(slots)d 个 15 分钟点出现一相偏高、另一相偏低"),
    "dead": gettext_lazy("有 %(slots)d 个 15 分钟点没有电压"),
    "outage_known": gettext_lazy("同期登记停电 %(n)d 次"),
    "outage_unknown": gettext_lazy("同期没有登记停电"),
    "heavy_when_low": gettext_lazy("电压偏低的时段中 %(percent).0f%% 台区已重载，负载率最高 %(peak).0f%%"),
    "linked": gettext_lazy("电压随台区负荷上升而下降，相关系数 %(r).2f"),
    "uneven_when_low": gettext_lazy("电压偏低的时段中 %(percent).0f%% 电流不平衡超限，平均 %(mean).0f%%"),
    "below_neighbours": gettext_lazy("电压偏低时比同台区邻户中位值低 %(volts).1f 伏"),
    "alone": gettext_lazy("电压偏低时段的 %(percent).0f%% 中，邻户均未偏低"),
    "low_all_day": gettext_lazy("已测时段的 %(percent).0f%% 电压偏低，不分峰谷"),
    "together": gettext_lazy("其中 %(percent).0f%% 的时段邻户同时偏低"),
    "high_at_night": gettext_lazy("越上限的 %(slots)d 个点中 %(percent).0f%% 在 22 时至次日 6 时"),
    "high_at_noon": gettext_lazy("越上限的 %(slots)d 个点中 %(percent).0f%% 在 9 时至 16 时"),
    "together_high": gettext_lazy("其中 %(percent).0f%% 的时段邻户同时偏高"),
    "none": gettext_lazy("数据完整率 %(coverage).0f%%，没有越限时段"),
    "unknown": gettext_lazy("数据完整率 %(coverage).0f%%"),
}
MEASURES: dict[str, Any] = {
    "neutral": gettext_lazy("立即派人检查配变及分支零线接头，处理前建议客户停用贵重电器；按紧急缺陷处理"),
    "outage": gettext_lazy("核对停电信息与抢修进度；没有登记停电的，派人核查表计与进线"),
    "overload": gettext_lazy("错峰、转移负荷或增容布点；迎峰期间列入重过载台区监测"),
    "unbalance": gettext_lazy("按相核对用户接入，调整单相负荷分布，复测三相电流"),
    "line_end": gettext_lazy("现场测量线路首末端压降，更换大截面导线或增设布点，缩短供电半径"),
    "service_line": gettext_lazy("上门测量表前、表后电压，检查接户线与表计接线端子；表后问题告知客户处理"),
    "supply_low": gettext_lazy("核对配变分接头位置与 10 千伏母线电压，按规定调整档位"),
    "supply_high": gettext_lazy("核对配变分接头位置，轻载时段复测，按规定调整档位"),
    "photovoltaic": gettext_lazy("核对光伏接入容量与逆变器电压控制设置，必要时调整接入相别或加装调压"),
    "none": gettext_lazy("与客户核对异常发生的具体时间和电器，必要时加装便携式电能质量仪复测"),
    "unknown": gettext_lazy("补召电表曲线，或上门测量并加装便携式电能质量仪"),
}
TO_CUSTOMER: dict[str, Any] = {
    "neutral": gettext_lazy(
        "初步判断线路零线接触不良，可能损坏电器，请先停用并拔下电器插头，我们会尽快安排人员到场检查。"
    ),
    "outage": gettext_lazy("您反映的时段曾中断供电，我们会核对原因并向您说明。"),
    "overload": gettext_lazy("您所在台区用电高峰时负荷较重，电压因此偏低。我们会安排核查，并提出改造安排后向您反馈。"),
    "unbalance": gettext_lazy("您所在台区各相用电分布不均，高峰时电压偏低。我们会安排调整接线。"),
    "line_end": gettext_lazy("您家离供电变压器较远，高峰时线路压降较大。我们会到现场测量，并提出改造意见后向您反馈。"),
    "service_line": gettext_lazy(
        "周围住户电压正常，问题可能在进户线或户内线路。我们会上门测量；户内部分请联系电工检查。"
    ),
    "supply_low": gettext_lazy("您所在区域电压整体偏低，我们会检查变压器档位并作调整。"),
    "supply_high": gettext_lazy("您所在区域轻载时电压偏高，我们会检查变压器档位并作调整。"),
    "photovoltaic": gettext_lazy("白天光伏发电较多时电压偏高，我们会检查光伏接入设置。"),
    "none": gettext_lazy("这段时间电表记录的电压均在标准范围内。请告诉我们异常发生的时间和电器，我们可安排上门测量。"),
    "unknown": gettext_lazy("目前电表数据还不完整，我们会安排上门测量后向您说明。"),
}
EPISODES: dict[str, Any] = {
    "low": gettext_lazy("越下限"),
    "high": gettext_lazy("越上限"),
    "dead": gettext_lazy("无电压"),
}
BANDS: dict[str, Any] = {"heavy": gettext_lazy("重载"), "over": gettext_lazy("过载")}


def said(evidence: Evidence) -> str:
    """One piece of evidence as a phrase."""
    return str(EVIDENCE[evidence.code]) % dict(evidence.figures)


def reasons(cause: Cause) -> str:
    """What speaks for a cause, in one sentence without its full stop."""
    return _("；").join(said(one) for one in cause.evidence)


def sure(cause: Cause) -> str:
    """How sure, in words: the figure is a mark to order by, not a probability."""
    return _("把握较大") if cause.confidence >= 0.7 else _("有一定依据") if cause.confidence >= 0.45 else _("仅供参考")
