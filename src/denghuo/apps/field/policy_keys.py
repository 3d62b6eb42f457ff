"""Policies of sending crews and of what they bring back."""

from django.utils.translation import gettext_lazy as _

from denghuo.apps.field.driving import policy_keys as _driving  # noqa: F401
from denghuo.apps.field.planning import policy_keys as _planning  # noqa: F401
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
define("crew.photo_side", type="count", label=_("手机照片压缩后的长边"), unit=_("像素"))
define("crew.photo_quality", type="ratio", label=_("手机照片压缩质量（JPEG）"))
define("crew.chunk_bytes", type="count", label=_("手机分片上传每片大小"), unit=_("字节"))
define("crew.partial_hours", type="count", label=_("未传完的文件保留多久"), unit=_("小时"))
define("crew.partials_max", type="count", label=_("每人同时未传完的文件上限"), unit=_("个"))
define("crew.voice_seconds", type="seconds", label=_("语音说明最长"), unit=_("秒"))
define(
    "crew.safety_steps",
    type="texts_by",
    label=_("各类工单的安全措施"),
    help=_("按故障类别，default 用于其余；逐条显示在班组手机上"),
)
define(
    "crew.checklist",
    type="texts_by",
    label=_("各类工单的作业步骤"),
    help=_("按故障类别，default 用于其余；逐条显示在班组手机上"),
)
define(
    "crew.materials",
    type="texts",
    label=_("抢修材料目录"),
    help=_("每行：编码|名称|单位；班组在手机上按此登记用量"),
)
define("crew.receipt_columns", type="count", label=_("小票打印机每行字符数"), help=_("58 毫米纸 32，80 毫米纸 48"))
