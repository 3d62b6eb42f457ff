"""Texts shown by scripts. They are translated here and handed to the page as a JSON data block."""

from __future__ import annotations

from django.utils.translation import gettext as _


def js_messages() -> dict[str, str]:
    """Return key -> text in the active language; ``%s`` marks where a script puts a value."""
    return {
        "ago": _("%s前"),
        "ahead": _("%s后"),
        "camera.waiting": _("照片还在上传，传完会自动提交"),
        "camera.failed": _("照片没有传上去，点“重试”再传一次"),
        "camera.not_image": _("这不是照片文件，请选择 JPG、PNG 或 WebP 图片"),
        "camera.ready": _("照片已就绪"),
        "camera.remove": _("移除"),
        "camera.retry": _("重试"),
        "camera.uploading": _("正在上传 %s"),
        "cancel": _("取消"),
        "chart.empty": _("还没有数据"),
        "clock.breached": _("已超时"),
        "clock.left": _("剩余"),
        "clock.over": _("超时"),
        "clock.warned": _("临近超时"),
        "close": _("关闭"),
        "confirm": _("确定"),
        "confirm.title": _("请确认"),
        "days": _("%d 天"),
        "draft.discard": _("丢弃草稿"),
        "draft.restored": _("已恢复上次没有提交的内容"),
        "form.sending": _("正在提交…"),
        "hours": _("%d 小时"),
        "just_now": _("刚刚"),
        "live.off": _("连接断开，正在重连"),
        "live.on": _("实时更新中"),
        "live.wait": _("正在连接"),
        "map.fit": _("看全图"),
        "map.unavailable": _("地图底图暂时取不到，位置仍按坐标显示"),
        "minutes": _("%d 分"),
        "net.offline": _("网络断开，已填写的内容保存在本机"),
        "net.online": _("网络已恢复"),
        "net.server": _("服务器没能完成这一步，请稍后再试；已填写的内容没有丢"),
        "net.unreachable": _("连不上服务器，请检查网络后重试；已填写的内容没有丢"),
        "not_allowed": _("您没有做这一步的权限"),
        "reveal.failed": _("没能显示完整内容"),
        "reveal.reason": _("查看原因"),
        "reveal.reason_help": _("每次查看都会记录查看人、时间和原因"),
        "reveal.show": _("查看完整内容"),
        "seconds": _("%d 秒"),
        "session.expired": _("登录已过期，请重新登录；已填写的内容保存在本机"),
        "signature.clear": _("重签"),
        "signature.empty": _("请先签名"),
        "too_many": _("操作太频繁，请 %s 秒后再试"),
    }
