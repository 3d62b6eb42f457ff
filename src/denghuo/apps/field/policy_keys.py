"""Policies of sending crews and of what they bring back."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("dispatch.board_rows", type="count", label=_("派单板每栏最多条数"), unit=_("条"))
define("dispatch.weight.distance", type="number", label=_("派单权重 α：距离"), help=_("与另两项权重按比例折算"))
define("dispatch.weight.skill", type="number", label=_("派单权重 β：技能匹配"))
define("dispatch.weight.load", type="number", label=_("派单权重 γ：负荷均衡"))
define(
    "dispatch.half_distance_km",
    type="number_by",
    label=_("距离得分减半的路程"),
    unit=_("公里"),
    help=_("按地域；估算路程等于此值时距离分为 0.5"),
)
define("dispatch.half_load", type="number", label=_("负荷得分减半的在手工单数"), unit=_("单"))
define("dispatch.detour", type="number_by", label=_("绕路系数（估算路程÷直线距离）"), help=_("按地域"))
define("dispatch.speed_kmh", type="number_by", label=_("抢修车平均时速"), unit=_("公里/小时"), help=_("按地域"))
define("dispatch.minutes_per_order", type="minutes", label=_("在手工单每单预计占用"), unit=_("分钟"))
define("dispatch.eta_spread", type="ratio", label=_("到达时间估计的上下浮动"))
define(
    "dispatch.skills_required",
    type="text_by",
    label=_("各类故障必备技能"),
    help=_("按故障类别，多项用英文逗号分隔；不具备者不得派单"),
)
define("dispatch.skills_wanted", type="text_by", label=_("各类故障优选技能"), help=_("按故障类别，多项用英文逗号分隔"))
define(
    "dispatch.reach",
    type="texts",
    label=_("派单范围"),
    help=_("依次扩大：county 本县，city 本市，all 调度员管辖的全部；前一范围无可派班组时才看下一范围"),
)
define("order.photos_required", type="count", label=_("回单所需照片"), unit=_("张"), help=_("不含签名"))
define("order.photos_max", type="count", label=_("每张工单照片上限"), unit=_("张"))
define("order.signature_required", type="flag", label=_("回单须有客户签名或未签名原因"))
define("order.arrival_far_metres", type="number", label=_("到达定位与故障点相距多远时提示"), unit=_("米"))
define("crew.position_seconds", type="seconds", label=_("班组位置消息的最短间隔"), unit=_("秒"))
define("crew.position_metres", type="number", label=_("班组移动多远即刻发出位置消息"), unit=_("米"))
define("crew.position_stale_minutes", type="minutes", label=_("班组位置多久未更新视为过时"), unit=_("分钟"))
