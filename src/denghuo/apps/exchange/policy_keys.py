"""Policies of the exchange with other systems."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

TIMES, DAYS, ROWS = _("次"), _("天"), _("行")

define("exchange.source", type="text", label=_("事件来源标识（CloudEvents source）"))
define("exchange.feed_days", type="count", label=_("变更流游标有效期"), unit=DAYS)
define("exchange.feed_page", type="count", label=_("变更流每次最多条数"), unit=_("条"))
define("exchange.http_seconds", type="seconds", label=_("调用外部系统的等待时长"))
define(
    "exchange.private_networks", type="texts", label=_("允许访问的内网网段"),
    help=_("CIDR 写法，如 10.8.0.0/16；不在其中的内网、本机和链路本地地址一律拒绝，http 地址也只能在其中"),
)  # fmt: skip
define("webhook.attempts", type="count", label=_("推送最多尝试次数"), unit=TIMES)
define("webhook.first_pause_seconds", type="seconds", label=_("推送首次重试间隔"), help=_("以后逐次加倍"))
define("webhook.longest_pause_seconds", type="seconds", label=_("推送重试的最长间隔"))
define("webhook.jitter", type="ratio", label=_("重试间隔的随机浮动"))
define(
    "webhook.lease_seconds",
    type="seconds",
    label=_("一次推送占用时长"),
    help=_("须长于等待时长；进程中断后过此时长由他人接手"),
)
define("webhook.pause_after_dead", type="count", label=_("连续多少条死信后暂停订阅"), unit=_("条"))
define("webhook.rotation_hours", type="number", label=_("更换密钥后旧密钥的有效时长"), unit=_("小时"))
define("webhook.replay_most", type="count", label=_("一次重放最多事件数"), unit=_("条"))
define("webhook.keep_days", type="count", label=_("已送达推送记录的保留时长"), unit=DAYS)
define("import.max_bytes", type="count", label=_("导入文件大小上限"), unit=_("字节"))
define("import.max_rows", type="count", label=_("导入文件行数上限"), unit=ROWS)
define("import.keep_days", type="count", label=_("导入文件和出错行的保留时长"), unit=DAYS)
define("exporting.max_rows", type="count", label=_("后台导出行数上限"), unit=ROWS)
define("exporting.keep_hours", type="number", label=_("后台导出文件的保留时长"), unit=_("小时"))
define("adapter.attempts", type="count", label=_("对接消息最多尝试次数"), unit=TIMES)
define("adapter.pms_xml", type="flag", label=_("发往 PMS 的消息用 XML 信封（IEC 61968-100）"), help=_("否则用 JSON"))
define("adapter.oms_xml", type="flag", label=_("发往 OMS 的消息用 XML 信封（IEC 61968-100）"), help=_("否则用 JSON"))
define("adapter.signature_seconds", type="seconds", label=_("对接签名允许的时间偏差"))
