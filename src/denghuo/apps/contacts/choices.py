"""Enumerations of the contacts app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    VOICE = "voice", _("电话")
    WEB_FORM = "web_form", _("网上填单")
    WEB_CHAT = "web_chat", _("在线客服")
    WECHAT = "wechat", _("微信")
    SMS = "sms", _("短信")
    EMAIL = "email", _("邮件")
    COUNTER = "counter", _("营业厅")
    TRANSFER = "transfer", _("外部转办")


class ChannelClass(models.TextChoices):
    """What a conversation takes of an agent: all of them, one of several places, or work that can lie."""

    VOICE = "voice", _("通话")
    CHAT = "chat", _("会话")
    DEFERRED = "deferred", _("延时处理")


CLASS_OF = {
    Channel.VOICE: ChannelClass.VOICE,
    Channel.COUNTER: ChannelClass.VOICE,
    Channel.WEB_CHAT: ChannelClass.CHAT,
    Channel.WECHAT: ChannelClass.CHAT,
    Channel.SMS: ChannelClass.DEFERRED,
    Channel.EMAIL: ChannelClass.DEFERRED,
    Channel.WEB_FORM: ChannelClass.DEFERRED,
    Channel.TRANSFER: ChannelClass.DEFERRED,
}


class Handling(models.TextChoices):
    """How the customer waits: on the line, to be called back with the place kept, or for an answer to a message left."""

    LIVE = "live", _("实时")
    CALLBACK = "callback", _("排队回呼")
    MESSAGE = "message", _("留言")


class ContactState(models.TextChoices):
    BOT = "bot", _("智能客服服务中")
    WAITING = "waiting", _("排队中")
    OFFERED = "offered", _("振铃中")
    IN_SERVICE = "in_service", _("服务中")
    WRAP_UP = "wrap_up", _("整理中")
    CLOSED = "closed", _("已结束")
    ABANDONED = "abandoned", _("已放弃")


class Outcome(models.TextChoices):
    REQUEST_MADE = "request_made", _("生成诉求")
    ANSWERED = "answered", _("当场答复")
    URGED = "urged", _("催办")
    REPEATED = "repeated", _("重复来电，已关联")
    WRONG_NUMBER = "wrong_number", _("误拨")
    NOT_REACHED = "not_reached", _("回呼未接通")
    NO_REPLY = "no_reply", _("客户无应答")
    SELF_SERVED = "self_served", _("智能客服已解决")
    LEFT = "left", _("客户自行离开")


ROBOT_OUTCOMES = (Outcome.SELF_SERVED, Outcome.LEFT)  # those that only a talk with the robot ends in
AGENT_OUTCOMES = [pair for pair in Outcome.choices if pair[0] not in ROBOT_OUTCOMES]


class ChatTopic(models.TextChoices):
    """What a customer of the web chat may say they come for; the codes are those of skills."""

    FAULT = "fault", _("停电报修")
    BILLING = "billing", _("电费电价")
    CONNECTION = "connection", _("办电业务")
    COMPLAINT = "complaint", _("投诉建议")
    OTHER = "other", _("其他问题")


class Sender(models.TextChoices):
    CUSTOMER = "customer", _("客户")
    AGENT = "agent", _("坐席")
    SYSTEM = "system", _("系统")
    BOT = "bot", _("智能客服")


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("客户可见")
    STAFF = "staff", _("仅内部")


class MessageKind(models.TextChoices):
    TEXT = "text", _("文字")
    IMAGE = "image", _("图片")
    FILE = "file", _("文件")
    VOICE = "voice", _("语音")
    LOCATION = "location", _("位置")
    CARD = "card", _("卡片")
    NOTICE = "notice", _("提示")


class AgentMode(models.TextChoices):
    """What the agent chose, or the supervisor for them."""

    LOGGED_OUT = "logged_out", _("签出")
    READY = "ready", _("就绪")
    BREAK = "break", _("小休")
    MEAL = "meal", _("用餐")
    TRAINING = "training", _("培训")
    MEETING = "meeting", _("班务")
    OUTBOUND = "outbound", _("外呼")
    OTHER = "other", _("其他事务")
    MISSED = "missed", _("漏接停派")


class AgentState(models.TextChoices):
    """What the floor sees: the mode, overlaid by the work in hand."""

    LOGGED_OUT = "logged_out", _("签出")
    READY = "ready", _("就绪")
    OFFERED = "offered", _("振铃中")
    BUSY = "busy", _("服务中")
    WRAP_UP = "wrap_up", _("整理中")
    BREAK = "break", _("小休")
    MEAL = "meal", _("用餐")
    TRAINING = "training", _("培训")
    MEETING = "meeting", _("班务")
    OUTBOUND = "outbound", _("外呼")
    OTHER = "other", _("其他事务")
    MISSED = "missed", _("漏接停派")


class LegHow(models.TextChoices):
    """How a conversation came to an agent."""

    ROUTED = "routed", _("系统派接")
    PULLED = "pulled", _("手动接入")
    TRANSFERRED = "transferred", _("转接")


class LegEnd(models.TextChoices):
    """How an agent's part in a conversation ended."""

    SERVED = "served", _("服务完成")
    MISSED = "missed", _("超时未接")
    DECLINED = "declined", _("拒接")
    TRANSFERRED = "transferred", _("转出")
    PUT_BACK = "put_back", _("放回队列")
    CUSTOMER_LEFT = "customer_left", _("客户离开")


class PartyRole(models.TextChoices):
    CONSULT = "consult", _("咨询")
    CONFERENCE = "conference", _("会议")
    MONITOR = "monitor", _("监听")
    BARGE = "barge", _("强插")


class PartyState(models.TextChoices):
    INVITED = "invited", _("已邀请")
    JOINED = "joined", _("已加入")
    LEFT = "left", _("已离开")
    DECLINED = "declined", _("已谢绝")


class PhraseKind(models.TextChoices):
    FORBIDDEN = "forbidden", _("服务忌语")
    SENSITIVE = "sensitive", _("敏感提示")


class OutboundState(models.TextChoices):
    QUEUED = "queued", _("待发送")
    SENT = "sent", _("已发送")
    FAILED = "failed", _("失败待重试")
    DEAD = "dead", _("已放弃")
