"""Words that the desk's scripts put on the screen. ``%s`` marks where a script puts a value."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def desk_texts() -> dict[str, str]:
    """Key -> text in the active language."""
    return _talk() | _lists() | _dialogs() | _composer()


def _talk() -> dict[str, str]:
    return {
        "today": _("今天"),
        "yesterday": _("昨天"),
        "me": _("我"),
        "customer": _("客户"),
        "robot": _("智能客服"),
        "system": _("系统"),
        "whisper": _("仅同事可见"),
        "sending": _("发送中"),
        "queued": _("等待网络，恢复后自动发送"),
        "sent": _("已发送"),
        "failed": _("没有发出"),
        "retry": _("重试"),
        "discard": _("删除"),
        "edit": _("改写"),
        "new_below": _("%s 条新消息"),
        "older": _("更早的消息"),
        "no_messages": _("还没有消息"),
        "file": _("文件"),
        "location": _("位置"),
        "voice": _("语音"),
        "joined": _("已加入"),
        "invited": _("等待加入"),
        "send_out": _("请其离开"),
        "from_customer": _("客户发来消息：%s"),
    }


def _lists() -> dict[str, str]:
    return {
        "waits_reply": _("待回复 %s"),
        "wrapping": _("整理 %s"),
        "talking": _("通话 %s"),
        "serving": _("服务 %s"),
        "waited": _("已等 %s"),
        "draft": _("草稿"),
        "unread": _("%s 条未读"),
        "visitor": _("访客"),
        "unknown": _("未识别"),
        "for_me": _("转给我"),
        "first": _("优先"),
        "take": _("接听"),
        "accept": _("接听"),
        "decline": _("拒接"),
        "rings": _("新的%s"),
        "left": _("还剩 %s 秒"),
        "asked_in": _("%s 请您协助"),
        "join": _("加入"),
        "refuse": _("谢绝"),
        "leave": _("离开"),
        "consult": _("咨询"),
        "conference": _("会议"),
        "monitor": _("监听"),
        "barge": _("强插"),
        "no_mine": _("没有正在服务的联络"),
        "no_mine_hint": _("就绪后新的联络会自动响铃；也可以从下面的排队中手动接听"),
        "no_waiting": _("没有人在等"),
        "no_found": _("没有符合的联络"),
        "more_waiting": _("还有 %s 个"),
        "ready_label": _("就绪"),
        "busy_label": _("服务中"),
        "wrap_label": _("整理中"),
        "end_unanswered": _("客户的最后一条消息还没有回复，确定结束对话？"),
        "next_mode": _("结束手头工作后转为%s"),
        "allowance": _("剩余 %s"),
        "allowance_over": _("已超 %s"),
        "not_signed_on": _("未签入"),
        "notify_on": _("桌面提醒已开"),
        "notify_off": _("开启桌面提醒"),
        "notify_denied": _("浏览器已禁止提醒，请在地址栏的网站设置中允许"),
        "sound_on": _("提示音已开"),
        "sound_off": _("提示音已关"),
        "none_waiting": _("现在没有人在排队"),
        "desk": _("坐席工作台"),
        "mode_missed": _("您漏接了来电，已停止派接；确认在位后请选择“就绪”"),
    }


def _dialogs() -> dict[str, str]:
    return {
        "queue_waiting": _("%s 人排队"),
        "queue_wait": _("预计 %s"),
        "queue_now": _("可立即接听"),
        "queue_nobody": _("暂无坐席在位"),
        "queue_here": _("当前队列"),
        "in_hand": _("手上 %s 个"),
        "no_queues": _("没有可转的队列"),
        "no_agents": _("现在没有就绪的同事"),
        "choose_target": _("请先选择一个队列或一位同事"),
        "transferred": _("已转出"),
        "put_back": _("已放回队列"),
        "asked": _("已发出邀请"),
        "identified": _("已识别客户"),
        "nobody_found": _("没有找到，请核对号码"),
        "searching": _("正在查找…"),
        "not_identified": _("尚未识别客户"),
        "closed": _("已结束，记录已保存"),
        "pick_disposition": _("请选择小结，可输入文字筛选"),
        "no_disposition": _("没有符合的小结码"),
        "linked": _("已关联诉求"),
        "failed_load": _("没能取得内容，请稍后重试"),
        "net": _("连不上服务器，稍后自动重试"),
        "reload": _("重新加载"),
        "choose_first": _("请先选择一条联络"),
        "listening": _("正在监听，客户和坐席都看不到您"),
        "request_done": _("诉求 %s 已登记并关联"),
        "already_linked": _("这条联络已关联诉求，可直接查看；如有另一件事请另行登记"),
    }


def _composer() -> dict[str, str]:
    return {
        "reply": _("回复客户…"),
        "reply_hint": _("Enter 发送，Shift+Enter 换行，输入 / 选常用语"),
        "whisper_to": _("写给同事，客户看不到…"),
        "note_to": _("记录通话要点（客户看不到）…"),
        "monitor_to": _("写给坐席，客户看不到…"),
        "say_instead": _("改用：%s"),
        "forbidden": pgettext("用语", "服务忌语"),
        "sensitive": pgettext("用语", "敏感提示"),
        "press_again": _("含服务忌语：再按一次 Enter 仍然发送，或先修改"),
        "phrases": _("常用语"),
        "facts": _("客户资料"),
        "no_phrase": _("没有符合的常用语"),
        "too_long": _("内容过长：最多 %s 个字，请精简"),
        "upload_failed": _("文件没有发出"),
    }
