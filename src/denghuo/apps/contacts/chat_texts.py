"""Texts that the chat's script shows; ``%s`` marks where it puts a value."""

from __future__ import annotations

from django.utils.translation import gettext as _


def chat_texts() -> dict[str, str]:
    """Key -> text in the active language."""
    return {
        "agent": _("客服专员"),
        "robot": _("智能客服"),
        "robot_open": _("智能客服在线，随时可以转人工"),
        "open_link": _("打开链接"),
        "handed_over": _("正在为您转接客服专员，请稍候"),
        "robot_ended": _("本次服务已结束，如还有问题，请随时再来"),
        "answered_by": _("%s正在为您服务"),
        "callback_done": _("已登记回呼，我们会拨打您留下的号码，排队位置不变"),
        "callback_over": _("我们会尽快回电。您可以关闭本页，再次打开时仍能看到这次记录"),
        "ended": _("服务已结束"),
        "failed": _("未发出"),
        "file_big": _("文件超过 %s MB，请压缩后再发送"),
        "file_kind": _("不支持这种文件，请选择 JPG、PNG、WebP 图片或 PDF"),
        "left": _("您已取消排队"),
        "line_down": _("网络断开，正在重新连接；您写的内容会自动发出"),
        "line_off": _("浏览器不在线，恢复网络后会自动继续"),
        "message_over": _("留言已收到，我们会尽快回复。再次打开本页可以看到回复"),
        "minutes": _("约 %s 分钟"),
        "not_open": _("现在无人值守"),
        "open": _("在线客服开放中"),
        "picture": _("图片"),
        "position": _("您排在第 %s 位"),
        "rate_first": _("请先选择分数"),
        "rated": _("感谢评价"),
        "resend": _("重发"),
        "discard": _("删除"),
        "ringing": _("正在接通客服专员"),
        "sending": _("发送中"),
        "sent": _("已发送"),
        "soon": _("马上为您接通"),
        "title": _("在线客服"),
        "title_new": _("（%s 条新消息）"),
        "too_long": _("最多 %s 个字，请分几条发送"),
        "unknown_wait": _("暂时无法估计等候时间"),
        "uploading": _("上传中 %s%%"),
        "wait": _("预计等候"),
        "waiting": _("正在排队"),
        "write_first": _("请先写下内容"),
        "wrong": _("没有成功，请稍后再试"),
        "you": _("我"),
        "phone_needed": _("请填写联系电话"),
        "score_1": _("很不满意"),
        "score_2": _("不满意"),
        "score_3": _("一般"),
        "score_4": _("满意"),
        "score_5": _("非常满意"),
        "transferred": _("正在为您转接，请稍候"),
        "put_back": _("正在为您安排其他客服专员，请稍候"),
    }
