"""What happens at the border to other systems. None of these is published to them."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from denghuo.core.events import register_kind

register_kind("subscription.saved", fields={"what": str, "kinds": list[str]}, label=_("设置推送订阅"))
register_kind("subscription.secret_rotated", fields={"old_until": dt.datetime}, label=_("更换推送密钥"))
register_kind("subscription.paused", fields={"why": str, "failures": int}, label=_("推送已暂停"), hint=("why",))
register_kind("subscription.resumed", fields={}, label=_("恢复推送"))
register_kind(
    "subscription.replayed", fields={"since": dt.datetime, "until": dt.datetime, "count": int}, label=_("重放事件")
)
register_kind("delivery.died", fields={"delivery_id": int, "event_kind": str, "attempts": int}, label=_("推送转入死信"))
register_kind("delivery.retried", fields={"delivery_ids": list[int]}, label=_("死信重新推送"))
register_kind("delivery.dropped", fields={"delivery_ids": list[int]}, label=_("丢弃死信"))
register_kind("import.uploaded", fields={"import_kind": str, "source": str}, label=_("上传导入文件"))
register_kind("import.checked", fields={"rows": int, "faulty": int}, label=_("导入文件校验完毕"))
register_kind("import.ended", fields={"state": str, "made": int, "known": int, "faulty": int}, label=_("导入结束"))
register_kind(
    "export.asked",
    fields={"format": str, "plain": bool, "since": dt.datetime, "until": dt.datetime},
    label=_("申请后台导出"),
)
register_kind("export.ended", fields={"state": str, "rows": int, "plain": bool}, label=_("后台导出结束"))
register_kind("export.taken", fields={"rows": int, "plain": bool}, label=_("下载导出文件"))
register_kind("adapter.changed", fields={"code": str, "active": bool}, label=_("设置对接系统"))
register_kind("adapter.received", fields={"code": str, "message_kind": str, "new": bool}, label=_("收到对接消息"))
register_kind("adapter.refused", fields={"code": str, "message_kind": str, "status": int}, label=_("拒绝对接消息"))
register_kind("adapter.died", fields={"code": str, "message_kind": str, "attempts": int}, label=_("对接消息发送失败"))
